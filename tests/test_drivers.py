"""Why a run says what it says, and the sliders that ask it."""


import dataclasses
import json
import subprocess
import sys
import types

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import vzmodel as vz
from vzmodel import drivers, explorer, summary
from vzmodel.assumptions import Assumptions, _sampling
from vzmodel.scenarios import Scenario

# A toy in place of the model: revenue = barrels x price x share collected, of three blocks.

TOY = {"capacity": ("production", 100.0, 80, 125), "brent": ("prices", 50.0, 40, 60),
       "collected": ("revenue", 0.5, 0.4, 0.6), "idle": ("revenue", 3.0, 3, 3)}


def toy_table():
    rows = {name: {"block": block, "low": low, "central": central, "high": high, "distribution": "uniform", "unit": "1",
                   "minimum": -1e9, "maximum": 1e9} for name, (block, central, low, high) in TOY.items()}
    return Assumptions(pd.DataFrame.from_dict(rows, orient="index").rename_axis("name"))


def toy_project(wanted, *, months=24, draws=64, seed=0, as_of="2019-01-01", keep=None, assumptions=None):
    month = pd.period_range("2019-01", periods=months, freq="M").to_timestamp()
    luck = 1 + np.random.default_rng(seed).random(draws)
    used, out = (assumptions or toy_table()).table["central"], []
    for scenario in wanted:
        value = {n: scenario.changes.get(n, {}).get("start", used[n]) for n in TOY}
        out.append(np.broadcast_to(value["capacity"] * value["brent"] * value["collected"] * luck, (months, draws)))
    return xr.Dataset({"cash_revenue": (("scenario", "month", "draw"), np.array(out),
                                        {"units": "USD million", "by_year": "sum"})},
                      {"scenario": [s.name for s in wanted], "month": month},
                      {"run": json.dumps({"months": months, "draws": draws, "seed": seed, "as_of": as_of,
                                          "scenarios": {s.name: s.to_toml() for s in wanted}})})


@dataclasses.dataclass(frozen=True)
class ToyInputs:
    assumptions: Assumptions
    months: pd.PeriodIndex
    seed: int
    lead: int = 0
    given: dict = dataclasses.field(default_factory=dict)


def toy_prepared(wanted, months, draws, *, seed=0, keep=None, as_of=None):
    index = pd.period_range("2019-01", periods=months or 24, freq="M")
    return list(wanted), ToyInputs(toy_table(), index, seed), "{}"


def toy_block(wanted, inputs, first, draws):
    drawn = _sampling.percentiles(inputs.seed, first, draws, inputs.given)
    value = inputs.assumptions.sample(wanted[0], inputs.months, drawn)
    luck = 1 + np.random.default_rng(inputs.seed).random(draws)
    revenue = value["capacity"] * value["brent"] * value["collected"] * luck
    return {"cash_revenue": np.broadcast_to(revenue, (1, len(inputs.months), draws))}


@pytest.fixture
def toy(monkeypatch):
    fake = types.SimpleNamespace(project=toy_project, prepared=toy_prepared, run_block=toy_block)
    monkeypatch.setitem(sys.modules, "vzmodel.model", fake)
    monkeypatch.setattr("vzmodel.model", sys.modules["vzmodel.model"], raising=False)
    monkeypatch.setattr(drivers._assumptions, "load_assumptions", lambda folder=None, as_of=None: toy_table())
    monkeypatch.setattr(drivers._assumptions, "estimate", lambda tables, assumptions: assumptions)
    monkeypatch.setattr(drivers.data, "load_tables", lambda folder=None, as_of=None: {})
    monkeypatch.setattr(drivers.scenarios, "load_scenarios", dict)
    return toy_project


def test_a_bridge_adds_up_in_every_draw(toy):
    end = Scenario("end", changes={"capacity": 150, "brent": 80, "collected": 0.9})
    p = toy([Scenario("start"), end])
    parts = drivers.contributions(p, "end", against="start")
    assert list(parts["block"].values) == ["prices", "production", "revenue"]
    difference = p["cash_revenue"].sel(scenario="end") - p["cash_revenue"].sel(scenario="start")
    per_year = difference.groupby("month.year").sum().values
    assert parts.sum("block").values == pytest.approx(per_year, rel=1e-12)


def test_a_bridge_of_two_factors_gives_each_its_step_at_the_others_mean(toy):
    p = toy([Scenario("start"), Scenario("end", changes={"capacity": 150, "brent": 80})], seed=3)
    parts = drivers.contributions(p, "end", against="start").sel(year=2019)
    luck = 12 * 0.5 * (1 + np.random.default_rng(3).random(64))
    assert parts.sel(block="production").values == pytest.approx((150 - 100) * (50 + 80) / 2 * luck)
    assert parts.sel(block="prices").values == pytest.approx((80 - 50) * (100 + 150) / 2 * luck)


