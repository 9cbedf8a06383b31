"""The documents: every variable has its meaning, every equation its place, what is cited is valid."""

from __future__ import annotations

import ast
import datetime as dt
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import vzmodel as vz

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PACKAGE = ROOT / "vzmodel"


def text(name):
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_variable_of_a_run_is_in_the_glossary_with_its_unit_and_its_own_definition():
    rows = pd.read_csv(ROOT / "data" / "variables.csv", keep_default_na=False)
    glossary = text("glossary.md")
    for row in rows.itertuples():
        line = re.search(rf"^\| `{row.name}` \| {re.escape(row.unit)} \|.*\|$", glossary, re.M)
        assert line and row.definition in line[0], f"docs/glossary.md: {row.name} [{row.unit}]: {row.definition}"
    listed = re.findall(r"^\| `(\w+)` \|", glossary, re.M)
    assert sorted(listed) == sorted(rows["name"]), "a variable that no run has"


def test_terms_of_the_glossary_stand_once_and_in_order():
    for part in text("glossary.md").split("\n## ")[1:-1]:
        terms = [t.lower() for t in re.findall(r"^\| ([^|`]+) \| [^|]+ \|$", part, re.M) if t not in ("Term", "---")]
        assert len(terms) > 4 and len(set(terms)) == len(terms), part.splitlines()[0]


def equations(path):
    """Return the functions of a module whose docstring has an equation set apart."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        doc = ast.get_docstring(node) if isinstance(node, (ast.FunctionDef, ast.ClassDef)) else None
        if doc and ".. math::" in doc:
            yield node.name


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_module_that_computes_by_an_equation_has_its_place_in_methods(path):
    names = list(equations(path))
    if names:
        name = f"{path.parent.name}/" if path.name == "__init__.py" else path.name
        assert f"`{name}`" in text("methods.md"), f"{name}: {', '.join(names)} has an equation"


def test_files_that_the_documents_name_are_there():
    for page in DOCS.glob("*.md"):
        for name in set(re.findall(r"\]\((?!https?:|#|mailto:)([^)\s]+)\)", page.read_text(encoding="utf-8"))):
            assert (DOCS / name.split("#")[0]).exists(), f"{page.name} names {name}"
    methods = set(re.findall(r"`(\w+(?:\.py|/))`", text("methods.md")))
    there = {p.name for p in PACKAGE.rglob("*.py")} | {f"{p.parent.name}/" for p in PACKAGE.rglob("__init__.py")}
    assert methods <= there, methods - there


def test_the_citation_holds_what_the_format_asks_for_and_the_version_of_the_package():
    yaml = pytest.importorskip("yaml")
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited) and cited["cff-version"] == "1.2.0"
    assert cited["version"] == vz.__version__ and isinstance(cited["date-released"], dt.date)
    assert cited["type"] == "software" and cited["authors"][0]["name"]
    allowed = {"cff-version", "message", "title", "authors", "abstract", "type", "version", "date-released", "license",
               "keywords", "repository-code", "url", "references", "doi", "identifiers"}
    assert set(cited) <= allowed
    assert f"## {vz.__version__} - {cited['date-released']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_page_for_each_public_module_is_made_from_its_docstrings(tmp_path):
    pytest.importorskip("pdoc")
    rooms = [*PACKAGE.glob("*.py"), *(p.parent for p in PACKAGE.glob("*/__init__.py"))]
    modules = [f"vzmodel.{p.stem}" for p in rooms if not p.stem.startswith("_")]
    subprocess.run([sys.executable, "-m", "pdoc", "-d", "numpy", "-o", str(tmp_path), "vzmodel", *modules], check=True,
                   capture_output=True, cwd=ROOT, timeout=600)
    made = {p.stem for p in (tmp_path / "vzmodel").glob("*.html")}
    assert {m.removeprefix("vzmodel.") for m in modules} <= made
    page = (tmp_path / "vzmodel" / "model.html").read_text(encoding="utf-8")
    assert "Futures per scenario" in page and "project" in page
