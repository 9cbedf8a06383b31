"""What grid failures cost in oil and dollars: past episodes, the account of early 2019, the years ahead."""

from __future__ import annotations

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from .calendar import days as days_of
from .data import load_tables
from .model import hindcast, project
from .scenarios import START, Scenario, Value

EPISODES = {
    "September 2013": ("2013-09", "2013-10"),
    "August 2018, Zulia": ("2018-08", "2018-09"),
    "March 2019": ("2019-03", "2019-04"),
    "July 2019": ("2019-07", "2019-08"),
    "August 2024": ("2024-08", "2024-09"),
}
"""Months from which an episode is counted and in which its restart ends; output lost is given for the first of them."""
YEARS = (2018, 2019, 2021)
CAUSES: dict[str, dict[str, float]] = {
    "blackouts": {"outage_rate": 0.0},
    "US sales": {"access_volume_us": 1.0, "access_cash_us": 1.0},
    "freeze elsewhere": {f"access_volume_{m}": 1.0 for m in ("china", "india", "europe", "other")},
    "diluent": {"diluent": 1.0},
    "tanks": {"storage_capacity": np.inf},
}
"""Causes of early 2019 and the change that takes each away; without end is as far as the assumption's bound allows."""
OUTCOMES = {"production": "kb/d", "exports": "kb/d", "cash_revenue": "USD million"}
GRIDS = ("grid_normal", "status_quo", "grid_stressed", "grid_improving", "grid_failure")
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


def episodes(*, draws: int = 1000, seed: int = 2019) -> dict[str, list[dict[str, Any]]]:
    """Run the past from one parameter set and return what each reference episode cost.

    Parameters
    ----------
    draws : int
        Draws of the hindcast [1].
    seed : int

    Returns
    -------
    dict
        ``episodes``: name, month, lost_share [1], deferred_kbd [kb/d] and zones of the month; barrels_mb [million bbl]
        and dollars [USD million, at the price at origin] with the month after; ``readings``: for March 2019, source,
        before_kbd and month_kbd [kb/d], read_share and deferred_share [1], deferred_kbd on that basis; ``years``: year,
        deferred_kbd and barrels_mb.

    Notes
    -----
    ``deferred = capacity (1 - availability)``; on another basis the same share of that source's level of the month
    before.
    """
    keep = ["availability", "deferred_production", "sales", "realised_price"]
    p = hindcast("2013-01", "2024-12", draws=draws, seed=seed, keep=keep).sel(scenario="history")
    length = xr.DataArray(days_of(pd.PeriodIndex(p["month"].to_index(), freq="M")), dims="month")
    barrels = p["deferred_production"] * length / 1000
    worth = barrels * _price(p)
    rows = []
    for name, (first, last) in EPISODES.items():
        month, span = f"{first}-01", slice(f"{first}-01", f"{last}-01")
        rows.append({
            "name": name, "month": first,
            "lost_share": band(1 - p["availability"].sel(month=month).to_numpy()),
            "deferred_kbd": band(p["deferred_production"].sel(month=month).to_numpy()),
            "barrels_mb": band(barrels.sel(month=span).sum("month").to_numpy()),
            "dollars": band(worth.sel(month=span).sum("month").to_numpy()),
        })  # fmt: skip
    yearly = []
    for year in YEARS:
        some = barrels.sel(month=str(year)).sum("month").to_numpy()
        yearly.append({"year": year, "deferred_kbd": band(1000 * some / 365), "barrels_mb": band(some)})
    march = band(1 - p["availability"].sel(month="2019-03-01").to_numpy())
    return {"episodes": rows, "readings": _readings(march), "years": yearly}


def _price(p: xr.Dataset) -> xr.DataArray:
    """Return the mean price at origin over cargoes sold [USD/bbl]."""
    sold = p["sales"].sum("market")
    return (p["sales"] * p["realised_price"]).sum("market") / sold.where(sold > 0, 1)


def _readings(share: Band) -> list[dict[str, Any]]:
    """Return March 2019 on the basis of every source that reads both months, and of the press."""
    from .data import latest

    table = latest(load_tables()["production"], ["month", "series"])
    wide = table.pivot(index="month", columns="series", values="value")
    before, now = wide.loc["2019-02-01"], wide.loc["2019-03-01"]
    pairs = {str(s): (before[s], now[s]) for s in wide if before[s] == before[s] and now[s] == now[s]}
    effects = load_tables()["oil_effects"]
    press = effects[(effects["event"] == "2019-03") & (effects["measure"] == "month_average")]
    known = effects[(effects["event"] == "2019-03-07") & (effects["measure"] == "output_before")].iloc[0]
    for row in press.itertuples():
        pairs[f"{row.source}, against {known['source']} for early March"] = (known["low"], row.low)
    return [
        {
            "source": source, "before_kbd": float(a), "month_kbd": float(b), "read_share": float(1 - b / a),
            "deferred_share": share, "deferred_kbd": {k: v * float(a) for k, v in share.items()},
        }
        for source, (a, b) in pairs.items()
    ]  # fmt: skip


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
        (p10, p50, p90); ``causes``, records of name, loss, share [1] (p10, p50, p90), and first and last, the median
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
    from .assumptions import load_assumptions

    most = load_assumptions().table["maximum"]
    changes: dict[str, dict[str, Value]] = {
        k: {first: min(v, float(most[k]))} for cause in gone for k, v in CAUSES[cause].items()
    }
    return Scenario(name, f"At work: {name}", changes)


