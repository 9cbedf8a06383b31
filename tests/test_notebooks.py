"""The notebooks: a question each, prose and outputs that any machine gives again, nothing to wade through."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")

FOLDER = Path(__file__).parent.parent / "notebooks"
PATHS = sorted(FOLDER.glob("*.ipynb"))
NUMBER = re.compile(r"(?<![\w.])[-+\u2212]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])")
MACHINE = re.compile(r"(?<![\w.:/])/(?:home|root|work|tmp|Users|opt|usr|var)/|[A-Z]:\\\\|ipykernel_\d")
CLOSE = 0.01
"""A number that is run again may differ from the one kept by this share [1], or by one in its last digit."""

spec = importlib.util.spec_from_file_location("rerun", FOLDER / "rerun.py")
named = pytest.mark.parametrize("path", PATHS, ids=lambda p: p.stem)


@pytest.fixture(scope="module")
def rerun():
    pytest.importorskip("nbclient")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path):
    return nbformat.read(path, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def texts(cell):
    """Return what a cell says, without pictures; tables from their HTML, which leaves no column out."""
    said = []
    for output in cell.outputs:
        shown = output.get("data", {})
        if output.output_type == "stream":
            said.append(output.text)
        elif "image/png" not in shown:
            plain = re.sub(r"<style.*?</style>|<[^>]*>", " ", shown.get("text/html", ""), flags=re.S)
            said.append(shown.get("text/markdown") or plain.strip() or shown.get("text/plain", ""))
    return "\n".join(said)


def differences(kept, again):
    """Return what two texts say differently, numbers within the tolerance being the same."""
    if NUMBER.sub("#", kept).split() != NUMBER.sub("#", again).split():
        return [f"other words: {kept!r} became {again!r}"]
    pairs = zip(NUMBER.findall(kept), NUMBER.findall(again), strict=True)
    return [f"{one} became {other}" for one, other in pairs if not near(one, other)]


def near(one, other):
    a, b = (float(text.replace(",", "").replace("\u2212", "-")) for text in (one, other))
    digits = min(len(text.partition("e")[0].partition(".")[2]) for text in (one, other))
    return abs(a - b) <= max(CLOSE * max(abs(a), abs(b)), 1.001 * 10.0**-digits if "e" not in one + other else 1e-6)


def test_there_are_the_ten_notebooks_and_the_one_on_sources():
    assert [p.name[:3] for p in PATHS if p.name[0].isdigit()] == [f"{n:02d}-" for n in range(10)]
    assert (FOLDER / "data-cross-checks.ipynb") in PATHS


@named
def test_the_title_is_a_question(path):
    first = read(path).cells[0]
    assert first.cell_type == "markdown"
    title = first.source.splitlines()[0]
    assert title.startswith("# ") and "?" in title, title


@named
def test_a_notebook_calls_the_package_and_defines_nothing(path):
    for cell in code(read(path)):
        lines = [line for line in cell.source.splitlines() if not line.startswith("%")]
        for node in ast.walk(ast.parse("\n".join(lines))):
            assert not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)), cell.source
        assert max(map(len, cell.source.splitlines())) <= 130, "a line that runs off the page"


@named
def test_outputs_are_kept_and_none_is_an_error_or_a_warning(path):
    cells = code(read(path))
    assert all(cell.execution_count for cell in cells)
    assert sum(bool(cell.outputs) for cell in cells) >= 0.6 * len(cells)
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error" and output.get("name") != "stderr", cell.source


@named
def test_every_chart_that_is_drawn_is_seen(path):
    drawn = re.compile(r"^charts\.(?!style)\w+.*\);$|^references\.\w+\(.*\);$", re.M)
    for cell in code(read(path)):
        if drawn.search(cell.source):
            assert any("image/png" in output.get("data", {}) for output in cell.outputs), cell.source


@named
def test_a_notebook_is_light_and_knows_no_machine(path):
    assert path.stat().st_size < 500_000
    words = [cell.source for cell in read(path).cells] + [texts(cell) for cell in code(read(path))]
    assert not [found for text in words for found in MACHINE.findall(text)]


@named
def test_a_notebook_says_what_its_bands_hold_and_what_to_change_next(path):
    headings = [line for cell in read(path).cells if cell.cell_type == "markdown"
                for line in cell.source.splitlines() if line.startswith("## ")]
    assert headings[-1] == "## What to change next"
    if path.name[0].isdigit():
        assert "## What the bands hold, and what this cannot tell" in headings


@named
def test_prose_repeats_no_number_of_the_model_by_hand(path):
    """Shares, bands and amounts are computed by a cell: prose has definitions, dates and the sizes of a run only."""
    prose = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    prose = re.sub(r"`[^`]*`", "", prose)
    for unit in (r"kb/d", r"%", r"per cent", r"billion", r"million barrels"):
        for found in re.findall(rf"(\d[\d.,]*) {unit}", prose):
            assert found in {"80", "90", "50"}, f"{found} {unit} is written by hand"


@pytest.mark.parametrize(("kept", "again", "same"), [
    ("USD 18.2 billion (80 % band 11.7 to 27.3)", "USD 18.3 billion (80 % band 11.7 to 27.4)", True),
    ("USD 18.2 billion", "USD 19.2 billion", False),
    ("2027  1,095.4  -0.0", "2027  1,100.1   0.1", True),
    ("2027  1,095.4", "2027  1,155.4", False),
    ("slow_recovery adds most", "relapse adds most", False),
    ("1.3e-17", "-2.1e-16", True),
    ("\u22120.04", "0.04", False),
])
def test_numbers_may_move_by_a_hundredth_and_words_not_at_all(kept, again, same):
    assert (not differences(kept, again)) == same


def test_a_rerun_keeps_no_time_and_no_machine(rerun):
    cell = nbformat.v4.new_code_cell("1", execution_count=7, metadata={"execution": {"iopub.execute_input": "now"}})
    cell.outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "1"}, execution_count=7),
                    nbformat.v4.new_output("display_data", {rerun.WIDGETS: {"model_id": "a1"}, "text/plain": "VBox"})]
    language = {"name": "python", "version": "3.11.7"}
    got = rerun.cleaned(nbformat.v4.new_notebook(cells=[cell], metadata={"language_info": language}))
    assert got.metadata.language_info == {"name": "python"}
    assert (got.cells[0].id, got.cells[0].execution_count, got.cells[0].metadata) == ("cell-00", 1, {})
    assert [output.data for output in got.cells[0].outputs] == [{"text/plain": "1"}]


def test_a_chart_leaves_on_what_shows_figures_after_each_cell():
    mpl = pytest.importorskip("matplotlib")
    from vzmodel import charts

    before = mpl.is_interactive()
    try:
        mpl.interactive(False)
        with charts.style.context():
            mpl.interactive(True)  # as the first figure of a notebook does
        assert mpl.is_interactive()
    finally:
        mpl.interactive(before)


@pytest.mark.slow
@named
def test_a_notebook_run_again_says_the_same(path, rerun):
    kept, again = read(path), rerun.executed(path)
    found = [f"{one.source}\n  {line}" for one, other in zip(code(kept), code(again), strict=True)
             for line in differences(texts(one), texts(other))]
    assert not found, "run `make notebooks` if the model has moved on purpose:\n" + "\n".join(found)
