"""The chapter on causes: what brought output down, by method and by event, and what cannot be told apart."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vzmodel import charts, counterfactual, data
from vzmodel.causal import answers
from vzmodel.charts import causes

from .exhibits import Chapter, Exhibit, Table, many
from .material import Material

SINCE, TO = "2017-08", "2019-12"
DRAWS = 200
"""Draws of each method: fits and placebos, not draws, set the bands [1]."""
LATER = "January 2019"
"""A date whose effect is asked for apart."""
BLACKOUTS = "blackouts"
PUBLISHED = "Anova 2021"
"""Author of the published share of the fall, by slope alone and with the break in level."""


def build(m: Material) -> Chapter:
    """Return the chapter."""
    draws = max(min(DRAWS, int(m.options["draws"])), 64)
    found = counterfactual.causes(SINCE, TO, draws=draws, seed=m.options["seed"])
    pairs = found["not_separable"]
    return Chapter(
        "causes", "What did it",
        ["Several methods, each with what it takes for granted, are set side by side; none of them is the answer. From "
         "August 2017 on an effect holds all that came with it: closed credit, default, new management, the market "
         "lost in 2019. The split by cause rests on the trend before August 2017: what that trend, carried on, would "
         "not have lost goes to the dated causes. This chapter looks back with all that is known today."],
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
    told = [f" Within that, not on top of it, what came with {LATER} lowered output by {_band(row)} kb/d on average "
            f"from {_span(str(row['month']))}, on one method." for _, row in own[later].iterrows()]
    return [f"What came with August 2017, and all that followed it, lowered output of {_name(TO)} by {_band(high)} "
            f"kb/d on the mildest method ({high['name']}) and by {_band(low)} kb/d on the harshest ({low['name']}); "
            "the methods differ in what they take for granted, and the band of one does not hold the others."
            + "".join(told),
            f"These overlap and their effects cannot be told apart: {overlapping(found['not_separable'])}."
            + _share(found)]


def overlapping(pairs: pd.DataFrame) -> str:
    """Name the dated events that fall in the same months as another.

    Examples
    --------
    >>> overlapping(pd.DataFrame({"one": ["a", "a", "d"], "other": ["b", "c", "e"], "correlation": [None, None, -0.5]}))
    'a; b; c'
    """
    dated = pairs[pairs["correlation"].isna()]
    return "; ".join(dict.fromkeys(dated[["one", "other"]].to_numpy().ravel()))


def _share(found: dict[str, Any]) -> str:
    """Say the share of the fall that dated sanctions get, beside the published one of the same months."""
    draws, total = found["attribution"]["draws"], found["attribution"]["total_kbd"]
    ours = 100 * sum(draws.loc[name].mean() for name in answers.SANCTIONS if name in draws.index) / total
    rows = found["published"]
    rows = rows[(rows["author"] == PUBLISHED) & rows["quantity"].isin(["share_of_fall", "share_with_level"])]
    text = (" Our split by cause gives what came with August to November 2017 and the oil sanctions of 2019 "
            f"{ours:.0f} % of the fall from {_name(SINCE)} to {_name(TO)} in the mean of draws, because it carries on "
            "the trend before August 2017")
    if rows.empty:
        return text + "."
    return (f"{text}; the published share is {100 * rows['published_low'].min():.0f} to "
            f"{100 * rows['published_high'].max():.0f} % ({PUBLISHED}).")


def says(found: dict[str, Any]) -> list[str]:
    """Return what the chapter says besides."""
    bands, means = found["attribution"]["causes"], found["attribution"]["draws"].mean(axis=1).sort_values()
    total, pairs = found["attribution"]["total_kbd"], found["not_separable"]
    parts = "; ".join(f"{causes.called(str(name))} {_signed(mean)} ({_signed(bands.loc[name, 'p10'])} to "
                      f"{_signed(bands.loc[name, 'p90'])})" for name, mean in means.items() if abs(mean) >= 1)
    names = pairs[["one", "other"]].drop_duplicates()
    out = [f"Of the change of {_signed(total)} kb/d from {_name(SINCE)} to {_name(TO)}, by cause, whatever the "
           f"order (means, which add up, and 80 % bands): {parts}.",
           f"{len(names)} pairs of causes cannot be told apart; the table below names them."]
    if BLACKOUTS in means.index:
        out.append(f"Blackouts are {_signed(means[BLACKOUTS])} kb/d here: what was still missing in {_name(TO)} on "
                   "their account. The chapter on blackouts asks another question, what failures deferred in the "
                   "months in which they fell; the two do not add up and need not agree.")
    return out


def _name(month: str) -> str:
    return f"{pd.Period(month, 'M').to_timestamp():%B %Y}"


def _span(months: str) -> str:
    return " to ".join(_name(month) for month in months.split(" to "))


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
