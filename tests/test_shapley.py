"""What several causes took together is shared out whole, and without regard to their order."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vzmodel import shapley


def sets(names):
    return [frozenset(s) for k in range(len(names) + 1) for s in itertools.combinations(names, k)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 4))
def test_shares_add_up_to_what_all_take_in_every_draw(seed, count):
    g, names = np.random.default_rng(seed), "abcd"[:count]
    worth = {s: g.normal(size=7) for s in sets(names)}
    found = shapley.shares(worth, names)
    np.testing.assert_allclose(sum(found.values()), worth[frozenset(names)] - worth[frozenset()])


def test_causes_that_do_not_meet_keep_their_own_loss_and_an_idle_one_takes_nothing():
    cost = {"blackouts": 10.0, "tanks": 4.0, "none": 0.0}
    found = shapley.shares({s: sum(cost[n] for n in s) for s in sets(cost)}, list(cost))
    assert found == pytest.approx(cost)


def test_a_missing_set_is_not_taken_for_nothing():
    with pytest.raises(KeyError):
        shapley.shares({frozenset(): 0.0, frozenset("a"): 1.0, frozenset("ab"): 2.0}, "ab")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1.0, 0.7), min_size=2, max_size=7), st.floats(100.0, 3000.0))
def test_shares_of_a_fall_add_up_and_treat_equal_causes_alike(change, base):
    log = np.array([*change, change[0]])[:, None]
    share = shapley.shares_of_product(log, base)
    assert share.sum() == pytest.approx(base * np.expm1(log.sum()), abs=1e-6)
    assert share[-1, 0] == pytest.approx(share[0, 0], abs=1e-9)


def test_shares_are_the_mean_over_all_orders_both_by_sets_and_as_a_product():
    change, base = np.array([-0.4, 0.2, -0.1]), 1000.0
    wanted = np.zeros(3)
    for order in itertools.permutations(range(3)):
        level = base
        for i in order:
            wanted[i] += level * np.expm1(change[i]) / 6
            level *= np.exp(change[i])
    np.testing.assert_allclose(shapley.shares_of_product(change[:, None], base)[:, 0], wanted)
    by_set = shapley.shares({s: base * np.exp(change[list(s)].sum()) for s in sets(range(3))}, range(3))
    np.testing.assert_allclose(list(by_set.values()), wanted)
