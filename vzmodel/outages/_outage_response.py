"""What a grid failure does to oil on the days after it, zone by zone, added up by month."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

LONG = 24.0
"""A failure is multi-day when it lasts longer than this [hour]."""


def field_days(after: np.ndarray, beyond: np.ndarray, ramp: np.ndarray, restart: np.ndarray) -> np.ndarray:
    """Return the days of full loss that exposed fields have lost some time after a failure began to bite.

    Parameters
    ----------
    after : ndarray of shape (event,)
        Time since the failure passed the threshold [hour].
    beyond : ndarray of shape (event,)
        Length of the failure beyond the threshold [hour].
    ramp : ndarray of shape (event,)
        Time constant with which the loss builds [hour].
    restart : ndarray of shape (event,)
        Days of loss in restarting per day out [1].

    Returns
    -------
    ndarray of shape (event,)
        Days of full loss so far [day].

    Notes
    -----
    The loss is ``1 - exp(-t/ramp)`` while power is out and dies away exponentially after, with a time constant that
    makes the tail worth ``restart`` times the length (a pulse with decay: Box and Tiao 1975).

    Examples
    --------
    After long enough it is ten days out less the build-up, and a quarter of ten days in restarting:

    >>> round(float(field_days(np.array(9e9), np.array(240.0), np.array(12.0), np.array(0.25))), 2)
    12.0
    """
    out = np.clip(after, 0, beyond)
    built = out - ramp * (1 - np.exp(-out / ramp))
    whole = restart * beyond
    decay = np.maximum(whole, 1e-12) / np.maximum(1 - np.exp(-beyond / ramp), 1e-12)
    return (built + whole * (1 - np.exp(-np.maximum(after - beyond, 0) / decay))) / 24


def upgrader_days(after: np.ndarray, beyond: np.ndarray, ramp: np.ndarray, lag: np.ndarray) -> np.ndarray:
    """Return the days lost so far by crude that waits for an upgrader: it stays out for `lag` days [day] after power.

    Parameters and shapes as in `field_days`, ``lag`` (event,) [day].
    """
    out = np.clip(after, 0, beyond)
    built = out - ramp * (1 - np.exp(-out / ramp))
    held = (1 - np.exp(-beyond / ramp)) * np.clip(after - beyond, 0, 24 * lag)
    return (built + held) / 24


def restart_lag(beyond: np.ndarray, one_day: np.ndarray, growth: np.ndarray) -> np.ndarray:
    """Return the days an upgrader needs after power is back [day]: ``one_day (beyond/24)^growth``.

    Examples
    --------
    >>> float(restart_lag(np.array(96.0), np.array(2.0), np.array(1.5)))
    16.0
    """
    return one_day * (np.maximum(beyond, 0) / 24) ** growth


def restart_days(hours: np.ndarray, a: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return how long each asset stays down after power is back, by length of the failure.

    Parameters
    ----------
    hours : ndarray of shape (..., draw)
        Length of the failure [hour].
    a : dict of ndarray of shape (draw,)
        outage_threshold [hour], upgrader_restart, terminal_restart and refinery_restart [day], restart_growth [1].

    Returns
    -------
    dict of ndarray of shape (..., draw)
        terminal, upgraders and refineries [day]; 0 where the failure is shorter than the threshold.
    """
    beyond = np.maximum(hours - a["outage_threshold"], 0)
    hit = beyond > 0
    return {
        "terminal": np.where(hit, a["terminal_restart"], 0.0),
        "upgraders": restart_lag(beyond, a["upgrader_restart"], a["restart_growth"]),
        "refineries": np.where(hit, a["refinery_restart"], 0.0),
    }


def days_by_zone(
    failures: tuple[np.ndarray, np.ndarray, np.ndarray],
    west: tuple[np.ndarray, np.ndarray],
    days: np.ndarray,
    a: Mapping[str, np.ndarray],
    spill: int,
) -> np.ndarray:
    """Spread the loss of each failure over the month it falls in and those after.

    Parameters
    ----------
    failures : three ndarray of shape (month, slot, draw)
        National failures: length [hour], share of the states dark [1], start [day after the first of the month].
    west : two ndarray of shape (month, slot, draw)
        Failures of the West alone: length [hour] and start [day].
    days : ndarray of shape (month,)
        Days in the month [day].
    a : dict of ndarray of shape (draw,)
        outage_threshold and outage_ramp [hour], restart_days, outage_full_depth and restart_growth [1],
        upgrader_restart [day].
    spill : int
        Months after that of the failure [1].

    Returns
    -------
    ndarray of shape (month, zone, draw)
        Days of full loss [day] of the Orinoco that can be blended or diluted, the part of it that waits for its
        upgraders, the light fields of the East and the fields of the West.

    Notes
    -----
    A failure that leaves a share x of the states dark counts ``min(1, x / full depth)`` of a total one.
    """
    hours, dark, start = failures
    fields, upgraders = _spread(hours, start, dark, days, a, spill)
    alone, _ = _spread(west[0], west[1], None, days, a, spill)
    return np.stack([fields, upgraders, fields, fields + alone], axis=1)


