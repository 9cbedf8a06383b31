"""No event, no loss; more or longer failures never give more oil; the catalogue says how often they come."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vzmodel import data, load_assumptions, outages
from vzmodel.outages._outage_response import field_days, upgrader_days

MONTHS, DRAWS = 24, 50
DAYS = np.resize([31.0, 28.0, 31.0, 30.0], MONTHS)
ONE = np.ones(DRAWS)
GRID = {
    "outage_rate_normal": 0.7 * ONE, "outage_rate_stressed": 7 * ONE, "outage_duration_normal": 3 * ONE,
    "outage_duration_stressed": 30 * ONE, "outage_spread_normal": ONE, "outage_spread_stressed": 1.3 * ONE,
    "outage_size_normal": 0.5 * ONE, "outage_size_stressed": 2 * ONE, "outage_growth": ONE,
    "outage_rate_west": 2 * ONE, "outage_duration_west": 12 * ONE, "outage_spread_west": ONE,
}  # fmt: skip
RESPONSE = {
    "outage_threshold": 6 * ONE, "outage_ramp": 24 * ONE, "restart_days": 0.3 * ONE, "upgrader_restart": 2 * ONE,
    "restart_growth": 1.4 * ONE, "outage_full_depth": 0.7 * ONE, "terminal_restart": 0.7 * ONE,
    "refinery_restart": 8 * ONE,
}  # fmt: skip
PLACES = {
    "outage_exposure": 0.6 * ONE, "extra_heavy_share": 0.55 * ONE, "west_share": 0.2 * ONE, "upgrader_share": 0.1 * ONE,
    "outage_exposure_east": 0.15 * ONE, "outage_exposure_west": 0.3 * ONE,
}  # fmt: skip


def days_of_full_loss(hours: np.ndarray, ramp: float = 24, restart: float = 0.3) -> np.ndarray:
    """A loss that builds exponentially from the sixth hour on and dies away after, summed over a month's failures."""
    beyond = np.maximum(hours - 6, 0.0)
    return np.sum(beyond - ramp * (1 - np.exp(-beyond / ramp)) + restart * beyond, axis=1) / 24


def power(hours: np.ndarray, cover: float = 0.3, exposure: float = 0.6) -> np.ndarray:
    lost = days_of_full_loss(hours)
    return outages.availability(lost, DAYS, exposure * ONE, cover * ONE, 0.2 * ONE, 0 * ONE)


def dated(hours: np.ndarray, dark: np.ndarray, start: np.ndarray, west: np.ndarray | None = None) -> np.ndarray:
    """Availability by the days on which failures fall, zone by zone."""
    west = np.zeros((MONTHS, outages.WEST_SLOTS, DRAWS)) if west is None else west
    lost = outages.days_by_zone((hours, dark, start), (west, np.full(west.shape, 3.0)), DAYS, RESPONSE, outages.SPILL)
    return outages.availability(lost, DAYS, outages.exposures(PLACES), 0.3 * ONE, 0.2 * ONE, 0 * ONE)


def left(hours: np.ndarray, dark: np.ndarray) -> np.ndarray:
    """What multi-day failures leave of capacity, each by its reach, healing and bounded."""
    reach = outages.depth(dark, RESPONSE["outage_full_depth"])
    return outages.lasting(hours, 0.05 * ONE, reach, 0.4 * ONE, 0.3 * ONE, 0.2 * ONE)


def grid(seed: int, rate: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    g = np.random.default_rng(seed)
    shape = (MONTHS, outages.SLOTS, DRAWS)
    u, z, size, start = g.random((MONTHS, DRAWS)), g.standard_normal(shape), g.random(shape), 28 * g.random(shape)
    state = g.random((MONTHS, DRAWS)) < 0.5
    return *outages.simulate_failures(u, z, size, state, rate * ONE, GRID), start


def failures(seed: int, rate: float) -> np.ndarray:
    return grid(seed, rate)[0]


def test_no_failure_no_loss():
    none = np.zeros((MONTHS, outages.SLOTS, DRAWS))
    assert (power(none) == 1).all() and (dated(none, none, none) == 1).all()


def test_a_failure_shorter_than_the_threshold_costs_nothing():
    short = np.full((MONTHS, outages.SLOTS, DRAWS), 5.9)
    assert (power(short) == 1).all() and (dated(short, np.ones(short.shape), np.ones(short.shape)) == 1).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 6), st.floats(0, 6))
