"""Months and days."""

from __future__ import annotations

import datetime as dt
from typing import TypeAlias

import numpy as np
import pandas as pd

DateLike: TypeAlias = "str | dt.date | dt.datetime | pd.Timestamp | pd.Period"

EARLIEST, LATEST = pd.Period("1900-01", "M"), pd.Period("2200-12", "M")


def month(value: DateLike, what: str = "month") -> pd.Period:
    """Read a month from a string, date, Timestamp or Period.

    Parameters
    ----------
    value : str, date, Timestamp or Period
        Such as ``"2019-04"`` or ``"2019-04-01"``.
    what : str
        How an error names the value.

    Raises
    ------
    ValueError
        If the value is no date or lies outside 1900-01 to 2200-12.

    Examples
    --------
    >>> str(month("2019-04-28"))
    '2019-04'
    """
    return pd.Period(day(value, what), "M")


def day(value: DateLike, what: str = "date") -> pd.Timestamp:
    """Read a day; a month or year alone means its first day. Raises as `month` does."""
    try:
        if isinstance(value, pd.Period):
            read = value.to_timestamp()
        elif isinstance(value, (str, dt.date, np.datetime64)):
            read = pd.Timestamp(value)
        else:
            raise TypeError
        if pd.isna(read):
            raise ValueError
    except (ValueError, TypeError, OverflowError):
        raise ValueError(f"{what} {value!r} is not a date; write it as 2019-04 or 2019-04-01") from None
    if not EARLIEST.start_time <= read.tz_localize(None) <= LATEST.end_time:
        raise ValueError(f"{what} {value!r} is outside {EARLIEST} to {LATEST}")
    return read.tz_localize(None).normalize()


def months(first: DateLike, count: int) -> pd.PeriodIndex:
    """Return `count` consecutive months from `first`.

    Examples
    --------
    >>> [str(m) for m in months("2019-11", 3)]
    ['2019-11', '2019-12', '2020-01']
    """
    return pd.period_range(month(first), periods=count, freq="M", name="month")


def between(first: DateLike, last: DateLike) -> pd.PeriodIndex:
    """Return the months from `first` to `last`, both included; raises ValueError if `last` comes first."""
    a, b = month(first, "first month"), month(last, "last month")
    if b < a:
        raise ValueError(f"last month {b} comes before first month {a}")
    return pd.period_range(a, b, freq="M", name="month")


def days(index: pd.PeriodIndex) -> np.ndarray:
    """Return the days in each month, shape (month,) [day]."""
    return np.asarray(index.days_in_month, dtype=float)
