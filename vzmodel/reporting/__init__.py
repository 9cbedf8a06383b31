"""The report: one page, its charts, their data, a workbook and a manifest."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from vzmodel import data, model, production
from vzmodel.assumptions import load_assumptions
from vzmodel.calendar import DateLike, day
from vzmodel.scenarios import Scenario, load_scenarios, resolve

from . import manifest, now, own, page, workbook
from . import seed as seed_chapter
from .exhibits import Chapter

__all__ = ["report"]

TITLE = "Venezuela's oil dollars"
LEAD = ("How many dollars Venezuela takes in, month by month, and what would change that: output, blackouts, exports, "
        "prices, settlement and money sent home, with bands.")
SHORTEST = 24
SEED_DAY = seed_chapter.DAY
DETAIL = ("brent", "sales", "realised_price", "gross_export_value", "net_export_value", "invoiced_value", "import_bill",
          "cash_collected", "cash_import_bill", "cash_revenue", "operator_local_dollars", "swap_cargoes",
          "partner_cargoes")


def report(folder: str | Path, *, scenarios: str | Scenario | Iterable[str | Scenario] | None = None,
           scenario_file: str | Path | None = None, draws: int = 4000, seed: int = 2019, months: int = 60,
           as_of: DateLike | None = None, progress: Callable[[float], None] | None = None) -> Path:
    """Make the report: the seed of April 2019 scored against what happened, and the scenarios of today.

    Parameters
    ----------
    folder : str or Path
        New or empty, or an earlier report, which is replaced only when the new one is complete.
    scenarios : names or Scenario objects, optional
        Added to the shipped ones; one without a day of its own joins the scenarios of today.
    scenario_file : str or Path, optional
        A .toml file; all its scenarios are added.
    draws : int
        Futures per scenario [1].
    seed : int
        The same seed gives the same numbers.
    months : int
        Horizon [month], 24 or more: charts by year need complete calendar years.
    as_of : date, optional
        Vantage point of the present chapter. Default: the month after the last production reading.
    progress : callable, optional
        Called with the share done [1].

    Returns
    -------
    Path
        ``index.html`` in the folder; beside it charts/, csv/, vzmodel.xlsx and manifest.json.

    Raises
    ------
    ValueError
        If months are too few, a scenario is unknown, or a value is out of bounds.
    FileExistsError, NotADirectoryError
        If the folder holds something that is not a report, or is a file.
    PermissionError, OSError
        If the folder cannot be written; nothing is left half-written.
    FileNotFoundError
        If there is no such scenario file.
    ImportError
        If jinja2 or openpyxl is not installed.
    """
    if not isinstance(months, int) or months < SHORTEST:
        raise ValueError(f"months is {months!r}; the report needs {SHORTEST} or more for complete calendar years")
    target = _target(folder)
    groups = _groups(scenarios, scenario_file, None if as_of is None else str(day(as_of, "as_of").date()))
    work = _beside(target)
    try:
        call = {"draws": draws, "seed": seed, "months": months, "as_of": None if as_of is None else str(as_of)}
        _fill(work, groups, call, progress or (lambda share: None))
        _move(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return target / "index.html"


def _target(folder: str | Path) -> Path:
    target = Path(folder).expanduser().resolve()
    if target.exists() and not target.is_dir():
        raise NotADirectoryError(f"{target} is a file; name a folder for the report")
    if target.is_dir() and any(target.iterdir()) and not manifest.is_report(target):
        raise FileExistsError(f"{target} holds files that are not a report; name a new or an empty folder")
    return target


def _beside(target: Path) -> Path:
    """Return a new folder beside the target: a rename within one file system is all or nothing."""
    work = target.parent / f".{target.name}.{os.getpid()}.part"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir() and not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
    except OSError as error:
        kind = PermissionError if isinstance(error, PermissionError) else OSError
        raise kind(f"cannot write the report to {target}: {error.strerror or error}; choose another folder") from None
    return work


def _move(work: Path, target: Path) -> None:
    if not target.exists():
        work.rename(target)
        return
    old = work.with_suffix(".old")
    target.rename(old)
    try:
        work.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _groups(wanted: str | Scenario | Iterable[str | Scenario] | None, file: str | Path | None,
            as_of: str | None) -> dict[str, list[Scenario]]:
    """Return the scenarios of each chapter by its day; those of today stand under the empty string."""
    shipped = load_scenarios()
    read = load_scenarios(file) if file is not None else {}
    extra = list(read.values()) + (resolve(wanted, {**shipped, **read}) if wanted is not None else [])
    groups = {"": [shipped[name] for name in now.NAMES if name in shipped],
              SEED_DAY: [shipped[name] for name in seed_chapter.NAMES if name in shipped]}
    for scenario in extra:
        key = "" if scenario.as_of in (None, as_of) else str(scenario.as_of)
        group = groups.setdefault(key, [])
        group[:] = [other for other in group if other.name != scenario.name] + [scenario]
    return groups


def _fill(work: Path, groups: dict[str, list[Scenario]], call: dict[str, Any],
          progress: Callable[[float], None]) -> None:
    tables, outcome = data.load_tables(), data.load_history()
    chapters, runs, years = [], {}, []
    order = ["", *(key for key in groups if key)]
    for place, key in enumerate(order):
        options = {k: call[k] for k in ("draws", "seed", "months")} | {"as_of": key or call["as_of"]}
        tell = _part(progress, 0.95 * place / len(order), 0.95 / len(order))
        p = model.project(groups[key], progress=_part(tell, 0.0, 0.4), **options)
        chapter = _chapter(key, p, groups, options, tables, outcome)
        for done, exhibit in enumerate(chapter.exhibits, 1):
            exhibit.write(work)
            tell(0.4 + 0.6 * done / len(chapter.exhibits))
        for _, table in chapter.tables:
            file = work / "csv" / f"{chapter.slug}_scores.csv"
            table.to_csv(file, index=False, lineterminator="\n", float_format="%.6g")
        years.append(workbook.yearly(p).assign(chapter=chapter.slug))
        runs[chapter.slug] = json.loads(p.attrs["run"])
        chapters.append(chapter)
        del p  # the next run needs the memory
    _publish(work, chapters, runs, pd.concat(years, ignore_index=True), groups, call)
    progress(1.0)


def _part(progress: Callable[[float], None], start: float, span: float) -> Callable[[float], None]:
    return lambda share: progress(start + span * share)


def _chapter(key: str, p: xr.Dataset, groups: dict[str, list[Scenario]], options: dict[str, Any],
             tables: dict[str, pd.DataFrame], outcome: pd.DataFrame) -> Chapter:
    if key == SEED_DAY:
        known = data.load_history(as_of=key)
        return seed_chapter.build(p, known, outcome, tables, production.decline(since="2002", history=known))
    if key:
        return own.build(p, key, data.load_history(as_of=key), outcome)
    first = groups[""][0]
    detail = model.project([first], keep=DETAIL, **options)
    return now.build(p, detail, outcome, tables, production.decline(since="2002", history=outcome))


def _scenario_table(groups: dict[str, list[Scenario]]) -> pd.DataFrame:
    rows = []
    for key, group in groups.items():
        for scenario in group:
            changes = "; ".join(f"{name} from {month}: {_spelled(value)}" for name, dated in scenario.changes.items()
                                for month, value in dated.items())
            rows.append({"scenario": scenario.name, "as_of": key or "now", "description": scenario.description,
                         "probability": scenario.probability,
                         "grade": "" if scenario.probability is None else "judgement",
                         "changes": changes or "none", "source": scenario.source})
    return pd.DataFrame(rows)


def _spelled(value: Any) -> str:
    return " / ".join(f"{v:g}" for v in value) if isinstance(value, tuple) else f"{value:g}" if isinstance(
        value, (int, float)) else str(value)


def _assumption_table(as_of: DateLike | None) -> pd.DataFrame:
    table = load_assumptions(as_of=as_of).table.reset_index()
    columns = ["name", "low", "central", "high", "unit", "distribution", "grade", "published", "source", "note",
               "block"]
    return table[[c for c in columns if c in table]]


def _source_table() -> pd.DataFrame:
    rows = []
    for name, resource in data.resources().items():
        sources, terms = resource.get("sources", []), resource.get("licenses", [])
        for place in range(max(len(sources), len(terms), 1)):
            source = sources[place] if place < len(sources) else {}
            term = terms[place] if place < len(terms) else {}
            rows.append({"table": name if place == 0 else "", "holds": resource.get("title", "") if place == 0 else "",
                         "source": source.get("title", ""), "address": source.get("path", ""),
                         "terms": term.get("title") or term.get("name", ""), "terms_address": term.get("path", "")})
    return pd.DataFrame(rows)


def _publish(work: Path, chapters: list[Chapter], runs: dict[str, dict[str, Any]], years: pd.DataFrame,
             groups: dict[str, list[Scenario]], call: dict[str, Any]) -> None:
    from vzmodel import __version__

    listed, sources = _scenario_table(groups), _source_table()
    assumed = {"Today": _assumption_table(call["as_of"]), f"As of {SEED_DAY}": _assumption_table(SEED_DAY)}
    scores = [table for chapter in chapters for _, table in chapter.tables]
    says = pd.DataFrame([{"chapter": c.slug, "finding": text} for c in chapters for text in c.findings])
    workbook.write(work / "vzmodel.xlsx", {
        "findings": says, **{f"yearly {slug}": part.drop(columns="chapter") for slug, part in years.groupby("chapter")},
        **({"seed scores": scores[0]} if scores else {}), "scenarios": listed,
        "assumptions now": assumed["Today"], "assumptions 2019-04": assumed[f"As of {SEED_DAY}"], "sources": sources})
    for chapter in chapters:
        chapter.tables = [(name, page.grid(table)) for name, table in chapter.tables]  # type: ignore[misc,arg-type]
    html = page.render(
        title=TITLE, lead=LEAD, version=__version__, chapters=chapters, draws=f"{call['draws']:,}", seed=call["seed"],
        months=call["months"], scenario_table=page.grid(listed), sources=page.grid(sources),
        assumptions=[(name, page.grid(table)) for name, table in assumed.items()],
        days={slug: run.get("as_of") or run.get("first", "") for slug, run in runs.items()},
        remake=f"vzmodel.report(folder, draws={call['draws']}, seed={call['seed']}, months={call['months']})")
    (work / "index.html").write_text(html, encoding="utf-8", newline="\n")
    hashes = {r["path"]: str(r.get("hash", "")) for r in data.resources().values()}
    manifest.write(work, __version__, call, runs, {**hashes, "all": data.data_hash()})
