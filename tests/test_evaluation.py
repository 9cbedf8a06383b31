"""Forecasts made again as of past days, and published ones beside them."""

import json
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from typer.testing import CliRunner

from vzmodel import charts, data, evaluation, forecasting, scoring
from vzmodel.cli import app
from vzmodel.evaluation._periods import standard_error
from vzmodel.evaluation._scoreboard import summary
from vzmodel.evaluation._targets import issue_day
from vzmodel.forecasting import _experts, forecast


@pytest.fixture(scope="module")
def joined() -> pd.Series:
    history = data.load_history()
    joined = pd.concat([history["production_jodi"].loc[:"2016"], history["production_eia"].loc["2017":]])
    return joined.dropna()


@pytest.fixture(scope="module")
def scores(joined) -> pd.DataFrame:
    return evaluation.backtest(joined, forecast, step=3).groupby("horizon")[["pinball", "covered"]].mean()


def test_the_trend_beats_no_change_at_every_horizon(joined, scores):
    naive = evaluation.backtest(joined, evaluation.no_change, step=3)["pinball"].groupby("horizon").mean()
    assert (scores["pinball"] < naive).all()


def test_errors_stay_near_what_was_measured(scores):
    np.testing.assert_allclose(scores["pinball"], [0.0179, 0.0357, 0.0515, 0.0766, 0.162], rtol=0.08)


def test_four_in_five_outcomes_fall_within_the_band_of_four_in_five(scores):
    assert scores["covered"].between(0.7, 0.9).all()


def test_a_backtest_never_sees_past_its_origin(joined):
    changed = joined.copy()
    changed.iloc[-30:] *= 3
    before = {"last": str(joined.index[-31].date()), "first": "2015-01", "step": 24, "horizons": [1]}
    columns = ["p10", "p50", "p90"]
    was, now = (evaluation.backtest(s, forecast, **before)[columns] for s in (joined, changed))
    pd.testing.assert_frame_equal(was, now)


def test_a_function_of_the_day_receives_each_day_and_its_lag_is_nowcast(joined):
    seen = []

    def known(day: pd.Timestamp) -> pd.Series:
        seen.append(day)
        return joined.loc[: day - pd.DateOffset(months=3)]

    scores = evaluation.backtest(known, forecast, outcome=joined, first="2018-01", last="2018-03", horizons=[1, 6])
    assert seen == list(pd.date_range("2018-01-01", periods=3, freq="MS"))
    assert scores.index.names == ["origin", "horizon"]
    assert scores.loc[(pd.Timestamp("2018-01-01"), 1), "outcome"] == joined.loc["2018-01-01"]


def test_a_backtest_without_an_outcome_says_so(joined):
    with pytest.raises(ValueError, match="has an outcome"):
        evaluation.backtest(joined, forecast, first=joined.index[-1], last=joined.index[-1])
    with pytest.raises(ValueError, match="first= and last="):
        evaluation.backtest(lambda day: joined, forecast, outcome=joined)
    with pytest.raises(ValueError, match="1 or more"):
        evaluation.backtest(joined, forecast, horizons=[0])


def told(outcome, p50, *, low=0.9, high=1.1, last=100.0, first="2019-01", horizon=1) -> pd.DataFrame:
    """Make the table of a backtest from outcomes and medians [kb/d]."""
    came, guess = np.asarray(outcome, float), np.broadcast_to(np.asarray(p50, float), len(outcome))
    origin = pd.date_range(first, periods=len(came), freq="MS")
    inside = (came >= low * guess) & (came <= high * guess)
    return pd.DataFrame(
        {"crps": np.abs(came - guess), "pinball": np.abs(np.log(came / guess)), "p10": low * guess, "p50": guess,
         "p90": high * guess, "outcome": came, "covered": inside.astype(float), "width": high - low,
         "pit": 0.5 + 0.4 * np.sign(came - guess), "no_change_error": came - last},
        index=pd.MultiIndex.from_product([origin, [horizon]], names=["origin", "horizon"]))  # fmt: skip


