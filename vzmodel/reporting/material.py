"""What the chapters are made of: the runs, the tables and the options, each computed when a chapter first asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from vzmodel import data, dollars, evaluation, model, production
from vzmodel.assumptions import load_assumptions
from vzmodel.assumptions._sampling import percentiles
from vzmodel.charts import records
from vzmodel.scenarios import Scenario, load_scenarios, resolve

NAMES = ("status_quo", "slow_recovery", "investment_recovery", "relapse", "grid_failure", "price_normalises")
BASE = NAMES[0]
ASIDE = 512
"""Draws of runs that stand beside the main one [1]."""
MARKETS = ("brent", "sales", "realised_price", "gross_export_value", "net_export_value", "invoiced_value",
           "import_bill", "cash_collected", "cash_import_bill", "cash_revenue", "operator_local_dollars",
           "debt_cargoes", "supply_cargoes", "swap_cargoes", "partner_cargoes")
HOSTS = ("migrants", "remittances")

@dataclass
class Material:
    """The present chapters' runs and tables.

    Attributes
    ----------
    scenarios : list of Scenario
        Those of today, the caller's own last.
    own : list of str
        Names of the caller's own among them.
    options : dict
        draws [1], seed, months [month] and as_of, as for `project`.
    progress : callable, optional
        Called with the share done of the main run [1].
    """

    scenarios: list[Scenario]
    own: list[str]
    options: dict[str, Any]
    progress: Callable[[float], None] | None = None

    @property
    def base(self) -> str:
        """The scenario against which others are read."""
        names = [scenario.name for scenario in self.scenarios]
        return BASE if BASE in names else names[0]

    @property
    def shown(self) -> list[str]:
        """Scenarios shown one by one: the base and the caller's own."""
        return [self.base, *(name for name in self.own if name != self.base)]

    @property
    def aside(self) -> int:
        """Draws of the runs beside the main one [1]."""
        return min(int(self.options["draws"]), ASIDE)

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Tables of the day."""
        return data.load_tables(as_of=self.options["as_of"])

    @cached_property
    def history(self) -> pd.DataFrame:
        """History known on the day."""
        return data.load_history(as_of=self.options["as_of"])

    @cached_property
    def p(self) -> xr.Dataset:
        """The scenarios of today, variables summed over markets and hosts."""
        return model.project(self.scenarios, progress=self.progress, **self.options)

    @cached_property
    def markets(self) -> xr.Dataset:
        """The scenarios shown one by one, by market."""
        return model.project(self._chosen(self.shown), keep=MARKETS, **self.options)

    @cached_property
    def hosts(self) -> xr.Dataset:
        """The scenarios shown one by one, by host, with fewer draws."""
        return model.project(self._chosen(self.shown), keep=HOSTS, **{**self.options, "draws": self.aside})

    @cached_property
    def backtest(self) -> pd.DataFrame:
        """Forecasts of output made again every third month of the past, scored."""
        return evaluation.backtest(self.history["production"].dropna(), production.forecast, step=3)

    @cached_property
    def record(self) -> xr.Dataset:
        """The past by concept and settlement, with fewer draws."""
        return dollars.record(draws=self.aside, seed=self.options["seed"])

    def spending(self, scenario: str, year: int) -> np.ndarray:
        """Return what a scenario spends on fields and wells in a year, per draw of the run [USD billion]."""
        months = pd.PeriodIndex(self.p["month"].to_index(), freq="M")
        rows = next(one for one in self.scenarios if one.name == scenario)
        chance = percentiles(int(self.options["seed"]), 0, int(self.options["draws"]))
        drawn = load_assumptions(as_of=self.options["as_of"]).sample(rows, months, chance)["investment"]
        return np.broadcast_to(drawn, (len(months), drawn.shape[-1]))[months.year == year].mean(axis=0)

    def events(self) -> list[tuple[pd.Timestamp, str]]:
        """Return the few dated events that charts mark, those of the table only."""
        if "events" not in self.tables:
            return []
        days = set(pd.to_datetime(self.tables["events"]["date"]).dt.strftime("%Y-%m-%d"))
        return [(pd.Timestamp(day), name) for day, name in records.MARKS if day in days]

    def _chosen(self, names: list[str]) -> list[Scenario]:
        return [scenario for scenario in self.scenarios if scenario.name in names]


def groups(wanted: str | Scenario | Iterable[str | Scenario] | None, file: str | Path | None, as_of: str | None,
           seed: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, list[Scenario]], list[str]]:
    """Return the scenarios of each vantage point by its day, those of today under the empty string, and whose are own.

    Parameters
    ----------
    wanted : names or Scenario objects, optional
        The caller's own, beside the shipped ones.
    file : path, optional
        All its scenarios are own.
    as_of : str, optional
        Day of today's chapters.
    seed : dict
        Names of shipped scenarios by another day.
    """
    shipped = load_scenarios()
    read = load_scenarios(file) if file is not None else {}
    extra = list(read.values()) + (resolve(wanted, {**shipped, **read}) if wanted is not None else [])
    found = {day: [shipped[n] for n in names if n in shipped] for day, names in {"": NAMES, **seed}.items()}
    for scenario in extra:
        key = "" if scenario.as_of in (None, as_of) else str(scenario.as_of)
        group = found.setdefault(key, [])
        group[:] = [other for other in group if other.name != scenario.name] + [scenario]
    return found, list(dict.fromkeys(scenario.name for scenario in extra))