def shapley(worth: dict[tuple[str, ...], np.ndarray], names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return each cause's loss, (draw,) in the unit of `worth`, from outcomes by set of causes at work.

    Examples
    --------
    Two causes that cost ten each alone and ten together share it:

    >>> some = np.array([90.0])
    >>> worth = {(): some + 10, ("a",): some, ("b",): some, ("a", "b"): some}
    >>> {k: float(v[0]) for k, v in shapley(worth, ("a", "b")).items()}
    {'a': 5.0, 'b': 5.0}
    """
    n, loss = len(names), {}
    for name in names:
        total = np.zeros(np.shape(worth[()]))
        for s, value in worth.items():
            if name not in s:
                more = tuple(k for k in names if k in s or k == name)
                total += factorial(len(s)) * factorial(n - len(s) - 1) / factorial(n) * (value - worth[more])
        loss[name] = total
    return loss


def _split(worth: dict[tuple[str, ...], np.ndarray], names: tuple[str, ...]) -> dict[str, Any]:
    loss = shapley(worth, names)
    total = worth[()] - worth[names]
    real = total > 0.01 * worth[()]
    rows = []
    for name in names:
        rest = tuple(k for k in names if k != name)
        rows.append({
            "name": name, "loss": band(loss[name]),
            "share": band(loss[name][real] / total[real]) if real.any() else dict.fromkeys(("p10", "p50", "p90"), 0.0),
            "first": float(np.median(worth[()] - worth[(name,)])),
            "last": float(np.median(worth[rest] - worth[names])),
        })  # fmt: skip
    moved = [n for n in names if loss[n].std() > 1e-9]
    matrix = np.atleast_2d(np.corrcoef([loss[n] for n in moved])) if moved else np.zeros((0, 0))
    pairs = [{"one": a, "other": b, "correlation": float(matrix[moved.index(a), moved.index(b)])}
             for a, b in combinations(moved, 2)]  # fmt: skip
    return {"total": band(total), "causes": rows, "correlation": pairs}


def _observed(capacity: np.ndarray, first: str, last: str, total: Band) -> dict[str, Any]:
    from .data import load_history

    read = load_history()["production"].loc[f"{first}-01" : f"{last}-01"]
    missing = capacity - float(np.average(read, weights=days_of(read.index.to_period("M"))))  # type: ignore[attr-defined]
    return {"short_of_capacity_kbd": band(missing), "left_over_kbd": float(np.median(missing) - total["p50"])}


def forward(
    grids: tuple[str, ...] = GRIDS, *, months: int = 60, draws: int = 1000, seed: int = 2019
) -> list[dict[str, Any]]:
    """Return what failures cost a year under grids that stay normal, stay stressed or improve.

    Parameters
    ----------
    grids : tuple of str
        Scenarios; each is compared with itself without failures.
    months : int
        Horizon [month].
    draws : int
        Draws per scenario [1].
    seed : int

    Returns
    -------
    list of dict
        grid; barrels_mb, deferred [million bbl a year]; worth, these barrels at the price at origin, and dollars, what
        the inflow loses with the lasting loss of capacity [USD million a year]: each with p10, p50, p90 and mean;
        first_year and last_year, the mean barrels of the first and last twelve months [million bbl].
    """
    from .scenarios import load_scenarios

    known = load_scenarios()
    for name in grids:
        if name not in known:
            raise ValueError(f"no scenario '{name}'; `vzmodel scenarios list` names those there are")
    never = {name: known[name].but(f"{name}_no_failure", changes=_never(known[name])) for name in grids}
    asked = [s for name in grids for s in (known[name], never[name])]
    keep = ["deferred_production", "dollar_inflow", "sales", "realised_price"]
    p = project(asked, months=months, draws=draws, seed=seed, keep=keep)
    length = xr.DataArray(days_of(pd.PeriodIndex(p["month"].to_index(), freq="M")), dims="month")
    rows, years = [], months / 12
    for name in grids:
        barrels = p["deferred_production"].sel(scenario=name) * length / 1000
        gone = p["dollar_inflow"].sel(scenario=never[name].name) - p["dollar_inflow"].sel(scenario=name)
        rows.append({
            "grid": name,
            "barrels_mb": _mean_too(barrels.sum("month").to_numpy() / years),
            "worth": _mean_too((barrels * _price(p.sel(scenario=name))).sum("month").to_numpy() / years),
            "dollars": _mean_too(gone.sum("month").to_numpy() / years),
            "first_year": float(barrels[:12].sum("month").mean()),
            "last_year": float(barrels[-12:].sum("month").mean()),
        })  # fmt: skip
    return rows


def _never(scenario: Scenario) -> dict[str, dict[str, Value]]:
    dated = [when for when in scenario.changes.get("outage_rate", {}) if when != START]
    return {"outage_rate": dict.fromkeys([START, *dated], 0.0)}


def _mean_too(values: np.ndarray) -> Band:
    return {**band(values), "mean": float(values.mean())}
