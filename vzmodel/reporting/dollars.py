"""The chapter on dollars: who takes the crude, at what price, and what of the value arrives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from vzmodel import charts, dollars, model, us_market
from vzmodel import prices as block
from vzmodel.charts import balance, prices, revenue

from .exhibits import Chapter, Exhibit, Table, band, each, many, tanks, year_of
from .material import Material

SINCE = "2017-01"
"""First month of the past whose buyers are drawn."""


def build(m: Material) -> Chapter:
    """Return the chapter."""
    concepts = dollars.revenue_by_concept(m.record, seed=m.options["seed"])
    cost = us_market.cost_of_losing_the_us(draws=m.aside, seed=m.options["seed"])
    scores = dollars.scored(concepts)
    return Chapter(
        "dollars", "Dollars",
        ["Every cargo has one settlement: cash, debt, supply, swap or partner; nothing is deducted twice. Prices are "
         "Brent less a gap at origin, quality inside it; freight and intermediaries come off apart. What "
         "looks back rests on all that is known today."],
        sentences(m, cost), [
            f"Of {scores.loc['all', 'rows']:.0f} published yearly figures of revenue that count the same, "
            f"{scores.loc['all', 'inside']:.0f} lie inside the model's 80 % bands."], exhibits(m, concepts),
        [Table("us_market_cost", "What losing US buyers cost, 2019 and 2020",
               "Parts add up; unsold turns negative where what went into tanks is sold later.",
               cost_table(cost), f"two hindcasts of {many(m.aside)}"),
         Table("revenue_scores", "Published yearly revenue inside the 80 % bands, by concept",
               "Every share below 0.8 is a concept whose band is too narrow or off centre.",
               scores.reset_index().round(2), many(m.aside))])


def sentences(m: Material, cost: pd.DataFrame) -> list[str]:
    """Return the sentences of the first page."""
    year, gross = year_of(m.p, "gross_export_value", m.base)
    cash = year_of(m.p, "cash_revenue", m.base)[1]
    first = cost.loc["2019"]
    return [
        f"Oil and product exports of {m.base} are worth USD {band(gross / 1000)} billion in {year}, of which the "
        f"state company receives USD {band(cash / 1000)} billion in cash.",
        f"Losing US buyers cost USD {first['total'].sum() / 1000:.1f} billion in 2019 in the mean of draws (a replay "
        f"of the past, not a forecast): {_share(first, 'unsold', 'shut_in')} % as barrels not sold or not produced, "
        f"{_share(first, 'wider_gap')} % as a wider gap, {_share(first, 'blocked')} % as payments blocked."]


def _share(part: pd.DataFrame, *names: str) -> str:
    text = f"{100 * sum(part[n].sum() for n in names) / part['total'].sum():.0f}"
    return charts.style.signed(text)


def cost_table(cost: pd.DataFrame) -> pd.DataFrame:
    """Return the cost of losing US buyers by half-year [USD million], means over draws, which add up."""
    half = [f"{month.year} H{1 + month.month // 7}" for month in pd.DatetimeIndex(cost.index)]
    parts = cost[["unsold", "shut_in", "wider_gap", "blocked", "total"]].groupby(np.array(half)).sum().round(0)
    return parts.rename_axis("half-year, USD million").reset_index()


def exhibits(m: Material, concepts: pd.DataFrame) -> list[Exhibit]:
    """Return the chapter's charts."""
    return [*_buyers(m), *_prices(m), *_money(m, concepts)]


def _buyers(m: Material) -> list[Exhibit]:
    keep = ("sales", *balance.OWED)
    last = pd.Period(m.history["production"].dropna().index[-1], "M")

    def past() -> tuple[Any, pd.DataFrame]:
        p = model.hindcast(SINCE, last, keep=keep, draws=m.aside, seed=m.options["seed"])
        return (balance.markets(p, "history", m.events(), charts.sheet(size=(6.9, 4.6))),
                balance.markets_table(p, "history"))

    return [
        Exhibit("markets_past", "Who took the crude", "Each closed market shows as a colour that ends; greys bring no "
                "cash.", past, f"a hindcast of {many(m.aside)}"),
        Exhibit("markets", "Who takes the crude, ahead", "The widest colour is the buyer on whom the cash depends.",
                each(m.shown, lambda name, ax: balance.markets(m.markets, name, ax=ax),
                     lambda name: balance.markets_table(m.markets, name))),
        Exhibit("storage", "Crude in tanks", "Where the fan meets what tanks can hold, wells are shut in.",
                each(m.shown, lambda name, ax: tanks(m.p, name, m.tables, ax),
                     lambda name: charts.fan_table(m.p, "storage", name))),
    ]


def _prices(m: Material) -> list[Exhibit]:
    def quoted() -> tuple[Any, pd.DataFrame]:
        freight = _freight(m)
        reported = block.reported_gaps(m.tables, freight)
        last = pd.Period(m.history["brent"].dropna().index[-1], "M")
        fitted = block.fitted_gap(reported, pd.period_range(SINCE, last, freq="M"))
        return prices.gaps(reported, fitted, charts.sheet(size=(6.9, 4.6))), fitted

    def price(name: str, ax: Any) -> Any:
        title = f"Brent and the price at origin, {name}"
        return prices.brent(m.markets, name, m.history, ax, since="2019", title=title)

    def table(name: str) -> pd.DataFrame:
        parts = {"brent": charts.fan_table(m.markets, "brent", name),
                 "price_at_origin": prices.received_table(m.markets, name)}
        return pd.concat({k: v for k, v in parts.items() if v is not None}, names=["quantity"])

    return [
        Exhibit("gaps", "What buyers were said to pay below Brent",
                "The line is what the quotes agree on, the band what one more quote might say; bars are quotes.",
                quoted, "quotes, no draws"),
        Exhibit("brent", "Brent and the price received",
                "The distance between the two is the gap, quality and any discount; freight comes on top.",
                each(m.shown, price, table)),
    ]


def _freight(m: Material) -> dict[str, float]:
    from vzmodel.assumptions import load_assumptions

    table = load_assumptions(as_of=m.options["as_of"]).table["central"]
    return {str(n).removeprefix("freight_"): float(v) for n, v in table.items() if str(n).startswith("freight_")}


def _money(m: Material, concepts: pd.DataFrame) -> list[Exhibit]:
    return [
        Exhibit("gross_to_cash", "From gross exports to cash", "Read down: each orange bar is money that does not "
                "arrive or, for fuel and diluent, leaves again; the green one is what operators sell at home.",
                each(m.shown, lambda name, ax: revenue.waterfall(m.markets, name, ax),
                     lambda name: revenue.waterfall_table(m.markets, name), size=(6.9, 4.3))),
        Exhibit("revenue_concepts", "Revenue of past years, modelled and published",
                "Black dots inside a bar are figures the model would have expected; authors count different things.",
                lambda: (revenue.concepts(concepts, charts.sheet(size=(6.9, 4.6))), concepts),
                f"a hindcast of {many(m.aside)}"),
    ]
