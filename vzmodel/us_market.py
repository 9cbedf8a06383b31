"""The United States as a market: what it bought by whose count, and what losing it cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from . import data, model
from .assumptions import load_assumptions
from .balance import MARKETS
from .calendar import DateLike, days
from .calendar import month as month_of
from .scenarios import Scenario

READINGS = {
    "crude_imports": "eia_crude",
    "petroleum_imports": "eia_crude_and_products",
    "crude_imports_tanker": "tankers_arriving",
    "goods_imports_usd": "customs_imports_usd_m",
    "goods_exports_usd": "customs_exports_usd_m",
}
CUSTOMS = ("customs_imports_usd_m", "customs_exports_usd_m")
SCOPE = {
    "eia_crude": "crude, arrived (EIA)",
    "eia_crude_and_products": "crude and products, arrived (EIA)",
    "tankers_arriving": "tankers, arrived",
    "tankers": "tankers, scope unstated",
    "cargoes_reported": "cargoes reported, loaded",
    "share_of_exports": "printed share of crude and fuel loaded",
    "customs_implied": "all goods at customs, at an oil price",
}
"""What each count of volume counts."""
NO_IMPORTS = ("2019-05", "2022-12")
"""Months in which EIA lists no crude from Venezuela: its monthly rows stop in April 2019, the 81 kb/d of that year are
used up by then, and 2020 to 2022 have no row at all."""
LEAST_OIL = 45.0
"""Goods at customs below which hardly any are oil [USD million a month]: up to 43 in months without oil."""
US = MARKETS.index("us")
OPEN = Scenario(
    "us_open",
    "The United States go on buying: no wind-down in 2019, and payments arrive",
    {"access_volume_us": {"2019-01": 1.0}, "access_cash_us": {"2019-01": 1.0}},
)


def us_sales(first: DateLike = "2018-01", last: DateLike | None = None) -> pd.DataFrame:
    """Return what the United States bought from Venezuela by month, by every count there is.

    Parameters
    ----------
    first, last : date

    Returns
    -------
    DataFrame
        Index month; columns eia_crude, eia_crude_and_products, tankers, tankers_arriving, cargoes_reported,
        share_of_exports and customs_implied [kb/d]; low and high over all counts and prints [kb/d], and low_count and
        high_count, what these count (`SCOPE`); customs_imports_usd_m and customs_exports_usd_m [USD million].

    Notes
    -----
    Counts differ in scope, so low and high are no error of one: crude alone or with products, loaded or arrived.
    share_of_exports is the printed share of the United States in printed exports; customs_implied is what the customs
    value buys at the month's Brent less the dated central gap. A column holds the last print of a count where there are
    several; low and high take all. From May 2019 to 2022 a month that EIA leaves out had no imports and stands as 0;
    customs then hold goods other than oil, and nothing is implied from less than 45 USD million.
    """
    table = data.read_table("us_trade")
    table = table[(table["freq"] == "month") & table["series"].isin(READINGS)]
    read = table.assign(month=pd.to_datetime(table["period"]), count=table["series"].map(READINGS))
    counts = pd.concat([read[["month", "count", "value"]], _cargoes(data.read_table("exports"))])
    seen = counts.loc[counts["count"] == "eia_crude", "month"]
    none = pd.period_range(*NO_IMPORTS, freq="M").to_timestamp().difference(pd.DatetimeIndex(seen))
    counts = pd.concat([counts, pd.DataFrame({"month": none, "count": "eia_crude", "value": 0.0})])
    wide = counts.pivot_table(index="month", columns="count", values="value", aggfunc="last")
    wide["customs_implied"] = _implied(wide["customs_imports_usd_m"])
    implied = wide["customs_implied"].dropna().rename("value").reset_index().assign(count="customs_implied")
    every = pd.concat([counts[counts["count"].isin(SCOPE)], implied], ignore_index=True)
    by_month = every.groupby("month")["value"]
    for end, at in (("low", by_month.idxmin()), ("high", by_month.idxmax())):
        found = every.loc[at].set_index("month")
        wide[end], wide[f"{end}_count"] = found["value"], found["count"].map(SCOPE)
    until = None if last is None else month_of(last, "last").to_timestamp()
    wide = wide.reindex(columns=[*SCOPE, "low", "low_count", "high", "high_count", *CUSTOMS])
    return wide.sort_index().rename_axis(columns=None).loc[month_of(first, "first").to_timestamp() : until]


def us_by_year(first: int = 2010) -> pd.DataFrame:
    """Return what the United States bought from Venezuela by year.

    Parameters
    ----------
    first : int
        First year.

    Returns
    -------
    DataFrame
        Index year; eia_crude, eia_crude_and_products and tankers_arriving [kb/d]; customs_imports_usd_m and
        customs_exports_usd_m [USD million, all goods, in the months there are] and months, how many of them [1].

    Raises
    ------
    ValueError
        If the first year lies after the last one known.

    Notes
    -----
    EIA has no row for 2020 to 2022, when it counted no imports: these are 0. A year still running has customs alone.

    Examples
    --------
    >>> us_by_year(2023)["eia_crude"].head(2).tolist()
    [132.0, 228.0]
    """
    table = data.read_table("us_trade")
    counts = table[table["series"].isin(READINGS)].assign(count=table["series"].map(READINGS))
    yearly = counts[(counts["freq"] == "year") & (counts["unit"] == "kb/d")]
    wide = yearly.assign(year=yearly["period"].astype(int)).pivot_table(index="year", columns="count", values="value")
    monthly = counts[(counts["freq"] == "month") & counts["count"].isin(CUSTOMS)]
    by = monthly.assign(year=monthly["period"].str[:4].astype(int)).pivot_table(
        index="year", columns="count", values="value", aggfunc=["sum", "count"]
    )
    wide = wide.reindex(range(min(wide.index.min(), by.index.min()), by.index.max() + 1))
    wide.loc[int(NO_IMPORTS[0][:4]) + 1 : int(NO_IMPORTS[1][:4]), "eia_crude"] = 0.0
    columns = [name for name in SCOPE if name in wide]
    if first > wide.index[-1]:
        raise ValueError(f"first year is {first}; purchases are known to {wide.index[-1]}")
    found = wide[columns].join(by["sum"][list(CUSTOMS)]).assign(months=by["count"][CUSTOMS[0]])
    return found.loc[first:].rename_axis(columns=None)


def _cargoes(exports: pd.DataFrame) -> pd.DataFrame:
    rows = exports[(exports["freq"] == "month") & exports["series"].isin(["us", "total"])]
    rows = rows.assign(month=pd.to_datetime(rows["period"].str[:7]))
    us, total = rows[rows["series"] == "us"], rows[(rows["series"] == "total") & (rows["unit"] == "kb/d")]
    tons = us[us["unit"] == "kb/d"]
    names = np.where(tons["definition"] == "unstated", "tankers", "cargoes_reported")
    same = ["month", "definition", "print"]
    share = us[us["unit"] == "1"].merge(total[[*same, "value"]], on=same, suffixes=("_share", ""))
    share = share.assign(count="share_of_exports", value=share["value_share"] * share["value"])
    return pd.concat([tons.assign(count=names), share])[["month", "count", "value"]]


def _implied(customs: pd.Series) -> pd.Series:
    """Return the oil that customs values buy [kb/d], values of less than 40 USD million left out."""
    months = pd.DatetimeIndex(customs.index)
    gap = _dated("gap_us").reindex(pd.PeriodIndex(months, freq="M"), method="ffill").to_numpy()
    price = data.load_history()["brent"].reindex(months).to_numpy() - gap
    return (customs.where(customs >= LEAST_OIL) * 1000 / months.days_in_month / price).where(price > 0)


def _dated(name: str) -> pd.Series:
    facts = load_assumptions().facts[name]
    central = {month: value[1] if isinstance(value, tuple) else value for month, value in facts.items()}
    return pd.Series({pd.Period(month, "M"): float(value) for month, value in central.items()}).sort_index()


def blocked(p: xr.Dataset) -> xr.DataArray:
    """Return the value of US cargoes that was paid into blocked accounts, (month, draw) [USD million].

    Parameters
    ----------
    p : Dataset
        One scenario of a hindcast with sales and realised_price by market.

    Notes
    -----
    ``sales x price x (1 - access_cash)``, cash access at its central dated value.
    """
    dated = _dated("access_cash_us")
    months = pd.PeriodIndex(p["month"].to_index(), freq="M")
    cash = dated.reindex(dated.index.union(months)).ffill().reindex(months).fillna(1.0)
    value = p["sales"].isel(market=US) * p["realised_price"].isel(market=US) * _days(p) / 1000
    return value * xr.DataArray(1 - cash.to_numpy(), dims="month")


def cost_of_losing_the_us(
    first: DateLike = "2018-07", last: DateLike = "2020-12", *, draws: int = 1024, **run: Any
) -> pd.DataFrame:
    """Return what losing US buyers cost by month, in parts that add up.

    Parameters
    ----------
    first, last : date
        Months run; the table begins in January 2019.
    draws : int
    **run
        As for `hindcast`.

    Returns
    -------
    DataFrame
        Index month; means over draws [USD million]: unsold (went into tanks), shut_in (stayed in the ground), wider_gap
        (diverted barrels sold at a lower price), blocked (paid into accounts out of reach), and total with total_p10
        and total_p90.

    Notes
    -----
    Against the same draws with the United States open, cash sales S at a mean price P:
    ``S1 P1 - S0 P0 = (S1 - S0) P1 + S0 (P1 - P0)``. The first term is shut_in, as far as more wells were shut
    (``shut-in more x P1``), and unsold for the rest, negative where tanks are drawn later; the second is wider_gap.
    """
    keep = ("sales", "realised_price", "shut_in", "production")
    p = model.hindcast(first, last, ["history", OPEN], draws=draws, keep=keep, **run)
    closed, free = p.isel(scenario=0), p.isel(scenario=1)
    sold, sold_free = (r["sales"].sum("market") for r in (closed, free))
    value, value_free = ((r["sales"] * r["realised_price"]).sum("market") for r in (closed, free))
    price_free = value_free / sold_free.where(sold_free > 0)
    price_free = price_free.fillna(0.0)
    price = (value / sold.where(sold > 0)).fillna(price_free)
    month = _days(p) / 1000
    volume = (sold_free - sold) * price_free * month
    shut = (closed["shut_in"] - free["shut_in"]) * price_free * month
    parts = {
        "unsold": volume - shut,
        "shut_in": shut,
        "wider_gap": sold * (price_free - price) * month,
        "blocked": blocked(closed),
    }
    table = pd.DataFrame({k: v.transpose("month", "draw").mean("draw").to_numpy() for k, v in parts.items()})
    table.index = pd.DatetimeIndex(p["month"].to_index(), name="month")
    total = np.sum([v.transpose("month", "draw").to_numpy() for v in parts.values()], axis=0)
    table["total"] = total.mean(axis=1)
    table["total_p10"], table["total_p90"] = np.quantile(total, (0.1, 0.9), axis=1)
    return table.loc["2019-01":]


def _days(p: xr.Dataset) -> xr.DataArray:
    months = pd.PeriodIndex(p["month"].to_index(), freq="M")
    return xr.DataArray(days(months), dims="month", coords={"month": p["month"]})
