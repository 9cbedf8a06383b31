"""The chapter on money sent home: how much, from where, and what the estimates disagree on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from vzmodel import charts, model
from vzmodel import remittances as block
from vzmodel.assumptions import estimate, load_assumptions
from vzmodel.charts import remittances

from .exhibits import Chapter, Exhibit, band, each, last_year, many, year_of
from .material import HOSTS, Material

SINCE = 2017
"""First complete year of the counts of the exodus."""


def build(m: Material) -> Chapter:
    """Return the chapter: people [million persons], money sent [USD billion a year]."""
    end = pd.Timestamp(m.p["month"].to_index()[0]).year - 1
    past = model.hindcast(f"{SINCE}-01", f"{end}-12", keep=HOSTS, draws=m.aside, seed=m.options["seed"])
    by = block.by_host(past, end).droplevel("scenario")
    return Chapter(
        "remittances", "Remittances",
        ["Remittances are people abroad times the share who send times what a sender sends, host by host. Counts of "
         "people are good, surveys of amounts conflict, and authors of totals differ by a factor of two to three."],
        [sentence(m)], says(past, by, end), exhibits(m, past, end))


def sentence(m: Material) -> str:
    """Return the sentence of the first page: people [million persons], money sent [USD billion]."""
    year, sent = year_of(m.p, "remittances", m.base)
    share = year_of(m.p, "monetised_remittances", m.base)[1]
    end = last_year(m.p)
    people, later = (year_of(m.p, "migrants", m.base, y)[1] for y in (year, end))
    before, after = (round(float(np.median(count)), 1) for count in (people, later))
    moves = "stays near" if before == after else "falls to" if after < before else "rises to"
    ahead = "" if end == year else (
        f" The number {moves} {band(later)} million by the end of {end}, the year in which USD "
        f"{band(year_of(m.p, 'remittances', m.base, end)[1] / 1000)} billion are sent.")
    return (f"Venezuelans abroad, {band(people)} million at the end of {year}, send USD {band(sent / 1000)} billion "
            f"in {year}; USD {band(share / 1000)} billion of it passes through the exchange market and is counted in "
            f"the inflow, the rest pays for imports without passing through it.{ahead}")


def says(past: Any, by: pd.DataFrame, end: int) -> list[str]:
    """Return what the chapter says besides: shares of the money by host [%]."""
    top = by.sort_values("share", ascending=False).head(3)
    hosts = ", ".join(f"{remittances.NAMES[str(h)]} {row['share']:.0f} %" for h, row in top.iterrows())
    return [f"In {end} the largest shares came from: {hosts} (means of the draws)."]


def exhibits(m: Material, past: Any, end: int) -> list[Exhibit]:
    """Return the chapter's charts: money [USD billion a year], people [million persons]."""
    def totals(name: str, ax: Any) -> Any:
        return remittances.totals(m.hosts, name, _rivals(m), ax, past=past)

    def moved() -> tuple[Any, pd.DataFrame]:
        months = pd.period_range(pd.Timestamp(m.p["month"].to_index()[0]), periods=12, freq="M")
        fitted = estimate(m.tables, load_assumptions(as_of=m.options["as_of"]))
        found = block.sensitivities(months, m.tables, fitted)
        return remittances.sensitivities(found, charts.sheet(size=(6.9, 4.6))), found

    aside = many(m.aside)
    return [
        Exhibit("remittances", "Money sent home by year", "Rival totals conflict; each stands under its author.",
                each(m.shown, totals, lambda name: _rivals(m), size=(7.4, 4.6)), aside),
        Exhibit("migrant_stocks_past", "Venezuelans abroad by host, as counted",
                "Dots are counts, each on top of the hosts below it: where they jump, somebody counted anew.",
                lambda: (remittances.stocks(past, "history", m.tables.get("migrants"), charts.sheet()),
                         remittances.stocks_table(past, "history")), f"a hindcast of {aside}"),
        Exhibit("migrant_stocks", "Venezuelans abroad by host, ahead",
                "What leaves one host goes home or on; the dashed band is that of the sum.",
                each(m.shown, lambda name, ax: remittances.stocks(m.hosts, name, m.tables.get("migrants"), ax),
                     lambda name: remittances.stocks_table(m.hosts, name)), aside),
        Exhibit("senders", f"Who sent what in {end}",
                "The United States and Spain send more than their share of people: wages, not numbers.",
                lambda: (remittances.senders(past, "history", end, charts.sheet(size=(6.9, 5.6))),
                         block.by_host(past, end)), f"a hindcast of {aside}"),
        Exhibit("remittance_sensitivities", "What moves money sent home",
                "The longer the bar, the more a better survey of that number would help.",
                moved, "no draws"),
    ]


def _rivals(m: Material) -> pd.DataFrame:
    rows = remittances.rivals_table(m.tables["remittances"])
    return rows[rows["year"] >= SINCE].assign(middle=lambda r: r["middle"].astype(float))

