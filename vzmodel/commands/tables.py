"""The commands ``vzmodel scenarios`` and ``vzmodel data``."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Annotated, Any

import typer

from . import console
from .console import AsOf, File, Folder, Json

scenarios_app = typer.Typer(invoke_without_command=True, help="List, show or check scenarios.")
data_app = typer.Typer(no_args_is_help=True, help="Check, compare, list, show or seal the tables.")


def chosen(names: list[str], file: Path | None) -> list[Any]:
    """Return scenarios by name, those of a file beside the shipped ones."""
    from ..scenarios import load_scenarios, resolve

    known = load_scenarios()
    return resolve(names, known if file is None else {**known, **load_scenarios(file)})


@scenarios_app.callback()
def _scenarios(ctx: typer.Context) -> None:
    if ctx.invoked_subcommand is None:
        scenarios_list()


@scenarios_app.command("list")
def scenarios_list(scenario_file: File = None, json: Json = False) -> None:
    """List scenarios.

    JSON keys: scenarios: [{name, description, as_of, months, probability}].
    """
    from ..scenarios import load_scenarios

    found = [
        {k: getattr(s, k) for k in ("name", "as_of", "months", "probability", "description")}
        for s in load_scenarios(scenario_file).values()
    ]
    console.say({"scenarios": found}, json, ("Scenarios", found))


@scenarios_app.command("show")
def scenarios_show(name: str, scenario_file: File = None, json: Json = False) -> None:
    """Print one scenario as TOML, and its levers beside the assumptions of its day.

    JSON keys: name, description, source, as_of, months, probability, changes, levers.
    """
    from vzmodel.assumptions._levers import levers

    (scenario,) = chosen([name], scenario_file)
    rows = console.records(levers(scenario))
    if json:
        keys = ("name", "description", "source", "as_of", "months", "probability", "changes")
        console.say({**{k: getattr(scenario, k) for k in keys}, "levers": rows}, True)
    else:
        print(scenario.to_toml())
        console.show("Levers: low, central and high as known on the day, and what the scenario changes", rows)


@scenarios_app.command("check")
def scenarios_check(file: Path, json: Json = False) -> None:
    """Check a file of your own; exit code 1 if a scenario breaks a bound.

    JSON keys: file, scenarios, faults.
    """
    from vzmodel.assumptions._levers import in_force

    from ..calendar import month
    from ..data import load_history
    from ..scenarios import HORIZON, load_scenarios

    found = load_scenarios(file)
    after_last = load_history()["production"].dropna().index[-1].to_period("M") + 1
    faults = []
    for s in found.values():
        first = after_last if s.as_of is None else month(s.as_of)
        try:
            in_force(s).check(s, first, s.months or HORIZON)
        except ValueError as error:
            faults.append(str(error))
    console.say({"file": str(file), "scenarios": list(found), "faults": faults}, json)
    if not json:
        print("\n".join(faults) if faults else f"{len(found)} scenarios, no fault")
    if faults:
        raise typer.Exit(1)


@data_app.command("check")
def data_check(folder: Folder = None, json: Json = False) -> None:
    """Check every table and its hash; exit code 1 if there is a fault.

    JSON keys: folder, tables, faults.
    """
    from .. import data

    faults = data.check(folder)
    listed = list(data.resources(folder))
    console.say({"folder": str(folder or data.data_folder()), "tables": listed, "faults": faults}, json)
    if not json:
        print("\n".join(faults) if faults else f"{len(listed)} files, no fault")
    if faults:
        raise typer.Exit(1)


@data_app.command("list")
def data_list(folder: Folder = None, json: Json = False) -> None:
    """List the tables.

    JSON keys: folder, hash, tables: [{name, title, rows, release_lag_days, licence, sources}].
    """
    from .. import data

    rows = []
    for name, r in data.resources(folder).items():
        rows.append({
            "name": name,
            "title": r["title"],
            "rows": len(data.read_table(name, folder)) if "schema" in r else None,
            "release_lag_days": r.get("release_lag_days"),
            "licence": "; ".join(x["name"] for x in r.get("licenses", [])),
            "sources": "; ".join(x["title"] for x in r.get("sources", [])),
        })
    answer = {"folder": str(folder or data.data_folder()), "hash": data.data_hash(folder), "tables": rows}
    short = [{k: v for k, v in row.items() if k != "sources"} for row in rows]
    console.say(answer, json, (f"Tables in {answer['folder']}", short))


@data_app.command("show")
def data_show(table: str, folder: Folder = None, json: Json = False) -> None:
    """Show what a table's columns mean, and its rows.

    JSON keys: name, title, sources, licenses, fields, rows.
    """
    from .. import data

    rows = console.records(data.read_table(table, folder).reset_index(drop=True))
    r = data.resources(folder)[table]
    fields = r["schema"]["fields"]
    answer = {k: r.get(k) for k in ("name", "title", "sources", "licenses")}
    meanings = [{k: str(field.get(k, "")) for k in ("name", "type", "unit", "description")} for field in fields]
    wide = {"source_url", "note", "published_basis"}
    last = [{k: v for k, v in row.items() if k not in wide} for row in rows[-20:]]
    console.say(
        {**answer, "fields": fields, "rows": rows}, json,
        (r["title"], meanings), (f"The last {len(last)} of {len(rows)} rows", last),
    )  # fmt: skip


@data_app.command("seal")
def data_seal(folder: Folder = None, json: Json = False) -> None:
    """Write each file's hash and size into datapackage.json.

    JSON keys: descriptor, hash.
    """
    from .. import data

    path = data.seal(folder)
    console.say({"descriptor": str(path), "hash": data.data_hash(folder)}, json)
    if not json:
        print(f"Sealed {path}")


@data_app.command("template")
def data_template(
    table: str,
    out: Annotated[Path | None, typer.Option("--out", help="Write TABLE's file into this folder.")] = None,
    json: Json = False,
) -> None:
    """Print the header of a table to fill in, or write it into a folder of your own.

    JSON keys: table, columns, fields, file.
    """
    from .. import data

    header = data.template(table)
    path = None if out is None else str(data.template(table, out))
    fields = data.resources()[table]["schema"]["fields"]
    answer = {"table": table, "columns": str(header).strip().split(","), "fields": fields, "file": path}
    console.say(answer, json)
    if not json:
        print(header if path is None else f"Fill in {path}\n", end="")


@data_app.command("cross-checks")
def data_cross_checks(
    check: Annotated[list[str] | None, typer.Argument(help="Which; all without it.")] = None,
    as_of: AsOf = None,
    folder: Folder = None,
    json: Json = False,
) -> None:
    """Set what several sources say of one quantity side by side, with what each disagreement means.

    JSON keys: as_of, checks: {name: {title, unit, meaning, rows}}.
    """
    from .. import data
    from ..scenarios import suggest

    found = data.cross_checks(data.load_tables(folder, as_of=as_of))
    for name in check or []:
        if name not in found:
            raise ValueError(f"no cross-check {name!r}{suggest(name, found)}; there are {', '.join(found)}")
    answer: dict[str, Any] = {}
    for name in check or found:
        rows = [{k: _rounded(v) for k, v in row.items()} for row in console.records(found[name])]
        answer[name] = {**found[name].attrs, "rows": rows}
        if not json:
            console.show(f"{answer[name]['title']} [{answer[name]['unit']}]", rows)
            print(textwrap.fill(answer[name]["meaning"], 100) + "\n")
    console.say({"as_of": as_of, "checks": answer}, json)


def _rounded(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value


@data_app.command("terms")
def data_terms(folder: Folder = None, json: Json = False) -> None:
    """Print whose each figure is, under what terms, and what may be passed on.

    JSON keys: tables: [{name, sources, licenses, redistribution}].
    """
    from .. import data

    keys = ("sources", "licenses", "redistribution")
    rows = [{"name": name, **{k: r.get(k) for k in keys}} for name, r in data.resources(folder).items()]
    console.say({"tables": rows}, json)
    if not json:
        print(data.terms(folder))
