"""The present chapter: what the scenarios of today bring, month by month."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from vzmodel import charts, references
from vzmodel.charts import fans, revenue, scenarios
from vzmodel.charts.references import reference

from .exhibits import Chapter, Exhibit, band, change, each, last_year, mean_change, year_of
from .material import Material


def build(m: Material) -> Chapter:
    """Return the chapter."""
    first = pd.Timestamp(m.p["month"].to_index()[0])
    findings, says = sentences(m)
    return Chapter(
        "now", f"Now: from {first:%B %Y} on",
        ["Each scenario is a dated change to sourced assumptions; all of them share the same parameters and the same "
         "shocks draw by draw, so a difference between two of them is the change and not the luck.",
         "Scenarios carry no probabilities unless they state one, which is a judgement with its reason in the table of "
         "scenarios: the bands are within a scenario, never across."],
        findings, says, exhibits(m))


def sentences(m: Material) -> tuple[list[str], list[str]]:
    """Return the chapter's sentences, each with its number from the run: those of the first page, and the others."""
    p, base = m.p, m.base
    year, inflow = year_of(p, "dollar_inflow", base)
    end = last_year(p)
    last = year_of(p, "dollar_inflow", base, end)[1]
    first = [f"In {base}, {_at(p, base, year)}, the economy takes in USD {band(inflow / 1000)} billion in {year}, "
             f"USD {np.median(inflow) / 12:,.0f} million a month; in {end}, {_at(p, base, end)}, USD "
             f"{band(last / 1000)} billion.",
             f"Of 100 dollars of gross export value in {year}, in the mean of draws: "
             f"{spent(revenue.waterfall_table(m.markets, base))}."]
    best, *rest = [*changes(m), ""]
    return [*first, *([best] if best else [])], [text for text in rest if text]


def _at(p: xr.Dataset, base: str, year: int) -> str:
    """Say the price and the output with which a year's dollars go."""
    brent, output = (year_of(p, name, base, year)[1] for name in ("brent", "production"))
    return f"at Brent {band(brent, ',.0f')} USD/bbl and output of {band(output / 1000, ',.2f')} mb/d"


LEGS = {"Freight and intermediaries": "pay freight and intermediaries",
        "Cargoes for debt and Cuba": "leave as cargoes for debt and Cuba",
        "Swap and partner cargoes": "leave as partners' and swap cargoes, less the dollars operators sell at home",
        "Not collected, or paid late": "are not collected or come late", "Held in escrow": "are held in escrow",
        "Fuel and diluent for cash": "arrive and leave again for fuel and diluent"}


def spent(table: pd.DataFrame) -> str:
    """Say where 100 dollars of gross export value end: those that stay, then the legs above 1 of 100, largest first.

    Parameters
    ----------
    table : DataFrame
        From `revenue.waterfall_table`: means, which add up; the whole dollars said add up to 100.

    Examples
    --------
    >>> steps = {"Gross export value": 50, "Freight and intermediaries": -2, "Held in escrow": -8,
    ...          "Oil dollars that arrive": 40}
    >>> spent(pd.DataFrame({"mean": steps}))
    '80 arrive and stay as oil dollars; 16 are held in escrow; 4 pay freight and intermediaries'
    """
    mean = table["mean"].copy()
    if {"Swap and partner cargoes", "Dollars sold by operators"} <= set(mean.index):
        mean["Swap and partner cargoes"] += mean["Dollars sold by operators"]
    legs = (-100 * mean / mean["Gross export value"]).reindex([name for name in mean.index if name not in NOT_LEGS])
    legs = legs[legs > 1].sort_values(ascending=False)
    stay = 100 * mean["Oil dollars that arrive"] / mean["Gross export value"]
    parts = {"arrive and stay as oil dollars": stay,
             **{LEGS.get(str(name), _plain(str(name))): value for name, value in legs.items()}}
    rest = 100 - sum(parts.values())
    if rest >= 0.5:
        parts["go elsewhere"] = rest
    return "; ".join(f"{dollars} {words}" for words, dollars in _whole(parts).items() if dollars)


def _whole(parts: dict[str, float]) -> dict[str, int]:
    """Round to whole dollars that add up to their rounded sum: the largest remainders are rounded up."""
    down = {name: int(np.floor(value)) for name, value in parts.items()}
    missing = round(sum(parts.values())) - sum(down.values())
    up = sorted(parts, key=lambda name: down[name] - parts[name])[:missing]
    return {name: value + (name in up) for name, value in down.items()}


NOT_LEGS = ("Gross export value", "Cash of the state company", "Dollars sold by operators", "Oil dollars that arrive")


def _plain(name: str) -> str:
    return "go to: " + " ".join(name.split()).lower()


