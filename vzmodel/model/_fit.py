"""What the tables can tell: fits of each block, done once per state of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pandas as pd

from vzmodel import data, outages, prices, production, remittances
from vzmodel.assumptions import Assumptions
from vzmodel.model import _revisions
from vzmodel.scenarios import Value

JOINT_ROWS = 1024
"""Joint draws kept of each fit [1]."""


class Frames:
    """Tables that hash and compare by content, so that a fit is done once per state of the data."""

    def __init__(self, tables: Mapping[str, pd.DataFrame]):
        self.tables = tables
        self.key = tuple((name, data.digest(frame)) for name, frame in sorted(tables.items()))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frames) and self.key == other.key


@lru_cache(maxsize=8)
def _fit(frames: Frames, grid: tuple[tuple[str, float, float, float], ...], damping: float) -> dict[str, pd.DataFrame]:
    tables = frames.tables
    # a table that a user brings need not say when its rows were published
    seen = [tables[name]["published"].max() for name in ("prices", "blackouts") if "published" in tables[name]]
    last = max(seen) + pd.Timedelta(days=1) if seen else tables["prices"]["month"].max() + pd.DateOffset(months=1)
    until = pd.Period(last, "M") - 1
    history = tables["history"].set_index("month") if "history" in tables else data.history(tables)
    return {
        "production": production.estimate(
            history, production.blocked(tables), JOINT_ROWS, _band_factors(tables), damping
        ),
        "prices": prices.estimate(history["brent"], JOINT_ROWS),
        "outages": outages.estimate(tables["blackouts"], JOINT_ROWS, grid, until),
    }


@lru_cache(maxsize=8)
def _fit_routes(frames: Frames, dated: tuple[tuple[str, Value], ...]) -> dict[str, Value]:
    return prices.dated_route_costs(frames.tables, dict(dated))


def _band_factors(tables: Mapping[str, pd.DataFrame]) -> tuple[float, float]:
    # a history of the user's own has no days on which its past was known
    return (1.0, 1.0) if "history" in tables else _revisions.band_factors(tables)


@lru_cache(maxsize=8)
def _fit_people(frames: Frames) -> pd.DataFrame:
    tables = dict(frames.tables)
    assumed = tables.pop("assumed").set_index("name")
    return remittances.estimate(tables["migrants"], JOINT_ROWS, tables=tables, assumed=assumed)


def _people(tables: Mapping[str, pd.DataFrame], assumptions: Assumptions) -> pd.DataFrame:
    wanted = {name: tables[name] for name in ("migrants", "remittances", "host_income", "levers") if name in tables}
    own = assumptions.table[assumptions.table["block"] == "remittances"].reset_index(names="name")
    return _fit_people(Frames({**wanted, "assumed": own}))


def fitted(frames: Frames, assumptions: Assumptions) -> Assumptions:
    """Return assumptions whose fitted rows come from the tables, with their joint draws [unit of each row]."""
    grid = tuple((n, *(float(assumptions.table.loc[n, c]) for c in ("low", "central", "high"))) for n in outages.PRIORS)
    damping = float(assumptions.table.loc["trend_damping", "central"])
    joint = {group: frame.copy() for group, frame in _fit(frames, grid, damping).items()}
    joint["remittances"] = _people(frames.tables, assumptions).copy()
    rows = {}
    for group, frame in joint.items():
        for name in frame:
            low, central, high = frame[name].quantile([0.1, 0.5, 0.9])
            block = assumptions.table.loc[name, "block"] if name in assumptions.table.index else group
            unit, note = frame.attrs["units"][name], frame.attrs["notes"][name]
            rows[name] = {
                "block": block,
                "low": low,
                "central": central,
                "high": high,
                "distribution": "fitted",
                "unit": unit,
                "minimum": -np.inf,
                "maximum": np.inf,
                "grade": "estimated",
                "source": "fitted to the tables",
                "note": note,
            }
    found = pd.DataFrame.from_dict(rows, orient="index").reindex(columns=assumptions.table.columns)
    kept = assumptions.table.drop(index=[n for n in rows if n in assumptions.table.index])
    table = pd.concat([kept, found.astype(kept.dtypes)])
    table.index.name = "name"
    routes = _fit_routes(frames, tuple(assumptions.facts.get("route_cost", {}).items()))
    facts = {**assumptions.facts, "route_cost": dict(routes)} if routes else assumptions.facts
    return replace(assumptions, table=table, joint=joint, facts=facts)
