"""Speed and memory of the whole, each beside a floor measured in the same run, as JSON on standard output.

``python benchmarks/run.py [--quick]``. Compare ratios, not seconds: machines differ and share their cores.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

NOW = ["status_quo", "slow_recovery", "investment_recovery", "relapse", "grid_failure"]


def timed(command: list[str]) -> dict[str, float]:
    """Run a command and return its wall time [second] and peak memory [GB]."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return {"seconds": time.perf_counter() - start, "peak_gb": usage.ru_maxrss / 1e6}


def best(command: list[str], runs: int) -> dict[str, float]:
    """Return the fastest of several runs."""
    return min((timed(command) for _ in range(runs)), key=lambda r: r["seconds"])


def start_up(runs: int) -> dict[str, object]:
    """Time ``vzmodel --help`` and ``import vzmodel`` beside an empty interpreter."""
    floor = best([sys.executable, "-c", "pass"], runs)["seconds"]
    out: dict[str, object] = {"empty_interpreter_seconds": floor}
    for name, command in {
        "help": [sys.executable, "-m", "vzmodel", "--help"],
        "import": [sys.executable, "-c", "import vzmodel"],
    }.items():
        seconds = best(command, runs)["seconds"]
        out[f"{name}_seconds"], out[f"{name}_ratio"] = seconds, seconds / floor
    return out


def chain(draws: int, months: int = 60) -> dict[str, float]:
    """Time the chain for five scenarios beside numpy drawing and writing as many numbers once."""
    import vzmodel as vz

    vz.project(NOW, draws=8, months=2)
    start = time.perf_counter()
    p = vz.project(NOW, draws=draws, months=months)
    seconds = time.perf_counter() - start
    count = sum(p[name].size for name in p.data_vars)
    del p
    start = time.perf_counter()
    kept = [np.random.default_rng(k).standard_normal(count // 64) for k in range(64)]
    floor = time.perf_counter() - start
    del kept
    paths = len(NOW) * draws * months
    return {
        "draws": draws,
        "path_months": paths,
        "path_months_per_second": paths / seconds,
        "seconds": seconds,
        "numbers_returned": count,
        "numpy_draws_as_many_seconds": floor,
        "ratio": seconds / floor,
        "peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def report(draws: int) -> dict[str, float]:
    """Time the report of fourteen scenarios in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "vzmodel",
            "report",
            "--out",
            str(Path(folder) / "report"),
            "--draws",
            str(draws),
        ]
        return {"draws": draws, **timed(command)}


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer draws and runs")
    quick = parser.parse_args().quick
    figures = {
        "start_up": start_up(2 if quick else 5),
        "chain": chain(2_000 if quick else 20_000),
        "report": report(500 if quick else 4_000),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
