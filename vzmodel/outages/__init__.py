"""Grid failures and the oil they stop: failures by month, their size and length, and the output not produced."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vzmodel.outages import _outage_fit, _outage_record
from vzmodel.outages._outage_fit import estimate as estimate
from vzmodel.outages._outage_record import FEWEST, STATES
from vzmodel.outages._outage_record import check as check
from vzmodel.outages._outage_response import LONG as LONG
from vzmodel.outages._outage_response import days_by_zone as days_by_zone
from vzmodel.outages._outage_response import depth as depth
from vzmodel.outages._outage_response import exposures as exposures
from vzmodel.outages._outage_response import lasting as lasting
from vzmodel.outages._outage_response import restart_days as restart_days

SLOTS, WEST_SLOTS = 4, 2
"""Most national failures, and most failures of the West alone, in a month."""
SPILL = 3
"""Months after that of the failure over which its loss is spread; what is left falls in the last."""
PRIORS = (*_outage_fit.FITTED, *_outage_fit.TOLD, "outage_rate_west")
"""Assumptions which the fit starts from."""


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


def rate(a: Mapping[str, np.ndarray]) -> np.ndarray | float:
    """Return the multiplier of the rate of failures [1], shape (draw,) or (month, draw).

    Parameters
    ----------
    a : dict of ndarray of shape (draw,) or (month, draw)
        outage_rate [1], reserve_margin [1, against that of the day], outage_margin_effect [1], guri_level,
        guri_safe [m above sea level] and outage_guri_effect [1/m].

    Notes
    -----
    ``outage_rate exp(-margin effect · reserve margin) exp(guri effect · max(guri_safe - guri_level, 0))``.

    Examples
    --------
    >>> same = {"outage_rate": 2.0, "reserve_margin": 0.0, "outage_margin_effect": 2.0, "guri_level": 265.0,
    ...         "guri_safe": 250.0, "outage_guri_effect": 0.05}
    >>> float(rate(same)), round(float(rate({**same, "guri_level": 244.0})), 2)
    (2.0, 2.7)
    """
    dry = np.maximum(a["guri_safe"] - a["guri_level"], 0.0)
    return a["outage_rate"] * np.exp(a["outage_guri_effect"] * dry - a["outage_margin_effect"] * a["reserve_margin"])


def count(u: np.ndarray, expected: np.ndarray, slots: int) -> np.ndarray:
    """Return which of a month's possible failures happen.

    Parameters
    ----------
    u : ndarray of shape (month, draw)
        Uniforms [1].
    expected : ndarray of shape (month, draw) or (draw,)
        Mean number of failures in a month [1].
    slots : int
        Most failures counted in a month [1].

    Returns
    -------
    ndarray of bool, shape (month, slot, draw)
        The first n slots, n Poisson: ``u`` inverted, so a higher mean keeps the failures of a lower one and adds.
    """
    p = np.exp(-np.broadcast_to(expected, u.shape))
    below, happens = p, np.empty((u.shape[0], slots, u.shape[1]), dtype=bool)
    for k in range(slots):
        happens[:, k] = u > below
        p = p * expected / (k + 1)
        below = below + p
    return happens


def simulate_failures(
    u: np.ndarray, z: np.ndarray, size: np.ndarray, state: np.ndarray, rate: np.ndarray, a: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate the length and size of the national failures of each month.

    Parameters
    ----------
    u : ndarray of shape (month, draw)
        Uniforms that say how many failures happen [1].
    z, size : ndarray of shape (month, slot, draw)
        Normals that say how long each lasts and uniforms that say how far it reaches [1].
    state : ndarray of bool, shape (month, draw)
        Whether the grid is stressed.
    rate : ndarray of shape (draw,) or (month, draw)
        Multiplier of the rate [1].
    a : dict of ndarray of shape (draw,)
        outage_rate_ [1/year], outage_duration_ [hour, median], outage_spread_ and outage_size_ [1], each _normal and
        _stressed, and outage_growth [1].

    Returns
    -------
    tuple of ndarray of shape (month, slot, draw)
        Length [hour] and share of the states dark [1], 0 where nothing happens.

    Notes
    -----
    Reach ``y = size^(1/p)`` between ten states (0) and all (1); ``log h = log median + growth (y - p/(p+1)) +
    spread z``. Rates are of all failures, so those too short to be recorded are among them.
    """
    yearly = np.where(state, a["outage_rate_stressed"], a["outage_rate_normal"])
    happens = count(u, yearly * rate / 12, z.shape[1])
    hours, dark = np.zeros(z.shape), np.zeros(z.shape)
    # exp() and powers of every slot would be the cost of this block; only a few slots hold a failure
    at = np.flatnonzero(happens)
    draw = at % u.shape[1]
    bad = state[at // happens[0].size, draw]
    median, spread, p = (
        np.where(bad, a[f"outage_{k}_stressed"][draw], a[f"outage_{k}_normal"][draw])
        for k in ("duration", "spread", "size")
    )
    y = size.ravel()[at] ** (1 / p)
    hours.ravel()[at] = median * np.exp(a["outage_growth"][draw] * (y - p / (p + 1)) + spread * z.ravel()[at])
    dark.ravel()[at] = (FEWEST + (STATES - FEWEST) * y) / STATES
    return hours, dark


def simulate_west(u: np.ndarray, z: np.ndarray, rate: np.ndarray, a: Mapping[str, np.ndarray]) -> np.ndarray:
    """Simulate the failures of Zulia and the West alone, shape (month, slot, draw) [hour].

    Parameters
    ----------
    u : ndarray of shape (month, draw)
        Uniforms [1].
    z : ndarray of shape (month, slot, draw)
        Normals [1].
    rate : ndarray of shape (draw,) or (month, draw)
        Multiplier of the rate [1].
    a : dict of ndarray of shape (draw,)
        outage_rate_west [1/year], outage_duration_west [hour, median], outage_spread_west [1].
    """
    happens = count(u, np.broadcast_to(a["outage_rate_west"] * rate / 12, u.shape), z.shape[1])
    hours = np.zeros(z.shape)
    at = np.flatnonzero(happens)
    median, spread = (a[f"outage_{k}_west"][at % u.shape[1]] for k in ("duration", "spread"))
    hours.ravel()[at] = median * np.exp(spread * z.ravel()[at])
    return hours


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
    days_lost : ndarray of shape (month, draw) or (month, zone, draw)
        Days of full loss [day]; what does not fit in a month goes on in the next.
    days : ndarray of shape (month,)
        Days in the month [day].
    exposure : ndarray of shape (draw,), or (zone, draw) or (month, zone, draw)
        Share of national output each zone loses in a total failure with no plant of its own [1].
    own_cover : ndarray of shape (draw,) or (month, draw)
        Share of that exposure that own generation carries [1].
    west_share, rationing_west : ndarray of shape (draw,) or (month, draw)
        Share of output in the West and the share of it that added rationing stops [1].

    Returns
    -------
    ndarray of shape (month, draw)
        Availability [1], 0 to 1: ``(1 - (1 - cover) Σ exposure lost/days) (1 - west rationing)``.
    """
    lost = days_lost if days_lost.ndim == 3 else days_lost[:, None, :]
    exposure = np.broadcast_to(exposure if exposure.ndim > 1 else exposure[None, :], lost.shape)
    share = np.empty((lost.shape[0], lost.shape[2]))
    carried = np.zeros(lost.shape[1:])
    for t in range(len(days)):
        total = lost[t] + carried
        now = np.minimum(total, days[t])
        carried = total - now
        share[t] = (exposure[t] * now).sum(axis=0) / days[t]
    return (1 - np.clip((1 - own_cover) * share, 0, 1)) * (1 - west_share * rationing_west)


def catalogue(blackouts: pd.DataFrame, calendar: pd.PeriodIndex) -> tuple[np.ndarray, ...]:
    """Lay the failures that happened out by month, once for a run.

    Parameters
    ----------
    blackouts : DataFrame
        The table: scope, kind, zone, start, hours_low and hours_high [hour], states_low and states_high [1].
    calendar : PeriodIndex
        Months wanted.

    Returns
    -------
    tuple of ndarray of shape (month, slot)
        Six arrays of `_outage_record.Laid` for national failures, then six for those of the West.
    """
    return (
        *_outage_record.laid_out(_outage_record.national(blackouts), calendar, SLOTS),
        *_outage_record.laid_out(_outage_record.western(blackouts), calendar, WEST_SLOTS),
    )


def past(laid: tuple[np.ndarray, ...], u: np.ndarray, west: np.ndarray) -> dict[str, np.ndarray]:
    """Return the failures that happened, within what their sources say.

    Parameters
    ----------
    laid : tuple of ndarray of shape (month, slot)
        From `catalogue`.
    u, west : ndarray of shape (2, slot, draw)
        Uniforms [1]: for the length and reach of each failure, and for its day where only the month is known.

    Returns
    -------
    dict of ndarray of shape (month, slot, draw)
        past hours [hour], past dark (share of the states) [1] and past start [day] of national failures; past west
        hours and past west start of those of the West.
    """
    half = len(laid) // 2
    national = _outage_record.within(_outage_record.Laid(*laid[:half]), *u)
    length, _, start = _outage_record.within(_outage_record.Laid(*laid[half:]), *west)
    names = ("past hours", "past dark", "past start")
    return {**dict(zip(names, national, strict=True)), "past west hours": length, "past west start": start}
