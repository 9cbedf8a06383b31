"""Do the methods find an effect that is known? Made-up producers, one of which loses output at a date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from vzmodel import streams
from vzmodel.causal import methods
from vzmodel.causal.methods import Estimate

FIRST, EVENT, LAST = (pd.Period(m, "M") for m in ("2003-07", "2017-08", "2019-11"))
PRODUCERS = 18
"""Made-up producers beside the one treated [1]."""
TREND, FACTOR, LEVEL, NOISE, DRIFT = 0.002, 0.006, 0.006, 0.008, 0.003
"""Standard deviation over producers of the monthly trend, and monthly ones of two common factors, of the level and of
the reading [1], and of the treated one's own trend [log]; of the size seen in producers of more than 500 kb/d."""


def simulate_panel(shocks: dict[str, np.ndarray], effect: float) -> tuple[pd.Series, pd.DataFrame, float]:
    """Make up output of producers, the treated one with a ramp to a known effect at the last month.

    Parameters
    ----------
    shocks : dict of ndarray
        Standard normals [1]: ``trend`` (producer + 1,), ``load`` (producer + 1, 2), ``factor`` (month, 2), ``level``
        and ``noise`` (month, producer + 1).
    effect : float
        Log change of output at the last month [log].

    Returns
    -------
    tuple of Series, DataFrame and float
        Output of the treated one and of all by month [kb/d], and the true effect at the last month [kb/d].
    """
    months = pd.period_range(FIRST, LAST, freq="M")
    t = np.arange(len(months))
    common = np.cumsum(FACTOR * shocks["factor"], axis=0)
    own = np.cumsum(LEVEL * shocks["level"], axis=0) + NOISE * shocks["noise"]
    trend = np.append(TREND * shocks["trend"][:-1], DRIFT * shocks["trend"][-1])
    logs = np.log(1500.0) + t[:, None] * trend + own
    for k in range(2):
        logs += common[:, k, None] * (0.6 + 0.3 * shocks["load"][:, k])
    path = np.clip((t - months.get_loc(EVENT) + 1) / (len(months) - months.get_loc(EVENT)), 0, 1) * effect
    output = np.exp(logs)
    without = output[-1, -1]
    output[:, -1] *= np.exp(path)
    names = [f"P{i:02d}" for i in range(PRODUCERS)] + ["VEN"]
    wide = pd.DataFrame(output, months, names)
    return wide["VEN"], wide, float(output[-1, -1] - without)


def self_test(
    samples: int = 20, *, effect: float = -0.5, draws: int = 500, seed: int = 2019,
    progress: Callable[[float], None] | None = None,
) -> pd.DataFrame:
    """Ask each method for an effect that is known, and for one where there is none.

    Parameters
    ----------
    samples : int
        Made-up worlds [1], each seen with and without the effect.
    effect : float
        Log change of output at the last month [log].
    draws, seed : int
        Draws of each estimate [1] and seed.
    progress : callable, optional
        Called with the share done [1].

    Returns
    -------
    DataFrame
        By method: samples [1]; bias and error, the median and the median absolute size of estimate less truth as a
        share of the truth [1]; coverage of the 80 % band [1]; false_positive, how often the band lies below nought
        where nothing happened, stated 0.1 [1].

    Raises
    ------
    ValueError
        If there is no sample, or the effect is nought.
    """
    if samples < 1 or effect == 0:
        raise ValueError(f"samples={samples} and effect={effect}: at least one sample and an effect that is not nought")
    rows = []
    shapes = {"trend": (PRODUCERS + 1,), "load": (PRODUCERS + 1, 2), "factor": (_count(), 2),
              "level": (_count(), PRODUCERS + 1), "noise": (_count(), PRODUCERS + 1)}  # fmt: skip
    chance = {name: streams.normal(seed, f"self_test_{name}", shape, draws=samples) for name, shape in shapes.items()}
    for s in range(samples):
        shocks = {name: values[..., s] for name, values in chance.items()}
        for size in (effect, 0.0):
            series, wide, truth = simulate_panel(shocks, size)
            for name, found in _ask(series, wide, draws, seed + s).items():
                low, mid, high = np.quantile(found.effect[-1], [0.1, 0.5, 0.9])
                rows.append({"method": name, "effect": size != 0, "truth": truth, "mid": mid, "low": low, "high": high})
        if progress:
            progress((s + 1) / samples)
    return _scores(pd.DataFrame(rows), samples)


def _count() -> int:
    return (LAST - FIRST).n + 1


def _ask(series: pd.Series, wide: pd.DataFrame, draws: int, seed: int) -> dict[str, Estimate]:
    months = pd.period_range(EVENT, LAST, freq="M")
    donors = wide.drop(columns="VEN")
    chance: dict[str, Any] = {"draws": draws, "seed": seed}
    bounds = dict.fromkeys(methods.placebo_dates(series, EVENT, len(months)), 0.0)
    found = {
        "level and slope": methods.by_break(series, EVENT, months, donors, **chance),
        "synthetic control, classic": methods.by_synthetic(
            series, EVENT, months, wide, bounds=bounds, **chance),
        "synthetic control, penalised": methods.by_synthetic(
            series, EVENT, months, wide, penalty=0.1, bounds=bounds, **chance),
        "structural time series": methods.by_trend(series, EVENT, months, None, dates=False, **chance),
        "structural time series, with donors": methods.by_trend(
            series, EVENT, months, donors, dates=False, **chance),
    }  # fmt: skip
    return {name: e for name, e in found.items() if e is not None}


def _scores(table: pd.DataFrame, samples: int) -> pd.DataFrame:
    rows = []
    for name, own in table.groupby("method", sort=False):
        real, null = own[own["effect"]], own[~own["effect"]]
        missed = (real["mid"] - real["truth"]) / real["truth"].abs()
        inside = (real["low"] <= real["truth"]) & (real["truth"] <= real["high"])
        rows.append({"method": name, "samples": samples, "bias": missed.median(), "error": missed.abs().median(),
                     "coverage": inside.mean(), "false_positive": (null["high"] < 0).mean()})  # fmt: skip
    return pd.DataFrame(rows)
