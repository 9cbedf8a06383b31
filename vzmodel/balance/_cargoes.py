"""Which barrels can be blended, which are owed, and which market takes the rest: one month at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

MARKETS = ("us", "china", "india", "europe", "cuba", "other")
CREDITORS = ("china", "rosneft")
DIVERTIBLE = tuple(MARKETS.index(m) for m in MARKETS if m != "cuba")
"""Markets that can take barrels freed elsewhere: Cuba takes what it is supplied."""
FLOOR_SHARE = 0.02
"""Added to the share of each market that buys at all when diverted barrels are spread [1]: small buyers can grow."""

NONCASH = ("debt_cargoes_china", "debt_cargoes_rosneft", "supply_cargoes", "swap_cargoes", "partner_cargoes")
_ACCESS_OF = {
    "debt_cargoes_china": "china",
    "debt_cargoes_rosneft": "china",
    "supply_cargoes": "cuba",
    "partner_cargoes": "us",
}


def blend(potential: np.ndarray, run: np.ndarray, now: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the crude that cannot be blended and the diluent imported, both (draw,) [kb/d].

    Parameters
    ----------
    potential : ndarray of shape (draw,)
        Crude that power would allow [kb/d].
    run : ndarray of shape (draw,)
        Share of last month's liftable crude that was not shut in [1].
    now : dict of ndarray of shape (draw,)
        extra_heavy_share, diluent_per_blend, diluent_imported_share and diluent [1].

    Notes
    -----
    A barrel of extra-heavy needs ``d / (1 - d)`` of diluent, ``d`` its share of the blend; the part of the need that
    imports meet is lost as far as they cannot be had.

    Examples
    --------
    Half of 900 kb/d extra-heavy, a quarter of the blend imported diluent, all of it available:

    >>> one = np.ones(1)
    >>> blend(900 * one, one, {"extra_heavy_share": 0.5, "diluent_per_blend": 0.25, "diluent_imported_share": 1.0,
    ...                        "diluent": one})
    (array([0.]), array([150.]))
    """
    reliant = now["extra_heavy_share"] * now["diluent_imported_share"]
    ratio = now["diluent_per_blend"] / (1 - now["diluent_per_blend"])
    return potential * reliant * (1 - now["diluent"]), potential * run * reliant * now["diluent"] * ratio