def _spread(
    hours: np.ndarray, start: np.ndarray, dark: np.ndarray | None, days: np.ndarray, a: Mapping[str, np.ndarray],
    spill: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return the days lost by fields and by what waits for upgraders, both (month, draw) [day]."""
    months, slots, draws = hours.shape
    at = np.flatnonzero(hours > a["outage_threshold"])
    month, draw = at // (slots * draws), at % draws
    threshold, ramp, restart, one_day, growth, full = (
        np.broadcast_to(a[name], (draws,))[draw] for name in _RESPONSE
    )
    beyond = hours.ravel()[at] - threshold
    reach = 1.0 if dark is None else depth(dark.ravel()[at], full)
    lag = restart_lag(beyond, one_day, growth)
    ends = np.cumsum(np.append(days, np.full(spill, days[-1])))
    begin = ends[month] - days[month] + start.ravel()[at] + threshold / 24
    cells = (months + spill) * draws
    total, before = [np.zeros(cells), np.zeros(cells)], [np.zeros(len(at)), np.zeros(len(at))]
    for k in range(spill + 1):
        # the last month takes what is left
        after = 24 * (ends[month + k] - begin) if k < spill else np.full(len(at), 1e12)
        for i, so_far in enumerate((field_days(after, beyond, ramp, restart), upgrader_days(after, beyond, ramp, lag))):
            total[i] += np.bincount((month + k) * draws + draw, reach * (so_far - before[i]), cells)
            before[i] = so_far
    fields, upgraders = (t.reshape(months + spill, draws)[:months] for t in total)
    return fields, upgraders


_RESPONSE = ("outage_threshold", "outage_ramp", "restart_days", "upgrader_restart", "restart_growth",
             "outage_full_depth")  # fmt: skip


def exposures(a: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return the share of national output each zone loses in a total failure without own plant.

    Parameters
    ----------
    a : dict of ndarray of shape (draw,) or (month, draw)
        outage_exposure, extra_heavy_share, west_share, outage_exposure_east, outage_exposure_west and upgrader_share
        [1].

    Returns
    -------
    ndarray of shape (zone, draw) or (month, zone, draw)
        Orinoco, its upgraders, East and West [1]; they add up to outage_exposure, unless the Orinoco would have to lose
        more than all.

    Examples
    --------
    >>> exposures({"outage_exposure": np.array([0.55]), "extra_heavy_share": np.array([0.5]),
    ...            "west_share": np.array([0.25]), "outage_exposure_east": np.array([0.2]),
    ...            "outage_exposure_west": np.array([0.4]), "upgrader_share": np.array([0.1])}).ravel().round(3)
    array([0.36, 0.04, 0.05, 0.1 ])
    """
    heavy = np.minimum(a["extra_heavy_share"], 1 - a["west_share"])
    west = a["west_share"] * a["outage_exposure_west"]
    east = (1 - a["west_share"] - heavy) * a["outage_exposure_east"]
    orinoco = np.clip(a["outage_exposure"] - west - east, 0, heavy)
    parts = np.broadcast_arrays(orinoco * (1 - a["upgrader_share"]), orinoco * a["upgrader_share"], east, west)
    return np.stack(parts, axis=-2)


def depth(dark: np.ndarray, full: np.ndarray) -> np.ndarray:
    """Return what a failure counts against a total one [1]: ``min(1, share of the states dark / full depth)``.

    Examples
    --------
    >>> depth(np.array([0.35, 1.0]), np.array(0.7))
    array([0.5, 1. ])
    """
    return np.minimum(1.0, dark / full)


def lasting(
    hours: np.ndarray,
    step: np.ndarray,
    depth: np.ndarray | float = 1.0,
    hit: np.ndarray | float = 1.0,
    recovery: np.ndarray | float = 0.0,
    bound: np.ndarray | float = 1.0,
) -> np.ndarray:
    """Return the share of capacity that multi-day failures have left, shape (month, draw) [1].

    Parameters
    ----------
    hours : ndarray of shape (month, slot, draw)
        Length of each failure [hour].
    step : ndarray of shape (draw,) or (month, draw)
        Share of the zone hit that the first failure of more than a day takes from capacity [1].
    depth : ndarray of shape (month, slot, draw), optional
        How far each failure reaches, against a total one [1].
    hit : ndarray of shape (draw,) or (month, draw), optional
        Share of national output that stops in a total failure, own plant counted [1].
    recovery : ndarray of shape (draw,) or (month, draw), optional
        Rate at which what was lost is restored [1/year].
    bound : ndarray of shape (draw,) or (month, draw), optional
        Most of the zone hit that failures can take, however many they are [1].

    Returns
    -------
    ndarray of shape (month, draw)
        One less the loss [1], between ``1 - bound hit`` and 1.

    Notes
    -----
    The loss L heals, then each failure takes its part of what is still to lose: ``L <- L exp(-recovery/12)``, then
    ``L <- L + max(bound hit - L, 0) (1 - Π (1 - min(step depth/bound, 1)))``. Both rise with L and with each failure,
    so more, longer or wider failures never leave more capacity.

    Examples
    --------
    Two total failures that hit half of output, each good for a tenth of it, in a month and a year without:

    >>> week = np.zeros((13, 2, 1))
    >>> week[0] = 168.0
    >>> lasting(week, np.full(1, 0.1), hit=0.5, recovery=0.3, bound=0.25)[[0, 12], 0].round(3)
    array([0.92 , 0.941])
    """
    months, _, draws = hours.shape
    # a step or bound given by month applies to every failure of the month
    share = np.broadcast_to(step / np.maximum(bound, 1e-12), (months, draws))[:, None, :]
    part = np.minimum(share * depth, 1.0)
    taken = 1 - np.prod(1 - part * (hours > LONG), axis=1)
    most = np.broadcast_to(np.multiply(bound, hit), (months, draws))
    heals = np.broadcast_to(np.exp(-np.asarray(recovery) / 12), (months, draws))
    loss = np.zeros((months + 1, draws))
    for t in range(months):
        left = loss[t] * heals[t]
        loss[t + 1] = left + np.maximum(most[t] - left, 0.0) * taken[t]
    return 1 - loss[1:]