def test_a_higher_rate_keeps_the_failures_of_the_lower_one_and_adds(seed, a, b):
    (low, dark, start), (high, wide, _) = grid(seed, min(a, b)), grid(seed, max(a, b))
    assert (high[low > 0] == low[low > 0]).all() and (wide[low > 0] == dark[low > 0]).all()
    assert (power(high) <= power(low) + 1e-12).all()
    assert (dated(high, wide, start) <= dated(low, dark, start) + 1e-12).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(1, 5))
def test_longer_failures_never_raise_availability_nor_what_stays_of_capacity(seed, longer):
    hours, dark, start = grid(seed, 2.0)
    for share in (power, lambda h: dated(h, dark, start)):
        assert (share(hours * longer) <= share(hours) + 1e-12).all()
        assert (share(hours * longer) * left(hours * longer, dark) <= share(hours) * left(hours, dark) + 1e-12).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 8), st.floats(0, 8), st.floats(0, 1))
def test_more_or_wider_failures_never_raise_what_stays_of_capacity(seed, a, b, more):
    (low, dark, _), (high, wide, _) = grid(seed, min(a, b)), grid(seed, max(a, b))
    assert (left(high, wide) <= left(low, dark) + 1e-12).all()
    assert (left(high, wide + more * (1 - wide)) <= left(high, wide) + 1e-12).all()


def test_one_total_failure_of_days_takes_its_step_of_the_zone_hit_and_a_short_or_partial_one_less():
    hours = np.zeros((3, 1, 3))
    hours[0, 0] = 72, 20, 72
    reach = np.array([1.0, 1.0, 0.5]) * np.ones(hours.shape)
    kept = outages.lasting(hours, np.full(3, 0.05), reach, hit=0.4, recovery=0.0, bound=0.2)
    np.testing.assert_allclose(kept, np.broadcast_to([1 - 0.05 * 0.4, 1, 1 - 0.05 * 0.4 / 2], kept.shape))


def test_what_failures_took_comes_back_at_its_rate():
    hours = np.zeros((25, 1, 1))
    hours[0] = 72
    kept = outages.lasting(hours, np.full(1, 0.1), 1.0, hit=0.4, recovery=0.5, bound=0.2)
    np.testing.assert_allclose((1 - kept[24]) / (1 - kept[0]), np.exp(-0.5 * 2))


def test_a_failure_every_week_for_ten_years_takes_no_more_than_the_bound_of_the_zone_hit():
    hours = np.full((120, 4, 1), 168.0)
    kept = outages.lasting(hours, np.full(1, 0.1), 1.0, hit=0.4, recovery=0.0, bound=0.2)
    assert kept.min() >= 1 - 0.2 * 0.4 - 1e-12 and kept[-1, 0] == pytest.approx(1 - 0.2 * 0.4)


def test_own_plant_bought_later_does_not_bring_back_what_was_lost_nor_add_to_it():
    hours = np.zeros((12, 1, 1))
    hours[0] = 168
    hit = np.linspace(0.5, 0, 12)[:, None]
    kept = outages.lasting(hours, np.full(1, 0.1), 1.0, hit=hit, recovery=0.0, bound=0.2)
    np.testing.assert_allclose(kept, 1 - 0.1 * 0.5)


def test_two_years_of_the_grid_of_2019_cost_capacity_that_comes_back_in_part():
    from vzmodel import project

    p = project(["status_quo", "grid_failure"], months=60, draws=256, keep=["capacity"])["capacity"].mean("draw")
    gap = (p.sel(scenario="status_quo") - p.sel(scenario="grid_failure")).groupby("month.year").mean("month")
    assert 0 < gap.sel(year=2030) < 0.8 * gap.sel(year=2028)
    # never more than the bound of what is exposed
    assert gap.max() < 0.4 * 0.57 * 0.75 * p.sel(scenario="status_quo").max()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1))
def test_a_failure_that_reaches_further_never_costs_less(seed, more):
    hours, dark, start = grid(seed, 3.0)
    wider = np.where(dark > 0, dark + more * (1 - dark), 0)
    assert (dated(hours, wider, start) <= dated(hours, dark, start) + 1e-12).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1))
