"""Forecasts made again as of past days, and published ones beside them."""

import numpy as np
import pandas as pd
import pytest

from vzmodel import _experts, data, evaluation, forecasting
from vzmodel._published import summary
from vzmodel.forecasting import forecast


@pytest.fixture(scope="module")
def joined() -> pd.Series:
    history = data.load_history()
    joined = pd.concat([history["production_jodi"].loc[:"2016"], history["production_eia"].loc["2017":]])
    return joined.dropna()


@pytest.fixture(scope="module")
def scores(joined) -> pd.DataFrame:
    return evaluation.backtest(joined, forecast).groupby("horizon")[["pinball", "covered"]].mean()


def test_the_trend_beats_no_change_at_every_horizon(joined, scores):
    naive = evaluation.backtest(joined, evaluation.no_change)["pinball"].groupby("horizon").mean()
    assert (scores["pinball"] < naive).all()


def test_errors_stay_near_what_was_measured(scores):
    np.testing.assert_allclose(scores["pinball"], [0.020, 0.037, 0.053, 0.080, 0.172], rtol=0.08)


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
    ({"target": "2040", "outcome": np.nan}, "no outcome yet"),
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


def test_from_april_2019_the_start_of_the_chain_misses_the_blackouts_it_leaves_out_and_holds_the_years_that_came():
    found = evaluation.real_time("2019-04", "2019-04")
    assert list(found.index.get_level_values("horizon")) == [1, 3, 6, 12, 24]
    assert found["covered"].tolist() == [0, 0, 0, 1, 1]
    width = np.log(found["p90"] / found["p10"])
    assert width.is_monotonic_increasing