def test_a_period_is_summed_up_by_hand():
    # off by 0, 20, 10 and 30 where no change is off by 20, 0, 10 and 50
    found = evaluation.by_period(told([120, 100, 110, 150], [120, 120, 120, 120])).loc[("2019-20", 1)]
    assert found["origins"] == 4 and found["coverage"] == 0.5
    assert found["mase"] == pytest.approx(60 / 80)
    assert (found["below"], found["above"], found["width"]) == (0.25, 0.25, pytest.approx(0.2))
    assert found["pit"] == pytest.approx((0.5 + 0.1 + 0.1 + 0.9) / 4)


def test_each_forecast_belongs_to_the_years_it_was_made_in():
    table = told(np.full(36, 100.0), 100.0, first="2014-01")
    found = evaluation.by_period(table)["origins"].droplevel("horizon")
    assert found.to_dict() == {"all": 36, "2007-14": 12, "2015-18": 24}
    own = evaluation.by_period(table, periods={"fall": ("2014-07", "2015-02")})
    assert own.loc[("fall", 1), "origins"] == 8


def test_two_years_of_forecasts_two_years_ahead_tell_no_standard_error():
    hits = pd.Series([1.0, 0.0] * 12)
    assert np.isnan(standard_error(hits, 24))
    assert standard_error(hits, 1) > 0


@given(st.integers(1, 40))
def test_a_band_that_always_held_is_still_not_sure(count):
    error = standard_error(pd.Series(np.ones(3 * count)), 3)
    assert np.isnan(error) if count < 3 else error == pytest.approx(np.sqrt(1 - 1 / count) / count)


def test_independent_hits_have_the_error_of_a_coin():
    hits = pd.Series((np.random.default_rng(5).random(400) < 0.8).astype(float))
    assert standard_error(hits, 1) == pytest.approx(np.sqrt(0.8 * 0.2 / 400), rel=0.3)


def test_what_is_no_backtest_is_refused(joined):
    with pytest.raises(ValueError, match="needs the table of backtest"):
        evaluation.by_period(pd.DataFrame({"crps": [1.0]}))
    with pytest.raises(ValueError, match="other origins"):
        evaluation.by_period(told([1.0, 2.0], 1.0), told([1.0], 1.0))
    with pytest.raises(ValueError, match="lies in a period"):
        evaluation.by_period(told([1.0], 1.0), periods={"then": ("1950", "1960")})


def test_outcomes_drawn_from_the_forecast_itself_spread_evenly_over_its_tenths():
    rng = np.random.default_rng(3)
    draws, came = rng.lognormal(0, 0.3, (2000, 500)), rng.lognormal(0, 0.3, 2000)
    tenths = np.histogram(scoring.pit(came, draws), np.linspace(0, 1, 11))[0] / 2000
    assert np.abs(tenths - 0.1).max() < 4 * np.sqrt(0.09 / 2000)
    assert scoring.pit(5.0, [5.0, 5.0]) == 0.5


def test_a_backtest_tells_the_width_of_the_band_and_the_error_of_no_change(joined):
    found = evaluation.backtest(joined, forecast, first="2018-01", last="2018-01", horizons=[6])
    row, came = found.iloc[0], float(joined.loc["2018-07"].iloc[0])
    assert row["no_change_error"] == pytest.approx(came - float(joined.loc["2018-01"].iloc[0]))
    assert row["width"] == pytest.approx((row["p90"] - row["p10"]) / row["p50"])
    assert (row["pit"] < 0.5) == (came < row["p50"]) and 0 <= row["pit"] <= 1


def noisy(scale: float, seed: int, horizon: int = 1) -> pd.DataFrame:
    came = 100 + np.random.default_rng(1).normal(0, 1, 120)
    return told(came, came + np.random.default_rng(seed).normal(0, scale, 120), horizon=horizon, first="2010-01")


def test_one_month_ahead_the_test_between_two_forecasters_is_students():
    one, other = noisy(1.0, 7), noisy(1.3, 8)
    expected = stats.ttest_rel(one["crps"], other["crps"])
    found = evaluation.diebold_mariano(one, other, loss="crps").loc[1]
    assert found["statistic"] == pytest.approx(expected.statistic)
    assert found["p"] == pytest.approx(expected.pvalue)


