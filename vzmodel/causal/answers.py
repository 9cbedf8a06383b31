"""The tables `causes` answers with, from estimates and shares in draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from vzmodel import streams
from vzmodel.assumptions._sampling import TENTH
from vzmodel.causal import attribution, breaks, losses, rivals
from vzmodel.causal.methods import FEWEST_DATES, QUIET_FROM, Estimate

FINANCE, DESIGNATION = pd.Period("2017-08", "M"), pd.Period("2019-01", "M")
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
COLUMNS = ["name", "source", "month", "p10", "p50", "p90", "placebo_p", "placebo_p_dates", "placebo_p_countries",
           "false_positive_dates", "false_positive_countries"]  # fmt: skip
PERIODS = (("2017-08", "2020-12"), ("2017-08", "2023-08"))
"""Periods over which the share of sanctions in the fall was published."""


def methods(found: Mapping[tuple[str, str], Estimate], frame: pd.DataFrame, last: pd.Period) -> pd.DataFrame:
    """Return the estimates as rows, each read at `last` or at the last month it covers [kb/d]."""
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
    centred = ratios - np.median(ratios) if len(ratios) >= FEWEST_DATES else np.array([-TENTH, 0, TENTH])
    few = len(ratios) < FEWEST_DATES
    spread = (-TENTH, 0.0, TENTH) if few else np.quantile(centred, [0.1, 0.5, 0.9])
    # the effect is what is missing against the trend: output times one less its ratio to what was left
    band = sorted(actual * (1 - np.exp(-(fit[0] + z * fit[1]))) for z in spread)
    p = None if few else (1 + (ratios <= fit[0] / fit[1]).sum()) / (1 + len(ratios))
    return [INTERRUPTED, source, f"{DESIGNATION + 1} to {end}", *band, p, p, None,
            None if few else (ratios < -TENTH).mean(), None]  # fmt: skip


def spread(found: Mapping[tuple[str, str], Estimate], last: pd.Period) -> pd.DataFrame:
    """Return the effect and the gap before the date of every specification of the synthetic controls."""
    rows = []
    for (name, source), e in found.items():
        if "main" not in e.detail:
            continue
        month = min(last, e.months[-1])
        every = "every producer"
        fits = {(every, str(QUIET_FROM), ""): e.detail["main"]}
        fits |= {(pool, start, ""): fit for (_, pool, start), fit in e.detail.get("spread", {}).items()}
        fits |= {(every, str(QUIET_FROM), left): fit for left, fit in e.detail.get("without", {}).items()}
        for (pool, start, left), fit in fits.items():
            without = e.actual[e.months.get_loc(month)] * np.exp(-fit.gap.loc[month])
            rows.append([name, source, pool, start, left, e.actual[e.months.get_loc(month)] - without, fit.rmspe])
    return pd.DataFrame(rows, columns=["name", "source", "pool", "start", "without", "effect_kbd", "gap_before"])


def bands(draws: np.ndarray, names: list[str]) -> pd.DataFrame:
    """Return p10, p50 and p90 by name from draws, shape (name, draw)."""
    bands = np.quantile(draws, [0.1, 0.5, 0.9], axis=1).T
    return pd.DataFrame(bands, pd.Index(names, name="cause"), ["p10", "p50", "p90"])


def pairs(causes: list[str], share: np.ndarray, first: pd.Period, last: pd.Period) -> pd.DataFrame:
    """Return what cannot be told apart: events of the same months, and causes whose shares move against each other."""
    told = [(a, b, np.nan) for month, a, b in OVERLAPS if first <= pd.Period(month, "M") < last]
    return pd.DataFrame(told + attribution.inseparable(causes, share), columns=["one", "other", "correlation"])


def paths(
    found: Mapping[tuple[str, str], Estimate], tables: Mapping[str, pd.DataFrame], draws: int, seed: int
) -> dict[str, rivals.Path]:
    """Return the estimates with what the barrels were worth [kb/d, USD million] by "method, source"."""
    row, place = streams.uniform(seed, "causes_price", (2,), draws=draws)
    out = {}
    for (name, source), e in found.items():
        price = losses.realised_price(tables["prices"], tables["gaps"], e.months, row, place)
        out[f"{name}, {source}"] = rivals.Path(e.months, e.effect, losses.value(e.effect, price, e.months))
    return out


def dollars(paths: Mapping[str, rivals.Path], last: pd.Period) -> pd.DataFrame:
    """Return the losses by method, source and period up to a month [kb/d, USD million]."""
    parts = []
    for name, p in paths.items():
        own = p.months <= last
        part = losses.by_year(p.effect[own], p.dollars[own], p.months[own])
        part.insert(0, "method", name)
        parts.append(part)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(
        columns=["method", "period", "first", "last", "effect_kbd", "p10", "p50", "p90"])


def fits(found: Mapping[tuple[str, str], Estimate], frame: pd.DataFrame) -> dict[str, dict[str, Any]]:
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


def shares(sizes: attribution.Sizes) -> dict[str, np.ndarray]:
    """Return the share of sanctions in the fall, (draw,) [1], over the periods for which one was published."""
    out = {}
    for since, to in PERIODS:
        if pd.Period(to, "M") in sizes.months:
            total, share = attribution.shares(sizes, pd.Period(since, "M"), pd.Period(to, "M"))
            out[f"{since}/{to}"] = share[[sizes.causes.index(c) for c in SANCTIONS]].sum(0) / total
    return out
