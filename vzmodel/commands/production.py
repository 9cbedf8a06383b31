"""Commands on output: its fall, forecasts scored, and what events did to it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from . import console
from .console import Folder, Json


def backtest(
    series: Annotated[str, typer.Option(help="A column of the history, such as brent.")] = "production",
    first: Annotated[str | None, typer.Option(metavar="DATE", help="First origin.")] = None,
    last: Annotated[str | None, typer.Option(metavar="DATE", help="Last origin.")] = None,
    step: Annotated[int, typer.Option(help="Months between origins.")] = 3,
    known: Annotated[
        bool, typer.Option("--known", help="Use at each origin what was published by then; needs --first, --last.")
    ] = False,
    published: Annotated[bool, typer.Option("--published", help="Score published forecasts instead.")] = False,
    benchmark: Annotated[
        bool, typer.Option("--benchmark", help="Score on Venezuela and 23 producers beside AutoETS, by ingredient.")
    ] = False,
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Score forecasts of the past against what came, beside no change.

    JSON keys: series, vintages, rows: [{horizon, origins, crps, no_change_crps, coverage}]; with --published:
    published, summary, rows, one per forecast; with --benchmark: benchmark, rows.
    """
    from .. import evaluation

    if benchmark:
        rows = console.records(evaluation.benchmark())
        title = "Output of JODI to 2016, then EIA, and 23 producers; one late vintage: pseudo-real-time"
        console.say({"benchmark": True, "rows": rows}, json, (title, rows))
        return
    if published:
        scores = evaluation.score_published()
        rows, groups = console.records(scores), console.records(evaluation.summary(scores))
        shown = ("issuer", "issued", "target", "kind", "published", "ours_p10", "ours_p50", "ours_p90", "outcome",
                 "published_error_pct", "ours_error_pct", "unscorable")  # fmt: skip
        few = [{k: row[k] for k in shown} for row in rows]
        console.say({"published": True, "summary": groups, "rows": rows}, json,
                     ("Published forecasts [kb/d]", few), ("Errors [% of the outcome]", groups))  # fmt: skip
        return
    rows = _backtest_rows(series, folder, known, first=first, last=last, step=step)
    vintages = "what was known at each origin" if known else "one late vintage: pseudo-real-time"
    answer = {"series": series, "vintages": vintages, "rows": rows}
    console.say(answer, json, (f"{series}, {vintages}", rows))


def _backtest_rows(series: str, folder: Path | None, known: bool, **origins: Any) -> list[dict[str, Any]]:
    from .. import evaluation, prices, production, remittances
    from ..data import load_history
    from ..scenarios import suggest

    history = load_history(folder)
    if series not in history:
        raise ValueError(f"no series {series!r} in the history{suggest(series, history)}; it has {list(history)}")
    if known and not (origins["first"] and origins["last"]):
        raise ValueError("--known needs --first and --last, the first and last day to forecast from")
    past: Any = (lambda day: load_history(folder, as_of=day)[series].dropna()) if known else history[series].dropna()
    kinds = {"brent": prices, "wti": prices, "migrants": remittances}
    forecaster = kinds.get(series, production).forecast  # type: ignore[attr-defined]
    with console.progress("Backtesting") as moved:
        ours = evaluation.backtest(past, forecaster, **origins)
        if moved:
            moved(0.5)
        floor = evaluation.backtest(past, evaluation.no_change, **origins)
    by = ours.groupby(level="horizon")
    table = by["crps"].agg(["size", "mean"]).set_axis(["origins", "crps"], axis=1)
    table["no_change_crps"] = floor.groupby(level="horizon")["crps"].mean()
    table["coverage"] = by["covered"].mean()
    return console.records(table)


def decline(
    since: Annotated[str, typer.Option(metavar="DATE", help="First month.")] = "2002",
    json: Json = False,
) -> None:
    """Show how far output has fallen, source by source.

    JSON keys: since, rows.
    """
    from .. import production

    rows = console.records(production.decline(since))
    console.say({"since": since, "rows": rows}, json, (f"Output since {since}", rows))


def interventions(json: Json = False) -> None:
    """Show what strike, sanctions, blackouts, licences and blockade did to output, estimated jointly.

    JSON keys: effects, correlation_2019.
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
