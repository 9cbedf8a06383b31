"""Crude that could be produced: a level, a damped trend, moving volatility, and what spending adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from vzmodel import streams
from vzmodel.forecasting import _experts
from vzmodel.forecasting import forecast as forecast
from vzmodel.production._decline import decline as decline
from vzmodel.production._decline import decline_by_area as decline_by_area

VOLATILITY_ERROR = 0.2
"""Log standard error of a volatility estimated from about a dozen effective months, 1 / sqrt(2 n) [1]."""
RECIPE = _experts.Recipe(clip=4.0)
"""How the consensus is forecast: it is free of the noise of one source, so fewer of its changes are outliers."""
CALMING = 0.97
"""Monthly return [1] of volatility to its long level where that is lower: half of the way in two years."""
NEAR, FAR = 12, 24
"""Months ahead [1] at which the drift, and at which the spread, meets that of the forecast."""


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
    """Return the capacity that spending above its base adds; what a shortfall costs is `neglect`.

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
        Added capacity [kb/d], 0 or more.

    Notes
    -----
    ``w_t = w_{t-1} + (1000/12 max(I_t - base, 0) - w_{t-1}) / lag``;
    ``x_t = x_{t-1} (1 - upkeep/12) + w_t / cost(x_{t-1})``.

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
    at_work, added = np.zeros(base.size), np.zeros(base.size)
    for t in range(len(out)):
        at_work = at_work + (1000 / 12 * np.maximum(investment[t] - base, 0) - at_work) / np.maximum(lag[t], 1)
        cost = np.where(added < tranche[t], first[t], then[t])
        added = added * (1 - upkeep[t] / 12) + at_work / cost
        out[t] = added
    return out


def neglect(investment: np.ndarray, base: np.ndarray, lag: np.ndarray, natural_decline: np.ndarray) -> np.ndarray:
    """Return the share of capacity left where spending stays below its base.

    Parameters
    ----------
    investment : ndarray of shape (month, draw)
        Upstream spending [USD billion/year].
    base : ndarray of shape (draw,)
        Spending that the estimated trend embeds [USD billion/year].
    lag : ndarray of shape (draw,) or (month, draw)
        Mean time from spending to barrels [month].
    natural_decline : ndarray of shape (draw,) or (month, draw)
        Share of capacity lost in a year in which nothing of the base is spent [1/year].

    Returns
    -------
    ndarray of shape (month, draw)
        Share left [1], 0 to 1.

    Notes
    -----
    ``s_t = s_{t-1} + (max(1 - I_t / base, 0) - s_{t-1}) / lag``; ``L_t = L_{t-1} (1 - decline/12 s_t)``: fields shrink
    in proportion to what is left of them.

    Examples
    --------
    Nothing spent, no lag, twelve per cent a year: one per cent a month.

    >>> one = np.ones(1)
    >>> neglect(np.zeros((1, 1)), 3 * one, one, 0.12 * one).item()
    0.99
    """
    lag, decline = (np.broadcast_to(x, investment.shape) for x in (lag, natural_decline))
    missing = np.maximum(1 - investment / np.maximum(base, 1e-9), 0)
    felt, left = np.zeros(investment.shape[1]), np.ones(investment.shape[1])
    out = np.empty(investment.shape)
    for t in range(len(out)):
        felt = felt + (missing[t] - felt) / np.maximum(lag[t], 1)
        left = left * (1 - decline[t] / 12 * felt)
        out[t] = left
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


