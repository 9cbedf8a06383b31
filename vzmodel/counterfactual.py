"""What did it: the fall in output by method, by cause, in dollars and beside what others found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from vzmodel import calendar, streams
from vzmodel.calendar import DateLike
from vzmodel.causal import answers, attribution, breaks, methods, rivals, synthetic
from vzmodel.causal.answers import AUGMENTED, BREAK, CLASSIC, FINANCE, PENALISED, SOURCES, TREND, TREND_DONORS
from vzmodel.causal.methods import QUIET_FROM, Estimate

UNTIL = pd.Period("2020-12", "M")
"""Last month estimated at least, so that what was published on 2017-20 has its counterpart."""
Progress = Callable[[float], None]



def causes(
    since: DateLike, to: DateLike, *, draws: int = 1000, seed: int = 2019, placebos: bool = True,
    progress: Progress | None = None,
) -> dict[str, Any]:
    r"""Estimate what the events of August 2017 did to output, and share the fall between two months out by cause.

    Parameters
    ----------
    since, to : date
        Months between which the change of the consensus is attributed; effects are read at `to`, or at the last month
        a method covers.
    draws, seed : int
        Draws [1] and seed.
    placebos : bool
        Fit anew at dates, and for producers, without an event; without them most of the time is saved, and bands of
        synthetic controls hold the errors of producers alone.
    progress : callable, optional
        Called with the share done [1].

    Returns
    -------
    dict
        ``methods``: DataFrame of name, source, month, p10, p50, p90 [kb/d], placebo_p and its parts by dates and by
        countries [1, share of placebos with as large a fall; the larger of the two; missing where there are too few],
        and how often the textbook test at 10 % finds a fall where there was no event [1].
        ``attribution``: ``total_kbd`` [kb/d]; ``causes``, DataFrame by cause of p10, p50, p90 [kb/d]; ``draws``,
        DataFrame by cause of every draw [kb/d], each of which adds up to the total.
        ``not_separable``: DataFrame of one, other and correlation [1] of their shares, missing where no size is told.
        ``spread``: DataFrame of each synthetic control by donor pool, first month and donor left out: effect [kb/d] and
        gap before the date [log]. ``dollars``: DataFrame by method, source and period of the loss [kb/d, USD million].
        ``published``: DataFrame, from `causal.rivals.compare`. ``paths`` and ``series``: what
        the charts draw.

    Raises
    ------
    ValueError
        If `to` is not after `since`, either month has no consensus, or `draws` is not a positive number.

    Notes
    -----
    An effect from August 2017 on is that of everything that came with it. The larger part of what parts the methods is
    what they take for granted: donors, the trend before, or both. Months of EIA before 2017 are interpolated, and the
    consensus is smoothed.
    """
    from vzmodel.data import history, load_tables

    months = calendar.between(since, to)
    first, last = months[0], months[-1]
    if first == last:
        raise ValueError(f"to={last} must come after since={first}")
    if draws < attribution.VARIANTS:
        raise ValueError(f"draws={draws} is too few; take at least {attribution.VARIANTS}, one for each build-up")
    tables = load_tables()
    frame = history(tables)
    frame.index = pd.DatetimeIndex(frame.index).to_period("M")
    level = frame["production"].dropna()
    for month in (first, last):
        if month not in level.index:
            raise ValueError(f"no consensus of output for {month}; it runs from {level.index[0]} to {level.index[-1]}")
    wide = synthetic.panel(tables["producers"]) if "producers" in tables else None
    moved = _steps(progress, 400 if placebos else 31)
    chance: dict[str, Any] = {"draws": draws, "seed": seed, "moved": moved}
    found = estimates(frame, wide, last, placebos=placebos, **chance) if last > FINANCE else {}
    sizes = attribution.simulate(level, tables, _brent(tables), **chance)
    total, share = attribution.shares(sizes, first, last)
    paths = answers.paths(found, tables, draws, seed)
    if progress:
        progress(1.0)
    return {
        "methods": answers.methods(found, frame, last),
        "attribution": {"total_kbd": total, "causes": answers.bands(share, sizes.causes),
                        "draws": pd.DataFrame(share, pd.Index(sizes.causes, name="cause"))},
        "not_separable": answers.pairs(sizes.causes, share, first, last),
        "spread": answers.spread(found, last),
        "dollars": answers.dollars(paths, last),
        "published": rivals.compare(
            tables["causal_estimates"], answers.fits(found, frame), paths, answers.shares(sizes)),
        "paths": found, "series": {name: frame[c].dropna() for c, name in SOURCES.items() if c in frame},
    }  # fmt: skip


def as_json(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables of `causes` as nested records, without the draws."""
    def band(row: Mapping[str, Any]) -> dict[str, float]:
        return {p: float(row[p]) for p in ("p10", "p50", "p90")}

    def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
        return frame.astype(object).where(frame.notna(), None).to_dict("records")

    methods = [{**{k: v for k, v in row.items() if k not in {"p10", "p50", "p90"}}, "effect_kbd": band(row)}
               for row in records(found["methods"])]  # fmt: skip
    named = {cause: band(row) for cause, row in found["attribution"]["causes"].iterrows()}
    return {
        "methods": methods, "attribution": {"total_kbd": found["attribution"]["total_kbd"], "causes": named},
        "not_separable": found["not_separable"][["one", "other"]].to_numpy().tolist(),
        "spread": records(found["spread"]), "dollars": records(found["dollars"]),
        "published": records(found["published"]),
    }  # fmt: skip


