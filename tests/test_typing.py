"""A type checker finds a misspelt name in a user's script and passes a right one."""

import subprocess
import sys

import pytest

RIGHT = """
import vzmodel as vz

p = vz.project(["status_quo"], months=6, draws=100, as_of="2026-11-01")
mine = vz.load_scenarios()["status_quo"].but("mine", "cheaper oil", {"brent": 55})
print(vz.quantiles(p, "dollar_inflow", by="year"), vz.production.decline(since="2002"), mine.changes)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("change", "found"), [
    (("", ""), None),
    (("vz.project(", "vz.projekt("), "projekt"),
    (("months=6", "month=6"), "month"),
    (("mine.changes", "mine.change"), "change"),
    (("production.decline", "production.declin"), "declin"),
])  # fmt: skip
def test_a_wrong_name_is_caught_before_the_run(tmp_path, change, found):
    pytest.importorskip("mypy")
    script = tmp_path / "script.py"
    script.write_text(RIGHT.replace(*change) if change[0] else RIGHT)
    command = [sys.executable, "-m", "mypy", "--follow-imports=silent", "--ignore-missing-imports", str(script)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (run.returncode == 0) == (found is None), run.stdout
    assert found is None or found in run.stdout