def changes(m: Material) -> list[str]:
    """Say what the other scenarios change in the base: the best and the worst first."""
    p, base = m.p, m.base
    names = [str(s) for s in p["scenario"].values if str(s) != base]
    out, end = [], last_year(p)
    if names:
        gains = {name: change(p, "dollar_inflow", name, base, end) for name in names}
        best, worst = max(gains, key=lambda n: gains[n][0]), min(gains, key=lambda n: gains[n][0])
        out.append(f"Of the {len(names)} scenarios set beside {base}, {best} has the highest inflow in {end}: USD "
                   f"{gains[best][1]} billion against it{_less_spending(m, best, end)}; {worst} has the lowest: USD "
                   f"{gains[worst][1]} billion.")
    if "price_normalises" in names:
        price = change(p, "brent", "price_normalises", base, end, 1.0, "+,.0f")[1]
        money = change(p, "dollar_inflow", "price_normalises", base, end)[1]
        out.append(f"price_normalises moves Brent by {price} USD/bbl and the inflow by USD {money} billion in {end} "
                   f"against {base}.")
    return out


def _less_spending(m: Material, name: str, year: int) -> str:
    """Say what a scenario spends on its fields over the base in the same year, and what that leaves of its gain."""
    more = m.spending(name, year) - m.spending(m.base, year)
    if np.median(more) < 0.05:
        return ""
    gain = mean_change(m.p, "dollar_inflow", name, m.base, year)
    return (f", gross of what it spends on fields and wells, USD {band(more)} billion more in that year; if all of "
            f"that came out of the inflow, {charts.style.signed(f'{gain - more.mean():+,.1f}')} would be left in the "
            f"mean of draws ({charts.style.signed(f'{gain:+,.1f}')} less {more.mean():,.1f})")


def exhibits(m: Material) -> list[Exhibit]:
    """Return the chapter's charts."""
    p, base = m.p, m.base
    size = (6.6, 1.6 + 0.42 * p.sizes["scenario"])
    title = "Dollar inflow a month by scenario [USD million]"
    out = [
        Exhibit("dollar_inflow", "Dollar inflow a month",
                "The middle of the fan is what to plan on, its edges what to be ready for; nobody prints a monthly "
                "outcome to set beside it.", each(m.shown, *_fan(p, "dollar_inflow", "Dollar inflow a month"))),
        Exhibit("dollar_inflow_scenarios", "Dollar inflow, each scenario",
                "Compare the last medians: the scale is the same throughout.",
                lambda: (charts.small_multiples(p, "dollar_inflow", title=title),
                         charts.small_table(p, "dollar_inflow"))),
        Exhibit("dollar_inflow_yearly", "Dollar inflow by year",
                "The paler row is the first complete year, the darker the last: what a scenario does takes time.",
                lambda: (scenarios.yearly(p, ax=charts.sheet(size=size)), scenarios.yearly_table(p, "dollar_inflow"))),
        Exhibit("dollar_inflow_parts", "What the inflow is made of",
                "See which part carries the sum; medians of parts do not add up to the median of the sum.",
                each(m.shown, lambda name, ax: revenue.parts(p, name, ax), lambda name: revenue.parts_table(p, name))),
        Exhibit("production_scenarios", "Output, each scenario", "Two years of history in black, then the scenario.",
                lambda: (charts.small_multiples(p, "production", history=m.history,
                                                title="Crude output by scenario [kb/d]"),
                         charts.small_table(p, "production"))),
    ]
    if p.sizes["scenario"] > 1:
        out.append(Exhibit("differences", f"What each scenario adds to {base}",
                           "Right of zero is more dollars; both scenarios of a draw share the same luck.",
                           lambda: (scenarios.differences(p, base, year=last_year(p), ax=charts.sheet(size=size)),
                                    scenarios.difference_table(p, "dollar_inflow", base))))
    return out + _published(m)


def _fan(p: xr.Dataset, variable: str, title: str, history: pd.DataFrame | None = None) -> tuple[Any, Any]:
    def draw(name: str, ax: Any) -> Any:
        return charts.fan(p, variable, name, history, ax, title=f"{title}, {name}")
    return draw, lambda name: fans.fan_table(p, variable, name)


def _published(m: Material) -> list[Exhibit]:
    """Return the chart of scenarios beside the paths others printed for them, the caller's own drawn over each."""
    paths = m.tables.get("reference_paths")
    names = [str(name) for name in m.p["scenario"].values]
    rows = None if paths is None else paths[paths["scenario"].isin(names) & (paths["variable"] == "production")]
    if rows is None or rows.empty:
        return []

    def draw(name: str, ax: Any) -> Any:
        reference(m.p, name, ax=ax, history=m.history, paths=paths)
        for place, own in enumerate(o for o in m.own if o != name):
            middle = fans.fan_table(m.p, "production", own)[0.5]
            colour = charts.style.CYCLE[(place + 1) % len(charts.style.CYCLE)]
            ax.plot(middle.index, middle, color=colour, lw=1.4, ls=(0, (4, 2)), zorder=6)
            ax.annotate(own, (middle.index[len(middle) // 3], middle.iloc[len(middle) // 3]), xytext=(0, 4),
                        textcoords="offset points", fontsize=7.4, color=colour, path_effects=charts.style.HALO)
        return ax

    table = references.published(m.p, rows)
    shown = [name for name in names if name in set(rows["scenario"])]
    return [Exhibit("reference_paths", "Scenarios beside the paths others printed",
                    "Where a printed bar lies outside the fan, its author counts on more or less than the scenario.",
                    each(shown, draw, lambda name: table[table["scenario"] == name].drop(columns="scenario")))]
