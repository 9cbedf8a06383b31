"""The methods one by one, on output whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vzmodel import streams
from vzmodel.causal import attribution, breaks, check, losses, methods, structural, synthetic

AT = pd.Period("2017-08", "M")
MONTHS = pd.period_range("2004-01", "2020-12", freq="M")
T = np.array([(m - AT).n for m in MONTHS], float)


def path(slope: float, jump: float = 0.0, bend: float = 0.0, noise: float = 5.0) -> pd.Series:
    value = 2000 + slope * T + (T >= 0) * (jump + bend * T) + np.random.default_rng(1).normal(0, noise, len(T))
    return pd.Series(value, index=MONTHS)


def producers(count: int = 12, seed: int = 3) -> pd.DataFrame:
    g = np.random.default_rng(seed)
    logs = np.log(1000) + np.cumsum(g.normal(0, 0.01, (len(T), count)), axis=0) + T[:, None] * g.normal(0, 1e-3, count)
    return pd.DataFrame(np.exp(logs), MONTHS, [f"P{i:02d}" for i in range(count)])


def test_a_break_put_into_a_series_is_found_at_its_size():
    params, cov = breaks.discontinuity(path(-5, jump=-130, bend=-20), AT)
    assert params[2] == pytest.approx(-130, abs=10)
    assert params[3] == pytest.approx(-20, abs=1)
    assert (np.diag(cov) > 0).all()


def test_errors_of_the_break_are_those_of_newey_and_west():
    from statsmodels.regression.linear_model import OLS

    series = path(-5, jump=-50, noise=30).loc[AT - 28 : AT + 27]
    t = np.arange(-28, 28.0)
    x = np.column_stack([np.ones(56), t, t >= 0, t * (t >= 0)])
    wanted = OLS(series.to_numpy(), x).fit(cov_type="HAC", cov_kwds={"maxlags": 6, "use_correction": True})
    params, cov = breaks.discontinuity(series, AT)
    np.testing.assert_allclose(params, wanted.params, rtol=1e-8)
    np.testing.assert_allclose(cov, wanted.cov_params(), rtol=1e-6)


def test_a_steady_decline_is_no_break():
    found = methods.by_break(path(-5), AT, MONTHS[MONTHS >= AT], None, draws=200, seed=1)
    assert abs(np.median(found.effect[-1])) < 15
    assert found.placebo_dates > 0.05


def test_too_short_a_record_finds_nothing_rather_than_something():
    assert breaks.discontinuity(path(-5).loc["2017-06":], AT) is None


def test_output_lost_against_its_trend_is_found_and_the_month_of_the_blackout_is_left_out():
    at = pd.Period("2019-01", "M")
    months = pd.period_range("2016-01", "2019-12", freq="M")
    t = np.arange(len(months))
    value = 2000 * np.exp(-0.02 * t) * np.where(months > at, 0.8, 1.0)
    value[months == pd.Period("2019-03", "M")] *= 0.5
    noisy = pd.Series(value * np.exp(np.random.default_rng(0).normal(0, 1e-3, len(t))), index=months)
    effect, se = breaks.interrupted(noisy, at, pd.Period("2019-03", "M"))
    assert effect == pytest.approx(np.log(0.8), abs=0.01)
    assert se < 0.02


def test_a_producer_that_moves_as_two_others_together_is_matched_by_them():
    others = producers()
    mine = np.sqrt(others["P00"] * others["P05"])
    fit = synthetic.fit(mine, others, "2004-01", AT)
    assert fit.weights[["P00", "P05"]].to_numpy() == pytest.approx([0.5, 0.5], abs=1e-3)
    assert fit.rmspe < 1e-3


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.01, 1.0]))
def test_weights_are_shares(seed, penalty):
    others = producers(seed=seed)
    weights = synthetic.fit(others["P00"] ** 0.5 * 30, others.drop(columns="P00"), "2008-01", AT, penalty).weights
    assert (weights >= 0).all() and weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("penalty", [0.0, 0.1])
def test_the_weights_are_those_of_pysyncon(penalty):
    pysyncon = pytest.importorskip("pysyncon")
    others = producers(8)
    own = synthetic.fit(others["P00"], others.drop(columns="P00"), "2010-01", AT, penalty).weights
    logs = np.log(others.loc["2010-01" : AT - 1])
    logs -= logs.mean()
    x0, x1 = logs.drop(columns="P00"), logs["P00"]
    if penalty:
        model = pysyncon.PenalizedSynth()
        model.fit(X0=x0, X1=x1, lambda_=penalty)
    else:
        model = pysyncon.Synth()
        model.fit(X0=x0, X1=x1, Z0=x0, Z1=x1, custom_V=np.ones(len(x0)))
    np.testing.assert_allclose(own, pd.Series(model.W, x0.columns), atol=2e-3)


def test_a_producer_that_loses_a_third_is_told_from_those_that_do_not():
    others = producers()
    mine = np.sqrt(others["P00"] * others["P05"]) * np.exp(np.where(T >= 0, np.log(2 / 3), 0.0))
    mine *= np.exp(np.random.default_rng(2).normal(0, 0.01, len(T)))
    wide = others.assign(VEN=mine)
    found = methods.by_synthetic(mine, AT, MONTHS[MONTHS >= AT], wide, draws=300, seed=1, start="2004-01")
    assert np.median(found.effect[-1]) == pytest.approx(-mine.iloc[-1] / 2, rel=0.15)
    assert found.placebo_countries == pytest.approx(1 / 13)


def test_too_few_donors_are_refused():
    with pytest.raises(ValueError, match="3 donors"):
        synthetic.fit(path(-5), producers(3), "2004-01", AT)


def test_the_structural_series_goes_on_as_before_and_its_draws_spread():
    months = MONTHS[MONTHS >= AT]
    shocks = {"start": streams.normal(1, "a", (2,), draws=400),
              "path": streams.normal(1, "b", (len(months), 3), draws=400)}
    logs, fitted = structural.counterfactual(path(-5), AT, months, shocks)
    assert np.median(np.exp(logs[11])) == pytest.approx(2000 - 5 * 11, rel=0.03)
    assert np.std(logs[-1]) >= np.std(logs[0])
    assert (fitted.variances >= 0).all()


def test_every_cause_starts_with_an_event_of_the_table():
    from vzmodel.data import load_tables

    tables = load_tables()
    table = attribution.register(tables)
    assert (table.loc[table["shape"].isin(["ramp", "pulse"]), "event"].str.len() > 10).all()
    broken = {**tables, "events": tables["events"][tables["events"]["date"] != "2017-08-24"]}
    with pytest.raises(ValueError, match="2017-08-24"):
        attribution.register(broken)


def test_a_national_failure_of_a_day_in_all_states_takes_a_day_of_the_month():
    row = {"kind": "blackout", "scope": "national", "start": "2019-03-07", "hours_low": 24, "hours_high": 24,
           "states_low": 23, "states_high": 23}
    months = pd.period_range("2019-02", periods=2, freq="M")
    assert attribution.outage_hours(pd.DataFrame([row]), months) == pytest.approx([0, 1 / 31])


def test_a_month_is_valued_at_brent_less_a_gap_quoted_for_it():
    months = pd.period_range("2019-01", periods=2, freq="M")
    prices = pd.DataFrame({"series": "brent", "month": months.to_timestamp(), "value": [60.0, 70.0]})
    gaps = pd.DataFrame({"start": pd.to_datetime(["2019-01-01"] * 2), "end": pd.to_datetime(["2019-01-31"] * 2),
                         "basis": ["fob", "delivered"], "benchmark": "brent", "low": [8.0, 30.0], "high": [12.0, 30.0],
                         "unit": "USD/bbl"})
    price = losses.realised_price(prices, gaps, months, np.array([0.2, 0.9]), np.array([0.0, 1.0]))
    assert price.tolist() == [[52.0, 48.0], [62.0, 58.0]]


def test_a_month_far_from_any_quote_is_refused():
    months = pd.period_range("2005-01", periods=1, freq="M")
    prices = pd.DataFrame({"series": ["brent"], "month": months.to_timestamp(), "value": [60.0]})
    gaps = pd.DataFrame({"start": pd.to_datetime(["2019-01-01"]), "end": pd.to_datetime(["2019-01-31"]), "low": [8.0],
                         "basis": ["fob"], "benchmark": ["brent"], "high": [12.0], "unit": ["USD/bbl"]})
    with pytest.raises(ValueError, match="2005-01"):
        losses.realised_price(prices, gaps, months, np.array([0.5]), np.array([0.5]))


def test_a_known_effect_is_found_in_made_up_worlds():
    table = check.self_test(2, draws=60).set_index("method")
    assert len(table) == 5
    assert (table["error"] < 0.5).all()
    assert table[["coverage", "false_positive"]].stack().between(0, 1).all()


def test_a_test_without_worlds_is_refused():
    with pytest.raises(ValueError, match="samples=0"):
        check.self_test(0)


@pytest.mark.slow
def test_bands_hold_what_they_state_in_made_up_worlds():
    table = check.self_test(40).set_index("method")
    # 40 worlds: the standard error of a coverage of 0.8 is 0.06
    assert (table["coverage"] > 0.8 - 2.5 * 0.063).all()
