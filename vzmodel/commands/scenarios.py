"""The commands ``bridge``, ``sensitivity`` and ``discover``: why one future differs from another."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from . import console
from .console import Against, AsOf, Differs, Draws, File, Json, Months, Period, Seed, Year
from .tables import chosen

Method = Annotated[Literal["tornado", "sobol"], typer.Option(help="One at a time, or shares of the variance.")]


def bridge(
    scenario: Differs,
    against: Against,
    variable: Annotated[str, typer.Option(help="What to split.")] = "cash_revenue",
    by: Period = "year",
    draws: Draws = 1000,
    seed: Seed = 2019,
    months: Months = None,
    as_of: AsOf = None,
    scenario_file: File = None,
    json: Json = False,
) -> None:
    """Split the difference between two scenarios among blocks of assumptions.

    JSON keys: run, variable, unit, by, scenario, against, rows: [{block, month or year, p10, p50, p90, mean}].
    """
    from .. import drivers, model

    both = chosen([scenario, against], scenario_file)
    with console.progress("Splitting"):
        p = model.project(both, draws=draws, seed=seed, months=months, as_of=as_of)
        found = drivers.bridge(p, both[0].name, against=both[1].name, variable=variable, by=by)
    rows, unit = console.records(found), p[variable].attrs["units"]
    told = {"variable": variable, "unit": unit, "by": by, "scenario": both[0].name, "against": both[1].name}
    title = f"{variable} [{unit}], {both[0].name} less {both[1].name}, by block; means add up"
    console.say({"run": console.run_of(p), **told, "rows": rows}, json, (title, rows))


def sensitivity(
    scenario: Annotated[str, typer.Argument(help="The scenario to run.")],
    variable: Annotated[str, typer.Option(help="What it should explain.")] = "cash_revenue",
    name: Annotated[list[str] | None, typer.Option("--name", help="An assumption; repeat for more.")] = None,
    year: Year = None,
    method: Method = "tornado",
    draws: Draws = 256,
    seed: Seed = 2019,
    months: Months = None,
    as_of: AsOf = None,
    scenario_file: File = None,
    json: Json = False,
) -> None:
    """Rank assumptions by how far they move a variable.

    JSON keys: scenario, variable, method, rows.
    """
    from .. import drivers

    if method == "sobol":
        console.need("explore", "SALib")
    (start,) = chosen([scenario], scenario_file)
    with console.progress("Varying assumptions"):
        found = drivers.sensitivity(
            start, variable, names=name or None, year=year, method=method, draws=draws, seed=seed, months=months,
            as_of=as_of,
        )  # fmt: skip
    rows = console.records(found)
    told = {"scenario": start.name, "variable": variable, "method": method}
    console.say({**told, "rows": rows}, json, (f"{variable}, {start.name}: {method}", rows[:25]))


def discover(
    names: Annotated[list[str], typer.Argument(help="Scenarios.")],
    below: Annotated[float, typer.Option(help="Threshold, in the unit of the variable.")],
    variable: Annotated[str, typer.Option(help="What should not fall below it.")] = "cash_revenue",
    year: Year = None,
    draws: Draws = 4000,
    seed: Seed = 2019,
    months: Months = None,
    as_of: AsOf = None,
    scenario_file: File = None,
    json: Json = False,
) -> None:
    """Find the conditions under which a variable falls below a threshold.

    JSON keys: run, variable, below, sentences, rows: [{scenario, assumption, side, threshold, coverage, density}].
    """
    from .. import drivers, model

    with console.progress("Projecting") as moved:
        p = model.project(
            chosen(names, scenario_file), draws=draws, seed=seed, months=months, as_of=as_of, progress=moved,
        )  # fmt: skip
    found = drivers.discover(p, variable, below=below, year=year)
    sentences = found.attrs["sentences"]
    rows = console.records(found.drop(columns=["sentence"]))
    told = {"variable": variable, "below": below, "sentences": sentences}
    console.say({"run": console.run_of(p), **told, "rows": rows}, json)
    if not json:
        print("\n".join(sentences.values()))
