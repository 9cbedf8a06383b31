"""Commands on output: its fall, forecasts scored, and what events did to it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import console
from .console import Folder, Json

if TYPE_CHECKING:
    import pandas as pd

def backtest(
    series: Annotated[str, typer.Option(help="A column of the history, such as brent.")] = "production",
    first: Annotated[str | None, typer.Option(metavar="DATE", help="First origin.")] = None,
    last: Annotated[str | None, typer.Option(metavar="DATE", help="Last origin.")] = None,
    step: Annotated[int | None, typer.Option(help="Months between origins; 3 without it.")] = None,
    known: Annotated[
        bool, typer.Option("--known", help="Use at each origin what was published by then; needs --first, --last.")
    ] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Also test whether ours beats simpler rivals by more than chance.")
    ] = False,
    published: Annotated[bool, typer.Option("--published", help="Score published forecasts instead.")] = False,
    table: Annotated[
        Path | None, typer.Option("--table", help="Score the published forecasts of this CSV instead of ours.")
    ] = None,
    benchmark: Annotated[
        bool, typer.Option("--benchmark", help="Score on Venezuela and 23 producers beside AutoETS, by ingredient.")
    ] = False,
    missed: Annotated[
        bool, typer.Option("--missed", help="Write the page of missed forecasts, ours and others', as Markdown.")
    ] = False,
    real_time: Annotated[
        bool, typer.Option("--real-time", help="Score the start of the projections as fitted on past days, 2010 on.")
    ] = False,
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Score forecasts of the past against what came, beside no change, by period and month ahead.

    JSON keys: series, vintages, rows: [{period, horizon, origins, crps, no_change_crps, mase, coverage, coverage_se,
    width, pit, below, above}]; with --compare also diebold_mariano and confidence_set; with --published: published,
    summary, rows, one per forecast; with --benchmark: benchmark, ingredients, rows; with --missed: page; with
    --real-time: real_time, first, last, step, rows: [{horizon, days, coverage, coverage_se, width, below, above}].
    """
    if benchmark + (published or table is not None) + missed + real_time > 1:
        raise ValueError("--benchmark, --published, --missed and --real-time are answers of their own; "
                         "ask for one at a time")
    if benchmark or published or table is not None or missed or real_time:
        span = {"--first": first is not None, "--last": last is not None, "--step": step is not None}
        rest = {"--series": series != "production", "--known": known, "--compare": compare,
                "--folder": folder is not None}
        _refuse_unheard(real_time, [option for option, given in {**span, **rest}.items() if given])
    step = 3 if step is None else step
    if real_time:
        _say_real_time(first or "2010-01", last or "2025-01", step, json)
    elif benchmark:
        _say_benchmark(json)
    elif published or table is not None:
        _say_published(table, json)
    elif missed:
        _say_missed(json)
    else:
        _say_backtest(series, folder, known, compare, json, first=first, last=last, step=step)


def _refuse_unheard(real_time: bool, given: list[str]) -> None:
    if real_time and set(given) - {"--first", "--last", "--step"}:
        raise ValueError("--real-time scores the start of the projections; of the others it takes --first, --last, "
                         "--step and --json only")
    if not real_time and given:
        raise ValueError(f"{', '.join(given)}: for the backtest of a series; --benchmark, --published, --table and "
                         "--missed take none of them")


def _say_benchmark(json: bool) -> None:
    from .. import evaluation

    found = evaluation.benchmark()
    added = evaluation.ingredients(found)
    few = found[~found.index.get_level_values("forecaster").str.startswith("without ")]
    answer = {"benchmark": True, "ingredients": console.records(added), "rows": console.records(found)}
    console.say(
        answer, json,
        ("Loss on output of JODI to 2016, then EIA [log], by months ahead; one late vintage: pseudo-real-time",
         _across(few, "loss")),
        ("Share of outcomes in the 80 % band", _across(few, "coverage")),
        ("Its standard error, from blocks of origins", _across(few, "coverage_se")),
        ("Loss on 23 other producers over that of AutoETS", _across(few, "producers_ratio")),
        ("How much larger the loss is without each ingredient [%]; negative: better without", console.records(added)),
    )  # fmt: skip


def _across(table: pd.DataFrame, column: str) -> list[dict[str, Any]]:
    """Return one row per forecaster, months ahead across."""
    return console.records(table[column].unstack("horizon").loc[table.index.unique("forecaster")].dropna(how="all"))


def _say_published(path: Path | None, json: bool) -> None:
    from .. import evaluation

    scores = evaluation.score_published(None if path is None else evaluation.read_published(path))
    summary = evaluation.summary(scores)
    rows, groups = console.records(scores), console.records(summary)
    measures = console.records(summary.T.rename_axis("measure"))
    shown = ("issuer", "issued", "target", "kind", "published", "ours_p10", "ours_p50", "ours_p90", "outcome",
             "published_error_pct", "ours_error_pct", "unscorable")  # fmt: skip
    few = [{k: row[k] for k in shown} for row in rows]
    console.say({"published": True, "summary": groups, "rows": rows}, json, ("Published forecasts [kb/d]", few),
                ("Errors [% of the outcome]; scored, nearer and coverage are counts and shares", measures))


