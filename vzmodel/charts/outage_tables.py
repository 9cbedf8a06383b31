"""The tables behind the charts of grid failures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from vzmodel import outages
from vzmodel.assumptions import load_assumptions
from vzmodel.assumptions._sampling import percentiles
from vzmodel.outages import _outage_response as response_of
from vzmodel.scenarios import Scenario

KINDS = ("blackout", "fluctuation", "refinery", "damage")
HOURS = (5.0, 24.0, 120.0)
"""Lengths of the failures a response is shown for [hour]."""


def strip_table(blackouts: pd.DataFrame) -> pd.DataFrame:
    """Return the dated failures a strip shows: event, name, kind, scope, start, hours (middle of the range) [hour]."""
    rows = blackouts[blackouts["kind"].isin(KINDS)].copy()
    rows["start"] = pd.to_datetime(rows["start"], format="ISO8601")
    rows["hours"] = rows[["hours_low", "hours_high"]].astype(float).mean(axis=1)
    keep = ["event", "name", "kind", "scope", "start", "hours", "hours_low", "hours_high", "states_low", "states_high"]
    return rows[[c for c in keep if c in rows]].sort_values("start").reset_index(drop=True)


def response_table(lengths: tuple[float, ...] = HOURS, *, days: int = 30, draws: int = 1024,
                   as_of: Any = None) -> pd.DataFrame:
    """Return the share of national output lost on each day after a total failure begins.

    Parameters
    ----------
    lengths : tuple of float
        Lengths of the failure [hour].
    days : int
        Days shown [day].
    draws : int
        Draws of the parameters [1].
    as_of : date, optional
        Use the assumptions of that day.

    Returns
    -------
    DataFrame
        Index (hours, day), columns 0.1, 0.5 and 0.9: share of output lost, mean of the day [1].

    Raises
    ------
    ValueError
        If a length is negative.
    """
    if min(lengths) < 0:
        raise ValueError(f"length {min(lengths):g} [hour] is negative; a failure lasts 0 hours or more")
    months = pd.period_range("2019-03", periods=1, freq="M")
    a = load_assumptions(as_of=as_of).sample(Scenario("plain"), months, percentiles(2019, 0, draws))
    zones = np.atleast_2d(outages.exposures(a).T).T * (1 - a["own_generation_cover"])
    at = 24.0 * np.arange(days + 1)[:, None]
    parts = {}
    for length in lengths:
        beyond = np.maximum(length - a["outage_threshold"], 1e-9)
        after = np.maximum(at - a["outage_threshold"], 0)
        fields = np.diff(response_of.field_days(after, beyond, a["outage_ramp"], a["restart_days"]), axis=0)
        lag = response_of.restart_lag(beyond, a["upgrader_restart"], a["restart_growth"])
        upgraders = np.diff(response_of.upgrader_days(after, beyond, a["outage_ramp"], lag), axis=0)
        lost = fields * (zones[0] + zones[2] + zones[3]) + upgraders * zones[1]
        table = np.quantile(lost, [0.1, 0.5, 0.9], axis=1).T
        parts[length] = pd.DataFrame(table, index=pd.RangeIndex(days, name="day"), columns=[0.1, 0.5, 0.9])
    return pd.concat(parts, names=["hours"])


def lights_table(lights: pd.DataFrame, *, since: Any = "2018-03", until: Any = "2019-12") -> pd.DataFrame:
    """Return the light of each state at night against its mean of March 2018 to February 2019 [1]: months by state."""
    wide = lights.pivot(index="month", columns="state", values="value")
    base = wide.loc["2018-03-01":"2019-02-01"].mean()
    return (wide / base).loc[str(since):str(until)]
