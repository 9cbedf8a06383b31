"""Charts: Axes in, Axes out, the same bytes each time, and what they say about oil and money."""

from __future__ import annotations

import json

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.axes import Axes

from vzmodel import charts
from vzmodel.charts import balance, outages, prices, production, remittances, revenue, scenarios

NAMES = ["status_quo", "slow_recovery", "grid_failure"]


def _walk(rng, level, spread, months, draws):
    return level * np.exp(np.cumsum(rng.normal(0, spread, (len(NAMES), months, draws)), axis=1))


def dataset(months=30, draws=300):
    rng = np.random.default_rng(4)
    dims, markets = ("scenario", "month", "draw"), ["us", "other"]
    output = _walk(rng, 1000, 0.03, months, draws) * np.array([1, 1.1, 0.8])[:, None, None]
    by_market = ("scenario", "month", "market", "draw")
    price, brent = {}, _walk(rng, 80, 0.05, months, draws)
    gap = np.full((len(NAMES), months, len(markets), draws), 15.0)
    sales = np.repeat(0.3 * output[:, :, None, :], len(markets), axis=2)
    price["gap_to_brent"] = (by_market, gap, "USD/bbl", "sales_weighted")
    price["realised_price"] = (by_market, brent[:, :, None] - gap, "USD/bbl", "sales_weighted")
    price["sales"] = (by_market, sales, "kb/d", "day_mean")
    exports = sales.sum(2) + 150
    gross = exports * 30 * (brent - 15) / 1000
    flat = {
        "production": (output, "kb/d", "day_mean"), "exports": (exports, "kb/d", "day_mean"),
        "deferred_production": (rng.gamma(0.3, 30, output.shape), "kb/d", "day_mean"),
        "storage": (_walk(rng, 30, 0.02, months, draws), "million bbl", "last"),
        "brent": (brent, "USD/bbl", "day_mean"), "diluent_imports": (0.05 * output, "kb/d", "day_mean"),
        "refinery_intake": (0.2 * output, "kb/d", "day_mean"), "gross_export_value": (gross, "USD million", "sum"),
        "net_export_value": (0.7 * gross, "USD million", "sum"), "invoiced_value": (0.9 * gross, "USD million", "sum"),
        "import_bill": (0.2 * gross, "USD million", "sum"), "cash_revenue": (0.4 * gross, "USD million", "sum"),
        "operator_local_dollars": (0.1 * gross, "USD million", "sum"),
        "monetised_remittances": (np.full_like(gross, 80.0), "USD million", "sum"),
        "remittances": (_walk(rng, 300, 0.02, months, draws), "USD million", "sum"),
        "other_exports": (np.full_like(gross, 280.0), "USD million", "sum"),
        "dollar_inflow": (0.5 * gross + 360, "USD million", "sum"),
        **{f"{kind}_cargoes": (np.full_like(gross, 40.0), "kb/d", "day_mean")
           for kind in ("debt", "supply", "swap", "partner")},
    }
    every = {name: (dims, *rest) for name, rest in flat.items()} | price
    variables = {name: (d, values, {"units": unit, "by_year": rule, "long_name": name.replace("_", " ").capitalize()})
                 for name, (d, values, unit, rule) in every.items()}
    run = {"version": "0.1.0", "seed": 2019, "draws": draws, "months": months, "as_of": "2026-10-01", "scenarios": {}}
    return xr.Dataset(variables, {"scenario": NAMES, "month": pd.date_range("2026-10-01", periods=months, freq="MS"),
                                  "market": markets}, {"run": json.dumps(run)})


@pytest.fixture(scope="module")
def p():
    return dataset()


@pytest.fixture(scope="module")
def history():
    months = pd.date_range("2002-01-01", "2026-12-01", freq="MS", name="month")
    rng = np.random.default_rng(1)
    level = np.interp(np.arange(len(months)), [0, 170, 220, 299], [2900, 2300, 500, 1100])
    frame = pd.DataFrame({"production": level, "production_se": 30.0, "brent": 70.0}, index=months)
    for name, factor in (("jodi", 1.08), ("eia", 0.97), ("opec_direct", 1.08), ("opec_secondary", 1.0)):
        frame[f"production_{name}"] = level * factor * (1 + rng.normal(0, 0.02, len(months)))
    return frame


