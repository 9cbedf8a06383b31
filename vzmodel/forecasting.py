"""One forecaster for any positive monthly series: a damped trend with recent volatility and fat tails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd

from vzmodel import streams

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
FEWEST = 36
"""Fewest months [1] a forecast is made from."""
DRIFT_MONTHS = 12
"""Monthly changes [1] whose mean is the drift."""
DAMPING = 0.98
"""Share [1] of the drift that remains after each month."""
MEMORY = 120
"""Months [1] that say what an ordinary change is."""
CLIP_DRIFT, CLIP_VOLATILITY = 4.0, 6.0
"""Changes count up to this many robust deviations [1] from the median."""
HALF_LIFE = 6.0
"""Age [month] at which a change weighs half in the recent volatility."""
VOLATILITY_DAMPING = 0.97
"""Monthly return [1] of the recent volatility to its long level."""
DEGREES = 5.0
"""Degrees of freedom [1] of the Student-t."""
DRIFT_SPREAD = 1.5
"""Drift error over that of independent changes [1], because changes cluster."""
DRIFT_PRIOR, DRIFT_PRIOR_YEARS = 1.0, 20.0
"""Share [1] of the drift expected to go on, and the years of own past [year] that weigh as much."""


class Forecaster(Protocol):
    """What `backtest` accepts: a function with the draws it was made from as its attribute."""

    simulate: Callable[..., np.ndarray]

    def __call__(self, series: pd.Series, months: int = 24, *, quantiles: Sequence[float] = QUANTILES, seed: int = 0,
                 ceiling: float | None = None) -> pd.DataFrame: ...


def checked(series: pd.Series) -> pd.Series:
    """Return the series by month without empty ends, or say what is wrong with it.

    Parameters
    ----------
    series : Series
        Positive values by month, DatetimeIndex or PeriodIndex.

    Returns
    -------
    Series
        The same values with a monthly PeriodIndex.

    Raises
    ------
    ValueError
        For dates that are not months, repeated or missing months, values that are not positive, fewer than 36 months,
        or one value throughout.
    """
    name = f"series '{series.name}'" if getattr(series, "name", None) is not None else "series"
    if not isinstance(series, pd.Series) or not isinstance(series.index, (pd.DatetimeIndex, pd.PeriodIndex)):
        raise ValueError(f"{name} is not a pandas Series over months; give it a DatetimeIndex or monthly PeriodIndex")
    if isinstance(series.index, pd.PeriodIndex) and not series.index.freqstr.startswith("M"):
        raise ValueError(f"{name} has periods of '{series.index.freqstr}', not months; resample it to 'M'")
    months = series.index if isinstance(series.index, pd.PeriodIndex) else series.index.to_period("M")
    clean = pd.Series(series.to_numpy(float), index=months, name=series.name).sort_index()
    if clean.index.has_duplicates:
        raise ValueError(f"{name} is not monthly: it has {clean.index[clean.index.duplicated()][0]} more than once")
    clean = clean.loc[clean.first_valid_index():clean.last_valid_index()]
    if clean.count() < FEWEST:
        raise ValueError(f"{name} has {clean.count()} months; a forecast needs {FEWEST} or more")
    full = pd.period_range(clean.index[0], clean.index[-1], freq="M")
    gaps = full[~full.isin(clean.dropna().index)]
    if len(gaps):
        raise ValueError(f"{name} has {len(gaps)} gaps, the first at {gaps[0]}; fill them or cut the series after")
    bad = clean[~(clean > 0) | np.isinf(clean)]
    if len(bad):
        raise ValueError(f"{name} is {bad.iloc[0]:g} at {bad.index[0]}; values must be > 0 and finite")
    if clean.nunique() == 1:
        raise ValueError(f"{name} is {clean.iloc[0]:g} throughout; a constant says nothing on its own uncertainty")
    return clean


def trend(series: pd.Series) -> dict[str, float]:
    r"""Fit the drift and the volatility that `forecast` and the production chain use.

    Parameters
    ----------
    series : Series
        Positive values by month.

    Returns
    -------
    dict
        ``drift`` [log per month], ``drift_se`` [log per month], ``damping`` [1 per month], ``volatility`` [log, sd
        of a month now], ``volatility_long`` [log, level it returns to], ``volatility_damping`` [1 per month],
        ``degrees`` [1, of the Student-t] and ``drift_share`` [1, part of the mean change expected to go on].

    Raises
    ------
    ValueError
        As `checked` does.

    Notes
    -----
    With monthly log changes `c`, clipped at four robust deviations from the median of the last ten years:

    .. math:: \hat g = w\, \frac{1}{12}\sum_{i<12} c_{t-i}, \qquad
              s_t^2 = \frac{\sum_i 2^{-i/6} (c_{t-i} - \hat g)^2}{\sum_i 2^{-i/6}}

    The share `w` is the slope of each year's mean change on that of the year before, over the series' own past,
    shrunk towards 1 and kept in [0, 1].
    """
    change = np.diff(np.log(checked(series).to_numpy()))
    recent = change[-MEMORY:]
    middle = float(np.median(recent))
    deviation = max(1.4826 * float(np.median(np.abs(recent - middle))), 1e-4)
    clipped = np.clip(change, middle - CLIP_DRIFT * deviation, middle + CLIP_DRIFT * deviation)
    looser = np.clip(change, middle - CLIP_VOLATILITY * deviation, middle + CLIP_VOLATILITY * deviation)
    share = _drift_share(clipped)
    drift = share * float(clipped[-DRIFT_MONTHS:].mean())
    weight = 0.5 ** (np.arange(len(change))[::-1] / HALF_LIFE)
    now = float(np.sqrt(np.sum(weight * (looser - drift) ** 2) / weight.sum()))
    return {"drift": drift, "drift_se": DRIFT_SPREAD * now / float(np.sqrt(DRIFT_MONTHS)), "damping": DAMPING,
            "volatility": now, "volatility_long": float(looser[-MEMORY:].std()),
            "volatility_damping": VOLATILITY_DAMPING, "degrees": DEGREES, "drift_share": share}


def _drift_share(change: np.ndarray) -> float:
    """Return how much of a year's mean change went on into the next year, shrunk towards the prior."""
    mean = np.convolve(change, np.full(DRIFT_MONTHS, 1 / DRIFT_MONTHS), mode="valid")
    before, after = mean[:-DRIFT_MONTHS], mean[DRIFT_MONTHS:]
    years = len(before) / 12
    scale = float(np.sum(before**2))
    slope = float(np.sum(before * after)) / scale if years >= 2 and scale > 0 else DRIFT_PRIOR
    years = years if years >= 2 else 0.0
    return float(np.clip((DRIFT_PRIOR_YEARS * DRIFT_PRIOR + years * slope) / (DRIFT_PRIOR_YEARS + years), 0.0, 1.0))


