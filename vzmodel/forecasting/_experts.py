"""Simple forecasts of one series, weighed by how they did before, and the error they had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vzmodel.forecasting import _bands
from vzmodel.forecasting._bands import mean_size as mean_size
from vzmodel.forecasting._evidence import GRID, weights

MEMORY = 120
"""Months [1] that say what an ordinary change is."""
SMOOTHING = (1.0, 0.5, 0.2)
"""Weight [1] of the last month in the level a forecast starts from."""
LONG = 120
"""Months [1] of the long drift."""
MEMBERS = (60.0, 0.5, 8.0)
"""Half-life of a score [month], what a horizon learns from the next [1] and power of the inverse loss [1]."""
MOMENTUM = (36.0, 0.7, 0.2)
"""Half-life of a score [month], what a horizon learns from the next [1] and weight [1] of momentum before any."""


@dataclass(frozen=True)
class Recipe:
    """What a forecast is made of; each ingredient can be left out to see what it adds."""

    clip: float = 2.0
    """Changes count in a drift up to this many robust deviations [1] from the median."""
    damping: float = 0.98
    """Share [1] of the drift that remains after each month."""
    combined: bool = True
    """Whether persistence, level and season are learned from past scores, or momentum always trusted."""
    momentum: bool = True
    """Whether a drift is expected at all."""
    shrunk: bool = True
    """Whether the drift of a year counts by how far it stands out of that year's noise."""
    seasonal: bool = True
    moving: bool = True
    """Whether volatility moves, or is that of ten years."""
    calibrated: bool = True
    pooled: bool = True
    """Whether the band of a long horizon, with few past errors, follows that of the shorter one."""
    degrees: float = 4.5
    """Degrees of freedom [1] of the Student-t."""


class Fit(NamedTuple):
    """Forecast at the end of a series: log median and log standard deviation by month ahead."""

    centre: np.ndarray
    spread: np.ndarray


def fit(y: np.ndarray, months: int, recipe: Recipe) -> Fit:
    r"""Forecast a log series from its own past.

    Parameters
    ----------
    y : ndarray of shape (time,)
        Logs of monthly values.
    months : int
        Months ahead [1].
    recipe : Recipe

    Returns
    -------
    Fit
        ``centre`` and ``spread``, shape (month,) [log].

    Notes
    -----
    Member `k` forecasts `L_k + g_k \sum_{i \le h} \phi^i + S`. Members that expect little drift to go on are weighed by
    their past absolute errors (`_evidence.weights`), then all of them against momentum, the drift `g` of the last year
    shrunk by its noise,

    .. math:: g = \bar{d}\, \frac{\bar{d}^2}{\bar{d}^2 + s_d^2 / 12}

    Rival variances of a month's change are weighed by their pinball loss, each multiplied by the mean of past errors
    over what it expected (Bates & Granger 1969; James & Stein 1961; Vovk et al. 2005).
    """
    known = _learned(y, recipe)
    ahead = np.arange(1, months + 1)
    level, slope, season = (x[-1:] for x in known.members)
    paths = _paths(level, slope, season, np.array([len(y) - 1]), ahead, recipe.damping)[0]
    size = np.sqrt(known.bands.variance[-1][None, :] * ahead[:, None])
    factor = np.exp(_between(np.log(known.bands.factor[-1]), ahead))
    centre = np.sum(_between(known.weights[-1], ahead) * paths, axis=1)
    return Fit(centre, np.sum(_between(known.bands.shares[-1], ahead) * size * factor, axis=1))


def past(y: np.ndarray, recipe: Recipe) -> Fit:
    """Return at every month what `fit` said then of the months of `GRID`, each shape (time, grid) [log]."""
    known = _learned(y, recipe)
    size = np.sqrt(known.bands.variance[:, None, :] * GRID[None, :, None])
    return Fit(known.mixed, np.sum(known.bands.shares * known.bands.factor * size, axis=2))


class _Learned(NamedTuple):
    """What was known at each month: members, their weights, their mix at the grid, and the bands."""

    members: tuple[np.ndarray, ...]
    weights: np.ndarray
    mixed: np.ndarray
    bands: _bands.Bands


def _learned(y: np.ndarray, recipe: Recipe) -> _Learned:
    low, high = bounds(y, recipe.clip)
    level, slope, season, kind = members(y, low, high, recipe)
    paths = _paths(level, slope, season, np.arange(len(y)), GRID, recipe.damping)
    truth = _outcomes(y)
    weight = _two_stages(paths, truth, kind, recipe.combined)
    mixed = np.einsum("tgk,tgk->tg", weight, paths)
    variance = _bands.volatility(y, low, high, drift(y, low, high, 12), recipe.clip, MEMORY)
    if not recipe.moving:
        variance = variance[:, -1:]
    bands = _bands.learned(truth - mixed, variance, recipe.degrees, recipe.calibrated, recipe.pooled)
    return _Learned((level, slope, season), weight, mixed, bands)


def bounds(y: np.ndarray, clip: float) -> tuple[np.ndarray, np.ndarray]:
    """Return, as known at each month, the lowest and the highest change that counts [log]."""
    change = np.diff(y)
    low, high = np.full(len(y), -0.2), np.full(len(y), 0.2)
    for t in range(12, len(y)):
        recent = change[max(0, t - MEMORY) : t]
        middle = np.median(recent)
        deviation = max(1.4826 * float(np.median(np.abs(recent - middle))), 1e-4)
        low[t], high[t] = middle - clip * deviation, middle + clip * deviation
    return low, high


