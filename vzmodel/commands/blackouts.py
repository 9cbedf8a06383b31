"""The command `blackouts`: what grid failures cost, and the tables it prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from . import console
from .console import Draws, File, Json, Seed

Rows = list[dict[str, Any]]


def blackouts(
    grid: Annotated[
        list[str] | None, typer.Option(help="A scenario for the years ahead; repeat for more, five grids without it.")
    ] = None,
    draws: Draws = 1000,
    seed: Seed = 2019,
    months: Annotated[int, typer.Option(min=12, help="Horizon of the years ahead, in months.")] = 60,
    scenario_file: File = None,
    json: Json = False,
) -> None:
    """Show what grid failures cost: past episodes, early 2019 by cause, the years ahead.

    JSON keys: episodes, readings, years, response, published, account, forward.
    """
    with console.progress("Running the past and the years ahead") as moved:
        answer = found(grid, scenario_file, draws, seed, months, moved)
    console.say(answer, json, *pages(answer))
    if not json:
        print("\n".join(answer["account"]["not_separable"]))


def found(
    grid: list[str] | None, file: Path | None, draws: int, seed: int, months: int,
    moved: Callable[[float], None] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return episodes, response, readings, years, account of early 2019, years ahead and published costs."""
    from .. import failures
    from ..data import load_tables
    from .tables import chosen

    told = moved or (lambda share: None)
    # a name that is no scenario is refused before anything runs
    grids = chosen(grid or list(failures.GRIDS), file)
    past = failures.episodes(draws=draws, seed=seed)
    told(0.35)
    # 32 hindcasts of fewer draws say as much as the other runs
    account = failures.account(draws=max(draws // 2, 1), seed=seed)
    told(0.7)
    ahead = failures.forward(grids, draws=draws, seed=seed, months=months)
    effects = load_tables()["oil_effects"]
    published = effects.loc[effects["measure"] == "gdp_lost", ["event", "low", "high", "unit", "source", "note"]]
    more = {"response": failures.response(), "published": console.records(published.reset_index(drop=True))}
    return {**past, **more, "account": account, "forward": ahead}


def pages(answer: dict[str, Any]) -> Iterator[tuple[str, Rows]]:
    """Yield each table as a title and its rows: the median, with the 10th and 90th percentile."""
    yield from _past(answer)
    yield from _account(answer["account"])
    yield "Years ahead, per year: dollars hold the lasting loss of capacity too", [
        {
            "grid": row["grid"], "deferred [million bbl]": _mean(row["barrels_mb"], 1),
            "worth at origin [USD million]": _mean(row["worth"]), "inflow lost [USD million]": _mean(row["dollars"]),
            "first year [million bbl]": row["first_year"], "last year": row["last_year"],
        }
        for row in answer["forward"]
    ]  # fmt: skip
    yield "Published costs are of the whole economy, another concept than oil deferred", answer["published"]


def _past(answer: dict[str, Any]) -> Iterator[tuple[str, Rows]]:
    yield "Reference episodes, one parameter set", [
        {
            "episode": row["name"], "month": row["month"], "lost in the month [%]": _range(row["lost_share"], 100, 1),
            "[kb/d]": _range(row["deferred_kbd"], 1, 1), "with restart [million bbl]": _range(row["barrels_mb"], 1, 2),
            "worth at origin [USD million]": _range(row["dollars"]),
        }
        for row in answer["episodes"]
    ]  # fmt: skip
    yield "A failure of the whole grid: share of output out at its end, days down after power is back", [
        {
            "length [hour]": row["hours"], "nation [%]": _range(row["nation"], 100),
            "Orinoco [%]": _range(row["orinoco"], 100), "days of the nation's output": _range(row["days"], 1, 2),
            "terminal": _range(row["terminal"], 1, 1), "upgraders": _range(row["upgraders"], 1, 1),
            "refineries": _range(row["refineries"], 1, 1),
        }
        for row in answer["response"]
    ]  # fmt: skip
    yield "March 2019 on each reading of output: the fall read holds sanctions too", [
        {
            "source": row["source"], "before [kb/d]": row["before_kbd"], "month [kb/d]": row["month_kbd"],
            "fall read [%]": f"{100 * row['read_share']:.0f}",
            "deferred by failures [kb/d]": _range(row["deferred_kbd"]),
        }
        for row in answer["readings"]
    ]  # fmt: skip
    years = answer["years"]
    yield "Deferred by year", [{"year": str(r["year"]), "kb/d": _range(r["deferred_kbd"], 1, 1)} for r in years]


def _account(account: dict[str, Any]) -> Iterator[tuple[str, Rows]]:
    names = {"production": "Output", "exports": "Exports", "cash_revenue": "Cash of the state company"}
    for variable, name in names.items():
        part = account[variable]
        yield f"{name} lost, {account['first']} to {account['last']}: {_range(part['total'])} {part['unit']}", [
            {
                "cause": row["name"], f"loss [{part['unit']}]": _range(row["loss"]),
                "share [%]": _range(row["share"], 100), "alone": row["first"], "last to come": row["last"],
            }
            for row in part["causes"]
        ]  # fmt: skip
    pairs = account["production"]["correlation"]
    yield "Correlation of output lost between causes, over draws", [p for p in pairs if abs(p["correlation"]) > 0.2]
    left = account["observed"]
    yield "Output short of bridged capacity, and what the account leaves [kb/d]", [
        {"short": _range(left["short_of_capacity_kbd"]), "left over (median)": left["left_over_kbd"]}
    ]


def _range(band: dict[str, float], scale: float = 1.0, digits: int = 0) -> str:
    low, mid, high = (f"{scale * band[k] + 0.0:,.{digits}f}" for k in ("p10", "p50", "p90"))
    return f"{mid} ({low} to {high})"


def _mean(band: dict[str, float], digits: int = 0) -> str:
    return f"{_range(band, 1, digits)}, mean {band['mean']:,.{digits}f}"
