"""One quantity from several sources: what agrees, what does not, and whether what we say of it is so."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import vzmodel as vz
from vzmodel import data
from vzmodel.cli import app
from vzmodel.data._cross_checks import verdict

TABLES = vz.load_tables()
CHECKS = data.cross_checks(TABLES)


@pytest.mark.parametrize("name", CHECKS)
def test_each_check_has_rows_a_unit_and_a_meaning(name):
    table = CHECKS[name]
    assert len(table) > 4 and table.attrs["unit"] and len(table.attrs["meaning"]) > 100


@pytest.mark.parametrize("as_of", ["2017-01-01", "2019-04-01", "2022-01-01"])
def test_the_checks_can_be_made_with_what_was_known_on_a_day(as_of):
    then = data.cross_checks(vz.load_tables(as_of=as_of))
    assert list(then) == list(CHECKS)
    assert then["production"].index.max() < int(as_of[:4])


def test_the_mean_of_eias_months_is_weighted_by_days():
    eia = TABLES["production"].query("series == 'eia' and month >= '2019' and month < '2020'")
    last = eia.sort_values("published").drop_duplicates("month", keep="last").set_index("month")["value"].sort_index()
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert CHECKS["production"].loc[2019, "eia_months"] == pytest.approx(np.dot(last, days) / 365)


def test_what_is_said_of_production_sources_is_so():
    table = CHECKS["production"]
    jodi, secondary = table["jodi_over_eia_pct"], table["secondary_over_eia_pct"].dropna()
    assert table["eia_year_pct"].abs().max() < 0.1
    assert jodi[[*range(2002, 2007), *range(2008, 2014)]].between(10, 21.5).all()
    assert jodi[[2017, 2018, 2022, 2023]].abs().max() < 2.1 and jodi[2019] == pytest.approx(15, abs=1)
    assert secondary.between(-10.5, -2.5).all()
    institute = table["energy_institute_year"]
    assert (institute / table["jodi_months"] - 1).loc[[2002, *range(2004, 2010)]].abs().max() < 0.06
    assert (institute / table["eia_months"] - 1).loc[2012:2014].abs().max() < 0.035


def test_the_largest_revision_of_exports_is_12_per_cent():
    prints = CHECKS["prints"]
    assert abs(prints.loc["exports", "largest_change_pct"]) == pytest.approx(12, abs=0.5)
    assert prints.loc[["eia", "jodi"], "vintages"].eq("pseudo-real-time").all()
    assert prints.loc["opec_secondary", "vintages"] == "as printed"


def test_american_months_make_the_year_or_leave_a_possible_rest():
    table = CHECKS["us_imports"]
    assert table.loc[2025, "reading"] == "agree" and table.loc[2025, "months_known"] == 12
    assert table["missing_months_must_average"].dropna().ge(0).all()
    rest = (228 * 366 - table.loc[2024, "mean"] * (29 + 31 + 31 + 30 + 31 + 31 + 30)) / (366 - 213)
    assert table.loc[2024, "missing_months_must_average"] == pytest.approx(rest)


def test_hosts_follow_r4v_since_2020_and_the_world_does_not_close():
    table = CHECKS["migrants"]
    assert table.loc["2020":, "region_pct"].abs().max() < 4
    assert table.loc["2018":"2019", "region_pct"].between(12, 23).all()
    assert (table["world_pct"].dropna() > 2).all()


def test_dollars_over_barrels_are_as_customs_print_them():
    table = CHECKS["unit_values"]
    europe, both = table.loc["europe"], table.loc["us (over crude and products)"]
    assert europe.loc[2016, "usd_per_bbl"] == pytest.approx(569.787 / 19.101711, rel=1e-4)
    assert europe["under_brent"].between(8.5, 13).all()
    assert both.loc[2017, "usd_per_bbl"] == pytest.approx(12344 / 245.9, rel=2e-3)
    assert both["over_list_price"].dropna().between(2, 7).all()
    assert (table.loc["us (over crude)"].loc[2010:2015, "under_brent"] < 0).all()
    # 1,498 thousand tonnes at 6.56 barrels a tonne
    assert table.loc[("china", 2024), "million_bbl"] == pytest.approx(1.49837 * 6.556, rel=1e-3)


def test_no_month_sends_more_to_named_destinations_than_it_exports():
    assert CHECKS["exports"]["reading"].eq("fits").all()


@pytest.mark.parametrize(
    ("percent", "said"),
    [(0, "agree"), (-2.9, "agree"), (5, "apart"), (-15, "conflict"), (np.nan, "nothing to compare")],
)
def test_a_difference_is_called_by_its_size(percent, said):
    assert verdict(percent) == said


def test_a_wrong_row_shows_in_the_check():
    trade = TABLES["us_trade"].copy()
    trade.loc[(trade["period"] == "2025-03-01") & (trade["series"] == "crude_imports"), "value"] *= 10
    wrong = data.cross_checks({**TABLES, "us_trade": trade})["us_imports"]
    assert wrong.loc[2025, "reading"] == "conflict"


def test_the_command_prints_each_table_and_what_it_means():
    text = CliRunner().invoke(app, ["data", "cross-checks", "migrants"])
    assert text.exit_code == 0 and "recount" in text.stdout and "sum of hosts against R4V" in text.stdout
    answer = json.loads(CliRunner().invoke(app, ["data", "cross-checks", "--json", "--as-of", "2022-01-01"]).stdout)
    assert set(answer["checks"]) == set(CHECKS)
    assert set(answer["checks"]["production"]) == {"title", "unit", "meaning", "rows"}
    wrong = CliRunner().invoke(app, ["data", "cross-checks", "migrant"])
    assert wrong.exit_code == 2 and "did you mean migrants" in wrong.stderr


def test_the_command_writes_a_template(tmp_path):
    told = CliRunner().invoke(app, ["data", "template", "exports", "--out", str(tmp_path)])
    assert told.exit_code == 0 and (tmp_path / "exports.csv").read_text().startswith("period,freq,series")
    again = CliRunner().invoke(app, ["data", "template", "exports", "--out", str(tmp_path)])
    assert again.exit_code == 2 and "is there already" in again.stderr


def test_the_terms_are_printed_for_people_and_programs():
    assert CliRunner().invoke(app, ["data", "terms"]).stdout == data.terms() + "\n"
    listed = json.loads(CliRunner().invoke(app, ["data", "terms", "--json"]).stdout)["tables"]
    assert {row["name"] for row in listed} == set(data.resources()) and all(row["redistribution"] for row in listed)


def test_an_empty_month_of_readings_gives_empty_checks_not_errors():
    empty = {name: table.iloc[:0] for name, table in TABLES.items()}
    for name, table in data.cross_checks(empty).items():
        assert name == "prints" or table.empty, name
        assert isinstance(table, pd.DataFrame)


def test_the_notebook_still_says_what_the_tables_say(capsys):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("Agg")
    path = data.data_folder().parent / "notebooks" / "data-cross-checks.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    names = {}
    for cell in (c for c in cells if c["cell_type"] == "code"):
        exec("".join(cell["source"]), names)
        stored = "".join("".join(o["text"]) for o in cell["outputs"] if o["output_type"] == "stream")
        assert capsys.readouterr().out == stored, cell["source"]
    pyplot.close("all")
