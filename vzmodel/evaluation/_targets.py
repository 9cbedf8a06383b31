"""What a published forecast says: which months it means, when it was made, and why it may not be scored."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from vzmodel import calendar

LEVELS = ("crude production", "crude_production", "production")
CHANGES = ("crude_production_change", "production_change")
KINDS = ("unconditional", "conditional", "target")
MEASURES = ("mean", "lowest")
BASES = {"eia": ("eia",), "government": ("jodi", "opec_direct")}
"""Sources, the preferred first, that an issuer who is not on the basis of OPEC's secondary sources may count by."""
NEEDED = ("issuer", "issued", "target", "quantity", "value")
LEAST, MOST = 30.0, 6000.0
"""Bounds of a level [kb/d]: below is another unit, above is more than the country ever produced."""


def read_published(path: Path | str) -> pd.DataFrame:
    """Read a table of published forecasts from a CSV file, dates and targets as they are written.

    Parameters
    ----------
    path : path
        Columns as `score_published` takes them; values, bases and outcomes [kb/d].

    Raises
    ------
    ValueError
        If there is no such file, or it is no CSV table.
    """
    try:
        return pd.read_csv(path, dtype={"issued": str, "target": str, "base_month": str})
    except FileNotFoundError:
        raise ValueError(f"there is no file {path}; give a CSV with the columns {', '.join(NEEDED)}") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no CSV table: {error}") from None


def check_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a user's table with empty optional cells filled in, or raise ValueError with what is wrong with it.

    Parameters
    ----------
    rows : DataFrame
        Columns as `score_published` takes them [kb/d].
    """
    if not isinstance(rows, pd.DataFrame):
        raise ValueError(f"published forecasts come as a DataFrame, not as {type(rows).__name__}")
    missing = [name for name in NEEDED if name not in rows.columns]
    if missing:
        raise ValueError(f"published forecasts lack the columns {missing}; needed are {list(NEEDED)}")
    if rows.empty:
        raise ValueError("the table of published forecasts has no row")
    rows = rows.copy()
    known = {"kind": ("unconditional", KINDS), "measure": ("mean", MEASURES), "unit": ("kb/d", None),
             "scenario": ("base", None), "issuer_basis": ("", ("", *BASES))}
    for name, (usual, allowed) in known.items():
        given = rows[name] if name in rows else pd.Series(usual, index=rows.index)
        rows[name] = given.astype(object).where(given.notna(), usual).astype(str).replace("", usual)
        if allowed is None:
            continue
        bad = rows[~rows[name].isin(allowed)]
        if len(bad):
            raise ValueError(f"{name} is '{bad[name].iloc[0]}' in the row of {bad['issuer'].iloc[0]}; "
                             f"it must be one of {', '.join(a or 'empty' for a in allowed)}")
    return rows


def number(value: object) -> float:
    """Return a number, or nan for anything else."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def why_not(row: dict, months: pd.PeriodIndex | None, issued: pd.Timestamp | None) -> str:
    """Return why a row cannot be scored, or an empty text."""
    value, change = number(row["value"]), str(row["quantity"]) in CHANGES
    if str(row["quantity"]) not in (*LEVELS, *CHANGES):
        return f"'{row['quantity']}' is not crude output or its change"
    if row["unit"] != "kb/d":
        return f"unit is '{row['unit']}', not kb/d"
    if not np.isfinite(value):
        return f"'{row['value']}' is no single number"
    if not change and beyond(value):
        return beyond(value)
    if months is None:
        return f"target '{row['target']}' is no month, quarter, half-year or year"
    if re.fullmatch(r"\d{4}(\.0)?", str(row["issued"]).strip()):
        return f"issued in {str(row['issued'])[:4]}: the day is not known, nor so what was known"
    if issued is None:
        return f"'{row['issued']}' is no date of issue"
    if months[-1] < pd.Period(issued, "M"):
        return f"target {row['target']} was over when it was issued: no forecast"
    return ""


def beyond(*levels: float) -> str:
    """Return what is wrong with the first level [kb/d] that is out of bounds, or an empty text.

    Examples
    --------
    >>> beyond(1500, 9000)
    '9000 kb/d is outside 30 to 6000: is it in another unit?'
    """
    far = [f"{level:g} kb/d is outside {LEAST:g} to {MOST:g}: is it in another unit?" for level in levels
           if not LEAST <= level <= MOST]
    return far[0] if far else ""


def target_months(target: str) -> pd.PeriodIndex | None:
    """Return the months of a target such as 2019-12, 2019Q2, 2018H2 or 2019; None if it names no such period.

    Examples
    --------
    >>> [str(m) for m in target_months("2019Q2")]
    ['2019-04', '2019-05', '2019-06']
    """
    found = re.fullmatch(r"(\d{4})(?:\.0)?(?:-?([QH])(\d)|-(\d\d)(?:-\d\d)?)?", target.strip())
    if not found:
        return None
    year, part, ordinal, month = found.groups()
    if month:
        first, length = int(month), 1
    elif part:
        length = 3 if part == "Q" else 6
        first = (int(ordinal) - 1) * length + 1
    else:
        first, length = 1, 12
    inside = 1 <= first <= 13 - length and 1900 <= int(year) <= 2200
    return calendar.months(f"{year}-{first:02d}", length) if inside else None


def issue_day(issued: object) -> pd.Timestamp | None:
    """Return the day of issue, the first day where a month or quarter is given; None if it is no date.

    Examples
    --------
    >>> issue_day("2018Q2").date().isoformat()
    '2018-04-01'
    """
    if isinstance(issued, pd.Timestamp):
        return None if issued is pd.NaT else issued.tz_localize(None).normalize()
    text = str(issued).strip()
    quarter = target_months(text) if re.fullmatch(r"\d{4}-?Q\d", text) else None
    if quarter is not None:
        return quarter[0].to_timestamp()
    found = re.match(r"\d{4}(-\d\d){0,2}(?=$|[ /T])", text)
    try:
        return calendar.day(found.group(0)) if found else None
    except ValueError:
        return None
