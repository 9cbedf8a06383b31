"""Capacity: what starts it, what spending adds, how far it fell."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vzmodel import data, production
from vzmodel.assumptions import load_assumptions
from vzmodel.model import _revisions


def history(months: int = 160, drift: float = -0.01, sd: float = 0.02) -> pd.DataFrame:
    index = pd.date_range("2010-01-01", periods=months, freq="MS", name="month")
    level = 2500 * np.exp(np.cumsum(np.random.default_rng(8).normal(drift, sd, months)))
    return pd.DataFrame({"production": level, "production_se": 0.01 * level}, index=index)


def spread(frame: pd.DataFrame, months: int) -> np.ndarray:
    """Return log deviations of the kernel's paths by month."""
    shocks = np.random.default_rng(1).normal(size=(months, len(frame)))
    draw = {name: frame[name].to_numpy() for name in frame}
    path = production.capacity(
        draw["capacity_level"], draw["capacity_drift"], np.full(len(frame), production.RECIPE.damping),
        draw["capacity_volatility"], draw["capacity_long_volatility"], draw["capacity_calming"], shocks)  # fmt: skip
    return np.log(path).std(axis=1)


def test_the_chain_spreads_as_wide_as_the_forecast_it_was_fitted_to():
    past = history()
    frame = production.estimate(past, [], 4096)
    own = production._experts.fit(np.log(past["production"].to_numpy()), 24, production.RECIPE).spread
    drawn = spread(frame, 24)
    assert drawn[0] == pytest.approx(np.hypot(own[0], 0.01), rel=0.1)
    assert drawn[23] == pytest.approx(np.hypot(own[23], 0.01), rel=0.1)


def test_a_fall_that_stays_a_fall_is_an_unsure_drift_and_not_wilder_months():
    frame = production.estimate(history(), [], 2048)
    longer = production.estimate(history(), [], 2048, (1.0, 3.0))
    assert longer["capacity_drift"].std() > 2 * frame["capacity_drift"].std()
    assert longer["capacity_long_volatility"].median() == pytest.approx(longer["capacity_volatility"].median())


def test_a_drift_that_fades_sooner_starts_steeper():
    slow, soon = (production.estimate(history(drift=-0.03), [], 512, damping=d).median() for d in (0.99, 0.9))
    assert soon["capacity_drift"] < slow["capacity_drift"] < 0


def test_past_errors_twice_those_expected_double_the_bands():
    once, twice = (production.estimate(history(), [], 4096, (f, f)) for f in (1.0, 2.0))
    np.testing.assert_allclose(spread(twice, 24), 2 * spread(once, 24), rtol=0.08)


def test_starts_that_agreed_do_not_make_the_level_surer_than_its_readings():
    level = [production.estimate(history(), [], 4096, (f, f))["capacity_level"] for f in (0.7, 1.0)]
    assert np.log(level[0]).std() == pytest.approx(np.log(level[1]).std())


def test_a_shut_in_that_lasts_leaves_it_open_how_much_is_lost():
    past = history()
    past.iloc[-3:, 0] *= 0.6
    held = [pd.Period(m, "M") for m in past.index[-3:]]
    error = [production.estimate(past, b, 2048)["capacity_level"] for b in ([], held)]
    assert np.log(error[1]).std() > 5 * np.log(error[0]).std()
    assert error[1].median() > 1.2 * error[0].median()


def test_bands_widened_after_the_surprises_of_2017_and_2018_and_not_before():
    tables = {name: data.load_tables()[name] for name in ("production", "production_annual")}
    far = [_revisions.band_factors({n: data.known(t, day) for n, t in tables.items()})[1]
           for day in ("2016-01-01", "2019-04-01")]  # fmt: skip
    assert far[0] < 1.1 < 1.5 < far[1]


def test_readings_that_do_not_say_when_they_were_known_leave_the_bands_as_they_are():
    readings = data.load_tables()["production"].drop(columns="published")
    assert _revisions.band_factors({"production": readings}) == (1.0, 1.0)


def test_the_spending_of_the_published_path_gives_its_output():
    table = load_assumptions().table["central"]
    months = pd.period_range("2026-01", "2040-12", freq="M")
    yearly = 183 / 15
    one = np.ones(1)
    gain = production.investment_gain(
        np.full((len(months), 1), yearly), table["investment"] * one, table["investment_lag"] * one,
        table["capacity_cost_first"] * one, table["capacity_cost_next"] * one,
        table["capacity_first_tranche"] * one, table["upkeep_rate"] * one)[:, 0]  # fmt: skip
    output = pd.Series(1100 + gain, index=months)
    assert output["2028-12"] == pytest.approx(1400, rel=0.12)
    assert output["2032-12"] == pytest.approx(2000, rel=0.12)
    assert output["2040-12"] == pytest.approx(3000, rel=0.08)


