"""The present chapter: what the scenarios of today bring, month by month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from vzmodel import charts
from vzmodel.charts import balance, fans, outages, prices, production, remittances, revenue, scenarios

from .exhibits import Chapter, Exhibit, band, change, fell, last_year, tanks, year_of

BASE = "status_quo"
NAMES = ("status_quo", "slow_recovery", "investment_recovery", "relapse", "grid_failure", "price_normalises")
MARKS = {"2002-12-02": "oil strike", "2007-05-01": "Orinoco taken over", "2017-08-24": "finance sanctions",
         "2019-01-28": "PDVSA designated", "2020-02-18": "Rosneft Trading designated", "2022-11-26": "licence GL 41",
         "2025-12-16": "blockade announced"}


def marks(events: pd.DataFrame | None) -> list[tuple[pd.Timestamp, str]]:
    """Return the few dated events that charts mark, those of the table only."""
    if events is None:
        return []
    days = set(pd.to_datetime(events["date"]).dt.strftime("%Y-%m-%d"))
    return [(pd.Timestamp(day), name) for day, name in MARKS.items() if day in days]


def build(p: xr.Dataset, detail: xr.Dataset, history: pd.DataFrame, tables: dict[str, pd.DataFrame],
          decline: pd.DataFrame, title: str = "") -> Chapter:
    """Return the chapter.

    Parameters
    ----------
    p : xarray.Dataset
        The scenarios of today.
    detail : xarray.Dataset
        The base scenario with sales and prices by market.
    history : DataFrame
        From `load_history`.
    tables : dict of DataFrame
        From `load_tables`.
    decline : DataFrame
        From `production.decline`.
    title : str, optional
    """
    base = BASE if BASE in p["scenario"].values else str(p["scenario"].values[0])
    first = pd.Timestamp(p["month"].to_index()[0])
    return Chapter(
        "now", title or f"Now: from {first:%B %Y} on",
        ["Each scenario is a dated change to sourced assumptions; all of them share the same parameters and the same "
         "shocks draw by draw, so a difference between two of them is the change and not the luck.",
         "Scenarios carry no probabilities unless they state one, which is a judgement with its reason in the table of "
         "scenarios: the bands are within a scenario, never across."],
        findings(p, detail, base, decline, history), exhibits(p, detail, base, history, tables, decline))


def findings(p: xr.Dataset, detail: xr.Dataset, base: str, decline: pd.DataFrame, history: pd.DataFrame) -> list[str]:
    """Return the chapter's sentences, each with its number from the run."""
    out = [fell(decline, history)]
    year, inflow = year_of(p, "dollar_inflow", base)
    out.append(f"In {base} the economy takes in USD {band(inflow / 1000)} billion in {year}, "
               f"USD {np.median(inflow) / 12:,.0f} million a month.")
    oil = year_of(p, "cash_revenue", base)[1] + year_of(p, "operator_local_dollars", base)[1]
    gross = year_of(p, "gross_export_value", base)[1]
    out.append(f"Of 100 dollars of gross export value {band(100 * oil / gross, ',.0f')} arrive as oil dollars in "
               f"{year}; of the rest, in the mean of draws, {spent(revenue.waterfall_table(detail, base))}.")
    sent = year_of(p, "remittances", base)[1]
    share = year_of(p, "monetised_remittances", base)[1]
    out.append(f"Venezuelans abroad send USD {band(sent / 1000)} billion in {year}; USD {band(share / 1000)} billion "
               "of it passes through the exchange market and is counted in the inflow.")
    return out + _changes(p, base, year)


LEGS = {"Freight and intermediaries": "pay freight and intermediaries",
        "Cargoes for debt and Cuba": "leave as cargoes for debt and Cuba",
        "Swap and partner cargoes": "leave as partners' and swap cargoes, less the dollars operators sell at home",
        "Not collected, or paid late": "are not collected or come late", "Held in escrow": "are held in escrow",
        "Fuel and diluent for cash": "buy fuel and diluent"}


