"""Every barrel is refined, sold, shipped to a creditor, stored or accounted for: one loop over months."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from vzmodel.balance._cargoes import CREDITORS as CREDITORS
from vzmodel.balance._cargoes import MARKETS as MARKETS
from vzmodel.balance._cargoes import NONCASH as NONCASH
from vzmodel.balance._cargoes import Buyers as Buyers
from vzmodel.balance._cargoes import agreed as agreed
from vzmodel.balance._cargoes import blend as blend
from vzmodel.balance._cargoes import buyers as buyers
from vzmodel.balance._cargoes import noncash as noncash
from vzmodel.balance._cargoes import place as place


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
    unaccounted`` holds to rounding. A market takes its share of what is offered times its access; of what more closed
    markets leave, the more open ones come to take up to ``diversion_share``, with a lag; the rest fills the tanks, and
    once they are full the wells are shut in. Wells shut in for a second month come back at ``restart_rate`` a month.
    Where storage_start is dated, each new value is a reading of the stock, and the difference is unaccounted for; so
    are dated loans, whose balance interest and new credit move too. What the last known balance left unexplained goes
    on and fades, ``unaccounted + unaccounted_start 0.5^(t / unaccounted_half_life)``.

    Raises
    ------
    ValueError
        If an access or share lies outside [0, 1] or a stock is negative.
    """
    months, draws = capacity.shape
    _check({name: np.asarray(a[name]) for name in _NEEDED})
    at = {name: np.broadcast_to(a[name], (months, draws)) for name in (*_NEEDED, *_OWED)}
    new = _changes([np.asarray(a[name]) for name in at], months)
    out: dict[str, np.ndarray] = {}
    fading = _fading(a, months)
    left, run, taken, idle, long = np.ones(draws), np.ones(draws), *np.zeros((3, draws))
    stock, loans = np.array(at["storage_start"][0]), [at[name][0] for name in _OWED]
    for t in range(months):
        jump: np.ndarray | float = 0.0
        if new[t]:
            now = {name: values[t] for name, values in at.items()}
            to, owing = _buyers(now), agreed(now)
            if t:
                stock, jump = _read(stock, at["storage_start"][t - 1], now)
                loans = _reported(loans, at, t)
        top = capacity[t] * left
        potential = top * availability[t]
        cut, diluent = blend(potential, run, now)
        able = potential - cut
        stuck, liftable, intake, unexplained = _lifted(able, diluent, long, availability[t], now, fading[t])
        to_ship = liftable + diluent - intake - unexplained
        cargoes, loans = noncash(to_ship, loans, debt_price[t], days[t], owing)
        uncashed = sum(cargoes.values())
        offer, drawn = _offer(to_ship - uncashed, stock, days[t], now)
        direct, diverted, taken = place(offer, taken, to)
        sales = direct + diverted
        sold = sales.sum(axis=0)
        stock, shut = _store(stock, offer - sold, drawn, liftable, days[t], now)
        long, idle = np.minimum(idle, stuck + shut), stuck + shut
        run = _within(1 - idle / np.maximum(able, 1e-9))
        left = left * (1 - now["shut_in_scarring"] * _within((cut + idle) / np.maximum(top, 1e-9)))
        month = {
            "capacity": top,
            "deferred_production": top * (1 - availability[t]),
            "shut_in": cut + idle,
            "production": liftable - shut,
            "diluent_imports": diluent,
            "refinery_intake": intake,
            "unaccounted": unexplained - jump * 1000 / days[t],
            "sales": sales,
            "diverted": diverted,
            "storage": stock,
            **{name: cargoes[name] for name in ("supply_cargoes", "swap_cargoes", "partner_cargoes")},
            "debt_cargoes": cargoes["debt_cargoes_china"] + cargoes["debt_cargoes_rosneft"],
            "exports": sold + uncashed,
            "debt_balance": np.stack(loans),
        }
        _keep(out, t, months, month)
    return out


def _fading(a: Mapping[str, np.ndarray], months: int) -> np.ndarray:
    """Return what is left of the last known miss of the balance [kb/d]; one that went at once would move exports."""
    return np.asarray(a["unaccounted_start"]) * 0.5 ** (np.arange(months)[:, None] / a["unaccounted_half_life"])


