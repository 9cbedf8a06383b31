"""What a run says: totals before quantiles, mixtures, differences and their causes."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vzmodel import summary
from vzmodel.scenarios import Scenario

DRAWS = 400
MARKETS = ["us", "china"]
RULES = {"production": ("kb/d", "day_mean"), "brent": ("USD/bbl", "day_mean"), "storage": ("million bbl", "last"),
         "cash_revenue": ("USD million", "sum"), "route_cost": ("USD/bbl", "sales_weighted")}


def run_of(scenarios, months):
    return json.dumps({"version": "0.1.0", "seed": 7, "draws": DRAWS, "months": months, "as_of": "2019-04-01",
                       "scenarios": {s.name: s.to_toml() for s in scenarios},
                       "probabilities": {s.name: s.probability for s in scenarios}})


def dataset(first="2019-04", months=33, probability=(0.25, 0.75), by_market=True):
    """Two scenarios from April 2019 to December 2021, with any values that differ by month, market and draw."""
    rng = np.random.default_rng(1)
    month = pd.period_range(first, periods=months, freq="M").to_timestamp()
    base = Scenario("base", probability=probability[0])
    low = Scenario("low", changes={"brent": 40}, probability=probability[1])
    data = {}
    for name, (units, rule) in RULES.items():
        values = rng.lognormal(5, 0.4, (2, months, DRAWS))
        data[name] = (("scenario", "month", "draw"), values, {"units": units, "long_name": name, "by_year": rule})
    shape = ("scenario", "month", "market", "draw")
    if by_market:
        data["sales"] = (shape, rng.lognormal(5, 1, (2, months, 2, DRAWS)), {"units": "kb/d", "by_year": "day_mean"})
    data["realised_price"] = (shape, rng.lognormal(4, 0.3, (2, months, 2, DRAWS)),
                              {"units": "USD/bbl", "by_year": "sales_weighted"})
    coords = {"scenario": ["base", "low"], "month": month, "market": MARKETS}
    return xr.Dataset(data, coords, {"run": run_of([base, low], months)})


@pytest.fixture
def p():
    return dataset()


def year(p, name, which, scenario=0):
    return p[name].values[scenario, (p["month"].dt.year == which).values]


def test_a_years_money_is_added_up_per_draw_before_its_quantiles(p):
    got = summary.quantiles(p, "cash_revenue", by="year")
    per_draw = year(p, "cash_revenue", 2020).sum(axis=0)
    assert got.loc[("base", 2020)].to_numpy() == pytest.approx(np.quantile(per_draw, [0.1, 0.5, 0.9]))
    sum_of_monthly = np.quantile(year(p, "cash_revenue", 2020), 0.9, axis=-1).sum()
    assert got.loc[("base", 2020), 0.9] < 0.95 * sum_of_monthly


def test_a_years_output_is_the_mean_over_its_days():
    p = dataset()
    days = np.array([31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    barrels = (year(p, "production", 2020) * days[:, None]).sum(axis=0)
    got = summary.totals(p, "production").sel(scenario="base", year=2020)
    assert got.values == pytest.approx(barrels / 366)


def test_a_years_stock_is_that_of_december(p):
    got = summary.totals(p, "storage").sel(scenario="low", year=2021)
    assert (got.values == p["storage"].sel(scenario="low", month="2021-12-01").values).all()


def test_a_years_price_received_is_its_value_over_its_barrels(p):
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[:, None, None]
    barrels = year(p, "sales", 2021) * days
    value = year(p, "realised_price", 2021) * barrels
    got = summary.totals(p, "realised_price").sel(scenario="base", year=2021).values
    assert got == pytest.approx(value.sum(axis=0) / barrels.sum(axis=0))


def test_a_market_that_buys_nothing_all_year_keeps_a_price_weighted_by_days(p):
    p["sales"][:] = p["sales"].where(p["market"] != "us", 0.0)
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[:, None]
    got = summary.totals(p, "realised_price").sel(scenario="base", year=2021, market="us").values
    assert got == pytest.approx((year(p, "realised_price", 2021)[:, 0] * days).sum(axis=0) / 365)


def test_route_cost_over_a_year_is_weighted_by_all_cash_sales(p):
    days = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[:, None]
    barrels = year(p, "sales", 2021).sum(axis=1) * days
    expected = (year(p, "route_cost", 2021) * barrels).sum(axis=0) / barrels.sum(axis=0)
    assert summary.totals(p, "route_cost").sel(scenario="base", year=2021).values == pytest.approx(expected)


def test_only_complete_calendar_years_count_and_the_others_are_named(p):
    got = summary.quantiles(p, "cash_revenue", by="year")
    assert got.index.names == ["scenario", "year"]
    assert sorted(set(got.index.get_level_values("year"))) == [2020, 2021]
    assert got.attrs["left_out"] == [2019]
    assert got.attrs["units"] == "USD million"


def test_a_run_without_a_complete_year_says_so(p):
    with pytest.raises(ValueError, match="no complete calendar year among 6 months .2019.*by='month'"):
        summary.quantiles(p.isel(month=slice(0, 6)), "cash_revenue", by="year")


def test_the_markets_of_a_variable_stay_in_the_index(p):
    got = summary.quantiles(p, "realised_price", q=(0.5,))
    assert got.index.names == ["scenario", "month", "market"]
    month = pd.Timestamp("2019-06-01")
    assert got.loc[("low", month, "china"), 0.5] == pytest.approx(np.median(p["realised_price"].values[1, 2, 1]))


def test_a_misspelt_variable_is_answered_with_the_one_that_exists(p):
    with pytest.raises(ValueError, match="did you mean cash_revenue"):
        summary.quantiles(p, "cash_revenu")


def test_a_known_variable_that_was_not_kept_is_answered_with_keep(p):
    with pytest.raises(ValueError, match=r"'gap_to_brent' was not kept.*keep=\['gap_to_brent'\]"):
        summary.quantiles(p, "gap_to_brent")


def test_a_yearly_price_by_market_asks_for_sales_by_market():
    with pytest.raises(ValueError, match=r"keep=\['realised_price', 'sales'\]"):
        summary.quantiles(dataset(by_market=False), "realised_price", by="year")


@pytest.mark.parametrize("q", [(), (0.5, 1.2), (-0.1,)])
def test_a_quantile_level_outside_nought_to_one_is_refused(p, q):
    with pytest.raises(ValueError, match="within 0 to 1"):
        summary.quantiles(p, "production", q=q)


def test_an_unknown_period_is_refused(p):
    with pytest.raises(ValueError, match="'month' or 'year'"):
        summary.quantiles(p, "production", by="quarter")


def test_a_mixture_takes_each_draw_whole_from_one_scenario_in_proportion(p):
    mixed = summary.mixture(p, {"base": 0.3, "low": 0.7})
    drawn = mixed["drawn_from"].values
    assert (drawn == "base").sum() == 120
    for draw in (0, 17, 399):
        assert (mixed["production"].values[0, :, draw]
                == p["production"].sel(scenario=drawn[draw]).values[:, draw]).all()
    assert list(mixed["scenario"].values) == ["mixture"]
    assert len(summary.quantiles(mixed, "realised_price", by="year")) == 4


def test_a_mixture_is_spread_over_the_draws_and_the_same_each_time(p):
    first, again = (summary.mixture(p, {"base": 0.5, "low": 0.5}) for _ in range(2))
    assert first.identical(again)
    assert abs((first["drawn_from"].values[:100] == "base").sum() - 50) <= 2


def test_a_mixture_uses_the_scenarios_own_probabilities(p):
    assert (summary.mixture(p)["drawn_from"].values == "base").sum() == 100


def test_a_mixture_of_one_scenario_is_that_scenario(p):
    mixed = summary.mixture(p, {"low": 1})
    assert (mixed["production"].values[0] == p["production"].values[1]).all()


@pytest.mark.parametrize("weights, message", [
    ({"base": 0.5, "low": 0.4}, "add up to 0.9"),
    ({"base": 1.5, "low": -0.5}, "'low' is -0.5"),
    ({"bas": 1.0}, "did you mean base"),
    ({}, "add up to 0"),
])
def test_weights_that_are_no_shares_are_refused(p, weights, message):
    with pytest.raises(ValueError, match=message):
        summary.mixture(p, weights)


def test_a_mixture_without_weights_or_probabilities_says_which_scenario_has_none():
    with pytest.raises(ValueError, match="no probability in scenario 'low'"):
        summary.mixture(dataset(probability=(1.0, None)))


def test_a_comparison_is_the_quantile_of_the_difference_not_the_difference_of_quantiles(p):
    p["production"][1] = p["production"][0] - 50
    got = summary.compare(p, "production", "low", against="base")
    assert got.to_numpy() == pytest.approx(np.full((33, 3), -50.0))
    assert got.attrs["against"] == "base" and got.attrs["units"] == "kb/d"
    assert set(got.index.get_level_values("scenario")) == {"low"}


def test_a_yearly_comparison_differences_yearly_totals(p):
    got = summary.compare(p, "cash_revenue", "low", against="base", by="year", q=(0.9,))
    per_draw = year(p, "cash_revenue", 2020, 1).sum(axis=0) - year(p, "cash_revenue", 2020, 0).sum(axis=0)
    assert got.loc[("low", 2020), 0.9] == pytest.approx(np.quantile(per_draw, 0.9))


def test_a_comparison_with_an_unknown_scenario_is_refused(p):
    with pytest.raises(ValueError, match="no scenario 'lwo'.*did you mean low"):
        summary.compare(p, "production", "lwo", against="base")


def test_the_long_table_names_region_unit_and_quantile(p, tmp_path):
    got = summary.to_iamc(p, tmp_path / "run.csv")
    assert list(got.columns) == ["model", "scenario", "region", "variable", "unit", "year", "value"]
    row = got[(got["variable"] == "realised_price|china|p90") & (got["scenario"] == "low") & (got["year"] == 2021)]
    expected = np.quantile(summary.totals(p, "realised_price").sel(scenario="low", year=2021, market="china"), 0.9)
    assert row["value"].item() == pytest.approx(expected)
    assert row["unit"].item() == "USD/bbl" and set(got["region"]) == {"Venezuela"}
    assert set(got["model"]) == {"vzmodel 0.1.0"}
    assert pd.read_csv(tmp_path / "run.csv")["value"].to_numpy() == pytest.approx(got["value"].to_numpy())


def test_the_long_table_by_month_has_a_time(p):
    got = summary.to_iamc(p, by="month", q=(0.5,))
    assert got.columns[5] == "time" and set(got["variable"]) >= {"production|p50"}