def spent(table: pd.DataFrame) -> str:
    """Name the legs between gross export value and the oil dollars that arrive, above 1 % of it, largest first.

    Parameters
    ----------
    table : DataFrame
        From `revenue.waterfall_table`.

    Examples
    --------
    >>> steps = {"Gross export value": 50, "Freight and intermediaries": -2, "Held in escrow": -8}
    >>> spent(pd.DataFrame({"mean": steps}))
    '16 are held in escrow; 4 pay freight and intermediaries'
    """
    mean = table["mean"].copy()
    if {"Swap and partner cargoes", "Dollars sold by operators"} <= set(mean.index):
        mean["Swap and partner cargoes"] += mean["Dollars sold by operators"]
    legs = (-100 * mean / mean["Gross export value"]).reindex([name for name in mean.index if name not in NOT_LEGS])
    legs = legs[legs > 1].sort_values(ascending=False)
    return "; ".join(f"{value:.0f} {LEGS.get(str(name), _plain(str(name)))}" for name, value in legs.items())


NOT_LEGS = ("Gross export value", "Cash of the state company", "Dollars sold by operators", "Oil dollars that arrive")


def _plain(name: str) -> str:
    return "go to: " + " ".join(name.split()).lower()


def _changes(p: xr.Dataset, base: str, year: int) -> list[str]:
    names = [str(s) for s in p["scenario"].values if str(s) != base]
    out, end = [], last_year(p)
    if names:
        gains = {name: change(p, "dollar_inflow", name, base, end) for name in names}
        best, worst = max(gains, key=lambda n: gains[n][0]), min(gains, key=lambda n: gains[n][0])
        out.append(f"Of the {len(names)} compared here, {best} adds most to the inflow of {base} in {end}: USD "
                   f"{gains[best][1]} billion; {worst} adds least or takes most: USD {gains[worst][1]} billion.")
    if "price_normalises" in names:
        price = change(p, "brent", "price_normalises", base, end, 1.0, "+,.0f")[1]
        money = change(p, "dollar_inflow", "price_normalises", base, end)[1]
        out.append(f"price_normalises moves Brent by {price} USD/bbl and the inflow by USD {money} billion in {end} "
                   f"against {base}.")
    if "grid_failure" in names:
        lost = year_of(p, "deferred_production", "grid_failure", year)[1]
        money = change(p, "dollar_inflow", "grid_failure", base, year, form="+,.2f")[1]
        out.append(f"grid_failure defers {band(lost, ',.0f')} kb/d over {year} and changes the inflow by USD {money} "
                   f"billion against {base}.")
    return out


def exhibits(p: xr.Dataset, detail: xr.Dataset, base: str, history: pd.DataFrame, tables: dict[str, pd.DataFrame],
             decline: pd.DataFrame) -> list[Exhibit]:
    """Return the chapter's charts."""
    return [*_past(history, tables, decline), *_money(p, detail, base), *_barrels(p, detail, base, history, tables),
            *_power(p, base, tables), *_others(p, base, tables)]


def _past(history: pd.DataFrame, tables: dict[str, pd.DataFrame], decline: pd.DataFrame) -> list[Exhibit]:
    readings = history[[c for c in history if str(c).startswith("production")]].dropna(how="all")
    events, size = marks(tables.get("events")), (6.9, 1.5 + 0.42 * len(decline))
    return [
        Exhibit("production_history", "Output since 2002, by source", "Readings of one quantity, none of them right.",
                lambda: (production.history(history, charts.sheet(), events=events), readings)),
        Exhibit("production_decline", "How far output fell", "State the source and the months with the number.",
                lambda: (production.decline(decline, charts.sheet(size=size)), decline)),
    ]


def _money(p: xr.Dataset, detail: xr.Dataset, base: str) -> list[Exhibit]:
    size = (6.6, 1.6 + 0.42 * p.sizes["scenario"])
    title = "Dollar inflow a month by scenario [USD million]"
    return [
        Exhibit("dollar_inflow", "Dollar inflow a month", f"The fan of {base}; nobody prints a monthly outcome.",
                lambda: (charts.fan(p, "dollar_inflow", base, ax=charts.sheet(),
                                    title=f"Dollar inflow a month, {base}"),
                         fans.fan_table(p, "dollar_inflow", base))),
        Exhibit("dollar_inflow_scenarios", "Dollar inflow, each scenario",
                "The same scale throughout; the number is the last median.",
                lambda: (charts.small_multiples(p, "dollar_inflow", title=title),
                         charts.small_table(p, "dollar_inflow"))),
        Exhibit("dollar_inflow_yearly", "Dollar inflow by year", "The first and the last complete calendar year.",
                lambda: (scenarios.yearly(p, ax=charts.sheet(size=size)), scenarios.yearly_table(p, "dollar_inflow"))),
        Exhibit("dollar_inflow_parts", "What the inflow is made of",
                "Medians of the four parts do not add up to the median of the sum.",
                lambda: (revenue.parts(p, base, charts.sheet()), revenue.parts_table(p, base))),
        Exhibit("gross_to_cash", "From gross exports to cash",
                "Every cargo has one settlement; nothing is deducted twice.",
                lambda: (revenue.waterfall(detail, base, charts.sheet(size=(6.9, 4.3))),
                         revenue.waterfall_table(detail, base))),
    ]


