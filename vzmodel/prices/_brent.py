"""Brent from its own past: momentum of a month, reversion over years, and shocks that come in spells."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

import numpy as np
import pandas as pd

from vzmodel import forecasting, streams
from vzmodel.forecasting import QUANTILES, Forecaster

LEVEL_MONTHS = 48
"""Months whose mean log price is the level reverted to, and the time constant of the return to it [month]: about an
investment cycle; Pindyck (1999) finds years rather than months."""
CALM_MONTHS = 6.0
"""Half-life of the memory of recent volatility [month]."""
LONG = 180
"""Months that make the long-run variance [month]."""
CLIP = 4.0
"""Changes are cut at this many robust deviations before anything is fitted [1]."""
SETTLED, YEAR = 24, 12
"""Months before the memory of volatility is trusted, and months ahead at which it is judged [month]."""
RECENT = np.linspace(0, 1, 11)
CALMING = np.array([0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98])
"""Values tried: weight of recent against long-run variance for the next month, and the share of their difference left a
month later [1]."""


def fit(series: pd.Series) -> dict[str, float]:
    r"""Fit the forecast of Brent to the series alone.

    Parameters
    ----------
    series : Series
        Brent by month [USD/bbl].

    Returns
    -------
    dict
        ``level`` [USD/bbl] and ``level_error`` [log, its standard deviation]; ``change`` [log, the last month's,
        outliers cut] and ``momentum`` [1, the share of it that comes again] with ``momentum_error`` [1]; ``volatility``
        [log, sd of the next month's shock], ``volatility_long`` [log, sd to which it returns] and ``calming`` [1, share
        of the difference of variances left a month later]; ``degrees`` of freedom of a future's Student-t [1].

    Raises
    ------
    ValueError
        As `forecasting.checked` does.

    Notes
    -----
    Momentum is the autocorrelation of monthly changes; means of a daily random walk have a quarter (Working 1960). The
    level's error is how far the mean of n = 48 months moves to the next n where the price wanders,
    :math:`s_\infty \sqrt{(2n^2+1)/3n}`. Weight and calming of recent variance are those of least
    :math:`\sum \log v + \Delta p^2 / v` over forecasts v of 1 to 12 months ahead (Patton 2011); degrees are those whose
    kurtosis is that of changes over their own recent volatility.
    """
    price = np.log(forecasting.checked(series).to_numpy())
    change = np.diff(price)
    recent = change[-120:]
    middle = float(np.median(recent))
    deviation = max(1.4826 * float(np.median(np.abs(recent - middle))), 1e-4)
    cut = np.clip(change, middle - CLIP * deviation, middle + CLIP * deviation)
    spell, usual = _variances(cut)
    weight, calming = _calming(cut, spell, usual)
    momentum = float(np.clip(cut[1:] @ cut[:-1] / (cut @ cut), 0.0, 0.9))
    return {
        "level": float(np.exp(price[-LEVEL_MONTHS:].mean())),
        "level_error": float(np.sqrt(usual[-1] * (2 * LEVEL_MONTHS**2 + 1) / (3 * LEVEL_MONTHS))),
        "change": float(cut[-1]),
        "momentum": momentum,
        "momentum_error": float(np.sqrt((1 - momentum**2) / len(cut))),
        "volatility": float(np.sqrt(weight * spell[-1] + (1 - weight) * usual[-1])),
        "volatility_long": float(np.sqrt(usual[-1])),
        "calming": calming,
        "degrees": _degrees(change, spell),
    }


def _variances(change: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the recent and the long-run variance at the end of each month, (month,) [log]."""
    spell, total = np.empty(len(change)), np.concatenate([[0.0], np.cumsum(change**2)])
    seen = weight = 0.0
    for t, x in enumerate(change):
        seen, weight = (0.5 ** (1 / CALM_MONTHS) * v + new for v, new in ((seen, x**2), (weight, 1.0)))
        spell[t] = seen / weight
    ends = np.arange(1, len(total))
    starts = np.maximum(ends - LONG, 0)
    return spell, (total[ends] - total[starts]) / (ends - starts)


