"""The whole chain: identities in every draw and month, the same bits however it is computed, honest starts."""

import json

import numpy as np
import pandas as pd
import pytest

import vzmodel as vz
from vzmodel import balance, calendar
from vzmodel.scenarios import Scenario

ALL = [
    "sales",
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
    "refinery_output",
    "fuel_imports",
    "domestic_demand",
    "product_exports",
    "cash_revenue",
    "operator_local_dollars",
    "monetised_remittances",
    "other_exports",
    "dollar_inflow",
    "availability",
    "brent",
    "gap_to_brent",
    "realised_price",
    "migrants",
    "remittances",
    "debt_balance",
    "gross_export_value",
    "net_export_value",
    "invoiced_value",
    "import_bill",
    "route_cost",
]
SEED = [
    "seed_2019_base",
    "seed_2019_low",
    "seed_2019_transition",
    "rosneft_sanctioned",
    "blackouts_persist",
    "gl8_lapses",
    "trader_diversion",
    "price_shock",
]
NOW = ["status_quo", "slow_recovery", "investment_recovery", "relapse", "grid_failure", "price_normalises"]


@pytest.fixture(scope="module", params=["seed", "now", "past"])
def run(request):
    if request.param == "past":
        return vz.hindcast(
            "2018-06", "2026-06", ["history", "no_sanctions_2017", "no_blackouts_2019"], draws=200, keep=ALL
        )
    return vz.project(SEED if request.param == "seed" else NOW, draws=200, keep=ALL)


def test_every_barrel_of_crude_is_accounted_for(run):
    days = calendar.days(pd.PeriodIndex(run.month.values, freq="M"))[None, 1:, None]
    change = run.storage.diff("month").values * 1000 / days
    after = run.isel(month=slice(1, None))
    cargoes = after.debt_cargoes + after.supply_cargoes + after.swap_cargoes + after.partner_cargoes
    out = after.refinery_intake + after.sales.sum("market") + cargoes + after.unaccounted
    np.testing.assert_allclose((after.production + after.diluent_imports).values, out.values + change, atol=1e-6)
    np.testing.assert_allclose(
        run.exports,
        run.sales.sum("market") + run.debt_cargoes + run.supply_cargoes + run.swap_cargoes + run.partner_cargoes,
        atol=1e-6,
    )


def test_capacity_less_deferred_less_shut_in_is_production(run):
    np.testing.assert_allclose(run.capacity - run.deferred_production - run.shut_in, run.production, atol=1e-6)


def test_products_balance(run):
    np.testing.assert_allclose(
        run.refinery_output + run.fuel_imports, run.domestic_demand + run.product_exports, atol=1e-6
    )


def test_dollar_inflow_is_the_sum_of_its_four_parts(run):
    parts = run.cash_revenue + run.operator_local_dollars + run.monetised_remittances + run.other_exports
    np.testing.assert_allclose(run.dollar_inflow, parts, atol=1e-6)


def test_prices_stay_positive_and_are_brent_less_the_gap(run):
    assert float(run.realised_price.min()) > 0
    assert float(abs(run.brent - run.gap_to_brent - run.realised_price).max()) < 1e-9


def test_flows_and_stocks_are_finite_and_not_negative(run):
    for name in set(ALL) - {"unaccounted", "cash_revenue", "dollar_inflow", "net_export_value", "gap_to_brent"}:
        assert np.isfinite(run[name]).all() and float(run[name].min()) >= -1e-9, name


def test_monetised_never_exceeds_remittances(run):
    assert bool((run.monetised_remittances <= run.remittances.sum("host") + 1e-9).all())


def test_every_variable_has_its_unit(run):
    for name in run.data_vars:
        assert run[name].attrs["units"] and run[name].attrs["long_name"], name


def test_scenarios_are_equal_to_the_last_digit_until_they_part():
    p = vz.project(["status_quo", "relapse"], months=24, draws=50)
    before = p.sel(month=slice(None, "2027-06-01"))
    np.testing.assert_array_equal(
        before.production.sel(scenario="relapse"), before.production.sel(scenario="status_quo")
    )
    after = p.production.sel(month="2027-08-01")
    assert bool((after.sel(scenario="relapse") != after.sel(scenario="status_quo")).any())


def test_a_longer_run_keeps_the_months_of_the_shorter():
    short, long = (vz.project("status_quo", months=m, draws=30) for m in (6, 12))
    np.testing.assert_array_equal(short.cash_revenue, long.cash_revenue.isel(month=slice(6)))


def test_the_seed_knows_nothing_after_its_day():
    p = vz.project("seed_2019_base", months=3, draws=20)
    assert str(p.month.values[0])[:7] == "2019-04"
    assert json.loads(p.attrs["run"])["as_of"] == "2019-04-01"
    tables = vz.load_tables(as_of="2019-04-01")
    for name, table in tables.items():
        if "published" in table:
            assert (table["published"] <= pd.Timestamp("2019-04-01")).all(), name
    assert vz.load_history(as_of="2019-04-01")["production_opec_secondary"].dropna().index[-1] == pd.Timestamp(
        "2019-02-01"
    )


