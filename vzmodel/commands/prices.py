"""The commands ``vzmodel prices`` and ``vzmodel limit-or-discount``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import console
from .console import AsOf, Json

if TYPE_CHECKING:
    import pandas as pd

HORIZONS = (1, 3, 6, 12, 24)
"""Months ahead at which Brent is scored [month]."""


def prices(
    first: Annotated[str, typer.Option(metavar="DATE", help="First month of what is fitted.")] = "2019-01",
    score: Annotated[
        bool, typer.Option("--score", help="Score the forecast of Brent at every origin since 1997; half a minute.")
    ] = False,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Show prices at origin on printed days, quoted gaps and invoices with what is fitted to them, or Brent scored.

    The gap is pooled over markets and knows no ceiling; a run holds it below a share of Brent (gap_ceiling), and
    at_origin is Brent less the smaller of the two.

    JSON keys: checks (none with --as-of); gaps and route_cost: {disagreement, fitted} with quotes and invoices, in gaps
    also ceiling_share [1] and by month brent, ceiling and at_origin [USD/bbl]; with
    --score: ratio, periods, rows: [{horizon, origins, crps, no_change_crps, ratio, coverage, coverage_se}].
    """
    if score:
        answer = _scored(as_of)
        rows, periods = answer["rows"], answer["periods"]
        title = f"Brent, origins since 1997: loss {answer['ratio']:.3f} of no change; one late vintage"
        console.say(answer, json, (title, rows), ("By period", periods))
        return
    answer = _found(first, as_of)
    gaps, routes = answer["gaps"], answer["route_cost"]
    few = ["start", "end", "author", "invoiced", "volume_low", "merey", "low", "high", "unused"]
    console.say(
        answer, json, ("Price at origin on days when one was printed [USD/bbl]", answer["checks"]),
        (f"Gap to Brent at origin [USD/bbl], all markets pooled; quotes disagree by {gaps['disagreement']:.1f}; a run "
         f"holds it below {gaps['ceiling_share']:.2f} of Brent (ceiling)", gaps["fitted"][::3]),
        ("Invoices against OPEC's quotation [USD million, kb/d, USD/bbl, share lost]",
         [{k: row[k] for k in few} for row in routes["invoices"]]),
        ("Cost of the route [1] that invoices agree on", routes["fitted"][::3]),
    )  # fmt: skip


def _found(first: str, as_of: str | None) -> dict[str, Any]:
    from vzmodel.prices._routes import FEWEST

    from .. import calendar, dollars
    from .. import prices as block
    from ..assumptions import load_assumptions
    from ..data import load_tables

    tables, table = load_tables(as_of=as_of), load_assumptions(as_of=as_of).table
    freight = {str(n).removeprefix("freight_"): float(table.loc[n, "central"])
               for n in table.index if str(n).startswith("freight_")}  # fmt: skip
    last = tables["prices"]["month"].max().to_period("M")
    months = calendar.between(first, last)
    quotes, invoices = block.reported_gaps(tables, freight), block.reported_route_costs(tables)
    gap = block.fitted_gap(quotes, months)
    share, brent = float(table.loc["gap_ceiling", "central"]), _brent(tables).to_period("M").reindex(months)
    gaps: dict[str, Any] = {"disagreement": gap.attrs["disagreement"], "ceiling_share": share}
    gap = gap.assign(brent=brent, ceiling=share * brent, at_origin=brent - gap["p50"].clip(upper=share * brent))
    gaps["fitted"] = console.records(gap)
    gaps["quotes"] = console.records(quotes)
    routes: dict[str, Any] = {"disagreement": None, "invoices": console.records(invoices), "fitted": []}
    if (invoices["unused"] == "").sum() >= FEWEST:
        route = block.fitted_route_cost(invoices, months)
        routes |= {"disagreement": route.attrs["disagreement"], "fitted": console.records(route.dropna())}
    # the dated gaps of the checks are those of today
    checks = console.records(dollars.price_checks()) if as_of is None else []
    return {"checks": checks, "gaps": gaps, "route_cost": routes}


