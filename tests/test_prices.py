"""Brent from its own past, the gap to it, and what is lost on the way."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from vzmodel import Scenario, evaluation, load_history, load_tables, prices, project
from vzmodel.cli import app
from vzmodel.prices import _brent

# --- Brent -----------------------------------------------------------------------------------------------------------


def test_brent_is_forecast_better_than_no_change_since_1997_with_honest_bands():
    table = load_tables()["prices"]
    brent = table[table["series"] == "brent"].set_index("month")["value"]
    when = {"first": "1997-01", "last": "2026-06", "step": 2}
    ours = evaluation.backtest(brent, prices.forecast, **when).groupby("horizon")
    floor = evaluation.backtest(brent, evaluation.no_change, **when).groupby("horizon")
    for loss in ("crps", "pinball"):
        assert (ours[loss].mean() / floor[loss].mean()).mean() <= 0.97
    covered = ours["covered"].mean()
    # forecasts of h months overlap: about 354 / h of them are independent
    error = np.sqrt(0.8 * 0.2 / (354 / np.array([1, 3, 6, 12, 24])))
    assert (np.abs(covered - 0.8) <= 2 * error).all()


@pytest.mark.parametrize("bad", [np.nan, -5.0, 0.0, np.inf])
def test_a_price_path_with_a_gap_or_no_price_is_refused_with_the_bounds(bad):
    path = np.full((3, 1), 70.0)
    path[1] = bad
    with pytest.raises(ValueError, match="above 0: fill the gaps"):
        prices.simulate_brent(70.0, path, np.ones(1), np.ones(1), np.zeros((3, 1)), np.ones(3, bool))
    series = pd.Series(50.0 + np.arange(60) % 3, index=pd.period_range("2000-01", periods=60, freq="M"))
    series.iloc[30] = bad
    with pytest.raises(ValueError, match="1 gaps, the first at 2002-07|must be > 0 and finite"):
        prices.forecast(series, 3)


def test_a_price_path_of_the_wrong_length_is_refused_with_the_months_of_the_run():
    one = {"half_life": np.ones(1), "volatility": np.ones(1), "shocks": np.zeros((6, 1))}
    for path, given in ((np.full((5, 1), 70.0), np.ones(6, bool)), (np.full((6, 1), 70.0), np.ones(5, bool))):
        with pytest.raises(ValueError, match="the run has 6 months"):
            prices.simulate_brent(70.0, path, given=given, **one)


@pytest.mark.parametrize(("price", "told"), [(-5, "between 5 and 400"), (4000, "5 and 400"), (np.nan, "number")])
def test_a_scenario_with_an_impossible_brent_is_refused_with_the_bounds(price, told):
    with pytest.raises(ValueError, match=told):
        project(Scenario("odd", changes={"brent": {"2027-01": price}}), months=3, draws=8)


def test_a_history_whose_brent_has_a_gap_is_refused_with_its_month():
    history = load_history()
    history.loc["2015-03-01", "brent"] = np.nan
    with pytest.raises(ValueError, match="2015-03"):
        project("status_quo", months=3, draws=8, history=history)


def test_the_share_of_the_last_change_of_brent_that_is_given_comes_again_and_again():
    flat = {"level": np.full(1, 100.0), "half_life": np.full(1, 1e9), "volatility": np.zeros(1)}
    still = {"shocks": np.zeros((40, 1)), "given": np.zeros(40, bool)}
    p = prices.simulate_brent(100.0, **flat, **still, change=0.12, momentum=0.25)
    np.testing.assert_allclose(np.log(p[0] / 100), 0.03, rtol=1e-6)
    np.testing.assert_allclose(np.log(p[-1] / 100), 0.04, rtol=1e-6)  # 0.12 (1/4 + 1/16 + ...)
    np.testing.assert_allclose(prices.simulate_brent(100.0, **flat, **still, change=0.12), 100.0, rtol=1e-6)


def prices_of_days(years: int, seed: int = 3) -> pd.Series:
    """Monthly means of a daily random walk."""
    g = np.random.default_rng(seed)
    days = 60 * np.exp(np.cumsum(0.02 * g.standard_normal(years * 12 * 21))).reshape(-1, 21)
    return pd.Series(days.mean(axis=1), pd.period_range("1950-01", periods=years * 12, freq="M"))


def test_monthly_means_of_a_daily_random_walk_have_a_quarter_of_momentum_and_no_spells():
    found = _brent.fit(prices_of_days(200))
    assert found["momentum"] == pytest.approx(0.25, abs=3 * found["momentum_error"])  # Working (1960)
    # a month's mean moves by sqrt(2/3) of the 21 days' deviation
    assert found["volatility_long"] == pytest.approx(0.02 * np.sqrt(21 * 2 / 3), rel=0.2)
    # 48 months to the next 48 of a walk: sqrt(32) steps
    assert found["level_error"] / found["volatility_long"] == pytest.approx(np.sqrt(32), rel=0.001)
    assert found["degrees"] > 10


def test_a_calm_month_after_a_spell_of_fear_is_forecast_by_how_long_spells_last():
    g = np.random.default_rng(4)
    fear = np.zeros(600)
    for t in range(1, 600):
        fear[t] = 0.9 * fear[t - 1] + 0.3 * g.standard_normal()
    series = pd.Series(
        60 * np.exp(np.cumsum(0.05 * np.exp(fear) * g.standard_normal(600))),
        pd.period_range("1950-01", periods=600, freq="M"),
    )
    lasting, none = _brent.fit(series)["calming"], _brent.fit(prices_of_days(50))
    assert 0.7 <= lasting <= 0.98
    sd = prices.deviations(np.array([0.2]), np.array([0.1]), lasting, 60).ravel()
    assert sd[0] == pytest.approx(0.2) and (np.diff(sd) < 0).all() and sd[-1] < 0.14
    assert none["volatility"] == pytest.approx(none["volatility_long"], rel=0.35)


def test_nothing_is_fitted_of_brent_from_months_after_the_origin():
    table = load_tables()["prices"]
    brent = table[table["series"] == "brent"].set_index("month")["value"]
    other = brent.where(brent.index <= "2008-06-01", 100 + 40 * np.sin(np.arange(len(brent))))
    origin = {"first": "2008-06", "last": "2008-06"}
    ours, same = (evaluation.backtest(s, prices.forecast, **origin)[["p10", "p50", "p90"]] for s in (brent, other))
    pd.testing.assert_frame_equal(ours, same)
    assert abs(_brent.fit(brent.loc[:"2008-06"])["momentum"] - _brent.fit(brent)["momentum"]) > 0.01


def test_a_dated_change_of_any_of_brents_assumptions_is_run():
    names = ["half_life", "volatility", "volatility_long", "calming", "change", "momentum"]
    values = dict(zip(names, (20, 0.1, 0.1, 0.5, 0.05, 0.2), strict=True))
    dated = Scenario("dated", changes={f"brent_{n}": {"2026-12": v} for n, v in values.items()})
    p = project(["status_quo", dated], months=6, draws=8, keep=["brent"])
    assert float(p.brent.min()) > 0


# --- What is lost on the way -----------------------------------------------------------------------------------------


def test_invoices_lie_below_opecs_quotation_by_what_was_printed():
    r = prices.reported_route_costs(load_tables()).set_index(["start", "end", "author"])["low"]
    shares = {("2022-01", "2022-03"): 0.334, ("2023-01", "2023-07"): 0.174, ("2023-08", "2023-08"): 0.194}
    for (start, end), printed in shares.items():
        found = float(r.loc[(pd.Timestamp(start), pd.Timestamp(end), "Petroguia")])
        assert found == pytest.approx(printed, abs=0.01)


def test_a_reading_of_the_route_by_hand():
    months = pd.period_range("2024-01", "2024-03", freq="M")
    exports = pd.DataFrame({"freq": "month", "series": "total", "definition": "crude_and_fuel", "unit": "kb/d",
                            "period": months.astype(str), "value": 500.0})  # fmt: skip
    more = exports.iloc[[0]].assign(value=600.0)
    price = [("merey", 50.0), ("brent", 70.0)]
    names = ["month", "series", "value"]
    quotes = pd.DataFrame([(m.to_timestamp(), s, v) for m in months for s, v in price], columns=names)
    bill = {"year": 2024, "period": "2024Q1", "concept": "invoiced", "author": "Petroguia", "kind": "outcome",
            "value": 1820.0, "published": pd.Timestamp("2024-05-01"), "grade": "C"}  # fmt: skip
    tables = {"revenue": pd.DataFrame([bill]), "exports": pd.concat([exports, more]), "prices": quotes}
    row = prices.reported_route_costs(tables).iloc[0]
    assert row["high"] == pytest.approx(1 - 1820 / 91 / (500 + 100 * 31 / 91) * 1000 / 50)
    assert row["low"] == pytest.approx(0.2) and row["unused"] == ""  # 1,820 million over 91 days of 500 is 40 dollars
    half = quotes[(quotes["series"] == "brent") | (quotes["month"] == "2024-02-01")]
    assert "half" in prices.reported_route_costs({**tables, "prices": half}).iloc[0]["unused"]
    assert "not printed" in prices.reported_route_costs({**tables, "exports": exports.head(2)}).iloc[0]["unused"]


def test_the_cost_of_the_route_follows_invoices_where_they_are_known_and_dated_rows_elsewhere():
    tables = load_tables()
    reported = prices.reported_route_costs(tables)
    used = reported[reported["unused"] == ""]
    fit = prices.fitted_route_cost(reported, pd.period_range("2021-01", "2026-06", freq="M"))
    assert fit.loc["2021-12"].isna().all() and fit.loc["2025-07"].isna().all()
    inside = [fit.loc[pd.Period(m, "M"), "p10"] <= x <= fit.loc[pd.Period(m, "M"), "p90"]
              for m, x in zip(used["start"], (used["low"] + used["high"]) / 2, strict=True)]  # fmt: skip
    assert np.mean(inside) >= 0.7
    dated = {"2020-06": (0.1, 0.2, 0.35), "2023-01": (0.5, 0.6, 0.7), "2026-01": (0.01, 0.03, 0.06)}
    facts = prices.dated_route_costs(tables, dated)
    assert list(facts) == sorted(facts) and all(facts[month] == dated[month] for month in ("2020-06", "2026-01"))
    assert facts["2023-01"][1] == pytest.approx(fit.loc["2023-01", "p50"], abs=1e-4)
    # five sets of invoices were known at the start of 2024: too few to fit
    assert prices.dated_route_costs(load_tables(as_of="2024-01-01"), dated) == dated


def test_too_few_invoices_are_refused_with_the_number_needed():
    reported = prices.reported_route_costs(load_tables()).head(4)
    with pytest.raises(ValueError, match="needs 6 or more"):
        prices.fitted_route_cost(reported, pd.period_range("2022-01", periods=12, freq="M"))


def test_the_command_prices_answers_in_json_and_leaves_out_what_was_not_known():
    answer = json.loads(CliRunner().invoke(app, ["prices", "--first", "2022-01", "--json"]).stdout)
    assert {row["market"] for row in answer["checks"]} == {"china", "us"}
    assert answer["gaps"]["fitted"][0]["month"] == answer["route_cost"]["fitted"][0]["month"] == "2022-01"
    early = json.loads(CliRunner().invoke(app, ["prices", "--as-of", "2019-04-01", "--json"]).stdout)
    assert early["checks"] == [] and early["route_cost"]["fitted"] == []
    assert max(row["end"] for row in early["gaps"]["quotes"]) < "2019-04"


def test_in_april_2020_the_price_at_origin_is_near_the_seven_dollars_merey_was_quoted_at():
    answer = json.loads(CliRunner().invoke(app, ["prices", "--first", "2020-01", "--json"]).stdout)
    rows = {row["month"]: row for row in answer["gaps"]["fitted"]}
    # the pooled level of 19 to 20 would pass Brent at 18.4
    assert rows["2020-04"]["p50"] > rows["2020-04"]["brent"] and rows["2020-04"]["at_origin"] == pytest.approx(7, abs=1)
    assert all(row["at_origin"] > 0 for row in rows.values() if row["brent"] is not None)
