"""The scenarios that ship: dated, sourced, informed by nothing later than their day, set beside what others printed."""

import matplotlib
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import vzmodel as vz
from vzmodel import references
from vzmodel.assumptions import load_assumptions
from vzmodel.assumptions._levers import GROUPS, levers
from vzmodel.charts.references import reference
from vzmodel.cli import app

matplotlib.use("Agg")

SEED = ["seed_2019_base", "seed_2019_low", "seed_2019_transition", "rosneft_sanctioned", "blackouts_persist",
        "gl8_lapses", "trader_diversion", "price_shock"]
SINCE = {"secondary_sanctions_price_collapse": "2020", "swap_ban": "2020", "partial_licence": "2022",
         "general_relief": "2023", "snapback": "2024", "licence_loss_tariff": "2025", "blockade": "2025",
         "us_controlled_sales": "2026"}
NOW = ["status_quo", "slow_recovery", "investment_recovery", "full_recovery", "relapse", "grid_failure",
       "price_normalises", "escrow_ends", "debt_deal", "disorderly", "us_migrants_shock", "returns"]
PAST = ["history", "no_sanctions_2017", "no_blackouts_2019"]


@pytest.fixture(scope="module")
def shipped():
    return vz.load_scenarios()


def middle(p, variable, scenario, month):
    return float(p[variable].sel(scenario=scenario, month=month).median())


def test_every_scenario_promised_ships_with_description_and_source(shipped):
    for name in [*SEED, *SINCE, *NOW, *PAST]:
        assert shipped[name].description and shipped[name].source, name


def test_a_turning_point_starts_on_its_own_day(shipped):
    assert {shipped[name].as_of for name in SEED} == {"2019-04-01"}
    for name, year in SINCE.items():
        assert shipped[name].as_of.startswith(year) and shipped[name].months >= 12, name
        first = min(m for dated in shipped[name].changes.values() for m in dated if m != "start")
        assert first >= shipped[name].as_of[:7], f"{name} changes {first} before its day"


@pytest.mark.parametrize("name", [*SINCE])
def test_a_turning_point_runs_on_what_was_known_on_its_day(shipped, name):
    known = load_assumptions(as_of=shipped[name].as_of)
    assert (known.table["published"] <= pd.Timestamp(shipped[name].as_of)).all()
    known.check(shipped[name], pd.Period(shipped[name].as_of, "M"), shipped[name].months)


def test_between_two_editions_of_an_assumption_dated_facts_stand_in():
    then, now = load_assumptions(as_of="2024-04-17").table, load_assumptions().table
    # Chevron's cargoes to the United States, 184 kb/d in February 2024; none were assumed in 2019
    assert then.loc["partner_cargoes", "central"] == pytest.approx(184)
    assert load_assumptions(as_of="2019-04-01").table.loc["partner_cargoes", "central"] == 0
    assert load_assumptions(as_of="2026-11-01").table.equals(now)


def test_what_is_said_of_now_adds_up_to_one(shipped):
    exclusive = {name: s.probability for name, s in shipped.items() if s.probability is not None}
    assert sum(exclusive.values()) == pytest.approx(1)
    p = vz.project(list(exclusive), months=4, draws=100, keep="production")
    drawn = pd.Series(vz.mixture(p)["drawn_from"].values).value_counts(normalize=True)
    for name, probability in exclusive.items():
        assert drawn[name] == pytest.approx(probability, abs=0.01), name


def test_the_probability_of_an_event_is_apart_from_what_it_does():
    p = vz.project(["status_quo", "relapse"], months=16, draws=400, keep="cash_revenue")
    rare, likely = (vz.mixture(p, {"status_quo": 1 - w, "relapse": w}) for w in (0.1, 0.6))
    for mixed in (rare, likely):
        hit = mixed.drawn_from.values == "relapse"
        np.testing.assert_array_equal(
            mixed.cash_revenue.values[0][:, hit], p.cash_revenue.sel(scenario="relapse").values[:, hit]
        )
    assert (rare.drawn_from == "relapse").sum() == 40 and (likely.drawn_from == "relapse").sum() == 240