def test_the_test_between_two_forecasters_takes_no_side():
    one, other = noisy(1.0, 7, 6), noisy(1.3, 8, 6)
    there, back = (evaluation.diebold_mariano(*pair).loc[6] for pair in ((one, other), (other, one)))
    assert there["statistic"] == pytest.approx(-back["statistic"]) and there["p"] == pytest.approx(back["p"])
    assert np.isnan(evaluation.diebold_mariano(one, one).loc[6, "p"])


@pytest.mark.slow
def test_equally_good_forecasters_a_year_ahead_are_rarely_told_apart():
    rng, found = np.random.default_rng(2), []
    for _ in range(300):
        # differences of losses a year ahead share eleven months with the next
        apart = np.convolve(rng.normal(size=251), np.ones(12), "valid")
        one = told(np.full(240, 100.0), 100.0, first="2000-01", horizon=12)
        found.append(evaluation.diebold_mariano(one.assign(crps=50 + apart), one.assign(crps=50.0), loss="crps"))
    wrong = (pd.concat(found)["p"] < 0.05).mean()
    assert 0.02 < wrong < 0.10


def test_a_forecaster_with_far_larger_errors_leaves_the_confidence_set():
    pytest.importorskip("arch")
    good = noisy(1.0, 7)
    twin = good.assign(pinball=np.roll(good["pinball"], 1))  # as good, in other months
    found = evaluation.confidence_set({"good": good, "twin": twin, "bad": noisy(4.0, 8)})
    assert found.loc[1, "kept"].to_dict() == {"good": 1, "twin": 1, "bad": 0}


def test_without_arch_the_confidence_set_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "arch.bootstrap", None)
    with pytest.raises(ImportError, match=r"vzmodel\[eval\]"):
        evaluation.confidence_set({"one": noisy(1.0, 7), "other": noisy(1.0, 9)})


def test_forecasters_on_other_months_are_not_compared():
    with pytest.raises(ValueError, match="other origins"):
        evaluation.diebold_mariano(told([1.0, 2.0], 1.0), told([1.0], 1.0))
    with pytest.raises(ValueError, match="no loss 'rmse'"):
        evaluation.diebold_mariano(noisy(1.0, 7), noisy(1.0, 8), loss="rmse")
    with pytest.raises(ValueError, match="two or more"):
        evaluation.confidence_set({"one": noisy(1.0, 7)})


def test_the_bars_of_the_chart_hold_every_forecast_and_its_lines_the_table():
    table = noisy(5.0, 3)
    bars = charts.evaluation.pit(table, horizon=1).patches
    assert sum(bar.get_height() for bar in bars) == pytest.approx(100)
    periods = evaluation.by_period(table)
    drawn = [line.get_ydata()[0] for line in charts.evaluation.coverage(periods).lines if len(line.get_ydata()) == 1]
    assert drawn[: len(periods)] == pytest.approx(list(100 * periods["coverage"]))
    with pytest.raises(ValueError, match="12 months ahead"):
        charts.evaluation.pit(table)


@pytest.mark.parametrize(("target", "first", "count"), [
    ("2019-12", "2019-12", 1), ("2019Q2", "2019-04", 3), ("2018H2", "2018-07", 6), ("2018-H1", "2018-01", 6),
    ("2019", "2019-01", 12),
])
def test_a_target_names_its_months(target, first, count):
    months = evaluation.target_months(target)
    assert (str(months[0]), len(months)) == (first, count)


@pytest.mark.parametrize("target", ["sustained", "2019Q5", "2019-13", "2019 trough", ""])
def test_a_vague_target_names_no_months(target):
    assert evaluation.target_months(target) is None


def published(**change) -> pd.DataFrame:
    row = {"issuer": "A bank", "issued": "2018-06-13", "target": "2019Q2", "quantity": "crude_production",
           "scenario": "base", "value": 1000.0, "unit": "kb/d", "outcome": 764.0}
    return pd.DataFrame([row | change])


