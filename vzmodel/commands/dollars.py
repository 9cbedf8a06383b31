"""The commands ``vzmodel revenue``, ``settlement``, ``us-sales`` and ``episodes``."""

from __future__ import annotations

from typing import Annotated

import typer

from . import console
from .console import Draws, Json, Period, Seed

SHOCK = {"episode": "episode", "months": "months"}
EPISODE_TABLES = {
    "Output, change on the month before [%]": SHOCK | {
        "p10": "production_p10", "p50": "production_pct", "p90": "production_p90", "eia": "read_eia_pct",
        "opec": "read_opec_secondary_pct", "inside": "production_inside"},
    "Exports with products, change on the month before [%]": SHOCK | {
        "low": "exports_low", "p50": "exports_pct", "high": "exports_high", "first": "read_exports_first_pct",
        "revised": "read_exports_revised_pct", "inside": "exports_inside"},
}
"""Columns of each table of past shocks: the run's band, what the sources read, and whether the band holds them."""

Year = Annotated[int | None, typer.Option(min=2000, help="One year only.")]


def revenue(year: Year = None, draws: Draws = 1024, seed: Seed = 2019, json: Json = False) -> None:
    """Set modelled revenue by concept beside every published figure.

    A figure of another scope than the concept's is set beside the model's value of that scope where there is one:
    net_of_imports is gross exports less imports of fuel and diluent, while net also leaves out cargoes that repay debt,
    and cash_paid is what was paid of the bill.

    JSON keys: unit, source_error, rows: [{year, period, concept, scope, author, kind, published, value, p10, p50, p90,
    low, high, inside, not_compared, not_scored}], scores: one per concept.
    """
    import numpy as np

    from .. import dollars

    with console.progress("Running the record"):
        table = dollars.revenue_by_concept(dollars.record(draws=draws, seed=seed), seed=seed)
    scores = console.records(dollars.scored(table))
    if year is not None:
        table = table[table["year"] == year]
    rows = console.records(table.reset_index(drop=True))
    shown = table[table["not_compared"] == ""]
    shown = shown.assign(scope=shown["scope"].replace("", "as the concept"))
    few = ["period", "concept", "scope", "author", "published", "value", "p50", "low", "high", "inside", "not_scored"]
    answer = {"unit": "USD million", "source_error": dollars.source_error(), "rows": rows, "scores": scores}
    console.say(
        answer, json, ("Published and modelled [USD million]", console.records(shown[few].reset_index(drop=True))),
        ("Yearly outcomes inside the 80 % bands", scores),
    )  # fmt: skip
    console.note("Low to high is the 80 % band of what a source would print: uncertain parameters, monthly shocks and "
                 f"what sources differ by (×/÷ {np.exp(dollars.source_error()):.2f} at one standard deviation).", json)


def settlement(draws: Draws = 1024, seed: Seed = 2019, json: Json = False) -> None:
    """Show the share of crude exports by settlement and year, beside published shares.

    JSON keys: unit, rows: [{period, settlement, p10, p50, p90, kbd, published_low, published_high, published_source,
    published_basis, inside}]; inside: whether the 80 % band meets what was published (an audit gives a floor).
    """
    from .. import dollars

    with console.progress("Running the record"):
        rows = console.records(dollars.settlement_by_year(dollars.record(draws=draws, seed=seed)))
    console.say({"unit": "1", "rows": rows}, json, ("Share of crude exports by settlement", rows))


def us_sales(
    first: Annotated[
        str | None, typer.Option(metavar="DATE", help="First month or year; 2018-10 or 2010 without it.")
    ] = None,
    by: Period = "month",
    cost: Annotated[bool, typer.Option("--cost", help="What losing these buyers cost instead.")] = False,
    draws: Draws = 1024,
    seed: Seed = 2019,
    json: Json = False,
) -> None:
    """Show what the United States bought, by every count, or what losing it cost by month.

    JSON keys: by, rows: [{month, eia_crude, eia_crude_and_products, tankers, tankers_arriving, cargoes_reported,
    share_of_exports, customs_implied, low, low_count, high, high_count, customs_imports_usd_m, customs_exports_usd_m}],
    low and high over all counts, whose scopes differ; by year: [{year, eia_crude, eia_crude_and_products,
    tankers_arriving, customs_imports_usd_m, customs_exports_usd_m, months}], months those of customs; with --cost:
    [{month, unsold, shut_in, wider_gap, blocked, total, total_p10, total_p90}].
    """
    from .. import us_market
    from ..calendar import month as month_of

    if cost and (by == "year" or first is not None):
        raise ValueError("--cost is by month from 2019-01; leave out --by and --first")
    if cost:
        with console.progress("Running both records"):
            table = us_market.cost_of_losing_the_us(draws=draws, seed=seed)
        title = "Cost of losing US buyers [USD million a month]"
    else:
        if by == "year":
            table = us_market.us_by_year(month_of(first or "2010", "first").year)
        else:
            table = us_market.us_sales(first or "2018-10")
        title = "Bought by the United States [kb/d; customs USD million]"
    rows = console.records(table)
    console.say({"by": by, "rows": rows}, json, (title, rows))
    console.note(console.BANDS + " Parts are means over draws." if cost else
                 "No draws: every count as printed; low and high are the smallest and largest of them.", json)


def episodes(draws: Draws = 1024, seed: Seed = 2019, json: Json = False) -> None:
    """Run past shocks again from what was known before them, beside what the sources read.

    The tables show output and exports with products; crude exports, means and the rest are in the JSON.

    JSON keys: unit, rows: [{episode, months, exports_pct, production_pct, read_eia_pct, read_opec_secondary_pct,
    read_exports_first_pct, read_exports_revised_pct, exports_low, exports_high, exports_inside, production_inside and
    more}]; exports_low and exports_high hold what a source would print.
    """
    from .. import episodes as past

    with console.progress("Replaying"):
        rows = console.records(past.table(draws=draws, seed=seed))
    # the year of the last month is that of the first: so the table fits 100 columns
    short = [{**row, "months": "/".join(m[5 * bool(i):] for i, m in enumerate(row["months"].split("/")))}
             for row in rows]
    tables = [(title, [{name: row[key] for name, key in columns.items()} for row in short])
              for title, columns in EPISODE_TABLES.items()]
    console.say({"unit": "%", "rows": rows}, json, *tables)
    console.note(console.BANDS + " Low to high also holds what sources differ by on one month's exports.", json)