def test_a_bridges_means_add_up_to_its_total(toy):
    p = toy([Scenario("start"), Scenario("end", changes={"capacity": 150, "collected": 0.9})])
    got = drivers.bridge(p, "end", against="start")
    assert got.loc[("total", 2020), "mean"] == pytest.approx(got["mean"].xs(2020, level="year").drop("total").sum())
    assert list(got.columns) == [0.1, 0.5, 0.9, "mean"]


def test_a_bridge_of_the_model_itself_adds_up_to_its_comparison():
    base = Scenario("base", as_of="2026-09-01")
    p = vz.project([base, base.but("cheap", changes={"brent": 55, "escrow_share": 0.3})], months=16, draws=64)
    got = drivers.bridge(p, "cheap", against="base", q=(0.5,))
    assert list(got.index.get_level_values("block")) == ["prices", "revenue", "total"]
    compared = summary.compare(p, "cash_revenue", "cheap", against="base", by="year", q=(0.5,))
    assert got.loc[("total", 2027), 0.5] == pytest.approx(compared.loc[("cheap", 2027), 0.5])
    assert got.loc[("prices", 2027), "mean"] < 0


def test_a_change_both_scenarios_make_is_no_part_of_a_bridge(toy):
    both = {"brent": 70}
    p = toy([Scenario("start", changes=both), Scenario("end", changes={**both, "capacity": 150})])
    assert list(drivers.contributions(p, "end", against="start")["block"].values) == ["production"]


def test_two_scenarios_with_the_same_changes_have_no_bridge(toy):
    p = toy([Scenario("one", changes={"brent": 60}), Scenario("two", changes={"brent": 60})])
    with pytest.raises(ValueError, match="nothing to split"):
        drivers.bridge(p, "two", against="one")


def test_a_bridge_refuses_a_run_made_with_other_inputs_than_the_re_run(toy):
    own = toy_table().update({"capacity": 200.0})
    p = toy([Scenario("start"), Scenario("end", changes={"brent": 80})], assumptions=own)
    with pytest.raises(ValueError, match="give the history= and assumptions="):
        drivers.bridge(p, "end", against="start")
    got = drivers.bridge(p, "end", against="start", assumptions=own)
    assert list(got.index.get_level_values("block").unique()) == ["prices", "total"]


def test_a_bridge_needs_a_run_that_says_how_it_was_made(toy):
    p = toy([Scenario("base"), Scenario("low", changes={"brent": 40})])
    del p.attrs["run"]
    with pytest.raises(ValueError, match="attrs\\['run'\\]"):
        drivers.bridge(p, "low", against="base")


def test_sensitivity_ranks_assumptions_by_their_swing(toy):
    got = drivers.sensitivity(Scenario("base"), "cash_revenue", draws=2048)
    assert list(got.index) == ["capacity", "brent", "collected"]
    # uniform from 80 to 125, from 40 to 60, from 0.4 to 0.6; luck from 1 to 2
    assert got.loc["capacity", "low"] == pytest.approx(84.5)
    assert got.loc["capacity", "swing"] == pytest.approx((120.5 - 84.5) * 50 * 0.5 * 1.5 * 12, rel=0.03)
    assert got.loc["brent", "at_low"] == pytest.approx(102.5 * 42 * 0.5 * 1.5 * 12, rel=0.03)
    assert got.attrs["base"] == pytest.approx(102.5 * 50 * 0.5 * 1.5 * 12, rel=0.03)


def test_an_assumption_the_scenario_sets_moves_with_the_range_the_scenario_gives_it(toy):
    own = Scenario("own", changes={"brent": {"2019-01": (40, 50, 60), "2020-01": (80, 100, 120)}, "collected": 0.5})
    got = drivers.sensitivity(own, "cash_revenue", draws=256)
    assert set(got.index) == {"capacity", "brent"}
    assert got.loc["brent", "low"] == pytest.approx(0.5 * 42 + 0.5 * 84)


def test_shares_of_the_variance_are_those_of_a_product_of_independent_factors(toy):
    pytest.importorskip("SALib")
    got = drivers.sensitivity(Scenario("base"), "cash_revenue", method="sobol", draws=2048)
    # relative variances of uniforms: (high - low)^2 / 12 / mean^2
    relative = {"capacity": 45**2 / 12 / 102.5**2, "brent": 20**2 / 12 / 50**2, "collected": 0.2**2 / 12 / 0.5**2,
                "all else": 1 / 12 / 1.5**2}
    whole = np.prod([1 + r for r in relative.values()])
    for name, r in relative.items():
        assert got.loc[name, "first_order"] == pytest.approx(r / (whole - 1), abs=0.04), name
        assert got.loc[name, "total"] == pytest.approx(whole * r / (1 + r) / (whole - 1), abs=0.04), name
    assert (got["total"] >= got["first_order"] - 0.03).all()


