"""How much of the spread of an outcome rests on judgement: shares of the variance by the grade of what is assumed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from vzmodel.assumptions import _sampling
from vzmodel.drivers._levels import needed, total
from vzmodel.model import _dataset

SCENARIO, CHANCE, ALL_JUDGEMENT = "scenario", "chance", "judgement and scenario"
AT_ONCE = 1024
RESAMPLED = 200


def spread_by_grade(scenario: Any, variables: Sequence[str] = ("dollar_inflow", "cash_revenue"), *,
                    years: Iterable[int] | None = None, draws: int = 4096, **run: Any) -> pd.DataFrame:
    r"""Return the share of the variance of yearly values that rests on assumptions of each grade, and on chance.

    Groups are the grades of the table (judgement, estimated, published, measured; parameters fitted together are
    estimated), "scenario", the values that the scenario itself sets, whose reason is a judgement too, and "chance": the
    shocks of the months. "judgement and scenario" takes the first and that group together.

    Parameters
    ----------
    scenario : str or Scenario
    variables : sequence of str
        Without market, host or creditor, or adding up over it.
    years : iterable of int, optional
        Complete calendar years of the run. Default: the first and the last.
    draws : int
        Draws of each of the runs, one per group and two more [1].
    **run
        As for `project`.

    Returns
    -------
    DataFrame
        Index (variable, year, group); assumptions (names that move, 0 for chance) [1], alone (first order) and total,
        with alone_error and total_error, one standard error by resampling draws [1].

    Raises
    ------
    ValueError
        If the scenario, a variable or a year is unknown, or draws are fewer than 16.

    Notes
    -----
    With f(A), f(B) two independent runs and f(AB) run A with the percentiles of group g from B:

    .. math:: S_g = \mathrm{cov}(f_B, f_{AB}) / \mathrm{var}(f), \quad T_g = E (f_A - f_{AB})^2 / 2\,\mathrm{var}(f)

    The share that rests on a group lies between S, what knowing it would remove on average, and T, what would be left
    if all else were known; they differ where groups act together.

    References
    ----------
    Sobol (1993); Jansen (1999); Janon et al. (2014), Asymptotic normality of Sobol index estimators.
    """
    from vzmodel import model

    if draws < 16:
        raise ValueError(f"draws is {draws}; shares of a variance need 16 or more")
    months = run.pop("months", None)
    keep = list(dict.fromkeys(name for variable in variables for name in needed(variable)))
    (chosen,), inputs, text = model.prepared([scenario], months, draws, **{**run, "keep": keep})
    groups = _groups(inputs.assumptions, chosen.changes)
    seed = inputs.seed
    own, other = (_given(inputs.assumptions, at, draws) for at in (seed, seed + 1))

    def outcome(given: Mapping[str, np.ndarray], chance: int) -> dict[tuple[str, int], np.ndarray]:
        found = replace(inputs, given=given, seed=chance)
        parts = [_yearly(chosen, found, text, start, min(AT_ONCE, draws - start), variables)
                 for start in range(0, draws, AT_ONCE)]
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    first, second = outcome(own, seed), outcome(other, seed + 1)
    mixed = {group: outcome({**own, **{n: other[n] for n in names}}, seed) for group, names in groups.items()}
    mixed[CHANCE] = outcome(own, seed + 1)
    wanted = _wanted(years, sorted({year for _, year in first}))
    moving = _moving(inputs.assumptions, chosen.changes)
    rows = {(variable, year, group): {"assumptions": len(set(groups.get(group, [])) & moving),
                                      **_shares(first[variable, year], second[variable, year], ab[variable, year])}
            for variable in variables for year in wanted for group, ab in mixed.items()}
    frame = pd.DataFrame.from_dict(rows, orient="index")
    frame.index = pd.MultiIndex.from_tuples(rows, names=["variable", "year", "group"])
    frame.attrs = {"draws": draws, "scenario": chosen.name}
    return frame


def _groups(assumptions: Any, changes: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names of percentiles by group; one of parameters fitted together is a name of its own."""
    table = assumptions.table
    joint = {str(n) for frame in assumptions.joint.values() for n in frame}
    found: dict[str, list[str]] = {"judgement": [], SCENARIO: [str(n) for n in changes], "estimated": []}
    for name, grade in table["grade"].items():
        if name not in changes and name not in joint:
            found.setdefault(str(grade), []).append(str(name))
    found["estimated"] += [f"joint {group}" for group in assumptions.joint]
    return {**found, ALL_JUDGEMENT: found["judgement"] + found[SCENARIO]}


def _moving(assumptions: Any, changes: Mapping[str, Any]) -> set[str]:
    table = assumptions.table
    spread = {str(n) for n in table.index[table["low"] < table["high"]] if n not in changes}
    drawn = {n for n, dated in changes.items() if any(isinstance(v, tuple) for v in dated.values())}
    return spread | drawn | {f"joint {group}" for group in assumptions.joint}


def _given(assumptions: Any, seed: int, draws: int) -> dict[str, np.ndarray]:
    drawn = _sampling.percentiles(seed, 0, draws)
    return {n: drawn(n) for n in [*map(str, assumptions.table.index), *(f"joint {g}" for g in assumptions.joint)]}


def _yearly(scenario: Any, inputs: Any, text: str, start: int, draws: int,
            variables: Sequence[str]) -> dict[tuple[str, int], np.ndarray]:
    from vzmodel import model

    arrays = model.run_block([scenario], inputs, start, draws)
    p = _dataset.labelled(arrays, [scenario.name], inputs.months[inputs.lead:], text)
    found = {variable: total(p, variable).isel(scenario=0) for variable in variables}
    return {(name, int(year)): array.sel(year=year).to_numpy()
            for name, array in found.items() for year in array["year"].values}


def _wanted(years: Iterable[int] | None, known: list[int]) -> list[int]:
    if not known:
        raise ValueError("no calendar year is complete in this run: give more months")
    wanted = sorted({known[0], known[-1]}) if years is None else list(years)
    for year in wanted:
        if year not in known:
            raise ValueError(f"{year} is not a complete year of this run: {', '.join(map(str, known))}")
    return wanted


def _shares(a: np.ndarray, b: np.ndarray, ab: np.ndarray) -> dict[str, float]:
    """Return first-order and total share of the variance with their standard errors [1].

    Examples
    --------
    >>> own, other = np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 4.0, 1.0, 3.0])
    >>> _shares(own, other, own)["total"]
    0.0
    >>> round(_shares(own, other, other)["alone"], 6)
    1.0
    """
    def both(at: Any) -> tuple[float, float]:
        x, y, z = a[at], b[at], ab[at]
        variance = (x.var() + y.var() + z.var()) / 3
        if not variance > 0:
            return 0.0, 0.0
        alone = np.mean((y - y.mean()) * (z - z.mean())) / variance
        return float(alone), float(np.mean((x - z) ** 2) / 2 / variance)

    rng = np.random.default_rng(0)
    again = np.array([both(rng.integers(0, len(a), len(a))) for _ in range(RESAMPLED)])
    alone, whole = both(slice(None))
    errors = again.std(axis=0)
    return {"alone": alone, "alone_error": float(errors[0]), "total": whole, "total_error": float(errors[1])}
