"""The chapter on causes: what brought output down, by method and by event, and what cannot be told apart."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vzmodel import charts, counterfactual, data
from vzmodel.charts import causes

from .exhibits import Chapter, Exhibit, Table, many
from .material import Material

SINCE, TO = "2017-08", "2019-12"
DRAWS = 200
"""Draws of each method: fits and placebos, not draws, set the bands [1]."""
LATER = "January 2019"
"""A date whose effect is asked for apart."""


def build(m: Material) -> Chapter:
    """Return the chapter."""
    draws = max(min(DRAWS, int(m.options["draws"])), 64)
    found = counterfactual.causes(SINCE, TO, draws=draws, seed=m.options["seed"])
    pairs = found["not_separable"]
    return Chapter(
        "causes", "What did it",
        ["Several methods, each with what it takes for granted, are set side by side; none of them is the answer. From "
         "August 2017 on an effect holds all that came with it: closed credit, default, new management, the market "
         "lost in 2019. This chapter looks back with all that is known today."],
        sentences(found), says(found), exhibits(found, draws),
        [Table("not_separable", "Causes that cannot be told apart",
               "Shares of these pairs trade off against each other draw by draw; quote their sum.", pairs.round(2),
               many(draws))])


def sentences(found: dict[str, Any]) -> list[str]:
    """Return the sentences of the first page."""
    methods = found["methods"]
    own = methods[methods["source"] == "consensus"].sort_values("p50")
    later = own["name"].str.contains(LATER)
    low, high = own[~later].iloc[0], own[~later].iloc[-1]
    told = [f" What came with {LATER} lowered it by {_band(row)} kb/d besides, on one method."
            for _, row in own[later].iterrows()]
    return [f"What came with August 2017 lowered output at the end of 2019 by {_band(high)} kb/d on the mildest method "
            f"({high['name']}) and by {_band(low)} kb/d on the harshest ({low['name']}); the methods differ in what "
            "they take for granted, and the band of one does not hold the others."
            + "".join(told)]


def says(found: dict[str, Any]) -> list[str]:
    """Return what the chapter says besides."""
    shares = found["attribution"]["causes"].sort_values("p50")
    total, pairs = found["attribution"]["total_kbd"], found["not_separable"]
    parts = "; ".join(f"{name} {_signed(row['p50'])} ({_signed(row['p10'])} to {_signed(row['p90'])})"
                      for name, row in shares.iterrows() if abs(row["p50"]) >= 1)
    names = pairs[["one", "other"]].drop_duplicates()
    return [f"Of the change of {_signed(total)} kb/d from {SINCE} to {TO}, by cause and whatever the order (medians "
            f"and 80 % bands, which do not add up): {parts}.",
            f"{len(names)} pairs of causes cannot be told apart; the table below names them."]


def _band(row: Any) -> str:
    return f"{-row['p50']:,.0f} ({-row['p90']:,.0f} to {-row['p10']:,.0f})".replace("-", "\u2212")


def _signed(value: float) -> str:
    return charts.style.signed(f"{value:+,.0f}")


def exhibits(found: dict[str, Any], draws: int) -> list[Exhibit]:
    """Return the chapter's charts."""
    history, basis = data.load_history(), many(draws)
    start = float(history["production"].loc[f"{SINCE}-01"])
    return [
        Exhibit("counterfactual", "Output, and what it would have been without August 2017",
                "The distance between the black line and a coloured one is the effect that method finds.",
                lambda: (causes.counterfactual(found, history, charts.sheet(size=(6.9, 4.6))), found["methods"]),
                basis),
        Exhibit("synthetic_gap", "Output against its donors, Venezuela and the others",
                "Blue beside the grey: as large a fall among producers to which nothing of the kind happened.",
                lambda: (causes.gap(found, charts.sheet(size=(6.9, 4.6))), found["spread"]), basis),
        Exhibit("estimates", "Every estimate beside the published one",
                "A row is one method on one source's output; the diamond is what was published for the month.",
                lambda: (causes.forest(found, charts.sheet(size=(7.4, 5.8))), found["published"]), basis),
        Exhibit("attribution", "The fall by cause", "Long black lines: shares that the data hardly tell apart.",
                lambda: (causes.waterfall(found, SINCE, TO, start, charts.sheet(size=(6.9, 4.8))),
                         _causes(found)), basis),
    ]


def _causes(found: dict[str, Any]) -> pd.DataFrame:
    return found["attribution"]["causes"]