def test_a_parameter_fitted_with_others_has_no_share_of_its_own():
    with pytest.raises(ValueError, match="capacity_level is fitted together .* name 'joint production'"):
        drivers.sensitivity(Scenario("base"), "cash_revenue", method="sobol", draws=64, names=["capacity_level"])


def test_a_variance_is_split_over_a_power_of_two_draws(toy):
    pytest.importorskip("SALib")
    with pytest.raises(ValueError, match="power of two"):
        drivers.sensitivity(Scenario("base"), "cash_revenue", method="sobol", draws=1000)
    with pytest.raises(ValueError, match="'tornado' or 'sobol'"):
        drivers.sensitivity(Scenario("base"), "cash_revenue", method="morris")


def test_variance_without_its_library_names_the_extra(toy, monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib.analyze.sobol", None)
    with pytest.raises(ModuleNotFoundError, match=r"vzmodel\[explore\]"):
        drivers.sensitivity(Scenario("base"), "cash_revenue", method="sobol", draws=64)


def test_sensitivity_answers_a_misspelt_assumption(toy):
    with pytest.raises(ValueError, match="did you mean brent"):
        drivers.sensitivity(Scenario("base"), "cash_revenue", names=["bretn"])


def sampled_case(monkeypatch, rule):
    draws = 2000
    rng = np.random.default_rng(5)
    values = {name: rng.uniform(0, top, draws) for name, top in (("capacity", 1), ("brent", 100), ("idle", 1))}
    monkeypatch.setattr(drivers, "_sampled", lambda p, name, assumptions: values)
    bad = rule(values)
    revenue = np.where(bad, 10.0, 90.0)
    month = pd.period_range("2019-01", periods=12, freq="M").to_timestamp()
    return xr.Dataset({"cash_revenue": (("scenario", "month", "draw"), np.broadcast_to(revenue / 12, (1, 12, draws)),
                                        {"units": "USD million", "by_year": "sum"})},
                      {"scenario": ["base"], "month": month})


def test_discovery_finds_the_two_conditions_that_bring_the_failure(monkeypatch):
    p = sampled_case(monkeypatch, lambda v: (v["capacity"] < 0.4) & (v["brent"] < 50))
    got = drivers.discover(p, "cash_revenue", below=50)
    assert set(got.index) == {("base", "capacity"), ("base", "brent")}
    assert got.loc[("base", "capacity"), "threshold"] == pytest.approx(0.4, abs=0.03)
    assert got.loc[("base", "brent"), "threshold"] == pytest.approx(50, abs=3)
    assert set(got["side"]) == {"below"}
    assert (got["density"] > 0.9).all() and (got["coverage"] > 0.9).all()
    assert "cash_revenue is below 50 USD million in 20% of draws" in got["sentence"].iloc[0]


def test_discovery_does_not_add_a_condition_that_tells_nothing(monkeypatch):
    p = sampled_case(monkeypatch, lambda v: v["brent"] > 70)
    got = drivers.discover(p, "cash_revenue", below=50)
    assert list(got.index) == [("base", "brent")] and got["side"].tolist() == ["above"]


def test_discovery_says_when_the_failure_never_happens(monkeypatch):
    p = sampled_case(monkeypatch, lambda v: v["brent"] > 1000)
    got = drivers.discover(p, "cash_revenue", below=50)
    assert got.empty
    assert got.attrs["sentences"] == {"base": "In 'base', cash_revenue is below 50 USD million in 0% of draws."}


def test_the_causes_of_a_mixture_are_asked_of_its_scenarios(toy):
    p = summary.mixture(toy([Scenario("start"), Scenario("end", changes={"brent": 80})]), {"start": 0.5, "end": 0.5})
    with pytest.raises(ValueError, match="'mixture' is not one of the scenarios this run was made with: start, end"):
        drivers.discover(p, "cash_revenue", below=50_000)


def test_a_slider_holds_its_value_through_the_scenarios_later_months():
    start = Scenario("base", changes={"brent": {"2027-01": 60}})
    got = explorer.changed(start, toy_table().table, {"brent": 90, "investment": None})
    assert got.changes == {"brent": {"start": 90.0, "2027-01": 90.0}}


def test_a_slider_stands_where_the_scenario_puts_it():
    table = toy_table().table.assign(minimum=0.0, maximum=500.0)
    assert explorer.limits("brent", table, Scenario("base")) == (0.0, 180.0, 50.0)
    assert explorer.limits("brent", table, Scenario("base", changes={"brent": (30, 40, 55)})) == (0.0, 180.0, 40.0)


def test_exploring_without_ipywidgets_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(ImportError, match=r"vzmodel\[notebooks\]"):
        explorer.explore()


def test_importing_the_package_loads_no_widgets():
    code = "import sys, vzmodel; print(sorted({'ipywidgets', 'SALib'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
