"""The command line: what people and programs get, and how it says no."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import vzmodel
from vzmodel import data
from vzmodel.cli import app

SMALL = ["--draws", "64", "--months", "24"]


def run(*words):
    return CliRunner().invoke(app, [str(w) for w in words])


def answer(*words):
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_help_loads_no_table_library_and_is_quick():
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    code = (
        "import sys; from vzmodel.cli import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in ('pandas', 'numpy', 'scipy', 'xarray', 'matplotlib') if m in sys.modules])"
    )
    assert python(code).splitlines()[-1] == "[]"
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 0.4


def test_the_version_is_told():
    assert run("--version").stdout.strip() == vzmodel.__version__
    out = subprocess.run([sys.executable, "-m", "vzmodel", "--version"], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == vzmodel.__version__


@pytest.mark.parametrize(
    "words",
    [
        ["report"], ["project"], ["compare"], ["backtest"], ["decline"], ["causes"], ["claims"],
        ["scenarios", "list"], ["scenarios", "show"], ["scenarios", "check"],
        ["data", "check"], ["data", "list"], ["data", "show"], ["data", "seal"], ["data", "template"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_every_command_documents_its_json_keys(words):
    text = run(*words, "--help").output
    assert "--json" in text and "JSON keys:" in text


def test_a_projection_names_unit_scenario_and_percentiles():
    found = answer("project", "status_quo", "--variable", "production", "--by", "month", *SMALL)
    part = found["variables"]["production"]
    assert set(found) == {"run", "by", "variables"} and part["unit"] == "kb/d"
    assert len(part["rows"]) == 24 and set(part["rows"][0]) == {"scenario", "month", "p10", "p50", "p90"}
    assert all(row["p10"] <= row["p50"] <= row["p90"] for row in part["rows"])
    assert found["run"]["draws"] == 64


def test_a_projection_is_shown_as_a_table():
    result = run("project", "status_quo", "--variable", "dollar_inflow", *SMALL)
    assert result.exit_code == 0 and "dollar_inflow [USD million]" in result.stdout


def test_a_comparison_with_itself_under_another_name_is_nought(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('[same]\nextends = "status_quo"\ndescription = "No change"\n')
    found = answer("compare", "same", "status_quo", "--scenario-file", file, *SMALL)
    assert found["scenario"] == "same" and found["against"] == "status_quo"
    assert all(row["p10"] == row["p50"] == row["p90"] == 0 for row in found["rows"])


def test_scenarios_are_listed_shown_and_checked(tmp_path):
    names = [s["name"] for s in answer("scenarios", "list")["scenarios"]]
    assert {"status_quo", "seed_2019_base"} <= set(names)
    assert run("scenarios").exit_code == 0
    assert run("scenarios", "show", "seed_2019_low").stdout.startswith("[seed_2019_low]")
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text('[cheap]\nextends = "status_quo"\ndescription = "Cheap oil"\n[cheap.changes]\nbrent = 50\n')
    bad.write_text('[odd]\nextends = "status_quo"\ndescription = "Odd"\n[odd.changes]\naccess_volume_us = 7\n')
    assert answer("scenarios", "check", good) == {"file": str(good), "scenarios": ["cheap"], "faults": []}
    result = run("scenarios", "check", bad)
    assert result.exit_code == 1 and "access_volume_us" in result.stdout


def test_the_fall_in_output_is_told_source_by_source():
    rows = answer("decline", "--since", "2002")["rows"]
    assert {"consensus", "EIA", "OPEC secondary sources"} <= {row["source"] for row in rows}


def test_tables_are_listed_shown_and_started():
    listed = answer("data", "list")
    assert listed["hash"] == data.data_hash()
    assert {"name", "title", "rows", "release_lag_days", "licence", "sources"} == set(listed["tables"][0])
    shown = answer("data", "show", "production")
    assert {"name", "title", "sources", "licenses", "fields", "rows"} == set(shown)
    assert shown["rows"][0]["month"].endswith("-01") or len(shown["rows"][0]["month"]) == 7
    assert run("data", "template", "prices").stdout == data.template("prices")


def test_sound_tables_pass_and_a_fault_gives_exit_code_one(tmp_path):
    assert answer("data", "check")["faults"] == []
    text = (data.data_folder() / "prices.csv").read_text(encoding="utf-8")
    (tmp_path / "prices.csv").write_text(text.replace(",brent,", ",brant,", 1), encoding="utf-8")
    result = run("data", "check", "--folder", tmp_path)
    assert result.exit_code == 1 and "did you mean brent" in result.stdout
    found = run("data", "check", "--folder", tmp_path, "--json")
    assert found.exit_code == 1 and len(json.loads(found.stdout)["faults"]) == 1


def test_sealing_a_folder_of_ones_own_leaves_the_shipped_one_alone(tmp_path):
    before = (data.data_folder() / "datapackage.json").read_bytes()
    (tmp_path / "prices.csv").write_bytes((data.data_folder() / "prices.csv").read_bytes())
    assert answer("data", "seal", "--folder", tmp_path)["descriptor"] == str(tmp_path / "datapackage.json")
    assert (data.data_folder() / "datapackage.json").read_bytes() == before


BAD = {
    "misspelt scenario": (["project", "status_qou"], "status_quo"),
    "misspelt variable": (["project", "status_quo", "--variable", "prodction", *SMALL], "production"),
    "different first months": (["compare", "seed_2019_base", "status_quo", *SMALL], "different months"),
    "no such scenario file": (["project", "status_quo", "--scenario-file", "absent.toml"], "absent.toml"),
    "no such day": (["project", "status_quo", "--as-of", "banana"], "banana"),
    "no such table": (["data", "show", "pricess"], "did you mean prices"),
    "no such folder": (["data", "check", "--folder", "absent"], "absent"),
    "no such series": (["backtest", "--series", "brant"], "did you mean brent"),
    "days missing": (["backtest", "--known"], "--first"),
    "origins before the history": (["backtest", "--series", "brent", "--first", "1997-01"], "2004-12 to"),
    "a step of nothing": (["backtest", "--real-time", "--step", "0"], "step is 0"),
    "a basis that real time has not": (["backtest", "--real-time", "--series", "brent"], "--real-time scores"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_gets_one_line_on_standard_error_and_exit_code_two(case):
    words, said = BAD[case]
    result = run(*words)
    assert result.exit_code == 2 and result.stdout == ""
    assert said in result.stderr and result.stderr.count("\n") == 1 and "Traceback" not in result.stderr


@pytest.mark.parametrize("module, words", [
    ("zarr", ["project", "status_quo", *SMALL, "--out", "{}/run.zarr"]),
    ("openpyxl", ["project", "status_quo", *SMALL, "--out", "{}/run.xlsx"]),
    ("jinja2", ["report", "--out", "{}", "--draws", "8"]),
    ("SALib", ["sensitivity", "status_quo", "--method", "sobol", *SMALL]),
    ("arch", ["backtest", "--compare"]),
])  # fmt: skip
def test_an_extra_that_is_not_installed_is_named_in_one_line(module, words, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, module, None)
    result = run(*(str(w).format(tmp_path) for w in words))
    assert result.exit_code == 2 and module in result.stderr and "vzmodel[" in result.stderr
    assert result.stderr.count("\n") == 1 and "Traceback" not in result.stderr


def test_a_module_of_ours_that_does_not_load_is_no_missing_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "vzmodel.summary", None)
    with pytest.raises(ModuleNotFoundError, match="vzmodel.summary"):
        raise run("project", "status_quo", *SMALL).exception


def test_a_wrong_option_gets_exit_code_two():
    assert run("project", "status_quo", "--draws", "0").exit_code == 2
    assert run("nonsense").exit_code == 2


@pytest.mark.slow
def test_the_wheel_works_away_from_the_checkout(tmp_path):
    def call(*words):
        done = subprocess.run([str(w) for w in words], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    root = Path(__file__).parent.parent
    call(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, root)
    call(sys.executable, "-m", "venv", tmp_path / "venv")
    (wheel,) = tmp_path.glob("*.whl")
    bin_ = tmp_path / "venv" / "bin"
    call(bin_ / "python", "-m", "pip", "install", "--quiet", f"{wheel}[report]")
    listed = json.loads(call(bin_ / "vzmodel", "data", "list", "--json"))
    assert listed["folder"].endswith("vzmodel/_data") and listed["hash"] == data.data_hash()
    assert json.loads(call(bin_ / "vzmodel", "data", "check", "--json"))["faults"] == []
    out = json.loads(call(bin_ / "vzmodel", "report", "--out", "page", "--draws", "256", "--json"))
    page = tmp_path / out["page"]
    assert page.is_file() and page.stat().st_size > 10_000
