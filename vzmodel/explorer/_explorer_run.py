"""What the sliders answer: the baseline and what was moved, a few hundred draws of each under the same luck."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from vzmodel import assumptions, model, scenarios, summary
from vzmodel.model import _dataset

SLIDERS = {
    "us_access": ("US access", ("access_volume_us", "access_cash_us")),
    "gap": ("Gap to Brent, wider by", ()),
    "outage_rate": ("Outage rate", ("outage_rate",)),
    "brent": ("Brent", ("brent",)),
    "investment": ("Investment", ("investment",)),
    "migration": ("Extra migration", ("migration",)),
}
"""Sliders by key: label, and the assumptions that take the slider's value; the gap moves every market's by the same."""

VARIABLES = ("dollar_inflow", "cash_revenue", "production", "exports", "deferred_production", "remittances")
DRAWS = 256
"""Draws unless told otherwise [1]: enough for a median and a band on a screen, few enough to answer at once."""
KEPT = 64
"""Settings remembered, so that a slider moved back, or another variable, computes nothing."""
_NOT_GAPS = ("gap_volatility", "gap_persistence", "gap_ceiling")
_TAKEN = ("months", "draws", "seed", "as_of", "history", "assumptions")

Settings = Mapping[str, float | None]


@dataclass(frozen=True)
class Ready:
    """A scenario with all that its runs need, read and fitted once.

    Attributes
    ----------
    start : Scenario
        Where the sliders start from.
    table : DataFrame
        Assumptions of the day.
    inputs : Inputs
        Of `model.run_block`.
    run : str
        JSON that describes the run.
    draws : int
        Draws of each setting [1].
    known : dict
        Results by the settings that were moved: arrays (month, draw) by variable.
    """

    start: scenarios.Scenario
    table: pd.DataFrame
    inputs: Any
    run: str
    draws: int
    known: dict[frozenset[tuple[str, float]], dict[str, np.ndarray]] = field(default_factory=dict, repr=False)


def ready(scenario: str | scenarios.Scenario, **run: Any) -> Ready:
    """Read and fit what the runs of a scenario need.

    Parameters
    ----------
    scenario : str or Scenario
    **run
        months, draws, seed, as_of, history and assumptions, as in `project`; 256 draws unless told otherwise.

    Returns
    -------
    Ready

    Raises
    ------
    TypeError
        If an argument has no meaning here, such as `store`.
    ValueError
        As `project`; or if the months hold no complete calendar year.
    """
    for name in run:
        if name not in _TAKEN:
            raise TypeError(f"explore() has no use for '{name}'{scenarios.suggest(name, _TAKEN)}; it takes "
                            f"{', '.join(_TAKEN)}")
    start = scenarios.resolve(scenario, scenarios.load_scenarios())[0]
    run = {"draws": DRAWS, **run, "as_of": run.get("as_of") or start.as_of}
    months, draws, given = run.pop("months", None), run.pop("draws"), run.pop("assumptions", None)
    known = assumptions.load_assumptions(as_of=run["as_of"]) if given is None else given
    _, inputs, text = model.prepared([start], months, draws, assumptions=known, **run)
    shown = inputs.months[inputs.lead:]
    if not any((shown.year == year).sum() == 12 for year in shown.year.unique()):
        least = 12 + (1 - shown[0].month) % 12
        raise ValueError(f"months is {len(shown)}: from {shown[0]} on, {least} or more hold the complete calendar year "
                         "that the yearly table needs")
    few = tuple(name for name in inputs.keep if name.removesuffix(_dataset.SUM) in VARIABLES)
    return Ready(start, known.table, replace(inputs, keep=few), text, draws)


def changed(scenario: scenarios.Scenario, table: pd.DataFrame, settings: Settings) -> scenarios.Scenario:
    """Return a scenario with the sliders' changes from its first month.

    Parameters
    ----------
    scenario : Scenario
        Where the sliders start from.
    table : DataFrame
        ``load_assumptions().table``.
    settings : mapping of slider key to number or None
        In the assumption's unit; "gap" is added to the low, central and high of every market's gap [USD/bbl], within
        their bounds. None, and a gap of 0, change nothing.

    Returns
    -------
    Scenario
        Named "explored".

    Raises
    ------
    ValueError
        If a key is no slider.

    Examples
    --------
    >>> rows = pd.DataFrame([[8.0, 10.0, 14.0, 0.0, 60.0]], index=["gap_us"],
    ...                     columns=["low", "central", "high", "minimum", "maximum"])
    >>> changed(scenarios.Scenario("base"), rows, {"gap": 5, "brent": 60}).changes["gap_us"]
    {'start': (13.0, 15.0, 19.0)}
    """
    changes: dict[str, Any] = {}
    for key, value in settings.items():
        if key not in SLIDERS:
            raise ValueError(f"no slider '{key}'{scenarios.suggest(key, SLIDERS)}; sliders are {', '.join(SLIDERS)}")
        if value is None:
            continue
        # A later month of the scenario would otherwise take the slider's value back.
        changes |= {name: dict.fromkeys((scenarios.START, *scenario.changes.get(name, {})), value)
                    for name in SLIDERS[key][1]}
        if key == "gap" and value:
            changes |= {name: _wider(table.loc[name].to_dict(), scenario.changes.get(name, {}), float(value))
                        for name in map(str, table.index) if name.startswith("gap_") and name not in _NOT_GAPS}
    return scenario.but("explored", changes=changes)


def _wider(row: Mapping[Any, Any], dated: Mapping[str, Any], by: float) -> dict[str, Any]:
    own = (row["low"], row["central"], row["high"])
    out = {}
    for month, value in {scenarios.START: own, **dated}.items():
        values = own if value == "base" else value if isinstance(value, tuple) else (value,) * 3
        out[month] = tuple(min(max(float(v) + by, float(row["minimum"])), float(row["maximum"])) for v in values)
    return out


def limits(key: str, table: pd.DataFrame, scenario: scenarios.Scenario) -> tuple[float, float, float]:
    """Return where a slider starts and ends and where it stands, in the assumption's unit.

    The ends are the assumption's bounds, cut at three times its 90th percentile where that is above zero; the gap moves
    by up to 20 USD/bbl either way. It stands at the scenario's value in its first month, else the assumption's.
    """
    if key == "gap":
        return -20.0, 20.0, 0.0
    row: Any = table.loc[SLIDERS[key][1][0]]
    top = min(float(row["maximum"]), 3 * float(row["high"])) if row["high"] > 0 else float(row["maximum"])
    value = scenario.changes.get(SLIDERS[key][1][0], {}).get(scenarios.START, "base")
    stands = row["central"] if isinstance(value, str) else value[1] if isinstance(value, tuple) else value
    return float(row["minimum"]), max(top, float(stands)), float(stands)


def step(low: float, high: float) -> float:
    """Return by how much a slider moves: 1, 2 or 5 times a power of ten, a hundredth of its range or less.

    Examples
    --------
    >>> step(0, 1), step(5, 282), step(0, 15)
    (0.01, 2.0, 0.1)
    """
    most = (high - low) / 100
    power = 10.0 ** math.floor(math.log10(most) + 1e-9)
    return round(max(n * power for n in (1, 2, 5) if n * power <= most * (1 + 1e-9)), 12)


def answered(at: Ready, settings: Settings) -> xr.Dataset:
    """Return the baseline, the settings, and what the bridge between them needs; only what is new is computed.

    Parameters
    ----------
    at : Ready
    settings : mapping of slider key to number or None
        As in `changed`.

    Returns
    -------
    Dataset
        As from `project`. Scenarios: "baseline"; then those of `orders`, named by their sliders; last "explored".
    """
    moved = {key: float(value) for key, value in settings.items() if value is not None}
    wanted = [names for names in subsets(tuple(moved)) if 0 < len(names) < len(moved)]
    runs = [(), *wanted, tuple(moved)]
    keys = [frozenset((name, moved[name]) for name in names) for names in runs]
    new = [key for key in dict.fromkeys(keys) if key not in at.known]
    if new:
        chosen = [replace(changed(at.start, at.table, dict(key)), name=f"run_{i}") for i, key in enumerate(new)]
        arrays = model.run_block(chosen, at.inputs, 0, at.draws)
        for i, key in enumerate(new):
            at.known[key] = {name: values[i] for name, values in arrays.items()}
    stacked = {name: np.stack([at.known[key][name] for key in keys]) for name in at.inputs.keep}
    names = ["baseline", *(named(part) for part in wanted), "explored"]
    _forget(at)
    return _dataset.labelled(stacked, names, at.inputs.months[at.inputs.lead:], at.run)


def _forget(at: Ready) -> None:
    for key in [key for key in at.known if key][: max(len(at.known) - KEPT, 0)]:
        del at.known[key]


def named(sliders: tuple[str, ...]) -> str:
    """Return the name of the run in which only some sliders are moved."""
    return "+".join(sorted(sliders))


def subsets(moved: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the sets of sliders met when they are moved one after another, in their order and in the reverse one.

    Examples
    --------
    >>> subsets(("gap", "brent", "investment"))
    [('gap',), ('gap', 'brent'), ('gap', 'brent', 'investment'), ('investment',), ('brent', 'investment')]
    """
    count = len(moved)
    met = [moved[:n] for n in range(1, count + 1)] + [moved[n:] for n in range(count - 1, 0, -1)]
    return list(dict.fromkeys(met))


