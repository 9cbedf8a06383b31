"""What a chapter is made of: charts with the table behind each, sentences and tables, and how they are written."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from vzmodel import charts
from vzmodel.charts import records
from vzmodel.summary import compare, totals

Draw = Callable[[], tuple[Any, pd.DataFrame]]
BRACKETS = "Numbers in brackets are bands that hold 80 of 100 draws; those before them are medians."


@dataclass
class Exhibit:
    """One chart: file name, title, what to read from it, a function that draws it and returns its table, and what
    it rests on (draws, where it is not the run of the chapter)."""

    slug: str
    title: str
    text: str
    draw: Draw | None
    basis: str = ""
    image: str = ""
    alt: str = ""

    def write(self, folder: Path, also: Callable[[str, Any], None] | None = None) -> None:
        """Write PNG, SVG, PDF and CSV, hand the chart to `also`, keep the SVG for the page, let go of the run."""
        if self.draw is None:
            return
        (chart, table), self.draw = self.draw(), None
        self.alt = f"{self.title}. {self.text} {charts.alt_text(chart)}".strip()
        if also:
            also(self.slug, chart)
        _, svg, _ = charts.save(chart, folder / "charts" / self.slug)
        path = folder / "csv" / f"{self.slug}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        plain = not isinstance(table.index, pd.MultiIndex) and table.index.name is None
        table.to_csv(path, index=not plain, lineterminator="\n", float_format="%.6g")
        self.image = "data:image/svg+xml;base64," + base64.b64encode(svg.read_bytes()).decode()


@dataclass
class Table:
    """One table: file name, title, what to read from it, the table itself and what it rests on."""

    slug: str
    title: str
    text: str
    frame: pd.DataFrame
    basis: str = ""

    def write(self, folder: Path) -> None:
        """Write the table as CSV."""
        path = folder / "csv" / f"{self.slug}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        self.frame.to_csv(path, index=False, lineterminator="\n", float_format="%.6g")


@dataclass
class Chapter:
    """A part of the report: what goes on its first page, what else it says, its charts and its tables."""

    slug: str
    title: str
    intro: list[str]
    findings: list[str] = field(default_factory=list)
    says: list[str] = field(default_factory=list)
    exhibits: list[Exhibit] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def each(names: Sequence[str], draw: Callable[[str, Any], Any], table: Callable[[str], pd.DataFrame],
         size: tuple[float, float] = charts.style.SIZE) -> Draw:
    """Return a function that draws the same chart for each scenario, one below the other, and returns their tables."""
    def made() -> tuple[Any, pd.DataFrame]:
        sheet = charts.sheet(len(names), 1, size=(size[0], size[1] * len(names)))
        for name, ax in zip(names, np.ravel(np.asarray(sheet, dtype=object)), strict=True):
            draw(name, ax)
        return sheet, pd.concat({name: table(name) for name in names}, names=["scenario"])
    return made


def many(count: int) -> str:
    """Say how many draws a chart rests on.

    Examples
    --------
    >>> many(1024)
    '1,024 draws'
    """
    return f"{count:,} draws"


def band(values: np.ndarray, form: str = ",.1f") -> str:
    """Say a median and, in brackets, its 80 % band.

    Examples
    --------
    >>> band(np.array([1.0, 2.0, 3.0]))
    '2.0 (1.2 to 2.8)'
    """
    low, middle, high = np.quantile(np.asarray(values, dtype=float), (0.1, 0.5, 0.9))
    return charts.style.signed(f"{middle:{form}} ({low:{form}} to {high:{form}})")


def year_of(p: xr.Dataset, variable: str, scenario: str, year: int | None = None) -> tuple[int, np.ndarray]:
    """Return a complete calendar year, the first by default, and a variable's yearly value per draw."""
    array = totals(p, variable, by="year").sel(scenario=scenario)
    wanted = int(array["year"].values[0]) if year is None else year
    return wanted, array.sel(year=wanted).to_numpy()


def last_year(p: xr.Dataset) -> int:
    """Return the last complete calendar year of a run."""
    return int(totals(p, "dollar_inflow", by="year")["year"].values[-1])


