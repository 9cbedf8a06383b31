"""The digest: the findings, a few charts and tables as Markdown, so that a code host shows them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from vzmodel import charts

from .exhibits import BRACKETS, Chapter

CHARTS = ("dollar_inflow", "dollar_inflow_yearly", "gross_to_cash", "debt_service", "production_history",
          "markets_past", "blackout_account", "remittances", "estimates", "seed_production_scenarios",
          "scoreboard_unconditional")
"""Charts of the digest in their order."""
TABLES = ("spread_by_grade", "published_errors")
MISSED = "missed-forecasts.md"
DPI = 110
NAME = "digest"


def keep(slug: str, chart: Any, folder: Path) -> None:
    """Write a chart of the digest as a small PNG while it is at hand."""
    if slug in CHARTS:
        charts.save(chart, folder / NAME / slug, formats=("png",), dpi=DPI)


def write(folder: Path, made: Path, chapters: Sequence[Chapter], years: pd.DataFrame | None, call: dict[str, Any],
          version: str) -> Path:
    """Write digest.md and its pictures.

    Parameters
    ----------
    folder : Path
        Such as docs; digest/*.png in it are replaced.
    made : Path
        Folder that holds digest/*.png from `keep`.
    chapters : sequence of Chapter
        In the order of their findings.
    years : DataFrame, optional
        Yearly quantiles by chapter, as `workbook.yearly`; those of the present one are shown.
    call : dict
        Arguments of the report.
    version : str
        Of vzmodel.

    Returns
    -------
    Path
    """
    pictures = {path.stem: path for path in (made / NAME).glob("*.png")}
    lines = [f"# Venezuela's oil dollars: a digest (vzmodel {version})", "",
             f"Written by `vzmodel report --out report --digest {folder.name}` from one run: {call['draws']:,} "
             f"draws, seed {call['seed']}, {call['months']} months. The whole report has every "
             "chart, assumption and source.", "", "## Findings", "", BRACKETS, ""]
    lines += [f"- **{chapter.title.split(':')[0]}.** {text}" for chapter in chapters for text in chapter.findings]
    shown = {item.slug: item for chapter in chapters for item in chapter.exhibits}
    lines += ["", "## Charts", ""]
    for slug in CHARTS:
        if slug in pictures and slug in shown:
            item = shown[slug]
            lines += [f"### {item.title}", "", f"![{_alt(item.alt)}]({NAME}/{slug}.png)", "", item.text, ""]
    if years is not None and "now" in set(years["chapter"]):
        lines += ["## Dollar inflow by scenario and year", "", "USD billion, the year's sum.", "",
                  *markdown(_inflow(years[years["chapter"] == "now"])), ""]
    for table in (t for slug in TABLES for chapter in chapters for t in chapter.tables if t.slug == slug):
        lines += [f"## {table.title}", "", table.text, "", *markdown(table.frame), ""]
    if (folder / MISSED).is_file():
        lines += [f"Which forecasts missed, and by how much: [missed forecasts]({MISSED})."]
    _place(folder, pictures)
    path = folder / f"{NAME}.md"
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8", newline="\n")
    return path


def check(folder: Path) -> None:
    """Raise NotADirectoryError if the folder of a digest, or that of its pictures, is a file."""
    for place in (folder, folder / NAME):
        if place.exists() and not place.is_dir():
            raise NotADirectoryError(f"{place} is a file; name a folder for the digest")


def _place(folder: Path, pictures: dict[str, Path]) -> None:
    target = folder / NAME
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.png"):
        old.unlink()
    for path in pictures.values():
        shutil.copyfile(path, target / path.name)


def _alt(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("[", "(").replace("]", ")"))


def _inflow(years: pd.DataFrame) -> pd.DataFrame:
    rows = years[years["variable"] == "dollar_inflow"]
    cells = rows[["p50", "p10", "p90"]].div(1000).apply(
        lambda r: charts.style.signed(f"{r['p50']:.1f} ({r['p10']:.1f} to {r['p90']:.1f})"), axis=1)
    wide = rows.assign(cell=cells).pivot(index="scenario", columns="year", values="cell")
    return wide.loc[list(dict.fromkeys(rows["scenario"]))].reset_index()


def markdown(frame: pd.DataFrame) -> list[str]:
    """Return a table as lines of Markdown.

    Examples
    --------
    >>> markdown(pd.DataFrame({"a|b": [1.5]}))
    ['| a\\\\|b |', '| --- |', '| 1.5 |']
    """
    def cell(value: Any) -> str:
        if value is None or (not isinstance(value, str) and pd.isna(value)):
            return ""
        text = value if isinstance(value, str) else charts.style.signed(
            f"{value:,.4g}" if isinstance(value, float) else str(value))
        return re.sub(r"\s+", " ", text).replace("|", "\\|")

    head = [cell(str(name).replace("_", " ")) for name in frame.columns]
    rows = [[cell(value) for value in row] for row in frame.astype(object).itertuples(index=False, name=None)]
    return [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]]
