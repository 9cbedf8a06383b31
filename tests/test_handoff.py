"""A run leaves the model whole: every draw, or quantiles with their units, in files others read."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from typer.testing import CliRunner

import vzmodel as vz
from vzmodel import handoff
from vzmodel.cli import app


@pytest.fixture(scope="module")
def p():
    return vz.project(["status_quo", "relapse"], months=18, draws=100, keep=["production", "sales", "dollar_inflow"])


@pytest.mark.parametrize(("name", "needs"), [("run.nc", "netCDF4"), ("run.zarr", "zarr")])
def test_netcdf_and_zarr_keep_every_draw_its_unit_and_how_it_was_made(p, tmp_path, name, needs):
    pytest.importorskip(needs)
    path = handoff.write(p, tmp_path / name)
    back = xr.open_dataset(path) if needs == "netCDF4" else xr.open_zarr(path, consolidated=False)
    for variable in p.data_vars:
        np.testing.assert_array_equal(back[variable].values, p[variable].values)
        assert back[variable].attrs["units"] == p[variable].attrs["units"]
    assert list(map(str, back.scenario.values)) == ["status_quo", "relapse"]
    assert json.loads(back.attrs["run"])["seed"] == 2019


def test_a_tidy_file_holds_one_number_a_row_with_its_unit(p, tmp_path):
    table = pd.read_csv(handoff.write(p, tmp_path / "run.csv"), keep_default_na=False)
    assert list(table) == ["scenario", "year", "variable", "part", "unit", "quantile", "value"]
    assert not table.duplicated(["scenario", "year", "variable", "part", "quantile"]).any()
    one = table.query("scenario == 'relapse' and variable == 'dollar_inflow' and quantile == 0.5 and year == 2027")
    assert one["value"].item() == pytest.approx(vz.quantiles(p, "dollar_inflow", by="year").loc[("relapse", 2027), 0.5])
    assert one["unit"].item() == "USD million"
    assert set(table.loc[table["variable"] == "sales", "part"]) == {"us", "china", "india", "europe", "cuba", "other"}


def test_a_workbook_has_a_sheet_a_variable_and_says_how_it_was_made(p, tmp_path):
    pytest.importorskip("openpyxl")
    book = pd.read_excel(handoff.write(p, tmp_path / "run.xlsx"), sheet_name=None)
    assert list(book) == ["run", "production", "sales", "dollar_inflow"]
    assert "p50 [kb/d]" in book["production"] and "scenario relapse" in set(book["run"]["run"])
    years = vz.quantiles(p, "production", by="year")
    assert book["production"]["p50 [kb/d]"].to_numpy() == pytest.approx(
        years.sort_index(level="scenario")[0.5].to_numpy())


@pytest.mark.parametrize("by", ["year", "month"])
def test_the_long_table_follows_the_documented_rules_of_pyam(p, tmp_path, by):
    path = handoff.write(p, tmp_path / "run.iamc.csv", by=by)
    table = pd.read_csv(path)
    time = "year" if by == "year" else "time"
    # required columns; no empty cell; one number for each index; years whole, other times as dates
    assert list(table) == ["model", "scenario", "region", "variable", "unit", time, "value"]
    assert table.notna().all().all()
    assert not table.duplicated(["model", "scenario", "region", "variable", "unit", time]).any()
    assert table.groupby("variable")["unit"].nunique().max() == 1
    if by == "year":
        assert table["year"].dtype.kind == "i"
    else:
        assert pd.to_datetime(table["time"]).notna().all()
    assert {"production|p50", "sales|china|p90"} <= set(table["variable"])


def test_a_name_that_says_no_format_is_answered_with_those_there_are(p, tmp_path):
    with pytest.raises(ValueError, match=r"run.txt: the end of the name must be one of .nc, .zarr"):
        handoff.write(p, tmp_path / "run.txt")
    pytest.importorskip("zarr")
    (tmp_path / "old.zarr").mkdir()
    with pytest.raises(FileExistsError, match="choose another name"):
        handoff.write(p, tmp_path / "old.zarr")


def test_the_command_line_writes_what_it_projects(tmp_path):
    file = tmp_path / "run.csv"
    words = ["project", "status_quo", "--draws", "32", "--months", "16", "--variable", "production", "--out", str(file)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "production" in set(pd.read_csv(file)["variable"])


@pytest.mark.parametrize(
    ("name", "says"),
    [("run.docx", "one of .nc, .zarr"), ("run", "one of .nc, .zarr"), ("none/run.csv", "does not exist"),
     ("there.zarr", "exists; choose another name")],
)  # fmt: skip
def test_a_file_that_cannot_be_written_is_refused_before_the_run(tmp_path, monkeypatch, name, says):
    def never(*_, **__):
        raise AssertionError("the run was paid for")

    (tmp_path / "there.zarr").mkdir()
    monkeypatch.setattr("vzmodel.model.project", never)
    result = CliRunner().invoke(app, ["project", "status_quo", "--out", str(tmp_path / name)])
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())
