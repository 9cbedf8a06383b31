"""Past shocks run again: capacity as it was known before, dated access after, and what output did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from . import calendar, data, model, production
from .assumptions import load_assumptions
from .calendar import DateLike

WARM_UP = 12
"""Months run before the event so that diversion and tanks are as they were [month]."""

EPISODES = {
    "US sanctions and freeze": ("2019-01", "2019-01", ("2019-02",)),
    "tanks full": ("2019-07", "2019-07", ("2019-09", "2019-10")),
    "traders gone, demand collapse": ("2020-02", "2020-02", ("2020-06", "2020-07")),
    "blockade, first month": ("2025-11", "2025-11", ("2025-12",)),
    "blockade, second month": ("2025-11", "2025-11", ("2026-01",)),
    "after the blockade": ("2025-11", "2025-11", ("2026-02",)),
}
"""Last month whose readings are used, month compared with, and months of the shock."""


def replay(before: DateLike, last: DateLike, **run: Any) -> xr.Dataset:
    """Run dated access over the past with capacity estimated on the readings up to one month only.

    Parameters
    ----------
    before : date
        Last month whose readings of output are used; from then on capacity follows its trend.
    last : date
        Last month of the run.
    **run
        As for `hindcast`: scenarios, draws, seed, keep.

    Returns
    -------
    Dataset
        As from `hindcast`, from a year before the event.

    Raises
    ------
    ValueError
        If `last` is not after `before`, or as `hindcast` does.

    Notes
    -----
    ``log K_{T+h} = log K_T + g sum_{i <= h} d^i`` with the drift and level of `production.estimate` at T; its error
    grows with the volatility: ``se^2 = se_T^2 + h s^2``. The readings are of one late vintage: pseudo-real-time.
    """
    start, end = calendar.month(before, "before"), calendar.month(last, "last")
    if end <= start:
        raise ValueError(f"last, {end}, must come after {start}, the last month whose readings are used")
    known = data.load_history()
    past = known.loc[: start.to_timestamp()]
    fit = production.estimate(past, production.blocked(data.load_tables()), 256).median()
    damping = float(load_assumptions().row("trend_damping")["central"])
    ahead = np.arange(1, (end - start).n + 1)
    months = pd.period_range(start + 1, end, freq="M").to_timestamp()
    trend = fit["capacity_level"] * np.exp(fit["capacity_drift"] * np.cumsum(damping**ahead))
    relative = float((past["production_se"] / past["production"]).dropna().iloc[-1])
    history = known.loc[: end.to_timestamp()].reindex(past.index.append(months)).copy()
    history.loc[months, "production"] = trend
    history.loc[months, "production_se"] = trend * np.sqrt(relative**2 + ahead * fit["capacity_volatility"] ** 2)
    return model.hindcast(start - WARM_UP, end, history=history, **run)


def table(*, draws: int = 1024, seed: int = 2019) -> pd.DataFrame:
    """Return what each past shock did to exports and output, replayed beside what the sources read.

    Parameters
    ----------
    draws, seed : int
        As for `hindcast`.

    Returns
    -------
    DataFrame
        One row per episode: crude exports, exports with products, and output against the month before in the replay,
        with median, mean and 10th and 90th percentiles, and output by source [%]. Tanks either hold or do not, so that
        falls are skewed: the mean is what output is expected to lose, the median what it loses in the middle draw.

    Notes
    -----
    A change is ``100 (mean of the months / month compared with - 1)``, per draw before quantiles.
    """
    history = data.load_history()
    runs = {}
    rows = []
    for name, (before, base, months) in EPISODES.items():
        ends = [m for b, _, last in EPISODES.values() for m in last if b == before]
        if before not in runs:
            keep = ("production", "exports", "product_exports", "shut_in", "storage")
            runs[before] = replay(before, max(ends), draws=draws, seed=seed, keep=keep).isel(scenario=0)
        p = runs[before]
        row: dict[str, Any] = {"episode": name, "months": "/".join(months)}
        shipped = {
            "crude_exports": p["exports"],
            "exports": p["exports"] + p["product_exports"],
            "production": p["production"],
        }
        for variable, series in shipped.items():
            change = 100 * (series.sel(month=list(months)).mean("month") / series.sel(month=base).squeeze() - 1)
            low, middle, high = np.quantile(change, (0.1, 0.5, 0.9))
            row |= {f"{variable}_p10": low, f"{variable}_pct": middle, f"{variable}_p90": high}
            row[f"{variable}_mean_pct"] = float(change.mean())
        for source in ("production_eia", "production_opec_secondary", "production"):
            read = history[source]
            then = float(read.reindex(pd.DatetimeIndex([f"{m}-01" for m in months])).mean())
            row[f"read_{source.removeprefix('production_')}_pct"] = 100 * (then / float(read.loc[f"{base}-01"]) - 1)
        rows.append(row)
    return pd.DataFrame(rows).set_index("episode")
