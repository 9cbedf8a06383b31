"""Whether pyam reads the long tables that ``--out NAME.iamc.csv`` writes, whole and with their units.

pyam holds its users on other libraries than ours, so its environment is its own::

    vzmodel project status_quo relapse --draws 64 --months 16 --out year.iamc.csv
    vzmodel project status_quo relapse --draws 64 --months 16 --by month --out month.iamc.csv
    python -m venv .venv-pyam && .venv-pyam/bin/pip install pyam-iamc "sqlalchemy<2.1"
    .venv-pyam/bin/python benchmarks/with_pyam.py year.iamc.csv month.iamc.csv > benchmarks/results/pyam.json
"""

from __future__ import annotations

import json
import sys

import pandas as pd
import pyam


def read(path: str) -> dict[str, object]:
    """Read a file with pyam and return what it found; every row must be there, with its value."""
    table, frame = pd.read_csv(path), pyam.IamDataFrame(path)
    time = "time" if "time" in table else "year"
    keys = ["model", "scenario", "region", "variable", "unit", time]
    both = frame.data.astype({time: str}).merge(table.astype({time: str}), on=keys, suffixes=("_pyam", ""))
    if not len(table) == len(frame) == len(both) or (both["value_pyam"] - both["value"]).abs().max() > 1e-9:
        raise SystemExit(f"{path}: pyam reads {len(frame)} of {len(table)} rows, {len(both)} of them ours")
    return {
        "time_domain": frame.time_domain,
        "rows": len(frame),
        "scenarios": frame.scenario,
        "variables": len(frame.variable),
        "units": frame.unit,
    }


if __name__ == "__main__":
    print(json.dumps({"pyam": pyam.__version__, "files": {by: read(by) for by in sys.argv[1:]}}, indent=2))
