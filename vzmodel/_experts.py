"""Simple forecasts of one series, weighed by how they did before, and the error they had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

GRID = np.array([1, 3, 6, 12, 24])
"""Months ahead [1] at which past forecasts are scored."""
MEMORY = 120
"""Months [1] that say what an ordinary change is."""
CLIP_SPREAD = 8.0
"""Changes count in the volatility up to this many robust deviations [1] from the median."""
SMOOTHING = (1.0, 0.5, 0.2)
"""Weight [1] of the last month in the level a forecast starts from."""
LONG = 120
"""Months [1] of the long drift."""
EVIDENCE = {"member": (8.0, 60.0, 0.5), "momentum": (24.0, 60.0, 0.7), "spread": (8.0, 120.0, 0.0)}
"""Power of the inverse past loss [1], half-life of a score [month], and how far a horizon learns from the next [1]."""
PRIOR_BLOCKS = 2.0
"""Independent scores [1] that equal weights are worth."""
HALF_LIVES = (2.0, 5.0, 15.0, 60.0)
"""Half-lives [month] of the rival measures of volatility."""
CALMING = 0.99
"""Monthly return [1] of volatility to its long level."""
CALIBRATION = (24.0, 1.0)
"""Half-life [month] of an error in the calibration, and the independent errors [1] that the model itself is worth."""
FINITE = np.pi / 2 - 1
"""Relative variance [1] of one absolute normal error: what the mean of `n` of them, each `1/n` of it, is unsure of."""
FIRST_SCORED = 36
"""First origin [month of the series] whose error counts."""


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
    seasonal: bool = True
    moving: bool = True
    """Whether volatility moves, or is that of ten years."""
    calibrated: bool = True
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
    Member `k` forecasts `L_k + g_k \sum_{i \le h} \phi^i + S`, and weighs by its past absolute errors `e`:

    .. math:: w_k \propto \Big(\frac{n_0 + \sum |e_k| / \overline{|e|}}{n_0 + n}\Big)^{-p}

    where an error `h` months ahead counts `1/h`, for overlapping errors are one piece of evidence. Twice: among the
    members that expect little drift to go on, then between these and momentum. Spreads are weighed in the same way by
    their pinball loss, each multiplied by the mean of past errors over it (Bates & Granger 1969; Vovk et al. 2005).
    """
    known = _learned(y, recipe)
    ahead = np.arange(1, months + 1)
    level, slope, season = (x[-1:] for x in known.members)
    paths = _paths(level, slope, season, np.array([len(y) - 1]), ahead, recipe.damping)[0]
    size = _deviation(known.now[-1:], known.long[-1:], ahead)[0]
    factor = np.exp(_between(np.log(known.factor[-1]), ahead))
    centre = np.sum(_between(known.weights[-1], ahead) * paths, axis=1)
    return Fit(centre, np.sum(_between(known.shares[-1], ahead) * size * factor, axis=1))


def past(y: np.ndarray, recipe: Recipe) -> Fit:
    """Return at every month what `fit` said then of the months of `GRID`, each shape (time, grid) [log]."""
    known = _learned(y, recipe)
    spread = np.sum(known.shares * known.factor * _deviation(known.now, known.long, GRID), axis=2)
    return Fit(known.mixed, spread)


class _Learned(NamedTuple):
    """What was known at each month: members, their weights, their mix at the grid, and the rival spreads."""

    members: tuple[np.ndarray, ...]
    weights: np.ndarray
    mixed: np.ndarray
    now: np.ndarray
    long: np.ndarray
    factor: np.ndarray
    shares: np.ndarray


def _learned(y: np.ndarray, recipe: Recipe) -> _Learned:
    low, high = bounds(y, recipe.clip)
    level, slope, season, kind = members(y, low, high, recipe)
    paths = _paths(level, slope, season, np.arange(len(y)), GRID, recipe.damping)
    truth = _outcomes(y)
    weights = _two_stages(paths, truth, kind, recipe.combined)
    mixed = np.einsum("tgk,tgk->tg", weights, paths)
    now, long = _volatility(y, low, high, recipe)
    size = _deviation(now, long, GRID)
    error = truth - mixed
    ratio = np.minimum(np.abs(error)[:, :, None] / (size * mean_size(recipe.degrees)), 4.0)
    factor = _calibration(ratio) if recipe.calibrated else np.ones(size.shape)
    shares = _weights(_pinball(error[:, :, None], size * factor, recipe.degrees), "spread")
    return _Learned((level, slope, season), weights, mixed, now, long, factor, shares)


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
    levels, slopes, season = [y], [year], [none]
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


def _known(score: np.ndarray, half_life: float) -> tuple[np.ndarray, np.ndarray]:
    """Sum scores (time, grid, member) that were known at each month, older ones counting less, and count them."""
    fade = 0.5 ** (1 / half_life)
    total, count = np.zeros(score.shape[1:]), np.zeros(len(GRID))
    totals, counts = np.empty(score.shape), np.empty(score.shape[:2])
    for t in range(len(score)):
        made = t - GRID
        there = made >= FIRST_SCORED
        total, count = total * fade, count * fade + there
        total[there] += score[made[there], there]
        totals[t], counts[t] = total, count
    return totals, counts


