"""How wide the band of a series is: rival measures of its volatility, each held against the errors that came."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from vzmodel.forecasting._evidence import GRID, known, weights

CLIP_SPREAD = 8.0
"""Changes count in the volatility up to this many robust deviations [1] from the median."""
MEASURES = ((1, 2.0), (1, 15.0), (1, 60.0), (3, 6.0), (12, 6.0), (24, 6.0))
"""Rival measures of volatility: length of the change, and half-life of its square [month]."""
CALIBRATION = (12.0, 1.0, 2.0)
"""Half-life [month] of an error, and the independent errors [1] that the measure itself, and the next shorter horizon,
are worth. Calm series would have half-lives of four years here and two above, by one or two per cent of loss; where
output collapses the short ones are better by five to ten, and their bands hold."""
LARGEST = 2.0
"""An error counts up to this many times the mean one [1], so that one blackout does not set the band for years."""
FINITE = np.pi / 2 - 1
"""Relative variance [1] of one absolute normal error: what the mean of `n` of them, each `1/n` of it, is unsure of."""
SHARES = (120.0, 0.0, 4.0)
"""Half-life of a score [month], what a horizon learns from the next [1] and power of the inverse loss [1]."""


class Bands(NamedTuple):
    """What was known at each month of how far the outcome may be: variances, their correction, and their shares."""

    variance: np.ndarray
    factor: np.ndarray
    shares: np.ndarray


def learned(error: np.ndarray, variance: np.ndarray, degrees: float, calibrated: bool, pooled: bool) -> Bands:
    """Hold rival measures against past errors.

    Parameters
    ----------
    error : ndarray of shape (time, grid)
        Outcome less median [log], empty where it has not come.
    variance : ndarray of shape (time, measure)
        Variance of a month's change by each measure [1].
    degrees : float
        Degrees of freedom [1] of the Student-t.
    calibrated, pooled : bool
        Whether sizes are corrected by past errors, and whether a horizon with few of them follows the shorter one.

    Returns
    -------
    Bands
        ``factor`` and ``shares`` of shape (time, grid, measure) [1].
    """
    size = np.sqrt(variance[:, None, :] * GRID[None, :, None])
    ratio = np.minimum(np.abs(error)[:, :, None] / (size * mean_size(degrees)), LARGEST) / _kept(degrees)
    factor = _calibration(ratio, pooled) if calibrated else np.ones(size.shape)
    half_life, near, power = SHARES
    return Bands(variance, factor, weights(_pinball(error[:, :, None], size * factor, degrees), half_life, near, power))


def volatility(y: np.ndarray, low: np.ndarray, high: np.ndarray, drift: np.ndarray, wide: float,
               memory: int) -> np.ndarray:
    """Return the variance of a month's change by each measure as known at each month, (time, measure) [1].

    Parameters
    ----------
    y : ndarray of shape (time,)
        Logs of monthly values.
    low, high : ndarray of shape (time,)
        Lowest and highest change that counts in a drift [log].
    drift : ndarray of shape (time,)
        Mean change of the last year [log].
    wide : float
        Robust deviations [1] that `low` and `high` are from the middle.
    memory : int
        Months [1] of the long measure, the last one.

    Notes
    -----
    A change over `k` months has `k` times the variance of one if months are independent; where falls follow falls it
    has more, and the measures of a quarter, a year and two years say so.
    """
    middle, half = (low + high) / 2, (high - low) / 2 * CLIP_SPREAD / wide
    change = np.clip(np.diff(y), (middle - half)[1:], (middle + half)[1:])
    path = np.r_[0.0, np.cumsum(change)]
    square = np.r_[0.0, (change - drift[:-1]) ** 2]
    out = np.empty((len(y), len(MEASURES) + 1))
    for place, (length, half_life) in enumerate(MEASURES):
        moved = square.copy()
        if length > 1:
            moved[length:] = (path[length:] - path[:-length]) ** 2 / length
        out[:, place] = _recent(moved, half_life)
    total = np.cumsum(square)
    back = np.arange(len(y)) - memory
    before = np.where(back > 0, total[np.maximum(back, 0)], 0.0)
    out[:, -1] = (total - before) / np.maximum(np.minimum(np.arange(len(y)), memory), 1)
    return np.maximum(out, 1e-10)


def _recent(value: np.ndarray, half_life: float) -> np.ndarray:
    """Return the mean of values from the second on, older ones counting less, as known at each month."""
    fade, total, count = 0.5 ** (1 / half_life), 0.0, 0.0
    out = np.empty(len(value))
    for t, one in enumerate(value):
        total, count = total * fade + one, count * fade + (t > 0)
        out[t] = total / max(count, 1.0)
    return out


def _calibration(ratio: np.ndarray, pooled: bool) -> np.ndarray:
    """Return the mean of past errors over their expected size, as known each month, (time, grid, measure) [1].

    With few errors it stays between 1 and that of the next shorter horizon, and is raised by what the mean of `n`
    independent ones is itself unsure of.
    """
    half_life, own, shorter = CALIBRATION
    total, count = known(ratio, half_life)
    out, mean = np.empty(ratio.shape), np.ones((len(ratio), ratio.shape[2]))
    for place, ahead in enumerate(GRID):
        follows = shorter if place and pooled else 0.0
        independent = count[:, place, None] / ahead + own + follows
        mean = (total[:, place] / ahead + own + follows * mean) / independent
        out[:, place] = mean * np.sqrt(1 + FINITE / independent)
    return out


def mean_size(degrees: float) -> float:
    """Return the mean distance from zero [1] of a Student-t of unit variance."""
    from scipy.special import beta

    if np.isinf(degrees):
        return float(np.sqrt(2 / np.pi))
    return float(2 * np.sqrt(degrees - 2) / ((degrees - 1) * beta(degrees / 2, 0.5)))


def standard(degrees: float, p: np.ndarray) -> np.ndarray:
    """Return quantiles at `p` [1] of a Student-t of unit variance."""
    from scipy.special import ndtri, stdtrit

    return np.asarray(ndtri(p) if np.isinf(degrees) else stdtrit(degrees, p) * np.sqrt((degrees - 2) / degrees))


@lru_cache(maxsize=8)
def _kept(degrees: float) -> float:
    """Return the share of the mean distance that is left when each counts up to `LARGEST` times it [1]."""
    distance = np.abs(standard(degrees, (np.arange(20000) + 0.5) / 20000)) / mean_size(degrees)
    return float(np.minimum(distance, LARGEST).mean())


def _pinball(error: np.ndarray, size: np.ndarray, degrees: float) -> np.ndarray:
    loss = np.zeros(np.broadcast(error, size).shape)
    p = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    for q, z in zip(p, standard(degrees, p), strict=True):
        over = error - z * size
        loss += np.maximum(q * over, (q - 1) * over)
    return loss
