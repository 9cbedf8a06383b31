"""The command ``vzmodel chart``: any chart by its name, as a file for a report, a slide or a phone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import console
from .console import AsOf, File, Json, Months


def chart(
    name: Annotated[str | None, typer.Argument(help="A chart, such as fan or production.history; see --list.")] = None,
    scenarios: Annotated[list[str] | None, typer.Argument(help="Scenarios, or combinations; the chart's own without.")]
    = None,
    listed: Annotated[bool, typer.Option("--list", help="List the charts instead.")] = False,
    variable: Annotated[str | None, typer.Option(help="For charts of any variable, such as fan.")] = None,
    size: Annotated[str, typer.Option(help="report, slide or web.")] = "report",
    language: Annotated[str, typer.Option(help="en or es.")] = "en",
    out: Annotated[Path | None, typer.Option("--out", help="A .png, .svg or .pdf file; NAME.png without it.")] = None,
    draws: Annotated[int | None, typer.Option(help="Draws per scenario; 1000 without it.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of chance.")] = None,
    months: Months = None,
    as_of: AsOf = None,
    scenario_file: File = None,
    json: Json = False,
) -> None:
    """Draw a chart by its name into a file.

    JSON keys: file, chart, scenarios, variable, size, language, text; with --list charts: [{chart, shows, scenarios,
    variable}].
    """
    from ..charts import files, finish, gallery

    if listed or name is None:
        rows = [{"chart": key, "shows": exhibit.text, "scenarios": " ".join(exhibit.scenarios),
                 "variable": exhibit.variable} for key, exhibit in gallery.CHARTS.items()]
        return console.say({"charts": rows}, json, ("Charts, their scenarios and variable unless told otherwise", rows))
    path = out or Path(f"{name}.png")
    files.kind_of(path)  # before the run, not after it
    asked = {"variable": variable, "size": size, "language": language, "known": _known(scenario_file)}
    given = {"draws": draws, "seed": seed, "months": months, "as_of": as_of}
    run = {option: value for option, value in given.items() if value is not None}
    if name in gallery.CHARTS and gallery.CHARTS[name].scenarios:
        run.setdefault("draws", 1000)
    exhibit, found = gallery.ask(name, scenarios, **asked, **run)  # type: ignore[arg-type]
    with console.progress("Drawing"):
        drawn = gallery.draw(name, scenarios, **asked, **run)  # type: ignore[arg-type]
    file = files.save_as(drawn, path)
    words = finish.alt_text(drawn)
    answer = {"file": str(file), "chart": name, "scenarios": [s.name for s in found.scenarios],
              "variable": variable or exhibit.variable or None, "size": size, "language": language, "text": words}
    console.say(answer, json)
    if not json:
        print(f"{file}\n{words}")


def _known(file: Path | None) -> dict | None:
    if file is None:
        return None
    from ..scenarios import load_scenarios

    return {**load_scenarios(), **load_scenarios(file)}
