"""The seed chapter: what could be known on 1 April 2019, and what then happened drawn over it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import xarray as xr

from vzmodel import charts
from vzmodel.charts import fans, remittances, revenue, scenarios
from vzmodel.scoring import crps

from . import premise
from .exhibits import Chapter, Draw, Exhibit, Table, band, each, fell, scale, tanks, year_of

DAY = "2019-04-01"
BASE = "seed_2019_base"
NAMES = ("seed_2019_base", "seed_2019_low", "seed_2019_transition", "rosneft_sanctioned", "blackouts_persist",
         "gl8_lapses", "trader_diversion", "price_shock")
SCORED = {"production": "crude output", "all_exports": "crude and product exports", "brent": "Brent",
          "migrants": "Venezuelans abroad"}
SOURCE = "Outcome: see the table of sources."
OUTCOME = {"all_exports": "exports"}


def with_all_exports(p: xr.Dataset) -> xr.Dataset:
    """Return the run with crude and product exports added up, which is what reported exports count."""
    both = (p["exports"] + p["product_exports"]).assign_attrs(
        units="kb/d", by_year="day_mean", long_name="Crude and product exports")
    return p.assign(all_exports=both)


def score(p: xr.Dataset, outcome: pd.DataFrame) -> pd.DataFrame:
    """Return how each scenario's bands held what then happened.

    Parameters
    ----------
    p : xarray.Dataset
        A run of which the months have passed.
    outcome : DataFrame
        From `load_history`.

    Returns
    -------
    DataFrame
        scenario, quantity, months [month], first, last, inside_50_pct, inside_80_pct [percent of months], the latter
        also of months 1-12 and 13 on, median_error_pct and last_error_pct [percent of the outcome], last_band_pct
        (width of the 80 % band in the last month) [percent of the median], crps_pct (mean) [percent of the mean
        outcome].
    """
    rows = []
    for variable, words in SCORED.items():
        if variable not in p:
            continue
        seen = fans.series_of(outcome, OUTCOME.get(variable, variable))
        for name in [] if seen is None else [str(s) for s in p["scenario"].values]:
            table = fans.fan_table(p, variable, name)
            both = table.join(seen.rename("seen"), how="inner").dropna()  # type: ignore[union-attr]
            if both.empty:
                continue
            off = 100 * (both[0.5] / both["seen"] - 1)
            held = both["seen"].between(both[0.1], both[0.9])
            early = both.index < table.index[0] + pd.DateOffset(months=12)
            end = both.iloc[-1]
            rows.append({"scenario": name, "quantity": words, "months": len(both), "first": f"{both.index[0]:%Y-%m}",
                         "last": f"{both.index[-1]:%Y-%m}",
                         "inside_50_pct": 100 * both["seen"].between(both[0.25], both[0.75]).mean(),
                         "inside_80_pct": 100 * held.mean(), "inside_80_months_1_12": 100 * held[early].mean(),
                         "inside_80_months_13_on": 100 * held[~early].mean(),
                         "median_error_pct": float(off.median()), "last_error_pct": float(off.iloc[-1]),
                         "last_band_pct": float(100 * (end[0.9] - end[0.1]) / end[0.5]),
                         "crps_pct": _crps(p, variable, name, both["seen"])})
    return pd.DataFrame(rows)


def _crps(p: xr.Dataset, variable: str, scenario: str, seen: pd.Series) -> float:
    draws = fans.summed(p, variable, scenario)[variable].isel(scenario=0).transpose("month", "draw").to_numpy()
    place = pd.DatetimeIndex(p["month"].values).get_indexer(pd.DatetimeIndex(seen.index))
    return float(100 * crps(seen.to_numpy(), draws[place]).mean() / abs(seen.mean()))


def build(p: xr.Dataset, known: pd.DataFrame, outcome: pd.DataFrame, tables: dict[str, pd.DataFrame],
          decline: pd.DataFrame, own: Sequence[str] = ()) -> Chapter:
    """Return the chapter.

    Parameters
    ----------
    p : xarray.Dataset
        The seed scenarios, as of 1 April 2019.
    known, outcome : DataFrame
        From `load_history`, as of that day and as of now.
    tables : dict of DataFrame
        From `load_tables`.
    decline : DataFrame
        From `production.decline`, as of that day.
    own : sequence of str
        The caller's own scenarios, drawn beside the base.
    """
    p = with_all_exports(p)
    base = BASE if BASE in p["scenario"].values else str(p["scenario"].values[0])
    outcome = outcome.assign(all_exports=outcome["exports"]) if "exports" in outcome else outcome
    known = known.assign(all_exports=known["exports"]) if "exports" in known else known
    scores = score(p, outcome)
    run = json.loads(p.attrs.get("run", "{}")).get("scenarios", {})
    supposed = premise.found(run, base, pd.PeriodIndex(p["month"].to_index(), freq="M"), outcome)
    why = {name: premise.told(name, supposed, tables.get("events")) for name in run}
    first, *others = findings(p, base, scores, why)
    return Chapter(
        "seed", "The seed: what an analyst could know on 1 April 2019",
        ["Assumptions are judged as of 1 April 2019, from what was published by that day; where no figure existed the "
         "value is a judgement, wide and marked as such in the table of assumptions. Black is what was known on that "
         "day, in the prints of that day where they survive; vermilion is what then happened, in today's figures. EIA, "
         "JODI and the Energy Institute survive only in later vintages, cut at that day by their release lag: on them "
         "this is a pseudo-real-time test.",
         "The scenarios are not forecasts of policy: no one of them had to come true."],
        [first, *others[-1:]], [f"As known on 1 April 2019: {fell(decline, known)}", *others[:-1]],
        exhibits(p, [base, *(name for name in own if name != base)], known, outcome, tables),
        [Table("seed_scores", "How the bands held what then happened",
               "A band of 80 % should hold 80 of 100 months: more is too wide, fewer too narrow or off.",
               scores.round(1)), *premise.table(supposed)])


def findings(p: xr.Dataset, base: str, scores: pd.DataFrame, why: Mapping[str, str]) -> list[str]:
    """Return the chapter's sentences, each with its number from the run; `why` a premise did not come about."""
    out = []
    mine = scores[scores["scenario"] == base] if len(scores) else scores
    for row in mine.to_dict("records"):
        out.append(f"As seen in {base}, {row['inside_80_pct']:.0f} % of the {row['months']} outcome months of "
                   f"{row['quantity']} ({row['first']} to {row['last']}) fell inside the 80 % band{_apart(row)}; the "
                   f"median ran {_off(row['median_error_pct'])} in the typical month, {_off(row['last_error_pct'])} at "
                   f"the end, where the band is {row['last_band_pct']:.0f} % of the median wide{_wide(row)}.")
    output = scores[scores["quantity"] == "crude output"] if len(scores) else scores
    if len(output) > 1:
        out.append(_nearest(output.to_dict("records"), why))
    year, values = year_of(p, "dollar_inflow", base)
    out.append(f"Seen from April 2019, {base} gave a dollar inflow of USD {band(values / 1000)} billion in {year}.")
    return out


