"""The chapter on claims: who is owed what, whether the dollars cover it, and what a claim is worth."""

from __future__ import annotations

import pandas as pd

from vzmodel import charts, obligations
from vzmodel import claims as reckoning
from vzmodel.charts import claims

from .exhibits import Chapter, Exhibit, each, year_of
from .material import Material


def build(m: Material) -> Chapter:
    """Return the chapter."""
    day = str(m.options["as_of"] or m.p["month"].to_index()[0])[:10]
    debt = obligations.owed(m.tables["obligations"], day)
    year = year_of(m.p, "dollar_inflow", m.base)[0]
    return Chapter(
        "claims", "Claims on the dollars",
        ["What falls due is not what is paid: the bonds have been in default since 2017 and 2019, and cargoes still "
         "repay some creditors. Bond service is set against the dollar inflow, imports against all that pays for them, "
         "transfers netted abroad too."],
        sentences(m, debt, day, year), [], exhibits(m, debt, day, year))


def sentences(m: Material, debt: pd.DataFrame, day: str, year: int) -> list[str]:
    """Return the sentences of the first page."""
    one = m.p.sel(scenario=[m.base])
    cover = reckoning.coverage(one, tables=m.tables, q=(0.1, 0.5, 0.9))
    service = cover.loc[(m.base, year, "dollar_inflow", "service_due")]
    both = cover.loc[(m.base, year, "import_financing", "service_and_imports")]
    total = debt[["low", "central", "high"]].sum() / 1000
    return [
        f"Creditors are owed USD {total['central']:,.0f} billion ({total['low']:,.0f} to {total['high']:,.0f} as if "
        f"all ranges went one way) as of {day}, interest missed included. What falls due on bonds in {year}, USD "
        f"{service['due'] / 1000:.1f} billion, is {100 * service['due'] / 1000 / _median(m, year):.0f} % of the median "
        f"dollar inflow of {m.base}.",
        f"With imports without fuel on top, all that pays for imports covers {both[0.5]:.2f} "
        f"({both[0.1]:.2f} to {both[0.9]:.2f}) of what is due in {year}; the chance of a shortfall is "
        f"{100 * both['shortfall_probability']:.0f} %. No service is being paid."]


def _median(m: Material, year: int) -> float:
    values = year_of(m.p, "dollar_inflow", m.base, year)[1] / 1000
    return float(pd.Series(values).median())


def exhibits(m: Material, debt: pd.DataFrame, day: str, year: int) -> list[Exhibit]:
    """Return the chapter's charts."""
    return [
        Exhibit("creditors", "Who is owed what", "Bonds are most of it; what cargoes repay has become small.",
                lambda: (claims.creditors(debt, charts.sheet(size=(6.9, 4.6)), day=day), debt),
                "obligations, no draws"),
        Exhibit("debt_service", "What falls due against the dollar inflow",
                "A line above the band could not be paid in any likely year.",
                each(m.shown, lambda name, ax: claims.service(m.p, name, ax, tables=m.tables, income="dollar_inflow"),
                     lambda name: claims.service_table(m.p, name, m.tables, "dollar_inflow"))),
        Exhibit("imports", "From inflow to imports after service",
                "The last bar is what would be left over, or missing, if service were paid as due.",
                each(m.shown, lambda name, ax: claims.imports(m.p, name, year, ax, tables=m.tables),
                     lambda name: claims.imports_table(m.p, name, year, m.tables), size=(6.9, 3.6))),
        Exhibit("recovery_value", "A restructured claim against the yield at which it trades",
                "Arrears move the value more than the yield does between 9 and 13 percent.",
                lambda: (claims.value(charts.sheet()), reckoning.value_table(
                    rows=("exit_yield", (0.06, 0.08, 0.1, 0.11, 0.12, 0.14, 0.16, 0.18, 0.2)),
                    columns=("arrears", (0, 40, 57, 75)))), "terms, no draws"),
    ]
