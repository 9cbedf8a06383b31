"""Every barrel is refined, sold, shipped to a creditor, stored or accounted for."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vzmodel as vz
from vzmodel import balance, data, episodes, load_history, prices

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
        "unaccounted_start": np.zeros(DRAWS),
        "unaccounted_half_life": np.full(DRAWS, 12.0),
        "storage_start": g.uniform(5, 40, DRAWS),
        "storage_normal": g.uniform(5, 20, DRAWS),
        "storage_capacity": g.uniform(20, 40, DRAWS),
        "drawdown_months": g.uniform(2, 12, DRAWS),
        "extra_heavy_share": g.uniform(0.4, 0.7, DRAWS),
        "diluent_per_blend": g.uniform(0.2, 0.4, DRAWS),
        "diluent_imported_share": g.uniform(0, 1, DRAWS),
        "diluent": g.uniform(0, 1, (MONTHS, DRAWS)),
        "shut_in_scarring": g.uniform(0, 0.03, DRAWS),
        "restart_rate": g.uniform(0.1, 1, DRAWS),
        "debt_start_china": g.uniform(0, 20000, DRAWS),
        "debt_start_rosneft": g.uniform(0, 3000, DRAWS),
    }
    a |= {name: np.full((MONTHS, DRAWS), float(value)) for name, value in changes.items()}
    capacity = g.uniform(400, 2500, (MONTHS, DRAWS))
    power = g.uniform(0.6, 1, (MONTHS, DRAWS))
    days = np.resize([31.0, 28.0, 31.0, 30.0], MONTHS)
    return balance.crude(capacity, power, g.uniform(10, 90, (MONTHS, DRAWS)), days, a), a, days


CLOSED = {f"access_volume_{m}": 0.0 for m in balance.MARKETS}


@settings(max_examples=40, deadline=None)
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


@settings(max_examples=40, deadline=None)
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
@given(st.integers(0, 10_000), st.sampled_from(list(balance.MARKETS)))
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


def test_what_the_last_balance_left_unexplained_is_halved_after_its_half_life():
    out, _, _ = barrels(13, unaccounted=0.0, unaccounted_start=-100.0, unaccounted_half_life=6.0)
    np.testing.assert_allclose(out["unaccounted"][[0, 6, 12]], np.full((3, DRAWS), [[-100.0], [-50.0], [-25.0]]))


def test_a_dated_stock_reading_moves_the_tanks_and_is_booked_as_unaccounted():
    read = np.full((MONTHS, DRAWS), 12.0)
    read[10:] = 15.0
    b, a, days = barrels(4, unaccounted=0.0, storage_capacity=60.0)
    g = dict(a) | {"storage_start": read}
    rng = np.random.default_rng(2)
    capacity, power, price = (
        rng.uniform(900, 1000, (MONTHS, DRAWS)),
        np.ones((MONTHS, DRAWS)),
        np.full((MONTHS, DRAWS), 50.0),
    )
    out = balance.crude(capacity, power, price, days, g)
    change = np.diff(np.concatenate([read[:1], out["storage"]]), axis=0) * 1000 / days[:, None]
    cargoes = out["debt_cargoes"] + out["supply_cargoes"] + out["swap_cargoes"] + out["partner_cargoes"]
    used = out["refinery_intake"] + out["sales"].sum(axis=1) + cargoes + change + out["unaccounted"]
    np.testing.assert_allclose(out["production"] + out["diluent_imports"], used, atol=1e-6)
    moved = np.abs(out["unaccounted"]).max(axis=1) > 1e-9
    assert moved[10] and not moved[np.arange(MONTHS) != 10].any()


def wells(shut_months: int, rate: float) -> np.ndarray:
    """Return output after every market was closed for some months with full tanks."""
    access = np.ones((MONTHS, DRAWS))
    access[5 : 5 + shut_months] = 0
    _, a, days = barrels(4, diluent=1.0, shut_in_scarring=0.0, restart_rate=rate, unaccounted=0.0, diversion_share=1.0)
    a |= {f"access_volume_{m}": access for m in balance.MARKETS}
    a |= {name: np.zeros(DRAWS) for name in balance.NONCASH}
    a |= {
        "storage_start": np.full(DRAWS, 30.0),
        "storage_capacity": np.full(DRAWS, 30.0),
        "storage_normal": np.full(DRAWS, 30.0),
    }
    a |= {"refinery_intake": np.full(DRAWS, 100.0)}
    flat = np.full((MONTHS, DRAWS), 800.0)
    return balance.crude(flat, np.ones((MONTHS, DRAWS)), np.full((MONTHS, DRAWS), 50.0), days, a)["production"]


def test_wells_idle_for_a_month_come_back_at_once_and_those_idle_for_long_do_not():
    np.testing.assert_allclose(wells(1, 0.25)[6], 800.0)
    long = wells(6, 0.25)
    idle = 800.0 - long[10]
    # a quarter of what is idle returns each month once buyers are back
    np.testing.assert_allclose(800.0 - long[11], 0.75 * idle)
    np.testing.assert_allclose(800.0 - long[12], 0.75**2 * idle)
    np.testing.assert_allclose(wells(6, 1.0)[11], 800.0)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.05, 1), st.floats(0, 1), st.floats(1, 12))
def test_a_restriction_that_hits_all_markets_alike_leaves_nowhere_to_divert_to(access, diversion, lag):
    share = np.full((6, 1), 1 / 6)
    now = {"diversion_share": np.full(1, diversion), "diversion_lag": np.full(1, lag)}
    direct, diverted, _ = balance.place(
        np.full(1, 600.0), np.zeros(1), balance.buyers(share, np.full((6, 1), access), now)
    )
    np.testing.assert_allclose(direct.sum(), 600 * access)
    np.testing.assert_allclose(diverted.sum(), 0, atol=1e-9)


def test_diversion_takes_months_and_ends_at_its_share():
    share, access = np.array([[0.5], [0.5], [0], [0], [0], [0.0]]), np.array([[0.0], [1], [1], [1], [1], [1]])
    now = {"diversion_share": np.full(1, 0.8), "diversion_lag": np.full(1, 2.0)}
    taken, sold, to = np.zeros(1), [], balance.buyers(share, access, now)
    for _ in range(40):
        _, diverted, taken = balance.place(np.full(1, 100.0), taken, to)
        sold.append(float(diverted.sum()))
    # mean over the first month of 40 (1 - e^(-t/2)), by hand
    assert np.isclose(sold[0], 40 * (1 - 2 * (1 - np.exp(-0.5))))
    assert (np.diff(sold) >= -1e-12).all() and np.isclose(sold[-1], 40)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(balance.MARKETS), st.integers(0, 3), st.floats(0, 1))
def test_closing_a_cash_market_never_raises_what_is_received_that_month(seed, market, when, left):
    g = np.random.default_rng(seed)
    share, draws, months = g.dirichlet(np.ones(6), 3).T, 3, 4
    access = g.uniform(0, 1, (months, 6, draws)) ** 0.5
    gap = np.broadcast_to(g.uniform(2, 30, (6, draws)), (months, 6, draws))
    now = {"diversion_share": g.uniform(0, 1, draws), "diversion_lag": g.uniform(1, 6, draws)}

    def received(access: np.ndarray) -> np.ndarray:
        taken, sales, diverted = np.zeros(draws), np.empty(access.shape), np.empty(access.shape)
        for t in range(months):
            to = balance.buyers(share, access[t], now)
            direct, diverted[t], taken = balance.place(np.full(draws, 500.0), taken, to)
            sales[t] = direct + diverted[t]
        limit = np.full((months, draws), 40.0)
        wide = prices.diverted_gaps(gap, sales, diverted, access < 1, np.full(draws, 2.0), limit)
        return (sales * (60.0 - wide)).sum(axis=1)

    closed = access.copy()
    closed[when, balance.MARKETS.index(market)] *= left
    assert (received(closed)[when] <= received(access)[when] + 1e-9).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [("access_volume_us", 1.2), ("access_volume_india", -0.1), ("market_share_us", 1.5), ("storage_start", -3.0),
     ("diversion_share", 1.01), ("diluent", float("nan"))],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_bounds(name, value):
    with pytest.raises(ValueError, match=f"{name} is .*must lie between 0 and"):
        barrels(0, **{name: value})


@pytest.fixture(scope="module")
def replayed():
    return episodes.table(draws=512)


def test_the_past_shocks_come_out_of_dated_access_and_capacity_known_before(replayed):
    """Bounds are those of the sources (EIA, OPEC); the mean over draws, since full tanks make the falls skewed."""
    loss = -replayed["production_mean_pct"]
    assert 8 <= loss["US sanctions and freeze"] <= 15
    assert 8 <= loss["tanks full"] <= 19
    assert 45 <= loss["traders gone, demand collapse"] <= 58
    assert 3 <= loss["blockade, first month"] <= 8
    assert 13 <= loss["blockade, second month"] <= 20
    assert abs(loss["after the blockade"]) <= 5


def test_each_reading_of_a_past_shock_lies_in_the_band_of_its_replay(replayed):
    shocks = replayed.drop("after the blockade")
    for source in ("eia", "opec_secondary"):
        assert shocks[f"read_{source}_pct"].between(shocks["production_p10"], shocks["production_p90"]).all()


def test_exports_fell_more_than_output_in_february_2019_because_tanks_took_the_difference(replayed):
    row = replayed.loc["US sanctions and freeze"]
    assert -45 <= row["exports_mean_pct"] <= -30 and -45 <= row["crude_exports_mean_pct"] <= -30
    assert row["crude_exports_pct"] < row["production_pct"] - 10


def test_exports_replayed_stand_beside_first_and_revised_prints_and_say_whether_they_hold_them(replayed):
    row = replayed.loc["US sanctions and freeze"]
    # Reuters: 1,565 in the three months before; 920 in the first print of February 2019, 990.1 revised
    assert row["read_exports_first_pct"] == pytest.approx(100 * (920 / 1565 - 1))
    assert row["read_exports_revised_pct"] == pytest.approx(100 * (990.125 / 1565 - 1))
    for _, row in replayed.iterrows():
        for thing, ends, names in (
            ("production", ("production_p10", "production_p90"), ("eia", "opec_secondary")),
            ("exports", ("exports_low", "exports_high"), ("exports_first", "exports_revised")),
        ):
            read = [row[f"read_{name}_pct"] for name in names if np.isfinite(row[f"read_{name}_pct"])]
            held = all(row[ends[0]] <= value <= row[ends[1]] for value in read)
            assert row[f"{thing}_inside"] == (held if read else None)
        # a print errs, so that its band is wider than that of the barrels themselves
        assert row["exports_low"] < row["exports_p10"] and row["exports_p90"] < row["exports_high"]
    assert replayed["exports_inside"].sum() >= 4


def test_prints_of_one_month_differ_by_what_their_pooled_deviation_says():
    rows = pd.DataFrame({"period": ["2024-01-01"] * 2 + ["2024-02-01"], "definition": "crude", "series": "total",
                         "unit": "kb/d", "freq": "month", "value": [800.0, 900.0, 500.0]})
    # two prints: each lies half their log distance from the mean, one degree of freedom
    assert episodes.print_error(rows) == pytest.approx(np.log(900 / 800) / np.sqrt(2))
    yearly = rows.assign(freq="year", value=[1.0, 9.0, 5.0])
    assert episodes.print_error(pd.concat([rows, yearly])) == episodes.print_error(rows)


def test_a_replay_uses_no_reading_after_its_month():
    p = episodes.replay("2019-07", "2019-10", draws=8, keep="capacity").isel(scenario=0)
    history = load_history()["production"]
    known = p["capacity"].sel(month="2019-07").median()
    assert abs(float(known) / history["2019-07-01"] - 1) < 0.1
    with pytest.raises(ValueError, match="must come after"):
        episodes.replay("2019-07", "2019-07")


def test_output_of_the_past_is_what_was_read_wherever_it_was_read_as_capacity():
    # months without shut-ins, failures of a day or dated losses: wells idle earlier are out of the reading already
    p = vz.hindcast("2020-06", "2024-12", draws=256, keep=("production",)).isel(scenario=0)
    model = p["production"].mean("draw").to_series()
    read = load_history()["production"]
    for year in ("2023", "2024"):
        assert model.loc[year].mean() == pytest.approx(read.loc[year].mean(), rel=0.005)
    assert model.loc["2021-03":"2021-07"].mean() == pytest.approx(read.loc["2021-03":"2021-07"].mean(), rel=0.01)


@pytest.mark.parametrize("year", ["2014", "2015", "2018", "2019", "2020", "2022", "2023", "2024"])
def test_what_is_unaccounted_for_is_plain_arithmetic_on_the_tables(year):
    levers = data.read_table("levers")
    central = levers[levers["month"].dt.year <= int(year)].groupby("assumption")["central"].last()
    counts = data.read_table("exports")
    crude = counts[(counts["period"] == year) & (counts["definition"] == "crude") & (counts["unit"] == "kb/d")]
    single = crude.loc[crude["series"] == "total", "value"].tolist()
    ships = crude[crude["source"].str.startswith("Gibson")]
    exports = np.mean([*single, ships["value"].sum()])
    output = load_history()["production"].loc[year].mean()
    need = vz.load_assumptions(as_of="2019-04-01").table["central"][["extra_heavy_share", "diluent_per_blend"]]
    share = levers[(levers["assumption"] == "diluent_imported_share") & (levers["month"].dt.year <= int(year))]
    ratio = need["diluent_per_blend"] / (1 - need["diluent_per_blend"])
    diluent = output * need["extra_heavy_share"] * ratio * share["central"].iloc[-1]
    left = output + diluent - central["refinery_intake"] - exports
    row = levers[(levers["assumption"] == "unaccounted") & (levers["month"] == f"{year}-01-01")].iloc[-1]
    assert row["central"] == pytest.approx(left, abs=25)
    assert row["low"] < left < row["high"]


def test_markets_cannot_be_sold_more_than_the_whole_together():
    with pytest.raises(ValueError, match=r"market_share_us 0.9, .* add up to 1.42 \[1\]; .* between 0 and 1 together"):
        vz.load_assumptions().update({"market_share_us": 0.9})
    # the others given way, the same share is welcome
    others = {f"market_share_{m}": 0.0 for m in ("china", "india", "europe", "other")}
    assert vz.load_assumptions().update({"market_share_us": 0.9, **others}).table.loc["market_share_us", "high"] == 0.9
    more = vz.Scenario("all_to_india", changes={"market_share_india": {"2027-03": (0.7, 0.8, 0.9)}})
    with pytest.raises(ValueError, match="scenario all_to_india from 2027-03: .*market_share_india 0.8, .* 1.52"):
        vz.load_assumptions().check(more, pd.Period("2026-10", "M"), 24)
    back = more.but("and_back", changes={f"market_share_{m}": {"2027-03": 0.0} for m in ("us", "europe", "other")})
    back = back.but("and_back", changes={"market_share_india": {"2027-09": "base"}})
    vz.load_assumptions().check(back, pd.Period("2026-10", "M"), 24)


def test_shares_of_the_past_are_held_against_the_facts_of_their_month():
    # 56 % for the United States in 2018 and 2019 leaves 44 for the others; 60 from mid-2018 on is four too many
    more = vz.Scenario("more", changes={"market_share_us": {"2018-06": 0.6}})
    with pytest.raises(ValueError, match="scenario more from 2018-06: .* add up to 1.05"):
        vz.load_assumptions().check(more, pd.Period("2018-01", "M"), 18, past=True)
