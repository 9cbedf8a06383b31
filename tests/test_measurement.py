"""What several readings of one output say together."""

import time

import numpy as np
import pandas as pd
import pytest

from vzmodel import measurement

MONTHS = pd.date_range("2010-01-01", "2019-12-01", freq="MS")


def readings(truth: np.ndarray, series: str, factor: float = 1.0, noise: float = 0.0, **columns) -> pd.DataFrame:
    chance = np.random.default_rng(len(series)).normal(0, noise, len(truth)) if noise else 0
    return pd.DataFrame({"month": MONTHS[: len(truth)], "series": series, "print": "single",
                         "value": truth * factor * np.exp(chance), "flag": ""} | columns)


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    steps = np.random.default_rng(7).normal(-0.008, 0.02, len(MONTHS))
    return 2400 * np.exp(np.cumsum(steps))


@pytest.fixture(scope="module")
def three(truth) -> pd.DataFrame:
    secondary = readings(truth, "opec_secondary", noise=0.005).iloc[90:]
    return pd.concat([readings(truth, "eia", 1.05, 0.02), readings(truth, "jodi", 1.15, 0.02), secondary])


def test_three_sources_with_offsets_give_back_the_output_they_read(three, truth):
    found = measurement.consensus(three)
    error = (found["level"].to_numpy() - truth) / found["se"].to_numpy()
    assert np.abs(found["level"].to_numpy() / truth - 1)[90:].max() < 0.02
    assert np.mean(np.abs(error) < 2) > 0.9


def test_the_government_prints_above_the_level_and_the_basis_not_at_all(three):
    found = measurement.consensus(three)
    share = (found["offset_jodi"] / found["level"]).iloc[-24:].mean()
    assert 0.12 < share < 0.18
    assert (found["offset_opec_secondary"] == 0).all()


def test_the_level_is_less_sure_where_its_own_basis_has_no_reading(three):
    found = measurement.consensus(three)
    relative = found["se"] / found["level"]
    assert relative.iloc[0] > 2 * relative.iloc[-10]


def test_a_flat_year_carries_no_month(truth):
    month = readings(truth, "jodi")
    flat = readings(truth, "eia", 1.0, flag="flat").iloc[12:24].assign(value=2000.0)
    with_it, without = measurement.consensus(pd.concat([month, flat])), measurement.consensus(month)
    shape = with_it["level"].iloc[12:24] / without["level"].iloc[12:24]
    assert shape.max() / shape.min() < 1.01


def test_an_annual_mean_holds_a_year_whose_months_were_not_printed(three, truth):
    year = pd.DataFrame({"period": ["2014"], "series": ["opec_secondary"], "value": [truth[48:60].mean()]})
    free, held = measurement.consensus(three), measurement.consensus(three, year)
    assert abs(held["level"].iloc[48:60].mean() / year["value"].iloc[0] - 1) < 0.015
    assert held["se"].iloc[54] < free["se"].iloc[54]


def test_a_first_print_that_is_always_revised_up_is_read_higher_until_it_is_revised():
    level = np.full(48, 800.0)
    published = MONTHS[:48] + pd.Timedelta(days=45)
    first = readings(level - 10, "opec_secondary", print="first", published=published)
    later = readings(level, "opec_secondary", print="revised", published=published + pd.Timedelta(days=30)).iloc[:-1]
    found = measurement.consensus(pd.concat([first, later]))
    assert abs(found["level"].iloc[-1] - 800) < 1


def test_a_strike_month_is_not_smoothed_away(truth):
    struck = truth.copy()
    struck[60:62] *= 0.35
    both = pd.concat([readings(struck, "eia", 1.05, 0.02), readings(struck, "jodi", 1.15, 0.02)])
    found = measurement.consensus(both)["level"]
    assert found.iloc[60] < 0.45 * found.iloc[58]
    assert found.iloc[63] > 0.85 * found.iloc[58]


def test_the_same_readings_give_the_same_consensus_in_any_order(three):
    shuffled = three.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(measurement.consensus(three), measurement.consensus(shuffled))


def test_twenty_five_years_of_readings_take_less_than_two_seconds():
    months = pd.date_range("2000-01-01", periods=300, freq="MS")
    value = 2500 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.02, 300)))
    frames = [pd.DataFrame({"month": months, "series": s, "print": "single", "value": value * f})
              for s, f in (("eia", 1.05), ("jodi", 1.1), ("opec_secondary", 1.0))]
    measurement.consensus(pd.concat(frames))
    start = time.process_time()
    measurement.consensus(pd.concat(frames))
    assert time.process_time() - start < 2


@pytest.mark.parametrize(("change", "message"), [
    ({"value": 0.0}, "must be > 0"), ({"flag": "flat"}, "no monthly reading"), ({"series": "guess"}, "no monthly"),
])
def test_readings_that_say_nothing_are_refused(truth, change, message):
    with pytest.raises(ValueError, match=message):
        measurement.consensus(readings(truth, "eia").assign(**change))


def test_capacity_bridges_a_blackout_and_is_output_elsewhere(three):
    found = measurement.consensus(three)
    dark = found.copy()
    dark.iloc[110, 0] *= 0.7
    capacity = measurement.capacity(dark, [dark.index[110]])
    assert abs(capacity["level"].iloc[110] / found["level"].iloc[110] - 1) < 0.05
    np.testing.assert_allclose(capacity["level"].iloc[:110], found["level"].iloc[:110], rtol=1e-4)
    assert capacity["se"].iloc[110] > capacity["se"].iloc[108]


def test_a_blackout_at_the_end_leaves_capacity_on_its_trend():
    index = pd.date_range("2015-01-01", periods=51, freq="MS")
    level = 2400 * 0.98 ** np.arange(51.0)
    level[-1] *= 0.6
    capacity = measurement.capacity(pd.DataFrame({"level": level, "se": 10.0}, index=index), ["2019-03"])
    assert level[-1] < capacity["level"].iloc[-1] < level[-2]


def test_capacity_is_never_below_what_was_produced(three):
    found = measurement.consensus(three)
    capacity = measurement.capacity(found, ["2015-03", "2015-04", "2018-07"])
    assert (capacity["level"] >= found["level"] * (1 - 1e-4)).all()


def test_capacity_needs_months_that_were_not_blocked(three):
    found = measurement.consensus(three)
    with pytest.raises(ValueError, match="12 unblocked months"):
        measurement.capacity(found, list(found.index))
