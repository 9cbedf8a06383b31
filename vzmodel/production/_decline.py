"""How far output fell, by source."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vzmodel.assumptions._sampling import TENTH
from vzmodel.calendar import DateLike, month

NEAR_DAYS = 42
"""Readings of an area this close [day] are readings of one level."""


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
    from vzmodel.data import load_history

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
                "change_pct_low": ratio * np.exp(-TENTH * sd) - 100 if sd else np.nan,
                "change_pct_high": ratio * np.exp(TENTH * sd) - 100 if sd else np.nan,
                "lowest_month": pd.Period(series.idxmin(), "M"),
                "lowest_kbd": low,
                "lowest_change_pct": 100 * low / first - 100,
            }
        )
    if not rows:
        raise ValueError(f"no source has two readings since {since}; the history starts in {frame.index[0]:%Y-%m}")
    return pd.DataFrame(rows)


def decline_by_area(since: DateLike = "2012", until: DateLike | None = None,
                    tables: Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
    r"""Return how fast output fell in the Orinoco Belt and in the older fields, from the few readings there are.

    Parameters
    ----------
    since, until : date
        First and last month of a reading; default to the last reading.
    tables : dict of str to DataFrame, optional
        ``production_by_area`` [kb/d] and what `load_history` needs; default the package's own.

    Returns
    -------
    DataFrame
        Index area (orinoco_belt; elsewhere, the consensus less the belt; all); first_period, first_kbd [kb/d],
        last_period, last_kbd [kb/d], rate_pct [%/year] with its 10th and 90th percentiles, and reading_se [1], the
        error of a single reading.

    Raises
    ------
    ValueError
        If the window holds fewer than two readings of the belt a year apart, or none that agree or disagree.

    Notes
    -----
    ``rate = log(last / first) / years``. The error of a reading is that of pairs printed within six weeks of each
    other, for the belt moves that much between a report and the next; the error of the rate is of two such readings.
    It is gross of work done: rigs and workovers by area were not found.
    """
    from vzmodel import data

    known = data.load_tables() if tables is None else dict(tables)
    belt = known["production_by_area"].query("area == 'orinoco_belt'").sort_values(["period", "published"])
    starts = pd.PeriodIndex([pd.Period(p, "M") for p in belt["period"]])
    last = starts.max() if until is None else month(until, "until")
    kept = belt[(starts >= month(since, "since")) & (starts <= last)].drop_duplicates("period", keep="last")
    day = pd.DatetimeIndex([_middle(p) for p in kept["period"]])
    years = (day[-1] - day[0]).days / 365.25 if len(day) else 0.0
    if years < 1:
        raise ValueError(f"the Orinoco Belt has {len(kept)} readings from {since} to {last}, {years:.1f} years apart; "
                         "a rate needs two that are a year apart")
    error = _repeated(belt)
    consensus = data.history(known)["production"].dropna()
    ends = kept.iloc[[0, -1]]
    own = ends["value"].to_numpy(float)
    total = np.array([consensus.loc[pd.Period(p).start_time.to_period("M").to_timestamp():pd.Period(p).end_time].mean()
                      for p in ends["period"]])
    part = error * own
    relative = {"consensus": np.zeros(2), "belt": part / own, "elsewhere": part / (total - own)}
    rows = []
    for name, level, se in (("orinoco_belt", own, relative["belt"]), ("elsewhere", total - own, relative["elsewhere"]),
                            ("all", total, relative["consensus"])):
        rate, sd = np.log(level[1] / level[0]) / years, float(np.sqrt((se**2).sum())) / years
        rows.append({"area": name, "first_period": ends["period"].iloc[0], "first_kbd": level[0],
                     "last_period": ends["period"].iloc[1], "last_kbd": level[1], "rate_pct": 100 * np.expm1(rate),
                     "rate_pct_low": 100 * np.expm1(rate - TENTH * sd) if sd else np.nan,
                     "rate_pct_high": 100 * np.expm1(rate + TENTH * sd) if sd else np.nan, "reading_se": error})
    return pd.DataFrame(rows).set_index("area")


def _middle(period: str) -> pd.Timestamp:
    span = pd.Period(period)
    return span.start_time + (span.end_time - span.start_time) / 2


def _repeated(readings: pd.DataFrame) -> float:
    """Return the log error of one reading from pairs of them within six weeks of each other [1]."""
    day = pd.DatetimeIndex([_middle(p) for p in readings["period"]])
    log = np.log(readings["value"].to_numpy(float))
    apart = np.abs((day.to_numpy()[:, None] - day.to_numpy()[None, :]) / np.timedelta64(1, "D"))
    first, second = np.nonzero(np.triu(apart <= NEAR_DAYS, 1))
    if not len(first):
        raise ValueError("no two readings of an area are within six weeks of each other, so their error is not known")
    return float(np.sqrt(np.mean((log[first] - log[second]) ** 2) / 2))
