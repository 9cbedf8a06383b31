"""Brent, the gap to it at origin, and what is left of a barrel's price on the way."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vzmodel import streams
from vzmodel.prices import _brent
from vzmodel.prices._brent import deviations as deviations
from vzmodel.prices._brent import forecast as forecast
from vzmodel.prices._gaps import fitted_gap as fitted_gap
from vzmodel.prices._gaps import reported_gaps as reported_gaps
from vzmodel.prices._routes import dated_route_costs as dated_route_costs
from vzmodel.prices._routes import fitted_route_cost as fitted_route_cost
from vzmodel.prices._routes import reported_route_costs as reported_route_costs

SHAPE = ("volatility", "volatility_long", "calming", "half_life", "change", "momentum")
"""Assumptions on Brent's path beside its level."""


def simulate_brent(
    last: float,
    level: np.ndarray,
    half_life: np.ndarray,
    volatility: np.ndarray,
    shocks: np.ndarray,
    given: np.ndarray,
    change: np.ndarray | float = 0.0,
    momentum: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Simulate the monthly mean price of Brent.

    Parameters
    ----------
    last : float
        Last monthly mean known [USD/bbl].
    level : ndarray of shape (draw,) or (month, draw)
        Level to which the price reverts, or the user's path where one is given [USD/bbl].
    half_life : ndarray of shape (draw,) or (month, draw)
        Time in which half of a departure is gone [month].
    volatility : ndarray of shape (draw,) or (month, draw)
        Standard deviation of the monthly log shock [1].
    shocks : ndarray of shape (month, draw)
        Shocks of unit variance [1].
    given : ndarray of bool, shape (month,)
        Months whose level is a path: the median follows it exactly.
    change : ndarray of shape (draw,) or float
        Log change of the last month known [1].
    momentum : ndarray of shape (draw,) or (month, draw), or float
        Share of a change that comes again a month later [1], 0 to less than 1.

    Returns
    -------
    ndarray of shape (month, draw)
        Price [USD/bbl], above 0.

    Raises
    ------
    ValueError
        If the last price or the path has a gap or is not above 0, or the path is not as long as the run.

    Notes
    -----
    ``log P_t = m_t + u_t``; ``m_t = m_{t-1} + k (log L_t - m_{t-1}) + momentum^t change``, or ``log L_t`` where a path
    is given; ``u_t = (1 - k) u_{t-1} + s_t e_t`` with ``k = 1 - 2^(-1/half-life)``.

    Examples
    --------
    Without shocks half of the distance to the level is gone after one half-life:

    >>> p = simulate_brent(100.0, np.array([25.0]), np.array([1.0]), np.zeros(1), np.zeros((1, 1)), np.array([False]))
    >>> round(float(p[0, 0]), 6)
    50.0
    """
    if np.shape(level)[:-1] not in ((), (1,), shocks.shape[:1]) or len(given) != len(shocks):
        raise ValueError(
            f"Brent's path has shape {np.shape(level)} and says of {len(given)} months whether it is given; "
            f"the run has {len(shocks)} months: give each a price"
        )
    if not (last > 0 and np.isfinite(last) and np.min(level) > 0 and np.max(level) < np.inf):
        raise ValueError(
            f"Brent starts at {last:g} and its path runs from {np.min(level):g} to {np.max(level):g} [USD/bbl]; "
            "every month needs a price above 0: fill the gaps"
        )
    speed = np.broadcast_to(1 - 0.5 ** (1 / half_life), shocks.shape)
    volatility = np.broadcast_to(volatility, shocks.shape)
    path = np.broadcast_to(np.log(level), shocks.shape)
    carried, momentum = np.broadcast_to(change, shocks.shape)[0], np.broadcast_to(momentum, shocks.shape)
    middle, away = np.log(last), np.zeros(shocks.shape[1])
    out = np.empty(shocks.shape)
    for t in range(len(shocks)):
        carried = momentum[t] * carried
        middle = path[t] if given[t] else middle + speed[t] * (path[t] - middle) + carried
        away = (1 - speed[t]) * away + volatility[t] * shocks[t]
        out[t] = middle + away
    return np.exp(out)


def brent_path(
    a: Mapping[str, np.ndarray], known: np.ndarray, last: float, shocks: np.ndarray, given: np.ndarray
) -> np.ndarray:
    """Return Brent over the months of a run: as observed, then as `simulate_brent` has it.

    Parameters
    ----------
    a : dict of ndarray of shape (draw,) or (month, draw)
        brent [USD/bbl]; brent_half_life [month]; brent_volatility, brent_volatility_long, brent_calming, brent_change
        and brent_momentum [1].
    known : ndarray of shape (months known,)
        Brent observed in the first months [USD/bbl].
    last : float
        Brent in the month before the first [USD/bbl].
    shocks : ndarray of shape (month, draw)
        Shocks of unit variance [1].
    given : ndarray of bool, shape (month,)
        Months whose level is a path.

    Returns
    -------
    ndarray of shape (month, draw)
        Price [USD/bbl], 1 or more.
    """
    seen, out = len(known), np.empty(shocks.shape)
    out[:seen] = known[:, None]
    if seen < len(out):
        # a value that changes on a date has a row for every month, those already observed among them
        own = {name: x[seen:] if (x := a[f"brent_{name}"]).ndim > 1 else x for name in SHAPE}
        now, long, calming = (own.pop(name) for name in SHAPE[:3])
        spread = deviations(now, long, calming, len(out) - seen)
        start, level = float(known[-1]) if seen else last, np.broadcast_to(a["brent"], shocks.shape)
        out[seen:] = simulate_brent(
            start, level[seen:], volatility=spread, shocks=shocks[seen:], given=given[seen:], **own
        )
    return np.maximum(out, 1.0)


def gaps(
    base: np.ndarray,
    brent: np.ndarray,
    shocks: np.ndarray,
    volatility: np.ndarray,
    persistence: np.ndarray,
    ceiling: np.ndarray,
) -> np.ndarray:
    """Return the gap to Brent at origin by market, quality inside it.

    Parameters
    ----------
    base : ndarray of shape (month, market, draw)
        Gap of each market [USD/bbl].
    brent : ndarray of shape (month, draw)
        Brent [USD/bbl].
    shocks : ndarray of shape (month, draw)
        Standard normals of the part common to all markets [1].
    volatility, persistence : ndarray of shape (draw,) or (month, draw)
        Standard deviation of that part [USD/bbl] and the share of it left a month later [1].
    ceiling : ndarray of shape (draw,) or (month, draw)
        Largest share of Brent that a gap can take [1], below 1.

    Returns
    -------
    ndarray of shape (month, market, draw)
        Gap [USD/bbl], never above ``ceiling x brent``: prices stay positive.
    """
    common = np.empty(shocks.shape)
    volatility, persistence = (np.broadcast_to(x, shocks.shape) for x in (volatility, persistence))
    spread = volatility * np.sqrt(1 - persistence**2)
    now = volatility[0] * shocks[0]
    for t in range(len(shocks)):
        now = now if t == 0 else persistence[t] * now + spread[t] * shocks[t]
        common[t] = now
    return np.minimum(base + common[:, None, :], (ceiling * brent)[:, None, :])


def diverted_gaps(
    gap: np.ndarray,
    sales: np.ndarray,
    diverted: np.ndarray,
    closed: np.ndarray,
    discount: np.ndarray,
    limit: np.ndarray,
) -> np.ndarray:
    """Return the gap each market pays on average once diverted barrels are sold at a wider one.

    Parameters
    ----------
    gap : ndarray of shape (month, market, draw)
        Gap without diversion [USD/bbl].
    sales, diverted : ndarray of shape (month, market, draw)
        Cash sales, and the part of them diverted from closed markets [kb/d].
    closed : ndarray of bool, shape (month, market, draw)
        Markets from which barrels were freed.
    discount : ndarray of shape (draw,) or (month, draw)
        Extra gap of a diverted barrel [USD/bbl], 0 or more.
    limit : ndarray of shape (month, draw)
        Largest gap [USD/bbl].

    Returns
    -------
    ndarray of shape (month, market, draw)
        Gap [USD/bbl].

    Notes
    -----
    A diverted barrel fetches neither more than its new market pays nor more than the lowest price among the markets
    that closed, so that closing one more market never raises what is received.
    """
    extra, out = np.broadcast_to(discount, limit.shape), np.array(gap)
    # a month at a time stays in the processor's cache, and months without diversion cost nothing
    for t in np.flatnonzero(diverted.any(axis=(1, 2))):
        left = np.where(closed[t], gap[t], -np.inf).max(axis=0)
        wider = np.minimum(np.maximum(gap[t], left) + extra[t], limit[t])
        part = np.divide(diverted[t], sales[t], out=np.zeros(sales[t].shape), where=sales[t] > 0)
        out[t] += part * (np.maximum(wider, gap[t]) - gap[t])
    return out


def by_market(a: Mapping[str, np.ndarray], name: str, markets: tuple[str, ...], months: int) -> np.ndarray:
    """Stack one assumption over markets: shape (month, market, draw), in its own unit [1 or USD/bbl]."""
    values = [np.asarray(a[f"{name}_{m}"]) for m in markets]
    shape = (months, values[0].shape[-1])
    if any(v.ndim > 1 for v in values):
        return np.stack([np.broadcast_to(v, shape) for v in values], axis=1)
    return np.broadcast_to(np.stack(values), (months, len(markets), shape[-1]))


def estimate(brent: pd.Series, rows: int) -> pd.DataFrame:
    """Fit Brent's shocks: their size now, the size to which it returns, and how much of the last change comes again.

    Parameters
    ----------
    brent : Series
        Monthly mean [USD/bbl].
    rows : int
        Joint draws to return [1].

    Returns
    -------
    DataFrame
        brent_volatility and brent_volatility_long [1]: standard deviation of the coming month's log shock and of those
        of the long run, with the error of an estimate from fifteen years (kurtosis counted); brent_calming [1]: share
        of the difference of their variances left a month later; brent_change [1]: the last month's log change;
        brent_momentum [1]: share of it that comes again, with its error.

    Raises
    ------
    ValueError
        If there are fewer than 36 months.
    """
    change = np.log(brent.dropna()).diff().dropna().iloc[-_brent.LONG :]
    if len(change) < 36:
        raise ValueError(f"Brent has {len(change)} monthly changes; at least 36 are needed")
    found = _brent.fit(brent)
    # standard error of a standard deviation under fat tails
    error = 0.5 * np.sqrt((float(change.kurt()) + 2) / len(change))
    factor = np.exp(error * streams.normal(0, "estimate prices", (), draws=rows))
    again = streams.normal(0, "estimate brent momentum", (), draws=rows)
    frame = pd.DataFrame(
        {
            "brent_volatility": found["volatility"] * factor,
            "brent_volatility_long": found["volatility_long"] * factor,
            "brent_calming": np.full(rows, found["calming"]),
            "brent_change": np.full(rows, found["change"]),
            "brent_momentum": np.clip(found["momentum"] + found["momentum_error"] * again, 0.0, 0.9),
        }
    )
    span = f"monthly log changes {change.index[0]:%Y-%m} to {change.index[-1]:%Y-%m}"
    frame.attrs["units"] = dict.fromkeys(frame, "1")
    frame.attrs["notes"] = {
        "brent_volatility": f"recent months weigh most, {span}",
        "brent_volatility_long": span,
        "brent_calming": "least loss of variances forecast 1 to 12 months ahead, since the first month",
        "brent_change": f"last of {span}",
        "brent_momentum": "autocorrelation of monthly log changes since the first month",
    }
    frame.attrs["last"] = float(brent.dropna().iloc[-1])
    return frame