def test_a_published_forecast_stands_beside_ours_of_the_same_day():
    score = evaluation.score_published(published()).iloc[0]
    assert score["unscorable"] == ""
    assert score["published_error_pct"] == pytest.approx(100 * (1000 / 764 - 1))
    assert score["ours_p10"] < score["ours_p50"] < score["ours_p90"]
    assert score["ours_error_pct"] == pytest.approx(100 * (score["ours_p50"] / 764 - 1))


def test_ours_uses_nothing_published_after_the_day_of_issue(monkeypatch):
    seen, known = [], data.known
    monkeypatch.setattr(data, "known", lambda table, day: (seen.append(day), known(table, day))[1])
    evaluation.score_published(published(issued="2018-06"))
    assert max(day for day in seen if day is not None) == pd.Timestamp("2018-06-01")


def test_a_change_is_scored_from_its_printed_base():
    change = published(quantity="crude_production_change", value=-170.0, base=1170.0, outcome=-406.0)
    score = evaluation.score_published(change).iloc[0]
    assert score["published_error_pct"] == pytest.approx(100 * (1000 / 764 - 1))
    assert score["ours_p50"] < 0


def test_the_lowest_month_of_a_year_is_no_higher_than_its_mean():
    scores = evaluation.score_published(pd.concat([published(target="2019", measure=m) for m in ("mean", "lowest")]))
    assert scores["ours_p50"].iloc[1] < scores["ours_p50"].iloc[0]


def test_a_change_from_a_month_counts_from_that_month_for_both():
    # the bank may stand at 1,200 where the consensus stood at 1,390: a fall of 170 is a fall of 170
    change = published(quantity="crude_production_change", value=-170.0, base=1200.0, base_month="2018-05",
                       outcome=-600.0)
    score = evaluation.score_published(change).iloc[0]
    assert 1350 < score["base"] < 1420
    assert score["published_error_pct"] == pytest.approx(100 * 430 / (score["base"] - 600))
    level = evaluation.score_published(published()).iloc[0]
    assert score["ours_p50"] == pytest.approx(level["ours_p50"] - score["base"], abs=20)


def test_on_eias_scale_ours_is_moved_by_what_eia_printed_above_the_consensus():
    row = published(target="2019-06", outcome=774.0, outcome_eia=855.0, issuer_basis="eia")
    score = evaluation.score_published(row).iloc[0]
    assert score["outcome_own"] == 855
    assert score["published_error_own_pct"] == pytest.approx(100 * (1000 / 855 - 1))
    ratio = (1 + score["ours_error_own_pct"] / 100) * 855 / score["ours_p50"]
    assert 1.03 < ratio < 1.15  # EIA printed 5 to 10 % over OPEC's secondary sources in 2018


def test_the_governments_target_is_judged_on_its_own_count_too():
    target = published(target="2021", value=1829.0, outcome=555.0, kind="target", issuer_basis="government")
    score = evaluation.score_published(target).iloc[0]
    assert score["outcome_own"] == pytest.approx(636, abs=3)  # mean of the twelve months OPEC printed as told to it


@pytest.mark.parametrize(("issued", "day"), [("2018Q2", "2018-04-01"), ("2018-06", "2018-06-01"),
                                             (pd.Timestamp("2018-06-13 17:00"), "2018-06-13")])
def test_a_month_or_quarter_of_issue_counts_from_its_first_day(issued, day):
    assert issue_day(issued) == pd.Timestamp(day)


def test_holding_the_last_level_is_scored_beside_both():
    score = evaluation.score_published(published(target="2018-06")).iloc[0]
    assert score["no_change_error_pct"] > score["trend_error_pct"]  # output was falling
    assert abs(score["start_error_pct"]) < 3


@pytest.mark.parametrize(("change", "message"), [
    ({"kind": "hope"}, "kind is 'hope' in the row of A bank"), ({"measure": "peak"}, "mean, lowest"),
    ({"issuer_basis": "argus"}, "eia, government"),
])
def test_a_table_with_an_impossible_cell_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        evaluation.score_published(published(**change))


