"""The charts of the record, which no scenario changes, each with the tables and estimates it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from vzmodel import balance, counterfactual, data, dollars, evaluation, failures, measurement, obligations
from vzmodel import prices as price_block
from vzmodel import production as production_block
from vzmodel import remittances as remittance_block
from vzmodel.assumptions import estimate, load_assumptions

from . import causes, claims, outages, prices, production, remittances, revenue, style
from . import evaluation as scores

MARKS = (("2002-12-02", "oil strike"), ("2007-05-01", "Orinoco taken over"), ("2017-08-24", "finance sanctions"),
         ("2019-01-28", "PDVSA designated"), ("2020-02-18", "Rosneft Trading designated"),
         ("2022-11-26", "licence GL 41"), ("2025-12-16", "blockade announced"))
"""The few dated events a chart of output marks: day and name."""
SINCE, TO = "2017-08", "2019-12"


def tanks(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.Series, pd.DataFrame]:
    """Return dated readings of crude in tanks, and what tanks could hold from which month on [million bbl]."""
    rows = tables["storage"]
    rows = rows[rows["series"] == "inventory"].dropna(subset=["date", "value"])
    rows = rows.sort_values("published").drop_duplicates("date", keep="last")
    levers = tables["levers"]
    held = levers[levers["assumption"] == "storage_capacity"].sort_values("month")
    held = held.set_index(pd.DatetimeIndex(held["month"]))[["low", "central", "high"]].astype(float)
    return rows.set_index("date")["value"].sort_index(), held


def _causes(placebos: bool) -> dict[str, Any]:
    return counterfactual.causes(SINCE, TO, draws=400, placebos=placebos)


def _counterfactual(_: Any) -> Any:
    return causes.counterfactual(_causes(True), data.load_history())


def _waterfall(_: Any) -> Any:
    start = float(data.load_history()["production"].loc[f"{SINCE}-01"])
    return causes.waterfall(_causes(False), SINCE, TO, start, style.axes(None, (7.4, 4.3)))


def _gaps(a: Any) -> Any:
    known = load_assumptions(as_of=a.day).table["central"]
    freight = {m: float(known[f"freight_{m}"]) for m in balance.MARKETS if f"freight_{m}" in known}
    quoted = price_block.reported_gaps(a.tables, freight)
    months = pd.period_range("2012-01", quoted["end"].max(), freq="M")
    return prices.gaps(quoted, price_block.fitted_gap(quoted, months))


def _offsets(a: Any) -> Any:
    tables = a.tables
    return production.offsets(measurement.consensus(tables["production"], tables["production_annual"]))


def _creditors(a: Any) -> Any:
    day = pd.Timestamp(a.known.index[-1]).strftime("%Y-%m-%d")
    return claims.creditors(obligations.owed(a.tables["obligations"], day), day=day)


def _sensitivities(_: Any) -> Any:
    tables = data.load_tables()
    known = estimate(tables, load_assumptions())
    return remittances.sensitivities(remittance_block.sensitivities(
        pd.period_range("2027-01", periods=12, freq="M"), tables, known), style.axes(None, (7.4, 4.6)))


def _again() -> pd.DataFrame:
    return evaluation.backtest(data.load_history()["production"].dropna(), production_block.forecast, step=3)


def _account(a: Any) -> Any:
    return outages.causes(failures.account(draws=128), a.variable or "production", style.axes(None, (7.4, 3.6)))


CHARTS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "production.history": ("readings of output since 2002 by source, and the consensus", lambda a: production.history(
        a.known, events=MARKS)),
    "production.decline": ("how far output fell, by source", lambda _: production.decline(
        production_block.decline("2002"), style.axes(None, (6.9, 3.6)))),
    "production.offsets": ("what each source counts above OPEC's secondary sources", _offsets),
    "prices.gaps": ("gaps to Brent as quoted, and the level they agree on", _gaps),
    "revenue.concepts": ("revenue by concept, modelled and published", lambda _: revenue.concepts(
        dollars.revenue_by_concept())),
    "outages.event_strip": ("grid failures on record", lambda a: outages.event_strip(a.tables["blackouts"])),
    "outages.response": ("output lost day by day after a failure", lambda _: outages.response()),
    "outages.night_lights": ("light at night by state around March 2019", lambda _: outages.night_lights(
        data.load_tables()["night_lights"])),
    "outages.causes": ("what each cause took from February to May 2019", _account),
    "remittances.sensitivities": ("what moves money sent home", _sensitivities),
    "claims.creditors": ("who is owed what", _creditors),
    "claims.value": ("value of a restructured claim by exit yield", lambda _: claims.value()),
    "causes.counterfactual": ("output without August 2017, by method", _counterfactual),
    "causes.gap": ("output over its synthetic control, with placebos", lambda _: causes.gap(_causes(True))),
    "causes.waterfall": ("the fall in output by cause", _waterfall),
    "causes.forest": ("every estimate beside the published one", lambda _: causes.forest(
        _causes(True), style.axes(None, (7.4, 4.6)))),
    "evaluation.scoreboard": ("published forecasts beside ours", lambda _: scores.scoreboard(
        evaluation.score_published(), style.axes(None, (7.8, 7.0)))),
    "evaluation.pit": ("in which tenth of a forecast outcomes fell", lambda _: scores.pit(_again())),
    "evaluation.coverage": ("how often 80 % bands held", lambda _: scores.coverage(evaluation.by_period(_again()))),
    "evaluation.rivals": ("our forecaster beside its rivals", lambda _: scores.rivals(
        evaluation.benchmark(ingredients=False))),
}
DATED = ("production.history", "production.offsets", "prices.gaps", "outages.event_strip", "claims.creditors")
"""Charts that can be drawn as known on a day."""
