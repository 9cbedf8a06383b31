"""Scores of forecasts that are distributions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class Coverage(NamedTuple):
    """Share of outcomes inside a band and its standard error."""

    share: float
    se: float


def crps(outcome: ArrayLike, draws: ArrayLike) -> np.ndarray:
    r"""Score draws by the continuous ranked probability score: how far a distribution was from what happened.

    Parameters
    ----------
    outcome : array_like of shape (...)
        What happened [unit of the draws].
    draws : array_like of shape (..., draw)
        Drawn futures [unit of the outcome].

    Returns
    -------
    ndarray of shape (...)
        Score [unit of the outcome], zero for a sure and right forecast; for one draw, the absolute error.

    Raises
    ------
    ValueError
        If the shapes do not match or there is no draw.

    Notes
    -----
    .. math:: \mathrm{CRPS} = E|X - y| - \tfrac12 E|X - X'|

    (Gneiting & Raftery 2007), by scoringrules' probability-weighted-moment estimate, linear in the draws once sorted.

    Examples
    --------
    >>> float(crps(3.0, [3.0, 3.0]))
    0.0
    """
    import scoringrules

    y, x = np.asarray(outcome, float), np.asarray(draws, float)
    if x.ndim != y.ndim + 1 or x.shape[:-1] != y.shape or not x.shape[-1]:
        raise ValueError(f"draws of shape {x.shape} do not fit outcomes of shape {y.shape}; the last axis holds draws")
    if x.shape[-1] == 1:
        return np.asarray(np.abs(x[..., 0] - y))
    return np.asarray(scoringrules.crps_ensemble(y, np.sort(x, axis=-1), estimator="pwm", sorted_ensemble=True))


def pinball(outcome: ArrayLike, forecast: ArrayLike, quantiles: Sequence[float]) -> np.ndarray:
    r"""Score quantiles by twice the mean pinball loss, which nears the CRPS as the quantiles fill (0, 1).

    Parameters
    ----------
    outcome : array_like of shape (...)
        What happened [unit of the forecast].
    forecast : array_like of shape (..., quantile)
        Forecast quantiles [unit of the outcome].
    quantiles : sequence of float
        Their probabilities [1].

    Returns
    -------
    ndarray of shape (...)
        Score [unit of the outcome].

    Raises
    ------
    ValueError
        If there is not one forecast per quantile, or a quantile is outside (0, 1).

    Notes
    -----
    .. math:: L = \frac{2}{n} \sum_q \max\{q (y - f_q),\ (q - 1)(y - f_q)\}

    Examples
    --------
    >>> float(pinball(10.0, [8.0], [0.5]))
    2.0
    """
    y, f, q = np.asarray(outcome, float), np.asarray(forecast, float), np.asarray(quantiles, float)
    if f.shape != (*y.shape, len(q)):
        raise ValueError(f"forecast of shape {f.shape} does not fit {len(q)} quantiles of outcomes of shape {y.shape}")
    if not ((q > 0) & (q < 1)).all():
        raise ValueError(f"quantiles {list(quantiles)} must lie between 0 and 1")
    error = y[..., None] - f
    return np.asarray(2 * np.mean(np.maximum(q * error, (q - 1) * error), axis=-1))


def coverage(outcome: ArrayLike, low: ArrayLike, high: ArrayLike, *, overlap: int = 1) -> Coverage:
    r"""Return the share of outcomes inside a band with its standard error.

    Parameters
    ----------
    outcome, low, high : array_like of shape (n,)
        What happened and the ends of the band [one unit], in order of time.
    overlap : int
        Months [1] that neighbouring forecasts share (the horizon, for monthly origins): their hits are not
        independent, so the error is Newey and West's with this many lags less one.

    Returns
    -------
    Coverage
        ``share`` [1] and ``se`` [1]; the error is never below that of one hit or miss in ``n``.

    Raises
    ------
    ValueError
        If nothing is given, lengths differ, or overlap is below 1.

    Notes
    -----
    .. math:: \mathrm{se}^2 = \frac1n \Big(\gamma_0 + 2 \sum_{l<L} (1 - l/L)\, \gamma_l\Big)

    Examples
    --------
    >>> round(coverage([1, 2, 3, 9], [0, 0, 0, 0], [5, 5, 5, 5]).share, 2)
    0.75
    """
    y, a, b = (np.asarray(x, float) for x in (outcome, low, high))
    if y.ndim != 1 or not len(y) or not y.shape == a.shape == b.shape:
        raise ValueError(f"coverage needs three series of one length, got {y.shape}, {a.shape}, {b.shape}")
    if overlap < 1:
        raise ValueError(f"overlap is {overlap}; it must be 1 or more months")
    hit = ((y >= a) & (y <= b)).astype(float)
    n, share = len(hit), float(hit.mean())
    away = hit - share
    total = float(away @ away) / n
    for lag in range(1, min(overlap, n)):
        total += 2 * (1 - lag / overlap) * float(away[lag:] @ away[:-lag]) / n
    return Coverage(share, float(np.sqrt(max(total / n, (1 - 1 / n) / n**2 if n > 1 else 0.25))))


def pit(outcome: ArrayLike, draws: ArrayLike) -> np.ndarray:
    """Return the probability integral transform: the share of the draws an outcome lies above.

    Parameters
    ----------
    outcome : array_like of shape (...)
        What happened [unit of the draws].
    draws : array_like of shape (..., draw)
        Drawn futures [unit of the outcome]; a draw equal to the outcome counts half.

    Returns
    -------
    ndarray of shape (...)
        Share [1], 0 to 1: even over many forecasts if their distributions are right, crowded near 0 if they are too
        high, at both ends if they are too narrow.

    Raises
    ------
    ValueError
        If the shapes do not match or there is no draw.

    Examples
    --------
    >>> float(pit(9.0, [1.0, 2.0, 3.0, 12.0]))
    0.75
    """
    y, x = np.asarray(outcome, float), np.asarray(draws, float)
    if x.ndim != y.ndim + 1 or x.shape[:-1] != y.shape or not x.shape[-1]:
        raise ValueError(f"draws of shape {x.shape} do not fit outcomes of shape {y.shape}; the last axis holds draws")
    return np.asarray(((x < y[..., None]) + 0.5 * (x == y[..., None])).mean(axis=-1))


def bootstrap(values: ArrayLike, block: int, resamples: int = 400) -> float:
    """Return the standard error of the mean of a series whose neighbours are not independent, from blocks of it.

    Parameters
    ----------
    values : array_like of shape (n,)
        Hits or scores [any unit], in order of time.
    block : int
        Length of a block [1, entries of the series], at most half of it is used.
    resamples : int
        Resamples [1].

    Returns
    -------
    float
        Standard error [unit of the values]. The series is closed to a circle (Politis and Romano 1992), the chance is
        the same each time.

    Raises
    ------
    ValueError
        If there is no value or the block is below 1.

    Examples
    --------
    >>> bootstrap([1.0] * 40, 6)
    0.0
    """
    x = np.asarray(values, float)
    if x.ndim != 1 or not len(x) or block < 1:
        raise ValueError(f"a bootstrap needs one or more values and a block of 1 or more, got {x.shape} and {block}")
    n = len(x)
    length = max(min(block, n // 2), 1)
    start = np.random.Generator(np.random.SFC64(0)).integers(0, n, (resamples, -(-n // length)))
    chosen = (start[:, :, None] + np.arange(length)).reshape(resamples, -1)[:, :n] % n
    return float(x[chosen].mean(axis=1).std())
