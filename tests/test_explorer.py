"""Sliders over a scenario: what they answer, with the draws' luck held."""

import re

import numpy as np
import pytest

import vzmodel as vz
from vzmodel import summary
from vzmodel.explorer import _explorer_page, _explorer_run

MONTHS = 30


@pytest.fixture(scope="module")
def at():
    return _explorer_run.ready("status_quo", months=MONTHS, draws=64)


def test_the_baseline_is_the_run_itself(at):
    p = _explorer_run.answered(at, {})
    run = vz.project("status_quo", months=MONTHS, draws=64)
    for name in _explorer_run.VARIABLES:
        np.testing.assert_array_equal(p[name].sel(scenario="baseline"), run[name].sel(scenario="status_quo"))
        np.testing.assert_array_equal(p[name].sel(scenario="explored"), run[name].sel(scenario="status_quo"))


def test_what_is_explored_is_the_run_of_the_scenario_shown_as_toml(at, tmp_path):
    settings = {"us_access": 0.2, "brent": 60.0}
    p = _explorer_run.answered(at, settings)
    file = tmp_path / "mine.toml"
    file.write_text(_explorer_run.changed(at.start, at.table, settings).to_toml(), encoding="utf-8")
    run = vz.project(vz.load_scenarios(file)["explored"], months=MONTHS, draws=64)
    np.testing.assert_array_equal(p["dollar_inflow"].sel(scenario="explored"), run["dollar_inflow"].isel(scenario=0))


@pytest.mark.parametrize("settings", [
    {"brent": 50.0}, {"us_access": 0.0, "gap": 10.0},
    {"us_access": 0.3, "gap": -5.0, "outage_rate": 4.0, "brent": 90.0, "investment": 9.0, "migration": -0.05},
])
def test_the_bridge_adds_up_to_the_whole_difference(at, settings):
    p = _explorer_run.answered(at, settings)
    parts = _explorer_run.bridge(p, "dollar_inflow", tuple(settings))
    year = summary.totals(p, "dollar_inflow").mean(("year", "draw"))
    whole = float(year.sel(scenario="explored") - year.sel(scenario="baseline"))
    assert list(parts.index) == list(settings)
    assert parts.sum() == pytest.approx(whole, rel=1e-9)


def test_two_sliders_share_what_they_do_together_in_halves(at):
    p = _explorer_run.answered(at, {"us_access": 0.0, "brent": 50.0})
    mean = {str(s): float(summary.totals(p, "cash_revenue").sel(scenario=s).mean()) for s in p.scenario.values}
    alone, last = mean["us_access"] - mean["baseline"], mean["explored"] - mean["brent"]
    parts = _explorer_run.bridge(p, "cash_revenue", ("us_access", "brent"))
    assert parts["us_access"] == pytest.approx((alone + last) / 2)


def test_each_slider_has_the_sign_an_oil_economist_expects(at):
    worse = {"gap": 8.0, "outage_rate": 5.0, "brent": 45.0, "investment": 0.5}
    for key, value in worse.items():
        got = _explorer_run.bridge(_explorer_run.answered(at, {key: value}), "dollar_inflow", (key,))
        assert got[key] < 0, f"{key} at {value} should cost dollars"
    # closed to the United States alone, barrels find other buyers, and some of a partner's are sold for cash instead
    closed = _explorer_run.answered(at, {"us_access": 0.0})
    assert _explorer_run.bridge(closed, "exports", ("us_access",))["us_access"] < 0
    more = _explorer_run.answered(at, {"migration": 0.1})
    assert _explorer_run.bridge(more, "remittances", ("migration",))["migration"] > 0


def test_a_setting_seen_before_computes_nothing(at, monkeypatch):
    first = _explorer_run.answered(at, {"gap": 4.0})
    monkeypatch.setattr("vzmodel.model.run_block", None)
    again = _explorer_run.answered(at, {"gap": 4.0})
    np.testing.assert_array_equal(first["cash_revenue"], again["cash_revenue"])