def test_an_empty_table_or_no_table_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no row"):
        evaluation.score_published(published().iloc[:0])
    with pytest.raises(ValueError, match="as a DataFrame"):
        evaluation.score_published([1, 2])
    with pytest.raises(ValueError, match="there is no file"):
        evaluation.read_published(tmp_path / "none.csv")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ValueError, match="no CSV table"):
        evaluation.read_published(tmp_path / "empty.csv")


def test_a_table_of_the_five_needed_columns_is_enough(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("issuer,issued,target,quantity,value\nA bank,2018-06,2019,crude_production,1000\n")
    score = evaluation.score_published(evaluation.read_published(path)).iloc[0]
    assert score["unscorable"] == "" and score["outcome_basis"] == "consensus of today"


def test_a_forecast_dated_by_its_year_alone_is_unscorable():
    assert "the day is not known" in evaluation.score_published(published(issued="2018")).iloc[0]["unscorable"]


def test_the_summary_keeps_what_was_conditional_apart():
    two = pd.concat([published(kind="unconditional"), published(kind="conditional", value=764.0)], ignore_index=True)
    found = summary(evaluation.score_published(two))
    assert found.loc["unconditional, 2018-20", "published_mae_pct"] == pytest.approx(100 * (1000 / 764 - 1))
    assert found.loc["conditional", "published_mae_pct"] == pytest.approx(0)


def test_months_already_known_when_a_year_was_forecast_count_as_known():
    early, late = (evaluation.score_published(published(target="2018", issued=d, outcome=1339.0)).iloc[0]
                   for d in ("2018-02-01", "2018-12-15"))
    assert late["ours_p90"] - late["ours_p10"] < 0.3 * (early["ours_p90"] - early["ours_p10"])
    assert abs(late["ours_error_pct"]) < 3


def test_an_outcome_the_table_lacks_is_the_mean_of_the_consensus():
    score = evaluation.score_published(published(outcome=np.nan)).iloc[0]
    assert score["outcome_basis"] == "consensus of today"
    assert 740 < score["outcome"] < 790


@pytest.mark.parametrize(("change", "reason"), [
    ({"quantity": "exports"}, "not crude output"), ({"target": "soon"}, "no month, quarter"),
    ({"value": np.nan}, "no single number"), ({"unit": "%"}, "not kb/d"), ({"issued": "soon"}, "no date of issue"),
    ({"target": "2040", "outcome": np.nan}, "no outcome yet"), ({"issued": "2018-13"}, "no date of issue"),
    ({"value": 1.2}, "in another unit"), ({"value": -50.0}, "outside 30 to 6000"),
    ({"target": "2017"}, "was over when it was issued"), ({"issued": "1999-01"}, "no reading of output"),
    ({"quantity": "crude_production_change", "base_month": "2040-01"}, "no month with a reading"),
])
def test_what_cannot_be_scored_says_why(change, reason):
    assert reason in evaluation.score_published(published(**change)).iloc[0]["unscorable"]


def test_a_table_without_its_columns_is_refused():
    with pytest.raises(ValueError, match="issued"):
        evaluation.score_published(published().drop(columns="issued"))


@pytest.fixture(scope="module")
def rivals() -> pd.DataFrame:
    tables = {name: data.load_tables()[name] for name in ("production", "producers", "benchmark_scores")}
    tables["producers"] = tables["producers"][tables["producers"]["country"].isin(["NOR", "USA", "VEN"])]
    return evaluation.benchmark(tables, ingredients=False)


def test_ours_beats_autoets_and_no_change_on_venezuela_at_every_horizon(rivals):
    loss = rivals["loss"].unstack(0)
    assert (loss["ours"] < 0.9 * loss["AutoETS"]).all()
    assert (loss["ours"] < loss["no change"]).all()


def test_on_producers_never_seen_it_is_better_to_half_a_year_and_no_promise_is_made_beyond():
    found = evaluation.benchmark(ingredients=False)
    near = found.loc["ours"].loc[[1, 3, 6], "producers_ratio"]
    assert (near < 0.97).all()
    assert (found.loc["ours", "producers_ratio"] < 1.06).all()


def test_the_band_of_four_in_five_holds_four_in_five_within_two_standard_errors(rivals):
    own = rivals.loc["ours"]
    assert (np.abs(own["coverage"] - 0.8) < 2 * own["coverage_se"]).all()


def test_the_quantiles_scored_are_those_of_the_forecast(joined):
    cut = joined.iloc[:200]
    table = forecast(cut, 12)
    said = _experts.past(np.log(cut.to_numpy()), forecasting.Recipe())
    assert np.log(table[0.5].iloc[11]) == pytest.approx(said.centre[-1, 3], abs=0.01)


def test_a_producer_without_a_rival_score_is_named():
    tables = data.load_tables()
    scores = tables["benchmark_scores"][tables["benchmark_scores"]["series"] != "NOR"]
    with pytest.raises(ValueError, match="NOR"):
        evaluation.benchmark({**tables, "benchmark_scores": scores})


def test_a_rival_run_on_venezuela_alone_stands_beside_with_the_producers_left_empty(rivals):
    own = rivals.loc["AutoARIMA"]
    assert own["loss"].round(3).tolist() == [0.035, 0.065, 0.086, 0.132, 0.234]
    assert own["producers_ratio"].isna().all()


def test_what_an_ingredient_adds_is_the_loss_without_it_over_the_loss_with_all():
    index = pd.MultiIndex.from_product([["ours", "without damping"], [1, 24]], names=["forecaster", "horizon"])
    table = pd.DataFrame({"loss": [0.02, 0.2, 0.02, 0.18], "producers_loss": [0.03, 0.1, 0.03, 0.11]}, index=index)
    added = evaluation.ingredients(table)
    assert added.loc[("Venezuela", "damping")].tolist() == pytest.approx([0, -10])
    assert added.loc[("producers", "damping")].tolist() == pytest.approx([0, 10])
    with pytest.raises(ValueError, match="ingredients=True"):
        evaluation.ingredients(table.loc[["ours"]])


def test_from_april_2019_the_start_of_the_chain_misses_the_blackouts_it_leaves_out_and_holds_the_years_that_came():
    found = evaluation.real_time("2019-04", "2019-04")
    assert list(found.index.get_level_values("horizon")) == [1, 3, 6, 12, 24]
    assert found["covered"].iloc[[0, 1, -2, -1]].tolist() == [0, 0, 1, 1]
    width = np.log(found["p90"] / found["p10"])
    assert width.is_monotonic_increasing


def test_bands_of_the_start_are_counted_by_month_ahead():
    days = pd.to_datetime(["2010-01", "2013-01", "2016-01", "2019-01"])
    index = pd.MultiIndex.from_product([days, [1, 24]], names=["day", "horizon"])
    table = pd.DataFrame({"p10": 80.0, "p50": 100.0, "p90": 120.0, "outcome": 100.0, "covered": 1.0}, index=index)
    table.loc[(days[3], 24), ["outcome", "covered"]] = [70.0, 0.0]
    found = evaluation.held(table)
    assert found["days"].tolist() == [4, 4] and found["coverage"].tolist() == [1, 0.75]
    assert found["below"].tolist() == [0, 0.25] and found["above"].tolist() == [0, 0]
    # four forecasts that share no month: at least the error of one more hit or miss among them
    assert found.loc[24, "coverage_se"] > 0.2 and found["width"].tolist() == pytest.approx([0.4, 0.4])


def test_the_start_of_the_projections_is_scored_by_one_command():
    words = ["backtest", "--real-time", "--first", "2018-01", "--last", "2019-01", "--step", "12", "--json"]
    found = json.loads(CliRunner().invoke(app, words).stdout)
    assert [row["horizon"] for row in found["rows"]] == [1, 3, 6, 12, 24]
    assert all(row["days"] == 2 and 0 <= row["coverage"] <= 1 for row in found["rows"])
    # in the collapse everything it got wrong came in lower
    assert all(row["above"] == 0 for row in found["rows"])
