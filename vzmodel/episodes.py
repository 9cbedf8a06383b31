"""Past shocks run again: capacity as it was known before, dated access after, and what output did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from . import calendar, data, dollars, model, production, streams
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
        with median, mean and 10th and 90th percentiles [%]. Tanks either hold or do not, so that falls are skewed: the
        mean is what output is expected to lose, the median what it loses in the middle draw. Beside them output by
        source, and exports with products by first and by revised prints [%], where all months of the shock have one,
        against the three months before in one print or else the month compared with (its last print where revised).
        exports_low and exports_high, the 80 % band of what a source would print, with the error of prints inside [%];
        production_inside (EIA and OPEC, in the band of output) and exports_inside (in that of prints): whether every
        reading lies in the band; none without.

    Notes
    -----
    A change is ``100 (mean of the months / month compared with - 1)``, per draw before quantiles. What a source prints
    for a month is ``exports x exp(s u)``, u standard normal, s the spread of prints of one month and definition in the
    table of exports (`print_error`).
    """
    history = data.load_history()
    error = print_error()
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
        row["exports_low"], row["exports_high"] = _printed_band(shipped["exports"], months, base, error, seed)
        for source in ("production_eia", "production_opec_secondary", "production"):
            read = history[source]
            then = float(read.reindex(pd.DatetimeIndex([f"{m}-01" for m in months])).mean())
            row[f"read_{source.removeprefix('production_')}_pct"] = 100 * (then / float(read.loc[f"{base}-01"]) - 1)
        band = (row["production_p10"], row["production_p90"])
        row["production_inside"] = _inside(row, band, ("eia", "opec_secondary"))
        printed = _printed_exports(months, base)
        row |= {f"read_exports_{name}_pct": value for name, value in printed.items()}
        band = (row["exports_low"], row["exports_high"])
        row["exports_inside"] = _inside(row, band, [f"exports_{name}" for name in printed])
        rows.append(row)
    return pd.DataFrame(rows).set_index("episode")


def print_error(table: pd.DataFrame | None = None) -> float:
    """Return how far prints of one month's exports differ, by source and revision [log, standard deviation].

    Parameters
    ----------
    table : DataFrame, optional
        The table ``exports``.
    """
    rows = data.read_table("exports") if table is None else table
    rows = rows[(rows["series"] == "total") & (rows["unit"] == "kb/d") & (rows["freq"] == "month")]
    return dollars.spread(rows, ["period", "definition"])


def _printed_band(
    exports: xr.DataArray, months: tuple[str, ...], base: str, error: float, seed: int
) -> tuple[float, float]:
    """Return the 80 % band of the change that a source would print [%]."""
    u = streams.normal(seed, "print of exports", (len(months) + 1,), draws=exports.sizes["draw"])
    then = (exports.sel(month=list(months)).transpose("month", "draw").to_numpy() * np.exp(error * u[:-1])).mean(axis=0)
    before = exports.sel(month=base).squeeze().to_numpy() * np.exp(error * u[-1])
    low, high = np.quantile(100 * (then / before - 1), (0.1, 0.9))
    return float(low), float(high)


def _printed_exports(months: tuple[str, ...], base: str) -> dict[str, float]:
    """Return the change in exports of crude and products by first and by revised prints [%], missing without any."""
    table = data.read_table("exports")
    same = (table["series"] == "total") & (table["definition"] == "crude_and_fuel") & (table["unit"] == "kb/d")
    table = table[same & table["freq"].isin(["month", "range"])].sort_values("published", kind="stable")

    def read(month: str, prints: tuple[str, ...]) -> float:
        rows = table[table["period"].str[:7].eq(month) & table["freq"].eq("month") & table["print"].isin(prints)]
        return float(rows["value"].iloc[-1]) if len(rows) else np.nan

    def before(which: str) -> float:
        span = table[table["freq"].eq("range") & table["period"].str.endswith(f"/{base}")]
        if len(span):
            return float(span["value"].iloc[0])
        return read(base, ("first",) if which == "first" else ("first", "single", "revised"))

    found = {}
    for which in ("first", "revised"):
        found[which] = 100 * (float(np.mean([read(m, (which,)) for m in months])) / before(which) - 1)
    return found


def _inside(row: dict[str, Any], band: tuple[float, float], sources: Sequence[str]) -> bool | None:
    read = [row[f"read_{source}_pct"] for source in sources]
    known = [value for value in read if np.isfinite(value)]
    return all(band[0] <= v <= band[1] for v in known) if known else None
