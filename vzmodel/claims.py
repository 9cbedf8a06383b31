"""What the dollars must pay, and what a restructured claim is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from . import data, scenarios, summary

INCOMES = ("cash_revenue", "dollar_inflow")
TERMS: dict[str, Any] = {
    "haircut": 0.5, "coupon": 0.044, "tenor": 20, "grace": None, "amortisation": "bullet",
    "arrears": 0.0, "arrears_haircut": 0.0, "arrears_tenor": 10, "exit_yield": 0.11,
    "claim": None, "link_variable": "dollar_inflow", "link_share": 0.0, "link_threshold": 0.0,
}  # fmt: skip
"""Terms of `recovery` and their defaults: those a bank published in late 2025, before any arrears and revenue link."""


def obligations(tables: Mapping[str, pd.DataFrame], years: Sequence[int]) -> pd.DataFrame:
    """Return what falls due in cash each year; the last known year stands for later ones, except for payments made.

    Only bonds count as debt service: what China, Rosneft and partners are owed is repaid in cargoes, which are no cash.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        From `load_tables`; "debt" and "revenue" are read. Rows for part of a year are left out, except payments, which
        add up to what is known to have been paid.
    years : sequence of int
        Calendar years wanted.

    Returns
    -------
    DataFrame
        Index year, columns service_due, service_paid, goods_imports and the fuel_imports in these [USD million],
        missing where not known; ``attrs["from_year"]`` gives, per column and year, the year a figure is from.

    Raises
    ------
    ValueError
        If a table is missing.

    Examples
    --------
    >>> debt = pd.DataFrame({"start": ["2018-01-01"], "date": ["2018-12-31"], "creditor": ["bonds"],
    ...                      "series": ["service_due"], "value": [8000.0], "published": ["2018-02-01"]})
    >>> revenue = pd.DataFrame({"period": ["2018"], "concept": ["goods_imports"], "value": [14900.0],
    ...                         "published": ["2019-05-28"]})
    >>> obligations({"debt": debt, "revenue": revenue}, [2019]).loc[2019, ["service_due", "goods_imports"]].tolist()
    [8000.0, 14900.0]
    """
    for name in ("debt", "revenue"):
        if name not in tables:
            raise ValueError(f"table '{name}' is missing; give tables=load_tables() or owed=")
    debt, revenue = tables["debt"], tables["revenue"]
    start, end = pd.to_datetime(debt["start"]), pd.to_datetime(debt["date"])
    whole = (debt["creditor"] == "bonds") & (start.dt.day_of_year == 1) & (end == start + pd.offsets.YearEnd())
    paid = debt["creditor"].str.startswith("bonds") & (debt["series"] == "service_paid")
    annual = revenue[revenue["period"].astype(str).str.fullmatch(r"\d{4}")]
    year = annual["period"].astype(int)
    wanted = pd.Index([int(y) for y in years], name="year")
    known = {"service_due": _latest(debt[whole & (debt["series"] == "service_due")], end.dt.year),
             "service_paid": debt[paid].groupby(end[paid].dt.year)["value"].sum(),
             "goods_imports": _latest(annual[annual["concept"] == "goods_imports"], year)}
    # The fuel in a year's imports must be that year's: another year's would take off too much or too little.
    fuel = _latest(annual[annual["concept"] == "fuel_import_bill"], year)
    known["fuel_imports"] = fuel.reindex(known["goods_imports"].index)
    frame = pd.DataFrame({name: series.reindex(wanted, method=None if name == "service_paid" else "ffill")
                          for name, series in known.items()}, index=wanted, dtype=float)
    from_year = {name: {int(y): int(series.index[series.index <= y].max()) for y in wanted if frame[name].notna()[y]}
                 for name, series in known.items()}
    frame.attrs = {"units": "USD million", "from_year": from_year}
    return frame


def _latest(rows: pd.DataFrame, year: pd.Series) -> pd.Series:
    return rows.sort_values("published", kind="stable").groupby(year)["value"].last().sort_index()


def coverage(p: xr.Dataset, *, owed: pd.DataFrame | None = None, tables: Mapping[str, pd.DataFrame] | None = None,
             q: Sequence[float] = summary.QUANTILES) -> pd.DataFrame:
    """Return how far a year's dollars cover debt service and goods imports, and the chance that they fall short.

    Goods imports contain fuel and diluent, which cash revenue is already net of: the fuel known to be in them is taken
    off, else the run's import bill if they are of the same year, never below zero. Imports carried forward from a year
    whose fuel is not known stay whole, which overstates what is due.

    Parameters
    ----------
    p : Dataset
        From `project`, with cash_revenue or dollar_inflow, and import_bill if goods imports are made net of it.
    owed : DataFrame, optional
        Index year; any columns [USD million], of which "goods_imports" is made net of "fuel_imports" or the import bill
        as above, and "service_due" added to it as "service_and_imports". Default: `obligations` of the tables known on
        the run's day.
    tables : mapping, optional
        In place of ``load_tables(as_of=...)``.
    q : sequence of float
        Quantile levels of the cover ratio [1].

    Returns
    -------
    DataFrame
        Index (scenario, year, income, obligation); columns due (mean) [USD million], one per level of `q` (income over
        due) [1], shortfall_probability [1], expected_shortfall (mean of what is missing, 0 if covered) [USD million].

    Raises
    ------
    ValueError
        If the run holds neither income, no calendar year is complete, or no obligation is known for its years.
    """
    incomes = {name: summary.totals(p, name) for name in INCOMES if name in p}
    if not incomes:
        raise ValueError(f"this run holds neither of {' and '.join(INCOMES)}: run it again with keep={list(INCOMES)}")
    years = [int(y) for y in next(iter(incomes.values()))["year"].values]
    known = obligations(_tables(p) if tables is None else tables, years) if owed is None else owed
    from_year = known.attrs.get("from_year", {})
    due = _due(p, known.reindex(pd.Index(years, name="year")), from_year.get("goods_imports", {}))
    if not due:
        raise ValueError(f"no debt service or goods imports known for {years[0]} to {years[-1]}: give owed=")
    rows = {}
    for (year, name), amount in due.items():
        for income, total in incomes.items():
            for scenario in total["scenario"].values:
                have = total.sel(scenario=scenario, year=year).values
                owe = amount.sel(scenario=scenario).values
                rows[str(scenario), year, income, name] = _cover(have, owe, q)
    columns = ["due", *map(float, q), "shortfall_probability", "expected_shortfall"]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    frame.index = pd.MultiIndex.from_tuples(rows, names=["scenario", "year", "income", "obligation"])
    frame.attrs = {"units": "USD million", "from_year": from_year,
                   "left_out": next(iter(incomes.values())).attrs["left_out"]}
    return frame.sort_index()


def _tables(p: xr.Dataset) -> dict[str, pd.DataFrame]:
    return data.load_tables(as_of=summary._run(p).get("as_of"))


def _due(p: xr.Dataset, owed: pd.DataFrame, imports_from: Mapping[int, int]) -> dict[tuple[int, str], xr.DataArray]:
    due: dict[tuple[int, str], xr.DataArray] = {}
    like = summary.totals(p, next(n for n in INCOMES if n in p))
    for year in map(int, owed.index):
        known = {str(name): float(value) for name, value in owed.loc[year].dropna().to_dict().items()}
        fuel: Any = known.pop("fuel_imports", None)
        each = {name: xr.full_like(like.sel(year=year, drop=True), value) for name, value in known.items()}
        if "goods_imports" in each:
            if fuel is None and imports_from.get(year, year) == year:
                fuel = summary.totals(p, "import_bill").sel(year=year, drop=True)
            each["goods_imports"] = (each["goods_imports"] - (0.0 if fuel is None else fuel)).clip(min=0.0)
            if "service_due" in each:
                each["service_and_imports"] = each["goods_imports"] + each["service_due"]
        due.update({(year, name): amount for name, amount in each.items()})
    return due


def _cover(have: np.ndarray, owe: np.ndarray, q: Sequence[float]) -> list[float]:
    # Nothing due is covered whatever the income.
    ratio = np.divide(have, owe, out=np.full_like(have, np.inf), where=owe > 0)
    missing = np.maximum(owe - have, 0.0) * (owe > 0)
    levels = np.quantile(ratio, list(q), method="inverted_cdf")
    return [float(owe.mean()), *map(float, levels), float((missing > 0).mean()), float(missing.mean())]


def recovery(terms: Mapping[str, Any] | None = None, projection: xr.Dataset | None = None, *,
             q: Sequence[float] = summary.QUANTILES, **changes: Any) -> float | pd.DataFrame:
    r"""Return the present value of a restructured claim per 100 of old principal.

    Holders get a bond for the principal less the haircut, a zero-coupon note for the arrears and, if the terms say so,
    a share of future dollars. Payments are yearly, at the end of the year:

    .. math:: PV = \sum_t \frac{c B_{t-1} + a_t}{(1+y)^t} + \frac{A (1-h_A)}{(1+y)^{n_A}}
                   + \frac{100}{F} \sum_t \frac{s \max(0, X_t - X_0)}{(1+y)^t}

    Parameters
    ----------
    terms : mapping, optional
        Any of: haircut on principal [1]; coupon, exit_yield [1/year]; tenor, arrears_tenor [year]; amortisation
        ("bullet", or "equal" yearly parts after the grace years); grace without repayment [year]; arrears [USD per 100
        of principal]; arrears_haircut [1]; and for a revenue link: claim, the old principal [USD million]; link_share
        [1] of link_variable above link_threshold [USD million/year]. Missing ones as in ``claims.TERMS``.
    projection : Dataset, optional
        From `project`: pays the revenue link in its complete calendar years, the first one at the end of year 1.
    q : sequence of float
        Quantile levels [1] when there is a projection.
    **changes
        Terms as keywords; these win.

    Returns
    -------
    float or DataFrame
        Per 100 of principal [USD]; with a projection a DataFrame, index scenario, columns `q`.

    Raises
    ------
    ValueError
        If a term is unknown or out of bounds, or a revenue link lacks `claim` or a projection.

    Examples
    --------
    >>> round(recovery(haircut=0, coupon=0.11, exit_yield=0.11), 9)
    100.0
    >>> round(recovery(arrears=58))
    44
    """
    t = _checked({**TERMS, **(terms or {}), **changes})
    note = t["arrears"] * (1 - t["arrears_haircut"]) * _discount(t, t["arrears_tenor"])
    fixed = 100 * (1 - t["haircut"]) * _bond(t) + note
    if projection is None:
        if t["link_share"] > 0:
            raise ValueError("link_share pays out of projected dollars: give projection=project(...)")
        return float(fixed)
    link: Any = 0.0
    totals = summary.totals(projection, t["link_variable"])
    if t["link_share"] > 0:
        when = xr.DataArray(_discount(t, 1 + np.arange(totals.sizes["year"])), dims="year")
        paid = t["link_share"] * np.maximum(totals - t["link_threshold"], 0.0)
        link = 100 / t["claim"] * (paid * when).sum("year")
    value = (totals.isel(year=0, drop=True) * 0 + fixed + link).rename("recovery")
    value.attrs = {"units": "USD per 100 of principal"}
    return summary._quantiles(value, q)


def _checked(t: dict[str, Any]) -> dict[str, Any]:
    for name in t.keys() - TERMS.keys():
        raise ValueError(f"unknown term '{name}'{scenarios.suggest(name, TERMS)}; terms are {', '.join(TERMS)}")
    if t["grace"] is None:
        t["grace"] = t["tenor"] - 1 if t["amortisation"] == "bullet" else 0
    bounds = {"haircut": (0, 1, "[1]"), "arrears_haircut": (0, 1, "[1]"), "link_share": (0, 1, "[1]"),
              "coupon": (0, 1, "[1/year]"), "arrears": (0, np.inf, "per 100 of principal"),
              "tenor": (1, 100, "[year]"), "arrears_tenor": (0, 100, "[year]"), "grace": (0, t["tenor"] - 1, "[year]"),
              "link_threshold": (0, np.inf, "[USD million/year]")}
    for name, (low, high, unit) in bounds.items():
        if not isinstance(t[name], (int, float)) or not low <= t[name] <= high:
            raise ValueError(f"{name} is {t[name]!r} {unit}: it must lie within {low:g} to {high:g}")
    for name in ("tenor", "arrears_tenor", "grace"):
        if t[name] != int(t[name]):
            raise ValueError(f"{name} is {t[name]} [year]: payments are yearly, so use whole years")
    if not isinstance(t["exit_yield"], (int, float)) or not t["exit_yield"] > -1:
        raise ValueError(f"exit_yield is {t['exit_yield']!r} [1/year]: it must be above -1")
    if t["amortisation"] not in ("bullet", "equal"):
        raise ValueError(f"amortisation is {t['amortisation']!r}: use 'bullet' or 'equal'")
    if t["link_share"] > 0 and not (t["claim"] or 0) > 0:
        raise ValueError(f"claim is {t['claim']!r} [USD million]: a revenue link needs the old principal, above 0")
    return t


def _discount(t: Mapping[str, Any], years: Any) -> Any:
    return (1.0 + t["exit_yield"]) ** -np.asarray(years, dtype=float)


def _bond(t: Mapping[str, Any]) -> float:
    tenor = int(t["tenor"])
    year = np.arange(1, tenor + 1)
    repaid = np.zeros(tenor)
    if t["amortisation"] == "bullet":
        repaid[-1] = 1.0
    else:
        repaid[int(t["grace"]):] = 1.0 / (tenor - int(t["grace"]))
    outstanding = 1.0 - np.concatenate([[0.0], np.cumsum(repaid)[:-1]])
    return float(((t["coupon"] * outstanding + repaid) * _discount(t, year)).sum())
