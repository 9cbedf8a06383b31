"""The chapter on output: who counts what, how far it fell, and where it goes from here."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vzmodel import charts, evaluation, measurement
from vzmodel import production as block
from vzmodel.charts import balance, fans
from vzmodel.charts import production as drawn

from .exhibits import Chapter, Exhibit, Table, band, each, fell, scale, year_of
from .material import Material


def build(m: Material) -> Chapter:
    """Return the chapter."""
    decline = block.decline(since="2002", history=m.history)
    year, output = year_of(m.p, "production", m.base)
    drop = -float(decline.iloc[0]["change_pct"])
    main = decline.iloc[0]
    first = (f"Output fell by {drop:.0f} % between {_month(main['first_month'])} and {_month(main['last_month'])} on "
             f"the {main['source']}; in {m.base} it averages {band(output, ',.0f')} kb/d in {year}.")
    periods = evaluation.by_period(m.backtest).reset_index()
    return Chapter(
        "production", "Production",
        ["There is no single true series of output. The consensus weighs every reading by how well it has agreed with "
         "the others and carries its own error; a decline is worth quoting only with its source and its two months."],
        [first], [fell(decline, m.history), scale(m.history)], exhibits(m, decline),
        [Table("production_by_period", "How far off past forecasts of output were, by period",
               "Below one, mase beats no change; coverage should be 0.8, below and above 0.1 each. One late vintage: "
               "pseudo-real-time.", periods.round(3), "4,000 draws every third month")])


def exhibits(m: Material, decline: pd.DataFrame) -> list[Exhibit]:
    """Return the chapter's charts."""
    p, history = m.p, m.history
    readings = history[[c for c in history if str(c).startswith("production")]].dropna(how="all")
    consensus = measurement.consensus(m.tables["production"], m.tables.get("production_annual"))
    size = (6.9, 1.5 + 0.42 * len(decline))
    offsets = consensus[[c for c in consensus if str(c).startswith("offset_")]]

    def fan(name: str, ax: Any) -> Any:
        return charts.fan(p, "production", name, history, ax, since="2015", title=f"Crude output, {name}")

    return [
        Exhibit("production_history", "Output since 2002, by source",
                "All sources agree on the fall and on none of its levels.",
                lambda: (drawn.history(history, charts.sheet(), events=m.events()), readings), "readings, no draws"),
        Exhibit("production_offsets", "What each source counts above OPEC's secondary sources",
                "A gap that moves is a change of counting, not of output.",
                lambda: (drawn.offsets(consensus, charts.sheet()), offsets), "readings, no draws"),
        Exhibit("production_decline", "How far output fell", "State the source and the months with the number.",
                lambda: (drawn.decline(decline, charts.sheet(size=size)), decline), "readings, no draws"),
        Exhibit("production", "Output ahead",
                "The band is as wide as past errors in real time say, not as the formula alone would have it.",
                each(m.shown, fan, lambda name: fans.fan_table(p, "production", name))),
        Exhibit("crude_uses", "Where the crude goes", "Refined, sold, shipped to a creditor, stored or unaccounted "
                "for: the gap under the black line is the last two.",
                each(m.shown, lambda name, ax: balance.uses(p, name, ax), lambda name: balance.uses_table(p, name))),
    ]


def _month(value: Any) -> str:
    return f"{pd.Timestamp(str(value)):%B %Y}"
