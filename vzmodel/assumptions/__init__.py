"""Numbers taken on trust: bounded, dated, graded rows, and the values a run draws from them."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vzmodel.assumptions import _shares
from vzmodel.assumptions._sampling import QUANTILE, Percentile, position, quantile
from vzmodel.calendar import LATEST, DateLike, day, month
from vzmodel.scenarios import START, Scenario, Value, suggest

COLUMNS = (
    "published",
    "low",
    "central",
    "high",
    "distribution",
    "unit",
    "minimum",
    "maximum",
    "grade",
    "source",
    "note",
)
CENTRED = {"unaccounted"}
"""Assumptions whose past is no guide: what the balance leaves unexplained has mean zero ahead."""
DISTRIBUTIONS = ("fixed", "normal", "lognormal", "uniform")
BLOCKS = ("production", "outages", "balance", "prices", "revenue", "remittances")


@dataclass(frozen=True)
class Assumptions:
    """Assumptions known on a day, with fitted parameters as joint draws.

    Attributes
    ----------
    table : DataFrame
        One row per name: block, published, low, central, high, distribution, unit, minimum, maximum, grade, source,
        note.
    joint : dict of str to DataFrame
        Fitted parameters by group; each row is one joint draw.
    facts : dict of str to dict
        What an assumption was in the past: ``{name: {month: (low, central, high)}}``; read by hindcasts only.
    """

    table: pd.DataFrame
    joint: dict[str, pd.DataFrame] = field(default_factory=dict)
    facts: dict[str, dict[str, Value]] = field(default_factory=dict)

    def update(self, rows: Mapping[str, Any] | pd.DataFrame) -> Assumptions:
        """Return a copy with other values.

        Parameters
        ----------
        rows : dict or DataFrame
            ``{name: number}``, ``{name: (low, central, high)}`` or ``{name: {column: value}}``, in the assumption's
            unit; or a DataFrame indexed by name.

        Raises
        ------
        ValueError
            If a name is unknown or a value lies outside the assumption's bounds.

        Examples
        --------
        >>> float(load_assumptions().update({"collection_share": 0.5}).table.loc["collection_share", "central"])
        0.5
        """
        table = self.table.copy()
        entries = rows.to_dict("index") if isinstance(rows, pd.DataFrame) else rows
        for name, entry in entries.items():
            self.row(str(name))
            if not isinstance(entry, Mapping):
                low, central, high = entry if isinstance(entry, (tuple, list)) else (entry, entry, entry)
                entry = {"low": low, "central": central, "high": high}
                if low == high:
                    entry["distribution"] = "fixed"
                elif table.loc[name, "distribution"] in ("fixed", "fitted"):
                    entry["distribution"] = "normal"
            for column in entry.keys() - set(table.columns):
                raise ValueError(f"assumption {name}: unknown column '{column}'{suggest(column, table.columns)}")
            for column, value in entry.items():
                table.loc[name, column] = value
        fitted = {g: f.drop(columns=[n for n in f if n in entries]) for g, f in self.joint.items()}
        return replace(self, table=_checked(table, "update"), joint=fitted)

    def row(self, name: str) -> pd.Series:
        """Return one row; raises ValueError with the nearest names if there is none."""
        if name not in self.table.index:
            raise ValueError(
                f"unknown assumption '{name}'{suggest(name, self.table.index)}; load_assumptions().table lists them"
            )
        return self.table.loc[name]

    def check(self, scenario: Scenario, first: pd.Period, horizon: int, *, past: bool = False) -> None:
        """Raise ValueError for an unknown assumption, a value or sum out of bounds or a change past the horizon."""
        last = first + horizon - 1
        for name, dated in scenario.changes.items():
            row = self.row(name)
            for when, value in dated.items():
                where = f"scenario {scenario.name}: {name} from {when}"
                if when != START and month(when) > last:
                    raise ValueError(f"{where} is past the horizon, {first} to {last}; raise months= or drop it")
                for number in () if value == "base" else np.atleast_1d(np.asarray(value, float)):
                    if not row["minimum"] <= number <= row["maximum"]:
                        raise ValueError(
                            f"{where} is {number:g} [{row['unit']}]; it must lie between "
                            f"{row['minimum']:g} and {row['maximum']:g}"
                        )
        shares = {name: dated for name, dated in scenario.changes.items() if name.startswith(_shares.PREFIX)}
        if shares:
            for when, sums in _shares.by_date(shares, _central_shares(self.table), self.facts if past else {}):
                _shares.refuse_above_one(sums, f"scenario {scenario.name} from {when}")

    def sample(
        self,
        scenario: Scenario,
        calendar: pd.PeriodIndex,
        percentile: Percentile,
        *,
        past: bool = False,
        shared: Mapping[str, np.ndarray] | None = None,
    ) -> dict[str, np.ndarray]:
        """Return the values each draw uses.

        Parameters
        ----------
        scenario : Scenario
            Its changes apply to these assumptions.
        calendar : PeriodIndex
            Months of the run.
        percentile : callable
            Percentiles [1] by name, shape (draw,).
        past : bool
            Whether dated facts apply, as in a hindcast.
        shared : dict of ndarray, optional
            Values already drawn without changes; those the scenario leaves alone are these very arrays.

        Returns
        -------
        dict of str to ndarray
            By name, in the assumption's unit: shape (draw,), or (month, draw) where a value is dated.

        Notes
        -----
        The same percentile serves every scenario and every dated value of one assumption, so a change of the median
        moves each draw and reorders none.
        """
        if shared is not None:
            changed = {name: self._rows[name] for name in scenario.changes}
        else:
            changed = self._rows
        joint = self._joint_values(percentile, changed)
        return {**(shared or {})} | {
            str(name): self._values(
                str(name), row, scenario.changes.get(str(name), {}), calendar, percentile, joint.get(str(name)), past
            )
            for name, row in changed.items()
        }

    @cached_property
    def _rows(self) -> dict[Any, dict[Any, Any]]:
        # a Series takes microseconds to give a cell, and a run asks for thousands
        return self.table[list(QUANTILE)].to_dict("index")

    @cached_property
    def _columns(self) -> dict[str, dict[str, np.ndarray]]:
        # a column of a DataFrame would carry a copy of all its notes along
        return {group: dict(zip(map(str, frame), frame.to_numpy().T)) for group, frame in self.joint.items()}

    def _joint_values(self, percentile: Percentile, names: Container[str]) -> dict[str, np.ndarray]:
        out = {}
        for group, columns in self._columns.items():
            rows = (percentile(f"joint {group}") * len(next(iter(columns.values())))).astype(int)
            out.update({name: values[rows] for name, values in columns.items() if name in names})
        return out

    def _values(
        self,
        name: str,
        row: Mapping[Any, Any],
        changes: Mapping[str, Value],
        calendar: pd.PeriodIndex,
        percentile: Percentile,
        fitted: np.ndarray | None,
        past: bool,
    ) -> np.ndarray:
        facts = self.facts.get(name, {}) if past else {}
        if fitted is not None and not facts and not changes:
            return fitted
        u = percentile(name)
        base = fitted if fitted is not None else quantile(row, (row["low"], row["central"], row["high"]), u)
        if not facts and not changes:
            return base
        if not facts and list(changes) == [START] and changes[START] != "base":
            return quantile(row, changes[START], u)
        path = np.broadcast_to(base, (len(calendar), len(u))).copy()
        for when, value in facts.items():
            path[position(when, calendar) :] = quantile(row, value, u)
        own = path.copy()
        for when, value in changes.items():
            start = position(when, calendar)
            path[start:] = own[start:] if value == "base" else quantile(row, value, u)
        return path


def _checked(table: pd.DataFrame, where: str) -> pd.DataFrame:
    for name, row in table.iterrows():
        what = f"{where}: assumption {name}"
        if row["distribution"] not in (*DISTRIBUTIONS, "fitted"):
            raise ValueError(f"{what} has distribution '{row['distribution']}'; use {', '.join(DISTRIBUTIONS)}")
        values = [row["minimum"], row["low"], row["central"], row["high"], row["maximum"]]
        if not all(isinstance(v, (int, float, np.number)) and v == v for v in values):
            raise ValueError(
                f"{what}: minimum, low, central, high, maximum {values} [{row['unit']}] must all be numbers"
            )
        if sorted(values) != values:
            raise ValueError(f"{what}: {values} [{row['unit']}] must rise: minimum ≤ low ≤ central ≤ high ≤ maximum")
        if row["distribution"] == "lognormal" and row["low"] <= 0:
            raise ValueError(f"{what} is lognormal but low is {row['low']:g} [{row['unit']}]; it must be above 0")
    _shares.refuse_above_one(_central_shares(table), where)
    return table


def _central_shares(table: pd.DataFrame) -> dict[str, float]:
    rows = table.loc[table.index.astype(str).str.startswith(_shares.PREFIX), "central"]
    return {str(name): float(value) for name, value in rows.items()}


def load_assumptions(folder: str | Path | None = None, *, as_of: DateLike | None = None) -> Assumptions:
    """Load the assumptions known on a day.

    Where the next row of an assumption is not out by that day, dated facts published since its last one stand in.

    Parameters
    ----------
    folder : str or Path, optional
        Data folder whose ``assumptions/<block>.csv`` take the place of the shipped ones.
    as_of : date, optional
        Keep the latest row of each name published by this day; everything without it.

    Returns
    -------
    Assumptions

    Raises
    ------
    ValueError
        If a row is out of order, out of bounds or not a number, or a name has no row by that day.

    Examples
    --------
    >>> load_assumptions(as_of="2019-04-01").table.loc["access_volume_us", "unit"]
    '1'
    """
    from vzmodel import data

    frames = []
    for block in BLOCKS:
        frame = data.read_assumptions(block, folder)
        frames.append(frame.assign(block=block))
    every = pd.concat(frames, ignore_index=True)
    table = data.known(every, as_of).sort_values("published", kind="stable").drop_duplicates("name", keep="last")
    for name in sorted(set(every["name"]) - set(table["name"])):
        raise ValueError(f"assumption {name} has no row published by {as_of}; add one or choose a later day")
    order = {name: k for k, name in enumerate(dict.fromkeys(every["name"]))}
    table = table.sort_values("name", key=lambda s: s.map(order)).set_index("name")[["block", *COLUMNS]]
    until = None if as_of is None else day(as_of, "as_of")
    one = data.load_tables(folder, as_of=as_of) if folder else {"levers": data.read_table("levers", None, until)}
    levers = data.known(one["levers"], as_of).sort_values(["assumption", "month", "published"])
    table = _overtaken(table, levers, LATEST.start_time if until is None else until)
    return Assumptions(_checked(table, "assumptions"), facts=_facts(levers))


def _overtaken(table: pd.DataFrame, levers: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    """Let a dated fact stand in for an assumption whose latest row is older than the fact.

    A run of 2024 starts from what was known of 2024, not from what was assumed in 2019.
    """
    out = table.copy()
    latest = levers[levers["month"] <= until].drop_duplicates("assumption", keep="last").set_index("assumption")
    for name, fact in latest[latest.index.isin(set(table.index) - CENTRED)].iterrows():
        if fact["published"] > out.loc[name, "published"]:
            kind = "fixed" if fact["low"] == fact["high"] else "normal"
            new = {"published": fact["published"], "distribution": kind, "source": fact["source"], "note": fact["note"]}
            for column, value in (new | {c: float(fact[c]) for c in ("low", "central", "high")}).items():
                out.loc[name, column] = value
    return out


def _facts(levers: pd.DataFrame) -> dict[str, dict[str, Value]]:
    out: dict[str, dict[str, Value]] = {}
    for row in levers.itertuples():
        out.setdefault(str(row.assumption), {})[str(pd.Period(row.month, "M"))] = (row.low, row.central, row.high)
    return out


def estimate(tables: Mapping[str, pd.DataFrame], assumptions: Assumptions) -> Assumptions:
    """Fit what the tables can tell: capacity and its trend, Brent, outage rates, migrant stocks.

    Parameters
    ----------
    tables : dict of str to DataFrame
        As from `load_tables`; what was known on its day is all that is used.
    assumptions : Assumptions
        The fitted rows replace those of the same name.

    Returns
    -------
    Assumptions
        A copy with ``joint`` draws; cached by the content of tables and assumptions.

    Raises
    ------
    ValueError
        If a needed table is missing or too short.
    """
    for name in ("production", "prices", "blackouts", "migrants"):
        if name not in tables:
            raise ValueError(f"table '{name}' is needed to fit the model; load_tables() gives it")
    from vzmodel.model._fit import Frames, fitted

    return fitted(Frames(tables), assumptions)
