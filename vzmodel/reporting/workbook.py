"""The workbook: one sheet per table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from vzmodel.charts import fans
from vzmodel.summary import quantiles

WIDEST = 60
Q = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)


def yearly(p: xr.Dataset) -> pd.DataFrame:
    """Return quantiles of every variable of a run by scenario and complete calendar year.

    Parameters
    ----------
    p : xarray.Dataset

    Returns
    -------
    DataFrame
        variable, unit, scenario, year, p05 … p95 in the variable's unit.
    """
    parts = []
    for name in map(str, p.data_vars):
        table = quantiles(fans.summed(p, name), name, by="year", q=Q)
        table.columns = pd.Index([f"p{round(100 * level):02d}" for level in Q])
        flat = table.reset_index()
        flat.insert(0, "unit", str(p[name].attrs.get("units", "")))
        flat.insert(0, "variable", name)
        parts.append(flat)
    return pd.concat(parts, ignore_index=True)


def write(path: Path, sheets: Mapping[str, pd.DataFrame]) -> None:
    """Write tables as the sheets of a workbook.

    Parameters
    ----------
    path : Path
    sheets : mapping of str to DataFrame
        Sheet names of at most 31 letters.

    Raises
    ------
    ImportError
        If openpyxl is not installed.
    """
    try:
        import openpyxl
        from openpyxl.styles import Font
        from openpyxl.utils import get_column_letter
    except ImportError:
        raise ImportError("the report needs jinja2 and openpyxl: pip install 'vzmodel[report]'") from None
    book = openpyxl.Workbook()
    book.remove(book.active)
    book.properties.creator = "vzmodel"
    for name, frame in sheets.items():
        sheet = book.create_sheet(name[:31])
        sheet.append([str(column) for column in frame.columns])
        for row in frame.astype(object).itertuples(index=False, name=None):
            sheet.append([_plain(value) for value in row])
            for cell in sheet[sheet.max_row]:
                if cell.data_type == "f":  # text that begins with "=" is text
                    cell.data_type = "s"
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for place, column in enumerate(frame.columns, 1):
            longest = max([len(str(column)), *(len(str(v)) for v in frame[column].head(200))])
            sheet.column_dimensions[get_column_letter(place)].width = min(longest + 2, WIDEST)
        sheet.freeze_panes = "A2"
        sheet.auto_filter.ref = sheet.dimensions
    book.save(path)


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple, dict)):
        return str(value)
    if value is None or pd.isna(value):
        return None
    if isinstance(value, pd.Period):
        return str(value)
    if isinstance(value, pd.Timestamp):
        return value.date()
    if isinstance(value, str):
        return "".join(letter for letter in value if letter >= " " or letter in "\n\t")[:32000]
    return value.item() if hasattr(value, "item") else value if isinstance(value, (int, float, dt.date)) else str(value)