def bridge(p: xr.Dataset, variable: str, moved: tuple[str, ...]) -> pd.Series:
    """Return what each slider adds to the mean of a variable, in an average complete calendar year of the run.

    A slider's part is the mean of what it adds when the sliders are moved in their order and in the reverse one, which
    for two is the Shapley value. The parts add up to the difference.

    Parameters
    ----------
    p : Dataset
        From `answered`.
    variable : str
    moved : tuple of str
        Sliders that were moved.

    Returns
    -------
    Series
        By slider, in the unit of the variable's year.
    """
    means = summary.totals(p, variable).mean(("year", "draw")).to_series().to_dict()
    of = {(): means["baseline"], moved: means["explored"]} if moved else {}
    parts = {}
    for n, key in enumerate(moved):
        ends = [(moved[:n], moved[:n + 1]), (moved[n + 1:], moved[n:])]
        parts[key] = sum(_mean(of, means, after) - _mean(of, means, before) for before, after in ends) / 2
    return pd.Series(parts, dtype=float)


def _mean(of: Mapping[tuple[str, ...], float], means: Mapping[str, float], sliders: tuple[str, ...]) -> float:
    return of[sliders] if sliders in of else means[named(sliders)]


def yearly(p: xr.Dataset, variable: str) -> pd.DataFrame:
    """Return the baseline, the settings and their difference by complete calendar year.

    Returns
    -------
    DataFrame
        Index year; columns (baseline | explored | difference, p10 | p50 | p90), in the unit of the variable; the
        difference draw by draw.
    """
    both = summary.quantiles(p, variable, by="year")
    apart = summary.compare(p, variable, "explored", against="baseline", by="year")
    parts = {"baseline": both.xs("baseline"), "explored": both.xs("explored"), "difference": apart.xs("explored")}
    table = pd.concat({name: part.set_axis(["p10", "p50", "p90"], axis=1) for name, part in parts.items()}, axis=1)
    table.attrs = {"units": both.attrs.get("units", "")}
    return table
