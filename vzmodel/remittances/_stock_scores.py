"""How well the stock of people abroad would have been forecast, release by release and beside published projections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np
import pandas as pd

from vzmodel.assumptions._sampling import TENTH
from vzmodel.remittances._migrants import ISO, parameters, readings, track

EARLIEST = pd.Timestamp("2019-04-01")
"""Day of the first assumptions; earlier forecasts use them."""
SERIES = {**ISO, "lac": "LAC", "wld": "WLD"}


def _inputs(tables: Mapping[str, pd.DataFrame] | None, *names: str) -> list[pd.DataFrame]:
    if tables is None:
        from vzmodel.data import load_tables

        tables = load_tables()
    return [tables[name] for name in names]


def _known_parameters(day: pd.Timestamp, every: pd.DataFrame) -> dict[str, float]:
    known = every[every["published"] <= max(day, EARLIEST)].drop_duplicates("name", keep="last").set_index("name")
    return {**parameters(known), "recount_rate": float(known.loc["recount_rate", "central"])}


def _forecaster(migrants: pd.DataFrame) -> Callable[..., tuple[float, float, float] | None]:
    """Return a function of host, day and target that gives the 10th, 50th and 90th percentile of the count [persons].

    What repeats an earlier figure is told from the rows of the day alone; None where the host has no reading by then.
    """
    from vzmodel.data import known

    seen = lru_cache(maxsize=None)(lambda day: readings(known(migrants, day), SERIES))
    assumed = _assumed()

    def told(host: str, day: pd.Timestamp, target: pd.Period) -> tuple[float, float, float] | None:
        rows = seen(day)
        rows = rows[(rows["host"] == host) & ~rows["old"]]
        if not len(rows):
            return None
        middle, sd = _ahead(rows, host, target, _known_parameters(day, assumed))
        return middle * np.exp(-TENTH * sd), middle, middle * np.exp(TENTH * sd)

    return told


def _assumed() -> pd.DataFrame:
    from vzmodel.data import read_assumptions

    return read_assumptions("remittances").sort_values("published", kind="stable")


def _ahead(rows: pd.DataFrame, host: str, target: pd.Period, p: Mapping[str, float]) -> tuple[float, float]:
    """Return median [persons] and log sd of the next printed count: the stock, its error, and a recount by chance."""
    path = track(rows, p, (host,), until=target)
    m, v = path.mean[-1, 0], path.cov[-1, 0]
    load = np.array([1.0, 0.0, 1.0])
    years = max((target - rows["month"].max()).n, 0) / 12
    chance = 1 - np.exp(-p["recount_rate"] * years)
    fresh = p["stock_error"] if host in ("lac", "wld") or host in list(ISO)[:8] else p["stock_error_small"]
    # a recount moves the printed figure by the old error and a new one
    moved = chance * (fresh**2 + v[2, 2] + m[2] ** 2)
    middle = float(np.exp(load @ m - chance * m[2]))
    return 1e6 * middle, float(np.sqrt(load @ v @ load + p["reading_error"] ** 2 + moved))


def score_releases(tables: Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
    """Forecast each R4V release from the one before it, and score the forecast.

    Parameters
    ----------
    tables : dict of str to DataFrame, optional
        As from `load_tables`; the shipped ones without it.

    Returns
    -------
    DataFrame
        One row per host (lac and wld are R4V's totals) and release: date, origin, p10, p50, p90, outcome, no_change
        [persons], error and no_change_error [%], covered (by the 80 % band). Only rows published by the earlier
        release, and parameters known on its day, are used.
    """
    (migrants,) = _inputs(tables, "migrants")
    every, forecast = readings(migrants, SERIES), _forecaster(migrants)
    out = []
    for host in SERIES:
        mine = every[every["host"] == host]
        releases = mine[(mine["series"] == "r4v") & (mine["date"] >= "2018-01-01")].sort_values("published")
        for before, after in zip(releases.iloc[:-1].itertuples(), releases.iloc[1:].itertuples(), strict=True):
            told = forecast(host, before.published, after.month)
            if after.date <= before.date or told is None:
                continue
            low, middle, high = told
            out.append({
                "host": host, "origin": before.date, "date": after.date, "p10": low, "p50": middle,
                "p90": high, "outcome": after.value, "no_change": before.value,
                "error": 100 * (middle / after.value - 1), "no_change_error": 100 * (before.value / after.value - 1),
                "covered": bool(low <= after.value <= high),
            })  # fmt: skip
    return pd.DataFrame(out)


def score_projections(tables: Mapping[str, pd.DataFrame] | None = None) -> pd.DataFrame:
    """Set our forecast of the count, made on the same day, beside each published projection and what came.

    Parameters
    ----------
    tables : dict of str to DataFrame, optional
        As from `load_tables`; the shipped ones without it.

    Returns
    -------
    DataFrame
        One row per projection: issuer, scenario, host, issued, target, published, ours_p10, ours_p50, ours_p90,
        outcome [persons], outcome_date, published_error, ours_error [%], covered. The outcome is the reading nearest
        the target, within six months.
    """
    migrants, table = _inputs(tables, "migrants", "migration_projections")
    every, forecast = readings(migrants, SERIES), _forecaster(migrants)
    place = {code: name for name, code in SERIES.items()}
    out = []
    for row in table.itertuples():
        host, target = place[row.host], pd.Timestamp(row.target)
        mine = every[every["host"] == host]
        issued = pd.Timestamp(row.published)
        told = forecast(host, issued, target.to_period("M"))
        if told is None:
            continue
        low, middle, high = told
        gaps = (mine["date"] - target).abs()
        near = mine.loc[gaps.idxmin()] if gaps.min() <= pd.Timedelta(days=184) else None
        outcome = np.nan if near is None else float(near["value"])
        out.append({
            "issuer": row.issuer, "scenario": row.scenario, "host": row.host, "issued": issued, "target": target,
            "published": float(row.value), "ours_p10": low, "ours_p50": middle, "ours_p90": high, "outcome": outcome,
            "outcome_date": None if near is None else near["date"],
            "published_error": 100 * (row.value / outcome - 1), "ours_error": 100 * (middle / outcome - 1),
            "covered": bool(low <= outcome <= high),
        })  # fmt: skip
    return pd.DataFrame(out)