def simulate(series: pd.Series, months: int = 24, *, draws: int = 4000, seed: int = 0,
             ceiling: float | None = None) -> np.ndarray:
    r"""Draw futures of a monthly series.

    Parameters
    ----------
    series : Series
        Positive values by month, in any unit.
    months : int
        Months ahead [1], from the one after the last value.
    draws : int
        Number of draws [1].
    seed : int
        Seed [1]; the same seed gives the same futures.
    ceiling : float, optional
        Level no month passes [unit of the series].

    Returns
    -------
    ndarray of shape (month, draw)
        Values [unit of the series].

    Raises
    ------
    ValueError
        As `checked` does, or if months or draws are below 1 or the ceiling is below the last value.

    Notes
    -----
    .. math:: \log y_{T+h} = \log y_{T+h-1} + \phi^h (g + \sigma_g u) \lambda_g + s_{T+h} \lambda \varepsilon_h

    with standard normal `u` and `ε`; one draw of `λ`, which makes both Student-t with unit variance, holds for all
    months of a future because the volatility itself is not known.
    """
    known = checked(series)
    check_request(known, months, draws, ceiling)
    fit = trend(known)
    shock, slope = shocks(seed, months, draws)
    step = shock * deviations(fit, months)[:, None]
    step += (fit["damping"] ** np.arange(1, months + 1))[:, None] * (fit["drift"] + fit["drift_se"] * slope)
    level = np.log(known.iloc[-1])
    if ceiling is None:
        return np.exp(level + np.cumsum(step, axis=0))
    top = np.log(ceiling)
    for row in step:
        np.minimum(row + level, top, out=row)
        level = row
    return np.exp(step)


def deviations(fit: dict[str, float], months: int) -> np.ndarray:
    r"""Return the standard deviation of each coming month's change, shape (month,) [log].

    .. math:: s_{T+h}^2 = s_\infty^2 + \psi^h (s_T^2 - s_\infty^2)
    """
    now, long = fit["volatility"] ** 2, fit["volatility_long"] ** 2
    return np.asarray(np.sqrt(long + (now - long) * fit["volatility_damping"] ** np.arange(1, months + 1)))