def _nearest(rows: list[dict[Any, Any]], why: Mapping[str, str]) -> str:
    """Say which scenario's median came nearest, whether its premise came about, and the scores beside it."""
    best = min(rows, key=lambda row: abs(row["median_error_pct"]))
    lowest = round(min(row["crps_pct"] for row in rows))
    name, first = best["scenario"], [row["scenario"] for row in rows if round(row["crps_pct"]) == lowest]
    without = f", though {why[name]}" if why.get(name) else ""
    score_of = f"Its CRPS is {best['crps_pct']:.0f} % of output; the lowest is {lowest} %, of {', '.join(first)}."
    return (f"Of the {len(rows)} scenarios of April 2019, the median of {name} came nearest to the output that "
            f"followed{without}; it ran {_off(best['median_error_pct'])} in the typical month, "
            f"{best['inside_80_pct']:.0f} % of months fell inside its 80 % band, which is "
            f"{best['last_band_pct']:.0f} % of the median wide at the end. {score_of}")


def _apart(row: dict[Any, Any]) -> str:
    parts = row["inside_80_months_1_12"], row["inside_80_months_13_on"]
    if pd.isna(parts[0]) or pd.isna(parts[1]) or f"{parts[0]:.0f}" == f"{parts[1]:.0f}":
        return ""
    return f" ({row['inside_80_months_1_12']:.0f} % of months 1 to 12, {row['inside_80_months_13_on']:.0f} % of 13 on)"


def _wide(row: dict[Any, Any]) -> str:
    """Say where an 80 % band held every one of a dozen months or more: it was too wide there."""
    if row["months"] < 12 or row["inside_80_months_13_on"] != 100:
        return ""
    return f", too wide {'' if row['inside_80_pct'] == 100 else 'from month 13 on '}for a band that held every month"


