"""How wrong the starting point and the bands of output were before, as far as a day could know."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from vzmodel import data
from vzmodel.forecasting import FEWEST, _experts
from vzmodel.production import RECIPE

YEARS, APART = 8, 6
"""How far back past starts are looked up [year], and how far apart [month]."""
AHEAD = (0, 1, 3, 12, 24)
"""Months [1] after the last reading at which a past forecast is judged."""
HALF_LIFE = 48.0
"""Age [month] at which an error counts half."""
OWN = 1.0
"""Independent errors [1] that the stated bands themselves are worth."""
NEAR, FAR = (0, 1, 3), (12, 24)
"""Months ahead [1] whose errors scale the level and the next month, and two years ahead."""
LEAST, MOST = 1.0, 3.0
"""Bounds of the factor [1]: a calm stretch is one piece of evidence and does not make the bands narrower."""
LONGEST = 4.0
"""Most that one error counts [1, of the error expected]."""


def band_factors(tables: Mapping[str, pd.DataFrame]) -> tuple[float, float]:
    r"""Return how much larger past errors of output were than the bands stated on their day, near and far.

    Parameters
    ----------
    tables : dict of str to DataFrame
        ``production`` and, optionally, ``production_annual``, with the day each row was published.

    Returns
    -------
    tuple of float
        Factors [1] of the standard deviation of the level and the next months, and of that two years ahead; both 1
        where the tables do not say when they were known.

    Notes
    -----
    From every half-year's first day of the last eight years, the consensus of that day is forecast and set against the
    consensus of today. With `x` the absolute error over the expected one, `k` months from the last reading:

    .. math:: f = \frac{1 + \sum w x}{1 + \sum w}, \qquad w = 2^{-age/48} \min(1, 6/k) / n

    with `n` horizons pooled: overlapping errors are one piece of evidence. They include revisions of the level, which
    a backtest on one late vintage cannot see.
    """
    production = tables["production"]
    annual = tables.get("production_annual")
    if "published" not in production or production["published"].isna().any():
        return 1.0, 1.0
    actual = np.log(data.consensus(production, annual)["production"])
    last = production["published"].max()
    found = [
        (k, ratio, 0.5 ** ((last - day).days / 30.44 / HALF_LIFE) * min(1.0, APART / max(k, 1)))
        for day in _days(last)
        for k, ratio, month in _errors(production, annual, day, actual)
        if month <= last
    ]
    return _factor(found, NEAR), _factor(found, FAR)


def _factor(errors: list[tuple[int, float, float]], pooled: tuple[int, ...]) -> float:
    part = [(ratio, weight / len(pooled)) for k, ratio, weight in errors if k in pooled]
    total = OWN + sum(ratio * weight for ratio, weight in part)
    return float(np.clip(total / (OWN + sum(weight for _, weight in part)), LEAST, MOST))


def _days(last: pd.Timestamp) -> pd.DatetimeIndex:
    first = pd.Timestamp(last.year - YEARS, 1, 1)
    return pd.date_range(first, last - pd.DateOffset(months=APART), freq=f"{APART}MS")


def _errors(production: pd.DataFrame, annual: pd.DataFrame | None, day: pd.Timestamp,
            actual: pd.Series) -> list[tuple[int, float, pd.Timestamp]]:
    """Return months ahead [1], error over the expected one [1] and target month of the forecast made that day."""
    known = data.known(production, day)
    if known["month"].nunique() < FEWEST:
        return []
    last, centre, expected = _start(_Vintage(known, None if annual is None else data.known(annual, day)))
    months = [last + pd.DateOffset(months=k) for k in AHEAD]
    return [
        (k, min(abs(float(actual[month]) - centre[i]) / expected[i], LONGEST), month)
        for i, (k, month) in enumerate(zip(AHEAD, months, strict=True))
        if month in actual.index
    ]


class _Vintage:
    """Readings known on a day, compared by content: the same past is looked up from many later days."""

    def __init__(self, production: pd.DataFrame, annual: pd.DataFrame | None):
        self.production, self.annual = production, annual
        frames = [f for f in (production, annual) if f is not None]
        self.key = tuple(map(data.digest, frames))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Vintage) and self.key == other.key


@lru_cache(maxsize=128)
def _start(vintage: _Vintage) -> tuple[pd.Timestamp, np.ndarray, np.ndarray]:
    """Return the last month read, and by `AHEAD` the log forecast and the error expected of it [log]."""
    level = data.consensus(vintage.production, vintage.annual)
    log = np.log(level["production"].to_numpy())
    fit = _experts.fit(log, max(AHEAD), RECIPE)
    ahead = np.array(AHEAD) - 1
    centre = np.where(ahead < 0, log[-1], fit.centre[ahead])
    spread = np.where(ahead < 0, 0.0, fit.spread[ahead])
    se = float(level["production_se"].iloc[-1] / level["production"].iloc[-1])
    return level.index[-1], centre, _experts.mean_size(np.inf) * np.hypot(se, spread)
