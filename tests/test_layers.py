"""The rooms of the package: who may know whom, and how long anything may be."""

import ast
import graphlib
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "vzmodel"
BLOCKS = {"production", "outages", "balance", "prices", "revenue", "remittances"}
LAYERS = [
    {"streams", "calendar", "shapley"},
    {"scoring", "forecasting", "measurement"},
    {"data", "scenarios", "assumptions"},
    BLOCKS,
    {"model"},
    {"causal"},
    {
        "summary", "handoff", "references", "drivers", "evaluation", "counterfactual", "interventions", "failures",
        "claims", "creditors", "obligations", "restructuring", "dollars", "episodes", "us_market", "limits",
    },
    {"charts"},
    {"reporting", "explorer"},
    {"commands"},
    {"cli"},
]  # fmt: skip
RANK = {module: rank for rank, layer in enumerate(LAYERS) for module in layer}
# Fits are asked for by the assumptions they fill in, and imported when that happens.
UPWARD = {("assumptions", "model")}
MOST_LINES, MOST_BODY = 330, 50

FILES = sorted(p for p in PACKAGE.rglob("*.py") if p.parent != PACKAGE or not p.name.startswith("__"))


def room(path):
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree, path):
    """Yield (room, at the top of the module?) for each import of another part of the package."""
    top = {id(node) for node in tree.body}
    depth = len(path.relative_to(PACKAGE).parts)
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.Import):
            names = [a.name.split(".")[1:2] for a in node.names if a.name.startswith("vzmodel.")]
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").split(".") if node.module else []
            if node.level == depth or (not node.level and module[:1] == ["vzmodel"]):
                inside = module if node.level else module[1:]
                names = [inside[:1]] if inside else [[a.name] for a in node.names]
        for name in names:
            known = name[0] if name else None
            if known in RANK:
                yield known, id(node) in top


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_module_knows_only_what_lies_below_it(path):
    me = room(path)
    assert me in RANK, f"give {me} a layer"
    for other, at_top in imports(ast.parse(path.read_text(encoding="utf-8")), path):
        if other == me:
            continue
        assert not (me in BLOCKS and other in BLOCKS), f"{me} imports another block, {other}"
        late = not at_top and (me, other) in UPWARD
        assert RANK[other] <= RANK[me] or late, f"{me} imports {other}, which lies above it"


def dotted(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def needed_first(path, modules):
    """Return the modules of the package that the top of a module imports, by their dotted names."""
    found, here = set(), path.relative_to(PACKAGE.parent).with_suffix("").parts
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = [*here[: len(here) - node.level]] if node.level else []
            base = ".".join(base + ([node.module] if node.module else []))
            found |= {f"{base}.{a.name}" if f"{base}.{a.name}" in modules else base for a in node.names}
    # what a package's own file shows of its parts is no import of the package by them
    return found & modules - {dotted(path), "vzmodel"}


def test_no_modules_need_each_other_before_they_are_made():
    modules = {dotted(path): path for path in PACKAGE.rglob("*.py")}
    graph = {name: needed_first(path, set(modules)) for name, path in modules.items() if name != "vzmodel"}
    assert "vzmodel.streams" in graph["vzmodel.prices"] and "vzmodel.causal.breaks" in graph["vzmodel.causal.methods"]
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as cycle:
        pytest.fail(f"these need each other: {' <- '.join(cycle.args[1])}")


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_modules_and_functions_are_short_enough_to_read(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MOST_LINES, f"{text.count(chr(10))} lines: split it by meaning"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            length = body[-1].end_lineno - body[0].lineno + 1
            assert length <= MOST_BODY, f"{node.name}: {length} lines of body"


def test_no_public_name_is_both_a_function_and_a_module():
    import vzmodel

    modules = {room(path) for path in PACKAGE.rglob("*.py")}
    assert not modules & set(vzmodel._MODULE_OF)
