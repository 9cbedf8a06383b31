"""Why a run says what it says: differences by block, one assumption at a time, and where failures come from."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from vzmodel import assumptions as _assumptions
from vzmodel import calendar, data, scenarios, shapley
from vzmodel.assumptions import _sampling
from vzmodel.drivers._grades import spread_by_grade as spread_by_grade
from vzmodel.drivers._levels import level, needed, total
from vzmodel.drivers._sensitivity import sensitivity as sensitivity
from vzmodel.summary import QUANTILES, _known, _quantiles, _run


def contributions(p: xr.Dataset, scenario: str, *, against: str, variable: str = "cash_revenue", by: str = "year",
                  **inputs: Any) -> xr.DataArray:
    r"""Split the difference between two scenarios among the blocks whose assumptions differ, draw by draw.

    Each block's part is its Shapley value over re-runs in which only some blocks take the changes of `scenario`:

    .. math:: \phi_b = \sum_{S \not\ni b} \frac{|S|!\,(k-|S|-1)!}{k!} \left[v(S \cup b) - v(S)\right]

    Parameters
    ----------
    p, scenario, against, variable, by
        As in `compare`; `p` names the run, which is repeated 2^k times for k blocks. Sales, debt_balance, migrants and
        remittances are summed over market, creditor or host.
    **inputs
        ``history`` and ``assumptions`` if `p` was made with its own.

    Returns
    -------
    DataArray
        Dims block, year | month, draw, in the unit of the variable; the blocks add up to the difference in every draw.

    Raises
    ------
    ValueError
        As `compare`; or if the scenarios do not differ, the variable is by market, or the re-run is not that of `p`.

    References
    ----------
    Shapley (1953), A value for n-person games.
    """
    for name in (scenario, against):
        _known(name, map(str, p["scenario"].values))
    run = _run(p)
    start, end = _scenario(run, against), _scenario(run, scenario)
    inputs["assumptions"] = _fitted(run["as_of"], **inputs)
    block_of = inputs["assumptions"].table["block"]
    blocks = sorted({str(block_of[n]) for n in start.changes.keys() | end.changes.keys()
                     if start.changes.get(n) != end.changes.get(n)})
    if not blocks:
        raise ValueError(f"scenarios '{scenario}' and '{against}' make the same changes: there is nothing to split")
    values = {}
    for mask in itertools.product((False, True), repeat=len(blocks)):
        taken = frozenset(b for b, on in zip(blocks, mask, strict=True) if on)
        changes = {n: c for side, keep in ((start, False), (end, True)) for n, c in side.changes.items()
                   if (block_of[n] in taken) == keep}
        part = _rerun(run, scenarios.Scenario("part", changes=changes), needed(variable), inputs)
        values[taken] = total(part, variable, by).isel(scenario=0, drop=True)
    if variable in p:
        before, again = total(p, variable, by).sel(scenario=against).values, values[frozenset()].values
        if before.shape != again.shape or not np.allclose(before, again, rtol=1e-9, equal_nan=True):
            raise ValueError(f"re-running '{against}' gives other numbers than this run: give the history= and "
                             "assumptions= it was made with, and the run whole")
    parts = shapley.shares(values, blocks)
    out = xr.concat(list(parts.values()), dim=pd.Index(blocks, dtype=object, name="block")).rename(variable)
    out.attrs = {**values[frozenset()].attrs, "against": against, "scenario": scenario}
    return out


def _scenario(run: Mapping[str, Any], name: str) -> scenarios.Scenario:
    if name not in run["scenarios"]:
        raise ValueError(f"'{name}' is not one of the scenarios this run was made with: {', '.join(run['scenarios'])}")
    return scenarios.Scenario(name, **tomllib.loads(run["scenarios"][name])[name])


def _fitted(as_of: Any, assumptions: Any = None, history: Any = None) -> Any:
    given = _assumptions.load_assumptions(as_of=as_of) if assumptions is None else assumptions
    # With a history of the caller's own only the run itself can fit.
    return given if given.joint or history is not None else _assumptions.estimate(data.load_tables(as_of=as_of), given)


def _rerun(run: Mapping[str, Any], scenario: scenarios.Scenario, keep: list[str],
           inputs: Mapping[str, Any]) -> xr.Dataset:
    from vzmodel import model

    same = {"draws": run["draws"], "seed": run["seed"], "as_of": run["as_of"], "keep": keep, **inputs}
    if run.get("kind") == "hindcast":
        first = calendar.month(run["first"])
        return model.hindcast(first, first + run["months"] - 1, [scenario], **same)
    return model.project([scenario], months=run["months"], **same)


def bridge(p: xr.Dataset, scenario: str, *, against: str, variable: str = "cash_revenue", by: str = "year",
           q: Sequence[float] = QUANTILES, **inputs: Any) -> pd.DataFrame:
    """Return what each block of assumptions contributes to the difference between two scenarios.

    Means add up to the row "total"; quantiles do not. The parts of single draws, which do, are in `contributions`.

    Parameters
    ----------
    p, scenario, against, variable, by, q
        As in `compare`.
    **inputs
        As in `contributions`.

    Returns
    -------
    DataFrame
        Index (block, year | month) with a last block "total", columns `q` and "mean", in the unit of the variable.

    Raises
    ------
    ValueError
        As `contributions`.
    """
    parts = contributions(p, scenario, against=against, variable=variable, by=by, **inputs)
    total = parts.sum("block").expand_dims(block=np.array(["total"], dtype=object))
    both = xr.concat([parts, total], dim="block").transpose(*parts.dims).rename(variable)
    both.attrs = parts.attrs
    frame = _quantiles(both, q)
    frame["mean"] = both.values.mean(axis=-1).reshape(-1)
    return frame


def discover(p: xr.Dataset, variable: str, *, below: float, year: int | None = None,
             assumptions: Any = None) -> pd.DataFrame:
    """Find one or two conditions on assumptions under which a variable falls below a threshold.

    The box maximises weighted relative accuracy: the share of draws inside times (density less base rate). A second
    condition must add a tenth.

    Parameters
    ----------
    p : Dataset
        From `project`; its assumptions are drawn again as in that run.
    variable : str
        A variable without market, host or creditor.
    below : float
        Threshold, in the unit of the variable, for the mean of its complete calendar years.
    year : int, optional
        One calendar year instead of their mean.
    assumptions : Assumptions, optional
        Those `p` was made with, if its own.

    Returns
    -------
    DataFrame
        Index (scenario, assumption); columns side (below | above), threshold (unit of the assumption), coverage (share
        of all cases that lie in the box) [1], density (share of the box that are cases) [1], base_rate [1], sentence.
        A scenario where no or every draw is a case has no row; ``attrs["sentences"]`` has one sentence for each.

    Raises
    ------
    ValueError
        As `totals`.

    References
    ----------
    Bryant and Lempert (2010), Thinking inside the box; Lavrac, Flach and Zupan (1999) for the measure.
    """
    found = level(p, variable, year)
    unit, rows, sentences = found.attrs.get("units", ""), [], {}
    for name in map(str, found["scenario"].values):
        cases = found.sel(scenario=name).values < below
        base = cases.mean()
        text = f"In '{name}', {variable} is below {below:g} {unit} in {base:.0%} of draws"
        conditions, inside = _box(_sampled(p, name, assumptions), cases) if 0 < base < 1 else ([], cases)
        if conditions:
            coverage, density = (cases & inside).sum() / cases.sum(), cases[inside].mean()
            where = " and ".join(f"{a} is {side} {cut:.4g}" for a, side, cut in conditions)
            text += f"; where {where}, in {density:.0%}, and {coverage:.0%} of all such draws lie there"
            rows += [(name, a, side, cut, coverage, density, base, text + ".") for a, side, cut in conditions]
        sentences[name] = text + "."
    columns = ["scenario", "assumption", "side", "threshold", "coverage", "density", "base_rate", "sentence"]
    frame = pd.DataFrame(rows, columns=columns).set_index(["scenario", "assumption"])
    frame.attrs = {"variable": variable, "below": below, "sentences": sentences}
    return frame


def _sampled(p: xr.Dataset, name: str, assumptions: Any = None) -> dict[str, np.ndarray]:
    run = _run(p)
    months = pd.DatetimeIndex(p["month"].values).to_period("M")
    percentile = _sampling.percentiles(run["seed"], 0, p.sizes["draw"])
    values = _fitted(run["as_of"], assumptions).sample(_scenario(run, name), months, percentile,
                                                       past=run.get("kind") == "hindcast")
    # A dated assumption counts by its mean over the run.
    means = {n: v.mean(axis=0) if v.ndim == 2 else v for n, v in values.items()}
    return {n: v for n, v in means.items() if np.ptp(v) > 0}


def _box(values: Mapping[str, np.ndarray], cases: np.ndarray) -> tuple[list[tuple[str, str, float]], np.ndarray]:
    conditions, masks = [], []
    for name, drawn in values.items():
        for cut in np.unique(np.quantile(drawn, np.arange(0.1, 0.91, 0.1))):
            for side, mask in (("below", drawn < cut), ("above", drawn > cut)):
                conditions.append((name, side, float(cut)))
                masks.append(mask)
    if not masks:
        return [], cases
    table = np.array(masks, dtype=np.float32)
    gain = (cases - cases.mean()).astype(np.float32)
    one = table @ gain
    first = np.argsort(-one, kind="stable")[:40]
    two = (table[first] * gain) @ table.T
    i, j = np.unravel_index(int(np.argmax(two)), two.shape)
    best = int(first[0])
    if one[best] <= 0:
        return [], cases
    if two[i, j] > 1.1 * one[best]:
        pair = [int(first[i]), int(j)]
        return [conditions[n] for n in pair], masks[pair[0]] & masks[pair[1]]
    return [conditions[best]], masks[best]
