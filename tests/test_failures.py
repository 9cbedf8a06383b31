"""What grid failures cost: episodes, the account of early 2019, the years ahead."""


import matplotlib as mpl
import pytest

from vzmodel import data, failures
from vzmodel.charts import outages as charts
from vzmodel.charts import style


@pytest.fixture(scope="module")
def account():
    return failures.account(draws=256)


@pytest.fixture(scope="module")
def episodes():
    return failures.episodes(draws=512)


@pytest.fixture(scope="module")
def forward():
    return {row["grid"]: row for row in failures.forward(months=36, draws=512)}


def test_blackouts_took_output_and_lost_us_sales_took_cash(account):
    output = {row["name"]: row for row in account["production"]["causes"]}
    cash = {row["name"]: row for row in account["cash_revenue"]["causes"]}
    assert output["blackouts"]["loss"]["p10"] > 10
    assert cash["US sales"]["share"]["p50"] > 0.5 > cash["blackouts"]["share"]["p90"]


def test_mean_losses_by_cause_add_up_to_the_mean_loss(account):
    for variable in ("production", "exports", "cash_revenue"):
        parts = [row["loss"]["mean"] for row in account[variable]["causes"]]
        assert sum(parts) == pytest.approx(account[variable]["total"]["mean"])


def test_full_tanks_and_lost_sales_cannot_be_told_apart(account):
    pairs = {(p["one"], p["other"]): p["correlation"] for p in account["production"]["correlation"]}
    assert pairs["US sales", "tanks"] > 0.9 > pairs["blackouts", "US sales"]
    assert any("cannot be told" in sentence for sentence in account["not_separable"])


def test_the_account_explains_part_of_what_was_missing_and_says_what_is_left(account):
    missing = account["observed"]["short_of_capacity_kbd"]["p50"]
    found = account["production"]["total"]["p50"]
    assert account["observed"]["left_over_kbd"] == pytest.approx(missing - found, abs=1e-6)


def test_march_2019_is_given_on_every_reading_of_output(episodes):
    sources = {row["source"]: row for row in episodes["readings"]}
    assert {"eia", "jodi", "opec_secondary"} <= set(sources)
    for row in sources.values():
        assert row["deferred_kbd"]["p50"] == pytest.approx(row["deferred_share"]["p50"] * row["before_kbd"])


def test_march_2019_cost_hundreds_of_millions_in_oil_not_the_billions_of_the_economy(episodes):
    march = next(row for row in episodes["episodes"] if row["name"] == "March 2019")
    assert 50 < march["dollars"]["p10"] < march["dollars"]["p90"] < 600


def test_a_stressed_grid_costs_more_than_a_normal_one_and_an_improving_one_less_in_the_end(forward):
    mean = {name: row["barrels_mb"]["mean"] for name, row in forward.items()}
    assert mean["grid_normal"] < mean["status_quo"] < mean["grid_stressed"]
    assert mean["grid_improving"] <= mean["status_quo"] < mean["grid_failure"]
    assert forward["grid_stressed"]["dollars"]["p50"] > forward["grid_normal"]["dollars"]["p50"]


def test_an_unknown_grid_is_refused_by_name():
    with pytest.raises(ValueError, match="unknown scenario 'grid_perfect'"):
        failures.forward(("grid_perfect",))


def test_a_longer_failure_costs_more_and_takes_longer_to_restart():
    short, day, week = failures.response((3.0, 24.0, 120.0), draws=512)
    assert short["days"]["p50"] == 0 < day["days"]["p50"] < week["days"]["p50"]
    assert short["nation"]["p50"] < day["nation"]["p50"] < week["nation"]["p50"] < week["orinoco"]["p50"]
    assert 0.3 < day["upgraders"]["p50"] < 1.5 and 7 < week["upgraders"]["p50"] < 42


def test_a_day_without_power_cost_part_of_output_as_seen_in_april_2019_and_now():
    then, now = (failures.response((24.0,), draws=512, as_of=day)[0]["nation"] for day in ("2019-04-01", "2026-09-30"))
    assert 0.15 < then["p50"] < 0.47 and 0.1 < now["p50"] < 0.47


def test_a_negative_length_is_refused():
    for function in (failures.response, charts.response_table):
        with pytest.raises(ValueError, match="is negative"):
            function((-1.0,))


def test_every_chart_of_failures_names_its_source(account):
    drawn = [charts.response(style.sheet(), draws=128),
             charts.night_lights(data.load_tables()["night_lights"], style.sheet()),
             charts.causes(account, "exports", style.sheet())]  # fmt: skip
    for ax in drawn:
        text = " ".join(t.get_text() for t in ax.figure.findobj(mpl.text.Text))
        assert "Source" in text
    with pytest.raises(ValueError, match="no 'imports'"):
        charts.causes(account, "imports", style.sheet())


def test_lights_went_out_in_zulia_in_april_2019_more_than_in_the_capital():
    april = charts.lights_table(data.load_tables()["night_lights"]).loc["2019-04-01"]
    assert april["Zulia"] < 0.6 < 0.85 < april["Distrito Capital"]


def test_the_command_prints_episodes_causes_and_years_ahead():
    import json

    from typer.testing import CliRunner

    from vzmodel.cli import app

    told = CliRunner().invoke(app, ["blackouts", "--draws", "64", "--months", "12", "--json"])
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    assert list(found) == ["episodes", "readings", "years", "response", "published", "account", "forward"]
    assert {row["grid"] for row in found["forward"]} == set(failures.GRIDS)
    table = CliRunner().invoke(app, ["blackouts", "--draws", "64", "--months", "12"])
    assert "Reference episodes" in table.output and "cannot be told" in table.output