def rivals():
    return pd.DataFrame({
        "year": ["2023", "2023", "2025", "2025"], "author": ["Central desk", "Survey house", "Central desk", "A bank"],
        "concept": "total", "low": [1400.0, 2900, 2800, 3900], "high": [1900.0, 5400, 2800, 6000],
        "kind": ["outcome", "outcome", "outcome", "forecast"], "published": "2026-01-01"})


def failures():
    return pd.DataFrame({
        "event": ["A", "B", "C"], "name": ["March", "August", "Cut"], "kind": "blackout",
        "scope": ["national", "national", "regional"], "start": ["2019-03-07", "2024-08-30", "2021-05-01"],
        "hours_low": [100.0, 10, np.nan], "hours_high": [150.0, 14, np.nan],
        "states_low": [23, 24, 1], "states_high": [23, 24, 1]})


def every_chart(p, history):
    decline = pd.DataFrame({
        "source": ["EIA", "consensus"], "first_month": "2002-01", "first_kbd": [2950.0, 2900], "last_month": "2026-04",
        "last_kbd": [1000.0, 1100], "change_pct": [-66.1, -62.1], "change_pct_low": [np.nan, -66],
        "change_pct_high": [np.nan, -58]})
    one, stock = charts.sheet, pd.Series([38.0], index=pd.to_datetime(["2026-07-15"]))
    marks = [("2019-01-28", "US sanctions"), ("2002-12-02", "strike")]
    return {
        "history": production.history(history, one(), events=marks),
        "decline": production.decline(decline, one(size=(6.6, 2.6))),
        "fan": charts.fan(p, "production", "status_quo", history, one()),
        "small": charts.small_multiples(p, "dollar_inflow"),
        "strip": outages.event_strip(failures(), one()),
        "deferred": outages.deferred(p, "grid_failure", one()),
        "uses": balance.uses(p, "status_quo", one()),
        "storage": balance.storage(p, "status_quo", stock, one()),
        "trade": balance.trade(p, "status_quo", ax=one()),
        "brent": prices.brent(p, "status_quo", history, one()),
        "parts": revenue.parts(p, "status_quo", one()),
        "waterfall": revenue.waterfall(p, "status_quo", one()),
        "remittances": remittances.totals(p, "status_quo", rivals(), one()),
        "yearly": scenarios.yearly(p, ax=one()),
        "differences": scenarios.differences(p, "status_quo", ax=one()),
    }


def test_every_chart_names_its_source_and_leaves_the_global_style_alone(p, history):
    before = dict(mpl.rcParams)
    for name, chart in every_chart(p, history).items():
        figure = charts.style.figure_of(chart)
        text = " ".join(t.get_text() for t in figure.findobj(mpl.text.Text))
        assert "Source" in text, name
    assert dict(mpl.rcParams) == before


def test_fan_returns_the_axes_it_was_given(p):
    ax = charts.sheet()
    assert charts.fan(p, "production", "status_quo", ax=ax) is ax and isinstance(ax, Axes)
    assert "90 %" in ax.get_xlabel() and "scenario" in ax.get_xlabel()


def test_what_then_happened_is_not_drawn_as_history(p, history):
    ax = charts.fan(p, "production", "status_quo", history, charts.sheet())
    first = np.datetime64("2026-10-01")
    black = [line for line in ax.lines if line.get_color() == charts.style.BLACK and len(line.get_xdata()) > 2]
    red = [line for line in ax.lines if line.get_color() == charts.style.VERMILION]
    assert max(black[0].get_xdata()) < first <= min(red[0].get_xdata())


