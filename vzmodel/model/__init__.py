"""Projections and hindcasts: what they need is gathered and checked here, then the blocks run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from vzmodel import calendar, data, outages, production, remittances
from vzmodel.assumptions import Assumptions, estimate, load_assumptions
from vzmodel.calendar import DateLike
from vzmodel.model import _dataset
from vzmodel.model._pipeline import Inputs
from vzmodel.model._pipeline import run_block as run_block
from vzmodel.scenarios import HORIZON, Scenario, load_scenarios, resolve

Wanted = str | Scenario | Iterable[str | Scenario]


def project(
    scenarios: Wanted,
    *,
    months: int | None = None,
    draws: int = 4000,
    seed: int = 2019,
    as_of: DateLike | None = None,
    history: pd.DataFrame | None = None,
    assumptions: Assumptions | None = None,
    keep: Iterable[str] | None = None,
    block: int = 2048,
    executor: Any = None,
    store: str | Path | None = None,
    resume: bool = False,
    progress: Callable[[float], None] | None = None,
) -> xr.Dataset:
    """Project Venezuela's dollars under one or more scenarios.

    Parameters
    ----------
    scenarios : str, Scenario or several
        Names of shipped scenarios, ``"a+b"`` combinations, or Scenario objects.
    months : int, optional
        Horizon [month], 1 to 600; the scenario's own, or 60.
    draws : int
        Futures per scenario [1].
    seed : int
        The same seed gives the same numbers.
    as_of : date, optional
        Use only what was published by this day and start in its month; the scenario's own day, or the month after
        the last production reading.
    history : DataFrame, optional
        As from `load_history`, in place of the shipped history: production, production_se [kb/d] and brent [USD/bbl];
        months from `as_of` on are left out, the prints are the caller's own.
    assumptions : Assumptions, optional
        In place of the shipped ones of that day.
    keep : iterable of str, optional
        Variables to return; without it all that have neither market, host nor creditor, and the sums over these of
        sales, debt_balance, migrants and remittances. A name given here keeps its market, host or creditor.
    block : int
        Draws computed at a time [1], rounded to chunks of 1,024.
    executor : optional
        A ``concurrent.futures`` executor that computes the blocks.
    store : path, optional
        Folder of a zarr store that receives the blocks, for runs larger than memory.
    resume : bool
        Go on with the store of an interrupted run of the same call.
    progress : callable, optional
        Called with the share done [1].

    Returns
    -------
    Dataset
        Dims scenario, month, [market, host or creditor,] draw; units in the attributes of each variable; the run's
        own description as JSON in ``attrs["run"]``.

    Raises
    ------
    ValueError
        If a name is unknown, a value out of bounds, a date past the horizon, the scenarios start in different months,
        or months or draws are absurd (with the memory they would need).

    Examples
    --------
    >>> p = project("status_quo", months=2, draws=8)
    >>> dict(p.production.sizes)
    {'scenario': 1, 'month': 2, 'draw': 8}
    """
    chosen, inputs, run = prepared(
        scenarios, months, draws, seed=seed, as_of=as_of, history=history, assumptions=assumptions, keep=keep
    )
    return _dataset.collect(run_block, chosen, inputs, draws, run, block, executor, store, resume, progress)


def prepared(
    scenarios: Wanted,
    months: int | None,
    draws: int,
    *,
    seed: int = 2019,
    as_of: DateLike | None = None,
    history: pd.DataFrame | None = None,
    assumptions: Assumptions | None = None,
    keep: Iterable[str] | None = None,
) -> tuple[list[Scenario], Inputs, str]:
    """Return what `project` computes from, checked: scenarios, inputs of a block and the run's own description."""
    chosen = resolve(scenarios, load_scenarios())
    day = _same_day(chosen, as_of)
    length = months if months is not None else _same_length(chosen)
    _dataset.check_size(len(chosen), length, draws, seed)
    names = _dataset.variables(keep)
    tables, known, fitted = _ready(day, history, assumptions)
    last = calendar.month(fitted.joint["production"].attrs["last"])
    first = first_month(known, day)
    for scenario in chosen:
        fitted.check(scenario, first, max(length, scenario.months or HORIZON))
    start = min(last + 1, first)
    index = calendar.months(start, (first - start).n + length)
    lead = (first - start).n
    brent = known["brent"].dropna()
    seen = brent[brent.index.to_period("M") >= start].to_numpy()[:lead]
    inputs = Inputs(
        _aged(fitted, start),
        index,
        lead,
        seed,
        names,
        seen,
        float(brent[brent.index.to_period("M") < start].iloc[-1]),
        outages.catalogue(tables["blackouts"], index[:lead]),
        lead,
        hosts=_hosts(tables, fitted, index),
    )
    run = _dataset.describe(
        chosen, inputs, seed=seed, draws=draws, months=length, as_of=day, first=str(first), kind="project"
    )
    return chosen, inputs, run


