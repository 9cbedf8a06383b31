"""Crude that could be produced: a level, a damped trend, moving volatility, and what spending adds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from . import streams
from .calendar import DateLike, month
from .forecasting import forecast as forecast
from .forecasting import trend

VOLATILITY_ERROR = 0.2
"""Log standard error of a volatility estimated from about a dozen effective months, 1 / sqrt(2 n) [1]."""


def capacity(
    level: np.ndarray,
    drift: np.ndarray,
    damping: np.ndarray,
    volatility: np.ndarray,
    long_volatility: np.ndarray,
    calming: np.ndarray,
    shocks: np.ndarray,
) -> np.ndarray:
    """Project what would be produced with power all month and somewhere to put the oil.

    Parameters
    ----------
    level : ndarray of shape (draw,)
        Capacity in the month of the last reading [kb/d].
    drift : ndarray of shape (draw,)
        Monthly log change at that time [1/month].
    damping : ndarray of shape (draw,)
        Share of the drift left a month later [1], 0 to 1.
    volatility, long_volatility : ndarray of shape (draw,)
        Standard deviation of the monthly log change now and in the long run [1].
    calming : ndarray of shape (draw,)
        Share of the distance between the two that is left a month later [1].
    shocks : ndarray of shape (month, draw)
        Shocks of unit variance [1].

    Returns
    -------
    ndarray of shape (month, draw)
        Capacity [kb/d], above 0.

    Notes
    -----
    ``log K_t = log K_{t-1} + drift damping^t + s_t e_t`` with ``s_t^2 = s^2 + (s_0^2 - s^2) calming^t``.

    Examples
    --------
    Without drift and shocks capacity stays where it is:

    >>> capacity(np.array([900.0]), np.zeros(1), np.ones(1), np.zeros(1), np.zeros(1), np.ones(1),
    ...          np.zeros((2, 1))).ravel()
    array([900., 900.])
    """
    t = np.arange(1, len(shocks) + 1)[:, None]
    spread = np.sqrt(long_volatility**2 + (volatility**2 - long_volatility**2) * calming**t)
    steps = drift * damping**t + spread * shocks
    return level * np.exp(np.cumsum(steps, axis=0))


def investment_gain(
    investment: np.ndarray,
    base: np.ndarray,
    lag: np.ndarray,
    cost_first: np.ndarray,
    cost_next: np.ndarray,
    first_tranche: np.ndarray,
    upkeep_rate: np.ndarray,
) -> np.ndarray:
    """Return the capacity that spending above or below its base adds or takes away.

    Parameters
    ----------
    investment : ndarray of shape (month, draw)
        Upstream spending [USD billion/year].
    base : ndarray of shape (draw,)
        Spending that the estimated trend embeds [USD billion/year].
    lag : ndarray of shape (draw,) or (month, draw)
        Mean time from spending to barrels [month].
    cost_first, cost_next : ndarray of shape (draw,) or (month, draw)
        Cost of a kb/d within and past the first tranche [USD million per kb/d].
    first_tranche : ndarray of shape (draw,) or (month, draw)
        Size of the cheap first tranche [kb/d].
    upkeep_rate : ndarray of shape (draw,) or (month, draw)
        Share of the added capacity lost each year unless spending holds it [1/year].

    Returns
    -------
    ndarray of shape (month, draw)
        Added capacity [kb/d]; negative where spending falls short.

    Notes
    -----
    ``w_t = w_{t-1} + (1000/12 (I_t - base) - w_{t-1}) / lag``; ``x_t = x_{t-1} (1 - upkeep/12) + w_t / cost(x_{t-1})``.

    Examples
    --------
    Spending at its base adds nothing:

    >>> one = np.ones(1)
    >>> investment_gain(np.full((2, 1), 3.0), 3 * one, one, one, one, one, one).ravel()
    array([0., 0.])
    """
    lag, first, then, tranche, upkeep = (
        np.broadcast_to(x, investment.shape) for x in (lag, cost_first, cost_next, first_tranche, upkeep_rate)
    )
    out = np.empty(investment.shape)
    at_work, added = np.zeros(out.shape[1]), np.zeros(out.shape[1])
    for t in range(len(out)):
        at_work = at_work + (1000 / 12 * (investment[t] - base) - at_work) / np.maximum(lag[t], 1)
        cost = np.where(added < tranche[t], first[t], then[t])
        added = added * (1 - upkeep[t] / 12) + at_work / cost
        out[t] = added
    return out


def output(capacity: np.ndarray, availability: np.ndarray, shut_in: np.ndarray) -> np.ndarray:
    """Return production [kb/d]: ``capacity x availability - shut_in``, all (month, draw) [kb/d, 1, kb/d].

    Examples
    --------
    >>> output(np.array([1000.0]), np.array([0.9]), np.array([50.0]))
    array([850.])
    """
    return capacity * availability - shut_in


def blocked(tables: Mapping[str, pd.DataFrame]) -> list[pd.Period]:
    """Return the months whose output was not capacity: national failures of a day or more, and shut-ins.

    Parameters
    ----------
    tables : dict of str to DataFrame
        Tables ``blackouts`` (hours_low [hour]) and ``shut_ins``, as known on the day.
    """
    events = tables["blackouts"]
    long = events[(events["scope"] == "national") & (events["kind"] == "blackout") & (events["hours_low"] >= 24)]
    out = {pd.Period(str(start)[:7], "M") for start in long["start"]}
    for row in tables["shut_ins"].itertuples() if "shut_ins" in tables else ():
        out |= set(pd.period_range(pd.Period(row.start, "M"), pd.Period(row.end, "M")))
    return sorted(out)


def estimate(history: pd.DataFrame, blocked: list[pd.Period], rows: int) -> pd.DataFrame:
    """Fit the level of capacity, its drift and its volatility to the consensus of the readings.

    Parameters
    ----------
    history : DataFrame
        Monthly, with columns production and production_se [kb/d].
    blocked : list of Period
        Months treated as missing, since output was not capacity.
    rows : int
        Joint draws to return [1].

    Returns
    -------
    DataFrame
        One row per joint draw: capacity_level [kb/d], capacity_drift [1/month], capacity_volatility,
        capacity_long_volatility and capacity_calming [1]; ``attrs["last"]`` is the month of the level.

    Raises
    ------
    ValueError
        If there are fewer than 36 months of readings.
    """
    smooth = past_capacity(history, blocked)
    level = smooth["level"]
    fit = trend(level)
    # the bridge over blocked months is smooth: volatility is that of output as read
    read = trend(history["production"].dropna())
    z = streams.normal(0, "estimate production", (3,), draws=rows)
    se = float(smooth["se"].iloc[-1] / level.iloc[-1])
    frame = pd.DataFrame(
        {
            "capacity_level": float(level.iloc[-1]) * np.exp(se * z[0]),
            "capacity_drift": fit["drift"] + fit["drift_se"] * z[1],
            "capacity_volatility": read["volatility"] * np.exp(VOLATILITY_ERROR * z[2]),
            "capacity_long_volatility": read["volatility_long"] * np.exp(VOLATILITY_ERROR * z[2]),
            "capacity_calming": np.full(rows, read["volatility_damping"]),
        }
    )
    frame.attrs["last"] = str(pd.Period(level.index[-1], "M"))
    frame.attrs["units"] = {
        "capacity_level": "kb/d",
        "capacity_drift": "1/month",
        "capacity_volatility": "1",
        "capacity_long_volatility": "1",
        "capacity_calming": "1",
    }
    frame.attrs["notes"] = {
        "capacity_level": f"consensus of the readings at {frame.attrs['last']}, bridged where output was not capacity",
        "capacity_drift": "damped mean of the last twelve monthly log changes",
        "capacity_volatility": "recent months",
        "capacity_long_volatility": "last ten years",
        "capacity_calming": "monthly return of volatility to its mean",
    }
    return frame


def past_capacity(history: pd.DataFrame, blocked: list[pd.Period]) -> pd.DataFrame:
    """Return capacity over the past: the consensus where output was capacity, bridged where it was not.

    Parameters
    ----------
    history : DataFrame
        Monthly, with columns production and production_se [kb/d].
    blocked : list of Period
        Months whose output was not capacity.

    Returns
    -------
    DataFrame
        Columns level and se [kb/d], by month, up to the last reading.

    Raises
    ------
    ValueError
        If there are fewer than 36 months of readings.
    """
    from .measurement import capacity as smooth

    consensus = history[["production", "production_se"]].dropna()
    if len(consensus) < 36:
        raise ValueError(f"production has {len(consensus)} months of readings; at least 36 are needed")
    consensus = consensus.set_axis(["level", "se"], axis=1)
    return smooth(consensus, [p.to_timestamp() for p in blocked])


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
