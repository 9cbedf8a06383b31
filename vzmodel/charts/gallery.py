"""Every chart by its name, each drawn from the package's own data and one run that holds what it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd
import xarray as xr

from vzmodel import calendar, data, model, summary
from vzmodel.scenarios import HORIZON, Scenario, load_scenarios, resolve, suggest

from . import (
    balance,
    claims,
    fans,
    looks,
    outages,
    panels,
    prices,
    records,
    references,
    remittances,
    revenue,
    scenarios,
    style,
)

SIDE_BY_SIDE = ("status_quo", "slow_recovery", "investment_recovery", "relapse", "grid_failure", "price_normalises")
"""Scenarios compared where none are named."""
PAST = ("history", "no_sanctions_2017", "no_blackouts_2019")
"""Scenarios of the past, drawn from `hindcast`."""
PAST_MONTHS = ("2018-01", "2022-12")
SETTLED = ("production", "exports", "sales", "realised_price", "gap_to_brent", "brent", "debt_cargoes",
           "supply_cargoes",
           "swap_cargoes", "partner_cargoes", "gross_export_value", "net_export_value", "invoiced_value", "import_bill",
           "cash_import_bill", "cash_collected", "cash_revenue", "operator_local_dollars", "other_exports",
           "remittances", "dollar_inflow")
PEOPLE = ("migrants", "remittances", "dollar_inflow")


@dataclass(frozen=True)
class Asked:
    """What a chart is asked to show: scenarios, a variable, and the run behind them."""

    scenarios: tuple[Scenario, ...]
    variable: str | None = None
    run: dict[str, Any] = field(default_factory=dict)

    @property
    def scenario(self) -> str:
        """The first scenario asked for."""
        return self.scenarios[0].name

    @property
    def day(self) -> Any:
        """The day whose knowledge the run has; None for today."""
        return self.run.get("as_of") or (self.scenarios[0].as_of if self.scenarios else None)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables as known on the day."""
        return data.load_tables(as_of=self.day)

    @cached_property
    def known(self) -> pd.DataFrame:
        """The history as known on the day."""
        return data.load_history(as_of=self.day)

    @cached_property
    def outcome(self) -> pd.DataFrame:
        """The history as known today."""
        return data.load_history()

    @cached_property
    def years(self) -> list[int]:
        """The complete calendar years of the run; ValueError if it holds none."""
        if self.scenario in PAST:
            return summary.complete_years(calendar.between(*PAST_MONTHS).year)
        months = self.run.get("months") or max(s.months or HORIZON for s in self.scenarios)
        return summary.complete_years(calendar.months(model.first_month(self.known, self.day), months).year)

    def dataset(self, keep: Sequence[str] | None = None) -> xr.Dataset:
        """Return a run of the scenarios that holds the variables of `keep`."""
        if self.scenario in PAST:
            past = {k: v for k, v in self.run.items() if k in ("draws", "seed", "progress")}
            return model.hindcast(*PAST_MONTHS, list(self.scenarios), keep=keep, **past)
        return model.project(list(self.scenarios), keep=keep, **self.run)


Draw = Callable[[Asked], Any]


def _fan(a: Asked) -> Any:
    variable = a.variable or "production"
    return fans.fan(a.dataset(_of(variable)), variable, a.scenario, a.known, outcome=a.outcome, events=records.MARKS)


def _of(variable: str) -> list[str]:
    return list(dict.fromkeys([variable, "sales", "exports"]))


def _small(a: Asked) -> Any:
    variable = a.variable or "dollar_inflow"
    return panels.small_multiples(a.dataset(_of(variable)), variable, history=a.known, outcome=a.outcome)


def _storage(a: Asked) -> Any:
    readings, capacity = records.tanks(a.tables if a.scenario not in PAST else data.load_tables())
    return balance.storage(a.dataset(["storage", "sales", "exports"]), a.scenario, readings, capacity=capacity)


def _yearly(a: Asked) -> Any:
    return scenarios.yearly(a.dataset(), a.variable or "dollar_inflow",
                            ax=_rows(len(a.scenarios)))


def _rows(number: int) -> Any:
    return style.axes(None, (style.SIZE[0], 1.6 + 0.42 * number))


def _by_year(a: Asked) -> Any:
    variable = a.variable or "gross_export_value"
    printed = revenue.published_table(a.tables["revenue"]) if variable == "gross_export_value" else None
    return scenarios.by_year(a.dataset(), variable, a.scenario,
                             None if printed is None else printed[printed["year"] >= 2016])


