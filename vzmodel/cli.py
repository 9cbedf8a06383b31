"""The command line; every command imports what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import (
    __version__,
    _blackout_pages,
    _claims_commands,
    _console,
    _dollar_commands,
    _people_commands,
    _scenario_commands,
)
from ._console import AsOf, Draws, File, Folder, Json, Months, Period, Seed, Variables
from ._table_commands import chosen, data_app, scenarios_app

if TYPE_CHECKING:
    import xarray as xr

app = typer.Typer(
    cls=_console.Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Venezuelan oil, blackouts, exports, prices and remittances, in dollars that arrive. "
    "Exit codes: 0 done, 1 a check found faults, 2 bad input.",
)  # fmt: skip
app.add_typer(scenarios_app, name="scenarios")
app.add_typer(data_app, name="data")
app.command()(_blackout_pages.blackouts)
for _command in ("revenue", "settlement", "us_sales", "episodes"):
    app.command(_command.replace("_", "-"))(getattr(_dollar_commands, _command))
app.command()(_people_commands.remittances)
app.command()(_claims_commands.claims)
for _explain in (_scenario_commands.bridge, _scenario_commands.sensitivity, _scenario_commands.discover):
    app.command()(_explain)

def main() -> None:
    """Run the command line."""
    app(prog_name="vzmodel")


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


def _projection(names: list[str], file: Path | None, **run: Any) -> xr.Dataset:
    from .model import project as compute

    with _console.progress("Projecting") as moved:
        return compute(chosen(names, file), progress=moved, **run)


def _run(p: xr.Dataset) -> dict[str, Any]:
    import json

    return json.loads(p.attrs["run"])


@app.command()
def report(
    out: Annotated[Path, typer.Option("--out", help="Folder for the page, charts, workbook and manifest.")],
    scenario: Annotated[list[str] | None, typer.Option(help="Repeat for more; a selection without it.")] = None,
    scenario_file: File = None,
    draws: Draws = 4000,
    seed: Seed = 2019,
    months: Annotated[int, typer.Option(help="Horizon in months.")] = 60,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Write the report page.

    JSON keys: page, draws, seed, months, as_of, scenarios.
    """
    from . import reporting

    with _console.progress("Writing the report") as moved:
        page = reporting.report(
            out, scenarios=scenario or None, scenario_file=scenario_file, draws=draws, seed=seed, months=months,
            as_of=as_of, progress=moved,
        )  # fmt: skip
    if json:
        asked = {"draws": draws, "seed": seed, "months": months, "as_of": as_of, "scenarios": scenario}
        _console.say({"page": str(page), **asked}, True)
    else:
        print(f"The report is at {page}")


@app.command()
def project(
    names: Annotated[list[str], typer.Argument(help="Scenarios, or combinations such as blockade+price_normalises.")],
    variable: Variables = None,
    by: Period = "year",
    draws: Draws = 4000,
    seed: Seed = 2019,
    months: Months = None,
    as_of: AsOf = None,
    scenario_file: File = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the run: .nc, .zarr, .csv, .xlsx or .iamc.csv.")
    ] = None,
    json: Json = False,
) -> None:
    """Project scenarios.

    JSON keys: run, by, variables: {name: {unit, rows: [{scenario, month or year, p10, p50, p90}]}}.
    """
    from . import handoff
    from .summary import quantiles

    p = _projection(names, scenario_file, draws=draws, seed=seed, months=months, as_of=as_of)
    if out is not None:
        handoff.write(p, out, by=by)
    found = {}
    for name in variable or ["production", "exports", "cash_revenue", "dollar_inflow"]:
        rows = _console.records(quantiles(p, name, by=by))
        found[name] = {"unit": p[name].attrs["units"], "rows": rows}
    tables = [(f"{name} [{part['unit']}]", part["rows"]) for name, part in found.items()]
    _console.say({"run": _run(p), "by": by, "variables": found}, json, *tables)


@app.command()
def compare(
    scenario: Annotated[str, typer.Argument(help="The scenario that differs.")],
    against: Annotated[str, typer.Argument(help="The scenario it is compared with.")],
    variable: Annotated[str, typer.Option(help="What to compare.")] = "dollar_inflow",
    by: Period = "year",
    draws: Draws = 4000,
    seed: Seed = 2019,
    months: Months = None,
    as_of: AsOf = None,
    scenario_file: File = None,
    json: Json = False,
) -> None:
    """Show one scenario less another, draw by draw.

    JSON keys: run, variable, unit, by, scenario, against, rows.
    """
    from . import summary

    p = _projection([scenario, against], scenario_file, draws=draws, seed=seed, months=months, as_of=as_of)
    first, second = (str(name) for name in p["scenario"].values)
    rows = _console.records(summary.compare(p, variable, first, against=second, by=by))
    unit = p[variable].attrs["units"]
    answer = {"run": _run(p), "variable": variable, "unit": unit, "by": by, "scenario": first, "against": second}
    _console.say({**answer, "rows": rows}, json, (f"{variable} [{unit}], {first} less {second}", rows))