def estimates(
    frame: pd.DataFrame, wide: pd.DataFrame | None, read: pd.Period, *, draws: int, seed: int, placebos: bool = True,
    moved: Callable[[], None] | None = None,
) -> dict[tuple[str, str], Estimate]:
    """Return the estimates from August 2017 on by (method, source).

    Parameters
    ----------
    frame : DataFrame
        From `load_history`, with a monthly PeriodIndex [kb/d].
    wide : DataFrame or None
        From `synthetic.panel`; without it the methods that need donors are left out.
    read : Period
        Month at which placebos are compared.
    draws, seed : int
        Draws [1] and seed.
    placebos : bool
        Fit anew at dates, and for producers, without an event.
    moved : callable, optional
        Called many times on the way.
    """
    months = pd.period_range(FINANCE, max(read, UNTIL), freq="M")
    chance: dict[str, Any] = {"draws": draws, "seed": seed}
    donors, penalties, bounds = None, {}, {}
    if wide is not None:
        months = months[months <= wide.index[-1]]
        read = min(read, months[-1])
        donors = synthetic.donors_of(wide, "every producer").loc[QUIET_FROM:]
        best = synthetic.penalty_of(donors, str(QUIET_FROM), FINANCE, months[-1])
        penalties = {CLASSIC: 0.0, PENALISED: best}
        ahead, span = len(months), (read - FINANCE).n + 1
        bounds = {name: methods.placebo_bounds(wide, FINANCE, ahead, span, penalty, moved=moved)
                  if placebos else {} for name, penalty in penalties.items()}  # fmt: skip
    found: dict[tuple[str, str], Estimate | None] = {}
    for column, source in SOURCES.items():
        series = frame[column].loc[QUIET_FROM:] if column in frame else pd.Series(dtype=float)
        if series.empty or series.loc[: FINANCE - 1].notna().sum() < breaks.FEWEST_READ:
            continue
        for name, penalty in penalties.items():
            found[name, source] = methods.by_synthetic(
                series, FINANCE, months, wide, penalty=penalty, read=read, bounds=bounds[name], moved=moved, **chance)
        tried = donors if placebos and column == "production" else None
        found[TREND, source] = methods.by_trend(
            series, FINANCE, months, None, read=read, dates=placebos, countries=tried, moved=moved, **chance)
        if donors is not None:
            found[TREND_DONORS, source] = methods.by_trend(
                series, FINANCE, months, donors, read=read, dates=placebos, moved=moved, **chance)
        found[BREAK, source] = methods.by_break(series, FINANCE, months[months <= read], donors, **chance)
    if wide is not None:
        found[AUGMENTED, "consensus"] = _augmented(frame["production"], found.get((CLASSIC, "consensus")), donors, seed)
    return {k: v for k, v in found.items() if v is not None}


def _augmented(series: pd.Series, classic: Estimate | None, donors: Any, seed: int) -> Estimate | None:
    """Return the augmented fit with the errors of the classic one's placebos; None where pysyncon is not installed."""
    try:
        fit = synthetic.augmented(series, donors, str(QUIET_FROM), FINANCE)
    except ImportError:
        return None
    if classic is None:
        return None
    draws = classic.effect.shape[1]
    wrong = [synthetic.errors([(f, FINANCE) for f in classic.detail["placebos"].values()], len(classic.months))]
    chance = [streams.uniform(seed, name, draws=draws) for name in ("causes_fit", "causes_placebo")]
    logs = synthetic.simulate([fit], wrong, classic.months, *chance)
    actual = series.reindex(classic.months).to_numpy()[:, None]
    p = synthetic.rank(fit, classic.detail["placebos"], classic.months)
    return Estimate(classic.months, actual * (1 - np.exp(-logs)), actual[:, 0], None, p, None, None, {"main": fit})


def _brent(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    brent = tables["prices"].query("series == 'brent'").set_index("month")["value"].sort_index()
    return brent.set_axis(pd.DatetimeIndex(brent.index).to_period("M"))


def _steps(progress: Progress | None, total: int) -> Callable[[], None]:
    """Return a callable that reports one of about `total` steps."""
    done = 0

    def moved() -> None:
        nonlocal done
        done += 1
        if progress:
            progress(min(done / total, 0.99))

    return moved
