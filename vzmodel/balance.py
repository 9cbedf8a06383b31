"""Every barrel is refined, sold, shipped to a creditor, stored or accounted for: one loop over months."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

MARKETS = ("us", "china", "india", "europe", "cuba", "other")
CREDITORS = ("china", "rosneft")
DIVERTIBLE = tuple(MARKETS.index(m) for m in MARKETS if m != "cuba")
"""Markets that can take barrels freed elsewhere: Cuba takes what it is supplied."""
FLOOR_SHARE = 0.02
"""Share with which a market that bought nothing before can still take diverted barrels [1]."""

NONCASH = ("debt_cargoes_china", "debt_cargoes_rosneft", "supply_cargoes", "swap_cargoes", "partner_cargoes")
_ACCESS_OF = {
    "debt_cargoes_china": "china",
    "debt_cargoes_rosneft": "china",
    "supply_cargoes": "cuba",
    "swap_cargoes": "other",
    "partner_cargoes": "us",
}


def crude(
    capacity: np.ndarray,
    availability: np.ndarray,
    debt_price: np.ndarray,
    days: np.ndarray,
    a: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Place each month's crude: refine it, sell it, ship it to creditors, store it or leave it in the ground.

    Parameters
    ----------
    capacity : ndarray of shape (month, draw)
        Output with power all month and somewhere to put it, before shut-ins cost any of it [kb/d].
    availability : ndarray of shape (month, draw)
        Share of capacity that the grid lets run [1].
    debt_price : ndarray of shape (month, draw)
        Price at which cargoes repay loans [USD/bbl].
    days : ndarray of shape (month,)
        Days in the month [day].
    a : dict of ndarray of shape (draw,) or (month, draw)
        Assumptions of ``assumptions/balance.csv``, and the loans outstanding at the start (debt_start_china,
        debt_start_rosneft [USD million]).

    Returns
    -------
    dict of ndarray of shape (month, draw)
        capacity, deferred_production, shut_in, production, diluent_imports, refinery_intake, unaccounted, exports,
        debt_, supply_, swap_ and partner_cargoes [kb/d], storage [million bbl]; sales and diverted (month, market,
        draw) [kb/d]; debt_balance (month, creditor, draw) [USD million].

    Notes
    -----
    ``production + diluent_imports = refinery_intake + sales + debt, supply, swap and partner cargoes + stock change +
    unaccounted`` holds to rounding. A market takes its share of what is offered times its access; of what closed
    markets leave, the open ones come to take up to ``diversion_share``, with a lag; the rest fills the tanks, and
    once they are full the wells are shut in.
    """
    months, draws = capacity.shape
    at = {name: np.broadcast_to(a[name], (months, draws)) for name in _NEEDED}
    share = _shares(at)
    access = np.stack([at[f"access_volume_{m}"] for m in MARKETS], axis=1)
    out = {name: np.empty((months, draws)) for name in _SCALARS}
    out["sales"], out["diverted"] = np.empty(access.shape), np.empty(access.shape)
    out["debt_balance"] = np.empty((months, len(CREDITORS), draws))
    left, run, taken = np.ones(draws), np.ones(draws), np.zeros(draws)
    stock = np.array(at["storage_start"][0])
    loans = [np.array(np.broadcast_to(a[f"debt_start_{c}"], (months, draws))[0]) for c in CREDITORS]
    for t in range(months):
        now = {name: values[t] for name, values in at.items()}
        top = capacity[t] * left
        potential = top * availability[t]
        cut, diluent = blend(potential, run, now)
        liftable = potential - cut
        intake = np.minimum(now["refinery_intake"] * availability[t], liftable + diluent)
        # what cannot be explained cannot be larger than what there is
        unexplained = np.minimum(now["unaccounted"], liftable + diluent - intake)
        to_ship = liftable + diluent - intake - unexplained
        cargoes, loans = noncash(to_ship, loans, debt_price[t], days[t], now)
        spare = to_ship - sum(cargoes.values())
        drawn = np.maximum(stock - now["storage_normal"], 0) / np.maximum(now["drawdown_months"], 1) * 1000 / days[t]
        offer = spare + drawn
        direct, diverted, taken = place(offer, share[t], access[t], taken, now)
        unsold = np.maximum(offer - (direct + diverted).sum(axis=0), 0)
        filled = stock + (unsold - drawn) * days[t] / 1000
        over = np.maximum(filled - now["storage_capacity"], 0) * 1000 / days[t]
        shut = np.minimum(np.minimum(over, unsold), liftable)
        stock = filled - shut * days[t] / 1000
        out["capacity"][t], out["deferred_production"][t] = top, top * (1 - availability[t])
        out["shut_in"][t], out["production"][t] = cut + shut, liftable - shut
        out["diluent_imports"][t], out["refinery_intake"][t], out["unaccounted"][t] = diluent, intake, unexplained
        out["sales"][t], out["diverted"][t], out["storage"][t] = direct + diverted, diverted, stock
        out["debt_cargoes"][t] = cargoes["debt_cargoes_china"] + cargoes["debt_cargoes_rosneft"]
        for name in ("supply_cargoes", "swap_cargoes", "partner_cargoes"):
            out[name][t] = cargoes[name]
        out["exports"][t] = (direct + diverted).sum(axis=0) + sum(cargoes.values())
        out["debt_balance"][t] = loans
        run = np.clip(1 - shut / np.maximum(liftable, 1e-9), 0, 1)
        left = left * (1 - now["shut_in_scarring"] * np.clip((cut + shut) / np.maximum(top, 1e-9), 0, 1))
    return out


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