@lru_cache(maxsize=8)
def shocks(seed: int, months: int, draws: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Student-t shocks of unit variance, (month, draw) for the months and (draw,) for the drift [1].

    They share one scale per draw and are read-only: every series forecast with one seed sees the same chance.
    """
    from scipy.special import chdtri

    mix = streams.uniform(seed, "forecast.scale", (), 0, draws)
    scale = np.sqrt((DEGREES - 2) / chdtri(DEGREES, mix))
    shock = streams.normal(seed, "forecast.shock", (months,), 0, draws) * scale
    slope = streams.normal(seed, "forecast.drift", (), 0, draws) * scale
    shock.flags.writeable = slope.flags.writeable = False
    return shock, slope


def check_request(known: pd.Series, months: int, draws: int, ceiling: float | None) -> None:
    """Raise ValueError if months or draws are below 1, or the ceiling is below the last value."""
    for what, count in (("months", months), ("draws", draws)):
        if not isinstance(count, (int, np.integer)) or count < 1:
            raise ValueError(f"{what} is {count!r}; it must be a whole number of 1 or more")
    if ceiling is not None and not ceiling >= known.iloc[-1]:
        raise ValueError(f"ceiling {ceiling:g} is below the last value {known.iloc[-1]:g} of {known.index[-1]}; "
                         "give the level no month can pass, or leave it out")


def summarise(paths: np.ndarray, series: pd.Series, quantiles: Sequence[float], ceiling: float | None) -> pd.DataFrame:
    """Return the quantiles of drawn futures by month.

    Parameters
    ----------
    paths : ndarray of shape (month, draw)
        Values [unit of the series].
    series : Series
        What was forecast; the months follow its last value, in its kind of index.
    quantiles : sequence of float
        Probabilities [1], each in (0, 1).
    ceiling : float, optional
        Level [unit of the series] to state in ``attrs``.

    Returns
    -------
    DataFrame
        Index months, columns `quantiles` [unit of the series].

    Raises
    ------
    ValueError
        If a quantile is outside (0, 1).
    """
    outside = [q for q in quantiles if not 0 < q < 1]
    if outside or not len(quantiles):
        raise ValueError(f"quantile {outside[0] if outside else 'list is empty'}: give probabilities between 0 and 1")
    known = series.dropna()
    last = known.index.max() if isinstance(known.index, pd.PeriodIndex) else pd.Period(known.index.max(), "M")
    months: Any = pd.period_range(last + 1, periods=len(paths), freq="M", name="month")
    if not isinstance(known.index, pd.PeriodIndex):
        months = months.to_timestamp()
    table = pd.DataFrame(np.quantile(paths, list(quantiles), axis=1).T, index=months, columns=list(quantiles))
    table.attrs["ceiling"] = None if ceiling is None else float(ceiling)
    return table


def _forecast(series: pd.Series, months: int = 24, *, quantiles: Sequence[float] = QUANTILES, seed: int = 0,
              ceiling: float | None = None) -> pd.DataFrame:
    """Forecast a monthly series from its own past.

    Parameters
    ----------
    series : Series
        Positive values by month, in any unit; empty months at either end are dropped.
    months : int
        Months ahead [1], from the one after the last value.
    quantiles : sequence of float
        Probabilities [1].
    seed : int
        Seed [1]; the same seed gives the same forecast.
    ceiling : float, optional
        Level no month passes [unit of the series]; stated in ``attrs["ceiling"]``.

    Returns
    -------
    DataFrame
        Index months, columns quantiles [unit of the series]: the quantiles of ``forecast.simulate`` for 4,000 draws.

    Raises
    ------
    ValueError
        As `checked` and `simulate` do.

    Examples
    --------
    >>> months = pd.period_range("2000-01", periods=60, freq="M")
    >>> falling = pd.Series(1000 * 0.99 ** np.arange(60) * (1 + 0.001 * (np.arange(60) % 2)), index=months)
    >>> bool(forecast(falling, 12)[0.5].iloc[-1] < falling.iloc[-1])
    True
    """
    return summarise(simulate(series, months, seed=seed, ceiling=ceiling), series, quantiles, ceiling)


_forecast.__name__ = _forecast.__qualname__ = "forecast"
forecast = cast(Forecaster, _forecast)
forecast.simulate = simulate
