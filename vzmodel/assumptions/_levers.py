"""What a scenario assumes, lever by lever: markets, settlement, prices, diluent, grid, spending and Brent."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vzmodel.assumptions import Assumptions, estimate, load_assumptions
from vzmodel.data import load_tables
from vzmodel.scenarios import Scenario, load_scenarios, resolve

MARKETS = ("us", "china", "india", "europe", "cuba", "other")
GROUPS = {
    "volume by market": tuple(f"access_volume_{m}" for m in MARKETS),
    "cash by market": tuple(f"access_cash_{m}" for m in MARKETS),
    "settlement": ("debt_cargoes_china", "debt_cargoes_rosneft", "supply_cargoes", "swap_cargoes", "partner_cargoes",
                   "collection_share", "collection_lag", "escrow_share", "escrow_release"),
    "gap": (*(f"gap_{m}" for m in MARKETS), "route_cost"),
    "diluent": ("diluent",),
    "grid": ("outage_state", "outage_rate"),
    "spending": ("investment",),
    "Brent": ("brent",),
}  # fmt: skip


def levers(scenario: str | Scenario, *, as_of: Any = None) -> pd.DataFrame:
    """Return the levers of a scenario: what the day's assumptions are, and what the scenario makes of them.

    Parameters
    ----------
    scenario : str or Scenario
        A name, an ``"a+b"`` combination or an object.
    as_of : date, optional
        Day of the assumptions; the scenario's own without it.

    Returns
    -------
    DataFrame
        Index (group, assumption): unit, low, central, high (the assumption's own, in its unit) and changes, a text of
        months and values. All levers are listed, and last every other assumption that the scenario changes.

    Raises
    ------
    ValueError
        If the scenario or an assumption is unknown.

    Examples
    --------
    >>> levers("price_shock").loc[("Brent", "brent"), "changes"]
    '2019-10: 41, 2020-10: base'
    """
    chosen = resolve(scenario, load_scenarios())[0]
    known = in_force(chosen, as_of)
    listed = [(group, name) for group, names in GROUPS.items() for name in names]
    listed += [("other", name) for name in chosen.changes if name not in {n for _, n in listed}]
    rows = []
    for group, name in listed:
        row = known.row(name)
        dated = ", ".join(f"{when}: {_text(value)}" for when, value in chosen.changes.get(name, {}).items())
        rows.append((group, name, row["unit"], row["low"], row["central"], row["high"], dated))
    columns = ["group", "assumption", "unit", "low", "central", "high", "changes"]
    return pd.DataFrame(rows, columns=columns).set_index(["group", "assumption"])


def in_force(scenario: Scenario, as_of: Any = None) -> Assumptions:
    """Return the assumptions of a scenario's day, fitted where it changes a fitted one."""
    day = scenario.as_of if as_of is None else as_of
    known = load_assumptions(as_of=day)
    if all(name in known.table.index for name in scenario.changes):
        return known
    return estimate(load_tables(as_of=day), known)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return f"{value[1]:g} ({value[0]:g} to {value[2]:g})"
    return value if isinstance(value, str) else f"{value:g}"
