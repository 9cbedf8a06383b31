"""Published forecasts of output beside ours, each made from what was known the day it was issued."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import numpy as np
import pandas as pd

from vzmodel import _revisions, calendar, forecasting, production

DRAWS = 4000
ERRORS = ("published_error_pct", "ours_error_pct", "published_error_eia_pct", "ours_error_eia_pct")
LEVELS = ("crude production", "crude_production", "production")
CHANGES = ("crude_production_change", "production_change")


def score_published(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Score published forecasts of crude output beside one made from what was known the day each was issued.

    Parameters
    ----------
    table : DataFrame, optional
        Published forecasts: ``issuer``, ``issued`` (2018, 2018-06 or 2018-06-13; the first day is taken), ``target``
        (2019-12, 2019Q2, 2018H2 or 2019), ``quantity``, ``value`` and optionally ``scenario``, ``kind`` (unconditional,
        conditional or target), ``unit``, ``base`` [kb/d, level of a change], ``measure`` (mean or lowest month),
        ``outcome`` and ``outcome_eia`` [kb/d]. Default: the package's own table ``published_forecasts``.

    Returns
    -------
    DataFrame
        The table's issuer, issued, target, quantity, scenario, kind; ``published``, ``ours_p10``, ``ours_p50``,
        ``ours_p90``, ``outcome`` [kb/d, a change from ``base`` if the target is one], ``published_error_pct``,
        ``ours_error_pct`` [% of the outcome's level], ``outcome_basis`` and ``unscorable`` (the reason, or empty).
        ``outcome_eia``, ``published_error_eia_pct`` and ``ours_error_eia_pct`` judge the same on EIA's basis. Ours is
        on the basis of OPEC's secondary sources, from the consensus known that day. An outcome the table lacks is
        that of today's consensus.

    Raises
    ------
    ValueError
        If the table lacks a column.
    """
    from vzmodel import data

    tables = data.load_tables()
    rows = tables["published_forecasts"] if table is None else table
    missing = {"issuer", "issued", "target", "quantity", "value"} - set(rows.columns)
    if missing:
        raise ValueError(f"published forecasts lack the columns {sorted(missing)}")
    known = lru_cache(maxsize=None)(partial(_known, tables))
    today = _by_month(data.consensus(tables["production"], tables["production_annual"])["production"])
    return pd.DataFrame([_published_row(row, known, today) for row in rows.to_dict("records")])


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the errors of published forecasts and ours by kind, and for the unconditional ones issued in 2018-20.

    Parameters
    ----------
    scores : DataFrame
        From `score_published`.

    Returns
    -------
    DataFrame
        Index ``group``; ``scored``, ``unscorable`` [1], mean absolute error and bias of both [%], theirs also on EIA's
        basis, ``ours_nearer`` [1, share of forecasts where ours came nearer] and ``ours_coverage`` [1, share of
        outcomes within our p10 to p90] with its standard error, forecasts of one day and target counted apart.
    """
    scored = scores[scores["unscorable"] == ""]
    early = scores["issued"].astype(str).str[:4].isin(["2018", "2019", "2020"])
    groups = {"unconditional, 2018-20": (scores["kind"] == "unconditional") & early}
    groups |= {kind: scores["kind"] == kind for kind in ("unconditional", "conditional", "target")}
    rows = []
    for name, chosen in groups.items():
        part = scored[chosen.reindex(scored.index)]
        if part.empty:
            continue
        hit = part["outcome"].between(part["ours_p10"], part["ours_p90"])
        row: dict[str, Any] = {"group": name, "scored": len(part), "unscorable": int(chosen.sum()) - len(part)}
        for who in ("published", "ours"):
            error = part[f"{who}_error_pct"]
            row |= {f"{who}_mae_pct": error.abs().mean(), f"{who}_bias_pct": error.mean(),
                    f"{who}_mae_eia_pct": part[f"{who}_error_eia_pct"].abs().mean()}
        nearer = part["ours_error_pct"].abs() < part["published_error_pct"].abs()
        share = float(hit.mean())
        error = np.sqrt(max(share * (1 - share), 1 / len(part)) / len(part))
        rows.append(row | {"ours_nearer": nearer.mean(), "ours_coverage": share, "coverage_se": error})
    return pd.DataFrame(rows).set_index("group")


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
    """
    from vzmodel import data

    tables = data.load_tables()
    today = _by_month(data.consensus(tables["production"], tables["production_annual"])["production"])
    rows: dict[tuple[pd.Timestamp, int], dict[str, float]] = {}
    for month in calendar.between(first, last)[::step]:
        series, fitted = _known(tables, month.to_timestamp())
        paths = _paths(fitted, max(horizons))
        for h in horizons:
            if series.index[-1] + h in today.index:
                came = float(today[series.index[-1] + h])
                p10, p50, p90 = (float(q) for q in np.quantile(paths[h - 1], [0.1, 0.5, 0.9]))
                hit = float(p10 <= came <= p90)
                rows[month.to_timestamp(), h] = {"p10": p10, "p50": p50, "p90": p90, "outcome": came, "covered": hit}
    out = pd.DataFrame.from_dict(rows, orient="index")
    out.index = pd.MultiIndex.from_tuples(list(rows), names=["day", "horizon"])
    return out


def _by_month(series: pd.Series) -> pd.Series:
    clean = series.dropna()
    return clean.set_axis(pd.DatetimeIndex(clean.index).to_period("M"))


