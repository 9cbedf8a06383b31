"""What the record alone says on causes, and what it cannot tell apart."""

import json

import numpy as np
import pandas as pd
import pytest

from vzmodel import counterfactual


@pytest.fixture(scope="module")
def found() -> dict:
    return counterfactual.causes("2017-08", "2019-12")


def path(slope: float, jump: float = 0.0, bend: float = 0.0, noise: float = 5.0) -> pd.Series:
    months = pd.period_range("2004-01", "2020-12", freq="M")
    t = np.arange(len(months)) - list(months).index(counterfactual.FINANCE)
    value = 2000 + slope * t + (t >= 0) * (jump + bend * t) + np.random.default_rng(1).normal(0, noise, len(t))
    return pd.Series(value, index=months)


def test_a_break_put_into_a_series_is_found_at_its_size():
    params, cov = counterfactual.discontinuity(path(-5, jump=-130, bend=-20), counterfactual.FINANCE)
    assert params[2] == pytest.approx(-130, abs=10)
    assert params[3] == pytest.approx(-20, abs=1)
    assert (np.diag(cov) > 0).all()


def test_a_steady_decline_is_no_break():
    record = counterfactual._finance(path(-5), "test")
    assert abs(record["effect_kbd"]["p50"]) < 15
    assert record["placebo_p"] > 0.05


def test_output_lost_against_its_trend_is_found_and_the_month_of_the_blackout_is_left_out():
    months = pd.period_range("2016-01", "2019-12", freq="M")
    t = np.arange(len(months))
    value = 2000 * np.exp(-0.02 * t) * np.where(months > counterfactual.DESIGNATION, 0.8, 1.0)
    value[months == pd.Period("2019-03", "M")] *= 0.5
    noisy = pd.Series(value * np.exp(np.random.default_rng(0).normal(0, 1e-3, len(t))), index=months)
    effect, se = counterfactual.interrupted(noisy, counterfactual.DESIGNATION, pd.Period("2019-03", "M"))
    assert effect == pytest.approx(np.log(0.8), abs=0.01)
    assert se < 0.02


def test_too_short_a_record_finds_nothing_rather_than_something():
    assert counterfactual.discontinuity(path(-5).loc["2017-06":], counterfactual.FINANCE) is None


def test_every_source_with_enough_months_is_judged_and_every_band_is_in_order(found):
    sources = {m["source"] for m in found["methods"]}
    assert {"consensus", "EIA", "government (JODI)"} <= sources
    for method in found["methods"]:
        band = method["effect_kbd"]
        assert band["p10"] < band["p50"] < band["p90"]
        assert method["placebo_p"] is None or 0 < method["placebo_p"] <= 1


def test_output_fell_below_its_trend_after_august_2017_on_every_source(found):
    for method in found["methods"]:
        if "2017" in method["name"]:
            assert method["effect_kbd"]["p90"] < 0


def test_the_parts_add_up_to_the_fall_between_the_two_months(found):
    share = found["attribution"]
    assert sum(band["p50"] for band in share["causes"].values()) == pytest.approx(share["total_kbd"], abs=1e-6)
    assert share["total_kbd"] < -1000


def test_what_overlaps_is_named(found):
    pairs = [" / ".join(pair) for pair in found["not_separable"]]
    assert any("default" in p for p in pairs) and any("blackouts" in p for p in pairs)


def test_months_outside_the_window_are_left_to_the_rest():
    share = counterfactual.causes("2010-01", "2012-01")["attribution"]
    named = {k: v["p50"] for k, v in share["causes"].items() if k != counterfactual.REST_NAME}
    assert all(v == pytest.approx(0) for v in named.values())


def test_the_result_can_be_written_as_json(found):
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(("since", "to", "message"), [
    ("2019-12", "2017-08", "before"), ("2018-01", "2018-01", "after"), ("1990-01", "2018-01", "no consensus"),
])
def test_months_in_the_wrong_order_or_without_a_reading_are_refused(since, to, message):
    with pytest.raises(ValueError, match=message):
        counterfactual.causes(since, to)