def _calming(change: np.ndarray, spell: np.ndarray, usual: np.ndarray) -> tuple[float, float]:
    loss = np.zeros((len(RECENT), len(CALMING)))
    for ahead in range(1, YEAR + 1):
        at = np.arange(min(SETTLED, len(change) - YEAR - 1), len(change) - ahead)
        left = RECENT[:, None, None] * CALMING[:, None] ** (ahead - 1)
        variance = np.maximum(usual[at] + left * (spell[at] - usual[at]), 1e-8)
        loss += (np.log(variance) + change[at + ahead] ** 2 / variance).sum(axis=-1)
    i, j = np.unravel_index(loss.argmin(), loss.shape)
    return float(RECENT[i]), float(CALMING[j])


def _degrees(change: np.ndarray, spell: np.ndarray) -> float:
    start = min(SETTLED, len(change) - YEAR - 1)
    shock = change[start + 1 :] / np.sqrt(np.maximum(spell[start:-1], 1e-8))
    excess = float(np.mean(shock**4) / max(np.mean(shock**2), 1e-8) ** 2 - 3)
    # an excess kurtosis k belongs to 4 + 6/k degrees
    return 4 + 6 / max(excess, 0.25)


def deviations(now: np.ndarray, long: np.ndarray, calming: np.ndarray | float, months: int) -> np.ndarray:
    r"""Return the standard deviation of each coming month's shock, shape (month, draw) [log].

    Parameters
    ----------
    now, long : ndarray of shape (draw,)
        Standard deviation of the next month's shock and that to which it returns [log].
    calming : ndarray of shape (draw,) or float
        Share of the difference of variances left a month later [1], c.
    months : int
        Months ahead [month].

    Notes
    -----
    .. math:: s_{T+h}^2 = s_\infty^2 + c^{h-1} (s_T^2 - s_\infty^2)

    Examples
    --------
    >>> deviations(np.array([0.1]), np.array([0.1]), 0.9, 2).ravel()
    array([0.1, 0.1])
    """
    left = np.asarray(calming) ** np.arange(months)[:, None]
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
              \ell = \bar p_{48} + s_\ell u

    with log price `p`, `k = 1 - e^{-1/48}`, momentum `ρ`, and one `λ` per future, which makes its shocks Student-t; all
    from `fit`.
    """
    from scipy.special import chdtri

    known = forecasting.checked(series)
    forecasting.check_request(known, months, draws, ceiling)
    found = fit(known)
    shock, level_error, mix = _shocks(seed, months, draws)
    scale = np.sqrt((found["degrees"] - 2) / chdtri(found["degrees"], mix))
    now, long = np.array([found["volatility"]]), np.array([found["volatility_long"]])
    sd = deviations(now, long, found["calming"], months)
    level = np.log(found["level"]) + found["level_error"] * level_error
    speed = 1 - np.exp(-1 / LEVEL_MONTHS)
    top = np.inf if ceiling is None else np.log(ceiling)
    price, change = np.full(draws, np.log(float(known.iloc[-1]))), np.full(draws, found["change"])
    out = np.empty((months, draws))
    for t in range(months):
        change = speed * (level - price) + found["momentum"] * change + sd[t] * scale * shock[t]
        price = out[t] = np.minimum(price + change, top)
    return np.exp(out)


@lru_cache(maxsize=8)
def _shocks(seed: int, months: int, draws: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shock = streams.normal(seed, "brent forecast shock", (months,), 0, draws)
    error = streams.normal(seed, "brent forecast level", (), 0, draws)
    mix = streams.uniform(seed, "brent forecast scale", (), 0, draws)
    for values in (shock, error, mix):
        values.flags.writeable = False
    return shock, error, mix


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
