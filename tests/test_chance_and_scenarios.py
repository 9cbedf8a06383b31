"""The same seed gives the same bits; a scenario is a dated change and says when it is wrong."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzmodel import streams
from vzmodel.scenarios import Scenario, combine, load_scenarios, resolve


def test_draws_do_not_depend_on_the_block_they_come_in():
    whole = streams.normal(7, "brent", (5,), 0, 5000)
    parts = [streams.normal(7, "brent", (5,), first, min(2048, 5000 - first)) for first in (0, 2048, 4096)]
    np.testing.assert_array_equal(whole, np.concatenate(parts, axis=1))


def test_a_longer_horizon_keeps_the_months_of_the_shorter():
    np.testing.assert_array_equal(
        streams.uniform(7, "gap", (10,), draws=30)[:4], streams.uniform(7, "gap", (4,), draws=30)
    )


def test_sources_of_chance_are_apart():
    assert (streams.uniform(7, "a", draws=100) != streams.uniform(7, "b", draws=100)).all()
    assert (streams.uniform(7, "a", draws=100) != streams.uniform(8, "a", draws=100)).all()


def test_a_block_starts_on_a_chunk():
    with pytest.raises(ValueError, match="1024"):
        streams.uniform(7, "a", first=100, draws=10)


def test_heavy_shocks_keep_their_variance():
    z, u = streams.normal(1, "z", (), draws=200_000), streams.uniform(1, "u", (), draws=200_000)
    assert abs(streams.heavy(z, u, 0.05, 4.0).var() - 1) < 0.03


VALUES = st.one_of(
    st.floats(0, 100),
    st.just("base"),
    st.lists(st.floats(0, 100), min_size=3, max_size=3).map(lambda v: tuple(sorted(v))),
)
CHANGES = st.dictionaries(
    st.sampled_from(["brent", "diluent", "investment"]),
    st.dictionaries(st.sampled_from(["start", "2027-01", "2028-06"]), VALUES, min_size=1),
    max_size=3,
)


@given(CHANGES)
def test_a_scenario_survives_its_toml_and_a_pickle(tmp_path_factory, changes):
    scenario = Scenario("mine", "one's own", changes, probability=0.5, as_of="2026-09-30", months=24, source="me")
    file = tmp_path_factory.mktemp("s") / "s.toml"
    file.write_text(scenario.to_toml(), encoding="utf-8")
    assert load_scenarios(file)["mine"] == scenario
    assert pickle.loads(pickle.dumps(scenario)) == scenario


@given(CHANGES, CHANGES)
def test_later_changes_win_month_by_month(first, second):
    merged = Scenario("a", changes=first).but("b", changes=second).changes
    for name in {*first, *second}:
        assert merged[name] == {**first.get(name, {}), **second.get(name, {})}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a]\nextends = 'b'\n[b]\nextends = 'a'\n", "circle"),
        ("[a]\nextends = 'seed_2019_bas'\n", "did you mean seed_2019_base"),
        ("[a.changes]\nbrent = {2019-13 = 5}\n", "2019-13"),
        ("[a.changes]\nbrent = 'high'\n", "high"),
        ("[a.changes]\nbrent = [3, 2, 1]\n", "order"),
        ("[a]\nchange = {}\n", "did you mean changes"),
        ("[a\n", "TOML"),
        ("", "no scenario"),
    ],
)
def test_a_wrong_scenario_file_says_what_is_wrong(tmp_path, text, message):
    file = tmp_path / "s.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        load_scenarios(file)


def test_a_missing_scenario_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.toml"):
        load_scenarios(tmp_path / "nothing.toml")


def test_scenarios_compound():
    known = load_scenarios()
    both = resolve("seed_2019_base+blackouts_persist", known)[0]
    assert both.name == "seed_2019_base+blackouts_persist" and both.changes["outage_state"] == {"start": 1.0}
    assert both.as_of == "2019-04-01"
    with pytest.raises(ValueError, match="different days"):
        combine([known["seed_2019_base"], Scenario("b", as_of="2026-01-01")])


def test_a_misspelt_name_gets_the_nearest_one():
    with pytest.raises(ValueError, match="did you mean grid_failure"):
        resolve("grid_failur", load_scenarios())


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a b"},
        {"name": "a", "probability": 1.2},
        {"name": "a", "months": 0},
        {"name": "a", "changes": {"brent": {"2027-01": float("nan")}}},
        {"name": "a", "as_of": "yesterday"},
    ],
)
def test_an_impossible_scenario_is_refused(wrong):
    with pytest.raises(ValueError):
        Scenario(**wrong)