def test_availability_is_a_share(seed, cover, exposure):
    a = power(failures(seed, 20.0), cover, exposure)
    assert (a >= 0).all() and (a <= 1).all()


def test_own_plant_that_carries_everything_loses_nothing():
    assert (power(failures(1, 5.0), cover=1.0) == 1).all()


def test_ten_days_without_power_cost_a_third_of_the_exposed_output_of_the_month():
    hours = np.zeros((1, outages.SLOTS, 1))
    hours[0, 0] = 240 + 6
    one = np.ones(1)
    # all exposed, no build-up time and no restart: ten days of thirty
    lost = days_of_full_loss(hours, 1e-6, 0)
    a = outages.availability(lost, np.array([30.0]), one, 0 * one, 0 * one, 0 * one)
    assert abs(a[0, 0] - (1 - 10 / 30)) < 1e-6


def test_what_does_not_fit_in_a_month_goes_on_in_the_next():
    lost = np.array([[40.0], [0.0]])
    one = np.ones(1)
    a = outages.availability(lost, np.array([31.0, 30.0]), one, 0 * one, 0 * one, 0 * one)
    np.testing.assert_allclose(a.ravel(), [0, 1 - 9 / 30])


def test_a_failure_on_the_last_day_of_a_month_costs_the_next_one():
    hours, dark, start = (np.zeros((MONTHS, outages.SLOTS, DRAWS)) for _ in range(3))
    hours[0, 0], dark[0, 0], start[0, 0] = 96, 1, 30.5
    a = dated(hours, dark, start)
    assert (1 - a[1] > 5 * (1 - a[0])).all()
    # no day is lost on the way from days to months
    whole = days_of_full_loss(hours).sum(axis=0)
    none = np.zeros((MONTHS, outages.WEST_SLOTS, DRAWS))
    spread = outages.days_by_zone((hours, dark, start), (none, none), DAYS, RESPONSE, outages.SPILL)
    np.testing.assert_allclose(spread[:, 0].sum(axis=0), whole)


@settings(max_examples=50, deadline=None)
@given(st.floats(0.1, 400), st.floats(1, 3), st.floats(1, 60))
def test_on_no_day_has_a_longer_failure_cost_less(beyond, longer, ramp):
    after = np.linspace(0, 3000, 400)
    for lost, late in ((field_days, (0.3, 0.3)), (upgrader_days, (beyond / 24, longer * beyond / 24))):
        short, long = lost(after, beyond, ramp, late[0]), lost(after, beyond * longer, ramp, late[1])
        assert (long >= short - 1e-9).all() and (np.diff(short) >= -1e-9).all()


def test_upgraders_need_a_day_after_a_short_cut_and_weeks_after_a_long_one():
    lag = outages.restart_days(np.array([[3.0], [18.0], [126.0]]) * ONE, RESPONSE)
    assert lag["upgraders"][0, 0] == 0 and 0.3 < lag["upgraders"][1, 0] < 1.5 and 7 < lag["upgraders"][2, 0] < 42
    assert (lag["terminal"][1:] == 0.7).all() and (lag["refineries"][1:] == 8).all()


def test_the_zones_add_up_to_the_exposure_of_the_nation():
    np.testing.assert_allclose(outages.exposures(PLACES).sum(axis=0), 0.6)


def test_a_failure_of_the_west_costs_at_most_the_west():
    none = np.zeros((MONTHS, outages.SLOTS, DRAWS))
    always = np.full((MONTHS, outages.WEST_SLOTS, DRAWS), 2000.0)
    lost = 1 - dated(none, none, none, always)
    assert (lost > 0).any() and (lost <= 0.7 * 0.2 * 0.3 + 1e-12).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 1), st.floats(0, 1))
def test_holding_the_grid_stressed_never_calms_it(seed, a, b):
    g = np.random.default_rng(seed)
    u = g.random((2, MONTHS, DRAWS))
    calm = outages.stressed(u, 0.3 * ONE, 0.2 * ONE, 9 * ONE, min(a, b) * ONE)
    held = outages.stressed(u, 0.3 * ONE, 0.2 * ONE, 9 * ONE, max(a, b) * ONE)
    assert (held | ~calm).all()


