"""What did it: methods, causes, dollars, and what others found."""

import json

import numpy as np
import pandas as pd
import pytest

from vzmodel import counterfactual, load_history
from vzmodel.causal import answers
from vzmodel.data import load_tables

SUM = pytest.approx


@pytest.fixture(scope="module")
def found() -> dict:
    return counterfactual.causes("2017-08", "2019-12", draws=120, placebos=False)


@pytest.fixture(scope="module")
def told(found) -> dict:
    return counterfactual.as_json(found)


def test_every_method_speaks_of_every_source_that_reaches_back_before_august_2017(found):
    table = found["methods"]
    for name in (counterfactual.CLASSIC, counterfactual.PENALISED, counterfactual.TREND, counterfactual.TREND_DONORS,
                 counterfactual.BREAK):
        assert set(table.loc[table["name"] == name, "source"]) == {"consensus", "EIA", "government (JODI)"}


def test_output_fell_below_every_counterfactual_after_august_2017(found):
    since_2017 = found["methods"][found["methods"]["name"] != answers.INTERRUPTED]
    assert (since_2017["p90"] < 0).all()
    assert (found["methods"]["p10"] <= found["methods"]["p50"]).all()


def test_what_output_would_have_been_is_never_negative(found):
    for (_, source), e in found["paths"].items():
        actual = found["series"][source].reindex(e.months).to_numpy()[:, None]
        if "level and slope" not in _:
            assert (actual - e.effect > 0).all()


def test_shares_by_cause_add_up_to_the_fall_in_every_draw(found):
    share = found["attribution"]
    level = load_history()["production"]
    fall = level["2019-12-01"] - level["2017-08-01"]
    assert share["total_kbd"] == SUM(fall)
    np.testing.assert_allclose(share["draws"].sum().to_numpy(), fall, atol=1e-6)


def test_a_strike_of_2002_explains_nothing_of_a_fall_since_2017(found):
    assert found["attribution"]["draws"].loc["strike of 2002-03"].abs().max() < 1e-9


def test_what_overlaps_in_time_is_named(found):
    pairs = found["not_separable"]
    assert any("default" in x for x in pairs["other"]) and any("blackouts" in x for x in pairs["other"])
    assert (pairs["correlation"].dropna() < 0).all()


def test_the_record_can_be_written_as_the_documented_json(told):
    assert json.loads(json.dumps(told)) == told
    assert {"name", "source", "effect_kbd", "placebo_p"} <= set(told["methods"][0])
    assert set(told["methods"][0]["effect_kbd"]) == {"p10", "p50", "p90"}
    assert {"total_kbd", "causes"} == set(told["attribution"])
    assert all(len(pair) == 2 for pair in told["not_separable"])


def test_published_estimates_stand_beside_ours_with_the_reason_they_differ(found):
    table = found["published"]
    assert {"output_lost", "output_level", "output_slope", "share_of_fall", "share_with_level", "revenue_lost",
            "revenue_lost_total"} <= set(table["quantity"])
    assert (table["why"].str.len() > 40).all()
    rodriguez = table[table["quantity"] == "output_lost"]
    assert (rodriguez["published_low"] == -797).all() and (rodriguez["p50"] < 0).all()


def test_the_published_45_per_cent_leaves_out_its_own_level(found):
    table = found["published"].drop_duplicates("quantity").set_index("quantity")
    assert table.loc["share_of_fall", "published_low"] == SUM(0.452)
    assert table.loc["share_with_level", "published_low"] == SUM((131 + 28 * 20) / 1240, abs=5e-4)


def test_a_year_of_barrels_at_the_price_of_its_months_makes_the_dollars_of_the_year(found):
    table = found["dollars"].set_index(["method", "period"])
    row = table.loc[(f"{counterfactual.TREND}, consensus", "2019")]
    # at least 20 and at most 75 dollars a barrel in every month of 2019
    assert 20 < row["p50"] * 1000 / (row["effect_kbd"] * 365) < 75


def test_the_same_seed_gives_the_same_attribution():
    tables = load_tables()
    level = load_history()["production"].dropna()
    level.index = pd.DatetimeIndex(level.index).to_period("M")
    brent = counterfactual._brent(tables)
    one, two = (counterfactual.attribution.simulate(level, tables, brent, draws=6, seed=4).log for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_before_august_2017_no_method_speaks_and_the_fall_is_still_shared_out():
    found = counterfactual.causes("2002-02", "2010-01", draws=12)
    assert found["methods"].empty and found["dollars"].empty
    assert found["attribution"]["draws"].sum().to_numpy() == SUM(found["attribution"]["total_kbd"])


@pytest.mark.parametrize(("since", "to", "more", "message"), [
    ("2019-12", "2017-08", {}, "before"), ("2018-01", "2018-01", {}, "after"), ("1990-01", "2018-01", {}, "consensus"),
    ("2017-08", "2019-12", {"draws": 0}, "draws=0"),
])
def test_months_in_the_wrong_order_or_without_a_reading_are_refused(since, to, more, message):
    with pytest.raises(ValueError, match=message):
        counterfactual.causes(since, to, **more)


def test_the_pictures_show_what_the_tables_say(found, tmp_path):
    from vzmodel import charts

    history = load_history()
    start = float(history["production"]["2017-08-01"])
    drawn = {
        "counterfactual": charts.causes.counterfactual(found, history, charts.sheet()),
        "gap": charts.causes.gap(found, charts.sheet()),
        "waterfall": charts.causes.waterfall(found, "2017-08", "2019-12", start, charts.sheet()),
        "forest": charts.causes.forest(found, charts.sheet()),
    }
    for name, ax in drawn.items():
        assert ax.get_title(loc="left") and ax.get_xlabel().startswith("Sources: ")
        assert charts.save(ax, tmp_path / name, ("png",), dpi=60)[0].stat().st_size > 5000
    texts = " ".join(t.get_text() for t in drawn["waterfall"].texts)
    assert f"{start:,.0f}" in texts and f"{history['production']['2019-12-01']:,.0f}" in texts
    assert "797" in " ".join(t.get_text() for t in drawn["forest"].texts)


def test_a_picture_of_a_method_that_was_not_asked_names_those_that_were(found):
    from vzmodel import charts

    with pytest.raises(ValueError, match="structural time series, consensus"):
        charts.causes.gap(found, method="regression")


def test_without_other_producers_the_methods_that_need_none_still_speak():
    frame = load_history()
    frame.index = pd.DatetimeIndex(frame.index).to_period("M")
    read = pd.Period("2019-12", "M")
    found = counterfactual.estimates(frame[["production"]], None, read, draws=20, seed=1, placebos=False)
    assert set(found) == {(counterfactual.TREND, "consensus"), (counterfactual.BREAK, "consensus")}