def estimate(history: pd.DataFrame, blocked: list[pd.Period], rows: int, factors: tuple[float, float] = (1.0, 1.0),
             damping: float = RECIPE.damping) -> pd.DataFrame:
    r"""Fit the level of capacity, its drift and its volatility to the consensus of the readings.

    Parameters
    ----------
    history : DataFrame
        Monthly, with columns production and production_se [kb/d].
    blocked : list of Period
        Months treated as missing, since output was not capacity.
    rows : int
        Joint draws to return [1].
    factors : tuple of float
        How much larger past errors, revisions included, were than the bands then stated, near and two years ahead [1].
    damping : float
        Share of the drift left a month later [1], as the paths will have it (the row `trend_damping`).

    Returns
    -------
    DataFrame
        One row per joint draw: capacity_level [kb/d], capacity_drift [1/month], capacity_volatility,
        capacity_long_volatility and capacity_calming [1]; ``attrs["last"]`` is the month of the level.

    Raises
    ------
    ValueError
        If there are fewer than 36 months of readings.

    Notes
    -----
    Drift and volatility are those that give the median a year ahead, and the spread 1 and 24 months ahead, of
    `forecast`: with `S_h` its log deviation times the near or the far factor,

    .. math:: s_0 = s = S_1, \quad \sigma_g^2 \Big(\sum_{i \le 24} \phi^i\Big)^2 = S_{24}^2 - 24\, S_1^2

    so that what grows faster than independent months do is error of the drift; where it grows more slowly, the drift
    has no error and the long volatility `s` is the lower one that meets `S_24`.
    The level is never surer than the consensus: past starts that agree say nothing on an offset common to all.
    """
    smooth = past_capacity(history, blocked)
    level, recipe = smooth["level"], replace(RECIPE, damping=damping)
    ahead = _experts.fit(np.log(level.to_numpy()), FAR, recipe)
    # the bridge over blocked months is smooth: the spread is that of output as read
    read = _experts.fit(np.log(history["production"].dropna().to_numpy()), FAR, recipe)
    spread = np.maximum(read.spread, ahead.spread)[[0, -1]] * factors
    drift = float(ahead.centre[NEAR - 1] - np.log(level.iloc[-1])) / _grown(damping, NEAR)
    drift_sd, long = _split(float(spread[0]) ** 2, float(spread[1]) ** 2, damping)
    error = max(factors[0], 1.0) * float(smooth["se"].iloc[-1] / level.iloc[-1])
    z = streams.normal(0, "estimate production", (3,), draws=rows)
    moved = np.exp(VOLATILITY_ERROR * z[2])
    frame = pd.DataFrame(
        {
            "capacity_level": level.iloc[-1] * np.exp(error * z[0]),
            "capacity_drift": drift + drift_sd * z[1],
            "capacity_volatility": spread[0] * moved,
            "capacity_long_volatility": np.sqrt(long) * moved,
            "capacity_calming": np.full(rows, CALMING),
        }
    )
    frame.attrs = _described(str(pd.Period(level.index[-1], "M")), factors)
    return frame


def _split(near: float, far: float, damping: float) -> tuple[float, float]:
    """Return the error of the drift [1/month] and the long variance of a month [1] from variances 1 and 24 ahead."""
    excess = far - FAR * near
    long = near + min(excess, 0.0) / (FAR - _grown(CALMING, FAR))
    return float(np.sqrt(max(excess, 0.0)) / _grown(damping, FAR)), max(long, 0.0)


def _grown(damping: float, months: int) -> float:
    return float(np.sum(damping ** np.arange(1, months + 1)))


def _described(last: str, factors: tuple[float, float]) -> dict[str, Any]:
    """Return the month of the level, and units and notes of what was fitted."""
    names = ("capacity_level", "capacity_drift", "capacity_volatility", "capacity_long_volatility", "capacity_calming")
    near, far = (f"times {f:.2f}, what past errors known that day were of those expected" for f in factors)
    notes = (
        f"consensus of the readings at {last}, bridged where output was not capacity",
        "mean of the last twelve monthly log changes, by how far it stands out of their noise and by past scores; "
        f"its error is what grows faster up to two years ahead than months that are independent, {far}",
        f"one month ahead, {near}",
        f"as now, or lower where the forecast two years ahead, {far}, is narrower than that",
        "monthly return of volatility to its long level",
    )
    units = dict(zip(names, ("kb/d", "1/month", "1", "1", "1"), strict=True))
    return {"last": last, "units": units, "notes": dict(zip(names, notes, strict=True))}


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
    from vzmodel.measurement import capacity as smooth

    consensus = history[["production", "production_se"]].dropna()
    if len(consensus) < 36:
        raise ValueError(f"production has {len(consensus)} months of readings; at least 36 are needed")
    consensus = consensus.set_axis(["level", "se"], axis=1)
    return smooth(consensus, [p.to_timestamp() for p in blocked])
