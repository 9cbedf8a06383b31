"""Grid failures and the oil they stop: events by month, their length, and the output not produced."""

from __future__ import annotations

import numpy as np
import pandas as pd

from . import streams

SLOTS = 4
"""Opportunities a month for a national failure, at most one failure each."""
LONG = 24.0
"""A failure is multi-day when it lasts longer than this [hour]."""


def stressed(u: np.ndarray, start: np.ndarray, onset: np.ndarray, duration: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Simulate whether the grid is stressed in a month.

    Parameters
    ----------
    u : ndarray of shape (2, month, draw)
        Uniforms [1]: for the chain and for the state a scenario holds.
    start : ndarray of shape (draw,)
        Chance that the grid is stressed at the origin [1].
    onset : ndarray of shape (draw,)
        Rate at which a normal grid becomes stressed [1/year].
    duration : ndarray of shape (draw,)
        Mean length of a stressed spell [month], 1 or more.
    held : ndarray of shape (month, draw) or (draw,)
        Chance that a scenario holds the grid stressed whatever the chain says [1].

    Returns
    -------
    ndarray of bool, shape (month, draw)

    Notes
    -----
    One uniform serves both states and staying stressed is likelier than falling into it, so a higher onset, a longer
    spell or a larger `held` never turns a stressed month into a normal one.
    """
    chain, forced = u
    enter = np.broadcast_to(1 - np.exp(-onset / 12), chain.shape)
    stay = np.maximum(1 - 1 / np.maximum(duration, 1.0), enter)
    start = np.broadcast_to(start, chain.shape)[0]
    state = np.empty(chain.shape, dtype=bool)
    before = chain[0] < start
    for t in range(len(chain)):
        before = before if t == 0 else chain[t] < np.where(before, stay[t], enter[t])
        state[t] = before
    return state | (forced < held)


def simulate_hours(
    u: np.ndarray,
    z: np.ndarray,
    state: np.ndarray,
    rate: np.ndarray,
    rates: tuple[np.ndarray, np.ndarray],
    medians: tuple[np.ndarray, np.ndarray],
    spreads: tuple[np.ndarray, np.ndarray],
) -> np.ndarray:
    """Simulate the length of the national failures of each month.

    Parameters
    ----------
    u, z : ndarray of shape (month, slot, draw)
        Uniforms that say whether a failure happens and normals that say how long it lasts [1].
    state : ndarray of bool, shape (month, draw)
        Whether the grid is stressed.
    rate : ndarray of shape (draw,) or (month, draw)
        Multiplier of the rate [1].
    rates : pair of ndarray of shape (draw,)
        National failures a year, normal and stressed [1/year].
    medians : pair of ndarray of shape (draw,)
        Median length, normal and stressed [hour].
    spreads : pair of ndarray of shape (draw,)
        Standard deviation of the log of the length, normal and stressed [1].

    Returns
    -------
    ndarray of shape (month, slot, draw)
        Length [hour], 0 where nothing happens.

    Notes
    -----
    A failure happens where ``u < 1 - exp(-rate / (12 slots))``: a higher rate keeps the lower rate's failures.
    """
    yearly = rate * np.where(state, rates[1], rates[0])
    happens = u < (1 - np.exp(-yearly / (12 * SLOTS)))[:, None, :]
    median = np.where(state, medians[1], medians[0])[:, None, :]
    spread = np.where(state, spreads[1], spreads[0])[:, None, :]
    # exp() of every slot is the cost of this block; only a few slots hold a failure
    hours = np.zeros(u.shape)
    where = np.nonzero(happens)
    hours[where] = np.broadcast_to(median, u.shape)[where] * np.exp(np.broadcast_to(spread, u.shape)[where] * z[where])
    return hours


def lost_days(hours: np.ndarray, threshold: np.ndarray, ramp: np.ndarray, restart: np.ndarray) -> np.ndarray:
    """Return the days of full loss that failures of given lengths cost exposed output.

    Parameters
    ----------
    hours : ndarray of shape (month, slot, draw)
        Length of each failure [hour].
    threshold : ndarray of shape (draw,)
        Length that costs nothing [hour].
    ramp : ndarray of shape (draw,)
        Time constant with which the loss builds [hour].
    restart : ndarray of shape (draw,)
        Days of loss in restarting per day out [1].

    Returns
    -------
    ndarray of shape (month, draw)
        Days of full loss [day], summed over the month's failures.

    Notes
    -----
    With ``H = max(hours - threshold, 0)``: ``days = H/24 (1 - r/H (1 - exp(-H/r))) + restart H/24``.

    Examples
    --------
    A failure shorter than the threshold costs nothing:

    >>> lost_days(np.full((1, 1, 1), 4.0), np.full(1, 6.0), np.full(1, 24.0), np.full(1, 0.3)).item()
    0.0
    """
    days = np.zeros((hours.shape[0], hours.shape[2]))
    for slot in range(hours.shape[1]):
        beyond = np.maximum(hours[:, slot] - threshold, 0.0)
        month, draw = np.nonzero(beyond)
        h = beyond[month, draw]
        r = np.broadcast_to(ramp, beyond.shape)[month, draw]
        again = np.broadcast_to(restart, beyond.shape)[month, draw]
        days[month, draw] += (h - r * (1 - np.exp(-h / r)) + again * h) / 24
    return days


def availability(
    days_lost: np.ndarray,
    days: np.ndarray,
    exposure: np.ndarray,
    own_cover: np.ndarray,
    west_share: np.ndarray,
    rationing_west: np.ndarray,
) -> np.ndarray:
    """Return the share of capacity that the grid lets run.

    Parameters
    ----------
    days_lost : ndarray of shape (month, draw)
        Days of full loss [day]; what does not fit in a month goes on in the next.
    days : ndarray of shape (month,)
        Days in the month [day].
    exposure : ndarray of shape (draw,)
        Share of national output lost in a total failure with no plant of its own [1].
    own_cover : ndarray of shape (draw,) or (month, draw)
        Share of that exposure that own generation carries [1].
    west_share, rationing_west : ndarray of shape (draw,) or (month, draw)
        Share of output in the West and the share of it that added rationing stops [1].

    Returns
    -------
    ndarray of shape (month, draw)
        Availability [1], 0 to 1: ``(1 - exposure (1 - cover) lost/days) (1 - west rationing)``.
    """
    share = np.empty(days_lost.shape)
    carried = np.zeros(days_lost.shape[1])
    for t in range(len(days)):
        total = days_lost[t] + carried
        now = np.minimum(total, days[t])
        carried = total - now
        share[t] = now / days[t]
    return (1 - np.clip(exposure * (1 - own_cover), 0, 1) * share) * (1 - west_share * rationing_west)


def lasting(hours: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Return the share of capacity that multi-day failures have left, shape (month, draw) [1].

    Parameters
    ----------
    hours : ndarray of shape (month, slot, draw)
        Length of each failure [hour].
    step : ndarray of shape (draw,)
        Capacity lost for good in each failure of more than a day [1].
    """
    return np.cumprod((1 - step) ** (hours > LONG).sum(axis=1), axis=0)


def past_hours(blackouts: pd.DataFrame, calendar: pd.PeriodIndex, u: np.ndarray) -> np.ndarray:
    """Return the length of the national failures that happened, within what their sources say.

    Parameters
    ----------
    blackouts : DataFrame
        The table: scope, kind, start, hours_low and hours_high [hour].
    calendar : PeriodIndex
        Months wanted.
    u : ndarray of shape (slot, draw)
        Uniforms that place each length between its low and its high figure [1].

    Returns
    -------
    ndarray of shape (month, slot, draw)
        Length [hour]; the longest failures of a month where it has more than the slots.
    """
    events = _national(blackouts)
    hours = np.zeros((len(calendar), *u.shape))
    for period, group in events.groupby(events["start"].astype(str).str[:7]):
        t = calendar.get_indexer(pd.PeriodIndex([period], freq="M"))[0]
        if t < 0:
            continue
        longest = group.sort_values("hours_high", ascending=False).head(u.shape[0])
        for slot, row in enumerate(longest.itertuples()):
            hours[t, slot] = row.hours_low + (row.hours_high - row.hours_low) * u[slot]
    return hours


def _national(blackouts: pd.DataFrame) -> pd.DataFrame:
    events = blackouts[(blackouts["scope"] == "national") & blackouts["kind"].isin(["blackout", "fluctuation"])].copy()
    events["hours_high"] = events["hours_high"].fillna(events["hours_low"])
    events["hours_low"] = events["hours_low"].fillna(events["hours_high"])
    # a failure whose length nobody printed is taken as short: the long ones were all reported
    events[["hours_low", "hours_high"]] = events[["hours_low", "hours_high"]].fillna(
        {"hours_low": 1.0, "hours_high": 6.0}
    )
    return events


def estimate(blackouts: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Fit the rate and length of national failures on a normal grid to the dated catalogue.

    Parameters
    ----------
    blackouts : DataFrame
        The table, as known on the day.
    rows : int
        Joint draws to return [1].

    Returns
    -------
    DataFrame
        outage_rate_normal [1/year], outage_duration_normal [hour] and outage_spread_normal [1], one row per draw.

    Notes
    -----
    Years with two or more multi-day failures count as stressed and are left out. Rate: Gamma(n + 1/2, years). Log
    length: the normal model's posterior, ``s^2 ~ (n-1) s^2 / chi2``, ``mean ~ N(m, s^2/n)``.
    """
    events = _national(blackouts)
    year = events["start"].astype(str).str[:4].astype(int)
    long = year[events["hours_high"] > LONG].value_counts()
    stressed_years = set(long[long >= 2].index)
    normal = events[~year.isin(stressed_years)]
    calm_years = set(range(year.min(), year.max() + 1)) - stressed_years
    n = len(normal)
    g = streams.generator(0, "estimate outages", 0)
    logs = np.log(np.sqrt(normal["hours_low"].clip(lower=0.1) * normal["hours_high"].clip(lower=0.1)).to_numpy())
    variance = max(float(logs.var(ddof=1)) if n > 2 else 1.0, 0.25) * max(n - 1, 2) / g.chisquare(max(n - 1, 2), rows)
    frame = pd.DataFrame(
        {
            "outage_rate_normal": g.gamma(n + 0.5, 1 / max(len(calm_years), 1), rows),
            "outage_duration_normal": np.exp(logs.mean() + np.sqrt(variance / max(n, 1)) * g.standard_normal(rows)),
            "outage_spread_normal": np.sqrt(variance),
        }
    )
    frame.attrs["units"] = {
        "outage_rate_normal": "1/year",
        "outage_duration_normal": "hour",
        "outage_spread_normal": "1",
    }
    frame.attrs["notes"] = dict.fromkeys(
        frame, f"{n} national failures in {len(calm_years)} normal years of the catalogue"
    )
    return frame