def _barrels(p: xr.Dataset, detail: xr.Dataset, base: str, history: pd.DataFrame,
             tables: dict[str, pd.DataFrame]) -> list[Exhibit]:
    title = f"Brent and the price at origin, {base}"
    return [
        Exhibit("production_scenarios", "Output, each scenario", "Two years of history in black.",
                lambda: (charts.small_multiples(p, "production", history=history,
                                                title="Crude output by scenario [kb/d]"),
                         charts.small_table(p, "production"))),
        Exhibit("crude_uses", "Where the crude goes",
                "Refined, sold, shipped to a creditor, stored or unaccounted for.",
                lambda: (balance.uses(p, base, charts.sheet()), balance.uses_table(p, base))),
        Exhibit("storage", "Crude in tanks", "Full tanks shut wells in; dots, where there are any, are dated readings.",
                lambda: tanks(p, base, tables)),
        Exhibit("brent", "Brent and the price received",
                "The gap to Brent holds quality and any discount; freight comes on top.",
                lambda: (prices.brent(detail, base, history, charts.sheet(), since="2019", title=title),
                         _price_table(detail, base))),
    ]


def _power(p: xr.Dataset, base: str, tables: dict[str, pd.DataFrame]) -> list[Exhibit]:
    grid, out = "grid_failure" if "grid_failure" in p["scenario"].values else base, []
    if "blackouts" in tables:
        rows = tables["blackouts"]
        out.append(Exhibit("blackouts", "Grid failures", "Dated events with their length, where it is known.",
                           lambda: (outages.event_strip(rows, charts.sheet()), outages.strip_table(rows))))
    out.append(Exhibit("outage_response", "What a failure of the whole grid does to output",
                       "Hours cost little; after days the fields come back in days, what waits for upgraders in weeks.",
                       lambda: (outages.response(charts.sheet()), outages.response_table())))
    if "night_lights" in tables:
        lights = tables["night_lights"]
        out.append(Exhibit("night_lights", "Light at night around March 2019",
                           "Zulia and Mérida stayed dimmer for months, the capital hardly.",
                           lambda: (outages.night_lights(lights, charts.sheet()), outages.lights_table(lights))))
    out.append(Exhibit("deferred_production", "Output deferred by grid failures",
                       "Most months lose little; the mean is carried by a few.",
                       lambda: (outages.deferred(p, grid, charts.sheet()),
                                fans.fan_table(p, "deferred_production", grid))))
    return out


def _others(p: xr.Dataset, base: str, tables: dict[str, pd.DataFrame]) -> list[Exhibit]:
    out, size = [], (6.6, 1.6 + 0.42 * p.sizes["scenario"])
    if "remittances" in tables:
        out.append(Exhibit("remittances", "Money sent home", "Rival totals conflict; each stands under its author.",
                           lambda: _sent(p, base, tables["remittances"])))
    if p.sizes["scenario"] > 1:
        out.append(Exhibit("differences", f"What each scenario adds to {base}",
                           "Both scenarios of a draw share the same luck.",
                           lambda: (scenarios.differences(p, base, year=last_year(p), ax=charts.sheet(size=size)),
                                    scenarios.difference_table(p, "dollar_inflow", base))))
    return out


def _price_table(p: xr.Dataset, base: str) -> pd.DataFrame:
    parts = {"brent": fans.fan_table(p, "brent", base), "price_at_origin": prices.received_table(p, base)}
    return pd.concat({name: part for name, part in parts.items() if part is not None}, names=["quantity"])


def _sent(p: xr.Dataset, base: str, table: pd.DataFrame) -> tuple[Any, pd.DataFrame]:
    rows = remittances.rivals_table(table)
    rows = rows[rows["year"] >= 2016]
    return remittances.totals(p, base, rows, charts.sheet(size=(7.4, 4.3))), rows
