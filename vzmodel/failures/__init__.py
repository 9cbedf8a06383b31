"""What grid failures cost in oil and dollars: past episodes, the account of early 2019, the years ahead."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from vzmodel import outages
from vzmodel.assumptions import load_assumptions
from vzmodel.assumptions._sampling import percentiles
from vzmodel.calendar import DateLike
from vzmodel.calendar import days as days_of
from vzmodel.data import load_tables
from vzmodel.failures._account import OUTCOMES as OUTCOMES
from vzmodel.failures._account import Band, band, mean_too
from vzmodel.failures._account import account as account
from vzmodel.model import hindcast, project
from vzmodel.scenarios import START, Scenario, Value, load_scenarios, resolve

EPISODES = {
    "September 2013": ("2013-09", "2013-10"),
    "August 2018, Zulia": ("2018-08", "2018-09"),
    "March 2019": ("2019-03", "2019-04"),
    "July 2019": ("2019-07", "2019-08"),
    "August 2024": ("2024-08", "2024-09"),
}
"""Months from which an episode is counted and in which its restart ends; output lost is given for the first of them."""
YEARS = (2018, 2019, 2021)
GRIDS = ("grid_normal", "status_quo", "grid_stressed", "grid_improving", "grid_failure")

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
        ``episodes``: name, month, lost_share [1] and deferred_kbd [kb/d] of the month; barrels_mb [million bbl]
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
    from vzmodel.data import latest

    table = latest(load_tables()["production"], ["month", "series"])
    wide = table.pivot(index="month", columns="series", values="value")
    before, now = wide.loc["2019-02-01"], wide.loc["2019-03-01"]
    pairs = {str(s): (before[s], now[s]) for s in wide if before[s] == before[s] and now[s] == now[s]}
    effects = load_tables()["oil_effects"]
    press = effects[(effects["event"] == "2019-03") & (effects["measure"] == "month_average")]
    known = effects[(effects["event"] == "2019-03-07") & (effects["measure"] == "output_before")].iloc[0]
    for row in press.itertuples():
        pairs[f"{row.source}; early March by {known['source']}"] = (known["low"], row.low)
    return [
        {
            "source": source, "before_kbd": float(a), "month_kbd": float(b), "read_share": float(1 - b / a),
            "deferred_share": share, "deferred_kbd": {k: v * float(a) for k, v in share.items()},
        }
        for source, (a, b) in pairs.items()
    ]  # fmt: skip


def response(
    lengths: tuple[float, ...] = (5.0, 24.0, 120.0), *, draws: int = 1024, as_of: DateLike | None = None
) -> list[dict[str, Any]]:
    """Return what a failure of the whole grid costs by its length, zone and asset, with the own plant of the day.

    Parameters
    ----------
    lengths : tuple of float
        Lengths of the failure [hour], 0 or more.
    draws : int
        Draws of the parameters [1].
    as_of : date, optional
        Use the assumptions of that day.

    Returns
    -------
    list of dict
        hours; nation and orinoco, the share of output out in the last hour [1]; days, of the nation's output in all,
        restart included [day]; terminal, upgraders and refineries, days down after power is back [day]: p10, p50, p90.

    Raises
    ------
    ValueError
        If a length is negative.

    Examples
    --------
    >>> response((3.0,), draws=64)[0]["nation"]["p50"]
    0.0
    """
    if min(lengths) < 0:
        raise ValueError(f"length {min(lengths):g} [hour] is negative; a failure lasts 0 hours or more")
    months = pd.period_range("2019-03", periods=1, freq="M")
    a = load_assumptions(as_of=as_of).sample(Scenario("plain"), months, percentiles(2019, 0, draws))
    open_share = 1 - a["own_generation_cover"]
    zones = outages.exposures(a) * open_share
    heavy = np.minimum(a["extra_heavy_share"], 1 - a["west_share"])
    rows: list[dict[str, Any]] = []
    for length in lengths:
        hours = np.full((1, 1, draws), float(length))
        built = 1 - np.exp(-np.maximum(length - a["outage_threshold"], 0) / a["outage_ramp"])
        none, whole = np.zeros(hours.shape), np.ones(hours.shape)
        # months without end, so that all of the restart falls in the first
        lost = outages.days_by_zone((hours, whole, none), (none, none), np.array([1e6]), a, 1)[0]
        down = outages.restart_days(hours[0, 0], a)
        rows.append({
            "hours": length, "nation": band(zones.sum(axis=0) * built),
            "orinoco": band((zones[0] + zones[1]) / heavy * built), "days": band((zones * lost).sum(axis=0)),
            **{asset: band(values) for asset, values in down.items()},
        })  # fmt: skip
    return rows


def forward(
    grids: Iterable[str | Scenario] = GRIDS, *, months: int = 60, draws: int = 1000, seed: int = 2019
) -> list[dict[str, Any]]:
    """Return what failures cost a year under grids that stay normal, stay stressed or improve.

    Parameters
    ----------
    grids : iterable of str or Scenario
        Each is compared with itself without failures.
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

    Raises
    ------
    ValueError
        If a name is no scenario, or the scenarios start in different months.
    """
    chosen = resolve(grids, load_scenarios())
    never = {s.name: s.but(f"{s.name}_no_failure", changes=_never(s)) for s in chosen}
    asked = [s for one in chosen for s in (one, never[one.name])]
    keep = ["deferred_production", "dollar_inflow", "sales", "realised_price"]
    p = project(asked, months=months, draws=draws, seed=seed, keep=keep)
    length = xr.DataArray(days_of(pd.PeriodIndex(p["month"].to_index(), freq="M")), dims="month")
    rows, years = [], months / 12
    for name in never:
        barrels = p["deferred_production"].sel(scenario=name) * length / 1000
        gone = p["dollar_inflow"].sel(scenario=never[name].name) - p["dollar_inflow"].sel(scenario=name)
        rows.append({
            "grid": name,
            "barrels_mb": mean_too(barrels.sum("month").to_numpy() / years),
            "worth": mean_too((barrels * _price(p.sel(scenario=name))).sum("month").to_numpy() / years),
            "dollars": mean_too(gone.sum("month").to_numpy() / years),
            "first_year": float(barrels[:12].sum("month").mean()),
            "last_year": float(barrels[-12:].sum("month").mean()),
        })  # fmt: skip
    return rows


def _never(scenario: Scenario) -> dict[str, dict[str, Value]]:
    dated = [when for when in scenario.changes.get("outage_rate", {}) if when != START]
    return {"outage_rate": dict.fromkeys([START, *dated], 0.0)}
