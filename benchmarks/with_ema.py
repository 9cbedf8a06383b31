"""The chain as a model function of ema-workbench, one experiment a path: how many path-months a second.

ema-workbench runs a function once an experiment, so the chain runs one path at a time. Its environment is its own::

    python -m venv .venv-ema && .venv-ema/bin/pip install ema_workbench .
    .venv-ema/bin/python benchmarks/with_ema.py > benchmarks/results/ema_workbench.json

Chance and assumptions are drawn before the clock starts; an experiment picks a draw and a scenario and returns the
dollar inflow of 60 months, which must be that of `project`.
"""

from __future__ import annotations

import json
import platform
import time
from importlib.metadata import version

import ema_workbench as ema
import numpy as np
from run import MONTHS, NOW, one_draw

DRAWS = 20


def main() -> dict[str, object]:
    """Run the experiments and return their rate beside that of the bare loop and of `project` in this environment."""
    import vzmodel as vz

    run = one_draw()
    model = ema.Model("chain", function=lambda draw, future: {"inflow": run(draw, future)["dollar_inflow"][:, 0]})
    model.uncertainties = [ema.IntegerParameter("draw", 0, DRAWS - 1), ema.IntegerParameter("future", 0, len(NOW) - 1)]
    model.outcomes = [ema.ArrayOutcome("inflow")]
    pairs = [(draw, k) for k in range(len(NOW)) for draw in range(DRAWS)]
    cases = [ema.Scenario(f"{k} {draw}", draw=draw, future=k) for draw, k in pairs]
    start = time.perf_counter()
    _, outcomes = ema.perform_experiments(model, scenarios=cases)
    with_ema = time.perf_counter() - start
    start = time.perf_counter()
    for draw, k in pairs:
        run(draw, k)
    bare = time.perf_counter() - start
    vz.project(NOW, months=2, draws=8)
    start = time.perf_counter()
    p = vz.project(NOW, months=MONTHS, draws=16_384, keep=["dollar_inflow"])
    whole = time.perf_counter() - start
    wanted = np.stack([p["dollar_inflow"].to_numpy()[k, :, draw] for draw, k in pairs])
    np.testing.assert_allclose(outcomes["inflow"], wanted, rtol=1e-9)
    paths = len(pairs) * MONTHS
    return {
        "ema_workbench": version("ema_workbench"),
        "python": platform.python_version(),
        "experiments": len(pairs),
        "ema_path_months_per_second": paths / with_ema,
        "loop_path_months_per_second": paths / bare,
        "project_path_months_per_second": len(NOW) * MONTHS * 16_384 / whole,
    }


if __name__ == "__main__":
    print(json.dumps(main(), indent=2))
