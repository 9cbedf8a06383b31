"""Whether what a scenario of the past supposed came about, read from the facts of today."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from vzmodel.assumptions import load_assumptions
from vzmodel.scenarios import START, Scenario

from .exhibits import Table

RENEWED = {"gl8_lapses": "GL 8 renewed"}
"""Scenarios whose premise is no lever with dated facts, and the words of the event that decided it."""
COLUMNS = ["scenario", "lever", "since", "supposed", "in_fact", "months", "held", "first_off"]
SEEN = ("access_volume_", "access_cash_", "diluent", "brent")
"""Levers, by how their names begin, whose dated facts are of the world and not of how it is booked."""
APART = 0.15
"""Distance between supposed and in fact, as a share of the larger, from which a month counts as off [1]."""
HELD = 0.8
"""Share of months from which a premise counts as come about [1]."""


def supposed(scenario: Scenario, base: Scenario, months: pd.PeriodIndex, history: pd.DataFrame) -> pd.DataFrame:
    """Return each lever a scenario changes and the base does not, beside what it then was.

    Parameters
    ----------
    scenario, base : Scenario
    months : PeriodIndex
        Of the run.
    history : DataFrame
        From `load_history`.

    Returns
    -------
    DataFrame
        scenario, lever, since (first month), supposed and in_fact (means of central values from then on, in the
        lever's unit), months and held (those in which the fact lies in the range supposed, or near it) [1] and
        first_off (month); only levers whose facts are seen in the world.
    """
    facts, rows = load_assumptions().facts, []
    for lever, dated in scenario.changes.items():
        if not lever.startswith(SEEN):
            continue
        own = {when: value for when, value in dated.items() if base.changes.get(lever, {}).get(when) != value}
        fact = _path(facts.get(lever, {}), months) if lever != "brent" else _brent(history, months)
        ends = {end: _path(own, months, place) for place, end in enumerate(("low", "supposed", "high"))}
        both = pd.DataFrame({**ends, "in_fact": fact}).dropna()
        if len(both):
            near = APART * both[["supposed", "in_fact"]].abs().max(axis=1)
            off = (both["in_fact"] < both["low"] - near) | (both["in_fact"] > both["high"] + near)
            means = both[["supposed", "in_fact"]].mean()
            rows.append({"scenario": scenario.name, "lever": lever, "since": str(both.index[0]), **means,
                         "months": len(both), "held": int((~off).sum()),
                         "first_off": str(both.index[off][0]) if off.any() else ""})
    return pd.DataFrame(rows, columns=COLUMNS)


def found(run: Mapping[str, str], base: str, months: pd.PeriodIndex, history: pd.DataFrame) -> pd.DataFrame:
    """Return `supposed` for every scenario of a run, from the texts of them that it carries."""
    known = {name: Scenario(name, **tomllib.loads(text)[name]) for name, text in run.items()}
    parts = [supposed(s, known[base], months, history) for s in known.values() if base in known]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _path(dated: Mapping[str, Any], months: pd.PeriodIndex, place: int = 1) -> pd.Series:
    """Return low, central or high values by month; "base" ends what is supposed."""
    path = pd.Series(np.nan, index=months)
    for when, value in sorted(dated.items(), key=lambda item: "" if item[0] == START else item[0]):
        number = np.nan if value == "base" else float(value[place] if isinstance(value, tuple) else value)
        path[months >= (months[0] if when == START else pd.Period(when, "M"))] = number
    return path


def _brent(history: pd.DataFrame, months: pd.PeriodIndex) -> pd.Series:
    series = history["brent"]
    return series.set_axis(pd.DatetimeIndex(series.index).to_period("M")).reindex(months)


def told(name: str, found: pd.DataFrame, events: pd.DataFrame | None) -> str:
    """Say why a premise did not come about, from the facts; nothing where it did or where no fact tells."""
    if name in RENEWED and events is not None:
        rows = events[events["event"].str.contains(RENEWED[name], regex=False)]
        if len(rows):
            row = rows.iloc[0]
            return f"its premise did not come about: {row['event']} on {pd.Timestamp(row['date']):%d %B %Y}"
    rows = found[found["scenario"] == name]
    share = rows["held"] / rows["months"]
    if rows.empty or share.min() >= HELD:
        return ""
    row = rows.loc[share.idxmin()]
    return (f"its premise held in {row['held']} of {row['months']} months: {row['lever']} was supposed at "
            f"{row['supposed']:.3g} from {row['since']} on and was {row['in_fact']:.3g} in the mean, off from "
            f"{row['first_off']} on")


def table(found: pd.DataFrame) -> list[Table]:
    """Return what the scenarios supposed beside what came, as a table of the page."""
    if found.empty:
        return []
    return [Table("seed_premises", "What the scenarios supposed, and what came",
                  "Means of central values over the months from then on; levers without dated facts are left out.",
                  found.round(2), "facts of today, no draws")]