def test_futures_of_now_differ_as_their_names_say():
    names = ["status_quo", "escrow_ends", "debt_deal", "disorderly", "full_recovery", "investment_recovery"]
    p = vz.project(names, months=48, draws=200)
    at = "2029-06-01"
    cash = {n: middle(p, "cash_revenue", n, at) for n in names}
    assert cash["status_quo"] > cash["debt_deal"]
    # funds that close pay out what they hold: more at first, and less once there would have been more to pay out
    early = {n: middle(p, "cash_revenue", n, "2027-06-01") for n in names}
    assert early["escrow_ends"] > early["status_quo"]
    oil = {n: middle(p, "production", n, at) for n in names}
    assert oil["disorderly"] < 500 < oil["status_quo"] < oil["investment_recovery"] < oil["full_recovery"]
    # money that is spent on wells is not a promise of oil: the published path lies within what the spending may give
    assert oil["escrow_ends"] == oil["status_quo"]


def test_a_blockade_fills_the_tanks_and_shuts_wells_in():
    p = vz.project("blockade", draws=200)
    month = p.sel(month="2026-01-01").isel(scenario=0)
    assert float(month.shut_in.median()) > 50
    assert float(month.storage.median()) > float(p.storage.isel(month=0).median())


def test_a_licence_brings_dollars_at_home_without_any_for_the_state():
    p = vz.project("partial_licence", draws=200)
    later = p.sel(month="2024-06-01")
    assert float(later.partner_cargoes.median()) > 50 and float(later.operator_local_dollars.median()) > 0
    with_us = vz.project("partial_licence", draws=50, keep="sales")
    assert float(with_us.sales.sel(market="us", month=slice("2023-01-01", None)).max()) == 0


def test_each_scenario_prints_one_table_of_levers(shipped):
    for name in ("blockade", "status_quo", "gl8_lapses"):
        table = levers(name)
        assert [g for g in GROUPS if g not in table.index.get_level_values("group")] == []
        assert set(shipped[name].changes) <= set(table.index.get_level_values("assumption"))
        assert (table["unit"] != "").all()
    assert levers("gl8_lapses").loc[("other", "operator_loss"), "changes"].startswith("2019-08: 0.07 (0.03 to 0.12)")


def test_the_published_path_of_a_year_is_set_beside_the_mean_over_its_days():
    p = vz.project(["investment_recovery", "status_quo"], months=30, draws=100)
    table = references.published(p)
    row = table[(table["issuer"] == "Rystad Energy") & (table["period"] == "2028")].iloc[0]
    assert row["value"] == 1400 and row["scenario"] == "investment_recovery"
    year = vz.quantiles(p, "production", by="year").loc[("investment_recovery", 2028)]
    assert row["ours_p50"] == pytest.approx(year[0.5]) and row["ours_p90"] == pytest.approx(year[0.9])
    past = table[(table["period"] == "2032") | (table["period"] == "2026")]
    assert past["ours_p50"].isna().all()


def test_a_run_without_a_published_path_says_which_have_one():
    p = vz.project("escrow_ends", months=2, draws=8)
    with pytest.raises(ValueError, match="no published path for escrow_ends; there are paths for blockade"):
        references.published(p)


def test_the_chart_marks_each_published_value_and_those_past_the_horizon():
    p = vz.project("investment_recovery", months=30, draws=60)
    ax = reference(p, "investment_recovery")
    text = " ".join(t.get_text() for t in ax.texts)
    assert "Rystad Energy 1,400" in text and "Past the horizon: Rystad Energy 2,000 in 2032" in text


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["scenarios", "show", "blockade"], "access_volume_china"),
        (["bridge", "relapse", "status_quo", "--draws", "32", "--months", "16"], "total"),
        (["sensitivity", "status_quo", "--name", "escrow_share", "--draws", "32", "--months", "16"], "swing"),
        (["discover", "status_quo", "--below", "6000", "--draws", "256", "--months", "16"], "In 'status_quo'"),
        (["project", "seed_2019_base+blackouts_persist", "--draws", "32", "--months", "10", "--by", "month"],
         "seed_2019_base+blackouts_persist"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_the_command_line_tells_it(words, expected):
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert expected in result.stdout
