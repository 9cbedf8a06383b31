"""How far output fell, by source."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .calendar import DateLike, month


def decline(since: DateLike = "2002", history: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the fall in output since a month, by source, with its error.

    Parameters
    ----------
    since : date
        First month of the comparison; a source that starts later is compared from its own first month.
    history : DataFrame, optional
        As from `load_history`.

    Returns
    -------
    DataFrame
        One row per source: source, first_month, first_kbd [kb/d], last_month, last_kbd [kb/d], change_pct [%] with
        its 10th and 90th percentiles where the source has an error, and the lowest month.

    Raises
    ------
    ValueError
        If no source has a reading since that month.

    Notes
    -----
    ``change = 100 (last / first - 1)``; the consensus' band is the error of the ratio of two independent readings.
    """
    from .data import load_history

    frame = load_history() if history is None else history
    start = month(since, "since").to_timestamp()
    names = {
        "production": "consensus",
        "production_jodi": "government (JODI)",
        "production_eia": "EIA",
        "production_opec_direct": "OPEC direct communication",
        "production_opec_secondary": "OPEC secondary sources",
    }
    rows = []
    for column, source in names.items():
        series = frame[column].loc[start:].dropna() if column in frame else pd.Series(dtype=float)
        if len(series) < 2:
            continue
        first, last, low = series.iloc[0], series.iloc[-1], series.min()
        sd = 0.0
        if column == "production":
            relative = (frame["production_se"] / frame["production"]).loc[[series.index[0], series.index[-1]]]
            sd = float(np.sqrt((relative**2).sum()))
        ratio = 100 * last / first
        rows.append(
            {
                "source": source,
                "first_month": pd.Period(series.index[0], "M"),
                "first_kbd": first,
                "last_month": pd.Period(series.index[-1], "M"),
                "last_kbd": last,
                "change_pct": ratio - 100,
                "change_pct_low": ratio * np.exp(-1.2816 * sd) - 100 if sd else np.nan,
                "change_pct_high": ratio * np.exp(1.2816 * sd) - 100 if sd else np.nan,
                "lowest_month": pd.Period(series.idxmin(), "M"),
                "lowest_kbd": low,
                "lowest_change_pct": 100 * low / first - 100,
            }
        )
    if not rows:
        raise ValueError(f"no source has two readings since {since}; the history starts in {frame.index[0]:%Y-%m}")
    return pd.DataFrame(rows)
