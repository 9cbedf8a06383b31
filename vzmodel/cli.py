"""The command line; every command imports what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import __version__
from .commands import blackouts, causes, charts, claims, console, dollars, people, prices, production, scenarios
from .commands.console import Against, AsOf, Differs, Draws, File, Json, Months, Period, Seed, Variables
from .commands.tables import chosen, data_app, scenarios_app

if TYPE_CHECKING:
    import xarray as xr

app = typer.Typer(
    cls=console.Commands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Venezuelan oil, blackouts, exports, prices and remittances, in dollars that arrive. "
    "Exit codes: 0 done, 1 a check found faults, 2 bad input.",
)  # fmt: skip
app.add_typer(scenarios_app, name="scenarios")
app.add_typer(data_app, name="data")


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

    with console.progress("Projecting") as moved:
        return compute(chosen(names, file), progress=moved, **run)


@app.command()
def report(
    out: Annotated[Path, typer.Option("--out", help="Folder for the page, charts, workbook and manifest.")],
    scenario: Annotated[list[str] | None, typer.Option(help="Repeat for more; a selection without it.")] = None,
    scenario_file: File = None,
    chapter: Annotated[list[str] | None, typer.Option(help="Repeat for more; all without it.")] = None,
    draws: Draws = 4000,
    seed: Seed = 2019,
    months: Annotated[int, typer.Option(help="Horizon in months.")] = 60,
    as_of: AsOf = None,
    pdf: Annotated[bool, typer.Option(help="Print it as report.pdf too, where Chromium is installed.")] = True,
    digest: Annotated[
        Path | None, typer.Option(help="A folder for digest.md and its pictures: the findings and a few charts.")
    ] = None,
    json: Json = False,
) -> None:
    """Write the report page.

    JSON keys: page, draws, seed, months, as_of, scenarios.
    """
    from . import reporting

    console.need("report", "jinja2", "openpyxl")
    with console.progress("Writing the report") as moved:
        page = reporting.report(
            out, scenarios=scenario or None, scenario_file=scenario_file, chapters=chapter or None, draws=draws,
            seed=seed, months=months, as_of=as_of, pdf=pdf, digest=digest, progress=moved,
        )  # fmt: skip
    if json:
        asked = {"draws": draws, "seed": seed, "months": months, "as_of": as_of, "scenarios": scenario}
        console.say({"page": str(page), **asked}, True)
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

    if out is not None:
        # a name that cannot be written is refused before the run, not after it
        handoff.check(out)
    p = _projection(names, scenario_file, draws=draws, seed=seed, months=months, as_of=as_of)
    if out is not None:
        handoff.write(p, out, by=by)
    found = {}
    for name in variable or ["production", "exports", "cash_revenue", "dollar_inflow"]:
        rows = console.records(quantiles(p, name, by=by))
        found[name] = {"unit": p[name].attrs["units"], "rows": rows}
    tables = [(f"{name} [{part['unit']}]", part["rows"]) for name, part in found.items()]
    console.say({"run": console.run_of(p), "by": by, "variables": found}, json, *tables)
    console.note(console.BANDS, json)


@app.command()
def compare(
    scenario: Differs,
    against: Against,
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
    rows = console.records(summary.compare(p, variable, first, against=second, by=by))
    unit = p[variable].attrs["units"]
    told = {"variable": variable, "unit": unit, "by": by, "scenario": first, "against": second}
    title = f"{variable} [{unit}], {first} less {second}"
    console.say({"run": console.run_of(p), **told, "rows": rows}, json, (title, rows))


for _command in (
    production.backtest, production.decline, production.interventions, blackouts.blackouts, dollars.revenue,
    dollars.settlement, prices.prices, prices.limit_or_discount, dollars.us_sales, dollars.episodes,
    people.remittances, claims.claims, causes.causes, charts.chart, scenarios.bridge, scenarios.sensitivity,
    scenarios.discover,
):  # fmt: skip
    app.command(_command.__name__.replace("_", "-"))(_command)
