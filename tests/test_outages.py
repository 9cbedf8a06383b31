"""No event, no loss; more or longer failures never give more oil."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vzmodel import outages

MONTHS, DRAWS = 24, 50
DAYS = np.resize([31.0, 28.0, 31.0, 30.0], MONTHS)
ONE = np.ones(DRAWS)


def power(hours: np.ndarray, cover: float = 0.3, exposure: float = 0.6) -> np.ndarray:
    lost = outages.lost_days(hours, 6 * ONE, 24 * ONE, 0.3 * ONE)
    return outages.availability(lost, DAYS, exposure * ONE, cover * ONE, 0.2 * ONE, 0 * ONE)


def failures(seed: int, rate: float) -> np.ndarray:
    g = np.random.default_rng(seed)
    u, z = g.random((MONTHS, outages.SLOTS, DRAWS)), g.standard_normal((MONTHS, outages.SLOTS, DRAWS))
    state = g.random((MONTHS, DRAWS)) < 0.5
    return outages.simulate_hours(u, z, state, rate * ONE, (0.7 * ONE, 7 * ONE), (3 * ONE, 30 * ONE), (ONE, 1.3 * ONE))


def test_no_failure_no_loss():
    assert (power(np.zeros((MONTHS, outages.SLOTS, DRAWS))) == 1).all()


def test_a_failure_shorter_than_the_threshold_costs_nothing():
    assert (power(np.full((MONTHS, outages.SLOTS, DRAWS), 5.9)) == 1).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 6), st.floats(0, 6))
def test_a_higher_rate_keeps_the_failures_of_the_lower_one_and_adds(seed, a, b):
    low, high = failures(seed, min(a, b)), failures(seed, max(a, b))
    assert (high[low > 0] == low[low > 0]).all()
    assert (power(high) <= power(low) + 1e-12).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(1, 5))
def test_longer_failures_never_raise_availability_nor_what_stays_of_capacity(seed, longer):
    hours = failures(seed, 2.0)
    assert (power(hours * longer) <= power(hours) + 1e-12).all()
    step = 0.01 * ONE
    assert (
        power(hours * longer) * outages.lasting(hours * longer, step)
        <= power(hours) * outages.lasting(hours, step) + 1e-12
    ).all()


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
    lost = outages.lost_days(hours, 6 * one, 1e-6 * one, 0 * one)
    a = outages.availability(lost, np.array([30.0]), one, 0 * one, 0 * one, 0 * one)
    assert abs(a[0, 0] - (1 - 10 / 30)) < 1e-6


def test_what_does_not_fit_in_a_month_goes_on_in_the_next():
    lost = np.array([[40.0], [0.0]])
    one = np.ones(1)
    a = outages.availability(lost, np.array([31.0, 30.0]), one, 0 * one, 0 * one, 0 * one)
    np.testing.assert_allclose(a.ravel(), [0, 1 - 9 / 30])


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
