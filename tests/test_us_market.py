"""What the United States bought, by whose count, and what losing it cost."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from vzmodel import limits, us_market
from vzmodel.cli import app
from vzmodel.commands import console


def test_january_2019_has_both_counts_and_licensed_imports_rise():
    t = us_market.us_sales("2019-01")
    assert (t.loc["2019-01-01", "low"], t.loc["2019-01-01", "tankers"]) == (484, 484)
    assert t.loc["2023-01-01", "eia_crude"] == 40 and t.loc["2025-01-01", "eia_crude"] == 287
    assert t.loc["2025-07-01", "eia_crude"] < 10 < t.loc["2026-07-01", "eia_crude"] == 701
    assert t.loc["2019-01-01", "high"] == 631
    assert us_market.us_sales("2010-01")["customs_imports_usd_m"].notna().sum() > 190


def test_the_range_of_us_purchases_holds_every_count_and_says_what_its_ends_count():
    t = us_market.us_sales("2019-01", "2019-06")
    # 409 million of goods in February at Brent of 64 less 9
    assert t.loc["2019-02-01", "customs_implied"] == pytest.approx(408.89 * 1000 / 28 / 54.96, rel=0.001)
    assert t.loc["2019-02-01", "share_of_exports"] == pytest.approx(0.11 * 920)
    assert t.loc["2019-02-01", "high"] == 289 and "products" in t.loc["2019-02-01", "high_count"]
    assert t.loc["2019-02-01", "low"] <= 149
    assert t.loc["2019-03-01", "low"] == 47 and t.loc["2019-03-01", "eia_crude"] == 56.48
    assert t.loc["2019-04-01", "high"] == 114 and t.loc["2019-04-01", "low"] < 114
    # none arrived from May; customs book a last cargo late
    assert t.loc["2019-05-01", "low"] == 0 and t.loc["2019-05-01", "high"] == t.loc["2019-05-01", "customs_implied"]
    assert t.loc["2019-06-01", "low"] == t.loc["2019-06-01", "high"] == 0


def test_the_cost_of_losing_the_us_is_the_sum_of_its_parts():
    cost = us_market.cost_of_losing_the_us(last="2019-08", draws=256)
    np.testing.assert_allclose(cost[["unsold", "shut_in", "wider_gap", "blocked"]].sum(axis=1), cost["total"])
    paid = cost["blocked"]
    assert 350 <= paid.sum() <= 900 and paid.loc["2019-05":].abs().max() < 1e-9  # about 0.7bn, 28 January-28 April
    assert (cost["total"].loc["2019-02":"2019-04"] > 0).all()


def test_licensed_imports_by_year_stand_beside_customs_dollars_since_2010():
    t = us_market.us_by_year(2010)
    assert t.loc[[2019, 2020, 2022, 2023, 2024], "eia_crude"].tolist() == [81, 0, 0, 132, 228]
    assert t["customs_imports_usd_m"].notna().all() and t.index[-1] == 2026
    assert t.loc[2025, "months"] == 12 and t.loc[2026, "months"] < 12
    monthly = us_market.us_sales("2018-01", "2018-12")["customs_imports_usd_m"]
    assert t.loc[2018, "customs_imports_usd_m"] == pytest.approx(monthly.sum())


def test_the_command_shows_us_purchases_by_year_and_says_what_it_cannot():
    def asked(*words):
        return CliRunner().invoke(app, ["us-sales", "--by", "year", *words])

    found = json.loads(asked("--first", "2024", "--json").stdout)
    assert found["by"] == "year" and [row["year"] for row in found["rows"]] == [2024, 2025, 2026]
    assert found["rows"][0]["eia_crude"] == 228
    assert json.loads(asked("--json").stdout)["rows"][0]["year"] == 2010
    assert asked("--first", "2031").exit_code == 2 and "known to 2026" in asked("--first", "2031").stderr
    assert asked("--cost").exit_code == 2


def test_no_month_of_the_ban_has_oil_and_none_before_or_after_is_made_zero():
    t = us_market.us_sales("2018-01")["eia_crude"]
    assert (t.loc["2019-05-01":"2022-12-01"] == 0).all()
    assert not (t.loc[:"2019-04-01"] == 0).any() and not (t.loc["2023-01-01":] == 0).any()


def test_a_forced_discount_costs_more_than_a_quantity_limit_of_its_size():
    t = limits.limit_or_discount(600, 65, 15, 0.2, lifting=10)
    assert np.isclose(t.loc["forced_discount", "net_loss"], 0.2 * 600 * 50 / 1000)
    saved = t.loc["quantity_limit", ["saved_diluent", "saved_lifting"]].sum()
    assert np.isclose(t["net_loss"].diff().iloc[-1], saved) and saved > 0
    # a discount that takes this share of the price costs as much as the limit
    share = t.loc["quantity_limit", "as_discount"]
    same = limits.limit_or_discount(600, 65, 15, share, lifting=10)
    assert np.isclose(same.loc["forced_discount", "net_loss"], t.loc["quantity_limit", "net_loss"]) and share < 0.2


def test_the_diluent_and_lifting_of_a_limit_are_those_assumed_on_the_day():
    now, then = (limits.limit_or_discount(600, 65, 15, as_of=day) for day in (None, "2019-04-01"))
    # nine dollars a barrel was assumed in April 2019, eleven since
    assert now.loc["quantity_limit", "saved_lifting"] > then.loc["quantity_limit", "saved_lifting"] > 0.12 * 9 * 0.7


@pytest.mark.parametrize(
    "bad",
    [{"cut": 1.2}, {"cut": -0.1}, {"volume": -1}, {"gap": 70}, {"lifting": -3}, {"volume": np.inf}, {"brent": np.nan},
     {"brent": 1e308}, {"volume": 20_000}],
)
def test_a_limit_out_of_bounds_is_refused_with_them(bad):
    with pytest.raises(ValueError, match="between 0 and 1, volume .* between 0 and 10000, .* at most 1000"):
        limits.limit_or_discount(**bad)


def test_a_table_with_nothing_in_it_keeps_its_unit(capsys):
    console.show("Bought by the United States [kb/d]", [])
    assert "[kb/d]: nothing" in capsys.readouterr().out


def test_the_command_on_limit_or_discount_answers_in_dollars_a_day_and_refuses_a_cut_above_one():
    asked = ["limit-or-discount", "--volume", "600", "--brent", "65", "--gap", "15", "--lifting", "10"]
    out = CliRunner().invoke(app, [*asked, "--json"])
    answer = json.loads(out.stdout)
    rows = {row["policy"]: row for row in answer["rows"]}
    assert out.exit_code == 0 and "a day" in answer["unit"]
    assert rows["forced_discount"]["net_loss"] == pytest.approx(6.0)
    assert CliRunner().invoke(app, [*asked, "--cut", "1.5"]).exit_code == 2