def _brent(tables: dict[str, pd.DataFrame]) -> pd.Series:
    table = tables["prices"]
    return table[table["series"] == "brent"].drop_duplicates("month", keep="last").set_index("month")["value"]


def _scored(as_of: str | None) -> dict[str, Any]:

    from .. import evaluation, scoring
    from .. import prices as block
    from ..data import load_tables

    brent = _brent(load_tables(as_of=as_of))
    with console.progress("Scoring Brent") as moved:
        ours = evaluation.backtest(brent, block.forecast, first="1997-01", horizons=HORIZONS)
        if moved:
            moved(0.5)
        still = evaluation.backtest(brent, evaluation.no_change, first="1997-01", horizons=HORIZONS)

    def rows(span: slice) -> pd.DataFrame:
        by, floor = (x.loc[span].groupby("horizon") for x in (ours, still))
        found = by["crps"].agg(["size", "mean"]).set_axis(["origins", "crps"], axis=1)
        found["no_change_crps"] = floor["crps"].mean()
        found["ratio"] = found["crps"] / found["no_change_crps"]
        held = {h: scoring.coverage(g["outcome"], g["p10"], g["p90"], overlap=h) for h, g in by}
        return found.assign(coverage=[c.share for c in held.values()], coverage_se=[c.se for c in held.values()])

    every = rows(slice(None))
    spans = {"1997-2011": slice("1997", "2011"), "2012 on": slice("2012", None)}
    periods = [{"period": name, "ratio": float(part["ratio"].mean()), "coverage": float(part["coverage"].mean())}
               for name, part in ((n, rows(s)) for n, s in spans.items())]  # fmt: skip
    return {"rows": console.records(every), "ratio": float(every["ratio"].mean()), "periods": periods}


def limit_or_discount(
    volume: Annotated[float, typer.Option(help="Blend sold for cash [kb/d].")] = 600.0,
    brent: Annotated[float, typer.Option(help="Brent [USD/bbl].")] = 65.0,
    gap: Annotated[float, typer.Option(help="Gap to Brent at origin [USD/bbl].")] = 15.0,
    cut: Annotated[float, typer.Option(help="Share of volume not allowed, or of price given up [1].")] = 0.2,
    lifting: Annotated[
        float | None, typer.Option(help="Lifting saved on a barrel not produced [USD/bbl]; as assumed without it.")
    ] = None,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Set a limit on quantity beside a forced discount of the same size, net of diluent and lifting, in dollars a day.

    JSON keys: unit, inputs: {volume, brent, gap, cut, lifting}, rows: [{policy, lost_sales, saved_diluent,
    saved_lifting, net_loss, as_discount, barrels_kept}] of sales, savings and loss [USD million a day]; as_discount is
    the share of the price that costs as much [1], barrels_kept stay in the ground [kb/d].
    """
    from .. import limits
    from ..assumptions import load_assumptions

    table = limits.limit_or_discount(volume, brent, gap, cut, lifting, as_of=as_of)
    rows, unit = console.records(table.rename_axis("policy")), "USD million a day"
    cost = float(load_assumptions(as_of=as_of).table.loc["lifting_cost", "central"]) if lifting is None else lifting
    inputs = {"volume": volume, "brent": brent, "gap": gap, "cut": cut, "lifting": cost}
    title = f"A cut of {100 * cut:g} % in volume or in price [{unit}; as_discount a share, barrels_kept in kb/d]"
    console.say({"unit": unit, "inputs": inputs, "rows": rows}, json, (title, rows))
    console.note(f"At {volume:g} kb/d sold for cash, Brent {brent:g}, a gap of {gap:g} and lifting at {cost:g} "
                 "USD/bbl; --volume, --brent, --gap, --cut and --lifting change them.", json)