def _differences(a: Asked) -> Any:
    if len(a.scenarios) < 2:
        raise ValueError(f"a difference needs two scenarios; name another beside {a.scenario!r}")
    return scenarios.differences(a.dataset(), a.scenario, a.variable or "dollar_inflow",
                                 ax=_rows(len(a.scenarios) - 1))


def _totals(a: Asked) -> Any:
    rows = remittances.rivals_table(a.tables["remittances"])
    return remittances.totals(a.dataset(["remittances"]), a.scenario, rows[rows["year"] >= 2016], past=_before(a),
                              ax=style.axes(None, (7.4, 4.3)))


def _before(a: Asked) -> xr.Dataset | None:
    """Return the years before the run's first, as known on its day; None where the run is one of the past."""
    if a.scenario in PAST:
        return None
    last, first = model.last_reading(a.known), model.first_month(a.known, a.day)
    end = min(first.year - 1, last.year if last.month == 12 else last.year - 1)
    if end < pd.Period(PAST_MONTHS[0]).year:
        return None
    chance = {"draws": min(a.run.get("draws", 500), 500), "seed": a.run.get("seed", 2019)}
    return model.hindcast(PAST_MONTHS[0], f"{end}-12", as_of=a.day, keep=["remittances"], **chance)


def _senders(a: Asked) -> Any:
    return remittances.senders(a.dataset(list(PEOPLE)), a.scenario, a.years[0],
                               style.axes(None, (style.SIZE[0], 5.6)))


def _imports(a: Asked) -> Any:
    return claims.imports(a.dataset(), a.scenario, a.years[0], tables=a.tables)


@dataclass(frozen=True)
class Exhibit:
    """A chart that can be asked for by name: what it shows, how it is drawn, and whose scenarios it takes."""

    text: str
    draw: Draw
    scenarios: tuple[str, ...] = ("status_quo",)
    variable: str = ""
    takes: tuple[str, ...] = ("draws", "seed", "months", "as_of")


YEARLY = ("scenarios.yearly", "scenarios.by_year", "scenarios.differences", "remittances.totals", "remittances.senders",
          "claims.service", "claims.imports", "revenue.waterfall")
"""Charts of calendar years, which need a complete one."""
ONE, SEVERAL, NONE = ("status_quo",), SIDE_BY_SIDE, ()
CHARTS: dict[str, Exhibit] = {
    "fan": Exhibit("one variable of a scenario, with history and bands", _fan, ONE, "production"),
    "small_multiples": Exhibit("one variable, a panel for each scenario", _small, SEVERAL, "dollar_inflow"),
    "scenarios.yearly": Exhibit("yearly values of scenarios", _yearly, SEVERAL, "dollar_inflow"),
    "scenarios.by_year": Exhibit("calendar years of one scenario", _by_year, ONE, "gross_export_value"),
    "scenarios.differences": Exhibit("what scenarios add to the first one named", _differences, SEVERAL,
                                     "dollar_inflow"),
    "references.reference": Exhibit("a scenario beside the paths published for it", lambda a: references.reference(
        a.dataset(), a.scenario, a.variable or "production", history=a.known), ("slow_recovery",), "production"),
    "balance.uses": Exhibit("where the crude goes", lambda a: balance.uses(a.dataset(), a.scenario)),
    "balance.markets": Exhibit("who takes the crude", lambda a: balance.markets(a.dataset(SETTLED), a.scenario)),
    "balance.storage": Exhibit("crude in tanks", _storage),
    "balance.trade": Exhibit("output, exports and cash sales", lambda a: balance.trade(a.dataset(), a.scenario)),
    "prices.brent": Exhibit("Brent and the price received", lambda a: prices.brent(
        a.dataset(SETTLED), a.scenario, a.known, outcome=a.outcome, since="2019" if a.day is None else None)),
    "revenue.parts": Exhibit("the four parts of the dollar inflow", lambda a: revenue.parts(a.dataset(), a.scenario)),
    "revenue.waterfall": Exhibit("from gross exports to cash", lambda a: revenue.waterfall(
        a.dataset(SETTLED), a.scenario)),
    "outages.deferred": Exhibit("output deferred by grid failures", lambda a: outages.deferred(
        a.dataset(["deferred_production"]), a.scenario), ("grid_failure",)),
    "remittances.totals": Exhibit("money sent home and what others estimate", _totals),
    "remittances.stocks": Exhibit("people abroad by host", lambda a: remittances.stocks(
        a.dataset(list(PEOPLE)), a.scenario, a.tables["migrants"])),
    "remittances.senders": Exhibit("who sends what in the first whole year", _senders),
    "claims.service": Exhibit("what falls due against cash", lambda a: claims.service(
        a.dataset(), a.scenario, tables=a.tables)),
    "claims.imports": Exhibit("what debt service leaves for imports", _imports),
    **{name: Exhibit(text, draw, NONE, takes=("as_of",) * (name in records.DATED))
       for name, (text, draw) in records.CHARTS.items()},
}