def test_fifty_three_billion_over_fifteen_years_holds_output_and_nothing_loses_a_sixth_a_year():
    table = load_assumptions().table["central"]
    one = np.ones(1)
    rest = [table[n] * one for n in ("investment_lag", "capacity_cost_first", "capacity_cost_next",
                                     "capacity_first_tranche", "upkeep_rate")]  # fmt: skip
    spent = np.full((180, 1), 53 / 15)
    flat = production.investment_gain(spent, table["investment"] * one, *rest)
    kept = production.neglect(spent, table["investment"] * one, table["investment_lag"] * one,
                              table["natural_decline"] * one)  # fmt: skip
    assert (1100 * kept + flat).ravel()[[59, 119, 179]] == pytest.approx(1100, rel=0.03)
    left = production.neglect(np.zeros((180, 1)), 53 / 15 * one, one, table["natural_decline"] * one)[:, 0]
    assert 0.07 < 1 - left[-1] / left[-13] < 0.25


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 0.5))
def test_spending_less_never_leaves_more_capacity_and_never_takes_all_of_it(a, b, decline):
    one = np.ones(1)
    less, more = (production.neglect(np.full((600, 1), spent), 3 * one, 12 * one, decline * one)
                  for spent in sorted((a, b)))  # fmt: skip
    assert (less <= more + 1e-12).all() and (less > 0).all()
    assert (np.diff(less, axis=0) <= 0).all()


def test_the_fall_since_2002_is_stated_by_source_with_its_error():
    table = production.decline("2002-01").set_index("source")
    row = table.loc["consensus"]
    assert row["lowest_month"].year == 2020
    assert row["lowest_kbd"] < 450
    assert row["change_pct_low"] < row["change_pct"] < row["change_pct_high"]


def test_the_government_count_fell_57_percent_to_february_2019():
    readings = data.load_history().loc[:"2019-02"]
    row = production.decline("2002-01", readings).set_index("source").loc["government (JODI)"]
    assert row["change_pct"] == pytest.approx(-57, abs=1.5)


def by_area(*rows: tuple[str, float]) -> dict[str, pd.DataFrame]:
    area = pd.DataFrame(rows, columns=["period", "value"]).assign(area="orinoco_belt", published="2021-01-01")
    return {"production_by_area": area}


def test_a_belt_that_halves_in_five_years_loses_thirteen_per_cent_a_year_and_the_rest_the_difference(monkeypatch):
    levels = pd.DataFrame({"production": 2000.0}, index=pd.date_range("2010-01-01", "2020-12-01", freq="MS"))
    monkeypatch.setattr(data, "history", lambda tables: levels)
    rows = by_area(("2012-06", 1000.0), ("2012-07", 1000.0 * np.exp(0.2)), ("2017-06", 500.0))
    found = production.decline_by_area(tables=rows)
    assert found.loc["orinoco_belt", "rate_pct"] == pytest.approx(100 * (0.5**0.2 - 1), abs=0.05)
    assert found.loc["elsewhere", "last_kbd"] == 1500
    assert found.loc["elsewhere", "rate_pct"] == pytest.approx(100 * (1.5**0.2 - 1), abs=0.05)
    assert found["reading_se"].unique() == pytest.approx([0.2 / np.sqrt(2)])


def test_of_the_record_the_belt_and_the_older_fields_both_fell_by_a_tenth_to_a_quarter_a_year_to_2019():
    found = production.decline_by_area(until="2019-09")
    assert (found.loc[["orinoco_belt", "elsewhere"], "rate_pct"] < -10).all()
    assert found.loc["orinoco_belt", "rate_pct_low"] < -25 < -12 < found.loc["orinoco_belt", "rate_pct_high"]


@pytest.mark.parametrize(("window", "message"), [
    ({"since": "2013", "until": "2014"}, "1 readings"), ({"since": "2030"}, "0 readings"), ({"since": "soon"}, "soon"),
])
def test_a_rate_of_a_window_without_two_readings_is_refused(window, message):
    with pytest.raises(ValueError, match=message):
        production.decline_by_area(**window)