def change(p: xr.Dataset, variable: str, scenario: str, against: str, year: int, divisor: float = 1000.0,
           form: str = "+,.1f") -> tuple[float, str]:
    """Return the median of a yearly difference, draw by draw, and the difference with its 80 % band in brackets."""
    row = compare(p, variable, scenario, against=against, by="year", q=(0.1, 0.5, 0.9)).xs((scenario, year)) / divisor
    low, middle, high = (float(value) for value in row.to_numpy())
    return middle, charts.style.signed(f"{middle:{form}} ({low:{form}} to {high:{form}})")


def mean_change(p: xr.Dataset, variable: str, scenario: str, against: str, year: int, divisor: float = 1000.0) -> float:
    """Return the mean over draws of a yearly difference; means add up and can be set against other means."""
    both = [year_of(p, variable, name, year)[1] for name in (scenario, against)]
    return float((both[0] - both[1]).mean() / divisor)


COLUMNS = {"consensus": "production", "government (JODI)": "production_jodi", "EIA": "production_eia",
           "OPEC direct communication": "production_opec_direct", "OPEC secondary sources": "production_opec_secondary"}


def fell(decline: pd.DataFrame, history: pd.DataFrame | None = None) -> str:
    """Say how far output fell, by source, each with its months and, with the history, on the months all share."""
    rows = decline.set_index("source")
    main = rows.index[0]
    row = rows.loc[main]
    text = f"Crude output fell by {-row['change_pct']:.0f} % "
    if pd.notna(row.get("change_pct_low")):
        text += f"({-row['change_pct_high']:.0f} to {-row['change_pct_low']:.0f} %) "
    text += f"between {_when(row['first_month'])} and {_when(row['last_month'])} on the {main}"
    others = [f"{source} {charts.style.signed(format(r['change_pct'], '+.0f'))} % ({_when(r['first_month'])} to "
              f"{_when(r['last_month'])})" for source, r in rows.iloc[1:].iterrows()]
    return text + ("; each source on its own months: " + "; ".join(others) if others else "") + _shared(history) + "."


def _shared(history: pd.DataFrame | None) -> str:
    names = {source: column for source, column in COLUMNS.items() if history is not None and column in history}
    if history is None or len(names) < 2:
        return ""
    both = history[list(names.values())].dropna()
    if len(both) < 2:
        return ""
    change = 100 * (both.iloc[-1] / both.iloc[0] - 1)
    parts = [f"{source} {charts.style.signed(format(change[column], '+.0f'))} %" for source, column in names.items()]
    return f"; on the months all share ({_when(both.index[0])} to {_when(both.index[-1])}): " + ", ".join(parts)


def scale(history: pd.DataFrame, year: str = "2019") -> str:
    """Say on whose scale output is counted, and whether that count is the lowest of a year's complete ones."""
    found = {source: history.loc[year, column].mean() for source, column in COLUMNS.items()
             if source != "consensus" and column in history and history.loc[year, column].notna().sum() >= 11}
    text = "Output is on the scale of OPEC's secondary sources"
    if len(found) < 2 or min(found, key=lambda name: found[name]) != "OPEC secondary sources":
        return text + "."
    others = ", ".join(f"{name} {value:,.0f}" for name, value in found.items() if name != "OPEC secondary sources")
    return f"{text}, the lowest count in {year} ({found['OPEC secondary sources']:,.0f} kb/d; {others})."


def _when(month: Any) -> str:
    return f"{pd.Timestamp(str(month)):%B %Y}"


def tanks(p: xr.Dataset, scenario: str, tables: dict[str, pd.DataFrame], ax: Any, *, ahead: bool = True,
          **more: Any) -> Any:
    """Draw crude in tanks with its dated readings and, ahead, what the tanks can hold."""
    readings, capacity = records.tanks(tables) if {"storage", "levers"} <= set(tables) else (None, None)
    if ahead:
        more["capacity"] = capacity
    return charts.balance.storage(p, scenario, readings, ax, **more)