def _known(tables: dict[str, pd.DataFrame], day: pd.Timestamp) -> tuple[pd.Series, pd.DataFrame]:
    """Return the consensus known on a day by month [kb/d] and the joint draws of its level, drift and volatility."""
    from vzmodel import data

    then = {name: data.known(tables[name], day) for name in ("production", "production_annual")}
    if then["production"].empty:
        raise ValueError(f"no reading of output was published by {day:%Y-%m-%d}")
    level = data.consensus(then["production"], then["production_annual"])
    return _by_month(level["production"]), production.estimate(level, [], DRAWS, _revisions.band_factors(then))


def _published_row(row: dict, known: Callable[[pd.Timestamp], tuple[pd.Series, pd.DataFrame]],
                   today: pd.Series) -> dict[str, Any]:
    out: dict[str, Any] = {k: row.get(k, "") for k in ("issuer", "issued", "target", "quantity", "scenario")}
    out["kind"] = row.get("kind") or "unconditional"
    out |= dict.fromkeys(("published", "ours_p10", "ours_p50", "ours_p90", "outcome", "outcome_eia", "base"), np.nan)
    out |= dict.fromkeys(ERRORS, np.nan)
    value, actual, eia = (_number(row.get(k)) for k in ("value", "outcome", "outcome_eia"))
    months, issued = target_months(str(row["target"])), _issue_day(row["issued"])
    out |= {"published": value, "outcome_basis": "", "unscorable": _why_not(row, months, issued)}
    if out["unscorable"] or months is None or issued is None:
        return out
    try:
        series, fitted = known(issued)
        change = str(row["quantity"]) in CHANGES
        stated = _number(row.get("base"))
        base = (float(series.iloc[-1]) if np.isnan(stated) else stated) if change else 0.0
        lowest = row.get("measure") == "lowest"
        basis = str(row.get("outcome_basis") or "as published")
        if np.isnan(actual):
            if not months.isin(today.index).all():
                return out | {"unscorable": f"no outcome yet for {row['target']}"}
            actual = _of(today.loc[months].to_numpy()[:, None], months, lowest).item() - base
            basis = "consensus of today"
        ours = _ours(series, fitted, months, lowest) - base
    except ValueError as error:
        return out | {"outcome": actual, "unscorable": f"no forecast of ours on {issued:%Y-%m-%d}: {error}"}
    p10, p50, p90 = np.quantile(ours, [0.1, 0.5, 0.9])
    wrong = [100 * (guess - came) / (base + came) for came in (actual, eia) for guess in (value, p50)]
    return out | {"ours_p10": p10, "ours_p50": p50, "ours_p90": p90, "outcome": actual, "base": base,
                  "outcome_basis": basis,
                  "outcome_eia": eia, **dict(zip(ERRORS, wrong, strict=True))}


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def _why_not(row: dict, months: pd.PeriodIndex | None, issued: pd.Timestamp | None) -> str:
    if str(row["quantity"]) not in (*LEVELS, *CHANGES):
        return f"'{row['quantity']}' is not crude output or its change"
    if str(row.get("unit", "kb/d")) != "kb/d":
        return f"unit is '{row['unit']}', not kb/d"
    if np.isnan(_number(row["value"])):
        return f"'{row['value']}' is no single number"
    if months is None:
        return f"target '{row['target']}' is no month, quarter, half-year or year"
    if re.fullmatch(r"\d{4}(\.0)?", str(row["issued"]).strip()):
        return f"issued in {str(row['issued'])[:4]}: the day is not known, nor so what was known"
    return "" if issued is not None else f"'{row['issued']}' is no date of issue"


def target_months(target: str) -> pd.PeriodIndex | None:
    """Return the months of a target such as 2019-12, 2019Q2, 2018H2 or 2019; None if it names no such period.

    Examples
    --------
    >>> [str(m) for m in target_months("2019Q2")]
    ['2019-04', '2019-05', '2019-06']
    """
    found = re.fullmatch(r"(\d{4})(?:\.0)?(?:-?([QH])(\d)|-(\d\d)(?:-\d\d)?)?", target.strip())
    if not found:
        return None
    year, part, number, month = found.groups()
    if month:
        first, length = int(month), 1
    elif part:
        length = 3 if part == "Q" else 6
        first = (int(number) - 1) * length + 1
    else:
        first, length = 1, 12
    return calendar.months(f"{year}-{first:02d}", length) if 1 <= first <= 13 - length else None


def _issue_day(issued: object) -> pd.Timestamp | None:
    if isinstance(issued, pd.Timestamp):
        return None if issued is pd.NaT else issued
    found = re.match(r"\d{4}(-\d\d){0,2}(?=$|[ /])", str(issued).strip())
    return calendar.day(found.group(0)) if found else None


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
    damping = np.full(len(fitted), production.DAMPING)
    return production.capacity(draw["capacity_level"], draw["capacity_drift"], damping, draw["capacity_volatility"],
                               draw["capacity_long_volatility"], draw["capacity_calming"], shock)


def _of(values: np.ndarray, months: pd.PeriodIndex, lowest: bool) -> np.ndarray:
    if lowest:
        return np.asarray(values.min(axis=0))
    days = calendar.days(months)
    return np.asarray((values * days[:, None]).sum(axis=0) / days.sum())
