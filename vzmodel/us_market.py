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
        share_of_exports and customs_implied [kb/d]; customs_imports_usd_m and customs_exports_usd_m [USD million]; low
        and high over all counts and prints [kb/d], and low_count and high_count, what these count (`SCOPE`).

    Notes
    -----
    Counts differ in scope, so low and high are no error of one: crude alone or with products, loaded or arrived.
    share_of_exports is the printed share of the United States in printed exports; customs_implied is what the customs
    value buys at the month's Brent less the dated central gap. A column holds the last print of a count where there are
    several; low and high take all. Between June 2019 and 2022 a month that EIA leaves out had no imports; customs then
    hold goods other than oil, and nothing is implied from less than 45 USD million.
    """
    table = data.read_table("us_trade")
    table = table[(table["freq"] == "month") & table["series"].isin(READINGS)]
    read = table.assign(month=pd.to_datetime(table["period"]), count=table["series"].map(READINGS))
    counts = pd.concat([read[["month", "count", "value"]], _cargoes(data.read_table("exports"))])
    wide = counts.pivot_table(index="month", columns="count", values="value", aggfunc="last")
    wide["customs_implied"] = _implied(wide["customs_imports_usd_m"])
    implied = wide["customs_implied"].dropna().rename("value").reset_index().assign(count="customs_implied")
    every = pd.concat([counts[counts["count"].isin(SCOPE)], implied], ignore_index=True)
    by_month = every.groupby("month")["value"]
    for end, at in (("low", by_month.idxmin()), ("high", by_month.idxmax())):
        found = every.loc[at].set_index("month")
        wide[end], wide[f"{end}_count"] = found["value"], found["count"].map(SCOPE)
    until = None if last is None else month_of(last, "last").to_timestamp()
    return wide.sort_index().rename_axis(columns=None).loc[month_of(first, "first").to_timestamp() : until]


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


def limit_or_discount(
    volume: float = 600.0, brent: float = 65.0, gap: float = 15.0, cut: float = 0.2, lifting: float | None = None
) -> pd.DataFrame:
    """Compare a quantity limit with a forced discount of the same size, in dollars a day.

    Parameters
    ----------
    volume : float
        Blend sold for cash [kb/d].
    brent, gap : float
        Brent and the gap to it at origin [USD/bbl].
    cut : float
        Share of the volume not allowed, or of the price given up [1].
    lifting : float, optional
        Cash cost of lifting saved on a barrel not produced [USD/bbl]; the assumption lifting_cost without it.

    Returns
    -------
    DataFrame
        Index quantity_limit and forced_discount; columns lost_sales, saved_diluent, saved_lifting and net_loss
        [USD million a day], and barrels_kept, left in the ground [kb/d].

    Raises
    ------
    ValueError
        If the cut is outside [0, 1], the volume negative, or the price not above 0.

    Notes
    -----
    ``limit = cut V (p - diluent - lifting)``, ``discount = cut V p``: the limit saves the imported diluent of the
    blend not made, ``extra_heavy_share d imported_share`` of a barrel at ``diluent_price_ratio x Brent``, and lifting
    of the crude part. The discount costs more by exactly that.

    Examples
    --------
    >>> t = limit_or_discount(600, 65, 15, 0.2, lifting=10)
    >>> float(t.loc["forced_discount", "net_loss"])
    6.0
    >>> bool(t.loc["quantity_limit", "net_loss"] < t.loc["forced_discount", "net_loss"])
    True
    """
    price = brent - gap
    if not (0 <= cut <= 1 and volume >= 0 and price > 0):
        raise ValueError(
            f"cut {cut:g} [1] must lie between 0 and 1, volume {volume:g} [kb/d] be 0 or more and "
            f"Brent {brent:g} less gap {gap:g} [USD/bbl] above 0"
        )
    a = load_assumptions().table["central"]
    diluent = a["extra_heavy_share"] * a["diluent_per_blend"] * a["diluent_imported_share"]
    cost = a["lifting_cost"] if lifting is None else lifting
    barrels = cut * volume / 1000
    lost = barrels * price
    saved = barrels * diluent * a["diluent_price_ratio"] * brent
    lifted = barrels * (1 - diluent) * cost
    rows = {
        "quantity_limit": (lost, saved, lifted, lost - saved - lifted, cut * volume * (1 - diluent)),
        "forced_discount": (lost, 0.0, 0.0, lost, 0.0),
    }
    columns = ["lost_sales", "saved_diluent", "saved_lifting", "net_loss", "barrels_kept"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _days(p: xr.Dataset) -> xr.DataArray:
    months = pd.PeriodIndex(p["month"].to_index(), freq="M")
    return xr.DataArray(days(months), dims="month", coords={"month": p["month"]})
