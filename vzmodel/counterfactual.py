"""What the record alone says on causes of the fall in output, and what it cannot tell apart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from vzmodel import calendar
from vzmodel.calendar import DateLike

FINANCE, DESIGNATION = pd.Period("2017-08", "M"), pd.Period("2019-01", "M")
SIDE = 28
"""Months [1] on each side of a discontinuity."""
LAGS = 6
"""Newey-West lags [month]."""
QUIET_FROM = pd.Period("2003-07", "M")
"""First month after the strike of 2002-03, whose jumps would pass for placebos."""
BEFORE, AFTER = 16, 11
"""Months [1] of trend before January 2019 and of comparison after it; further on the trend is no guide."""
FEWEST_READ = 20
"""Fewest months read [1] on each side of a discontinuity."""
Z90 = 1.2815515655446004
SOURCES = {"production": "consensus", "production_eia": "EIA", "production_jodi": "government (JODI)",
           "production_opec_secondary": "OPEC secondary sources"}
NOT_SEPARABLE = [
    ["financial sanctions of August 2017", "default of November 2017"],
    ["financial sanctions of August 2017", "change of management at the state company, November 2017"],
    ["designation of the state company, January 2019", "blackouts of March 2019"],
    ["designation of the state company, January 2019", "wind-down of US sales to 28 April 2019"],
    ["financial sanctions of August 2017", "designation of the state company, January 2019"],
]
FINANCE_NAME = "August 2017 and what came with it"
DESIGNATION_NAME = "January 2019 and what came with it"
TREND_NAME = "trend before August 2017"
REST_NAME = "the rest, and months no method covers"


def causes(since: DateLike, to: DateLike) -> dict[str, Any]:
    r"""Estimate what broke in output in August 2017 and January 2019, by every source, beside placebo dates.

    Parameters
    ----------
    since, to : date
        Months between which the change in the consensus is attributed.

    Returns
    -------
    dict
        ``methods``: records ``name``, ``source``, ``effect_kbd`` (``p10``, ``p50``, ``p90`` [kb/d]), ``placebo_p``
        [1, share of dates without an event at which the same method finds as large a fall; None where there are too
        few] and ``month``, at which the effect is read. ``attribution``: ``total_kbd`` [kb/d, change of the
        consensus] and ``causes``, name to p10, p50, p90 [kb/d], whose medians add to the total, the rest included.
        ``not_separable``: pairs that overlap in time, whose shares no method here can part.

    Raises
    ------
    ValueError
        If `to` is not after `since`, or either month has no consensus.

    Notes
    -----
    Discontinuity, with `D` one from August 2017 and `t` in months from it, over 28 months on either side:

    .. math:: y_t = a + b\,t + c\,D_t + d\,D_t\,t + e_t, \qquad \text{effect}(t) = c + d\,t

    The interrupted trend of January 2019 is the same in logs over 16 months before and 11 after, with March 2019 apart.
    Errors are Newey and West's with 6 lags; they leave out that a break before or beside the date looks the same.
    The consensus is smoothed, and EIA's months before 2017 are interpolated, so their errors are too small. Placebo
    dates are months whose whole window lies between the strike of 2002-03 and August 2017.
    """
    from vzmodel.data import load_history

    months = calendar.between(since, to)
    first, last = months[0], months[-1]
    if first == last:
        raise ValueError(f"to={last} must come after since={first}")
    history = load_history()
    history.index = pd.DatetimeIndex(history.index).to_period("M")
    level = history["production"].dropna()
    for month in (first, last):
        if month not in level.index:
            raise ValueError(f"no consensus of output for {month}; it runs from {level.index[0]} to {level.index[-1]}")
    methods = []
    for column, source in SOURCES.items():
        series = history[column].dropna() if column in history else pd.Series(dtype=float)
        methods += [m for m in (_finance(series, source), _designation(series, source)) if m]
    return {"methods": methods, "attribution": _attribute(level, first, last),
            "not_separable": [list(pair) for pair in NOT_SEPARABLE]}


def _regress(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and their covariance by least squares with Newey-West errors."""
    from statsmodels.regression.linear_model import OLS

    fit = OLS(y, x).fit(cov_type="HAC", cov_kwds={"maxlags": LAGS, "use_correction": True})
    return np.asarray(fit.params), np.asarray(fit.cov_params())


def _window(series: pd.Series, at: pd.Period, before: int, after: int) -> tuple[np.ndarray, np.ndarray]:
    """Return months from the break and values, over the window around it."""
    part = series.loc[at - before : at + after - 1]
    return np.array([(m - at).n for m in part.index], float), part.to_numpy(float)


def discontinuity(series: pd.Series, at: pd.Period) -> tuple[np.ndarray, np.ndarray] | None:
    """Fit a break in level and slope, or return None where a side has too few months.

    Parameters
    ----------
    series : Series
        Output by month [kb/d], monthly PeriodIndex.
    at : Period
        First month after the break.

    Returns
    -------
    tuple of ndarray, or None
        Level [kb/d], slope before [kb/d per month], jump [kb/d] and change of slope [kb/d per month], shape (4,), and
        their covariance, shape (4, 4).
    """
    t, y = _window(series, at, SIDE, SIDE)
    if min((t < 0).sum(), (t >= 0).sum()) < FEWEST_READ:
        return None
    after = (t >= 0).astype(float)
    return _regress(y, np.column_stack([np.ones_like(t), t, after, after * t]))


