"""Breaks in level and slope at a date, judged by the same regression where nothing happened."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

SIDE = 28
"""Months [1] on each side of a discontinuity."""
LAGS = 6
"""Newey-West lags [month]."""
BEFORE, AFTER = 16, 11
"""Months [1] of trend before January 2019 and of comparison after it; further on the trend is no guide."""
FEWEST_READ = 20
"""Fewest months read [1] on each side of a discontinuity."""

Fit = tuple[np.ndarray, np.ndarray]


def _regress(y: np.ndarray, x: np.ndarray) -> Fit:
    """Return coefficients and their covariance by least squares with Newey-West errors."""
    bread = np.linalg.pinv(x.T @ x)
    params = bread @ x.T @ y
    score = x * (y - x @ params)[:, None]
    meat = score.T @ score
    for lag in range(1, min(LAGS, len(y) - 1) + 1):
        cross = score[lag:].T @ score[:-lag]
        meat += (1 - lag / (LAGS + 1)) * (cross + cross.T)
    return params, bread @ meat @ bread * len(y) / (len(y) - x.shape[1])


def _window(series: pd.Series, at: pd.Period, before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
    """Return months from the break and values, over the window around it."""
    part = series.loc[at - before : at + after - 1].dropna()
    return np.array([(m - at).n for m in part.index], float), part.to_numpy(float)


def discontinuity(series: pd.Series, at: pd.Period) -> Fit | None:
    r"""Fit a break in level and slope, or return None where a side has too few months.

    Parameters
    ----------
    series : Series
        Output by month [kb/d], monthly PeriodIndex.
    at : Period
        First month after the break.

    Returns
    -------
    tuple of ndarray, or None
        Level [kb/d], slope before [kb/d per month], jump [kb/d] and change of slope [kb/d per month], shape (4,), and
        their covariance, shape (4, 4).

    Notes
    -----
    With `D` one from the break and `t` in months from it, over 28 months on either side:

    .. math:: y_t = a + b\,t + c\,D_t + d\,D_t\,t + e_t, \qquad \text{effect}(t) = c + d\,t

    Examples
    --------
    >>> months = pd.period_range("2015-01", periods=60, freq="M")
    >>> t = np.arange(60) - 30
    >>> fit = discontinuity(pd.Series(2000 - 5 * t + (t >= 0) * (-130 - 20 * t), months), months[30])
    >>> fit[0].round(6).tolist()
    [2000.0, -5.0, -130.0, -20.0]
    """
    t, y = _window(series, at, SIDE, SIDE)
    if min((t < 0).sum(), (t >= 0).sum()) < FEWEST_READ:
        return None
    after = (t >= 0).astype(float)
    return _regress(y, np.column_stack([np.ones_like(t), t, after, after * t]))


def effect(fit: Fit, months: float) -> tuple[float, float]:
    """Return the effect of a discontinuity and its standard error [kb/d], some months after the break."""
    weight = np.array([0.0, 0.0, 1.0, months])
    return float(weight @ fit[0]), float(np.sqrt(max(weight @ fit[1] @ weight, 0.0)))


def interrupted(series: pd.Series, at: pd.Period, pulse: pd.Period | None = None) -> tuple[float, float] | None:
    """Compare output after a date with the log trend before it.

    Parameters
    ----------
    series : Series
        Output by month [kb/d], monthly PeriodIndex.
    at : Period
        Last month of the trend; the comparison starts the month after.
    pulse : Period, optional
        A month given its own term and left out of the comparison.

    Returns
    -------
    tuple of float, or None
        Mean effect [log] and its standard error over the 11 months after, None where too few are read.
    """
    t, y = _window(series, at + 1, BEFORE, AFTER)
    if (t < 0).sum() < BEFORE // 2 or (t >= 0).sum() < AFTER // 2:
        return None
    after = (t >= 0).astype(float)
    terms = [np.ones_like(t), t, after]
    if pulse is not None and (pulse - at).n - 1 in t:
        terms.append((t == (pulse - at).n - 1).astype(float))
    params, cov = _regress(np.log(y), np.column_stack(terms))
    return float(params[2]), float(np.sqrt(cov[2, 2]))


def quiet(series: pd.Series, first: pd.Period, last: pd.Period, before: int, after: int) -> list[pd.Period]:
    """Return the months in which a break could be looked for and none is expected.

    Months around which the source printed one figure or equal steps have no break to find, and are no placebo either.
    """
    start = max(series.first_valid_index(), first)
    months = pd.period_range(start + before, last - after, freq="M") if start + before <= last - after else []
    return [m for m in months if series.loc[m - before : m + after - 1].diff().nunique() > before]


def placebo_ratios(
    many: Iterable[tuple[pd.Series, Iterable[pd.Period]]], months: float, *, trend: bool = False
) -> np.ndarray:
    """Return effects in units of their own standard error [1] at dates without an event.

    Parameters
    ----------
    many : iterable of (Series, months)
        Output by month [kb/d] and the dates to try.
    months : float
        Months after the break at which an effect is read [month].
    trend : bool
        Use the interrupted trend in place of the discontinuity.
    """
    found = []
    for series, dates in many:
        for at in dates:
            if trend:
                pair = interrupted(series, at)
            else:
                fit = discontinuity(series, at)
                pair = None if fit is None else effect(fit, months)
            if pair is not None and pair[1] > 0:
                found.append(pair[0] / pair[1])
    return np.array(found)


def calibrated(mean: float, error: float, ratios: np.ndarray, shock: np.ndarray) -> np.ndarray:
    """Draw an effect whose error is spread as that of placebo dates, in units of the regression's own error.

    Parameters
    ----------
    mean, error : float
        Effect and its standard error, of one unit.
    ratios : ndarray
        From `placebo_ratios` [1].
    shock : ndarray
        Uniforms [1], shape (draw,).

    Returns
    -------
    ndarray of shape (draw,)
        In the unit of `mean`.

    Examples
    --------
    >>> calibrated(-100.0, 10.0, np.array([-2.0, 0.0, 2.0]), np.array([0.0, 0.5, 1.0])).tolist()
    [-80.0, -100.0, -120.0]
    """
    centred = ratios - np.median(ratios)
    return mean - error * np.quantile(centred, shock)
