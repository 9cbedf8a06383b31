"""From cargoes to dollars that arrive: every cargo has one settlement, and nothing is deducted twice."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def value(barrels: np.ndarray, price: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Return the value of barrels over a month [USD million].

    Parameters
    ----------
    barrels : ndarray of shape (month, ..., draw)
        Volume [kb/d].
    price : ndarray of the same shape
        Price [USD/bbl].
    days : ndarray of shape (month,)
        Days in the month [day].

    Examples
    --------
    >>> value(np.array([[1000.0]]), np.array([[50.0]]), np.array([30.0])).item()
    1500.0
    """
    return barrels * price * days.reshape(-1, *[1] * (barrels.ndim - 1)) / 1000


def collected(invoices: np.ndarray, share: np.ndarray | float, lag: np.ndarray) -> np.ndarray:
    """Return the cash collected on invoices.

    Parameters
    ----------
    invoices : ndarray of shape (month, draw)
        Cash invoices [USD million].
    share : float or ndarray of shape (draw,) or (month, draw)
        Share that is ever collected [1].
    lag : ndarray of shape (draw,) or (month, draw)
        Mean time to payment [month], 0 or more.

    Returns
    -------
    ndarray of shape (month, draw)
        Cash [USD million].

    Notes
    -----
    Invoices wait in a pool of which ``1 / (1 + lag)`` is paid each month; the run starts with the pool that the
    first month's invoices would have left.

    Examples
    --------
    >>> collected(np.full((2, 1), 100.0), np.array([0.5]), np.array([1.0])).ravel()
    array([50., 50.])
    """
    due = invoices * share
    lag = np.broadcast_to(lag, due.shape)
    out = np.empty(due.shape)
    pool = lag[0] * due[0]
    for t in range(len(due)):
        out[t] = (pool + due[t]) / (1 + lag[t])
        pool = pool + due[t] - out[t]
    return out


