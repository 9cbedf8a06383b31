"""One forecaster for any monthly series, and how its distributions are scored."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from vzmodel import evaluation, forecasting, scoring
from vzmodel.forecasting import Recipe, _bands, _evidence, _experts, forecast


def output(months: int = 120, drift: float = -0.01, sd: float = 0.02, seed: int = 3) -> pd.Series:
    index = pd.period_range("2008-01", periods=months, freq="M")
    steps = np.random.default_rng(seed).normal(drift, sd, months)
    return pd.Series(2500 * np.exp(np.cumsum(steps)), index=index, name="output")


def test_a_forecast_starts_the_month_after_the_last_reading_in_the_index_it_was_given():
    by_period, by_date = output(), output().set_axis(output().index.to_timestamp())
    assert forecast(by_period, 6).index[0] == pd.Period("2018-01", "M")
    assert forecast(by_date, 6).index[0] == pd.Timestamp("2018-01-01")
    assert forecast(by_date, 6).index.name == "month"


def test_quantiles_do_not_cross_and_widen_with_time():
    table = forecast(output(), 24)
    assert (np.diff(table.to_numpy(), axis=1) > 0).all()
    width = np.log(table[0.9] / table[0.1])
    assert width.is_monotonic_increasing


def test_falling_output_is_forecast_to_fall_more_slowly_each_year():
    median = forecast(output(drift=-0.02), 36)[0.5]
    fall = -np.diff(np.log(median.to_numpy()))
    assert fall[:12].sum() > 0
    assert fall[:12].sum() > fall[-12:].sum()


def test_the_forecast_is_the_quantiles_of_its_draws():
    draws = forecast.simulate(output(), 12, seed=4)
    assert draws.shape == (12, 4000)
    np.testing.assert_array_equal(forecast(output(), 12, seed=4)[0.9], np.quantile(draws, 0.9, axis=1))


def test_the_same_seed_gives_the_same_futures_and_a_longer_one_starts_alike():
    short, long = forecast.simulate(output(), 6, draws=500), forecast.simulate(output(), 18, draws=500)
    np.testing.assert_array_equal(short, long[:6])
    assert not np.array_equal(short, forecast.simulate(output(), 6, draws=500, seed=1))


def test_more_draws_keep_the_first_ones():
    few, many = forecast.simulate(output(), 3, draws=1000), forecast.simulate(output(), 3, draws=3000)
    np.testing.assert_array_equal(few, many[:, :1000])


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 100), st.integers(0, 50))
def test_barrels_or_tonnes_the_forecast_is_the_same(factor, seed):
    series = output(60, seed=seed)
    np.testing.assert_allclose(forecast.simulate(series * factor, 6, draws=200),
                               factor * forecast.simulate(series, 6, draws=200), rtol=1e-6)


def test_no_month_passes_a_ceiling_and_the_result_says_so():
    series = output(drift=0.01)
    top = 1.05 * series.iloc[-1]
    table = forecast(series, 24, ceiling=top)
    assert table.to_numpy().max() <= top * (1 + 1e-12)
    assert table.attrs["ceiling"] == top
    assert forecast(series, 24).attrs["ceiling"] is None
    assert (evaluation.no_change.simulate(series, 24, ceiling=top) <= top).all()


def logs(series: pd.Series) -> np.ndarray:
    return np.log(series.to_numpy())


def test_one_month_of_strike_does_not_make_the_trend():
    calm = output(sd=0.005)
    struck = calm.copy()
    struck.iloc[-4:] *= 0.3
    fall = [_experts.drift(logs(s), *_experts.bounds(logs(s), 2.0), 12)[-1] for s in (calm, struck)]
    assert fall[1] > 2 * fall[0]


def test_a_quiet_year_after_a_wild_decade_narrows_the_band():
    wild = np.random.default_rng(0).normal(0, 0.06, 108)
    quiet = np.random.default_rng(1).normal(0, 0.01, 12)
    steps = np.r_[wild, quiet]
    after, before = (_experts.fit(np.cumsum(s), 1, Recipe()).spread[0] for s in (steps, wild))
    assert after < 0.6 * before


def test_what_goes_on_falling_is_trusted_to_and_what_swings_is_not():
    steps = np.random.default_rng(5).normal(0, 0.02, 240)
    falling = 0.9 * np.convolve(steps, 0.9 ** np.arange(60))[:240] - 0.01
    noise = np.random.default_rng(6).normal(0, 0.05, 240)
    trusted = [_experts._learned(y, Recipe()).weights[-1, 1, 0] for y in (np.cumsum(falling), noise)]
    assert trusted[0] > 0.5 > 5 * trusted[1]


def test_the_forecast_of_a_past_month_is_the_one_made_with_what_was_known_then():
    y = logs(output(200))
    past, then = _experts.past(y, Recipe()), _experts.fit(y[:150], 24, Recipe())
    np.testing.assert_allclose(past.centre[149], then.centre[_experts.GRID - 1])
    np.testing.assert_allclose(past.spread[149], then.spread[_experts.GRID - 1])


def test_falls_that_follow_falls_are_wider_over_a_year_than_their_months_say():
    steps = np.random.default_rng(5).normal(0, 0.02, 240)
    lasting = 0.9 * np.convolve(steps, 0.9 ** np.arange(60))[:240]
    for path, ratio in ((steps, (0.3, 2.0)), (lasting, (3.0, 12.0))):
        y = np.cumsum(path)
        low, high = _experts.bounds(y, 100.0)
        variance = _bands.volatility(y, low, high, 0 * y, 100.0, 120)[60:].mean(axis=0)
        month, year = (variance[_bands.MEASURES.index(m)] for m in ((1, 15.0), (12, 6.0)))
        assert ratio[0] < year / month < ratio[1]


def test_a_drift_no_larger_than_its_noise_counts_half_and_a_steady_one_in_full():
    noisy, steady = np.zeros(13), np.zeros(13)
    noisy[1:], steady[1:] = np.cumsum([0.04, -0.02] * 6), np.cumsum([0.011, 0.009] * 6)
    wide = np.full(13, 1.0)
    for y, change in ((noisy, [0.04, -0.02] * 6), (steady, [0.011, 0.009] * 6)):
        mean, error = np.mean(change), np.var(change, ddof=1) / 12
        assert _experts.shrunk(y, -wide, wide)[-1] == pytest.approx(mean**3 / (mean**2 + error))
    assert _experts.shrunk(steady, -wide, wide)[-1] > 0.99 * 0.01
    assert _experts.shrunk(noisy, -wide, wide)[-1] < 0.6 * 0.01


def test_twice_the_error_is_evidence_against_a_member_and_grows_with_the_months_seen():
    loss = np.ones((200, 5, 2)) * np.array([1.0, 2.0])
    fixed, odds = _evidence.weights(loss, 60.0, 0.0, 2.0), _evidence.weights(loss, 60.0, 0.0)
    assert (fixed[_evidence.FIRST_SCORED] == 0.5).all()
    assert fixed[-1, 0, 0] == pytest.approx(4 / 5, abs=0.03)
    assert odds[-1, 0, 0] > 0.999 > odds[-1, 4, 0] > fixed[-1, 4, 0]


@pytest.mark.parametrize("ingredient", list(forecasting.INGREDIENTS))
def test_a_forecast_without_an_ingredient_is_another_one(ingredient):
    series = output(160)
    assert (forecasting.without(ingredient)(series, 24) != forecast(series, 24)).any().any()


def test_an_unknown_ingredient_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="clipping, damping"):
        forecasting.without("luck")


def test_four_in_five_outcomes_of_two_hundred_simulated_series_fall_in_the_band_of_four_in_five():
    random = np.random.default_rng(11)
    hits = []
    for _ in range(200):
        calm = np.exp(np.cumsum(random.normal(0, 0.1, 224)) / 2) * 0.02
        steps = random.standard_t(5, 224) * calm * np.sqrt(3 / 5) + 0.004 * np.sin(np.arange(224) / 40)
        y = np.cumsum(steps) + random.normal(0, 0.01, 224)
        fit = _experts.fit(y[:200], 24, Recipe())
        half = fit.spread * student.ppf(0.9, Recipe().degrees) / student.std(Recipe().degrees)
        hits.append(np.abs(y[200:] - fit.centre) <= half)
    share = np.mean(hits, axis=0)
    for around in (slice(0, 2), slice(1, 4), slice(4, 8), slice(9, 15), slice(20, 24)):
        assert 0.75 < share[around].mean() < 0.85


def test_three_hundred_months_are_forecast_in_less_than_three_tenths_of_a_second():
    series = output(300)
    forecast(series, 24)
    start = time.process_time()
    forecast(series, 24, seed=1)
    assert time.process_time() - start < 0.3


def event(*rows: tuple, **more: list) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["name", "shape", "start", "end"]).assign(**more)


def test_a_licence_to_come_lifts_the_median_by_its_effect_from_its_month_on():
    series = output()
    without, with_ = forecast(series, 12)[0.5], forecast(series, 12, interventions=event(
        ("licence", "step", "2018-07", None), effect=[np.log(1.25)]))[0.5]
    np.testing.assert_allclose(with_ / without, [1.0] * 6 + [1.25] * 6)


def test_half_of_a_ramp_that_has_begun_is_still_to_come():
    series = output()
    table = event(("funding", "ramp", "2017-10", "2018-03"), effect=[-0.6])
    gain = forecast.simulate(series, 12, interventions=table)[-1] / forecast.simulate(series, 12)[-1]
    assert np.median(gain) < np.exp(-0.25)


def test_a_month_of_strike_that_is_named_comes_back_and_one_that_is_not_may_last():
    series = output(sd=0.01)
    series.iloc[-1] *= 0.5
    named = forecast(series, 6, interventions=event(("strike", "pulse", "2017-12", "2017-12")))
    assert named[0.5].iloc[0] == pytest.approx(series.iloc[-2], rel=0.1)
    assert forecast(series, 6)[0.5].iloc[0] < 0.75 * series.iloc[-2]


def test_a_step_taken_out_of_the_past_leaves_today_where_it_is_and_the_band_narrower():
    calm = output(sd=0.01)
    cut = calm * np.where(np.arange(120) >= 110, 0.7, 1.0)
    table = event(("market lost", "step", "2017-03", None))
    plain, told = forecast(cut, 12), forecast(cut, 12, interventions=table)
    assert told[0.5].iloc[0] == pytest.approx(cut.iloc[-1], rel=0.05)
    assert np.log(told[0.9] / told[0.1]).iloc[-1] < 0.8 * np.log(plain[0.9] / plain[0.1]).iloc[-1]


def test_an_effect_that_is_unsure_widens_only_the_months_it_acts_on():
    table = event(("licence", "step", "2018-07", None), effect=[0.2], se=[0.3])
    sure, unsure = (forecast(output(), 12, interventions=t) for t in (table.assign(se=0.0), table))
    width = [np.log(t[0.9] / t[0.1]) for t in (sure, unsure)]
    np.testing.assert_allclose(width[0].iloc[:6], width[1].iloc[:6])
    assert (width[1].iloc[6:] > 1.5 * width[0].iloc[6:]).all()


def test_more_draws_keep_the_first_ones_with_interventions_too():
    table = event(("licence", "step", "2018-02", None), ("strike", "pulse", "2017-01", "2017-01"),
                  effect=[0.2, np.nan], se=[0.1, np.nan])
    few, many = (forecast.simulate(output(), 6, draws=n, interventions=table) for n in (1000, 3000))
    np.testing.assert_array_equal(few, many[:, :1000])


def test_no_event_and_none_that_counts_change_nothing():
    series = output()
    for table in (event(), event(("old", "step", "1999-01", None))):
        np.testing.assert_array_equal(forecast(series, 6, interventions=table), forecast(series, 6))


@pytest.mark.parametrize(("table", "message"), [
    (event(("licence", "step", "2019-01", None)), "'licence' starts 2019-01, after the last value of 2017-12"),
    (event(("x", "dip", "2015-01", None)), "none of pulse"),
    (event(("x", "ramp", "2015-01", None)), "has no end"),
    (event(("x", "pulse", "2015-05", "2015-01")), "before it starts"),
    (event(("x", "step", "2015-01", None), ("x", "step", "2016-01", None)), "comes twice"),
    (event(("x", "step", "2015-01", None), effect=[np.inf]), "must be finite"),
    (event(("x", "step", "2015-01", None), effect=[0.1], se=[-1.0]), "must be finite"),
    (event(("x", "step", "2015-01", None)).drop(columns="shape"), "no column 'shape'"),
])
def test_an_intervention_that_cannot_be_used_is_refused(table, message):
    with pytest.raises(ValueError, match=message):
        forecast(output(), 6, interventions=table)


def broken(kind: str) -> pd.Series:
    good = output(60)
    return {
        "gap": good.drop(good.index[30]), "hole": good.where(np.arange(60) != 30), "zero": good * (np.arange(60) != 9),
        "negative": good - 3000, "short": good.iloc[:35], "constant": good * 0 + 500,
        "twice": pd.concat([good, good.iloc[-1:]]), "quarters": good.set_axis(good.index.asfreq("M").asfreq("Q")[:60]),
        "numbers": good.reset_index(drop=True),
    }[kind]


@pytest.mark.parametrize(("kind", "message"), [
    ("gap", "1 gaps, the first at 2010-07"), ("hole", "gaps"), ("zero", "must be > 0"), ("negative", "must be > 0"),
    ("short", "needs 36"), ("constant", "throughout"), ("twice", "more than once"), ("quarters", "not months"),
    ("numbers", "DatetimeIndex"),
])
def test_a_series_that_cannot_be_forecast_is_refused_with_the_reason(kind, message):
    with pytest.raises(ValueError, match=message):
        forecast(broken(kind), 6)


@pytest.mark.parametrize(("request_", "message"), [
    ({"months": 0}, "months is 0"), ({"ceiling": 1.0}, "ceiling 1 is below"), ({"quantiles": (0.5, 1.0)}, "quantile 1"),
])
def test_a_request_that_makes_no_sense_is_refused(request_, message):
    with pytest.raises(ValueError, match=message):
        forecast(output(60), **request_)


def test_empty_months_at_the_ends_are_not_gaps():
    series = output(60)
    padded = series.reindex(pd.period_range("2007-06", "2013-06", freq="M"))
    np.testing.assert_array_equal(forecast(padded, 6), forecast(series, 6))


def test_a_sure_and_right_forecast_scores_zero_and_one_draw_its_error():
    assert scoring.crps(850.0, np.full(10, 850.0)) == pytest.approx(0)
    assert scoring.crps(850.0, [800.0]) == 50
    assert scoring.pinball(850.0, [800.0], [0.5]) == pytest.approx(50)


def test_many_quantiles_score_as_the_crps_does():
    draws = np.random.default_rng(2).normal(800, 50, 20000)
    q = (np.arange(199) + 0.5) / 199
    quantile_score = scoring.pinball(870.0, np.quantile(draws, q), q)
    assert quantile_score == pytest.approx(scoring.crps(870.0, draws), rel=0.02)


def test_overlapping_forecasts_are_less_evidence_than_as_many_apart():
    hit = np.repeat([1.0, 0.0, 1.0, 1.0, 0.0], 12)
    apart, together = (scoring.coverage(hit, hit * 0 + 0.5, hit * 0 + 1.5, overlap=n) for n in (1, 12))
    assert apart.share == together.share == pytest.approx(0.6)
    assert together.se > 2 * apart.se


@pytest.mark.parametrize("call", [
    lambda: scoring.crps([1.0, 2.0], [1.0, 2.0]), lambda: scoring.pinball(1.0, [1.0], [0.5, 0.9]),
    lambda: scoring.pinball(1.0, [1.0], [1.5]), lambda: scoring.coverage([], [], []),
])
def test_scores_refuse_shapes_that_do_not_fit(call):
    with pytest.raises(ValueError):
        call()
