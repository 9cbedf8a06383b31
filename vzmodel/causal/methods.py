"""Three ways to ask what a date did to output, each in draws and beside the same question where nothing happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from vzmodel import streams
from vzmodel.assumptions._sampling import TENTH
from vzmodel.causal import breaks, structural, synthetic

QUIET_FROM = pd.Period("2003-07", "M")
"""First month after the strike of 2002-03, whose jumps would pass for placebos."""
STEP = 3
"""Months [1] between placebo dates of the methods that are fitted anew at each."""
FEWEST_DATES = 8
"""Fewest placebo dates [1] from which a share is told."""
FEWEST_BEFORE = 60
"""Months [1] of record wanted before a placebo date."""

Moved = Callable[[], None]


class Estimate(NamedTuple):
    """Effect by month and draw and output by month [kb/d], what placebos say [1, None where too few], and the parts."""

    months: pd.PeriodIndex
    effect: np.ndarray
    actual: np.ndarray
    placebo_dates: float | None
    placebo_countries: float | None
    false_dates: float | None
    false_countries: float | None
    detail: dict[str, Any]


def _share(found: np.ndarray | list[float], at_most: float, mine: bool = True) -> float | None:
    """Return the share of placebos at or below a value [1], our own counted with them where it is one of the ranks."""
    found = np.asarray(found, float)
    if len(found) < FEWEST_DATES:
        return None
    return float(((found <= at_most).sum() + mine) / (len(found) + mine))


def placebo_dates(series: pd.Series, event: pd.Period, ahead: int) -> list[pd.Period]:
    """Return dates without an event whose months ahead end before the event, every third month."""
    first = max(series.first_valid_index(), QUIET_FROM) + FEWEST_BEFORE
    last = event - ahead
    return list(pd.period_range(first, last, freq="M")[::STEP]) if first <= last else []


def by_break(
    series: pd.Series, at: pd.Period, months: pd.PeriodIndex, donors: pd.DataFrame | None, *, draws: int, seed: int
) -> Estimate | None:
    """Estimate by a break in level and slope, its error spread as at placebo dates and countries.

    Parameters
    ----------
    series : Series
        Output by month [kb/d].
    at : Period
        First month after the event.
    months : PeriodIndex
        Months wanted; those past the 28th are left out.
    donors : DataFrame, optional
        Output of other producers [kb/d]; their breaks widen the band.
    draws, seed : int
        Draws [1] and seed.
    """
    fit = breaks.discontinuity(series, at)
    months = months[(months < at + breaks.SIDE) & (months <= series.last_valid_index())]
    if fit is None or not len(months):
        return None
    ahead = (months[-1] - at).n
    own = breaks.quiet(series, QUIET_FROM, at, breaks.SIDE, breaks.SIDE)
    ratios = breaks.placebo_ratios([(series, own)], ahead)
    others, countries = np.array([]), np.array([])
    if donors is not None:
        dates = pd.period_range(QUIET_FROM + breaks.SIDE, at - breaks.SIDE, freq="M")[:: 2 * STEP]
        others = breaks.placebo_ratios([(donors[c], dates) for c in donors], ahead)
        countries = breaks.placebo_ratios([(donors[c], [at]) for c in donors], ahead)
    mean, error = breaks.effect(fit, ahead)
    pool = np.concatenate([ratios, others])
    u = streams.uniform(seed, "causes_break", draws=draws)
    # the error of a month is as many of its own standard errors as the placebo's at the last month
    pairs = [breaks.effect(fit, (m - at).n) for m in months]
    drawn = np.stack([breaks.calibrated(a, b, pool if len(pool) else np.array([-1.0, 0.0, 1.0]), u) for a, b in pairs])
    return Estimate(
        months, drawn, series.reindex(months).to_numpy(), _share(ratios, mean / error), _share(countries, mean / error),
        _share(ratios, -TENTH, False), _share(countries, -TENTH, False), {"fit": fit, "pool": pool, "shock": u},
    )  # fmt: skip


def placebo_bounds(
    wide: pd.DataFrame, at: pd.Period, ahead: int, read: int, penalty: float, start: str = "2003-07",
    moved: Moved | None = None,
) -> dict[pd.Period, float]:
    """Return for each placebo date the gap [1, in units of the gap before] that a tenth of the donors fall below.

    Parameters
    ----------
    wide : DataFrame
        Output by month and country [kb/d].
    at : Period
        The event; every date lies at least `ahead` months before it.
    ahead, read : int
        Months past a date that must be free of the event, and months past it at which the gap is read [1].
    penalty : float
        As in `by_synthetic`.
    start : str
        First month of the fit.
    moved : callable, optional
        Called after each date.
    """
    donors = synthetic.donors_of(wide, "every producer")
    found = {}
    for day in placebo_dates(donors.iloc[:, 0], at, ahead):
        fits = synthetic.space_placebos(donors, start, day, penalty).values()
        found[day] = float(np.quantile([f.gap.loc[day + read - 1] / f.rmspe for f in fits], 0.1))
        if moved:
            moved()
    return found


def by_synthetic(
    series: pd.Series, at: pd.Period, months: pd.PeriodIndex, wide: pd.DataFrame, *, draws: int, seed: int,
    penalty: float = 0.0, start: str = "2003-07", read: pd.Period | None = None,
    bounds: Mapping[pd.Period, float] | None = None, moved: Moved | None = None,
) -> Estimate | None:
    """Estimate by synthetic control: fits over pools, starts and left-out donors; errors of other producers and dates.

    Parameters
    ----------
    series, at, months
        As in `by_break`; months without donors are left out.
    wide : DataFrame
        Output by month and country [kb/d].
    draws, seed : int
        Draws [1] and seed.
    penalty : float
        Penalty [1], nought for the classic.
    start : str
        First month of the fit that placebos share.
    read : Period, optional
        Month at which placebos are compared, the last without it.
    bounds : dict, optional
        From `placebo_bounds`: the placebo dates to try; none without it.
    moved : callable, optional
        Called a few times on the way.
    """
    months = months[(months <= wide.index[-1]) & (months <= series.last_valid_index())]
    if not len(months) or series.loc[: at - 1].notna().sum() < FEWEST_BEFORE:
        return None
    donors = synthetic.donors_of(wide, "every producer")
    main = synthetic.fit(series, donors, start, at, penalty)
    fits = synthetic.spread(series, wide, at, {"": penalty}, moved)
    without = synthetic.without_each(series, donors, start, at, main, penalty)
    placebos = synthetic.space_placebos(donors, start, at, penalty)
    choice = streams.uniform(seed, "causes_fit", draws=draws)
    other = streams.uniform(seed, "causes_placebo", draws=draws)
    actual = series.reindex(months).to_numpy()[:, None]
    span = months[months <= (read or months[-1])]
    mine = main.gap.reindex(span).mean() / main.rmspe
    falls, beyond, earlier = [], 0, []
    for day in [d for d in placebo_dates(series, at, len(months)) if d in (bounds or {})]:
        own = synthetic.fit(series, donors, start, day, penalty)
        earlier.append((own, day))
        ahead = pd.period_range(day, periods=len(span), freq="M")
        falls.append(own.gap.reindex(ahead).mean() / own.rmspe)
        beyond += bool(own.gap.loc[ahead[-1]] / own.rmspe < (bounds or {})[day])
        if moved:
            moved()
    wrong = [synthetic.errors([(f, at) for f in placebos.values()], len(months)),
             synthetic.errors(earlier if len(earlier) >= FEWEST_DATES else [], len(months))]  # fmt: skip
    logs = synthetic.simulate([main, *fits.values(), *without.values()], wrong, months, choice, other)
    return Estimate(
        months, actual * (1 - np.exp(-logs)), actual[:, 0], _share(falls, mine), synthetic.rank(main, placebos, span),
        beyond / len(falls) if len(falls) >= FEWEST_DATES else None, None,
        {"main": main, "spread": fits, "without": without, "placebos": placebos, "earlier": earlier},
    )  # fmt: skip


def by_trend(
    series: pd.Series, at: pd.Period, months: pd.PeriodIndex, donors: pd.DataFrame | None, *, draws: int, seed: int,
    read: pd.Period | None = None, dates: bool = True, countries: pd.DataFrame | None = None,
    moved: Moved | None = None,
) -> Estimate | None:
    """Estimate by a structural time series fitted before the date, drawn past it.

    Parameters
    ----------
    series, at, months
        As in `by_break`.
    donors : DataFrame, optional
        Output of other producers [kb/d], whose common factors the series may follow.
    draws, seed : int
        Draws [1] and seed.
    read : Period, optional
        Month at which placebos are compared, the last without it.
    dates : bool
        Try placebo dates too.
    countries : DataFrame, optional
        Producers to try in place of Venezuela [kb/d].
    moved : callable, optional
        Called a few times on the way.
    """
    months = months[months <= series.last_valid_index()]
    if donors is not None:
        months = months[months <= donors.index[-1]]
    if not len(months) or series.loc[: at - 1].notna().sum() < FEWEST_BEFORE:
        return None
    shocks = {"start": streams.normal(seed, "causes_state", (2 + structural.FACTORS,), draws=draws),
              "path": streams.normal(seed, "causes_path", (len(months), 3), draws=draws)}  # fmt: skip
    logs, fitted = structural.counterfactual(series, at, months, shocks, donors)
    actual = series.reindex(months).to_numpy()
    span = months[months <= (read or months[-1])]

    def below(output: pd.Series, day: pd.Period, near: structural.Trend | None) -> float:
        ahead = pd.period_range(day, periods=len(span), freq="M")
        drawn, _ = structural.counterfactual(output, day, ahead, shocks, donors, near)
        return float((drawn[-1] <= np.log(output.loc[ahead[-1]])).mean())

    mine = float((logs[len(span) - 1] <= np.log(actual[len(span) - 1])).mean())
    falls, others = [], []
    for day in placebo_dates(series, at, len(span)) if dates else []:
        falls.append(below(series, day, fitted))
        if moved:
            moved()
    for name in countries if countries is not None else []:
        others.append(below(countries[name], at, None))  # type: ignore[index]
        if moved:
            moved()
    return Estimate(
        months, actual[:, None] - np.exp(logs), actual, _share(falls, mine), _share(others, mine),
        _share(falls, 0.1, False), _share(others, 0.1, False), {"fit": fitted, "counterfactual": np.exp(logs)},
    )  # fmt: skip