def deposited(
    cash: np.ndarray, share: np.ndarray | float, release: np.ndarray | float, start: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Return what deposit funds hold at the end of each month and what they pay out in it, (month, draw) [USD million].

    Parameters
    ----------
    cash : ndarray of shape (month, draw)
        Cash collected [USD million].
    share : float or ndarray of shape (draw,) or (month, draw)
        Share of it paid into the funds [1].
    release : float or ndarray of shape (draw,) or (month, draw)
        Share of what the funds hold that is paid out each month [1/month].
    start : float or ndarray of shape (draw,)
        What the funds hold before the first month [USD million].

    Notes
    -----
    ``released_t = release_t (held_{t-1} + share_t cash_t)`` and ``held_t = held_{t-1} + share_t cash_t - released_t``:
    what comes in is paid out or still held, and at a release of nought it waits for good.

    Examples
    --------
    A hundred a month, half of it into empty funds that pay out a fifth of what they hold:

    >>> held, released = deposited(np.full((2, 1), 100.0), 0.5, 0.2, 0.0)
    >>> held.ravel(), released.ravel()
    (array([40., 72.]), array([10., 18.]))
    """
    paid_in = cash * share
    rate = np.broadcast_to(release, paid_in.shape)
    held, released = np.empty(paid_in.shape), np.empty(paid_in.shape)
    there = np.broadcast_to(start, paid_in.shape[1:])
    for t in range(len(paid_in)):
        there = there + paid_in[t]
        released[t] = rate[t] * there
        held[t] = there = there - released[t]
    return held, released


def dollars(
    barrels: Mapping[str, np.ndarray],
    fuels: Mapping[str, np.ndarray],
    brent: np.ndarray,
    realised: np.ndarray,
    cash_access: np.ndarray,
    days: np.ndarray,
    a: Mapping[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Turn cargoes into gross, net, invoiced and collected dollars.

    Parameters
    ----------
    barrels : dict of ndarray
        From `balance.crude`: sales (month, market, draw), the four kinds of cargo without cash settlement and
        diluent_imports (month, draw) [kb/d].
    fuels : dict of ndarray of shape (month, draw)
        From `balance.products`: product_exports and fuel_imports [kb/d].
    brent : ndarray of shape (month, draw)
        Brent [USD/bbl].
    realised : ndarray of shape (month, market, draw)
        Price at origin, markets in the order us, china, india, europe, cuba, other [USD/bbl].
    cash_access : ndarray of shape (month, market, draw)
        Share of a market's invoices that can be paid to the seller [1].
    days : ndarray of shape (month,)
        Days in the month [day].
    a : dict of ndarray of shape (draw,) or (month, draw)
        Assumptions of ``assumptions/revenue.csv``, and route_cost, fuel_oil_ratio, fuel_import_ratio and
        diluent_price_ratio [1].

    Returns
    -------
    dict of ndarray of shape (month, draw)
        route_cost [USD/bbl]; gross_export_value, net_export_value, invoiced_value, cash_collected, import_bill,
        cash_import_bill, cash_revenue, escrow_balance, operator_local_dollars and other_exports [USD million].

    Notes
    -----
    ``cash_revenue = cash_collected (1 - escrow_share) + released - cash_import_bill``, ``released`` what deposit funds
    pay out (`deposited`), so that cash_revenue and cash_import_bill are what was collected less what the funds gained,
    escrow_balance. A buyer to whom no bank lends orders no
    more fuel and diluent for cash than the crude of the month will bring, and pays when that money comes: the cash bill
    ``min(cash_import_share import_bill, cash invoices ever paid (1 - escrow_share))`` waits as the invoices do, so a
    fall of Brent reaches both at once. The rest of the bill is met by swap or credit, or is demand that goes unmet; no
    arrears are kept. Debt cargoes are worth what China pays, supplies what Cuba is charged, swaps the price of other
    buyers, partners' cargoes the price in the United States.
    """
    us, china, _, _, cuba, other = (realised[:, m] for m in range(6))
    cash_sales, payable, sold = _sold(barrels["sales"], realised, cash_access, days)
    debt = value(barrels["debt_cargoes"], china, days)
    supply = value(barrels["supply_cargoes"], cuba, days)
    swap = value(barrels["swap_cargoes"], other, days)
    partner = value(barrels["partner_cargoes"], us, days)
    fuel = value(fuels["product_exports"], brent * a["fuel_oil_ratio"], days)
    bill = value(fuels["fuel_imports"], brent * a["fuel_import_ratio"], days) + value(
        barrels["diluent_imports"], brent * a["diluent_price_ratio"], days
    )
    kept = 1 - a["route_cost"]
    # products go where the crude of the other markets goes, and are paid as it is
    cash_invoices = kept * (payable + fuel * cash_access[:, -1])
    gross = cash_sales + debt + supply + swap + partner + fuel
    cash = collected(cash_invoices, a["collection_share"], a["collection_lag"])
    start = np.broadcast_to(a["escrow_start"], cash.shape)[0]
    held, released = deposited(cash, a["escrow_share"], a["escrow_release"], start)
    free = cash * (1 - a["escrow_share"]) + released
    ordered = np.minimum(a["cash_import_share"] * bill, cash_invoices * a["collection_share"] * (1 - a["escrow_share"]))
    paid = np.minimum(collected(ordered, 1.0, a["collection_lag"]), free)
    price = np.divide(cash_sales * 1000, sold * days[:, None], out=np.array(other), where=sold > 1e-9)
    return {
        "route_cost": a["route_cost"] * price,
        "gross_export_value": gross,
        "net_export_value": gross - debt - supply - bill,
        "invoiced_value": kept * gross,
        "cash_collected": cash,
        "import_bill": bill,
        "cash_import_bill": paid,
        "cash_revenue": free - paid,
        "escrow_balance": held,
        "operator_local_dollars": partner * a["operator_local_share"],
        "other_exports": np.broadcast_to(a["other_exports"] / 12, gross.shape),
    }


def _sold(
    sales: np.ndarray, realised: np.ndarray, cash_access: np.ndarray, days: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return value of cash sales, the part that can be paid [USD million] and volume [kb/d], summed over markets."""
    total, payable, barrels = np.zeros((3, len(sales), sales.shape[-1]))
    for m in range(sales.shape[1]):
        worth = value(sales[:, m], realised[:, m], days)
        total += worth
        payable += worth * cash_access[:, m]
        barrels += sales[:, m]
    return total, payable, barrels


def inflow(
    cash_revenue: np.ndarray,
    operator_local_dollars: np.ndarray,
    monetised_remittances: np.ndarray,
    other_exports: np.ndarray,
) -> np.ndarray:
    """Return the dollar inflow of the economy: the sum of its four parts, each (month, draw) [USD million].

    Examples
    --------
    >>> inflow(np.array([500.0]), np.array([100.0]), np.array([50.0]), np.array([250.0]))
    array([900.])
    """
    return cash_revenue + operator_local_dollars + monetised_remittances + other_exports