def test_a_later_day_starts_later():
    p = vz.project("status_quo", months=2, draws=8, as_of="2026-11-22")
    assert str(p.month.values[0])[:7] == "2026-11"


def test_the_hindcast_computes_production_and_stays_near_the_readings():
    p = vz.hindcast("2021-01", "2026-06", draws=300)
    read = vz.load_history()["production"].reindex(p.month.values)
    middle = p.production.sel(scenario="history").median("draw").to_series()
    assert abs(np.log(middle / read)).median() < 0.10


def test_no_failures_in_2019_means_more_oil_in_march():
    p = vz.hindcast("2019-01", "2019-06", ["history", "no_blackouts_2019"], draws=100)
    assert float(p.deferred_production.sel(scenario="no_blackouts_2019").max()) == 0
    march = p.production.sel(month="2019-03-01")
    assert float((march.sel(scenario="no_blackouts_2019") - march.sel(scenario="history")).median()) > 50


def test_closing_the_us_never_raises_the_cash_collected_in_that_month():
    open_ = Scenario("open", changes={"access_volume_us": 1, "access_cash_us": 1, "collection_lag": 0})
    shut = Scenario("shut", changes={"access_volume_us": 0, "access_cash_us": 1, "collection_lag": 0})
    held = vz.load_assumptions().update({"partner_cargoes": 0})
    cash = vz.project([open_, shut], months=1, draws=500, keep=["cash_collected"], assumptions=held).cash_collected
    less = cash.sel(scenario="open") - cash.sel(scenario="shut")
    assert float(less.min()) >= -1e-6 and float(less.max()) > 0


def test_markets_follow_one_order():
    assert balance.MARKETS == ("us", "china", "india", "europe", "cuba", "other")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scenarios": "status_qou"}, "did you mean status_quo"),
        ({"scenarios": Scenario("x", changes={"brnt": 5})}, "did you mean brent"),
        ({"scenarios": Scenario("x", changes={"access_volume_us": 1.4})}, "between 0 and 1"),
        ({"scenarios": Scenario("x", changes={"brent": {"2060-01": 60}})}, "past the horizon"),
        ({"scenarios": "status_quo", "months": 0}, "1 to 600"),
        ({"scenarios": "status_quo", "draws": 0}, "1 to"),
        ({"scenarios": "status_quo", "draws": 50_000_000}, "GB"),
        ({"scenarios": "status_quo", "seed": -1}, "seed"),
        ({"scenarios": ["status_quo", "seed_2019_base"]}, "different months"),
        ({"scenarios": "status_quo", "keep": ["dollars"]}, "unknown variable"),
        ({"scenarios": "status_quo", "as_of": "soon"}, "soon"),
        ({"scenarios": []}, "no scenario"),
    ],
)
def test_a_wrong_call_names_the_thing_the_value_and_the_way_out(arguments, message):
    with pytest.raises(ValueError, match=message):
        vz.project(**arguments)


def test_a_history_with_a_missing_or_a_double_month_is_refused():
    history = vz.load_history()
    with pytest.raises(ValueError, match="2010-03"):
        vz.project("status_quo", months=2, draws=8, history=history.drop(pd.Timestamp("2010-03-01")))
    with pytest.raises(ValueError, match="twice"):
        vz.project("status_quo", months=2, draws=8, history=pd.concat([history, history.iloc[-1:]]))


def test_ones_own_history_moves_the_start():
    history = vz.load_history()
    higher = history.assign(production=history["production"] * 1.5)
    usual, own = (vz.project("status_quo", months=1, draws=200, history=h) for h in (history, higher))
    assert abs(float(own.capacity.median() / usual.capacity.median()) - 1.5) < 0.05


def test_a_store_holds_the_same_numbers_and_can_be_resumed(tmp_path):
    pytest.importorskip("zarr")
    plain = vz.project("status_quo", months=3, draws=1500, block=1024)
    stored = vz.project("status_quo", months=3, draws=1500, block=1024, store=tmp_path / "s")
    for name in plain:
        np.testing.assert_array_equal(plain[name], stored[name])
    with pytest.raises(ValueError, match="resume=True"):
        vz.project("status_quo", months=3, draws=1500, block=1024, store=tmp_path / "s")
    index = tmp_path / "s" / "done.json"
    index.write_text(json.dumps({**json.loads(index.read_text()), "blocks": [[0, 1024]]}))
    again = vz.project("status_quo", months=3, draws=1500, block=1024, store=tmp_path / "s", resume=True)
    np.testing.assert_array_equal(again.brent, plain.brent)
    with pytest.raises(ValueError, match="another run"):
        other = vz.load_assumptions().update({"other_exports": 1200})
        vz.project("status_quo", months=3, draws=1500, block=1024, store=tmp_path / "s", resume=True, assumptions=other)
    with pytest.raises(ValueError, match="another run"):
        vz.project("status_quo", months=3, draws=1500, seed=1, block=1024, store=tmp_path / "s", resume=True)


def test_a_counterfactual_of_the_past_needs_the_past():
    with pytest.raises(ValueError, match="outside the history"):
        vz.hindcast("2030-01", "2031-01")
    with pytest.raises(ValueError, match="before"):
        vz.hindcast("2020-01", "2019-01")
