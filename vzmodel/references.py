"""Published paths beside ours: what others printed for a scenario, and where it falls among our draws."""

from __future__ import annotations

from typing import Any

import pandas as pd
import xarray as xr

from . import data


def periods(label: str) -> pd.PeriodIndex:
    """Return the months of a printed period.

    Examples
    --------
    >>> len(periods("2028")), len(periods("2026Q1")), str(periods("2025-09")[0])
    (12, 3, '2025-09')
    """
    whole = pd.Period(label, freq="Y" if len(label) == 4 else None)
    return pd.period_range(whole.asfreq("M", "start"), whole.asfreq("M", "end"), freq="M")


def published(p: xr.Dataset, paths: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return published paths beside the draws of a run over the same months.

    Parameters
    ----------
    p : Dataset
        From `project`.
    paths : DataFrame, optional
        scenario, issuer, period (year, quarter or month), variable, value, low, high and note, in the unit of the
        variable; the table reference_paths without it.

    Returns
    -------
    DataFrame
        One row per published value whose scenario and variable the run holds: scenario, issuer, period, variable,
        value, low, high, ours_p10, ours_p50, ours_p90 (mean over the period's days, in the unit), share_below (draws
        below the value) [1] and note. Where the run does not cover the whole period, ours are empty.

    Raises
    ------
    ValueError
        If the run holds no scenario with a published path.
    """
    table = data.load_tables()["reference_paths"] if paths is None else paths
    names = [str(name) for name in p["scenario"].values]
    rows = table[table["scenario"].isin(names) & table["variable"].isin([str(v) for v in p.data_vars])]
    if rows.empty:
        raise ValueError(f"no published path for {', '.join(names)}; there are paths for "
                         f"{', '.join(sorted(table['scenario'].unique()))}")
    months = pd.DatetimeIndex(p["month"].values).to_period("M")
    kept = ["scenario", "issuer", "period", "variable", "value", "low", "high"]
    out = [{**{k: row[k] for k in kept}, **_ours(p, row, months), "note": row["note"]} for _, row in rows.iterrows()]
    frame = pd.DataFrame(out)
    frame["order"] = frame["scenario"].map(names.index)
    return frame.sort_values(["order", "period"], kind="stable").drop(columns="order").reset_index(drop=True)


def _ours(p: xr.Dataset, row: pd.Series, months: pd.PeriodIndex) -> dict[str, Any]:
    wanted = periods(str(row["period"]))
    if not wanted.isin(months).all():
        return dict.fromkeys(("ours_p10", "ours_p50", "ours_p90", "share_below"))
    array = p[row["variable"]].sel(scenario=row["scenario"]).values[months.isin(wanted)]
    days = wanted.days_in_month.to_numpy()[:, None]
    draws = (array * days).sum(axis=0) / days.sum()
    low, middle, high = pd.Series(draws).quantile([0.1, 0.5, 0.9])
    return {"ours_p10": low, "ours_p50": middle, "ours_p90": high, "share_below": float((draws < row["value"]).mean())}