def test_ration_in_the_west_is_worth_its_share_of_the_west():
    a = outages.availability(
        np.zeros((1, 1)), np.array([30.0]), np.ones(1), np.zeros(1), np.full(1, 0.2), np.full(1, 0.1)
    )
    assert a[0, 0] == 1 - 0.2 * 0.1


def test_failures_come_as_often_as_the_rate_says():
    u = np.random.default_rng(0).random((1, 200_000))
    happens = outages.count(u, np.array(0.5), 4)
    assert happens.sum() / u.size == pytest.approx(0.5, abs=0.01)
    # Poisson: e^-0.5 of the months have none
    assert (~happens.any(axis=1)).mean() == pytest.approx(np.exp(-0.5), abs=0.01)


@settings(max_examples=30, deadline=None)
@given(st.floats(240, 270), st.floats(240, 270), st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))
def test_a_lower_reservoir_or_a_thinner_margin_never_calms_the_grid(level, other, margin, thinner):
    def rate(guri, reserve):
        return outages.rate({"outage_rate": 1.0, "reserve_margin": reserve, "outage_margin_effect": 2.0,
                             "guri_level": guri, "guri_safe": 250.0, "outage_guri_effect": 0.05})  # fmt: skip

    assert rate(min(level, other), 0) >= rate(max(level, other), 0)
    assert rate(265, min(margin, thinner)) >= rate(265, max(margin, thinner))
    assert rate(265, 0) == 1


# ---- The catalogue -------------------------------------------------------------------------------------------------


def prior(as_of="2026-10-01"):
    table = load_assumptions(as_of=as_of).table
    return tuple((n, *(float(table.loc[n, c]) for c in ("low", "central", "high"))) for n in outages.PRIORS)


def catalogue(seed: int, years: int = 60) -> pd.DataFrame:
    """Failures of a grid that fails once a year for two hours, and twenty times a year for two days when stressed."""
    g = np.random.default_rng(seed)
    rows, stressed = [], False
    for month in pd.period_range("1966-01", periods=12 * years, freq="M"):
        stressed = g.random() < (0.8 if stressed else 0.01)
        for k in range(g.poisson((20 if stressed else 1) / 12)):
            hours = (48 if stressed else 2) * np.exp(0.8 * g.standard_normal())
            states = 10 + 14 * g.random() ** (1 / (3 if stressed else 0.5))
            rows.append(("national", "blackout", f"{month}-{1 + 3 * k:02d}", hours, hours, states, states, "A"))
    columns = ["scope", "kind", "start", "hours_low", "hours_high", "states_low", "states_high", "grade"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(event=frame.index.astype(str), zone="national", end=None, precision="day")


def test_the_fit_finds_the_grid_a_catalogue_was_made_from():
    # every failure of this grid is on record
    told = tuple((n, 0.98, 0.99, 1.0) if "detection" in n else (n, *v) for n, *v in prior())
    found = outages.estimate(catalogue(3), 1024, told, pd.Period("2025-12", "M")).quantile([0.02, 0.98])
    truth = {"outage_rate_normal": 1, "outage_rate_stressed": 20, "outage_duration_normal": 2,
             "outage_duration_stressed": 48, "outage_spread_normal": 0.8, "stress_duration": 5,
             "stress_onset": 0.12}  # fmt: skip
    for name, value in truth.items():
        assert found[name].iloc[0] < value < found[name].iloc[1], name


@pytest.fixture(scope="module")
def fitted():
    table = data.load_tables()["blackouts"]
    return outages.estimate(table, 1024, prior(), pd.Period("2026-10", "M"))


def test_a_stressed_grid_fails_more_often_and_for_longer_in_every_draw(fitted):
    assert (fitted["outage_rate_stressed"] > fitted["outage_rate_normal"]).all()
    assert (fitted["outage_duration_stressed"] > fitted["outage_duration_normal"]).all()


def test_the_record_misses_failures_so_there_are_more_than_it_counts(fitted):
    table = data.load_tables()["blackouts"]
    rows = table[(table["scope"] == "national") & table["kind"].isin(["blackout", "fluctuation"])]
    calm = rows[~rows["start"].str.startswith("2019")]
    assert fitted["outage_rate_normal"].median() > len(calm) / (18 + 10 / 12)


def test_the_median_calm_failure_is_hours_and_that_of_2019_a_day_or_more(fitted):
    assert 1 < fitted["outage_duration_normal"].median() < 4
    assert 20 < fitted["outage_duration_stressed"].median() < 60


def test_few_calm_failures_last_a_day_and_more_than_half_of_stressed_ones_do(fitted):
    # at the mean reach of each state, over the draws of the fit
    share = {}
    g = np.random.default_rng(0)
    for state in ("normal", "stressed"):
        p = fitted[f"outage_size_{state}"].to_numpy()
        y = g.random(len(fitted)) ** (1 / p)
        more = fitted["outage_growth"] * (y - p / (p + 1))
        more = more + fitted[f"outage_spread_{state}"] * g.standard_normal(len(fitted))
        share[state] = (fitted[f"outage_duration_{state}"] * np.exp(more) > 24).mean()
    assert share["normal"] < 0.08 and 0.4 < share["stressed"] < 0.8


def test_on_the_first_of_april_2019_the_grid_was_stressed_and_years_later_it_was_not(fitted):
    then = data.load_tables(as_of="2019-04-01")["blackouts"]
    found = outages.estimate(then, 256, prior("2019-04-01"), pd.Period("2019-03", "M"))
    assert found.attrs["stressed"] > 0.95 and fitted.attrs["stressed"] < 0.1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hours_low": -2.0}, r"event 2013-09-03: hours_low is -2 \[hour\]"),
        ({"hours_low": 9.0}, "hours_low 9 is above hours_high 6"),
        ({"zone": "nowhere"}, "zone 'nowhere' is none of national"),
        ({"states_high": 30.0}, "share of 1.25"),
        ({"end": "2013-09-01"}, "end 2013-09-01 is before start"),
        ({"start": "yesterday"}, "start 'yesterday' is no date"),
        ({"start": "2019-03-08T10:00", "end": None}, "before event 2019-03-07 has ended"),
    ],
)
def test_a_faulty_catalogue_is_refused_with_its_row(change, message):
    table = data.load_tables()["blackouts"]
    for column, value in change.items():
        table[column] = table[column].astype("object" if isinstance(value, (str, type(None))) else "float64")
        table.loc[table["event"] == "2013-09-03", column] = value
    with pytest.raises(ValueError, match=message):
        outages.check(table)


