"""How far each assumption moves an outcome: one at a time, and as a share of the variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from vzmodel import scenarios
from vzmodel.assumptions import _sampling
from vzmodel.drivers._levels import level, needed
from vzmodel.model import _dataset

ALL_ELSE = "all else"
"""Shocks, and the assumptions not named."""
SCREENED = 10
"""Assumptions a variance is split among unless they are named [1]."""


@dataclass(frozen=True)
class _Trial:
    """A scenario made ready to run again and again with some percentiles given."""

    scenario: scenarios.Scenario
    inputs: Any
    run: str
    draws: int
    variable: str
    year: int | None

    def outcome(self, given: Mapping[str, np.ndarray], seed: int, fixed: Mapping[str, float] | None = None) -> Any:
        """Return the outcome of every draw [unit of the variable], shape (draw,)."""
        from vzmodel import model

        assumed = self.inputs.assumptions.update(fixed) if fixed else self.inputs.assumptions
        inputs = replace(self.inputs, given=given, seed=seed, assumptions=assumed)
        arrays = model.run_block([self.scenario], inputs, 0, self.draws)
        p = _dataset.labelled(arrays, [self.scenario.name], inputs.months[inputs.lead :], self.run)
        return level(p, self.variable, self.year).values[0]

    def value(self, name: str, percentile: float) -> float:
        """Return an assumption at a percentile [its unit], the mean of its months where it is dated."""
        assumed, at = self.inputs.assumptions, np.full(1, percentile)
        path = assumed.sample(self.scenario, self.inputs.months, lambda _: at)[name]
        return float(path[self.inputs.lead :].mean() if path.ndim == 2 else path.mean())

    def joint(self) -> set[str]:
        """Return the names that are drawn together with others, and that the scenario leaves alone."""
        return {str(n) for frame in self.inputs.assumptions.joint.values() for n in frame} - set(self.scenario.changes)

    def moving(self) -> list[str]:
        """Return the names whose low and high differ, in the table or in the scenario."""
        table, changes = self.inputs.assumptions.table, self.scenario.changes
        spread = {str(n) for n in table.index[table["low"] < table["high"]]}
        spread |= {n for n, dated in changes.items() if any(isinstance(v, tuple) for v in dated.values())}
        held = {n for n, d in changes.items() if scenarios.START in d and not any(v == "base" for v in d.values())}
        held = {n for n in held if not any(isinstance(v, tuple) for v in changes[n].values())}
        return [str(n) for n in table.index if n in spread - held]


def _trial(scenario: Any, variable: str, year: int | None, **run: Any) -> _Trial:
    from vzmodel import model

    draws = run.pop("draws", 1024)
    months = run.pop("months", None)
    chosen, inputs, text = model.prepared([scenario], months, draws, **{**run, "keep": needed(variable)})
    return _Trial(chosen[0], inputs, text, draws, variable, year)


def sensitivity(
    scenario: Any,
    variable: str,
    *,
    names: Sequence[str] | None = None,
    year: int | None = None,
    method: str = "tornado",
    **run: Any,
) -> pd.DataFrame:
    """Return how far each assumption moves a variable: alone, or as its share of the variance.

    Parameters
    ----------
    scenario : str or Scenario
        The scenario to run.
    variable : str
        A variable without market, host or creditor, or that adds up over it.
    names : sequence of str, optional
        Assumptions to vary; with "sobol" also ``"joint <group>"``, the parameters fitted together. Default: all whose
        low and high differ; with "sobol" the ten of the highest rank correlation with the outcome, and the groups.
    year : int, optional
        Calendar year to measure. Default: the mean over the complete years of the run.
    method : {"tornado", "sobol"}
        One assumption at a time at its 10th and 90th percentile, all others as drawn; or the shares of the variance of
        single draws, which needs SALib.
    **run
        Passed to `project`; 1,024 draws unless told otherwise. "sobol" takes a power of two.

    Returns
    -------
    DataFrame
        Index assumption. "tornado", widest swing first: low, high (of the assumption, its unit), at_low, at_high (mean
        of the variable), swing (their distance); ``attrs["base"]`` is the mean with nothing fixed. "sobol", largest
        first: first_order, first_order_error, total, total_error [1], errors at 95 %; the row "all else" is chance and
        the assumptions not named.

    Raises
    ------
    ValueError
        If an assumption, the variable or the method is unknown, no calendar year is complete, or "sobol" is asked for
        an assumption that is fitted together with others.
    ModuleNotFoundError
        If "sobol" is asked for and SALib is not installed.

    Notes
    -----
    First order: ``Var(E[y | x_i]) / Var(y)``; total: ``E(Var[y | all but x_i]) / Var(y)``. Percentiles are the inputs,
    so an assumption that a scenario dates counts with all its values.

    References
    ----------
    Saltelli et al. (2010), Variance based sensitivity analysis of model output.
    """
    if method not in ("tornado", "sobol"):
        raise ValueError(f"method={method!r} is not known: use 'tornado' or 'sobol'")
    trial = _trial(scenario, variable, year, **run)
    seed = trial.inputs.seed
    table = trial.inputs.assumptions.table
    groups = [f"joint {group}" for group in trial.inputs.assumptions.joint] if method == "sobol" else []
    for name in [n for n in names or () if n not in table.index and n not in groups]:
        raise ValueError(f"no assumption '{name}'{scenarios.suggest(name, [*table.index, *groups])}")
    for name in trial.joint().intersection(names or ()) if method == "sobol" else ():
        group = next(g for g, fitted in trial.inputs.assumptions.joint.items() if name in fitted)
        raise ValueError(
            f"{name} is fitted together with others and has no percentile of its own: name 'joint {group}' in its "
            "place, or let a scenario change it"
        )
    frame = (_tornado if method == "tornado" else _sobol)(trial, list(names or ()), groups, seed)
    frame.attrs |= {"variable": variable, "method": method}
    return frame.rename_axis("assumption")


def _tornado(trial: _Trial, names: list[str], _: list[str], seed: int) -> pd.DataFrame:
    table, joint, rows = trial.inputs.assumptions.table, trial.joint(), {}
    for name in names or trial.moving():
        if name in joint:
            # drawn with others: fixed at its own 10th and 90th percentile, the others as they are
            values = [float(table.loc[name, side]) for side in ("low", "high")]
            at = [trial.outcome({}, seed, {name: value}).mean() for value in values]
        else:
            values = [trial.value(name, u) for u in (0.1, 0.9)]
            at = [trial.outcome({name: np.full(trial.draws, u)}, seed).mean() for u in (0.1, 0.9)]
        rows[name] = (*values, *map(float, at), abs(float(at[1] - at[0])))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high", "at_low", "at_high", "swing"])
    frame.attrs = {"base": float(trial.outcome({}, seed).mean())}
    return frame.sort_values("swing", ascending=False, kind="stable")


def _sobol(trial: _Trial, names: list[str], groups: list[str], seed: int) -> pd.DataFrame:
    try:
        from SALib.analyze.sobol import analyze
        from SALib.sample.sobol import sample
    except ModuleNotFoundError:
        raise ModuleNotFoundError("method='sobol' needs SALib: pip install 'vzmodel[explore]'") from None
    if trial.draws & (trial.draws - 1):
        raise ValueError(f"draws is {trial.draws}; a Sobol sequence takes a power of two, such as 1024")
    names = names or [*_screened(trial, seed), *groups]
    count = len(names)
    problem: dict[str, Any] = {"num_vars": count, "names": names, "bounds": [[0.0, 1.0]] * count}
    rows = np.clip(sample(problem, trial.draws, calc_second_order=False, seed=seed), 2.0**-54, 1 - 2.0**-53)
    first, second = rows[0 :: count + 2], rows[count + 1 :: count + 2]

    def run(matrix: np.ndarray, chance: int) -> np.ndarray:
        return trial.outcome(dict(zip(names, matrix.T, strict=True)), chance)

    # a last factor is the seed: all that is drawn and not named
    columns = [run(first, seed)]
    for i in range(count):
        mixed = first.copy()
        mixed[:, i] = second[:, i]
        columns.append(run(mixed, seed))
    columns += [run(first, seed + 1), run(second, seed + 1)]
    factors = [*names, ALL_ELSE]
    full = {"num_vars": count + 1, "names": factors, "bounds": [[0.0, 1.0]] * (count + 1)}
    found = analyze(full, np.stack(columns, axis=1).ravel(), calc_second_order=False, seed=seed)
    shares = {"first_order": "S1", "first_order_error": "S1_conf", "total": "ST", "total_error": "ST_conf"}
    frame = pd.DataFrame({ours: found[theirs] for ours, theirs in shares.items()}, index=factors)
    return frame.sort_values("total", ascending=False, kind="stable")


def _screened(trial: _Trial, seed: int) -> list[str]:
    """Return the assumptions whose percentiles go up or down most clearly with the outcome."""
    rank: Callable[[np.ndarray], np.ndarray] = lambda x: np.argsort(np.argsort(x))  # noqa: E731
    outcome = rank(trial.outcome({}, seed))
    drawn = _sampling.percentiles(seed, 0, trial.draws)
    names = [n for n in trial.moving() if n not in trial.joint()]
    strength = {n: abs(float(np.corrcoef(rank(drawn(n)), outcome)[0, 1])) for n in names}
    return sorted(strength, key=lambda n: -strength[n])[:SCREENED]