def test_the_yearly_table_is_that_of_quantiles_and_compare(at):
    p = _explorer_run.answered(at, {"brent": 55.0})
    got = _explorer_run.yearly(p, "production")
    want = vz.compare(p, "production", "explored", against="baseline", by="year")
    assert list(got.index) == [2027, 2028]
    np.testing.assert_allclose(got["difference"].to_numpy(), want.to_numpy())
    page = _explorer_page.table(p, "production")
    assert f"<b>{got.loc[2027, ('baseline', 'p50')]:,.0f}</b>" in page and "64 draws" in page


def test_the_picture_changes_with_the_settings_and_not_without(at):
    history = vz.load_history()
    one = _explorer_page.picture(_explorer_run.answered(at, {}), "production", "status_quo", {}, history)
    same = _explorer_page.picture(_explorer_run.answered(at, {}), "production", "status_quo", {}, history)
    other = _explorer_page.picture(_explorer_run.answered(at, {"investment": 12.0}), "production", "status_quo",
                                   {"investment": 12.0}, history)
    assert one.startswith(b"\x89PNG") and one == same != other


def test_moving_a_slider_changes_chart_and_table_and_the_button_takes_it_back():
    widgets = pytest.importorskip("ipywidgets")
    box = vz.explore(months=18, draws=16)
    sliders = {c.description: c for c in box.children if isinstance(c, widgets.FloatSlider)}
    picture, table = box.children[-3], box.children[-2]
    before = picture.value, table.value
    sliders["Brent [USD/bbl]"].value = 40.0
    assert picture.value != before[0] and table.value != before[1]
    next(c for c in box.children if isinstance(c, widgets.Button)).click()
    assert (picture.value, table.value) == before


def test_a_variable_is_shown_in_its_own_unit():
    pytest.importorskip("ipywidgets")
    box = vz.explore("seed_2019_base", months=24, draws=16)
    box.children[0].value = "production"
    assert re.search(r"Crude output by calendar year \[kb/d\]", box.children[-2].value)
    assert "<td" in box.children[-2].value and ">2020<" in box.children[-2].value


def test_a_description_is_shown_as_it_is_written():
    pytest.importorskip("ipywidgets")
    mine = vz.load_scenarios()["status_quo"].but("mine", "Brent < 60 & <b>no</b> licence", {"brent": 55})
    text = vz.explore(mine, months=18, draws=16).children[-1].children[0].value
    assert "Brent &lt; 60 &amp; &lt;b&gt;no" in text


def test_the_history_drawn_is_that_of_the_day(monkeypatch):
    pytest.importorskip("ipywidgets")
    drawn = []
    monkeypatch.setattr(_explorer_page, "picture", lambda *given: drawn.append(given[-1]) or b"")
    vz.explore("status_quo", as_of="2024-06-30", months=24, draws=16)
    assert drawn[0]["production"].dropna().index[-1].year == 2024


def test_no_day_named_is_the_day_of_the_scenario():
    alone, told = (_explorer_run.ready("seed_2019_base", months=24, draws=16, **run)
                   for run in ({"as_of": None}, {"as_of": "2019-04-01"}))
    assert alone.table["central"].equals(told.table["central"])


@pytest.mark.parametrize(("run", "error", "says"), [
    ({"scenario": "status_qou"}, ValueError, r"unknown scenario 'status_qou', did you mean status_quo"),
    ({"months": 6}, ValueError, r"months is 6: from 2026-09 on, 16 or more hold the complete calendar year"),
    ({"months": 0}, ValueError, r"months is 0; it must be a whole number from 1 to 600"),
    ({"draws": 0}, ValueError, r"draws is 0"),
    ({"store": "x"}, TypeError, r"explore\(\) has no use for 'store'.*; it takes months, draws"),
    ({"month": 24}, TypeError, r"'month', did you mean months"),
])
def test_bad_input_is_told_by_name(run, error, says):
    pytest.importorskip("ipywidgets")
    with pytest.raises(error, match=says):
        vz.explore(**run)


def test_an_unknown_slider_names_those_there_are(at):
    with pytest.raises(ValueError, match="no slider 'brend', did you mean brent.*us_access, gap, outage_rate"):
        _explorer_run.changed(at.start, at.table, {"brend": 60.0})
