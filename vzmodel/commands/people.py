"""The command ``vzmodel remittances``: who sends what, beside what others print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import console
from .console import AsOf, Draws, File, Json, Seed
from .tables import chosen

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from ..scenarios import Scenario

FIRST = 2017
LONGEST = 20
"""Years that a scenario is run at most [year]."""


def remittances(
    year: Annotated[int | None, typer.Option(help="One year by host; all years without it.")] = None,
    scenario: Annotated[
        str | None, typer.Option(help="Scenario for the years ahead; status_quo for a year to come without it.")
    ] = None,
    draws: Draws = 2000,
    seed: Seed = 2019,
    as_of: AsOf = None,
    scores: Annotated[bool, typer.Option("--scores", help="Score forecasts of the stock instead.")] = False,
    scenario_file: File = None,
    surveys: Annotated[bool, typer.Option("--surveys", help="Show what surveys imply by host instead.")] = False,
    json: Json = False,
) -> None:
    """Show who sends what home, and what others estimate.

    JSON keys: run, rows: [{year, p10, p50, p90}] or, with --year, [{host, migrants, remittances_p10, ...}]; rivals:
    [{year, author, low, high}]; authors: [{author, estimates, gap, bias}]. With --scores: releases, projections; with
    --surveys: surveys.
    """
    from .. import remittances as block
    from ..data import load_tables

    ahead = chosen([scenario or "status_quo"], scenario_file)
    as_of = as_of or ahead[0].as_of
    tables = load_tables(as_of=as_of)
    if scores:
        return _scores(tables, json)
    if surveys:
        rows = console.records(block.surveys(tables["remittance_surveys"]))
        return console.say({"surveys": rows}, json, ("What a sender sends [USD/year], as each survey implies", rows))
    p = _run(year, ahead, scenario is not None, draws=draws, seed=seed, as_of=as_of)
    found = block.rivals(tables["remittances"])
    found = found[found["year"] == year] if year is not None else found[found["year"] > FIRST]
    rivals = console.records(found[["year", "author", "low", "high"]].set_index("year"))
    rows = console.records(_by_year(p) if year is None else block.by_host(p, year).droplevel("scenario"))
    authors = _authors(as_of)
    title = "Money sent home [USD million]" + (f" in {year}" if year is not None else " by year")
    answer = {"run": console.run_of(p), "year": year, "rows": rows, "rivals": rivals, "authors": authors}
    console.say(answer, json, (title, rows), ("Others' totals [USD million]", rivals),
                 ("Authors over our median sum [1], and what is taken as their own bias", authors))  # fmt: skip


def _run(year: int | None, ahead: list[Any], named: bool, **run: Any) -> xr.Dataset:
    from ..data import load_history
    from ..model import first_month, hindcast, last_reading, project

    kept = {"keep": ["migrants", "remittances", "monetised_remittances"], **run}
    seen = load_history(as_of=run["as_of"])
    last, first = last_reading(seen), first_month(seen, run["as_of"])
    if named:
        return project(ahead, months=_months(year, first, ahead[0]), **kept)
    if year is None or year < last.year or (year == last.year and last.month == 12):
        begin, end = (FIRST, last.year if last.month == 12 else last.year - 1) if year is None else (year, year)
        if year is not None and year < FIRST:
            raise ValueError(f"year {year} is before {FIRST}, when counts of the exodus begin; take {FIRST} or later")
        return hindcast(f"{begin}-01", f"{end}-12", **kept)
    return project(ahead, months=_months(year, first, ahead[0]), **kept)


def _months(year: int | None, first: pd.Period, scenario: Scenario) -> int | None:
    """Return how many months a scenario is run to the end of a year; None for its own length."""
    if year is None:
        return None
    whole = first.year if first.month == 1 else first.year + 1
    if not whole <= year < first.year + LONGEST:
        past = "; leave the scenario out for years past" if year < first.year else ""
        raise ValueError(f"year {year} is not whole in a run of {scenario.name}, which starts in {first}: it has "
                         f"{whole} to {first.year + LONGEST - 1}{past}")
    return 12 * (year - first.year + 1) - first.month + 1


def _by_year(p: xr.Dataset) -> Any:
    from ..summary import totals

    total = totals(p, "remittances").sum("host").isel(scenario=0)
    frame = total.quantile([0.1, 0.5, 0.9], "draw").to_pandas().T
    return frame.set_axis([float(c) for c in frame], axis=1)


def _authors(as_of: str | None) -> list[dict[str, Any]]:
    from ..assumptions import estimate, load_assumptions
    from ..data import load_tables

    fitted = estimate(load_tables(as_of=as_of), load_assumptions(as_of=as_of))
    told = fitted.joint["remittances"].attrs.get("authors", {})
    return [dict(zip(told, row, strict=True)) for row in zip(*told.values(), strict=True)]


def _scores(tables: Any, as_json: bool) -> None:
    from .. import remittances as block

    releases, projections = block.score_releases(tables), block.score_projections(tables)
    by = releases.assign(error=releases["error"].abs(), no_change_error=releases["no_change_error"].abs())
    few = by.groupby("host").agg(
        releases=("error", "size"), error=("error", "mean"), no_change_error=("no_change_error", "mean"),
        covered=("covered", "mean"),
    )  # fmt: skip
    told = console.records(projections.set_index("issuer"))
    shown = [{k: row[k] for k in ("issuer", "scenario", "host", "published", "ours_p50", "outcome", "published_error",
                                  "ours_error", "covered")} for row in told]  # fmt: skip
    answer = {"releases": console.records(releases.set_index("host")), "projections": told}
    console.say(answer, as_json, ("Each R4V release forecast from the one before: mean absolute error [%]",
                                   console.records(few)), ("Published projections [persons]", shown))  # fmt: skip
