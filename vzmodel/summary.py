"""What a run says: quantiles, totals, mixtures, differences, always per draw before any quantile."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from . import scenarios

QUANTILES = (0.1, 0.5, 0.9)


def totals(p: xr.Dataset, variable: str, *, by: str = "year") -> xr.DataArray:
    """Return a variable per draw, by month or added up by calendar year.

    Each variable has one yearly rule, ``attrs["by_year"]``: money adds up (sum), rates are means weighted by the days
    of the month (day_mean), prices received are weighted by barrels sold (sales_weighted), stocks are taken at the end
    of the year (last). Where a draw sells nothing in a year, the days alone weigh its prices.

    Parameters
    ----------
    p : Dataset
        From `project` or `hindcast`, dims scenario, month, [market | host | creditor,] draw.
    variable : str
        Name as in ``data/variables.csv``.
    by : {"year", "month"}
        With "year" only complete calendar years count; ``attrs["left_out"]`` lists the others.

    Returns
    -------
    DataArray
        Dims scenario, year | month, [market | host | creditor,] draw, in the unit of the variable.

    Raises
    ------
    ValueError
        If the variable is unknown or was not kept, or no calendar year is complete.
    """
    if by not in ("year", "month"):
        raise ValueError(f"by={by!r} is not known: use 'month' or 'year'")
    array = _kept(p, variable)
    if by == "month":
        return array
    years = pd.DatetimeIndex(array["month"].values).year
    complete = complete_years(years)
    left_out = [int(y) for y in years.unique() if int(y) not in complete]
    rule = array.attrs.get("by_year", "")
    weights = _weights(p, array, rule)
    parts = [_year(array, weights, rule, np.flatnonzero(years == y)) for y in complete]
    out = xr.concat(parts, dim=pd.Index(complete, name="year")).transpose("scenario", "year", ..., "draw")
    out.attrs = {**array.attrs, "left_out": left_out}
    return out.rename(variable)


def complete_years(years: pd.Index) -> list[int]:
    """Return the calendar years of which a run has all twelve months.

    Parameters
    ----------
    years : Index
        Year of each month.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> complete_years(pd.period_range("2026-09", "2027-12", freq="M").year)
    [2027]
    """
    complete = [int(y) for y in years.unique() if (years == y).sum() == 12]
    if not complete:
        raise ValueError(f"no complete calendar year among {len(years)} months "
                         f"({', '.join(map(str, years.unique()))}): use by='month' or project more months")
    return complete


def _kept(p: xr.Dataset, variable: str) -> xr.DataArray:
    if variable not in p.data_vars:
        from vzmodel.model._dataset import vocabulary

        names = vocabulary()
        if variable in names:
            raise ValueError(f"'{variable}' was not kept in this run: run it again with keep=['{variable}']")
        raise ValueError(f"no variable '{variable}'{scenarios.suggest(variable, {*names, *map(str, p.data_vars)})}; "
                         f"this run has {', '.join(map(str, p.data_vars))}")
    return p[variable].transpose("scenario", "month", ..., "draw")


def _days(array: xr.DataArray) -> xr.DataArray:
    days = np.asarray(pd.DatetimeIndex(array["month"].values).days_in_month, dtype=float)
    return xr.DataArray(days, {"month": array["month"]}, dims="month")


def _weights(p: xr.Dataset, array: xr.DataArray, rule: str) -> xr.DataArray:
    days = _days(array)
    if rule in ("sum", "last", "day_mean"):
        return days
    if rule != "sales_weighted":
        raise ValueError(f"'{array.name}' has no yearly rule (by_year={rule!r}): sum, day_mean, sales_weighted or last")
    sold = p.get("sales")
    if "market" in array.dims:
        if sold is None or "market" not in sold.dims:
            raise ValueError(f"a yearly '{array.name}' is weighted by sales by market: keep=['{array.name}', 'sales']")
        return sold * days
    if sold is None and "exports" not in p:
        raise ValueError(f"a yearly '{array.name}' is weighted by sales: keep=['{array.name}', 'sales']")
    barrels = p["exports"] if sold is None else sold.sum("market") if "market" in sold.dims else sold
    return barrels * days


def _year(array: xr.DataArray, weights: xr.DataArray, rule: str, at: np.ndarray) -> xr.DataArray:
    months = array.isel(month=at)
    if rule == "sum":
        return months.sum("month", skipna=False)
    if rule == "last":
        return months.isel(month=-1, drop=True)
    weight = weights.isel(month=at)
    total = weight.sum("month", skipna=False)
    if rule == "sales_weighted":
        days = _days(months)
        weight, total = weight.where(total > 0, days), total.where(total > 0, days.sum())
    return (months * weight).sum("month", skipna=False) / total


def quantiles(p: xr.Dataset, variable: str, *, by: str = "month", q: Sequence[float] = QUANTILES) -> pd.DataFrame:
    """Return quantiles over draws, by month or by complete calendar year.

    Totals are taken per draw before quantiles: the 90th percentile of a year is not the sum of twelve monthly ones.

    Parameters
    ----------
    p, variable
        As in `totals`.
    by : {"month", "year"}
        With "year", ``attrs["left_out"]`` of the result lists the years that are not complete.
    q : sequence of float
        Quantile levels [1], within 0 to 1.

    Returns
    -------
    DataFrame
        Index (scenario, month | year[, market | host | creditor]), columns `q`, in the unit in ``attrs["units"]``.

    Raises
    ------
    ValueError
        As `totals`; or if a level lies outside 0 to 1.
    """
    return _quantiles(totals(p, variable, by=by), q)


def _quantiles(array: xr.DataArray, q: Sequence[float]) -> pd.DataFrame:
    levels = [float(level) for level in q]
    if not levels or not all(0 <= level <= 1 for level in levels):
        raise ValueError(f"quantile levels {list(q)} must lie within 0 to 1")
    dims = [str(d) for d in array.dims[:-1]]
    values = np.moveaxis(np.quantile(array.values, levels, axis=-1), 0, -1).reshape(-1, len(levels))
    levels_of = [array[d].to_index() for d in dims]
    index = pd.MultiIndex.from_product(levels_of, names=dims) if len(dims) > 1 else levels_of[0].rename(dims[0])
    frame = pd.DataFrame(values, index=index, columns=pd.Index(levels, name="quantile"))
    frame.attrs = {"variable": str(array.name), **array.attrs}
    return frame


def mixture(p: xr.Dataset, weights: Mapping[str, float] | None = None) -> xr.Dataset:
    """Mix scenarios into one by allotting each draw to a scenario in proportion to its weight.

    The allotment is fixed by the weights and the number of draws, so that the same call gives the same mixture.

    Parameters
    ----------
    p : Dataset
        From `project`.
    weights : mapping of scenario name to float, optional
        Weights [1] that add up to 1. Default: the probabilities the run's scenarios carry.

    Returns
    -------
    Dataset
        One scenario, "mixture"; the coordinate ``drawn_from`` (draw) names the scenario of each draw.

    Raises
    ------
    ValueError
        If a name is not in the run, a weight is negative, weights do not add up to 1, or there are none.
    """
    names = [str(name) for name in p["scenario"].values]
    given = _probabilities(p) if weights is None else {str(k): float(v) for k, v in weights.items()}
    for name, weight in given.items():
        _known(name, names)
        if not weight >= 0:
            raise ValueError(f"weight of scenario '{name}' is {weight} [1]: it must not be negative")
    if not math.isclose(sum(given.values()), 1, abs_tol=1e-6):
        raise ValueError(f"weights add up to {sum(given.values()):.6g} [1], not 1: {given}")
    draws = p.sizes["draw"]
    shares = np.array([given.get(name, 0.0) for name in names]) * draws
    counts = np.floor(shares + 1e-9).astype(int)
    counts[np.argsort(counts - shares, kind="stable")[: draws - counts.sum()]] += 1
    pick = np.empty(draws, dtype=int)
    # Golden-ratio order spreads every scenario evenly over the chunks of draws.
    spread = np.argsort(np.arange(draws) * 0.6180339887498949 % 1, kind="stable")
    pick[spread] = np.repeat(np.arange(len(names)), counts)
    chosen = p.isel(scenario=xr.DataArray(pick, dims="draw"), draw=xr.DataArray(np.arange(draws), dims="draw"))
    mixed = chosen.rename(scenario="drawn_from").expand_dims(scenario=["mixture"])
    mixed.attrs = {**p.attrs, "mixture": json.dumps(given)}
    return mixed.transpose("scenario", "month", ..., "draw")


def _known(name: str, names: Iterable[str]) -> str:
    choices = list(names)
    if name not in choices:
        raise ValueError(f"no scenario '{name}' in this run{scenarios.suggest(name, choices)}; "
                         f"it has {', '.join(choices)}")
    return name


def _run(p: xr.Dataset) -> dict[str, Any]:
    if "run" not in p.attrs:
        raise ValueError("this Dataset carries no attrs['run']: it must come from project() or hindcast()")
    return json.loads(p.attrs["run"])


def _probabilities(p: xr.Dataset) -> dict[str, float]:
    stated = _run(p)["probabilities"]
    found = {str(n): stated[str(n)] for n in p["scenario"].values}
    missing = [name for name, value in found.items() if value is None]
    if missing:
        raise ValueError(f"no probability in scenario '{missing[0]}': give weights={{name: share}} that add up to 1")
    return {name: float(value) for name, value in found.items() if value is not None}


def compare(p: xr.Dataset, variable: str, scenario: str, *, against: str, by: str = "month",
            q: Sequence[float] = QUANTILES) -> pd.DataFrame:
    """Return quantiles of the difference between two scenarios, draw by draw under the same luck.

    Parameters
    ----------
    p, variable, by, q
        As in `quantiles`.
    scenario, against : str
        The difference is `scenario` less `against`, in the unit of the variable.

    Returns
    -------
    DataFrame
        Index (scenario, month | year[, market | host | creditor]), columns `q`; ``attrs["against"]`` names the other.

    Raises
    ------
    ValueError
        As `quantiles`; or if a scenario is not in the run.
    """
    for name in (scenario, against):
        _known(name, map(str, p["scenario"].values))
    array = totals(p, variable, by=by)
    difference = array.sel(scenario=[scenario]) - array.sel(scenario=against, drop=True)
    difference.attrs = {**array.attrs, "against": against}
    return _quantiles(difference.transpose(*array.dims).rename(variable), q)


def to_iamc(p: xr.Dataset, path: str | Path | None = None, *, by: str = "year",
            q: Sequence[float] = QUANTILES) -> pd.DataFrame:
    """Return every variable of a run as one long table in the format of the integrated-assessment community.

    Parameters
    ----------
    p : Dataset
        From `project`.
    path : str or Path, optional
        CSV file to write.
    by : {"year", "month"}
        Period of the rows.
    q : sequence of float
        Quantile levels [1], the last part of the variable's name.

    Returns
    -------
    DataFrame
        Columns model, scenario, region, variable (``name[|market]|p10``), unit, year | time, value.

    Raises
    ------
    ValueError
        As `quantiles`.
    """
    version = _run(p).get("version", "") if "run" in p.attrs else ""
    tables = []
    for name in map(str, p.data_vars):
        frame = quantiles(p, name, by=by, q=q)
        unit = frame.attrs.get("units", "")
        long = pd.DataFrame({"value": frame.stack()}).reset_index()
        parts = [c for c in long.columns if c not in ("scenario", "year", "month", "quantile", "value")]
        long["variable"] = [f"{name}|" + "|".join([*map(str, row[:-1]), f"p{100 * row[-1]:g}"])
                            for row in long[[*parts, "quantile"]].itertuples(index=False)]
        tables.append(long.assign(model=f"vzmodel {version}".strip(), region="Venezuela", unit=unit))
    table = pd.concat(tables, ignore_index=True).rename(columns={"month": "time"})
    table = table[["model", "scenario", "region", "variable", "unit", "year" if by == "year" else "time", "value"]]
    if path is not None:
        table.to_csv(path, index=False, lineterminator="\n")
    return table
