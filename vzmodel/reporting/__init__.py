"""The report: one page, its charts, their data, a workbook and a manifest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from vzmodel import __version__, data, model, production
from vzmodel.calendar import DateLike, day
from vzmodel.scenarios import Scenario, suggest

from . import (
    assumptions,
    blackouts,
    causes,
    claims,
    dollars,
    manifest,
    now,
    output,
    own,
    page,
    printing,
    remittances,
    scoreboard,
    workbook,
)
from . import digest as digests
from . import seed as seed_chapter
from .exhibits import BRACKETS, Chapter
from .material import Material, groups
from .target import whole

__all__ = ["report"]

Also = Callable[[str, Any], None] | None
Made = tuple[list[Chapter], dict[str, dict[str, Any]], list[pd.DataFrame]]

TITLE = "Venezuela's oil dollars"
LEAD = ("How many dollars Venezuela takes in, month by month, and what would change that: output, blackouts, exports, "
        "prices, settlement and money sent home, with bands.")
SHORTEST = 24
SEED_DAY = seed_chapter.DAY
SEED = "seed"
TODAY = {"now": now.build, "production": output.build, "blackouts": blackouts.build, "dollars": dollars.build,
         "remittances": remittances.build, "claims": claims.build, "causes": causes.build,
         "scoreboard": scoreboard.build, "assumptions": assumptions.build}
"""Chapters of today in the order of the page."""
CHAPTERS = (SEED, *TODAY)
FRONT = ("now", "dollars", "claims", "production", "blackouts", "remittances", "causes", SEED, "scoreboard")
"""Chapters in the order of the first page; the others follow."""
COST = {"now": 5, "causes": 8, "scoreboard": 7, "blackouts": 4, "dollars": 4}
"""About how long a chapter takes beside another [1], for the progress told."""


def report(folder: str | Path, *, scenarios: str | Scenario | Iterable[str | Scenario] | None = None,
           scenario_file: str | Path | None = None, chapters: str | Iterable[str] | None = None, draws: int = 4000,
           seed: int = 2019, months: int = 60, as_of: DateLike | None = None, pdf: bool = True,
           digest: str | Path | None = None, progress: Callable[[float], None] | None = None) -> Path:
    """Make the report: what today's scenarios bring, the seed of April 2019 scored, and what all of it rests on.

    Parameters
    ----------
    folder : str or Path
        New or empty, or an earlier report, which is replaced only when the new one is complete.
    scenarios : names or Scenario objects, optional
        The caller's own: added to the shipped ones and drawn wherever one scenario can be shown; one without a day of
        its own joins the scenarios of today.
    scenario_file : str or Path, optional
        A .toml file; all its scenarios are added as the caller's own.
    chapters : names, optional
        Of seed, now, production, blackouts, dollars, remittances, claims, causes, scoreboard, assumptions; all without
        it. Own scenarios of another day have a chapter of their own in any case.
    draws : int
        Futures per scenario [1]; runs that stand beside the main one take at most 512.
    seed : int
        The same seed gives the same numbers.
    months : int
        Horizon [month], 24 or more: charts by year need complete calendar years.
    as_of : date, optional
        Vantage point of the present chapters. Default: the month after the last production reading.
    pdf : bool
        Whether to print the page as report.pdf too, where Chromium is installed; a log line says so where it is not.
    digest : str or Path, optional
        A folder, such as docs, that receives digest.md and digest/*.png: the findings, a few charts and tables as a
        code host shows them.
    progress : callable, optional
        Called with the share done [1].

    Returns
    -------
    Path
        ``index.html`` in the folder; beside it charts/, csv/, vzmodel.xlsx, manifest.json and, where it could be
        printed, report.pdf.

    Raises
    ------
    ValueError
        If months are too few, a scenario or chapter is unknown, or a value is out of bounds.
    FileExistsError, NotADirectoryError
        If the folder holds something that is not a report, or is a file, or the digest's is a file.
    PermissionError, OSError
        If the folder cannot be written; nothing is left half-written.
    FileNotFoundError
        If there is no such scenario file.
    ImportError
        If jinja2 or openpyxl is not installed.
    """
    if not isinstance(months, int) or months < SHORTEST:
        raise ValueError(f"months is {months!r}; the report needs {SHORTEST} or more for complete calendar years")
    wanted = _wanted(chapters)
    found = groups(scenarios, scenario_file, None if as_of is None else str(day(as_of, "as_of").date()),
                   {SEED_DAY: seed_chapter.NAMES})
    if digest is not None:
        digests.check(Path(digest))
    with whole(folder) as (target, work), TemporaryDirectory() as small:
        call = {"draws": draws, "seed": seed, "months": months, "as_of": None if as_of is None else str(as_of)}
        tell = progress or (lambda share: None)
        also = partial(digests.keep, folder=Path(small)) if digest is not None else None
        made, runs, years = _fill(work, wanted, found, call, also, _part(tell, 0.0, 0.95))
        _publish(work, made, runs, years, found[0], call, pdf)
        if digest is not None:
            digests.write(Path(digest), Path(small), _front(made), pd.concat(years) if years else None, call,
                          __version__)
        tell(1.0)
    return target / "index.html"


def _wanted(chapters: str | Iterable[str] | None) -> list[str]:
    asked = list(CHAPTERS) if chapters is None else [chapters] if isinstance(chapters, str) else list(chapters)
    for name in asked:
        if name not in CHAPTERS:
            near = suggest(str(name), CHAPTERS)
            raise ValueError(f"there is no chapter {name!r}; there are {', '.join(CHAPTERS)}{near}")
    if not asked:
        raise ValueError(f"no chapter asked for; there are {', '.join(CHAPTERS)}")
    return [name for name in CHAPTERS if name in asked]


def _fill(work: Path, wanted: list[str], found: tuple[dict[str, list[Scenario]], list[str]], call: dict[str, Any],
          also: Also, progress: Callable[[float], None]) -> Made:
    """Compute and write the chapters; return them with the run of each vantage point and its yearly quantiles."""
    by_day, names = found
    parts = [key for key in by_day if key and (key != SEED_DAY or SEED in wanted)]
    parts += [name for name in wanted if name != SEED]
    weights = [COST.get(name, 3) for name in parts]
    steps = [sum(weights[:place]) / sum(weights) for place in range(len(weights) + 1)]
    chapters, runs, years = [], {}, []
    options = {k: call[k] for k in ("draws", "seed", "months", "as_of")}
    m = Material(by_day[""], [n for n in names if n in {s.name for s in by_day[""]}], options)
    for place, name in enumerate(parts):
        tell = _part(progress, steps[place], (steps[place + 1] - steps[place]))
        if name in by_day:
            p = model.project(by_day[name], progress=_part(tell, 0.0, 0.4), **{**options, "as_of": name})
            chapter = _past(name, p, [n for n in names if n in {s.name for s in by_day[name]}])
        else:
            chapter, p = TODAY[name](m), m.p
        _write(chapter, work, also, _part(tell, 0.4, 0.6))
        if name in by_day or name == "now":
            years.append(workbook.yearly(p).assign(chapter=chapter.slug))
            runs[chapter.slug] = json.loads(p.attrs["run"])
        chapters.append(chapter)
        del p  # the next run needs the memory
    return chapters, runs, years


def _past(key: str, p: Any, names: list[str]) -> Chapter:
    """Return the chapter of a day that is over: the seed, or the caller's own scenarios."""
    known, outcome = data.load_history(as_of=key), data.load_history()
    if key == SEED_DAY:
        return seed_chapter.build(p, known, outcome, data.load_tables(),
                                  production.decline(since="2002", history=known), names)
    return own.build(p, key, known, outcome)


def _front(chapters: list[Chapter]) -> list[Chapter]:
    """Return the chapters in the order of the first page."""
    order = {slug: place for place, slug in enumerate(FRONT)}
    return sorted(chapters, key=lambda c: order.get(c.slug, len(order)))


def _write(chapter: Chapter, work: Path, also: Also, tell: Callable[[float], None]) -> None:
    for done, exhibit in enumerate(chapter.exhibits, 1):
        exhibit.write(work, also)
        tell(done / len(chapter.exhibits))
    for table in chapter.tables:
        table.write(work)


def _part(progress: Callable[[float], None], start: float, span: float) -> Callable[[float], None]:
    return lambda share: progress(start + span * share)


def _publish(work: Path, chapters: list[Chapter], runs: dict[str, dict[str, Any]], years: list[pd.DataFrame],
             by_day: dict[str, list[Scenario]], call: dict[str, Any], pdf: bool) -> None:
    listed, sources = assumptions.scenario_table(by_day), assumptions.source_table()
    assumed = {"Today": assumptions.assumption_table(call["as_of"]),
               f"As of {SEED_DAY}": assumptions.assumption_table(SEED_DAY)}
    says = [{"chapter": c.slug, "finding": text} for c in chapters for text in (*c.findings, *c.says)]
    tables = {table.slug.replace("_", " "): table.frame for c in chapters for table in c.tables}
    yearly = {f"yearly {part['chapter'].iloc[0]}": part.drop(columns="chapter") for part in years}
    workbook.write(work / "vzmodel.xlsx", {
        "findings": pd.DataFrame(says), **yearly, **tables, "scenarios": listed, "assumptions now": assumed["Today"],
        "assumptions 2019-04": assumed[f"As of {SEED_DAY}"], "sources": sources})
    html = partial(
        page.render, title=TITLE, lead=LEAD, version=__version__, chapters=chapters, front=_front(chapters),
        brackets=BRACKETS, draws=f"{call['draws']:,}", seed=call["seed"], months=call["months"],
        scenario_table=page.grid(listed), sources=page.grid(sources), grid=page.grid,
        assumptions=[(name, page.grid(table)) for name, table in assumed.items()],
        days={slug: run.get("as_of") or run.get("first", "") for slug, run in runs.items()},
        remake=f"vzmodel.report(folder, draws={call['draws']}, seed={call['seed']}, months={call['months']})")
    index = work / "index.html"
    index.write_text(html(pdf=False), encoding="utf-8", newline="\n")
    if pdf and printing.pdf(index, work / "report.pdf"):
        index.write_text(html(pdf=True), encoding="utf-8", newline="\n")
    hashes = {r["path"]: str(r.get("hash", "")) for r in data.resources().values()}
    manifest.write(work, __version__, call, runs, {**hashes, "all": data.data_hash()})
