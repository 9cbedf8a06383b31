"""What did it: the fall in output by method, by cause, in dollars and beside what others found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from vzmodel import attribution, breaks, calendar, causal_methods, causal_rivals, losses, streams, synthetic
from vzmodel.calendar import DateLike
from vzmodel.causal_methods import QUIET_FROM, Estimate

FINANCE, DESIGNATION = pd.Period("2017-08", "M"), pd.Period("2019-01", "M")
UNTIL = pd.Period("2020-12", "M")
"""Last month estimated at least, so that what was published on 2017-20 has its counterpart."""
SOURCES = {"production": "consensus", "production_eia": "EIA", "production_jodi": "government (JODI)",
           "production_opec_secondary": "OPEC secondary sources"}  # fmt: skip
CLASSIC, PENALISED, AUGMENTED = (f"synthetic control, {kind}" for kind in ("classic", "penalised", "augmented"))
TREND, TREND_DONORS = "structural time series", "structural time series, with donors"
BREAK, INTERRUPTED = "level and slope at August 2017", "interrupted trend at January 2019"
OVERLAPS = [
    ("2017-08", "financial sanctions of August 2017", "default of November 2017"),
    ("2017-08", "financial sanctions of August 2017", "change of management at the state company, November 2017"),
    ("2019-01", "designation of the state company, January 2019", "blackouts of March 2019"),
    ("2019-01", "designation of the state company, January 2019", "wind-down of US sales to 28 April 2019"),
    ("2019-01", "financial sanctions of August 2017", "designation of the state company, January 2019"),
    ("2020-02", "Rosneft's traders designated, February 2020", "collapse of demand, March 2020"),
]
"""Events whose effects fall in the same months, with the month from which they do."""
SANCTIONS = ("financial sanctions of 2017", "oil sanctions of 2019")
Z90 = 1.2815515655446004
COLUMNS = ["name", "source", "month", "p10", "p50", "p90", "placebo_p", "placebo_p_dates", "placebo_p_countries",
           "false_positive_dates", "false_positive_countries"]  # fmt: skip
Progress = Callable[[float], None]
PERIODS = (("2017-08", "2020-12"), ("2017-08", "2023-08"))
"""Periods over which the share of sanctions in the fall was published."""


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
        ``dollars``: DataFrame by method, source and period of the loss [kb/d, USD million].
        ``published``: DataFrame, from `causal_rivals.compare`. ``paths`` and ``series``: what
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
    moved = _steps(progress, 520 if wide is not None else 160)
    chance: dict[str, Any] = {"draws": draws, "seed": seed, "moved": moved}
    found = estimates(frame, wide, last, placebos=placebos, **chance) if last > FINANCE else {}
    sizes = attribution.simulate(level, tables, _brent(tables), **chance)
    total, share = attribution.shares(sizes, first, last)
    paths = _paths(found, tables, draws, seed)
    if progress:
        progress(1.0)
    return {
        "methods": _methods(found, frame, last),
        "attribution": {"total_kbd": total, "causes": _bands(share, sizes.causes),
                        "draws": pd.DataFrame(share, pd.Index(sizes.causes, name="cause"))},
        "not_separable": _pairs(sizes.causes, share, first, last),
        "dollars": _dollars(paths, last),
        "published": causal_rivals.compare(tables["causal_estimates"], _fits(found, frame), paths, _shares(sizes)),
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
        "dollars": records(found["dollars"]), "published": records(found["published"]),
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
        bounds = {name: causal_methods.placebo_bounds(wide, FINANCE, ahead, span, penalty, moved=moved)
                  if placebos else {} for name, penalty in penalties.items()}  # fmt: skip
    found: dict[tuple[str, str], Estimate | None] = {}
    for column, source in SOURCES.items():
        series = frame[column].loc[QUIET_FROM:]
        if column not in frame or series.loc[: FINANCE - 1].notna().sum() < breaks.FEWEST_READ:
            continue
        for name, penalty in penalties.items():
            found[name, source] = causal_methods.by_synthetic(
                series, FINANCE, months, wide, penalty=penalty, read=read, bounds=bounds[name], moved=moved, **chance)
        tried = donors if placebos and column == "production" else None
        found[TREND, source] = causal_methods.by_trend(
            series, FINANCE, months, None, read=read, dates=placebos, countries=tried, moved=moved, **chance)
        if donors is not None:
            found[TREND_DONORS, source] = causal_methods.by_trend(
                series, FINANCE, months, donors, read=read, dates=placebos, moved=moved, **chance)
        found[BREAK, source] = causal_methods.by_break(series, FINANCE, months[months <= read], donors, **chance)
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
    return Estimate(classic.months, actual * (1 - np.exp(-logs)), None, p, None, None, {"main": fit})


def _methods(found: Mapping[tuple[str, str], Estimate], frame: pd.DataFrame, last: pd.Period) -> pd.DataFrame:
    rows = []
    for (name, source), e in found.items():
        month = min(last, e.months[-1])
        low, mid, high = np.quantile(e.effect[e.months.get_loc(month)], [0.1, 0.5, 0.9])
        known = [p for p in (e.placebo_dates, e.placebo_countries) if p is not None]
        rows.append([name, source, str(month), low, mid, high, max(known) if known else None, e.placebo_dates,
                     e.placebo_countries, e.false_dates, e.false_countries])  # fmt: skip
    if last > DESIGNATION:
        columns = [c for c in SOURCES if c in frame]
        rows += [r for c in columns if (r := _designation(frame[c].dropna(), SOURCES[c], last)) is not None]
    numbers = dict.fromkeys(COLUMNS[3:], float)
    return pd.DataFrame(rows, columns=COLUMNS).astype(numbers)


def _designation(series: pd.Series, source: str, last: pd.Period) -> list[Any] | None:
    """Return the row of the interrupted trend of January 2019, with March 2019 apart."""
    fit = breaks.interrupted(series, DESIGNATION, pd.Period("2019-03", "M")) if len(series) else None
    if fit is None:
        return None
    end = min(DESIGNATION + breaks.AFTER, series.index[-1])
    actual = float(series.loc[DESIGNATION + 1 : end].mean())
    dates = breaks.quiet(series, QUIET_FROM, FINANCE, breaks.BEFORE, breaks.AFTER)
    ratios = breaks.placebo_ratios([(series, dates)], 0, trend=True)
    centred = ratios - np.median(ratios) if len(ratios) >= causal_methods.FEWEST_DATES else np.array([-Z90, 0, Z90])
    few = len(ratios) < causal_methods.FEWEST_DATES
    spread = (-Z90, 0.0, Z90) if few else np.quantile(centred, [0.1, 0.5, 0.9])
    # the effect is what is missing against the trend: output times one less its ratio to what was left
    band = sorted(actual * (1 - np.exp(-(fit[0] + z * fit[1]))) for z in spread)
    p = None if few else (1 + (ratios <= fit[0] / fit[1]).sum()) / (1 + len(ratios))
    return [INTERRUPTED, source, f"{DESIGNATION + 1} to {end}", *band, p, p, None,
            None if few else (ratios < -Z90).mean(), None]  # fmt: skip


def _bands(draws: np.ndarray, names: list[str]) -> pd.DataFrame:
    bands = np.quantile(draws, [0.1, 0.5, 0.9], axis=1).T
    return pd.DataFrame(bands, pd.Index(names, name="cause"), ["p10", "p50", "p90"])


def _pairs(causes: list[str], share: np.ndarray, first: pd.Period, last: pd.Period) -> pd.DataFrame:
    told = [(a, b, np.nan) for month, a, b in OVERLAPS if first <= pd.Period(month, "M") < last]
    return pd.DataFrame(told + attribution.inseparable(causes, share), columns=["one", "other", "correlation"])


def _paths(
    found: Mapping[tuple[str, str], Estimate], tables: Mapping[str, pd.DataFrame], draws: int, seed: int
) -> dict[str, causal_rivals.Path]:
    row, place = streams.uniform(seed, "causes_price", (2,), draws=draws)
    out = {}
    for (name, source), e in found.items():
        price = losses.realised_price(tables["prices"], tables["gaps"], e.months, row, place)
        out[f"{name}, {source}"] = causal_rivals.Path(e.months, e.effect, losses.value(e.effect, price, e.months))
    return out


def _dollars(paths: Mapping[str, causal_rivals.Path], last: pd.Period) -> pd.DataFrame:
    parts = []
    for name, p in paths.items():
        own = p.months <= last
        part = losses.by_year(p.effect[own], p.dollars[own], p.months[own])
        part.insert(0, "method", name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(
        columns=["method", "period", "first", "last", "effect_kbd", "p10", "p50", "p90"])


def _fits(found: Mapping[tuple[str, str], Estimate], frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return level, slope and fall by source for the discontinuity, with the errors of its placebos."""
    out = {}
    column = {source: name for name, source in SOURCES.items()}
    for (name, source), e in found.items():
        if name == BREAK and len(e.months) == breaks.SIDE:
            params, cov = e.detail["fit"]
            series = frame[column[source]]
            drawn = [breaks.calibrated(params[i], np.sqrt(cov[i, i]), e.detail["pool"], e.detail["shock"])
                     for i in (2, 3)]  # fmt: skip
            out[source] = {"level": drawn[0], "slope": drawn[1],
                           "fall": float(series[FINANCE + breaks.SIDE] - series[FINANCE])}  # fmt: skip
    return out


def _shares(sizes: attribution.Sizes) -> dict[str, np.ndarray]:
    out = {}
    for since, to in PERIODS:
        if pd.Period(to, "M") in sizes.months:
            total, share = attribution.shares(sizes, pd.Period(since, "M"), pd.Period(to, "M"))
            out[f"{since}/{to}"] = share[[sizes.causes.index(c) for c in SANCTIONS]].sum(0) / total
    return out


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