def test_a_catalogue_without_national_failures_is_refused():
    local = data.load_tables()["blackouts"].query("scope == 'local'")
    with pytest.raises(ValueError, match="no national failure"):
        outages.estimate(local, 8, prior(), pd.Period("2026-01", "M"))


# ---- The past, from one parameter set ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def past():
    from vzmodel import hindcast

    keep = ["availability", "deferred_production", "capacity", "production", "shut_in"]
    return hindcast("2013-01", "2024-12", ["history", "no_blackouts_2019"], draws=1024, keep=keep)


def lost(past, month, scenario="history"):
    share = 1 - past["availability"].sel(scenario=scenario, month=f"{month}-01")
    return share.quantile([0.1, 0.5, 0.9]).to_numpy()


def test_march_2019_took_an_eighth_of_the_month_and_august_2024_next_to_nothing(past):
    low, mid, high = lost(past, "2019-03")
    assert 0.09 <= mid <= 0.16 and low < 0.12 and high > 0.13
    august = past["deferred_production"].sel(scenario="history", month="2024-08-01").quantile([0.1, 0.9])
    assert (august >= 0).all() and (august <= 27).all()
    assert lost(past, "2013-09")[2] < 0.001


def test_2019_lost_more_oil_to_the_grid_than_2018_or_2021(past):
    yearly = past["deferred_production"].sel(scenario="history").groupby("month.year").mean("month")
    assert (yearly.sel(year=2019) > yearly.sel(year=2018)).mean() > 0.9
    assert (yearly.sel(year=2019) > yearly.sel(year=2021)).mean() > 0.99


def test_without_failures_in_2019_nothing_is_deferred(past):
    assert (lost(past, "2019-03", "no_blackouts_2019") == 0).all()


def test_capacity_less_what_is_deferred_and_shut_in_is_output(past):
    left = past["capacity"] - past["deferred_production"] - past["shut_in"] - past["production"]
    assert float(abs(left).max()) < 1e-9
