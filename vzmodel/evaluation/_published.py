"""Published forecasts of output beside ours, each made from what was known the day it was issued."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from vzmodel import calendar, forecasting, production
from vzmodel.data._prints import latest
from vzmodel.evaluation import _targets
from vzmodel.evaluation._periods import months_apart, standard_error
from vzmodel.evaluation._targets import BASES, CHANGES, check_table, issue_day, number, target_months, why_not
from vzmodel.model import _revisions

DRAWS = 4000
ERRORS = ("published_error_pct", "ours_error_pct", "published_error_eia_pct", "ours_error_eia_pct",
          "published_error_own_pct", "ours_error_own_pct")
OVERLAP = 12
"""Months [1] over which an issuer's count is set against the consensus to tell its basis."""


def score_published(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Score published forecasts of crude output beside one made from what was known the day each was issued.

    Parameters
    ----------
    table : DataFrame, optional
        Published forecasts: ``issuer``, ``issued`` (2018, 2018-06, 2018Q2 or 2018-06-13; the first day is taken),
        ``target`` (2019-12, 2019Q2, 2018H2 or 2019), ``quantity`` (crude_production or crude_production_change),
        ``value`` [kb/d] and optionally ``scenario``, ``kind`` (unconditional, conditional or target), ``unit``,
        ``base`` [kb/d, level of a change] or ``base_month`` (month a change counts from on every basis), ``measure``
        (mean or lowest month), ``issuer_basis`` (eia, government; empty for OPEC's secondary sources), ``outcome`` and
        ``outcome_eia`` [kb/d]. Default: the package's own table ``published_forecasts``.

    Returns
    -------
    DataFrame
        The table's issuer, issued, target, quantity, scenario, kind; ``published``, ``ours_p10``, ``ours_p50``,
        ``ours_p90``, ``outcome`` [kb/d, a change from ``base`` if the target is one], ``published_error_pct``,
        ``ours_error_pct`` [% of the outcome's level], ``outcome_basis`` and ``unscorable`` (the reason, or empty).
        Ours is on the basis of OPEC's secondary sources, from the consensus known that day. ``outcome_eia`` and
        ``outcome_own`` are on EIA's basis and on the issuer's; errors there move ours by what that source printed over
        the consensus in the last twelve months known that day. ``no_change_error_pct`` [%] is what holding the last
        level known would have missed, ``trend_error_pct`` [%] the last year's change carried on, ``start_error_pct``
        [%] how far that level was from what today's consensus puts there. An outcome the table lacks is today's
        consensus.

    Raises
    ------
    ValueError
        If the table is empty, lacks a column, or has a kind, measure or basis that does not exist.
    """
    from vzmodel import data

    tables = data.load_tables()
    rows = check_table(tables["published_forecasts"] if table is None else table)
    known = lru_cache(maxsize=None)(partial(_known, tables))
    today = _by_month(data.consensus(tables["production"], tables["production_annual"])["production"])
    own = {basis: _count(tables["production"], basis) for basis in BASES}
    return pd.DataFrame([_published_row(row, known, today, own) for row in rows.to_dict("records")], index=rows.index)


def real_time(first: calendar.DateLike = "2010-01", last: calendar.DateLike = "2025-01", *, step: int = 6,
              horizons: tuple[int, ...] = (1, 3, 6, 12, 24)) -> pd.DataFrame:
    """Score the level, drift and volatility that the chain starts from, as fitted on past days.

    Parameters
    ----------
    first, last : date
        First and last day; each is the first of a month.
    step : int
        Months between days [1].
    horizons : tuple of int
        Months after the last reading known that day [1].

    Returns
    -------
    DataFrame
        Index (day, horizon); ``p10``, ``p50``, ``p90`` and ``outcome``, the consensus of today [kb/d], and ``covered``
        [1 within p10 to p90, else 0]. Outages and shut-ins, which the chain adds, are left out. JODI and EIA are late
        vintages, OPEC's figures true prints where they are known.

    Raises
    ------
    ValueError
        If the step is below 1, nothing was published by the first day, or no day has an outcome.
    """
    from vzmodel import data

    if step < 1:
        raise ValueError(f"step is {step} [month]: it must be 1 or more")
    tables = data.load_tables()
    today = _by_month(data.consensus(tables["production"], tables["production_annual"])["production"])
    rows: dict[tuple[pd.Timestamp, int], dict[str, float]] = {}
    for month in calendar.between(first, last)[::step]:
        series, fitted, _ = _known(tables, month.to_timestamp())
        paths = _paths(fitted, max(horizons))
        for h in horizons:
            if series.index[-1] + h in today.index:
                came = float(today[series.index[-1] + h])
                p10, p50, p90 = (float(q) for q in np.quantile(paths[h - 1], [0.1, 0.5, 0.9]))
                hit = float(p10 <= came <= p90)
                rows[month.to_timestamp(), h] = {"p10": p10, "p50": p50, "p90": p90, "outcome": came, "covered": hit}
    if not rows:
        raise ValueError(f"no day from {first} to {last} has an outcome: output is known to {today.index[-1]}")
    out = pd.DataFrame.from_dict(rows, orient="index")
    out.index = pd.MultiIndex.from_tuples(list(rows), names=["day", "horizon"])
    return out


def held(table: pd.DataFrame) -> pd.DataFrame:
    """Return how often the bands of `real_time` held what came, by month ahead.

    Parameters
    ----------
    table : DataFrame
        From `real_time`.

    Returns
    -------
    DataFrame
        Index horizon [month]; ``days``, how many [1]; ``coverage`` [1, of the 80 % band] and ``coverage_se`` [1] from
        blocks of days, empty where fewer than three of the forecasts share no month; ``width`` [1, mean of p10 to p90
        over p50]; ``below`` and ``above`` [1, outcomes under p10 and over p90].

    Examples
    --------
    >>> table = pd.DataFrame({"p10": [80.0, 90.0], "p50": [100.0, 100.0], "p90": [120.0, 110.0],
    ...                       "outcome": [110.0, 120.0], "covered": [1.0, 0.0]})
    >>> days = pd.to_datetime(["2015-01", "2018-01"])
    >>> table.index = pd.MultiIndex.from_product([days, [6]], names=["day", "horizon"])
    >>> held(table)[["days", "coverage", "width", "above"]].round(2).iloc[0].tolist()
    [2.0, 0.5, 0.3, 0.5]
    """
    step = months_apart(table.rename_axis(["origin", "horizon"]))
    rows = {}
    for horizon, part in table.groupby(level="horizon"):
        part = part.sort_index()
        rows[int(horizon)] = {
            "days": len(part), "coverage": part["covered"].mean(),
            "coverage_se": standard_error(part["covered"], int(horizon), step),
            "width": ((part["p90"] - part["p10"]) / part["p50"]).mean(),
            "below": (part["outcome"] < part["p10"]).mean(), "above": (part["outcome"] > part["p90"]).mean(),
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("horizon")


def _by_month(series: pd.Series) -> pd.Series:
    clean = series.dropna()
    return clean.set_axis(pd.DatetimeIndex(clean.index).to_period("M"))


class _Then(NamedTuple):
    """What was known on a day: the consensus [kb/d], joint draws of its start, and other counts over it [1]."""

    series: pd.Series
    fitted: pd.DataFrame
    ratio: dict[str, float]


def _known(tables: dict[str, pd.DataFrame], day: pd.Timestamp) -> _Then:
    from vzmodel import data

    then = {name: data.known(tables[name], day) for name in ("production", "production_annual")}
    if then["production"].empty:
        raise ValueError(f"no reading of output was published by {day:%Y-%m-%d}")
    level = data.consensus(then["production"], then["production_annual"])
    series = _by_month(level["production"])
    ratio = {basis: float((_count(then["production"], basis) / series).dropna().tail(OVERLAP).median())
             for basis in BASES}
    return _Then(series, production.estimate(level, [], DRAWS, _revisions.band_factors(then)), ratio)


def _count(readings: pd.DataFrame, basis: str) -> pd.Series:
    """Return what the sources of a basis printed last, by month [kb/d], the preferred source first."""
    each = [readings[readings["series"] == source] for source in BASES[basis]]
    found, *others = [_by_month(latest(rows, ["month"]).set_index("month")["value"]) for rows in each]
    for other in others:
        found = found.combine_first(other)
    return found


def _published_row(row: dict, known: Callable[[pd.Timestamp], _Then], today: pd.Series,
                   own: dict[str, pd.Series]) -> dict[str, Any]:
    out: dict[str, Any] = {k: row[k] for k in ("issuer", "issued", "target", "quantity", "scenario", "kind")}
    out["base_month"] = str(row["base_month"]) if pd.notna(row.get("base_month")) else ""
    empty = ("published", "ours_p10", "ours_p50", "ours_p90", "outcome", "outcome_eia", "outcome_own", "base", *ERRORS,
             "no_change_error_pct", "trend_error_pct", "start_error_pct")
    months, issued = target_months(str(row["target"])), issue_day(row["issued"])
    out |= dict.fromkeys(empty, np.nan) | {"outcome_basis": "", "issuer_basis": row["issuer_basis"]}
    out |= {"published": number(row["value"]), "unscorable": why_not(row, months, issued)}
    if out["unscorable"] or months is None or issued is None:
        return out
    stated = number(row.get("outcome"))
    if np.isnan(stated) and not months.isin(today.index).all():
        return out | {"unscorable": f"no outcome yet for {row['target']}"}
    try:
        then = known(issued)
        start = _base(row, then, today)
        ours = _ours(then.series, then.fitted, months, row["measure"] == "lowest") - start.ours
    except ValueError as error:
        return out | {"outcome": stated, "unscorable": f"no forecast of ours on {issued:%Y-%m-%d}: {error}"}
    if str(row["quantity"]) in CHANGES and (why := _targets.beyond(start.level, start.level + out["published"])):
        return out | {"outcome": stated, "unscorable": why}
    came = {basis: _came(count, months, row, start) for basis, count in ({"": today} | own).items()}
    basis = str(row.get("outcome_basis") or "as published") if np.isfinite(stated) else "consensus of today"
    came[""] = stated if np.isfinite(stated) else came[""]
    if np.isfinite(number(row.get("outcome_eia"))):
        came["eia"] = number(row.get("outcome_eia"))
    p10, p50, p90 = (float(q) for q in np.quantile(ours, [0.1, 0.5, 0.9]))
    out |= {"ours_p10": p10, "ours_p50": p50, "ours_p90": p90, "outcome": came[""], "base": start.level,
            "outcome_basis": basis, "outcome_eia": came["eia"], "outcome_own": came[row["issuer_basis"]]}
    ratio = {"": 1.0} | then.ratio
    wrong = [error for b in ("", "eia", row["issuer_basis"])
             for error in _wrong(out["published"], p50, came[b], ratio[b], start)]
    return out | dict(zip(ERRORS, wrong, strict=True)) | _without_us(
        then, today, months, came[""], start, row["measure"] == "lowest")


def _without_us(then: _Then, today: pd.Series, months: pd.PeriodIndex, came: float, start: _Base,
                lowest: bool) -> dict[str, float]:
    """Return the error [%] of no change, of the last year's change carried on, and of the level known at the start."""
    known, last = then.series, then.series.index[-1]
    out = {"start_error_pct": 100 * (float(known.iloc[-1]) / float(today[last]) - 1)}
    for name, change in (("no_change", 0.0), ("trend", float(np.log(known.iloc[-1] / known.iloc[-13])) / 12)):
        def level(month: pd.Period, change: float = change) -> float:
            return float(known[month] if month in known.index else known.iloc[-1] * np.exp(change * (month - last).n))

        guess = _of(np.array([[level(m)] for m in months]), months, lowest).item()
        if start.month is not None:
            guess += start.level - level(start.month[0])
        out[f"{name}_error_pct"] = 100 * (guess / (start.level + came) - 1)
    return out


class _Base(NamedTuple):
    """What a change counts from: its level [kb/d], the same as ours [kb/d, may be draws], and the month if one."""

    level: float
    ours: np.ndarray | float
    month: pd.PeriodIndex | None


def _base(row: dict, then: _Then, today: pd.Series) -> _Base:
    if str(row["quantity"]) not in CHANGES:
        return _Base(0.0, 0.0, None)
    named = row.get("base_month")
    if isinstance(named, str) and named.strip():
        month = target_months(named)
        if month is None or len(month) != 1 or month[0] not in today.index:
            raise ValueError(f"base_month '{named}' is no month with a reading of output")
        return _Base(float(today[month[0]]), _ours(then.series, then.fitted, month, False), month)
    stated = number(row.get("base"))
    level = float(then.series.iloc[-1]) if np.isnan(stated) else stated
    return _Base(level, level, None)


def _came(count: pd.Series, months: pd.PeriodIndex, row: dict, start: _Base) -> float:
    """Return what came on the basis of a count [kb/d], nan where it lacks a month."""
    if not months.isin(count.index).all() or (start.month is not None and start.month[0] not in count.index):
        return float("nan")
    level = _of(count.loc[months].to_numpy()[:, None], months, row["measure"] == "lowest").item()
    return float(level - (start.level if start.month is None else count[start.month[0]]))


def _wrong(published: float, ours: float, came: float, ratio: float, start: _Base) -> tuple[float, float]:
    """Return the errors of both [% of the outcome's level] on a basis that prints `ratio` times the consensus."""
    base = start.level if start.month is None else start.level * ratio
    moved = (start.level + ours) * ratio - base
    return 100 * (published - came) / (base + came), 100 * (moved - came) / (base + came)


def _ours(known: pd.Series, fitted: pd.DataFrame, months: pd.PeriodIndex, lowest: bool) -> np.ndarray:
    """Return draws of the target [kb/d]: months known by then as read, later ones forecast, one level error."""
    last = known.index[-1]
    ahead = max((months[-1] - last).n, 0)
    paths = _paths(fitted, ahead)
    level = fitted["capacity_level"].to_numpy() / known.iloc[-1]
    held = np.array([paths[(m - last).n - 1] if m > last else known.get(m, np.nan) * level for m in months])
    if np.isnan(held).any():
        raise ValueError(f"output of {months[0]} is not known and no longer to come")
    return _of(held, months, lowest)


def _paths(fitted: pd.DataFrame, ahead: int) -> np.ndarray:
    if not ahead:
        return np.empty((0, len(fitted)))
    draw = {name: fitted[name].to_numpy() for name in fitted}
    shock = forecasting.shocks(0, ahead, len(fitted))
    damping = np.full(len(fitted), production.RECIPE.damping)
    return production.capacity(draw["capacity_level"], draw["capacity_drift"], damping, draw["capacity_volatility"],
                               draw["capacity_long_volatility"], draw["capacity_calming"], shock)


def _of(values: np.ndarray, months: pd.PeriodIndex, lowest: bool) -> np.ndarray:
    if lowest:
        return np.asarray(values.min(axis=0))
    days = calendar.days(months)
    return np.asarray((values * days[:, None]).sum(axis=0) / days.sum())