def _say_missed(json: bool) -> None:
    from .. import evaluation

    with console.progress("Scoring the past"):
        page = evaluation.missed()
    console.say({"page": page}, json) if json else print(page, end="")


def _say_real_time(first: str, last: str, step: int, json: bool) -> None:
    from .. import evaluation

    with console.progress("Fitting on past days"):
        rows = console.records(evaluation.held(evaluation.real_time(first, last, step=step)))
    console.say({"real_time": True, "first": first, "last": last, "step": step, "rows": rows}, json,
                (f"Output as the projections start from it, fitted every {step} months from {first} to {last} on what "
                 "was published, by months after the last reading; shares; no blackouts or shut-ins added", rows))


def _say_backtest(series: str, folder: Path | None, known: bool, compare: bool, json: bool, **origins: Any) -> None:
    from .. import evaluation

    if compare:
        console.need("eval", "arch")
    with console.progress("Backtesting") as moved:
        tables = _backtests(series, folder, known, compare, moved, origins)
    ours, floor = tables["ours"], tables["no change"]
    summary = evaluation.by_period(ours, floor).rename(columns={"rival_crps": "no_change_crps"})
    rows = console.records(summary)
    vintages = "what was known at each origin" if known else "one late vintage: pseudo-real-time"
    answer: dict[str, Any] = {"series": series, "vintages": vintages, "rows": rows}
    unit = _price_units().get(series, "kb/d")
    said = [(f"{series}, {vintages}, by years of origin and months ahead; CRPS in {unit}, the rest shares", rows)]
    if compare:
        tests = [evaluation.diebold_mariano(ours, other).assign(rival=name).set_index("rival", append=True)
                 for name, other in tables.items() if name != "ours"]
        import pandas as pd

        answer["diebold_mariano"] = console.records(pd.concat(tests).sort_index())
        answer["confidence_set"] = console.records(evaluation.confidence_set(tables))
        said += [("Diebold-Mariano: ours against each rival; a negative statistic is in our favour",
                  answer["diebold_mariano"]),
                 ("Model confidence set: forecasters that cannot be told from the best at one in ten",
                  answer["confidence_set"])]  # fmt: skip
    console.say(answer, json, *said)


def _price_units() -> dict[str, str]:
    """Return the unit of each series of prices, as the table's schema has it."""
    from ..data import resources

    fields = {field["name"]: field for field in resources()["prices"]["schema"]["fields"]}
    return dict.fromkeys(fields["series"]["constraints"]["enum"], fields["value"]["unit"])


def _backtests(series: str, folder: Path | None, known: bool, rivals: bool, moved: Any,
               origins: dict[str, Any]) -> dict[str, pd.DataFrame]:
    """Return the backtests of ours, of no change and, if asked, of a trend that is always trusted."""
    from .. import evaluation, forecasting, prices, production
    from ..data import load_history
    from ..scenarios import suggest

    history = load_history(folder)
    if series not in history:
        raise ValueError(f"no series {series!r} in the history{suggest(series, history)}; it has {list(history)}")
    if known and not (origins["first"] and origins["last"]):
        raise ValueError("--known needs --first and --last, the first and last day to forecast from")
    if series == "migrants":
        raise ValueError("series 'migrants' is the world's yearly figure, too seldom for a backtest by month; "
                         "`vzmodel remittances --scores` scores forecasts of people abroad")
    past: Any = history[series].dropna()
    if known:
        past = lru_cache(maxsize=None)(lambda day: load_history(folder, as_of=day)[series].dropna())
    forecasters = {"ours": (prices if series in _price_units() else production).forecast,
                   "no change": evaluation.no_change}
    if rivals:
        forecasters["trend always trusted"] = forecasting.without("learning")
    found = {}
    for name, forecaster in forecasters.items():
        found[name] = evaluation.backtest(past, forecaster, **origins)
        if moved:
            moved(len(found) / len(forecasters))
    return found


def decline(
    since: Annotated[str, typer.Option(metavar="DATE", help="First month.")] = "2002",
    json: Json = False,
) -> None:
    """Show how far output has fallen, source by source, with each source's own months.

    JSON keys: since, rows: [{source, first and last month, their output [kb/d], change with 80 % band [%]}].
    """
    from .. import production

    rows = console.records(production.decline(since))
    console.say({"since": since, "rows": rows}, json, (f"Output since {since}", rows))


def interventions(json: Json = False) -> None:
    """Show what strike, sanctions, blackouts, licences and blockade did to output, estimated jointly.

    JSON keys: effects: [{start, effect and its error [log], change with its band [%]}], correlation_2019: [{one,
    other, correlation [1]}].
    """
    from .. import interventions as joint

    with console.progress("Estimating"):
        found = joint.estimate()
    near = found.table.index[found.table["group"] == "2019"]
    columns = ["start", "effect", "se", "change_pct", "change_pct_low", "change_pct_high"]
    effects = console.records(found.table[columns])
    pairs = found.correlation.loc[near, near]
    rows = [{"one": a, "other": b, "correlation": float(pairs.loc[a, b])} for i, a in enumerate(near) for b in near[:i]]
    console.say({"effects": effects, "correlation_2019": rows}, json, ("Effects on output [log; %]", effects),
                 ("Correlation of the estimates of 2019", rows))  # fmt: skip
