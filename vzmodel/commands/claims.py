"""The command ``vzmodel claims``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from . import console
from .console import AsOf, Draws, File, Json, Months, Seed
from .tables import chosen

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

KEEP = ("dollar_inflow", "cash_revenue", "operator_local_dollars", "remittances", "other_exports")
INCOMES = {"import_financing": "Dollar inflow and netted remittances", "dollar_inflow": "Dollar inflow",
           "cash_revenue": "Cash of the state company"}


def claims(
    names: Annotated[list[str] | None, typer.Argument(help="Scenarios.")] = None,
    scenario: Annotated[list[str] | None, typer.Option(help="The same as an option; status_quo without any.")] = None,
    income: Annotated[
        Literal["import_financing", "dollar_inflow", "cash_revenue"],
        typer.Option(help="All that pays for imports, the dollars of the economy, or those of the state company."),
    ] = "import_financing",
    service: Annotated[
        float | None, typer.Option(help="Debt service in place of what is due, USD million a year.")
    ] = None,
    haircut: Annotated[float, typer.Option(help="Cut of the principal, 0 to 1.")] = 0.5,
    exit_yield: Annotated[float, typer.Option(help="Yield a year after the exchange.")] = 0.11,
    arrears: Annotated[
        float | None, typer.Option(help="Interest missed per 100 of principal; that of the day without it.")
    ] = None,
    service_cap: Annotated[
        float, typer.Option(help="Largest share of the dollar inflow that service may take.")
    ] = 0.15,
    claim: Annotated[
        float | None, typer.Option(help="Principal treated alike, USD million; without it all not repaid in cargoes.")
    ] = None,
    april_2019: Annotated[
        bool, typer.Option("--april-2019", help="What creditors asked on 1 April 2019 instead.")
    ] = False,
    draws: Draws = 4000,
    seed: Seed = 2019,
    months: Months = None,
    as_of: AsOf = None,
    scenario_file: File = None,
    json: Json = False,
) -> None:
    """Show who is owed what, whether the dollars cover it, and what a restructured claim is worth.

    Coverage is of bond service and imports without fuel together, by import financing: the dollar inflow and the
    remittances netted against imports, which pay for imports as well; it is shown by every income. Imports without fuel
    are a year's goods imports less the fuel in that same year's, carried ahead flat; the run's own fuel is off its
    dollars. Recovery is per 100 of principal on the terms a bank published in late 2025, alone and with service held
    below a share of the inflow.

    JSON keys: run, arrears_per_100, claim_usd_bn, obligations_usd_bn: {creditor: {low, central, high, settlement}},
    coverage: {scenario: {year: {p10, p50, p90, prob_short}}} of the income chosen, coverage_by_income: rows of it,
    goods_imports_from: rows of year, from_year, grade, low, central, high, fuel and without_fuel [USD million],
    months_of_imports: the same of what service leaves, in months of imports without fuel, not_accounted_for: by how
    much the income exceeds imports before any debt service [USD million], after_service: scenarios whose income is
    after debt service, which is not taken off again, recovery_cents: {published_terms, scenario: {p10,
    p50, p90}}, value_tables: {haircut, arrears: rows of exit_yield and the value per 100 at each}; with --april-2019
    lists of rows: rest_of_2019, coverage, us_sales, pdvsa_2020, rosneft, rosneft_sanctioned, missed.
    """
    if april_2019:
        return _april_2019(draws, seed, json)
    from .. import claims as reckoning
    from .. import obligations, restructuring
    from ..model import project

    terms = {"haircut": haircut, "exit_yield": exit_yield, "arrears": arrears or 0.0}
    # before the run, not after it
    restructuring.checked({**terms, "claim": 1.0 if claim is None else claim, "service_cap": service_cap})
    reckoning.check_service(service or 0.0)
    with console.progress("Projecting") as moved:
        asked = chosen([*(names or []), *(scenario or [])] or ["status_quo"], scenario_file)
        p = project(asked, draws=draws, seed=seed, months=months, as_of=as_of, keep=list(KEEP), progress=moved)
    tables, day = reckoning.tables_of(p), _day(p)
    debt = obligations.owed(tables["obligations"], day)
    missed = obligations.arrears(tables["obligations"], day, after_maturity=False)
    if arrears is None:
        terms["arrears"] = float(100 * missed["interest"].sum() / missed["face"].sum())
    cover = reckoning.coverage(p, tables=tables, service=service)
    each = cover.xs("service_and_imports", level="obligation")
    covered = each.xs(income, level="income")
    left = reckoning.left_for_imports(p, tables=tables, service=service, income=income).xs("months", level="quantity")
    whole = reckoning.left_for_imports(p, tables=tables, service=0.0, income=income)
    beyond = whole.xs("beyond_imports", level="quantity")
    claim = obligations.principal(tables["obligations"]) if claim is None else claim
    capped = reckoning.recovery(terms, p, claim=claim, service_cap=service_cap)
    years = {"coverage": covered.drop(columns=["due", "expected_shortfall"]), "months_of_imports": left,
             "not_accounted_for": beyond}
    told: dict[str, Any] = {"arrears_per_100": terms["arrears"], "claim_usd_bn": claim / 1000}
    told["goods_imports_from"] = console.records(
        obligations.imports_from(tables, cover.attrs["from_year"].get("goods_imports", {})))
    told["after_service"] = {str(s): reckoning.SERVICED[str(s)] for s in p["scenario"].values if str(s) in
                             reckoning.SERVICED}
    told["coverage_by_income"] = console.records(each)
    told["value_tables"] = {"haircut": _value(terms, "haircut", (0.3, 0.4, 0.5, 0.6, 0.7)),
                            "arrears": _value(terms, "arrears", (0, 40, 55, 60, 75))}
    _tell(p, debt, years, capped, {**told, "published_terms": reckoning.recovery(terms)}, income, json)


def _april_2019(draws: int, seed: int, json: bool) -> None:
    from .. import creditors

    titles = {
        "rest_of_2019": "Cover in April to December 2019 [1]", "coverage": "Cover by year [1]",
        "us_sales": "What losing US sales cost [USD million a year]",
        "pdvsa_2020": "The bond on Citgo and the cash of the state company in the month [USD million]",
        "rosneft": "Months until Rosneft's loan is cleared",
        "rosneft_sanctioned": "What sanctions on its traders cost besides [USD million a year]",
        "missed": "Falling due on the bonds in default [USD million]",
    }  # fmt: skip
    with console.progress("Projecting from 1 April 2019"):
        found = creditors.april_2019(draws=draws, seed=seed)
    answer = {name: console.records(frame) for name, frame in found.items()}
    console.say(answer, json, *((titles[name], rows) for name, rows in answer.items()))


def _day(p: xr.Dataset) -> str:
    import pandas as pd

    from ..summary import _run

    return str(_run(p).get("as_of") or pd.Timestamp(p["month"].values[0]).date())[:10]


def _value(terms: dict[str, Any], name: str, values: tuple[float, ...]) -> list[dict[str, Any]]:
    from ..restructuring import value_table

    table = value_table(terms, columns=(name, values))
    return console.records(table.set_axis([f"{name} {value:g}" for value in values], axis=1))


def _tell(p: xr.Dataset, debt: pd.DataFrame, years: dict[str, pd.DataFrame], capped: Any, terms: dict[str, Any],
          income: str, json: bool) -> None:
    from ..summary import _run

    debt = debt.assign(**{column: debt[column] / 1000 for column in ("low", "central", "high")})
    tables = {name: console.records(frame.rename(columns={"shortfall_probability": "prob_short"}))
              for name, frame in years.items()}
    worth = console.records(capped)
    cents: dict[str, Any] = {"published_terms": terms.pop("published_terms")}
    cents |= {str(row["scenario"]): {k: v for k, v in row.items() if k != "scenario"} for row in worth}
    answer = {"run": _run(p), **terms, "obligations_usd_bn": debt.to_dict("index"),
              **{name: _nested(rows) for name, rows in tables.items()}, "recovery_cents": cents}
    console.say(
        answer, json, ("Who is owed what [USD billion]", console.records(debt)),
        ("Goods imports, their fuel, and year and grade they are from; carried ahead flat [USD million]",
         terms["goods_imports_from"]),
        ("Cover of bond service and imports without fuel [1]", tables["coverage"]),
        ("The same by every income [1]", terms["coverage_by_income"]),
        ("Left after service, in months of imports without fuel [month]", tables["months_of_imports"]),
        (f"{INCOMES[income]} beyond imports without fuel, before any debt service; not accounted for here: private "
         "outflows, dollars saved, imports not recorded [USD million]", tables["not_accounted_for"]),
        (f"Recovery per 100: {cents['published_terms']:.1f} on these terms with arrears of "
         f"{terms['arrears_per_100']:.0f}; with service capped", worth),
        ("Value per 100 by exit yield and haircut", terms["value_tables"]["haircut"]),
        ("Value per 100 by exit yield and interest missed per 100", terms["value_tables"]["arrears"]),
    )  # fmt: skip
    for name, month in terms["after_service"].items():
        console.note(f"{name}: from {month} its income is after debt service, which is not taken off again.", json)
    console.note(console.BANDS + " What is due adds the range of the imports of a past year.", json)


def _nested(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for row in rows:
        band = {k: v for k, v in row.items() if k not in ("scenario", "year")}
        out.setdefault(row["scenario"], {})[str(row["year"])] = band
    return out