def agreed(now: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the cargoes agreed that bring no cash, by settlement, as far as access lets them go (draw,) [kb/d].

    Parameters
    ----------
    now : dict of ndarray of shape (draw,)
        Agreed cargoes [kb/d] and access by volume [1].
    """
    cargoes = {name: now[name] * now[f"access_volume_{market}"] for name, market in _ACCESS_OF.items()}
    # swaps are agreed with single buyers, exempt from what closes their market to others, while any market is open
    cargoes["swap_cargoes"] = now["swap_cargoes"] * (sum(now[f"access_volume_{m}"] for m in MARKETS) > 0)
    return cargoes


def noncash(
    to_ship: np.ndarray, loans: list[np.ndarray], price: np.ndarray, days: float, agreed: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    """Return cargoes that bring no cash, by settlement (draw,) [kb/d], and the loans left [USD million].

    Parameters
    ----------
    to_ship : ndarray of shape (draw,)
        Crude that could be shipped [kb/d]; cargoes are cut in proportion where they exceed it.
    loans : list of ndarray of shape (draw,)
        Loans outstanding by creditor [USD million]; their cargoes stop at a zero balance.
    price : ndarray of shape (draw,)
        Price credited [USD/bbl].
    days : float
        Days in the month [day].
    agreed : dict of ndarray of shape (draw,)
        From `agreed` [kb/d].
    """
    worth = price * days / 1000
    cargoes = dict(agreed)
    for creditor, loan in zip(CREDITORS, loans, strict=True):
        name = f"debt_cargoes_{creditor}"
        cargoes[name] = np.minimum(cargoes[name], loan / worth)
    asked = sum(cargoes.values())
    scale = np.minimum(1, to_ship / np.maximum(asked, 1e-9))
    cargoes = {name: cargo * scale for name, cargo in cargoes.items()}
    return cargoes, [
        np.maximum(loan - cargoes[f"debt_cargoes_{c}"] * worth, 0) for c, loan in zip(CREDITORS, loans, strict=True)
    ]


class Buyers(NamedTuple):
    """What buyers would take of an offer: the same month after month until an assumption changes."""

    direct: np.ndarray
    """Share of the offer that each market takes itself, (market, draw) [1]."""
    weight: np.ndarray
    """Weight of each market when diverted barrels are spread, (market, draw) [1]."""
    total: np.ndarray
    """Sum of the weights, 1 where none is open, (draw,) [1]."""
    any_open: np.ndarray
    """Whether a market is open to diverted barrels, (draw,)."""
    target: np.ndarray
    """Share of the offer that is diverted in the end, (draw,) [1]."""
    lag: np.ndarray
    """Time constant with which diversion builds, (draw,) [month]."""
    left: np.ndarray
    """Share of the way to the target that is left a month later, (draw,) [1]."""


def buyers(share: np.ndarray, access: np.ndarray, now: Mapping[str, np.ndarray]) -> Buyers:
    """Return what buyers would take of an offer.

    Parameters
    ----------
    share, access : ndarray of shape (market, draw)
        Share of the offer each market takes when open, and how open it is [1].
    now : dict of ndarray of shape (draw,)
        diversion_share [1] and diversion_lag [month].

    Notes
    -----
    Barrels move from a market to those more open than it: ``target = diversion_share sum_m share_m (A - access_m)+``,
    ``A`` the widest access. A restriction that hits all markets alike (tankers, demand) leaves nowhere to divert to.
    """
    # a market with no share of the offer is closed to cash buyers, whatever its access
    open_to = access[list(DIVERTIBLE)] * (share[list(DIVERTIBLE)] > 0)
    target = now["diversion_share"] * (share * np.maximum(open_to.max(axis=0) - access, 0)).sum(axis=0)
    lag = np.maximum(now["diversion_lag"], 1e-6)
    weight = np.zeros(share.shape)
    weight[list(DIVERTIBLE)] = (share[list(DIVERTIBLE)] + FLOOR_SHARE) * open_to
    total = weight.sum(axis=0)
    return Buyers(share * access, weight, np.where(total > 0, total, 1), total > 0, target, lag, np.exp(-1 / lag))


def place(offer: np.ndarray, taken: np.ndarray, to: Buyers) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what each market takes directly and as diverted barrels, (market, draw) [kb/d], and the share diverted.

    Parameters
    ----------
    offer : ndarray of shape (draw,)
        Crude offered for cash [kb/d].
    taken : ndarray of shape (draw,)
        Share of the offer being diverted at the end of last month [1].
    to : Buyers
        From `buyers`.

    Returns
    -------
    direct, diverted : ndarray of shape (market, draw)
        Means over the month [kb/d].
    taken : ndarray of shape (draw,)
        Share of the offer being diverted at the end of the month [1].

    Notes
    -----
    Within the month ``x' = (target - x) / lag``; the cargoes are its mean,
    ``target + (x0 - target) lag (1 - e^(-1/lag))``.

    Examples
    --------
    A closed market with half of the offer, all of it found a buyer in the end, mean lag of one month: in the first
    month ``e^-1`` of that half is sold, not the half:

    >>> share, access = np.array([[0.5], [0.5], [0], [0], [0], [0]]), np.array([[0.0], [1], [0], [0], [0], [0]])
    >>> to = buyers(share, access, {"diversion_share": np.ones(1), "diversion_lag": np.ones(1)})
    >>> direct, diverted, _ = place(100 * np.ones(1), np.zeros(1), to)
    >>> float(direct.sum()), round(float(diverted.sum()), 1)
    (50.0, 18.4)
    """
    away = taken - to.target
    mean = np.minimum(to.target + away * to.lag * (1 - to.left), to.target)
    end = np.minimum(to.target + away * to.left, to.target)
    return to.direct * offer, to.weight * (mean * offer / to.total), np.where(to.any_open, end, 0)
