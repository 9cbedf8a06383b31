"""A chapter for scenarios that start on a day of their own."""

from __future__ import annotations

import pandas as pd
import xarray as xr

from vzmodel import charts
from vzmodel.charts import scenarios

from .exhibits import Chapter, Exhibit, band, year_of


def build(p: xr.Dataset, day: str, known: pd.DataFrame, outcome: pd.DataFrame) -> Chapter:
    """Return the chapter.

    Parameters
    ----------
    p : xarray.Dataset
        Scenarios that start in one month.
    day : str
        Day of their information, YYYY-MM-DD.
    known, outcome : DataFrame
        From `load_history`, as of that day and as of now.
    """
    names, tag = [str(s) for s in p["scenario"].values], f"own_{day[:7].replace('-', '_')}"
    says = []
    for name in names:
        year, values = year_of(p, "dollar_inflow", name)
        says.append(f"As of {day}, {name} gives a dollar inflow of USD {band(values / 1000)} billion in {year}.")
    size = (6.6, 1.6 + 0.42 * len(names))
    return Chapter(
        tag, f"Own scenarios as of {day}",
        ["Scenarios that state a day of their own: only what was published by then informs them. Vermilion is what "
         "then happened, in today's figures."],
        says, [],
        [Exhibit(f"{tag}_production", "Output, each scenario", "The same scale throughout.",
                 lambda: (charts.small_multiples(p, "production", history=known, outcome=outcome,
                                                 title="Crude output by scenario [kb/d]"),
                          charts.small_table(p, "production"))),
         Exhibit(f"{tag}_dollars", "Dollar inflow, each scenario", "The same scale throughout.",
                 lambda: (charts.small_multiples(p, "dollar_inflow",
                                                 title="Dollar inflow a month by scenario [USD million]"),
                          charts.small_table(p, "dollar_inflow"))),
         Exhibit(f"{tag}_yearly", "Dollar inflow by year", "The first and the last complete calendar year.",
                 lambda: (scenarios.yearly(p, ax=charts.sheet(size=size)),
                          scenarios.yearly_table(p, "dollar_inflow")))])