def drift(y: np.ndarray, low: np.ndarray, high: np.ndarray, months: int) -> np.ndarray:
    """Return the mean of the last changes, outliers clipped, as known at each month, shape (time,) [log]."""
    change, out = np.diff(y), np.zeros(len(y))
    for t in range(12, len(y)):
        out[t] = np.minimum(np.maximum(change[max(0, t - months) : t], low[t]), high[t]).mean()
    return out


def shrunk(y: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the drift of the last year by how far it stands out of that year's noise, shape (time,) [log]."""
    change, out = np.diff(y), np.zeros(len(y))
    for t in range(12, len(y)):
        year = np.minimum(np.maximum(change[t - 12 : t], low[t]), high[t])
        mean, error = year.mean(), year.var(ddof=1) / 12
        out[t] = mean * mean**2 / (mean**2 + error + 1e-12)
    return out


def seasons(y: np.ndarray) -> np.ndarray:
    """Return what each month of the year adds to the level, as known at each month, shape (time, 12) [log].

    The median of up to eight years' distance from the mean of the year around, from the third year on.
    """
    out, raw = np.zeros((len(y), 12)), np.zeros(12)
    around = np.convolve(y, np.r_[0.5, np.ones(11), 0.5] / 12, "valid")
    distance = y[6:-6] - around
    for t in range(12, len(y)):
        newest = t - 12
        seen = distance[newest::-12][:8]
        raw[(t - 6) % 12] = float(np.median(seen)) if len(seen) >= 3 else 0.0
        if t >= 48:
            out[t] = raw - raw.mean()
    return out


def members(y: np.ndarray, low: np.ndarray, high: np.ndarray, recipe: Recipe) -> tuple[np.ndarray, ...]:
    """Return level and slope (time, member) [log], the seasons each adds (time, member, 12) and which is momentum."""
    year, long = drift(y, low, high, 12), drift(y, low, high, LONG)
    if not recipe.combined:
        zero = np.zeros((len(y), 1, 12))
        return y[:, None], year[:, None] * recipe.momentum, zero, np.ones(1, bool)
    none = np.zeros((len(y), 12))
    levels, slopes, season = [y], [shrunk(y, low, high) if recipe.shrunk else year], [none]
    for known in (none, seasons(y)) if recipe.seasonal else (none,):
        base = y - known[np.arange(len(y)), np.arange(len(y)) % 12]
        for weight in SMOOTHING:
            smooth = _smoothed(base, weight)
            for slope in (0 * year, 0.5 * long, long):
                # a smoothed level lags a trend by (1 - w) / w months of it
                levels.append(smooth + slope * (1 - weight) / weight)
                slopes.append(slope)
                season.append(known)
    kind = np.zeros(len(levels), bool)
    kind[0] = True
    return np.array(levels).T, np.array(slopes).T, np.stack(season, axis=1), kind


def _smoothed(x: np.ndarray, weight: float) -> np.ndarray:
    out, level = np.empty_like(x), x[0]
    for t, value in enumerate(x):
        level = level + weight * (value - level)
        out[t] = level
    return out


def _paths(level: np.ndarray, slope: np.ndarray, season: np.ndarray, origin: np.ndarray, ahead: np.ndarray,
           damping: float) -> np.ndarray:
    """Return what each member says of each month ahead, (time, month ahead, member) [log]."""
    grown = np.cumsum(damping ** np.arange(1, ahead.max() + 1))[ahead - 1]
    month = (origin[:, None] + ahead[None, :]) % 12
    added = np.take_along_axis(season, month[:, None, :], axis=2)
    return level[:, None, :] + slope[:, None, :] * grown[None, :, None] + np.moveaxis(added, 1, 2)


def _outcomes(y: np.ndarray) -> np.ndarray:
    """Return what came, by origin and month of the grid, (time, grid) [log]; empty where it has not come yet."""
    out = np.full((len(y), len(GRID)), np.nan)
    for g, h in enumerate(GRID):
        out[: max(len(y) - h, 0), g] = y[h:]
    return out


def _two_stages(past: np.ndarray, truth: np.ndarray, momentum: np.ndarray, learned: bool) -> np.ndarray:
    """Return the weight of each member (time, grid, member) [1]: among those of little drift, then against momentum."""
    if not learned:
        return np.ones(past.shape)
    error = np.abs(truth[:, :, None] - past)
    calm = weights(error[:, :, ~momentum], *MEMBERS)
    rival = np.sum(calm * past[:, :, ~momentum], axis=2)
    both = np.abs(truth[:, :, None] - np.stack([past[:, :, momentum][:, :, 0], rival], axis=2))
    half_life, near, first = MOMENTUM
    share = weights(both, half_life, near, prior=np.array([first, 1 - first]))
    out = np.empty(past.shape)
    out[:, :, momentum] = share[:, :, :1]
    out[:, :, ~momentum] = share[:, :, 1:] * calm
    return out


def _between(values: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Interpolate values (grid, member) to each month ahead, in the log of it; constant past the last."""
    place = np.interp(np.log(ahead), np.log(GRID), np.arange(len(GRID)))
    low = np.minimum(place.astype(int), len(GRID) - 2)
    part = (place - low)[:, None]
    return np.asarray((1 - part) * values[low] + part * values[low + 1])
