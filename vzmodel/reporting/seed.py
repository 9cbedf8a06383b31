"""The seed chapter: what could be known on 1 April 2019, and what then happened drawn over it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import xarray as xr

from vzmodel import charts
from vzmodel.charts import fans, remittances, revenue, scenarios

from .exhibits import Chapter, Draw, Exhibit, band, fell, tanks, year_of

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
        scenario, quantity, months [month], first, last, inside_50_pct, inside_80_pct [percent of months],
        median_error_pct and last_error_pct [percent of the outcome].
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
            rows.append({"scenario": name, "quantity": words, "months": len(both), "first": f"{both.index[0]:%Y-%m}",
                         "last": f"{both.index[-1]:%Y-%m}",
                         "inside_50_pct": 100 * both["seen"].between(both[0.25], both[0.75]).mean(),
                         "inside_80_pct": 100 * both["seen"].between(both[0.1], both[0.9]).mean(),
                         "median_error_pct": float(off.median()), "last_error_pct": float(off.iloc[-1])})
    return pd.DataFrame(rows)


def build(p: xr.Dataset, known: pd.DataFrame, outcome: pd.DataFrame, tables: dict[str, pd.DataFrame],
          decline: pd.DataFrame) -> Chapter:
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
    """
    p = with_all_exports(p)
    base = BASE if BASE in p["scenario"].values else str(p["scenario"].values[0])
    outcome = outcome.assign(all_exports=outcome["exports"]) if "exports" in outcome else outcome
    known = known.assign(all_exports=known["exports"]) if "exports" in known else known
    scores = score(p, outcome)
    return Chapter(
        "seed", "The seed: what an analyst could know on 1 April 2019",
        ["Every number behind these fans was published by 1 April 2019; where no figure existed the value is a "
         "judgement, wide and marked as such in the table of assumptions. Black is what was known on that day, in the "
         "prints of that day where they survive; vermilion is what then happened, in today's figures. EIA and JODI "
         "survive only in later vintages, so this is a pseudo-real-time test on them.",
         "The scenarios are not forecasts of policy: no one of them had to come true."],
        [f"As known on 1 April 2019: {fell(decline)}", *findings(p, base, scores)],
        exhibits(p, base, known, outcome, tables),
        [("How the bands held what then happened", scores.round(1))])


def findings(p: xr.Dataset, base: str, scores: pd.DataFrame) -> list[str]:
    """Return the chapter's sentences, each with its number from the run."""
    out = []
    mine = scores[scores["scenario"] == base] if len(scores) else scores
    for row in mine.to_dict("records"):
        out.append(f"Seed, {base}: {row['inside_80_pct']:.0f} % of the {row['months']} outcome months of "
                   f"{row['quantity']} ({row['first']} to {row['last']}) fell inside the 80 % band; the median ran "
                   f"{_off(row['median_error_pct'])} in the typical month, {_off(row['last_error_pct'])} at the end.")
    output = scores[scores["quantity"] == "crude output"] if len(scores) else scores
    if len(output) > 1:
        best = min(output.to_dict("records"), key=lambda row: abs(row["median_error_pct"]))
        out.append(f"Of the {len(output)} scenarios of April 2019, {best['scenario']} came nearest to the output that "
                   f"followed: {best['inside_80_pct']:.0f} % of months inside its 80 % band, its median "
                   f"{_off(best['median_error_pct'])} in the typical month.")
    year, values = year_of(p, "dollar_inflow", base)
    out.append(f"Seen from April 2019, {base} gave a dollar inflow of USD {band(values / 1000)} billion in {year}.")
    return out


def _off(percent: float) -> str:
    return f"{abs(percent):.0f} % too {'high' if percent >= 0 else 'low'}"


def exhibits(p: xr.Dataset, base: str, known: pd.DataFrame, outcome: pd.DataFrame,
             tables: dict[str, pd.DataFrame]) -> list[Exhibit]:
    """Return the chapter's charts."""
    def one(variable: str, title: str, since: str) -> Draw:
        def draw() -> tuple[Any, pd.DataFrame]:
            table, seen = fans.fan_table(p, variable, base), fans.series_of(outcome, variable)
            ax = charts.fan(p, variable, base, known, charts.sheet(), outcome=outcome, title=title, since=since,
                            source=SOURCE)
            return ax, table if seen is None else table.join(seen.rename("outcome"))
        return draw

    return [
        Exhibit("seed_production", "Output, base scenario",
                "Sanctions stay and sales to the United States end on 28 April 2019.",
                one("production", f"Crude output as seen in April 2019, {base}", "2014")),
        Exhibit("seed_production_scenarios", "Output, each scenario",
                "The same outcome over each scenario, the same scale throughout.",
                lambda: (charts.small_multiples(p, "production", history=known, outcome=outcome, source=SOURCE,
                                                title="Crude output by scenario, and what then happened [kb/d]"),
                         charts.small_table(p, "production"))),
        Exhibit("seed_exports", "Exports", "Reported exports count crude and products, so the fan does too.",
                one("all_exports", f"Crude and product exports, {base}", "2019")),
        Exhibit("seed_storage", "Crude in tanks", "Dots are dated readings; vermilion ones came later.",
                lambda: tanks(p, base, tables)),
        Exhibit("seed_brent", "Brent", "The fan knows nothing of the pandemic or of the wars.",
                one("brent", "Brent as seen in April 2019", "2012")),
        Exhibit("seed_migrants", "Venezuelans abroad",
                "The outcome is the world sum that is printed; its counts for the United States and Spain are old.",
                one("migrants", f"Venezuelans abroad, {base}", "2015")),
        *_dollars(p, base, tables)]


def _dollars(p: xr.Dataset, base: str, tables: dict[str, pd.DataFrame]) -> list[Exhibit]:
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
        out.append(Exhibit("seed_gross_value", "Gross export value against what was later published",
                           "Authors differ by concept and by what they count; none is the truth.",
                           lambda: _gross(p, base, tables["revenue"])))
    if "remittances" in tables:
        out.append(Exhibit("seed_remittances", "Money sent home against later estimates",
                           "Each author's latest total for a year; forecasts and partial counts are left out.",
                           lambda: _sent(p, base, tables["remittances"])))
    return out


def _sent(p: xr.Dataset, base: str, table: pd.DataFrame) -> tuple[Any, pd.DataFrame]:
    rows = remittances.rivals_table(table)
    rows = rows[(rows["year"] >= 2016) & (rows["year"] <= int(str(p["month"].values[-1])[:4]))]
    return remittances.totals(p, base, rows, charts.sheet(size=(7.4, 4.3))), rows


def _gross(p: xr.Dataset, base: str, table: pd.DataFrame) -> tuple[Any, pd.DataFrame]:
    rows = revenue.published_table(table)
    rows = rows[(rows["year"] >= 2016) & (rows["year"] <= int(str(p["month"].values[-1])[:4]))]
    ax = scenarios.by_year(p, "gross_export_value", base, rows, charts.sheet(size=(7.4, 4.3)),
                           title=f"Gross export value by year, {base}, and what others print")
    return ax, rows