def test_the_month_a_forecast_starts_from_is_written_inside_the_axes(p, history):
    for months in (30, 10):
        ax = charts.fan(p.isel(month=slice(0, months)), "production", "status_quo", history, charts.sheet())
        (note,) = [t for t in ax.texts if t.get_text() == "forecast from Oct 2026"]
        ax.figure.draw_without_rendering()
        words, room = note.get_window_extent(), ax.get_window_extent()
        assert room.x0 <= words.x0 and words.x1 <= room.x1, f"{months} months"


def test_a_misspelt_variable_or_scenario_is_named_with_the_nearest(p):
    with pytest.raises(ValueError, match="did you mean 'production'"):
        charts.fan(p, "producton", "status_quo")
    with pytest.raises(ValueError, match="did you mean 'status_quo'"):
        charts.fan(p, "production", "status_qo")


def test_the_waterfall_adds_up_to_the_dollars_that_arrive(p):
    table = revenue.waterfall_table(p, "status_quo")
    steps = table.loc[table["kind"] == "step", "mean"]
    first, cash, arrive = table.loc[table["kind"] == "total", "mean"]
    assert first + steps.iloc[:-1].sum() == pytest.approx(cash)
    assert cash + steps.iloc[-1] == pytest.approx(arrive)
    whole = revenue.waterfall_table(p.drop_vars("realised_price"), "status_quo")
    assert len(whole) == len(table) - 1, "without prices by market swaps and the uncollected are one step"
    assert whole["mean"].iloc[-1] == pytest.approx(arrive)


def test_the_price_received_lies_below_brent_by_the_gap(p):
    received, brent = prices.received_table(p, "status_quo"), charts.fan_table(p, "brent", "status_quo")
    assert np.allclose(brent[0.5] - received[0.5], 15)


def test_a_rival_forecast_or_partial_estimate_is_not_an_outcome():
    table = remittances.rivals_table(rivals())
    assert "A bank" not in set(table["author"]) and len(table) == 3


def test_the_fan_of_sales_is_that_of_their_sum_over_markets(p):
    total = np.quantile(p["sales"].sum("market").sel(scenario="status_quo"), 0.5, axis=-1)
    assert np.allclose(charts.fan_table(p, "sales", "status_quo")[0.5], total)
    with pytest.raises(ValueError, match="does not add up"):
        charts.fan_table(p, "realised_price", "status_quo")


def test_a_quarter_or_a_forecast_is_not_a_published_year():
    table = pd.DataFrame({"period": ["2019", "2019Q1", "2019", "2020"], "concept": "gross", "author": "OPEC",
                          "kind": ["outcome", "outcome", "outcome", "forecast"], "value": [22492.0, 6115, 18335, 9000],
                          "low": np.nan, "high": np.nan,
                          "published": ["2020-08-01", "2019-11-01", "2021-10-01", "2020-01-01"]})
    rows = revenue.published_table(table)
    assert rows[["year", "middle"]].values.tolist() == [[2019, 18335]]


def test_a_year_that_is_not_complete_is_refused(p):
    with pytest.raises(ValueError, match="2026 is not complete"):
        scenarios.yearly_table(p, "dollar_inflow", [2026])


def test_a_scenario_without_change_adds_nothing_to_itself(p):
    same = xr.concat([p.isel(scenario=[0]), p.isel(scenario=[0]).assign_coords(scenario=["twin"])], "scenario")
    assert (scenarios.difference_table(same, "dollar_inflow", "status_quo") == 0).all().all()


def test_saved_charts_are_the_same_byte_for_byte(p, tmp_path):
    files = []
    for turn in ("a", "b"):
        ax = charts.fan(p, "dollar_inflow", "status_quo", ax=charts.sheet())
        files.append(charts.save(ax, tmp_path / turn / "fan", dpi=60))
    for one, other in zip(*files):
        assert one.read_bytes() == other.read_bytes(), one.suffix
    with pytest.raises(ValueError, match="png, svg or pdf"):
        charts.save(charts.sheet(), tmp_path / "x", ["gif"])
