"""One forecaster for any positive monthly series: a damped trend with recent volatility and fat tails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol, cast

import numpy as np
import pandas as pd

from vzmodel import streams
from vzmodel.forecasting import _dated, _experts
from vzmodel.forecasting._experts import Recipe

QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
FEWEST = 36
"""Fewest months [1] a forecast is made from."""
DEGREES = Recipe().degrees
"""Degrees of freedom [1] of the Student-t."""
INGREDIENTS = {
    "clipping": Recipe(clip=100.0), "damping": Recipe(damping=1.0), "learning": Recipe(combined=False),
    "shrinking": Recipe(shrunk=False), "season": Recipe(seasonal=False), "moving volatility": Recipe(moving=False),
    "calibration": Recipe(calibrated=False), "pooled horizons": Recipe(pooled=False),
    "heavy tails": Recipe(degrees=np.inf),
}
"""The recipe without each ingredient."""


class Forecaster(Protocol):
    """What `backtest` accepts: a function with the draws it was made from as its attribute."""

    simulate: Callable[..., np.ndarray]

    def __call__(self, series: pd.Series, months: int = 24, *, quantiles: Sequence[float] = QUANTILES, seed: int = 0,
                 ceiling: float | None = None) -> pd.DataFrame: ...


class WithInterventions(Forecaster, Protocol):
    """A forecaster that takes dated events out of the past and puts them into the futures."""

    def __call__(self, series: pd.Series, months: int = 24, *, quantiles: Sequence[float] = QUANTILES, seed: int = 0,
                 ceiling: float | None = None, interventions: pd.DataFrame | None = None) -> pd.DataFrame: ...


def checked(series: pd.Series) -> pd.Series:
    """Return the series by month without empty ends, or say what is wrong with it.

    Parameters
    ----------
    series : Series
        Positive values by month, DatetimeIndex or PeriodIndex [any unit].

    Returns
    -------
    Series
        The same values with a monthly PeriodIndex [the same unit].

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


def simulate(series: pd.Series, months: int = 24, *, draws: int = 4000, seed: int = 0,
             ceiling: float | None = None, interventions: pd.DataFrame | None = None) -> np.ndarray:
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
    interventions : DataFrame, optional
        Dated events, such as the table ``interventions``: ``name``, ``shape`` (pulse, step, ramp or fade), ``start``
        and ``end``, and optionally ``effect`` and ``se`` [log; -0.2 is -18 %]. What those of the past did is
        estimated where no effect is given, and makes neither drift nor band; what is still to come of them, and
        those that start later, with their effect, is in the futures. Those of the first month or before are left out.

    Returns
    -------
    ndarray of shape (month, draw)
        Values [unit of the series].

    Raises
    ------
    ValueError
        As `checked` does, or if months or draws are below 1, the ceiling is below the last value, or an intervention
        is incomplete.

    Notes
    -----
    .. math:: \log y_{T+h} = m_h + s_h \lambda B(s_h^2) / s_h

    with the median `m` and deviation `s` of `_experts.fit`, a Brownian motion `B` and one draw of `λ`, which makes
    every month Student-t, for all months of a future, because the volatility itself is not known. A future never
    turns negative; it passes no level but the ceiling.
    """
    return drawn(series, months, draws, seed, ceiling, Recipe(), interventions)


def drawn(series: pd.Series, months: int, draws: int, seed: int, ceiling: float | None, recipe: Recipe,
          interventions: pd.DataFrame | None = None) -> np.ndarray:
    """Draw futures as `simulate` does, from a recipe, (month, draw) [unit of the series]."""
    known = checked(series)
    check_request(known, months, draws, ceiling)
    clean, added = known, None
    if interventions is not None and len(interventions):
        clean, added = _dated.parted(known, interventions, months, draws, seed)
    fit = _experts.fit(np.log(clean.to_numpy()), months, recipe)
    clock = np.maximum.accumulate(fit.spread**2)
    shock = shocks(seed, months, draws, recipe.degrees)
    path = np.cumsum(shock * np.sqrt(np.diff(clock, prepend=0.0))[:, None], axis=0)
    path *= (fit.spread / np.sqrt(clock))[:, None]
    path += fit.centre[:, None]
    if added is not None:
        path += added
    if ceiling is None:
        return np.exp(path)
    top, level = np.log(ceiling), np.full(draws, np.log(known.iloc[-1]))
    for row, step in zip(path, np.diff(path, axis=0, prepend=level[None]), strict=True):
        np.minimum(level + step, top, out=row)
        level = row
    return np.exp(path)


def without(ingredient: str) -> Forecaster:
    """Return the forecaster with one of its ingredients left out, to see what it adds [unit of its series].

    Parameters
    ----------
    ingredient : str
        One of `INGREDIENTS`.

    Raises
    ------
    ValueError
        For another name.
    """
    if ingredient not in INGREDIENTS:
        raise ValueError(f"no ingredient '{ingredient}'; there are {', '.join(INGREDIENTS)}")
    recipe = INGREDIENTS[ingredient]

    def simulate(series: pd.Series, months: int = 24, *, draws: int = 4000, seed: int = 0,
                 ceiling: float | None = None) -> np.ndarray:
        return drawn(series, months, draws, seed, ceiling, recipe)

    def plain(series: pd.Series, months: int = 24, *, quantiles: Sequence[float] = QUANTILES, seed: int = 0,
              ceiling: float | None = None) -> pd.DataFrame:
        return summarise(simulate(series, months, seed=seed, ceiling=ceiling), series, quantiles, ceiling)

    found = cast(Forecaster, plain)
    found.simulate = simulate
    return found


@lru_cache(maxsize=8)
def shocks(seed: int, months: int, draws: int, degrees: float = DEGREES) -> np.ndarray:
    """Return Student-t shocks of unit variance, (month, draw) [1].

    They share one scale per draw and are read-only: every series forecast with one seed sees the same chance.
    """
    from scipy.special import chdtri

    mix = streams.uniform(seed, "forecast.scale", (), 0, draws)
    scale = np.ones(draws) if np.isinf(degrees) else np.sqrt((degrees - 2) / chdtri(degrees, mix))
    shock = streams.normal(seed, "forecast.shock", (months,), 0, draws) * scale
    shock.flags.writeable = False
    return shock


def check_request(known: pd.Series, months: int, draws: int, ceiling: float | None) -> None:
    """Raise ValueError if months or draws are below 1 or the ceiling below the last value [unit of the series]."""
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
              ceiling: float | None = None, interventions: pd.DataFrame | None = None) -> pd.DataFrame:
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
    interventions : DataFrame, optional
        Dated events of the past to be explained and of the future to be applied, as in `simulate`.

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
    paths = simulate(series, months, seed=seed, ceiling=ceiling, interventions=interventions)
    return summarise(paths, series, quantiles, ceiling)


_forecast.__name__ = _forecast.__qualname__ = "forecast"
forecast = cast(WithInterventions, _forecast)
forecast.simulate = simulate
