"""The dated catalogue of grid failures: checked, and laid out by month for the kernels and the fit."""

from __future__ import annotations

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


def past_failures(
    rows: pd.DataFrame, calendar: pd.PeriodIndex, u: np.ndarray, where: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lay out the failures that happened, each within what its sources say.

    Parameters
    ----------
    rows : DataFrame
        From `national` or `western`: start, hours_low and hours_high [hour], states_low and states_high [1].
    calendar : PeriodIndex
        Months wanted.
    u : ndarray of shape (slot, draw)
        Uniforms that place each length, and the number of states, between its low and its high figure [1].
    where : ndarray of shape (slot, draw)
        Uniforms that place a failure in its month where only the month is known [1].

    Returns
    -------
    tuple of ndarray of shape (month, slot, draw)
        Length [hour], share of the states dark [1] and start [day after the first of the month]; the longest failures
        of a month where it has more than the slots.

    Notes
    -----
    A failure whose length nobody printed is taken from the middle 80 % of those at or below the median: the long ones
    were all reported.
    """
    shape = (len(calendar), *u.shape)
    hours, dark, start = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    if rows.empty or not len(calendar):
        return hours, dark, start
    begin = _moments(rows, "start")
    known = np.sqrt(rows["hours_low"].clip(lower=0.1) * rows["hours_high"].clip(lower=0.1)).dropna()
    short = known[known <= known.median()].quantile([0.1, 0.9]).to_numpy() if len(known) else np.zeros(2)
    place = calendar.get_indexer(begin.dt.to_period("M"))
    slots = np.zeros(len(calendar), dtype=int)
    for k in np.argsort(-rows["hours_high"].fillna(0).to_numpy(), kind="stable"):
        t, row = place[k], rows.iloc[k]
        if t < 0 or slots[t] == u.shape[0]:
            continue
        s = slots[t]
        slots[t] += 1
        low, high = (row["hours_low"], row["hours_high"]) if row["hours_high"] == row["hours_high"] else short
        few, many = (row["states_low"], row["states_high"]) if row["states_high"] > 0 else (FEWEST, FEWEST)
        hours[t, s] = low + (high - low) * u[s]
        dark[t, s] = (few + (many - few) * u[s]) / STATES
        day = begin.iloc[k]
        exact = row.get("precision", "day") not in ("month", "year")
        start[t, s] = (day.day - 1 + day.hour / 24 + day.minute / 1440) if exact else 28 * where[s]
    return hours, dark, start