def hindcast(
    first: DateLike,
    last: DateLike,
    scenarios: Wanted = ("history",),
    *,
    draws: int = 4000,
    seed: int = 2019,
    as_of: DateLike | None = None,
    history: pd.DataFrame | None = None,
    assumptions: Assumptions | None = None,
    keep: Iterable[str] | None = None,
    block: int = 2048,
    executor: Any = None,
    store: str | Path | None = None,
    resume: bool = False,
    progress: Callable[[float], None] | None = None,
) -> xr.Dataset:
    """Run the same pipeline over the past: smoothed capacity, dated facts, the failures that happened.

    Production is computed from capacity, never read: compare it with the consensus.

    Parameters
    ----------
    first, last : date
        Months from 2002 to the last month with any production reading.
    scenarios : str, Scenario or several
        ``"history"`` changes nothing; a counterfactual changes dated facts.
    draws, seed, as_of, history, assumptions, keep, block, executor, store, resume, progress
        As in `project`.

    Returns
    -------
    Dataset
        As from `project`.

    Raises
    ------
    ValueError
        As `project` does, or if the months lie outside the history.
    """
    chosen = resolve(scenarios, load_scenarios())
    index = calendar.between(first, last)
    _dataset.check_size(len(chosen), len(index), draws, seed)
    tables, known, fitted = _ready(as_of, history, assumptions)
    blocked = production.blocked(tables)
    past = production.past_capacity(known, blocked)
    past.index = past.index.to_period("M")
    past["read"] = ~past.index.isin(blocked)
    if index[0] < past.index[0] or index[-1] > past.index[-1]:
        raise ValueError(
            f"hindcast {index[0]} to {index[-1]} is outside the history, {past.index[0]} to {past.index[-1]}"
        )
    for scenario in chosen:
        fitted.check(scenario, index[0], (past.index[-1] - index[0]).n + 2, past=True)
    brent = known["brent"].copy()
    brent.index = brent.index.to_period("M")
    inputs = Inputs(
        fitted,
        index,
        0,
        seed,
        _dataset.variables(keep),
        brent.reindex(index).ffill().to_numpy(),
        float(brent.dropna().iloc[0]),
        outages.catalogue(tables["blackouts"], index),
        len(index),
        past.reindex(index),
        *remittances.past_stock(tables["migrants"], index, assumed=fitted.table),
        _hosts(tables, fitted, index),
    )
    run = _dataset.describe(
        chosen, inputs, seed=seed, draws=draws, months=len(index), as_of=as_of, first=str(index[0]), kind="hindcast"
    )
    return _dataset.collect(run_block, chosen, inputs, draws, run, block, executor, store, resume, progress)


def _aged(fitted: Assumptions, start: pd.Period) -> Assumptions:
    """Bring the fitted stocks to the month before the run at the growth assumed."""
    frame = fitted.joint["remittances"]
    months = max((start - calendar.month(frame.attrs["date"])).n - 1, 0)
    growth, damping = (float(fitted.row(f"migration_{name}")["central"]) for name in ("growth", "damping"))
    aged = remittances.aged(frame, months, growth, damping)
    return replace(fitted, joint={**fitted.joint, "remittances": aged})


def _hosts(tables: Mapping[str, pd.DataFrame], fitted: Assumptions, index: pd.PeriodIndex) -> tuple[Any, Any]:
    return remittances.host_income(tables["host_income"], index, int(fitted.row("amount_year")["central"]))


def _same_day(scenarios: list[Scenario], as_of: DateLike | None) -> str | None:
    if as_of is not None:
        return str(calendar.day(as_of, "as_of").date())
    days = {None if s.as_of is None else str(s.as_of) for s in scenarios}
    if len({d and d[:7] for d in days}) > 1:
        listed = ", ".join(f"{s.name} ({s.as_of or 'now'})" for s in scenarios)
        raise ValueError(f"scenarios start in different months: {listed}; run them apart or give as_of=")
    return max((d for d in days if d), default=None)


def _same_length(scenarios: list[Scenario]) -> int:
    return max(s.months or HORIZON for s in scenarios)


def first_month(known: pd.DataFrame, day: DateLike | None) -> pd.Period:
    """Return the first month of a projection: that of its day, or the one after the last reading of output."""
    return calendar.month(day) if day is not None else calendar.month(last_reading(known)) + 1


def last_reading(history: pd.DataFrame) -> pd.Timestamp:
    """Return the last month that any source has read output in."""
    columns = [c for c in history if str(c).startswith("production_") and c != "production_se"]
    return history[columns or ["production"]].dropna(how="all").index[-1]


def _ready(
    day: DateLike | None, history: pd.DataFrame | None, assumptions: Assumptions | None
) -> tuple[dict[str, pd.DataFrame], pd.DataFrame, Assumptions]:
    """Return the tables, the history and the fitted assumptions of a day; a user's own take the place of ours."""
    tables = data.load_tables(as_of=day)
    if history is None:
        known = data.history(tables)
    else:
        known = _own_history(history)
        if day is not None:
            # the prints are the caller's own; months from the day on cannot have been known
            known = known[known.index < calendar.month(day).to_timestamp()]
        tables = _with_history(tables, known)
    assumed = load_assumptions(as_of=day) if assumptions is None else assumptions
    return tables, known, assumed if assumed.joint else estimate(tables, assumed)


def _own_history(history: pd.DataFrame) -> pd.DataFrame:
    for column in ("production", "production_se", "brent"):
        if column not in history:
            raise ValueError(f"history has no column '{column}'; load_history() shows the columns a run needs")
    frame = history.copy()
    index = pd.PeriodIndex(frame.index, freq="M") if not isinstance(frame.index, pd.PeriodIndex) else frame.index
    if index.has_duplicates:
        raise ValueError(f"history has month {index[index.duplicated()][0]} twice; keep one row a month")
    missing = pd.period_range(index.min(), index.max(), freq="M").difference(index)
    if len(missing):
        raise ValueError(f"history has no row for month {missing[0]}; give every month a row, empty where unknown")
    frame.index = index.to_timestamp()
    return frame.sort_index()


def _with_history(tables: Mapping[str, pd.DataFrame], history: pd.DataFrame) -> dict[str, pd.DataFrame]:
    return {**tables, "history": history.reset_index(names="month")}
