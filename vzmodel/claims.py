"""Whether the dollars cover what they must pay, and what they leave for imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from vzmodel import data, summary
from vzmodel.assumptions import _sampling

from .obligations import monthly_shares, obligations
from .restructuring import recovery, value_table

__all__ = ["FINANCING", "INCOMES", "cover", "coverage", "falling_due", "income_total", "incomes",
           "left_for_imports", "obligations", "recovery", "value_table"]

INCOMES = ("cash_revenue", "dollar_inflow", "import_financing")
FINANCING = ("cash_revenue", "operator_local_dollars", "remittances", "other_exports")
"""What pays for imports: as the dollar inflow, with all remittances, as those netted against imports pay too."""
SERVICED = {"debt_deal": "2027-07"}
"""Scenarios whose proceeds are collected after debt service, and from which month."""
NORMAL = pd.Series({"distribution": "normal", "minimum": 0.0, "maximum": np.inf})


def coverage(p: xr.Dataset, *, owed: pd.DataFrame | None = None, tables: Mapping[str, pd.DataFrame] | None = None,
             by: str = "year", service: float | None = None, q: Sequence[float] = summary.QUANTILES) -> pd.DataFrame:
    """Return how far the dollars cover debt service and goods imports, and the chance that they fall short.

    What is due of imports is without fuel: goods imports of a year less the fuel and diluent known to be in that same
    year's total, never below zero; the last known year stands for later ones. The fuel and diluent of the run itself
    come off its dollars (cash revenue is net of them) and are not charged again. Imports whose fuel is not known are
    charged whole. Service is 0 where a scenario's proceeds are collected after it (`SERVICED`).

    Imports are to be set against import_financing (`FINANCING`), service against dollar_inflow: remittances netted
    against imports pay for imports, not for debt.

    Parameters
    ----------
    p : Dataset
        From `project`, with cash_revenue or dollar_inflow, or the parts of import_financing.
    owed : DataFrame, optional
        Index year; any columns [USD million], of which "goods_imports" is made net of "fuel_imports" as above, and
        "service_due" added to it as "service_and_imports". A column x with x_low and x_high beside it
        (10th and 90th percentile) is drawn. Default: `obligations` of the tables known on the run's day.
    tables : mapping, optional
        In place of ``load_tables(as_of=...)``.
    by : {"year", "month"}
        Complete calendar years, or months: bond service then falls in the months of its coupons, the rest evenly.
    service : float, optional
        Debt service in place of what is due [USD million/year], as after a restructuring.
    q : sequence of float
        Quantile levels of the cover ratio [1].

    Returns
    -------
    DataFrame
        Index (scenario, year | month, income, obligation), incomes as far as the run holds them; columns due (mean)
        [USD million], one per level of `q` (income over due) [1], shortfall_probability [1], expected_shortfall (mean
        of what is missing, 0 if covered) [USD million]. ``attrs["from_year"]`` says which year a figure due is from.

    Raises
    ------
    ValueError
        If the run holds no income, no calendar year is complete, or no obligation is known for its years.
    """
    found = {name: income_total(p, name, by=by) for name in incomes(p)}
    if not found:
        keep = ["dollar_inflow", *FINANCING]
        raise ValueError(f"this run holds none of {', '.join(INCOMES)}: run it again with keep={keep}")
    due, from_year = falling_due(p, next(iter(found.values())), owed=owed, tables=tables, by=by, service=service)
    rows = {}
    if not all(0 <= level <= 1 for level in q):
        raise ValueError(f"quantile levels {list(q)} must lie within 0 to 1")
    for (period, name), amount in due.items():
        for income, total in found.items():
            for scenario in total["scenario"].values:
                have = total.sel({"scenario": scenario, by: period}).values
                owe = amount.sel(scenario=scenario).values
                rows[str(scenario), period, income, name] = cover(have, owe, q)
    columns = ["due", *map(float, q), "shortfall_probability", "expected_shortfall"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    frame.index = pd.MultiIndex.from_tuples(rows, names=["scenario", by, "income", "obligation"])
    frame.attrs = {"units": "USD million", "from_year": from_year,
                   "left_out": next(iter(found.values())).attrs.get("left_out", [])}
    return frame.sort_index()


def incomes(p: xr.Dataset) -> list[str]:
    """Return the incomes that a run holds, of `INCOMES`."""
    held = {name: name in p for name in INCOMES} | {"import_financing": all(name in p for name in FINANCING)}
    return [name for name in INCOMES if held[name]]


def income_total(p: xr.Dataset, income: str, *, by: str = "year") -> xr.DataArray:
    """Return an income per draw by year or month, as `summary.totals` [USD million].

    Parameters
    ----------
    p : Dataset
    income : {"dollar_inflow", "cash_revenue", "import_financing"}
    by : {"year", "month"}

    Notes
    -----
    ``import_financing = cash_revenue + operator_local_dollars + remittances + other_exports``, remittances of all hosts
    and channels: an upper end, as some of what is sent is kept abroad.
    """
    if income != "import_financing":
        return summary.totals(p, income, by=by)
    parts = [summary.totals(p, name, by=by) for name in FINANCING]
    out = sum(part.sum("host") if "host" in part.dims else part for part in parts[1:]) + parts[0]
    return out.transpose("scenario", by, "draw").assign_attrs(parts[0].attrs).rename("import_financing")


def left_for_imports(p: xr.Dataset, *, service: float | None = None, income: str | None = None,
                     owed: pd.DataFrame | None = None, tables: Mapping[str, pd.DataFrame] | None = None,
                     by: str = "year", q: Sequence[float] = summary.QUANTILES) -> pd.DataFrame:
    """Return what debt service leaves for imports, and how many months of imports without fuel that pays for.

    Parameters
    ----------
    p, owed, tables, by, q
        As in `coverage`.
    service : float, optional
        Debt service [USD million/year]; 0 as long as nothing is paid. Default: what is due.
    income : {"import_financing", "dollar_inflow", "cash_revenue"}
        Default: import_financing where the run holds its parts, else dollar_inflow.

    Returns
    -------
    DataFrame
        Index (scenario, year | month, quantity) with the quantities "left" [USD million], "months" of imports [month,
        at a twelfth of a year's; none where nothing is left] and "beyond_imports", left less imports [USD million];
        columns `q` and probability that what is left is less than the imports of the period [1].

    Raises
    ------
    ValueError
        As `coverage`; or if goods imports are not known.
    """
    total = income_total(p, income or max(incomes(p), key=INCOMES.index, default="dollar_inflow"), by=by)
    due, _ = falling_due(p, total, owed=owed, tables=tables, by=by, service=service)
    rows = {}
    for period in dict.fromkeys(period for period, _ in due):
        if (period, "goods_imports") not in due:
            raise ValueError(f"no goods imports known for {period}: give owed= with a column goods_imports")
        imports = due[period, "goods_imports"]
        paid = due.get((period, "service_due"), imports * 0.0)
        for scenario in map(str, total["scenario"].values):
            need = imports.sel(scenario=scenario).values
            left = total.sel({"scenario": scenario, by: period}).values - paid.sel(scenario=scenario).values
            monthly = need / (12 if by == "year" else 1)
            months = np.divide(np.maximum(left, 0.0), monthly, out=np.full_like(left, np.inf), where=monthly > 0)
            short = float((left < need).mean())
            for name, values in (("left", left), ("months", months), ("beyond_imports", left - need)):
                levels = np.quantile(values, list(q), method="inverted_cdf")
                rows[scenario, period, name] = [*map(float, levels), short]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=[*map(float, q), "shortfall_probability"])
    frame.index = pd.MultiIndex.from_tuples(rows, names=["scenario", by, "quantity"])
    return frame.sort_index()


def tables_of(p: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Return the tables as known on a run's own day."""
    return data.load_tables(as_of=summary._run(p).get("as_of"))


def check_service(service: float) -> None:
    """Raise ValueError unless a yearly debt service [USD million/year] is 0 or more."""
    if not isinstance(service, (int, float)) or not 0 <= service < np.inf:
        raise ValueError(f"service is {service!r} [USD million/year]: it must be 0 or more")


def falling_due(
    p: xr.Dataset, like: xr.DataArray, *, owed: pd.DataFrame | None = None,
    tables: Mapping[str, pd.DataFrame] | None = None, by: str = "year", service: float | None = None,
) -> tuple[dict[tuple[Any, str], xr.DataArray], dict[str, dict[int, int]]]:
    """Return what falls due in each period, drawn where it is a range.

    Parameters
    ----------
    p, owed, tables, by, service
        As in `coverage`.
    like : DataArray
        Totals of the run, whose years or months and draws the answer has.

    Returns
    -------
    dict
        By (period, name): amounts of dims scenario, draw [USD million].
    dict
        Per column of the obligations and year, the year a figure is from.

    Raises
    ------
    ValueError
        If nothing is known to fall due, or `service` is negative.
    """
    periods = like[by].to_index()
    year_of = periods.year.to_numpy() if by == "month" else periods.to_numpy()
    years = [int(y) for y in dict.fromkeys(year_of)]
    if owed is None and tables is None:
        tables = tables_of(p)
    known = obligations(tables or {}, years) if owed is None else owed
    from_year = known.attrs.get("from_year", {})
    known = known.reindex(pd.Index(years, name="year")).astype(float)
    if service is not None:
        check_service(service)
        known = known.assign(service_due=float(service))
    share = coupons = np.full(len(periods), 1 / 12 if by == "month" else 1.0)
    if by == "month":
        known = known.drop(columns="service_paid", errors="ignore")  # its month is not in the yearly figure
        if service is None and tables and len(tables.get("obligations", ())):
            coupons = monthly_shares(tables["obligations"], pd.DatetimeIndex(periods))
    due: dict[tuple[Any, str], xr.DataArray] = {}
    for k, (period, year) in enumerate(zip(periods, map(int, year_of), strict=True)):
        each = _drawn(known.loc[year], like.isel({by: k}, drop=True), share[k], coupons[k])
        if "service_due" in each:
            each["service_due"] = each["service_due"] * _unpaid(like, period if by == "month" else year)
        due.update({(period, name): amount for name, amount in _net(each).items()})
    if not due:
        raise ValueError(f"no debt service or goods imports known for {years[0]} to {years[-1]}: give owed=")
    return due, from_year


def _unpaid(like: xr.DataArray, period: Any) -> xr.DataArray:
    """Return 0 for scenarios whose proceeds of a month or year are collected after debt service, 1 for others."""
    # a year is taken whole: what fell due in it before the deal is part of what the deal settles
    size = 4 if isinstance(period, int) else 7
    paid = [str(s) in SERVICED and SERVICED[str(s)][:size] <= str(period)[:size] for s in like["scenario"].values]
    return xr.DataArray([1.0 - x for x in paid], {"scenario": like["scenario"].values}, "scenario")


def _drawn(known: pd.Series, like: xr.DataArray, share: float, coupons: float) -> dict[str, xr.DataArray]:
    each = {}
    names = {str(n).removesuffix("_low").removesuffix("_high") for n in known.dropna().index}
    for name in sorted(names & set(map(str, known.dropna().index))):
        low, central, high = (float(known.get(f"{name}{end}", known[name])) for end in ("_low", "", "_high"))
        if np.isnan(low) or np.isnan(high):
            low = high = central
        # fuel is part of imports, so both are drawn at one percentile; evenly spread, as the draws have no order
        step = 0.6180339887498949 if "imports" in name else 0.41421356237309515
        u = (0.5 + step * np.arange(like.sizes["draw"])) % 1
        values = _sampling.quantile(NORMAL, (low, central, high), u)
        part = coupons if name == "service_due" else share
        each[name] = (xr.zeros_like(like) + xr.DataArray(values * part, dims="draw")).transpose("scenario", "draw")
    return each


def _net(each: dict[str, xr.DataArray]) -> dict[str, xr.DataArray]:
    fuel: Any = each.pop("fuel_imports", 0.0)
    if "goods_imports" in each:
        each["goods_imports"] = (each["goods_imports"] - fuel).clip(min=0.0)
        if "service_due" in each:
            each["service_and_imports"] = each["goods_imports"] + each["service_due"]
    return each


def cover(have: np.ndarray, owe: np.ndarray, q: Sequence[float]) -> list[float]:
    """Return mean due, quantiles of income over due, chance of a shortfall and its mean, from draws [USD million]."""
    # Nothing due is covered whatever the income.
    ratio = np.divide(have, owe, out=np.full_like(have, np.inf), where=owe > 0)
    missing = np.maximum(owe - have, 0.0) * (owe > 0)
    levels = np.quantile(ratio, list(q), method="inverted_cdf")
    return [float(owe.mean()), *map(float, levels), float((missing > 0).mean()), float(missing.mean())]