def names() -> dict[str, str]:
    """Return the charts that can be asked for by name, each with what it shows."""
    return {name: exhibit.text for name, exhibit in CHARTS.items()}


def ask(name: str, scenario: Any = None, *, variable: str | None = None, size: str | None = None,
        language: str | None = None, known: dict[str, Scenario] | None = None, **run: Any) -> tuple[Exhibit, Asked]:
    """Return what draws a chart, checked before anything is run.

    Raises
    ------
    ValueError
        If there is no such chart, scenario, variable, size or language, or the chart does not take it.
    """
    if name not in CHARTS:
        raise ValueError(f"no chart {name!r}{suggest(name, CHARTS)}; there are {', '.join(CHARTS)}")
    exhibit = CHARTS[name]
    looks.check(size, language)
    if scenario and not exhibit.scenarios:
        raise ValueError(f"chart {name!r} is drawn from the record and takes no scenario")
    if variable is not None:
        _check_variable(name, exhibit, variable)
    wanted = [scenario] if isinstance(scenario, (str, Scenario)) else list(scenario or exhibit.scenarios)
    chosen = tuple(resolve(wanted, load_scenarios() if known is None else known)) if wanted else ()
    if len(chosen) > 1 and len(exhibit.scenarios) == 1:
        raise ValueError(f"chart {name!r} shows one scenario, not {len(chosen)}; small_multiples shows several")
    asked = Asked(chosen, variable, run)
    _check_run(name, exhibit, asked)
    return exhibit, asked


def _check_run(name: str, exhibit: Exhibit, asked: Asked) -> None:
    """Raise ValueError if a chart would leave something asked of its run unheard, or has no complete year."""
    past = [s.name for s in asked.scenarios if s.name in PAST]
    if past and len(past) < len(asked.scenarios):
        raise ValueError(f"{past[0]} is of the past, the others are of the future: draw them apart; of the past are "
                         f"{', '.join(PAST)}")
    takes = [option for option in exhibit.takes if not past or option in ("draws", "seed")]
    unheard = [option for option in ("draws", "seed", "months", "as_of")
               if asked.run.get(option) is not None and option not in takes]
    if unheard:
        why = f"{past[0]} is run from {' to '.join(PAST_MONTHS)} as known today" if past else "it is of the record"
        raise ValueError(f"chart {name!r} has no use for {unheard[0]}: {why} and takes "
                         f"{' and '.join(takes) or 'no option of a run'}")
    if name in YEARLY and (asked.run.get("months") or 1) > 0:
        asked.years  # noqa: B018  # told before the run, not after it


def _check_variable(name: str, exhibit: Exhibit, variable: str) -> None:
    if not exhibit.variable:
        raise ValueError(f"chart {name!r} shows what its name says and takes no variable")
    from vzmodel.model._dataset import vocabulary

    if variable not in vocabulary():
        raise ValueError(f"no variable {variable!r}{suggest(variable, vocabulary())}; there are "
                         f"{', '.join(vocabulary())}")
    row = vocabulary()[variable]
    if row["dims"] and row["by_year"] == "sales_weighted":
        raise ValueError(f"{variable!r} is a price by {row['dims']} and does not add up; prices.brent shows it")


def draw(name: str, scenario: Any = None, *, variable: str | None = None, size: looks.Size | None = None,
         language: looks.Language | None = None, known: dict[str, Scenario] | None = None, **run: Any) -> Any:
    """Draw a chart by its name, from the package's data and a run made for it.

    Parameters
    ----------
    name : str
        One of `names`, such as "fan" or "production.history".
    scenario : str, Scenario or a list of them, optional
        Default: the chart's own; charts of the record take none.
    variable : str, optional
        For charts that show any.
    size : {"report", "slide", "web"}, optional
    language : {"en", "es"}, optional
        Default: those of `charts.house`, else report and en.
    known : dict of str to Scenario, optional
        Scenarios that names are looked up in. Default: those shipped.
    **run
        draws, seed, months, as_of and others, as for `project`.

    Returns
    -------
    Axes or array of Axes

    Raises
    ------
    ValueError
        If there is no such chart, scenario, variable, size or language, or the chart does not take it.
    """
    exhibit, asked = ask(name, scenario, variable=variable, size=size, language=language, known=known, **run)
    with looks.house(size, language):
        return exhibit.draw(asked)
