"""What was known on a day: first prints, revisions, and nothing published later."""

import numpy as np
import pandas as pd
import pytest

import vzmodel as vz
from vzmodel import data, remittances
from vzmodel.model import _fit, _revisions

MONTHS = ["2017-01-15", "2017-09-01", "2018-06-30", "2019-02-28", "2019-04-01", "2019-09-30", "2020-06-15",
          "2021-11-01", "2023-03-31", "2024-12-31", "2026-09-30"]  # fmt: skip


def print_of(series, month, as_of):
    known = data.known(data.read_table("production"), as_of)
    rows = known[(known["series"] == series) & (known["month"] == month)]
    return data.latest(rows, ["month"])["value"].tolist()


@pytest.mark.parametrize(
    ("series", "month", "as_of", "value"),
    [
        ("opec_secondary", "2019-06-01", "2019-07-10", []),
        ("opec_secondary", "2019-06-01", "2019-07-31", [734]),
        ("opec_secondary", "2019-06-01", "2019-12-31", [774]),
        ("eia", "2019-04-01", "2019-05-19", []),
        ("eia", "2019-04-01", "2019-06-30", [830]),
        ("eia", "2019-04-01", "2026-08-10", [830]),
        ("eia", "2019-04-01", "2026-10-31", [885]),
    ],
)
def test_an_analyst_saw_the_print_of_the_day(series, month, as_of, value):
    assert print_of(series, month, as_of) == value


@pytest.mark.parametrize(("as_of", "value"), [("2020-07-31", []), ("2020-12-31", [22492]), ("2021-12-31", [18335])])
def test_opecs_revenue_of_2019_was_22_5_and_then_18_3_billion(as_of, value):
    revenue = vz.load_tables(as_of=as_of)["revenue"]
    rows = revenue[(revenue["period"] == "2019") & (revenue["concept"] == "gross") & (revenue["author"] == "OPEC")]
    assert data.latest(rows, ["period"])["value"].tolist() == value


@pytest.mark.parametrize("as_of", MONTHS)
def test_no_row_is_seen_before_it_was_published(as_of):
    tables, all_of_them = vz.load_tables(as_of=as_of), vz.load_tables()
    for name, table in tables.items():
        if "published" in table:
            assert (table["published"] <= as_of).all(), name
            assert len(table) == (all_of_them[name]["published"] <= as_of).sum(), name


@pytest.mark.parametrize("as_of", ["2017-01-15", "2019-04-01", "2022-05-10"])
def test_the_history_of_a_day_holds_the_prints_of_that_day(as_of):
    history, production = vz.load_history(as_of=as_of), vz.load_tables(as_of=as_of)["production"]
    assert history.index[-1] < pd.Timestamp(as_of)
    for series, rows in production[production["month"] >= "2002"].groupby("series"):
        last = rows.sort_values("published", kind="stable").drop_duplicates("month", keep="last").set_index("month")
        seen = history[f"production_{series}"].dropna()
        assert (seen == last["value"].reindex(seen.index)).all() and len(seen) == len(last), series


def test_later_days_only_add_rows():
    before = None
    for as_of in MONTHS:
        sizes = {name: len(t) for name, t in vz.load_tables(as_of=as_of).items()}
        assert before is None or all(sizes[name] >= n for name, n in before.items())
        before = sizes


def test_where_the_source_gives_no_day_the_usual_lag_stands_in():
    production = data.read_table("production")
    assumed = production[production["published_basis"] == "lag"]
    lag = (assumed["published"] - (assumed["month"] + pd.offsets.MonthEnd(1))).dt.days
    assert np.array_equal(lag, assumed["series"].map({"eia": 90, "jodi": 50}))


def test_a_correction_is_made_only_once_it_could_be_known():
    trade = {day: vz.load_tables(as_of=day)["us_trade"] for day in ("2019-06-01", "2019-06-30")}
    march = {day: t[(t["period"] == "2019-03-01") & (t["value"] == 69)]["series"].tolist() for day, t in trade.items()}
    assert march == {"2019-06-01": ["crude_imports"], "2019-06-30": ["petroleum_imports"]}


def test_a_fit_of_a_day_asks_for_no_assumptions_but_those_it_was_given(monkeypatch):
    day = "2020-02-10"
    tables, assumed = vz.load_tables(as_of=day), vz.load_assumptions(as_of=day)

    def later(*_, **__):
        raise AssertionError("the assumptions of another day were read")

    monkeypatch.setattr("vzmodel.assumptions.load_assumptions", later)
    monkeypatch.setattr("vzmodel.data.load_tables", later)
    found = vz.estimate(tables, assumed)
    months = pd.period_range("2018-01", "2019-12", freq="M")
    stock, _ = remittances.past_stock(tables["migrants"], months, 64, assumed=found.table)
    assert stock.shape == (24, len(remittances.HOSTS), 64) and (stock[-1].sum(axis=0) > 2).all()
    with pytest.raises(TypeError, match="assumed"):
        remittances.past_stock(tables["migrants"], months, 64)
    with pytest.raises(TypeError, match="assumed"):
        remittances.estimate(tables["migrants"], 64)


def test_the_consensus_and_the_fits_handed_out_are_the_callers_own():
    tables = vz.load_tables()
    mine = data.consensus(tables["production"], tables["production_annual"])
    kept = mine.copy()
    mine.iloc[:] = 0.0
    pd.testing.assert_frame_equal(data.consensus(tables["production"], tables["production_annual"]), kept)
    fitted = vz.estimate(tables, vz.load_assumptions())
    dated = dict(fitted.facts["route_cost"])
    fitted.facts["route_cost"].clear()
    assert vz.estimate(tables, vz.load_assumptions()).facts["route_cost"] == dated


def test_a_table_in_another_order_or_of_other_columns_is_another_state_of_the_data():
    table = vz.load_tables()["production"]
    same, turned = table.copy(), table.iloc[::-1].reset_index(drop=True)
    for key in (data.digest, lambda t: _fit.Frames({"production": t}), lambda t: _revisions._Vintage(t, None)):
        assert key(same) == key(table) and hash(key(same)) == hash(key(table))
        assert key(turned) != key(table)
        assert key(table.rename(columns={"value": "kb_d"})) != key(table)
