"""February to May 2019 by cause: what overlapping causes took from output, exports and cash."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from vzmodel import shapley
from vzmodel.calendar import days as days_of
from vzmodel.model import hindcast
from vzmodel.scenarios import Scenario, Value

CAUSES: dict[str, dict[str, float]] = {
    "blackouts": {"outage_rate": 0.0},
    "US sales": {"access_volume_us": 1.0, "access_cash_us": 1.0},
    "freeze elsewhere": {f"access_volume_{m}": 1.0 for m in ("china", "india", "europe", "other")},
    "diluent": {"diluent": 1.0},
    "tanks": {"storage_capacity": np.inf},
}
"""Causes of early 2019 and the change that takes each away; without end is as far as the assumption's bound allows."""
OUTCOMES = {"production": "kb/d", "exports": "kb/d", "cash_revenue": "USD million"}
SENTENCES = [
    "Full tanks and lost US sales cost output only together: what either did alone cannot be told, so the account "
    "splits what they did jointly in halves.",
    "Sales lost to the United States, the freeze of terms elsewhere and halted loading at Jose all show as the same "
    "missing tankers in March 2019; only dated reports, not the volumes, part them.",
    "Blackouts and the loss of US naphtha stopped the same Orinoco wells and upgraders in the same weeks; how much "
    "restart was delayed by want of diluent is inside the band of both.",
    "Capacity from February to May 2019 is bridged between January and June: whatever fell for good in those months, "
    "for any cause, is in neither share.",
]
Band = dict[str, float]


def band(values: np.ndarray) -> Band:
    """Return the 10th, 50th and 90th percentile of draws, in their unit."""
    return {f"p{100 * q:g}": float(np.quantile(values, q)) for q in (0.1, 0.5, 0.9)}


def mean_too(values: np.ndarray) -> Band:
    """Return the band of draws and their mean, in their unit; means add up."""
    return {**band(values), "mean": float(values.mean())}


def account(*, first: str = "2019-02", last: str = "2019-05", draws: int = 512, seed: int = 2019) -> dict[str, Any]:
    r"""Split what output, exports and cash lost from February to May 2019 between causes that overlap.

    Parameters
    ----------
    first, last : str
        Months averaged.
    draws : int
        Draws of each of the 32 hindcasts [1].
    seed : int

    Returns
    -------
    dict
        For production and exports [kb/d, mean of the months] and cash_revenue [USD million, sum]: ``total``, the loss
        (p10, p50, p90 and mean; means of causes add up); ``causes``, records of name, loss (the same), share [1]
        (p10, p50, p90), and first and last, the median
        loss when the cause comes alone and when it is the last to come; ``correlation`` [1] of the losses between
        causes over draws. ``observed``: what the consensus fell short of bridged capacity and what the account leaves
        [kb/d]. ``not_separable``: sentences.

    Raises
    ------
    ValueError
        If the months lie outside the history.

    Notes
    -----
    Shapley (1953) over hindcasts that take away every set of causes, draw by draw:

    .. math:: \phi_i = \sum_{S \not\ni i} \frac{|S|!\,(n-|S|-1)!}{n!} \left[v(S) - v(S \cup i)\right]

    with `v(S)` the outcome when the causes in S are at work. Losses add up to the total in every draw.
    """
    names = tuple(CAUSES)
    sets = [s for k in range(len(names) + 1) for s in combinations(names, k)]
    scenarios = [_without(first, tuple(n for n in names if n not in s), _named(s)) for s in sets]
    p = hindcast(first, last, scenarios, draws=draws, seed=seed, keep=[*OUTCOMES, "capacity"])
    out: dict[str, Any] = {"first": first, "last": last, "draws": draws}
    for variable in OUTCOMES:
        values = _by_days(p[variable]) if OUTCOMES[variable] == "kb/d" else p[variable].sum("month").to_numpy()
        worth = dict(zip(sets, values, strict=True))
        out[variable] = {"unit": OUTCOMES[variable], **_split(worth, names)}
    capacity = _by_days(p["capacity"].sel(scenario=_named(())))
    out["observed"] = _observed(capacity, first, last, out["production"]["total"])
    return {**out, "not_separable": list(SENTENCES)}


def _named(causes: tuple[str, ...]) -> str:
    return "_".join(causes).replace(" ", "_") or "none"


def _by_days(x: xr.DataArray) -> np.ndarray:
    weight = xr.DataArray(days_of(pd.PeriodIndex(x["month"].to_index(), freq="M")), dims="month")
    return ((x * weight).sum("month") / weight.sum()).to_numpy()


def _without(first: str, gone: tuple[str, ...], name: str) -> Scenario:
    from vzmodel.assumptions import load_assumptions

    most = load_assumptions().table["maximum"]
    changes: dict[str, dict[str, Value]] = {
        k: {first: min(v, float(most[k]))} for cause in gone for k, v in CAUSES[cause].items()
    }
    return Scenario(name, f"At work: {name}", changes)


def _split(worth: dict[tuple[str, ...], np.ndarray], names: tuple[str, ...]) -> dict[str, Any]:
    loss = {name: -value for name, value in shapley.shares({frozenset(s): v for s, v in worth.items()}, names).items()}
    total = worth[()] - worth[names]
    real = total > 0.01 * worth[()]
    rows = []
    for name in names:
        rest = tuple(k for k in names if k != name)
        rows.append({
            "name": name, "loss": mean_too(loss[name]),
            "share": band(loss[name][real] / total[real]) if real.any() else dict.fromkeys(("p10", "p50", "p90"), 0.0),
            "first": float(np.median(worth[()] - worth[(name,)])),
            "last": float(np.median(worth[rest] - worth[names])),
        })  # fmt: skip
    moved = [n for n in names if loss[n].std() > 1e-9]
    matrix = np.atleast_2d(np.corrcoef([loss[n] for n in moved])) if moved else np.zeros((0, 0))
    pairs = [{"one": a, "other": b, "correlation": float(matrix[moved.index(a), moved.index(b)])}
             for a, b in combinations(moved, 2)]  # fmt: skip
    return {"total": mean_too(total), "causes": rows, "correlation": pairs}


def _observed(capacity: np.ndarray, first: str, last: str, total: Band) -> dict[str, Any]:
    from vzmodel.data import load_history

    read = load_history()["production"].loc[f"{first}-01" : f"{last}-01"]
    missing = capacity - float(np.average(read, weights=days_of(read.index.to_period("M"))))  # type: ignore[attr-defined]
    return {"short_of_capacity_kbd": band(missing), "left_over_kbd": float(np.median(missing) - total["p50"])}