def noncash(
    to_ship: np.ndarray, loans: list[np.ndarray], price: np.ndarray, days: float, now: Mapping[str, np.ndarray]
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
    now : dict of ndarray of shape (draw,)
        Agreed cargoes [kb/d] and access by volume [1].
    """
    worth = price * days / 1000
    cargoes = {name: now[name] * now[f"access_volume_{_ACCESS_OF[name]}"] for name in NONCASH}
    for creditor, loan in zip(CREDITORS, loans, strict=True):
        name = f"debt_cargoes_{creditor}"
        cargoes[name] = np.minimum(cargoes[name], loan / worth)
    asked = sum(cargoes.values())
    scale = np.minimum(1, to_ship / np.maximum(asked, 1e-9))
    cargoes = {name: cargo * scale for name, cargo in cargoes.items()}
    return cargoes, [
        np.maximum(loan - cargoes[f"debt_cargoes_{c}"] * worth, 0) for c, loan in zip(CREDITORS, loans, strict=True)
    ]


def place(
    offer: np.ndarray, share: np.ndarray, access: np.ndarray, taken: np.ndarray, now: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what each market takes directly and as diverted barrels, (market, draw) [kb/d], and the share diverted.

    Parameters
    ----------
    offer : ndarray of shape (draw,)
        Crude offered for cash [kb/d].
    share, access : ndarray of shape (market, draw)
        Share of the offer each market takes when open, and how open it is [1].
    taken : ndarray of shape (draw,)
        Share of the offer that was diverted last month [1].
    now : dict of ndarray of shape (draw,)
        diversion_share [1] and diversion_lag [month].
    """
    freed = 1 - (share * access).sum(axis=0)
    open_to = access[list(DIVERTIBLE)]
    target = now["diversion_share"] * open_to.max(axis=0) * freed
    taken = np.minimum(taken + (target - taken) / np.maximum(now["diversion_lag"], 1), target)
    weight = np.zeros(share.shape)
    weight[list(DIVERTIBLE)] = (share[list(DIVERTIBLE)] + FLOOR_SHARE) * open_to
    total = weight.sum(axis=0)
    diverted = weight * (taken * offer / np.where(total > 0, total, 1))
    return share * access * offer, diverted, np.where(total > 0, taken, 0)


def products(intake: np.ndarray, a: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Close the balance of refined products.

    Parameters
    ----------
    intake : ndarray of shape (month, draw)
        Crude refined [kb/d].
    a : dict of ndarray
        refinery_yield and fuel_oil_share [1], domestic_demand [kb/d].

    Returns
    -------
    dict of ndarray of shape (month, draw)
        refinery_output, domestic_demand, product_exports and fuel_imports [kb/d].

    Notes
    -----
    ``refinery_output + fuel_imports = domestic_demand + product_exports``; imports close it, exports where imports
    would be negative.

    Examples
    --------
    >>> p = products(np.full((1, 1), 100.0), {"refinery_yield": 1.0, "fuel_oil_share": 0.3, "domestic_demand": 250.0})
    >>> float(p["product_exports"].item()), float(p["fuel_imports"].item())
    (30.0, 180.0)
    """
    output = intake * a["refinery_yield"]
    demand = np.broadcast_to(a["domestic_demand"], output.shape)
    leaves = output * a["fuel_oil_share"]
    gap = demand + leaves - output
    return {
        "refinery_output": output,
        "domestic_demand": demand,
        "product_exports": leaves + np.maximum(-gap, 0),
        "fuel_imports": np.maximum(gap, 0),
    }


def _shares(at: Mapping[str, np.ndarray]) -> np.ndarray:
    share = np.stack([at[f"market_share_{m}"] for m in MARKETS], axis=1)
    total = share.sum(axis=1, keepdims=True)
    return share / np.where(total > 0, total, 1)


_SCALARS = (
    "capacity",
    "deferred_production",
    "shut_in",
    "production",
    "diluent_imports",
    "refinery_intake",
    "unaccounted",
    "exports",
    "debt_cargoes",
    "supply_cargoes",
    "swap_cargoes",
    "partner_cargoes",
    "storage",
)
_NEEDED = (
    *(f"access_volume_{m}" for m in MARKETS),
    *(f"market_share_{m}" for m in MARKETS),
    *NONCASH,
    "diversion_share",
    "diversion_lag",
    "refinery_intake",
    "unaccounted",
    "storage_start",
    "storage_normal",
    "storage_capacity",
    "drawdown_months",
    "extra_heavy_share",
    "diluent_per_blend",
    "diluent_imported_share",
    "diluent",
    "shut_in_scarring",
)
