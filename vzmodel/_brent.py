"""Brent from its own past: momentum of a month, reversion over years, and shocks that come in spells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

import numpy as np
import pandas as pd

from . import forecasting, streams
from .forecasting import QUANTILES, Forecaster

MOMENTUM = 0.25
"""Share of a month's change that comes again [1]: what monthly means of a daily random walk show (Working 1960)."""
LEVEL_MONTHS = 48
"""Months whose mean log price is the level reverted to [month]: about an investment cycle."""
HALF_LIFE = 36.0
"""Time in which half of a departure from that level is gone [month]; Pindyck (1999) finds years rather than months."""
LEVEL_ERROR = 0.4
"""Standard deviation of the level's error [log]: the mean of four years moved by 0.37 over the next four, 1987-2018."""
CALM_MONTHS = 6.0
"""Half-life of the memory of recent volatility [month]."""
RECENT = 0.8
"""Weight of recent against long-run variance for the next month [1]."""
CALMING = 0.9
"""Share of that difference left a month later [1]."""
LONG = 180
"""Months that make the long-run variance [month]."""
DEGREES = 6.0
"""Degrees of freedom of the Student-t of a whole future [1]."""
CLIP = 4.0
"""Changes are cut at this many robust deviations before anything is fitted [1]."""


def fit(series: pd.Series) -> dict[str, float]:
    r"""Fit the forecast of Brent.

    Parameters
    ----------
    series : Series
        Brent by month [USD/bbl].

    Returns
    -------
    dict
        ``level`` [USD/bbl], ``change`` [log, the last month's, outliers cut], ``volatility`` [log, sd of the next
        month's shock] and ``volatility_long`` [log, sd to which it returns].

    Raises
    ------
    ValueError
        As `forecasting.checked` does.
    """
    price = np.log(forecasting.checked(series).to_numpy())
    change = np.diff(price)
    recent = change[-120:]
    middle = float(np.median(recent))
    deviation = max(1.4826 * float(np.median(np.abs(recent - middle))), 1e-4)
    cut = np.clip(change, middle - CLIP * deviation, middle + CLIP * deviation)
    weight = 0.5 ** (np.arange(len(cut))[::-1] / CALM_MONTHS)
    long = float(np.mean(cut[-LONG:] ** 2))
    now = RECENT * float(np.sum(weight * cut**2) / weight.sum()) + (1 - RECENT) * long
    return {
        "level": float(np.exp(price[-LEVEL_MONTHS:].mean())),
        "change": float(cut[-1]),
        "volatility": float(np.sqrt(now)),
        "volatility_long": float(np.sqrt(long)),
    }


def deviations(now: np.ndarray, long: np.ndarray, months: int) -> np.ndarray:
    r"""Return the standard deviation of each coming month's shock, shape (month, draw) [log].

    .. math:: s_{T+h}^2 = s_\infty^2 + 0.9^{h-1} (s_T^2 - s_\infty^2)

    Examples
    --------
    >>> deviations(np.array([0.1]), np.array([0.1]), 2).ravel()
    array([0.1, 0.1])
    """
    left = CALMING ** np.arange(months)[:, None]
    return np.asarray(np.sqrt(np.square(long) + left * (np.square(now) - np.square(long))))


def simulate(
    series: pd.Series, months: int = 24, *, draws: int = 4000, seed: int = 0, ceiling: float | None = None
) -> np.ndarray:
    r"""Draw futures of Brent.

    Parameters
    ----------
    series : Series
        Brent by month [USD/bbl], to the last month known.
    months : int
        Months ahead [1].
    draws, seed : int
        Number of draws and seed [1].
    ceiling : float, optional
        Price no month passes [USD/bbl].

    Returns
    -------
    ndarray of shape (month, draw)
        Price [USD/bbl], above 0.

    Raises
    ------
    ValueError
        As `forecasting.forecast` does: gaps, values that are not positive, too few months.

    Notes
    -----
    .. math:: \Delta p_{t+1} = k (\ell - p_t) + \rho\, \Delta p_t + s_t \lambda \varepsilon_t, \qquad
              \ell = \bar p_{48} + 0.4 u

    with log price `p`, `k = 1 - 2^{-1/36}`, `ρ` = 0.25 and one `λ` per future, which makes its shocks Student-t.
    """
    known = forecasting.checked(series)
    forecasting.check_request(known, months, draws, ceiling)
    found = fit(known)
    shock, level_error = _shocks(seed, months, draws)
    sd = deviations(np.array([found["volatility"]]), np.array([found["volatility_long"]]), months)
    level = np.log(found["level"]) + LEVEL_ERROR * level_error
    speed = 1 - 0.5 ** (1 / HALF_LIFE)
    top = np.inf if ceiling is None else np.log(ceiling)
    price, change = np.full(draws, np.log(float(known.iloc[-1]))), np.full(draws, found["change"])
    out = np.empty((months, draws))
    for t in range(months):
        change = speed * (level - price) + MOMENTUM * change + sd[t] * shock[t]
        price = out[t] = np.minimum(price + change, top)
    return np.exp(out)


@lru_cache(maxsize=8)
def _shocks(seed: int, months: int, draws: int) -> tuple[np.ndarray, np.ndarray]:
    from scipy.special import chdtri

    mix = streams.uniform(seed, "brent forecast scale", (), 0, draws)
    scale = np.sqrt((DEGREES - 2) / chdtri(DEGREES, mix))
    shock = streams.normal(seed, "brent forecast shock", (months,), 0, draws) * scale
    error = streams.normal(seed, "brent forecast level", (), 0, draws)
    shock.flags.writeable = error.flags.writeable = False
    return shock, error


def _forecast(
    series: pd.Series,
    months: int = 24,
    *,
    quantiles: Sequence[float] = QUANTILES,
    seed: int = 0,
    ceiling: float | None = None,
) -> pd.DataFrame:
    """Forecast Brent, or another benchmark crude, from its own past.

    Parameters
    ----------
    series : Series
        Price by month [USD/bbl]; empty months at either end are dropped.
    months : int
        Months ahead [1], from the one after the last value.
    quantiles : sequence of float
        Probabilities [1].
    seed : int
        Seed [1]; the same seed gives the same forecast.
    ceiling : float, optional
        Price no month passes [USD/bbl]; stated in ``attrs["ceiling"]``.

    Returns
    -------
    DataFrame
        Index months, columns quantiles [USD/bbl]: the quantiles of ``forecast.simulate`` for 4,000 draws.

    Raises
    ------
    ValueError
        For gaps, values that are not positive, fewer than 36 months, or a quantile outside (0, 1).

    Examples
    --------
    A price twice its mean of five years is expected to come down:

    >>> months = pd.period_range("2000-01", periods=120, freq="M")
    >>> calm = pd.Series(50 + np.arange(120) % 2, index=months, dtype=float)
    >>> calm.iloc[-1] = 100
    >>> bool(forecast(calm, 24)[0.5].iloc[-1] < 100)
    True
    """
    return forecasting.summarise(simulate(series, months, seed=seed, ceiling=ceiling), series, quantiles, ceiling)


_forecast.__name__ = _forecast.__qualname__ = "forecast"
forecast = cast(Forecaster, _forecast)
forecast.simulate = simulate
