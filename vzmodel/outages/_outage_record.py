"""The dated catalogue of grid failures: checked, and laid out by month for the kernels and the fit."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

STATES, FEWEST = 24.0, 10.0
"""States and the capital district [1], and the fewest of them that make a failure national [1]."""
WEST = ("west", "zulia")
ZONES = ("national", "west", "zulia", "andes", "east", "capital", "several", "paraguana")
NEEDED = ("event", "kind", "scope", "start", "hours_low", "hours_high", "zone")


def check(blackouts: pd.DataFrame) -> None:
    """Refuse a catalogue with reversed or overlapping dates, negative lengths or unknown zones.

    Raises
    ------
    ValueError
        Naming the row, the value, its unit and bounds.
    """
    for column in NEEDED:
        if column not in blackouts:
            raise ValueError(f"blackouts has no column '{column}'; it needs {', '.join(NEEDED)}")
    begin = _moments(blackouts, "start")
    end = _moments(blackouts, "end") if "end" in blackouts else pd.Series(pd.NaT, index=blackouts.index)
    for row, first, last in zip(blackouts.to_dict("records"), begin, end, strict=True):
        what = f"blackouts, event {row['event']}"
        if row["zone"] not in ZONES:
            raise ValueError(f"{what}: zone '{row['zone']}' is none of {', '.join(ZONES)}")
        for column in ("hours_low", "hours_high"):
            if row[column] < 0:
                raise ValueError(f"{what}: {column} is {row[column]:g} [hour]; a length is 0 or more, or empty")
        if row["hours_low"] > row["hours_high"]:
            low, high = row["hours_low"], row["hours_high"]
            raise ValueError(f"{what}: hours_low {low:g} is above hours_high {high:g} [hour]; swap them")
        for column in ("states_low", "states_high"):
            share = row.get(column, np.nan) / STATES
            if share > 1:
                raise ValueError(f"{what}: {column} is {row[column]:g}, a share of {share:.2f}; there are {STATES:g}")
        if pd.isna(first):
            raise ValueError(f"{what}: start '{row['start']}' is no date; write 2019-03-07 or 2019-03-07T16:56")
        # a day without an hour ends with that day
        if pd.notna(last) and last + pd.Timedelta(days=1 if len(str(row["end"])) == 10 else 0) < first:
            raise ValueError(f"{what}: end {row['end']} is before start {row['start']}; swap them")
    _check_overlaps(blackouts, begin)


def _check_overlaps(blackouts: pd.DataFrame, begin: pd.Series) -> None:
    rows = national(blackouts).assign(begin=begin).sort_values("begin")
    until = rows["begin"] + pd.to_timedelta(rows["hours_low"], unit="h")
    for k in range(1, len(rows)):
        if until.iloc[k - 1] > rows["begin"].iloc[k] and len(str(rows["start"].iloc[k])) > 10:
            one, other = rows["event"].iloc[k - 1], rows["event"].iloc[k]
            raise ValueError(
                f"blackouts, event {other}: starts {rows['start'].iloc[k]}, before event {one} has ended "
                f"({rows['hours_low'].iloc[k - 1]:g} hours from {rows['start'].iloc[k - 1]}); merge them or correct one"
            )


def _moments(blackouts: pd.DataFrame, column: str) -> pd.Series:
    text = blackouts[column].astype("object").where(blackouts[column].notna(), None)
    return pd.to_datetime(text, format="ISO8601", errors="coerce")


def national(blackouts: pd.DataFrame) -> pd.DataFrame:
    """Return the national failures: blackouts and fluctuations of ten states or more, or called national."""
    rows = blackouts["scope"].eq("national") & blackouts["kind"].isin(["blackout", "fluctuation"])
    return _both_ends(blackouts[rows])


def western(blackouts: pd.DataFrame) -> pd.DataFrame:
    """Return the regional failures that reached the oil fields of Zulia."""
    return _both_ends(blackouts[(blackouts["scope"] == "regional") & (blackouts["kind"] == "blackout")
                                & blackouts["zone"].isin(WEST)])


def _both_ends(rows: pd.DataFrame) -> pd.DataFrame:
    out = rows.copy()
    for one, other in (("hours_low", "hours_high"), ("states_low", "states_high")):
        if one in out and other in out:
            filled = out[other].astype(float).fillna(out[one].astype(float))
            out[one] = out[one].astype(float).fillna(filled)
            out[other] = filled
        else:
            out[one] = out[other] = np.nan
    return out


class Laid(NamedTuple):
    """Failures by month and slot, each array of shape (month, slot): what their sources leave open.

    Attributes
    ----------
    low, high : ndarray
        Length [hour], 0 where there is no failure.
    few, many : ndarray
        States dark [1].
    day : ndarray
        Start, from the first of the month [day].
    exact : ndarray of bool
        Whether the day is known; else only the month is.
    """

    low: np.ndarray
    high: np.ndarray
    few: np.ndarray
    many: np.ndarray
    day: np.ndarray
    exact: np.ndarray


def laid_out(rows: pd.DataFrame, calendar: pd.PeriodIndex, slots: int) -> Laid:
    """Lay out the failures that happened by month; the longest ones where a month has more than the slots.

    Parameters
    ----------
    rows : DataFrame
        From `national` or `western`: start, hours_low and hours_high [hour], states_low and states_high [1].
    calendar : PeriodIndex
        Months wanted.
    slots : int
        Most failures of a month [1].

    Notes
    -----
    A failure whose length nobody printed is taken from the middle 80 % of those at or below the median: the long ones
    were all reported.
    """
    low, high, few, many, day = (np.zeros((len(calendar), slots)) for _ in range(5))
    laid = Laid(low, high, few, many, day, np.ones(low.shape, dtype=bool))
    if rows.empty or not len(calendar):
        return laid
    begin = _moments(rows, "start")
    known = np.sqrt(rows["hours_low"].clip(lower=0.1) * rows["hours_high"].clip(lower=0.1)).dropna()
    short = known[known <= known.median()].quantile([0.1, 0.9]).to_numpy() if len(known) else np.zeros(2)
    place = calendar.get_indexer(begin.dt.to_period("M"))
    taken = np.zeros(len(calendar), dtype=int)
    for k in np.argsort(-rows["hours_high"].fillna(0).to_numpy(), kind="stable"):
        t, row = place[k], rows.iloc[k]
        if t < 0 or taken[t] == slots:
            continue
        at = t, taken[t]
        taken[t] += 1
        told = row["hours_high"] == row["hours_high"]
        laid.low[at], laid.high[at] = (row["hours_low"], row["hours_high"]) if told else short
        seen = row["states_high"] > 0
        laid.few[at], laid.many[at] = (row["states_low"], row["states_high"]) if seen else (FEWEST, FEWEST)
        moment = begin.iloc[k]
        laid.day[at] = moment.day - 1 + moment.hour / 24 + moment.minute / 1440
        laid.exact[at] = row.get("precision", "day") not in ("month", "year")
    return laid


def within(laid: Laid, u: np.ndarray, where: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the failures that happened, each within what its sources say.

    Parameters
    ----------
    laid : Laid
        Of shape (month, slot).
    u : ndarray of shape (slot, draw)
        Uniforms that place each length, and the number of states, between its low and its high figure [1].
    where : ndarray of shape (slot, draw)
        Uniforms that place a failure in its month where only the month is known [1].

    Returns
    -------
    tuple of ndarray of shape (month, slot, draw)
        Length [hour], share of the states dark [1] and start [day after the first of the month].
    """
    low, high, few, many, day, exact = (x[..., None] for x in laid)
    return low + (high - low) * u, (few + (many - few) * u) / STATES, np.where(exact, day, 28 * where)
