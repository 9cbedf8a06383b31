"""The page: one file that needs no network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from vzmodel import charts


@dataclass
class Cell:
    """One cell of a table on the page: its text, its kind (n number, s short text, w long text) and its link."""

    text: str
    kind: str = ""
    link: str = ""


@dataclass
class Grid:
    """A table on the page."""

    columns: list[str]
    rows: list[list[Cell]]


def cell(value: Any) -> Cell:
    """Return a value as a cell.

    Examples
    --------
    >>> cell(1234.5).text, cell(None).text, cell("a").kind
    ('1,234.5', '', 's')
    """
    if value is None or (not isinstance(value, (str, list, tuple)) and pd.isna(value)):
        return Cell("")
    if isinstance(value, bool):
        return Cell(str(value))
    if isinstance(value, (int, float)):
        if float(value).is_integer() and abs(value) < 1e12:
            text = f"{value:.0f}" if 1900 <= value <= 2100 else f"{value:,.0f}"
        else:
            text = f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"
        return Cell(charts.style.signed(text), "n")
    if isinstance(value, pd.Timestamp):
        return Cell(f"{value:%Y-%m-%d}")
    text = str(value)
    link = text if text.startswith(("https://", "http://")) else ""
    return Cell(text, "w" if len(text) > 34 else "s" if len(text) < 25 and not link else "", link)


def grid(frame: pd.DataFrame) -> Grid:
    """Return a DataFrame as a table of the page."""
    rows = [[cell(value) for value in row] for row in frame.astype(object).itertuples(index=False, name=None)]
    return Grid([str(name).replace("_", " ") for name in frame.columns], rows)


def render(**content: Any) -> str:
    """Return the page as HTML; everything that comes from data is escaped.

    Raises
    ------
    ImportError
        If jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError:
        raise ImportError("the report needs jinja2 and openpyxl: pip install 'vzmodel[report]'") from None
    loader = jinja2.PackageLoader("vzmodel.reporting", "templates")
    page = jinja2.Environment(loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False)
    return page.get_template("page.html").render(**content)
