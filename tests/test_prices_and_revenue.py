"""A wider gap never raises the price received; what is invoiced is not what is collected."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vzmodel import balance, prices, revenue

T, N, M = 6, 40, len(balance.MARKETS)
DAYS = np.array([31.0, 28.0, 31.0, 30.0, 31.0, 30.0])
ONE = np.ones(N)


def test_brent_follows_a_given_path_in_the_median():
    g = np.random.default_rng(1)
    shocks = g.standard_normal((T, 20_001))
    one = np.ones(20_001)
    path = np.linspace(90, 60, T)[:, None]
    p = prices.simulate_brent(100.0, path, 12 * one, 0.08 * one, shocks, np.ones(T, bool))
    np.testing.assert_allclose(np.median(p, axis=1), path.ravel(), rtol=0.02)
    assert (p > 0).all()


def test_brent_reverts_halfway_in_a_half_life():
    p = prices.simulate_brent(
        100.0, np.full(1, 50.0), np.full(1, 6.0), np.zeros(1), np.zeros((6, 1)), np.zeros(6, bool)
    )
    np.testing.assert_allclose(p[-1, 0], np.sqrt(100 * 50), rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 40), st.floats(0, 40), st.floats(5, 150))
def test_a_wider_gap_never_raises_the_price_and_prices_stay_positive(a, b, brent):
    def price(gap: float) -> np.ndarray:
        level = np.full((T, N), brent)
        g = prices.gaps(np.full((T, M, N), gap), level, np.zeros((T, N)), 2 * ONE, 0.8 * ONE, 0.6 * ONE)
        return level[:, None, :] - g

    assert (price(max(a, b)) <= price(min(a, b)) + 1e-12).all()
    assert (price(max(a, b)) > 0).all()


def test_diverted_barrels_fetch_no_more_than_the_market_they_left():
    gap = np.broadcast_to(np.array([12.0, 8.0, 8.0, 8.0, 8.0, 8.0])[None, :, None], (T, M, N))
    sales = np.zeros((T, M, N))
    sales[:, 1] = 100.0
    diverted = 0.5 * sales
    closed = np.zeros((T, M, N), bool)
    closed[:, 0] = True
    out = prices.diverted_gaps(gap, sales, diverted, closed, 3 * ONE, np.full((T, N), 50.0))
    # half at 8, half at the wider 12 of the market they left plus 3
    np.testing.assert_allclose(out[:, 1], 0.5 * 8 + 0.5 * 15)
    np.testing.assert_allclose(out[:, 2], 8.0)


def money(sales=None, access=None, **changes):
    flat = np.full((T, N), 50.0)
    a = {
        "route_cost": 0.1 * ONE,
        "fuel_oil_ratio": 0.7 * ONE,
        "fuel_import_ratio": 1.2 * ONE,
        "diluent_price_ratio": ONE,
        "collection_share": 0.8 * ONE,
        "collection_lag": 2 * ONE,
        "escrow_share": 0 * ONE,
        "cash_import_share": 0.5 * ONE,
        "operator_local_share": 0.5 * ONE,
        "other_exports": 3600 * ONE,
    } | {k: v * ONE for k, v in changes.items()}
    sales = np.full((T, M, N), 100.0) if sales is None else sales
    barrels = {
        "sales": sales,
        "debt_cargoes": flat,
        "supply_cargoes": flat,
        "swap_cargoes": flat,
        "partner_cargoes": flat,
        "diluent_imports": flat,
    }
    fuels = {"product_exports": 0 * flat, "fuel_imports": flat}
    access = np.ones((T, M, N)) if access is None else access
    return revenue.dollars(barrels, fuels, np.full((T, N), 60.0), np.full((T, M, N), 50.0), access, DAYS, a)


def test_the_dollars_of_a_month_by_hand():
    m = money(collection_lag=0)
    # 600 kb/d of sales and 200 of other cargoes at 50 dollars for 31 days
    assert np.isclose(m["gross_export_value"][0, 0], 800 * 50 * 31 / 1000)
    bill = 50 * 60 * 31 / 1000 * (1.2 + 1.0)
    assert np.isclose(m["import_bill"][0, 0], bill)
    assert np.isclose(m["cash_revenue"][0, 0], 600 * 50 * 0.9 * 31 / 1000 * 0.8 - 0.5 * bill)
    assert np.isclose(m["net_export_value"][0, 0], (800 - 100) * 50 * 31 / 1000 - bill)
    assert np.isclose(m["invoiced_value"][0, 0], 0.9 * 800 * 50 * 31 / 1000)
    assert np.isclose(m["operator_local_dollars"][0, 0], 0.5 * 50 * 50 * 31 / 1000)
    assert np.isclose(m["other_exports"][0, 0], 300)
    assert np.isclose(m["route_cost"][0, 0], 5.0)


def test_a_cargo_that_repays_debt_is_an_export_and_not_cash():
    m = money(collection_lag=0)
    none = money(sales=np.zeros((T, M, N)), collection_lag=0)
    assert (none["gross_export_value"] > 0).all()
    np.testing.assert_allclose(none["cash_revenue"], -0.5 * none["import_bill"])
    assert (m["cash_revenue"] > none["cash_revenue"]).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, M - 1), st.floats(0, 1))
def test_blocking_a_markets_cash_never_raises_cash(market, left):
    access = np.ones((T, M, N))
    access[:, market] = left
    assert (money(access=access)["cash_revenue"] <= money()["cash_revenue"] + 1e-9).all()
    np.testing.assert_allclose(money(access=access)["gross_export_value"], money()["gross_export_value"])


def test_late_payment_delays_cash_and_loses_none():
    invoices = np.zeros((200, 1))
    invoices[5] = 100.0
    cash = revenue.collected(invoices, np.array([0.7]), np.array([3.0]))
    assert cash[:5].sum() == 0 and np.isclose(cash.sum(), 70.0)
    assert np.isclose(cash[5, 0], 70 / 4)


def test_escrow_holds_cash_back_before_the_import_bill():
    held, free = money(escrow_share=1.0), money(escrow_share=0.0)
    np.testing.assert_allclose(held["cash_revenue"], -0.5 * held["import_bill"])
    assert (free["cash_revenue"] > held["cash_revenue"]).all()