def _weights(loss: np.ndarray, rule: str) -> np.ndarray:
    """Return weights (time, grid, member) [1] from losses (time, grid, member) by the scores known each month."""
    power, half_life, near = EVIDENCE[rule]
    relative = loss / (loss.mean(axis=2, keepdims=True) + 1e-12)
    total, count = _known(relative, half_life)
    place = np.arange(len(GRID))
    share = near ** np.abs(place[:, None] - place[None, :]) / GRID
    mean = (PRIOR_BLOCKS + np.einsum("gj,tjk->tgk", share, total)) / (PRIOR_BLOCKS + counted(share, count))
    weight = mean**-power
    return np.asarray(weight / weight.sum(axis=2, keepdims=True))


def counted(share: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return the independent scores [1] behind each weight, (time, grid, 1)."""
    return (count @ share.T)[:, :, None]


def _two_stages(past: np.ndarray, truth: np.ndarray, momentum: np.ndarray, learned: bool) -> np.ndarray:
    """Return the weight of each member (time, grid, member) [1]: among those of little drift, then against momentum."""
    if not learned:
        return np.ones(past.shape)
    error = np.abs(truth[:, :, None] - past)
    calm = _weights(error[:, :, ~momentum], "member")
    rival = np.sum(calm * past[:, :, ~momentum], axis=2)
    both = np.abs(truth[:, :, None] - np.stack([past[:, :, momentum][:, :, 0], rival], axis=2))
    share = _weights(both, "momentum")
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


def _volatility(y: np.ndarray, low: np.ndarray, high: np.ndarray, recipe: Recipe) -> tuple[np.ndarray, np.ndarray]:
    """Return the variance of a month's change by each half-life, (time, measure), and over ten years, (time, 1)."""
    middle, half = (low + high) / 2, (high - low) / 2 * CLIP_SPREAD / recipe.clip
    change = np.clip(np.diff(y), (middle - half)[1:], (middle + half)[1:])
    square = np.r_[0.0, (change - drift(y, low, high, 12)[:-1]) ** 2]
    total = np.cumsum(square)
    reach = np.minimum(np.arange(len(y)), MEMORY)
    before = np.where(np.arange(len(y)) > MEMORY, total[np.maximum(np.arange(len(y)) - MEMORY, 0)], 0.0)
    long = np.maximum((total - before) / np.maximum(reach, 1), 1e-10)[:, None]
    if not recipe.moving:
        return long, long
    now = np.empty((len(y), len(HALF_LIVES)))
    sums, count = np.zeros(len(HALF_LIVES)), np.zeros(len(HALF_LIVES))
    fade = 0.5 ** (1 / np.array(HALF_LIVES))
    for t, value in enumerate(square):
        sums, count = sums * fade + value, count * fade + (t > 0)
        now[t] = sums / np.maximum(count, 1)
    return np.maximum(now, 1e-10), long


def _deviation(now: np.ndarray, long: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Return the standard deviation of the sum of the coming changes, (time, month ahead, measure) [log]."""
    calmed = np.cumsum(CALMING ** np.arange(1, ahead.max() + 1))[ahead - 1][None, :, None]
    return np.sqrt(long[:, None, :] * ahead[None, :, None] + (now - long)[:, None, :] * calmed)


def _calibration(ratio: np.ndarray) -> np.ndarray:
    """Return the mean of past errors over their expected size, as known each month, (time, grid, measure) [1].

    With few errors it stays near 1 and is raised by what the mean of `n` independent ones is itself unsure of.
    """
    half_life, own = CALIBRATION
    total, count = _known(ratio, half_life)
    independent = count[:, :, None] / GRID[None, :, None] + own
    mean = (total / GRID[None, :, None] + own) / independent
    return mean * np.sqrt(1 + FINITE / independent)


def mean_size(degrees: float) -> float:
    """Return the mean distance from zero [1] of a Student-t of unit variance."""
    from scipy.special import beta

    if np.isinf(degrees):
        return float(np.sqrt(2 / np.pi))
    return float(2 * np.sqrt(degrees - 2) / ((degrees - 1) * beta(degrees / 2, 0.5)))


def _pinball(error: np.ndarray, size: np.ndarray, degrees: float) -> np.ndarray:
    from scipy.special import ndtri, stdtrit

    loss = np.zeros(np.broadcast(error, size).shape)
    for q in (0.05, 0.25, 0.5, 0.75, 0.95):
        z = ndtri(q) if np.isinf(degrees) else stdtrit(degrees, q) * np.sqrt((degrees - 2) / degrees)
        over = error - z * size
        loss += np.maximum(q * over, (q - 1) * over)
    return loss
