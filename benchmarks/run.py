"""Speed and memory of the whole, each beside a floor measured in the same run, as JSON on standard output.

``python benchmarks/run.py [--quick]``. Compare ratios, not seconds: machines differ and share their cores.
"""

from __future__ import annotations

import argparse
import contextlib
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


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def _numbers_drawn() -> int:
    """Return the random numbers the chain draws for one chunk of 1,024 draws, all scenarios [1]."""
    from vzmodel import model, streams

    chosen, inputs, _ = model.prepared(NOW, 60, 1024)
    fill, counts = streams._fill, []

    def counting(made: object, seed: int, name: str, shape: tuple[int, ...], first: int, draws: int) -> np.ndarray:
        out = fill(made, seed, name, shape, first, draws)  # type: ignore[arg-type]
        counts.append(out.size)
        return out

    streams._fill = counting
    try:
        model.run_block(chosen, inputs, 0, 1024)
    finally:
        streams._fill = fill
    return sum(counts)


def floors(draws: int, months: int, variables: int) -> dict[str, float]:
    """Time numpy drawing the chain's own numbers and writing its arrays once, and drawing as many as it writes."""
    drawn = _numbers_drawn() * draws // 1024
    generator, buffer = np.random.Generator(np.random.SFC64(1)), np.empty(1024 * months)
    start, cpu = time.perf_counter(), _cpu()
    for _ in range(drawn // buffer.size):
        generator.standard_normal(out=buffer)
    block = np.empty((len(NOW), months, 1024))
    for _ in range(variables * draws // 1024):
        np.copyto(np.empty_like(block), block)
    own, own_cpu = time.perf_counter() - start, _cpu() - cpu
    start, cpu = time.perf_counter(), _cpu()
    for _ in range(variables * draws // 1024):
        generator.standard_normal(out=np.empty_like(block))
    return {
        "numbers_drawn": drawn,
        "numbers_returned": variables * draws * len(NOW) * months,
        "draw_own_and_write_seconds": own,
        "draw_own_and_write_cpu_seconds": own_cpu,
        "draw_as_many_as_written_seconds": time.perf_counter() - start,
        "draw_as_many_as_written_cpu_seconds": _cpu() - cpu,
    }


def chain(draws: int, months: int = 60, processes: int = 2) -> dict[str, object]:
    """Time the chain, five scenarios, scalar variables, into a store from one and from two processes, beside floors."""
    import concurrent.futures

    import vzmodel as vz

    vz.project(NOW, draws=8, months=2)
    paths = len(NOW) * draws * months
    out: dict[str, object] = {"draws": draws, "path_months": paths}
    for name, workers in (("one_process", 0), (f"{processes}_processes", processes)):
        with tempfile.TemporaryDirectory() as folder:
            start, cpu = time.perf_counter(), _cpu()
            pool = concurrent.futures.ProcessPoolExecutor(workers) if workers else contextlib.nullcontext()
            with pool as used:
                p = vz.project(NOW, draws=draws, months=months, executor=used, store=Path(folder) / "run")
                variables = len(p.data_vars)
                p.close()
            out[name] = {"seconds": time.perf_counter() - start, "cpu_seconds": _cpu() - cpu}
    out["peak_gb_of_one"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    out["peak_gb_of_a_worker"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    floor = floors(draws, months, variables)
    for name in ("one_process", f"{processes}_processes"):
        figures = out[name]
        assert isinstance(figures, dict)
        figures["path_months_per_second"] = paths / figures["seconds"]
        figures["path_months_per_cpu_second"] = paths / figures["cpu_seconds"]
        for key in ("draw_own_and_write_seconds", "draw_as_many_as_written_seconds"):
            figures["ratio_to_" + key.removesuffix("_seconds")] = figures["seconds"] / floor[key]
    return {**out, "floor": floor}


def loops(draws: int = 20, months: int = 60) -> dict[str, object]:
    """Time the same chain one draw at a time in Python, and in ema-workbench where that is installed."""
    from vzmodel import model

    chosen, inputs, _ = model.prepared(NOW, months, 1)

    def one(**_: float) -> dict[str, float]:
        result = model.run_block(chosen, inputs, 0, 1)
        return {"inflow": float(result["dollar_inflow"].sum())}

    start = time.perf_counter()
    for _ in range(draws):
        one()
    seconds = time.perf_counter() - start
    out: dict[str, object] = {"draw_by_draw_path_months_per_second": len(NOW) * months * draws / seconds}
    try:
        import ema_workbench as ema
    except ImportError:
        return {**out, "ema_workbench": "not installed"}
    toy = ema.Model("chain", function=one)
    toy.uncertainties = [ema.RealParameter("percentile", 0, 1)]
    toy.outcomes = [ema.ScalarOutcome("inflow")]
    start = time.perf_counter()
    ema.perform_experiments(toy, scenarios=draws)
    rate = len(NOW) * months * draws / (time.perf_counter() - start)
    return {**out, "ema_workbench_path_months_per_second": rate}


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
        "chain": chain(4_096 if quick else 100_000),
        "loops": loops(),
        "report": report(500 if quick else 4_000),
    }
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
