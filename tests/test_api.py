"""The public names: all there, imported late, stated truly in the stub, with the signatures promised."""

import ast
import inspect
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import vzmodel as vz

ROOT = Path(__file__).parent.parent
NAMES = [
    "load_tables", "load_history", "load_assumptions", "Assumptions", "estimate", "load_scenarios", "Scenario",
    "project", "hindcast", "quantiles", "mixture", "compare", "bridge", "sensitivity", "discover", "to_iamc",
    "explore", "causes", "coverage", "recovery", "backtest", "score_published", "no_change", "report",
]  # fmt: skip
MODULES = [
    "assumptions", "balance", "calendar", "charts", "claims", "counterfactual", "data", "drivers", "evaluation",
    "explorer", "forecasting", "measurement", "model", "outages", "prices", "production", "remittances",
    "reporting", "revenue", "scenarios", "scoring", "streams", "summary",
]  # fmt: skip
PARAMETERS = {
    "load_tables": ["folder", "as_of"],
    "load_history": ["folder", "as_of"],
    "load_assumptions": ["folder", "as_of"],
    "load_scenarios": ["path"],
    "estimate": ["tables", "assumptions"],
    "project": ["scenarios", "months", "draws", "seed", "as_of", "history", "assumptions", "keep", "block", "executor",
                "store", "resume", "progress"],
    "hindcast": ["first", "last", "scenarios"],
    "quantiles": ["p", "variable", "by", "q"],
    "mixture": ["p", "weights"],
    "compare": ["p", "variable", "scenario", "against", "by"],
    "bridge": ["p", "scenario", "against", "variable"],
    "sensitivity": ["scenario", "variable"],
    "discover": ["p", "variable", "below"],
    "to_iamc": ["p", "path"],
    "causes": ["since", "to"],
    "recovery": ["terms", "projection"],
    "backtest": ["series", "forecaster", "outcome", "first", "last", "step", "horizons"],
    "score_published": ["table"],
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_there_and_says_what_it_is(name):
    found = getattr(vz, name)
    assert callable(found) and inspect.getdoc(found)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_reached_from_the_top(name):
    assert inspect.ismodule(getattr(vz, name))


@pytest.mark.parametrize("name", PARAMETERS)
def test_signatures_stay(name):
    parameters = list(inspect.signature(getattr(vz, name)).parameters)
    wanted = PARAMETERS[name]
    assert [p for p in parameters if p in wanted] == wanted


@pytest.mark.parametrize("module", ["production", "prices", "remittances"])
def test_each_forecast_can_be_simulated_too(module):
    forecast = getattr(vz, module).forecast
    for function, third in ((forecast, "quantiles"), (forecast.simulate, "draws")):
        assert list(inspect.signature(function).parameters)[:3] == ["series", "months", third]


def test_the_list_is_complete():
    assert set(vz.__all__) == {*NAMES, *MODULES, "cli", "__version__"}
    assert set(vz.__all__) <= set(dir(vz))


def test_an_unknown_name_is_told():
    with pytest.raises(AttributeError, match="projekt"):
        _ = vz.projekt


def test_the_stub_tells_the_same_as_the_package():
    tree = ast.parse((ROOT / "vzmodel" / "__init__.pyi").read_text(encoding="utf-8"))
    nodes = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    found = {(node.module, alias.asname) for node in nodes for alias in node.names}
    true = {(module, name) for name, module in vz._MODULE_OF.items()} | {(None, name) for name in vz._SUBMODULES}
    assert found == true


def test_importing_the_package_loads_nothing_heavy():
    code = (
        "import sys, vzmodel\n"
        "print([m for m in ('numpy', 'pandas', 'scipy', 'statsmodels', 'matplotlib', 'xarray') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_reading_the_tables_needs_neither_fitting_nor_drawing_libraries():
    code = (
        "import sys, vzmodel\nvzmodel.load_tables()\n"
        "print([m for m in ('scipy', 'statsmodels', 'matplotlib') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_one_version_everywhere():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {vz.__version__}\n" in citation
    assert f"## {vz.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dynamic"] == ["version"]