def _effect(fit: tuple[np.ndarray, np.ndarray], months: float) -> tuple[float, float]:
    """Return the effect of a discontinuity and its standard error [kb/d], some months on."""
    weight = np.array([0.0, 0.0, 1.0, months])
    return float(weight @ fit[0]), float(np.sqrt(weight @ fit[1] @ weight))


def _band(mean: float, sd: float) -> dict[str, float]:
    return {"p10": mean - Z90 * sd, "p50": mean, "p90": mean + Z90 * sd}


def _finance(series: pd.Series, source: str) -> dict[str, Any] | None:
    fit = discontinuity(series, FINANCE) if len(series) else None
    if fit is None:
        return None
    mean, sd = _effect(fit, SIDE - 1)
    start = max(series.index[0], QUIET_FROM)
    found = []
    for month in pd.period_range(start + SIDE, FINANCE - SIDE, freq="M"):
        # a year printed flat or in equal steps has no break to find, so it is no placebo either
        if series.loc[month - SIDE : month + SIDE - 1].diff().nunique() > SIDE:
            placebo = discontinuity(series, month)
            found += [_effect(placebo, SIDE - 1)[0]] if placebo else []
    return {"name": "level and slope at August 2017", "source": source, "month": str(FINANCE + SIDE - 1),
            "effect_kbd": _band(mean, sd), "placebo_p": _placebo(mean, found)}


def _placebo(effect: float, found: list[float]) -> float | None:
    if len(found) < 12:
        return None
    return (1 + sum(f <= effect for f in found)) / (1 + len(found))


def interrupted(series: pd.Series, at: pd.Period, pulse: pd.Period | None = None) -> tuple[float, float] | None:
    """Compare output after a date with the log trend before it.

    Parameters
    ----------
    series : Series
        Output by month [kb/d], monthly PeriodIndex.
    at : Period
        Last month of the trend; the comparison starts the month after.
    pulse : Period, optional
        A month given its own term and left out of the comparison.

    Returns
    -------
    tuple of float, or None
        Mean effect [log] and its standard error over the months after, None where too few are read.
    """
    t, y = _window(series, at + 1, BEFORE, AFTER)
    if (t < 0).sum() < BEFORE // 2 or (t >= 0).sum() < AFTER // 2:
        return None
    after = (t >= 0).astype(float)
    terms = [np.ones_like(t), t, after]
    if pulse is not None and (pulse - at).n - 1 in t:
        terms.append((t == (pulse - at).n - 1).astype(float))
    params, cov = _regress(np.log(y), np.column_stack(terms))
    return float(params[2]), float(np.sqrt(cov[2, 2]))


def _designation(series: pd.Series, source: str) -> dict[str, Any] | None:
    fit = interrupted(series, DESIGNATION, pd.Period("2019-03", "M")) if len(series) else None
    if fit is None:
        return None
    end = min(DESIGNATION + AFTER, series.index[-1])
    actual = float(series.loc[DESIGNATION + 1 : end].mean())
    found = []
    for month in pd.period_range(max(series.index[0], QUIET_FROM) + BEFORE, FINANCE - AFTER, freq="M"):
        if series.loc[month - BEFORE : month + AFTER].diff().nunique() > BEFORE:
            placebo = interrupted(series, month)
            found += [placebo[0]] if placebo else []
    # the effect is what is missing against the trend: output times one less its ratio to what was left
    band = {p: actual * (1 - np.exp(-(fit[0] + z * fit[1]))) for p, z in (("p10", -Z90), ("p50", 0.0), ("p90", Z90))}
    return {"name": "interrupted trend at January 2019", "source": source, "month": f"{DESIGNATION + 1} to {end}",
            "effect_kbd": band, "placebo_p": _placebo(fit[0], found)}


def _attribute(level: pd.Series, since: pd.Period, to: pd.Period) -> dict[str, Any]:
    r"""Split the change of the consensus over one path with both breaks; what it does not cover is the rest.

    Inside the window, with `D` one from August 2017, `J` one from February 2019 and `M` one in March 2019:

    .. math:: y_t = a + b\,t + D_t (c + d\,t) + e\,J_t + f\,M_t + u_t

    Months outside count as its first or last: beyond them no method here says anything.
    """
    t, y = _window(level, FINANCE, SIDE, SIDE)
    known = level.to_dict()
    total = float(known[to] - known[since])
    if min((t < 0).sum(), (t > (DESIGNATION - FINANCE).n).sum()) < AFTER // 2:
        return {"total_kbd": total, "causes": {REST_NAME: _band(total, 0.0)}}
    params, cov = _regress(y, _path(t))
    ends = np.array([np.clip((m - FINANCE).n, t[0], t[-1]) for m in (since, to)])
    change = np.diff(_path(ends), axis=0)[0]
    parts = {TREND_NAME: [0, 1], FINANCE_NAME: [2, 3], DESIGNATION_NAME: [4, 5]}
    named: dict[str, dict[str, float]] = {}
    for name, columns in parts.items():
        weight = np.zeros(len(params))
        weight[columns] = change[columns]
        named[name] = _band(float(weight @ params), float(np.sqrt(weight @ cov @ weight)))
    left = total - float(change @ params)
    named[REST_NAME] = _band(left, float(np.sqrt(change @ cov @ change)))
    return {"total_kbd": total, "causes": named}


def _path(t: np.ndarray) -> np.ndarray:
    start = (DESIGNATION - FINANCE).n + 1
    after = (t >= 0).astype(float)
    return np.column_stack([np.ones_like(t), t, after, after * t, t >= start, t == start + 1]).astype(float)
