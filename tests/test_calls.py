"""Every public name does real work on real tables when it is called."""

import json

import pandas as pd
import pytest

import vzmodel as vz

CALLED = {}


def call(name):
    def keep(test):
        CALLED[name] = test
        return test

    return keep


@pytest.fixture(scope="module")
def p():
    names = ["status_quo", "relapse"]
    scalar = [
        "production",
        "deferred_production",
        "brent",
        "gross_export_value",
        "cash_revenue",
        "dollar_inflow",
        "operator_local_dollars",
        "monetised_remittances",
        "other_exports",
        "exports",
        "import_bill",
    ]
    return vz.project(names, months=28, draws=256, keep=[*scalar, "migrants", "remittances", "sales"])


@pytest.fixture(scope="module")
def output():
    return vz.load_history()["production"].dropna()


@call("load_tables")
def test_tables(p, output):
    assert {
        "production",
        "prices",
        "exports",
        "us_trade",
        "gaps",
        "settlement",
        "storage",
        "blackouts",
        "migrants",
        "remittances",
        "events",
    } <= set(vz.load_tables())


@call("load_history")
def test_history(p, output):
    assert vz.load_history(as_of="2019-06-30").index[-1] < pd.Timestamp("2019-07-01")


@call("load_assumptions")
@call("Assumptions")
def test_assumptions(p, output):
    a = vz.load_assumptions()
    assert isinstance(a, vz.Assumptions)
    assert a.update({"collection_share": (0.4, 0.5, 0.6)}).table.loc["collection_share", "low"] == 0.4


@call("load_scenarios")
@call("Scenario")
def test_scenarios(p, output):
    shipped = vz.load_scenarios()
    assert all(isinstance(s, vz.Scenario) and s.description and s.source for s in shipped.values())


@call("estimate")
def test_estimates(p, output):
    fitted = vz.estimate(vz.load_tables(), vz.load_assumptions())
    assert fitted.table.loc["capacity_level", "grade"] == "estimated"
    assert 500 < fitted.table.loc["capacity_level", "central"] < 2000


@call("project")
def test_projection(p, output):
    assert p.sizes["draw"] == 256 and json.loads(p.attrs["run"])["seed"] == 2019


@call("hindcast")
def test_hindcast(p, output):
    back = vz.hindcast("2019-02", "2019-05", draws=64)
    assert float(back.deferred_production.sel(month="2019-03-01").median()) > 0


@call("quantiles")
def test_quantiles(p, output):
    q = vz.quantiles(p, "dollar_inflow", by="year")
    assert (q.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)


@call("mixture")
def test_mixture(p, output):
    both = vz.mixture(p, {"status_quo": 0.7, "relapse": 0.3})
    assert both.sizes["draw"] == 256


@call("compare")
def test_comparison(p, output):
    assert not vz.compare(p, "cash_revenue", "relapse", against="status_quo").isna().any(axis=None)


@call("bridge")
def test_bridge(p, output):
    small = vz.project(["status_quo", "price_normalises"], months=16, draws=32)
    blocks = vz.bridge(small, "price_normalises", against="status_quo")
    assert "prices" in str(blocks)


@call("sensitivity")
def test_sensitivity(p, output):
    rows = vz.sensitivity("status_quo", "cash_revenue", names=["collection_share", "brent"], months=16, draws=32)
    assert len(rows) == 2


@call("discover")
def test_discovery(p, output):
    boxes = vz.discover(p, "cash_revenue", below=float(p.cash_revenue.median()) * 12)
    assert set(boxes.attrs["sentences"]) == {"status_quo", "relapse"}
    assert boxes["coverage"].between(0, 1).all() and boxes["density"].between(0, 1).all()


@call("to_iamc")
def test_hand_off(p, output):
    assert {"model", "scenario", "region", "variable", "unit"} <= set(map(str.lower, vz.to_iamc(p).columns))


@call("explore")
def test_explorer(p, output):
    pytest.importorskip("ipywidgets")
    assert vz.explore(draws=16, months=18) is not None


@call("causes")
def test_causes(p, output):
    found = vz.causes("2017-08", "2019-12", draws=60, placebos=False)
    assert set(found) >= {"methods", "attribution", "not_separable"}


@call("coverage")
def test_coverage(p, output):
    assert len(vz.coverage(p)) > 0


@call("recovery")
def test_recovery(p, output):
    assert vz.recovery() is not None


@call("backtest")
@call("no_change")
def test_backtest(p, output):
    scores = vz.backtest(output, vz.no_change, first="2018-01", last="2019-01", step=6, horizons=(1, 12))
    assert list(scores.index.names) == ["origin", "horizon"]


@call("score_published")
def test_published_forecasts_scored(p, output):
    table = vz.load_tables()["published_forecasts"]
    scores = vz.score_published(table[table["quantity"].str.contains("production")].head(12))
    assert "unscorable" in scores


@call("report")
def test_report(p, output, tmp_path):
    pytest.importorskip("jinja2")
    page = vz.report(tmp_path / "report", chapters="now", draws=32, months=24)
    assert page.is_file()


@pytest.mark.parametrize("module", ["production", "prices", "remittances"])
def test_each_forecast_stands_alone(module, output):
    forecast = getattr(vz, module).forecast
    assert forecast(output, 6).shape == (6, 7)
    assert forecast.simulate(output, 6, draws=16).shape == (6, 16)


def test_the_fall_by_source():
    rows = vz.production.decline(since="2002").set_index("source")["change_pct"]
    assert rows["EIA"] < -50 and rows["government (JODI)"] < -50


def test_who_sends_what(p):
    table = vz.remittances.by_host(p, 2027)
    assert abs(table.loc["status_quo", "share"].sum() - 100) < 0.1


def test_a_fan(p):
    ax = vz.charts.fan(p, "dollar_inflow", "status_quo")
    assert ax.get_title(loc="left") and len(ax.collections) >= 3


def test_every_public_name_is_called_here():
    assert set(vz._MODULE_OF) <= set(CALLED)
