"""Every barrel is refined, sold, shipped to a creditor, stored or accounted for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vzmodel import balance

MONTHS, DRAWS = 30, 5


def barrels(seed: int = 0, **changes: float) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """Run the crude balance on made-up assumptions."""
    g = np.random.default_rng(seed)
    a = {f"access_volume_{m}": g.uniform(0, 1, (MONTHS, DRAWS)) for m in balance.MARKETS}
    a |= {f"market_share_{m}": g.uniform(0, 1, DRAWS) for m in balance.MARKETS}
    a |= {name: g.uniform(0, 150, DRAWS) for name in balance.NONCASH}
    a |= {
        "diversion_share": g.uniform(0, 1, DRAWS),
        "diversion_lag": g.uniform(1, 6, DRAWS),
        "refinery_intake": g.uniform(50, 400, DRAWS),
        "unaccounted": g.normal(0, 80, DRAWS),
        "storage_start": g.uniform(5, 40, DRAWS),
        "storage_normal": g.uniform(5, 20, DRAWS),
        "storage_capacity": g.uniform(20, 40, DRAWS),
        "drawdown_months": g.uniform(2, 12, DRAWS),
        "extra_heavy_share": g.uniform(0.4, 0.7, DRAWS),
        "diluent_per_blend": g.uniform(0.2, 0.4, DRAWS),
        "diluent_imported_share": g.uniform(0, 1, DRAWS),
        "diluent": g.uniform(0, 1, (MONTHS, DRAWS)),
        "shut_in_scarring": g.uniform(0, 0.03, DRAWS),
        "debt_start_china": g.uniform(0, 20000, DRAWS),
        "debt_start_rosneft": g.uniform(0, 3000, DRAWS),
    }
    a |= {name: np.full((MONTHS, DRAWS), float(value)) for name, value in changes.items()}
    capacity = g.uniform(400, 2500, (MONTHS, DRAWS))
    power = g.uniform(0.6, 1, (MONTHS, DRAWS))
    days = np.resize([31.0, 28.0, 31.0, 30.0], MONTHS)
    return balance.crude(capacity, power, g.uniform(10, 90, (MONTHS, DRAWS)), days, a), a, days


CLOSED = {f"access_volume_{m}": 0.0 for m in balance.MARKETS}


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_crude_in_equals_crude_out_in_every_draw_and_month(seed):
    b, a, days = barrels(seed)
    stock = np.concatenate([np.broadcast_to(a["storage_start"], (1, DRAWS)), b["storage"]])
    change = np.diff(stock, axis=0) * 1000 / days[:, None]
    cargoes = b["debt_cargoes"] + b["supply_cargoes"] + b["swap_cargoes"] + b["partner_cargoes"]
    left = b["production"] + b["diluent_imports"]
    right = b["refinery_intake"] + b["sales"].sum(axis=1) + cargoes + change + b["unaccounted"]
    np.testing.assert_allclose(left, right, atol=1e-6)
    np.testing.assert_allclose(b["exports"], b["sales"].sum(axis=1) + cargoes, atol=1e-6)
    np.testing.assert_allclose(b["capacity"] - b["deferred_production"] - b["shut_in"], b["production"], atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_no_flow_is_negative(seed):
    b, _, _ = barrels(seed)
    for name in b.keys() - {"unaccounted"}:
        assert (b[name] >= -1e-9).all(), name


def test_with_no_access_and_full_tanks_exports_are_zero():
    b, _, _ = barrels(3, **CLOSED, storage_start=30.0, storage_capacity=30.0)
    assert b["exports"].max() == 0


def test_with_no_access_production_falls_to_what_the_refineries_run():
    b, _, _ = barrels(
        3, **CLOSED, storage_start=30.0, storage_capacity=30.0, storage_normal=30.0, unaccounted=0.0, diluent=0.0
    )
    np.testing.assert_allclose(b["production"], b["refinery_intake"], atol=1e-6)


def test_tanks_fill_before_wells_are_shut_in():
    b, a, _ = barrels(3, **CLOSED, diluent=1.0, storage_start=5.0, storage_capacity=40.0, storage_normal=5.0)
    not_full = b["storage"] < 40 - 1e-6
    assert not_full[0].any()
    assert b["shut_in"][not_full].max() < 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_debt_cargoes_stop_at_a_zero_balance(seed):
    b, _, _ = barrels(seed, debt_start_china=200.0, debt_start_rosneft=0.0)
    assert (b["debt_balance"] >= 0).all()
    empty = b["debt_balance"].sum(axis=1)[:-1] < 1e-9
    assert (b["debt_cargoes"][1:][empty] < 1e-6).all()


def test_long_shut_ins_cost_capacity():
    shut, _, _ = barrels(3, **CLOSED, storage_start=30.0, storage_capacity=30.0, shut_in_scarring=0.02)
    spared, _, _ = barrels(3, **CLOSED, storage_start=30.0, storage_capacity=30.0, shut_in_scarring=0.0)
    assert (shut["capacity"][-1] < spared["capacity"][-1]).all()


def test_without_imported_diluent_the_blend_that_needs_it_stays_in_the_ground():
    b, a, _ = barrels(5, diluent=0.0)
    assert b["diluent_imports"].max() == 0
    lost = (
        b["capacity"]
        * (b["capacity"] - b["deferred_production"])
        / b["capacity"]
        * (a["extra_heavy_share"] * a["diluent_imported_share"])
    )
    assert (b["shut_in"] >= lost - 1e-6).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([m for m in balance.MARKETS]))
def test_closing_a_market_sells_no_more_in_its_first_month(seed, market):
    before, a, _ = barrels(seed)
    after, _, _ = barrels(seed, **{f"access_volume_{market}": 0.0})
    assert (
        after["sales"][0].sum(axis=0)
        <= before["sales"][0].sum(axis=0)
        + before["supply_cargoes"][0]
        + before["debt_cargoes"][0]
        + before["swap_cargoes"][0]
        + before["partner_cargoes"][0]
        + 1e-6
    ).all()


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 800), st.floats(0, 1), st.floats(0, 1), st.floats(0, 900))
def test_products_refined_and_imported_are_consumed_or_exported(intake, yield_, share, demand):
    p = balance.products(
        np.full((2, 3), intake),
        {
            "refinery_yield": np.full(3, yield_),
            "fuel_oil_share": np.full(3, share),
            "domestic_demand": np.full(3, demand),
        },
    )
    np.testing.assert_allclose(
        p["refinery_output"] + p["fuel_imports"], p["domestic_demand"] + p["product_exports"], atol=1e-9
    )
    assert (p["fuel_imports"] >= 0).all() and (p["product_exports"] >= 0).all()


def test_a_slice_of_draws_is_the_run_of_that_slice():
    b, a, days = barrels(9)
    g = np.random.default_rng(1)
    capacity, power, price = (
        g.uniform(400, 2500, (MONTHS, DRAWS)),
        g.uniform(0.6, 1, (MONTHS, DRAWS)),
        np.full((MONTHS, DRAWS), 40.0),
    )
    whole = balance.crude(capacity, power, price, days, a)
    part = balance.crude(capacity[:, 2:4], power[:, 2:4], price[:, 2:4], days, {k: v[..., 2:4] for k, v in a.items()})
    for name, values in part.items():
        np.testing.assert_array_equal(values, whole[name][..., 2:4])


@pytest.mark.parametrize("stressed", [0.0, 1.0])
def test_barrels_are_only_diverted_to_markets_that_are_open(stressed):
    b, _, _ = barrels(2, access_volume_china=0.0, access_volume_us=stressed)
    assert b["sales"][:, balance.MARKETS.index("china")].max() == 0