def _off(percent: float) -> str:
    if abs(percent) < 0.5:
        return "within half a percent"
    return f"{abs(percent):.0f} % too {'high' if percent >= 0 else 'low'}"


def exhibits(p: xr.Dataset, shown: Sequence[str], known: pd.DataFrame, outcome: pd.DataFrame,
             tables: dict[str, pd.DataFrame]) -> list[Exhibit]:
    """Return the chapter's charts."""
    def one(variable: str, title: str, since: str) -> Draw:
        seen = fans.series_of(outcome, variable)

        def draw(name: str, ax: Any) -> Any:
            return charts.fan(p, variable, name, known, ax, outcome=outcome, title=f"{title}, {name}", since=since,
                              source=SOURCE)

        def table(name: str) -> pd.DataFrame:
            found = fans.fan_table(p, variable, name)
            return found if seen is None else found.join(seen.rename("outcome"))
        return each(shown, draw, table)

    return [
        Exhibit("seed_production", "Output, base scenario",
                f"Sanctions stay and sales to the United States end on 28 April 2019. {scale(outcome)}",
                one("production", "Crude output as seen in April 2019", "2014")),
        Exhibit("seed_production_scenarios", "Output, each scenario",
                "The same outcome over each scenario, the same scale throughout.",
                lambda: (charts.small_multiples(p, "production", history=known, outcome=outcome, source=SOURCE,
                                                title="Crude output by scenario, and what then happened [kb/d]"),
                         charts.small_table(p, "production"))),
        Exhibit("seed_exports", "Exports", "Reported exports count crude and products, so the fan does too.",
                one("all_exports", "Crude and product exports", "2019")),
        Exhibit("seed_storage", "Crude in tanks", "Dots are dated readings; vermilion ones came later.",
                each(shown, lambda name, ax: tanks(p, name, tables, ax, ahead=False),
                     lambda name: fans.fan_table(p, "storage", name))),
        Exhibit("seed_brent", "Brent", "The fan knows nothing of the pandemic or of the wars.",
                one("brent", "Brent as seen in April 2019", "2012")),
        Exhibit("seed_migrants", "Venezuelans abroad",
                "The outcome is the world sum that is printed; its counts for the United States and Spain are old.",
                one("migrants", "Venezuelans abroad", "2015")),
        *_dollars(p, shown, tables)]


def _dollars(p: xr.Dataset, shown: Sequence[str], tables: dict[str, pd.DataFrame]) -> list[Exhibit]:
    size = (6.6, 1.6 + 0.42 * p.sizes["scenario"])
    title = "Dollar inflow a month by scenario, as seen in April 2019 [USD million]"
    out = [
        Exhibit("seed_dollars", "Dollar inflow, each scenario",
                "Cash of the state company, dollars sold by operators, remittances exchanged and other exports.",
                lambda: (charts.small_multiples(p, "dollar_inflow", title=title),
                         charts.small_table(p, "dollar_inflow"))),
        Exhibit("seed_yearly", "Dollar inflow by year", "The first and the last complete calendar year.",
                lambda: (scenarios.yearly(p, ax=charts.sheet(size=size)), scenarios.yearly_table(p, "dollar_inflow"))),
    ]
    if "revenue" in tables:
        rows = _years(p, revenue.published_table(tables["revenue"]))
        out.append(Exhibit("seed_gross_value", "Gross export value against what was later published",
                           "Authors differ by concept and by what they count; none is the truth.",
                           each(shown, lambda name, ax: scenarios.by_year(
                               p, "gross_export_value", name, rows, ax,
                               title=f"Gross export value by year, {name}, and what others print"),
                                lambda name: rows, size=(7.4, 4.3))))
    if "remittances" in tables:
        sent = _years(p, remittances.rivals_table(tables["remittances"]))
        out.append(Exhibit("seed_remittances", "Money sent home against later estimates",
                           "Each author's latest total for a year; forecasts and partial counts are left out.",
                           each(shown, lambda name, ax: remittances.totals(p, name, sent, ax), lambda name: sent,
                                size=(7.4, 4.3))))
    return out


def _years(p: xr.Dataset, rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["year"] >= 2016) & (rows["year"] <= int(str(p["month"].values[-1])[:4]))]
