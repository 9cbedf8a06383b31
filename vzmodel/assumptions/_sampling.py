"""Percentiles and the values an assumption has at them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from vzmodel import streams
from vzmodel.scenarios import START, Value

TENTH = 1.2815515655446004
"""Standard normal at its 90th percentile: `low` and `high` are the 10th and 90th percentiles."""

QUANTILE = ("low", "central", "high", "distribution", "minimum", "maximum")
"""Columns of the table of assumptions that say what values one takes."""

Percentile = Callable[[str], np.ndarray]
"""Gives each named assumption its percentiles [1], shape (draw,)."""


def position(when: str, calendar: pd.PeriodIndex) -> int:
    """Return the position [month] in a calendar from which a dated change holds."""
    if when == START:
        return 0
    return int(np.clip((pd.Period(when, "M") - calendar[0]).n, 0, len(calendar)))


def quantile(row: Mapping[Any, Any] | pd.Series, value: Value, u: np.ndarray) -> np.ndarray:
    """Return the quantiles of one assumption.

    Parameters
    ----------
    row : Series or mapping
        Its distribution, minimum and maximum.
    value : float or (low, central, high)
        In its unit; low and high are the 10th and 90th percentiles, or the ends of a uniform.
    u : ndarray of shape (draw,)
        Percentiles [1].

    Notes
    -----
    Split normal: ``x = central + (high - central) z / 1.2816`` above the median and ``(central - low)`` below it, in
    logs for a lognormal, cut at the bounds.
    """
    from scipy.special import ndtri

    low, central, high = value if isinstance(value, tuple) else (value, value, value)
    low, central, high = float(low), float(central), float(high)
    if low == high:
        return np.full(u.shape, central)
    kind = row["distribution"]
    if kind == "uniform":
        out = low + (high - low) * u
    else:
        z = ndtri(u) / TENTH
        if kind == "lognormal" and low > 0:
            low, central, high = np.log(low), np.log(central), np.log(high)
            out = np.exp(central + np.where(z > 0, high - central, central - low) * z)
        else:
            out = central + np.where(z > 0, high - central, central - low) * z
    return np.clip(out, row["minimum"], row["maximum"])


def percentiles(
    seed: int, first: int, draws: int, given: Mapping[str, np.ndarray] | None = None
) -> Percentile:
    """Return the percentiles [1] of a block of draws: those given for the whole run, and a run's own chance."""
    drawn = {name: values[first : first + draws] for name, values in (given or {}).items()}

    def percentile(name: str) -> np.ndarray:
        if name not in drawn:
            drawn[name] = streams.uniform(seed, f"assumption {name}", (), first, draws)
        return drawn[name]

    return percentile