@app.command()
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
    from . import evaluation

    if benchmark:
        rows = _console.records(evaluation.benchmark())
        title = "Output of JODI to 2016, then EIA, and 23 producers; one late vintage: pseudo-real-time"
        _console.say({"benchmark": True, "rows": rows}, json, (title, rows))
        return
    if published:
        scores = evaluation.score_published()
        rows, groups = _console.records(scores), _console.records(evaluation.summary(scores))
        shown = ("issuer", "issued", "target", "kind", "published", "ours_p10", "ours_p50", "ours_p90", "outcome",
                 "published_error_pct", "ours_error_pct", "unscorable")  # fmt: skip
        few = [{k: row[k] for k in shown} for row in rows]
        _console.say({"published": True, "summary": groups, "rows": rows}, json,
                     ("Published forecasts [kb/d]", few), ("Errors [% of the outcome]", groups))  # fmt: skip
        return
    rows = _backtest_rows(series, folder, known, first=first, last=last, step=step)
    vintages = "what was known at each origin" if known else "one late vintage: pseudo-real-time"
    answer = {"series": series, "vintages": vintages, "rows": rows}
    _console.say(answer, json, (f"{series}, {vintages}", rows))


def _backtest_rows(series: str, folder: Path | None, known: bool, **origins: Any) -> list[dict[str, Any]]:
    from . import evaluation, prices, production, remittances
    from .data import load_history
    from .scenarios import suggest

    history = load_history(folder)
    if series not in history:
        raise ValueError(f"no series {series!r} in the history{suggest(series, history)}; it has {list(history)}")
    if known and not (origins["first"] and origins["last"]):
        raise ValueError("--known needs --first and --last, the first and last day to forecast from")
    past: Any = (lambda day: load_history(folder, as_of=day)[series].dropna()) if known else history[series].dropna()
    kinds = {"brent": prices, "wti": prices, "migrants": remittances}
    forecaster = kinds.get(series, production).forecast  # type: ignore[attr-defined]
    with _console.progress("Backtesting") as moved:
        ours = evaluation.backtest(past, forecaster, **origins)
        if moved:
            moved(0.5)
        floor = evaluation.backtest(past, evaluation.no_change, **origins)
    by = ours.groupby(level="horizon")
    table = by["crps"].agg(["size", "mean"]).set_axis(["origins", "crps"], axis=1)
    table["no_change_crps"] = floor.groupby(level="horizon")["crps"].mean()
    table["coverage"] = by["covered"].mean()
    return _console.records(table)


@app.command()
def decline(
    since: Annotated[str, typer.Option(metavar="DATE", help="First month.")] = "2002",
    json: Json = False,
) -> None:
    """Show how far output has fallen, source by source.

    JSON keys: since, rows.
    """
    from . import production

    rows = _console.records(production.decline(since))
    _console.say({"since": since, "rows": rows}, json, (f"Output since {since}", rows))


@app.command()
def interventions(json: Json = False) -> None:
    """Show what strike, sanctions, blackouts, licences and blockade did to output, estimated jointly.

    JSON keys: effects, correlation_2019.
    """
    from . import interventions as joint

    with _console.progress("Estimating"):
        found = joint.estimate()
    near = found.table.index[found.table["group"] == "2019"]
    columns = ["start", "effect", "se", "change_pct", "change_pct_low", "change_pct_high"]
    effects = _console.records(found.table[columns])
    pairs = found.correlation.loc[near, near]
    rows = [{"one": a, "other": b, "correlation": float(pairs.loc[a, b])} for i, a in enumerate(near) for b in near[:i]]
    _console.say({"effects": effects, "correlation_2019": rows}, json, ("Effects on output [log; %]", effects),
                 ("Correlation of the estimates of 2019", rows))  # fmt: skip


@app.command()
def causes(
    since: Annotated[str, typer.Option(metavar="DATE", help="First month.")] = "2017-08",
    to: Annotated[str, typer.Option(metavar="DATE", help="Last month.")] = "2019-12",
    draws: Draws = 1000,
    seed: Seed = 2019,
    self_test: Annotated[int, typer.Option(min=0, help="Made-up worlds in which to look for a known effect.")] = 0,
    json: Json = False,
) -> None:
    """Show what the events of August 2017 did to output by method, and the fall by cause; a minute or two.

    JSON keys: methods, attribution, not_separable, spread, dollars, published; with --self-test also self_test.
    """
    from . import _cause_pages

    _cause_pages.show(since, to, draws=draws, seed=seed, worlds=self_test, json=json)