def _changes(values: Iterable[np.ndarray], months: int) -> np.ndarray:
    """Return in which months any of the values differs from that of the month before: the first counts as one."""
    new = np.arange(months) == 0
    for dated in values:
        if dated.ndim == 2 and len(dated) == months:
            new[1:] |= (dated[1:] != dated[:-1]).any(axis=1)
    return new


def _within(share: np.ndarray) -> np.ndarray:
    # np.clip costs four times as much on the few draws of a block
    return np.minimum(np.maximum(share, 0), 1)


def _lifted(
    able: np.ndarray, diluent: np.ndarray, long: np.ndarray, power: np.ndarray, now: Mapping[str, np.ndarray],
    fading: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return crude of wells still idle, crude liftable, crude refined and crude unaccounted for, (draw,) [kb/d]."""
    # wells idle for a second month come back at a rate, whatever the tanks allow
    stuck = np.minimum(long * (1 - now["restart_rate"]), able)
    liftable = able - stuck
    intake = np.minimum(now["refinery_intake"] * power, liftable + diluent)
    return stuck, liftable, intake, np.minimum(now["unaccounted"] + fading, liftable + diluent - intake)


def _keep(out: dict[str, np.ndarray], t: int, months: int, month: Mapping[str, np.ndarray]) -> None:
    """Write one month into the arrays of all, made when the first month shows their shapes."""
    for name, values in month.items():
        if name not in out:
            out[name] = np.empty((months, *values.shape))
        out[name][t] = values


def _read(stock: np.ndarray, before: np.ndarray, now: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the stock, moved to a reading dated to this month if there is one, and the move [million bbl].

    The barrels that appear or vanish are unaccounted for.
    """
    read = np.where(now["storage_start"] == before, stock, np.minimum(now["storage_start"], now["storage_capacity"]))
    return read, read - stock


def _reported(loans: list[np.ndarray], at: Mapping[str, np.ndarray], t: int) -> list[np.ndarray]:
    """Return the loans, each moved to the balance that the creditor reported for this month if there is one."""
    owed = [at[name] for name in _OWED]
    return [np.where(o[t] == o[t - 1], loan, o[t]) for loan, o in zip(loans, owed, strict=True)]


def _offer(
    spare: np.ndarray, stock: np.ndarray, days: float, now: Mapping[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the crude offered for cash and the part of it out of tanks [kb/d]."""
    above = np.maximum(stock - now["storage_normal"], 0) * 1000 / days
    drawn = above / np.maximum(now["drawdown_months"], 1)
    return spare + drawn, drawn


def _store(
    stock: np.ndarray,
    unsold: np.ndarray,
    drawn: np.ndarray,
    liftable: np.ndarray,
    days: float,
    now: Mapping[str, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the stock at the end of the month [million bbl] and the crude shut in because tanks are full [kb/d]."""
    unsold = np.maximum(unsold, 0)
    filled = stock + (unsold - drawn) * days / 1000
    over = np.maximum(filled - now["storage_capacity"], 0) * 1000 / days
    shut = np.minimum(np.minimum(over, unsold), liftable)
    return filled - shut * days / 1000, shut


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


def _check(at: Mapping[str, np.ndarray]) -> None:
    for name, values in at.items():
        top = np.inf
        if name.startswith(("access_", "market_share_")) or name in _SHARES:
            top = 1.0
        elif not name.startswith("storage_"):
            continue
        # a NaN fails both comparisons
        if not (values.min() >= 0 and values.max() <= top):
            bad = float(values.min()) if not values.min() >= 0 else float(values.max())
            unit = "1" if top == 1 else "million bbl"
            raise ValueError(f"{name} is {bad:g} [{unit}]; it must lie between 0 and {top:g}")


def _buyers(now: Mapping[str, np.ndarray]) -> Buyers:
    share, access = (np.stack([now[f"{name}_{m}"] for m in MARKETS]) for name in ("market_share", "access_volume"))
    total = share.sum(axis=0)
    return buyers(share / np.where(total > 0, total, 1), access, now)


_SHARES = ("diversion_share", "extra_heavy_share", "diluent_imported_share", "diluent", "restart_rate")
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
    "restart_rate",
)
_OWED = tuple(f"debt_start_{c}" for c in CREDITORS)
