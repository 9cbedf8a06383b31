"""Speed and memory of the whole, each beside a floor measured in the same run, as JSON on standard output.

``python benchmarks/run.py [--quick] [--million]``. Compare ratios, not seconds: machines differ and share their cores;
where others use the machine, compare the ratios of processor time.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

NOW = ["status_quo", "slow_recovery", "investment_recovery", "relapse", "grid_failure"]
MONTHS = 60


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

    chosen, inputs, _ = model.prepared(NOW, MONTHS, 1024)
    fill, counts = streams._fill, []

    def counting(made: object, seed: int, name: str, shape: tuple[int, ...], first: int, draws: int) -> np.ndarray:
        out = fill(made, seed, name, shape, first, draws)  # type: ignore[arg-type]
        counts.append(out.size)
        return out

    streams._fill = counting  # type: ignore[assignment]
    try:
        model.run_block(chosen, inputs, 0, 1024)
    finally:
        streams._fill = fill
    return sum(counts)


def measured(work: Callable[[], object]) -> dict[str, float]:
    """Return the wall and processor time [second] of some work, children included once they have ended."""
    start, cpu = time.perf_counter(), _cpu()
    work()
    return {"seconds": time.perf_counter() - start, "cpu_seconds": _cpu() - cpu}


def floors(draws: int, variables: int) -> dict[str, Any]:
    """Time numpy, on one processor, doing no more than the run's own input and output.

    ``files``: draw as many random numbers as the chain draws and write the arrays it returns once, to files as the run
    does. ``memory``: the same with the arrays written over one another in memory, which flatters the floor. ``draws``:
    draw as many random numbers as are returned, and write nothing to files.
    """
    drawn = _numbers_drawn()
    generator, buffer = np.random.Generator(np.random.SFC64(1)), np.empty(1024 * MONTHS)
    blocks, block = -(-draws // 1024), np.ones((len(NOW), MONTHS, 1024))

    def work(write: Callable[[], object], numbers: int = drawn) -> None:
        for _ in range(blocks):
            for _ in range(numbers // buffer.size):
                generator.standard_normal(out=buffer)
            for _ in range(variables):
                write()

    with tempfile.TemporaryFile() as file:
        files = measured(lambda: work(lambda: block.tofile(file)))
    own = np.empty_like(block)
    return {
        "numbers_drawn": drawn * blocks,
        "numbers_returned": variables * blocks * block.size,
        "files": files,
        "memory": measured(lambda: work(lambda: np.copyto(own, block))),
        "draws": measured(lambda: work(lambda: generator.standard_normal(out=own), 0)),
    }


def _in_memory(chosen: list[Any], inputs: Any, part: tuple[int, int]) -> None:
    """Compute some chunks of 1,024 draws, each written over the last."""
    from vzmodel import model

    out = None
    for chunk in range(*part):
        out = model.run_block(chosen, inputs, 1024 * chunk, 1024, out)


def chain(draws: int, processes: int = 2) -> dict[str, object]:
    """Time the chain, five scenarios, scalar variables, from one and from two processes, beside its floors.

    Into a store, beside the floor that writes files; and over the same memory, beside the floor that does so.
    """
    import vzmodel as vz
    from vzmodel import model

    vz.project(NOW, draws=8, months=2)
    over = partial(_in_memory, *model.prepared(NOW, MONTHS, 1024)[:2])
    paths = len(NOW) * draws * MONTHS
    out: dict[str, Any] = {}
    few = min(draws, 16_384) // 1024
    for name, workers in (("one_process", 0), (f"{processes}_processes", processes)):

        def stored(workers: int = workers) -> int:
            pool = concurrent.futures.ProcessPoolExecutor(workers) if workers else contextlib.nullcontext()
            with tempfile.TemporaryDirectory() as folder, pool as used:
                p = vz.project(NOW, draws=draws, months=MONTHS, executor=used, store=Path(folder) / "run")
                return len(p.data_vars)

        def remembered(workers: int = workers) -> None:
            if not workers:
                return over((0, few))
            ends = np.linspace(0, few, workers + 1).astype(int)
            with concurrent.futures.ProcessPoolExecutor(workers) as pool:
                list(pool.map(over, zip(ends[:-1], ends[1:], strict=True)))

        out[name] = {"store": measured(stored), "memory": measured(remembered)}
    peak = {who: resource.getrusage(kind).ru_maxrss / 1e6
            for who, kind in (("one", resource.RUSAGE_SELF), ("a_worker", resource.RUSAGE_CHILDREN))}  # fmt: skip
    variables = len(_kept())
    whole, part = floors(draws, variables), floors(few * 1024, variables)
    for figures in out.values():
        for time_of in ("seconds", "cpu_seconds"):
            told = "ratio" if time_of == "seconds" else "cpu_ratio"
            filed, kept = figures["store"], figures["memory"]
            filed[f"{told}_to_floor_with_files"] = filed[time_of] / whole["files"][time_of]
            filed[f"{told}_to_drawing_as_many"] = filed[time_of] / whole["draws"][time_of]
            kept[f"{told}_to_floor_in_memory"] = kept[time_of] / part["memory"][time_of]
        figures["store"]["path_months_per_second"] = paths / figures["store"]["seconds"]
        figures["store"]["path_months_per_cpu_second"] = paths / figures["store"]["cpu_seconds"]
    return {"draws": draws, "path_months": paths, **out, "peak_gb": peak, "floor": whole}


def _kept() -> tuple[str, ...]:
    from vzmodel.model import _dataset

    return _dataset.variables(None)


def large(draws: int, keep: str = "dollar_inflow") -> dict[str, object]:
    """Run many draws of one variable into a store, in a process of its own for each size, and return peak memory."""
    code = (
        "import vzmodel as vz, tempfile\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        f"    vz.project({NOW!r}, draws={{draws}}, months={MONTHS}, keep=['{keep}'], store=folder + '/run')\n"
    )
    sizes = (draws // 10, draws)
    return {f"{size:,} draws": timed([sys.executable, "-c", code.format(draws=size)]) for size in sizes}


def one_draw() -> Callable[[int, int], dict[str, np.ndarray]]:
    """Return a function of the numbers of a draw and of a scenario that runs the chain for that one path."""
    from vzmodel import model
    from vzmodel.assumptions._sampling import percentiles
    from vzmodel.model import _pipeline
    from vzmodel.model._reuse import Once
    from vzmodel.scenarios import Scenario

    chosen, inputs, _ = model.prepared(NOW, MONTHS, 1024)
    percentile = percentiles(inputs.seed, 0, 1024)
    shocks = _pipeline._shocks(inputs, 0, 1024)
    plain = inputs.assumptions.sample(Scenario("plain"), inputs.months, percentile)
    values = [inputs.assumptions.sample(s, inputs.months, percentile, shared=plain) for s in chosen]

    def run(draw: int, scenario: int) -> dict[str, np.ndarray]:
        usual = {name: array[..., draw : draw + 1] for name, array in plain.items()}
        own = {name: usual[name] if array is plain[name] else array[..., draw : draw + 1]
               for name, array in values[scenario].items()}  # fmt: skip
        chance = {name: array[..., draw : draw + 1] for name, array in shocks.items()}
        return _pipeline._chain(own, usual, chance, inputs, chosen[scenario], Once())

    return run


def loops(draws: int = 20) -> dict[str, object]:
    """Time the same chain one path at a time in Python, chance and assumptions drawn beforehand.

    The scores of ema-workbench, run in an environment of its own, are those of ``benchmarks/with_ema.py``.
    """
    import vzmodel as vz

    run = one_draw()
    start = time.perf_counter()
    paths = [[run(draw, k)["dollar_inflow"][:, 0] for draw in range(draws)] for k in range(len(NOW))]
    seconds = time.perf_counter() - start
    whole = vz.project(NOW, months=MONTHS, draws=draws, keep=["dollar_inflow"])["dollar_inflow"].to_numpy()
    np.testing.assert_allclose(np.swapaxes(paths, 1, 2), whole, rtol=1e-9)
    out: dict[str, object] = {"draw_by_draw_path_months_per_second": len(NOW) * MONTHS * draws / seconds}
    scores = Path(__file__).parent / "results" / "ema_workbench.json"
    return {**out, "ema_workbench": json.loads(scores.read_text()) if scores.is_file() else "not run"}


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
    parser.add_argument("--million", action="store_true", help="also a million draws of one variable into a store")
    asked = parser.parse_args()
    quick = asked.quick
    sys.path.insert(0, str(Path(__file__).parent))
    import outages

    figures: dict[str, object] = {
        "start_up": start_up(2 if quick else 5),
        "chain": chain(4_096 if quick else 100_000),
        "loops": loops(),
        "outages": outages.main(10_000 if quick else outages.DRAWS),
        "report": report(500 if quick else 4_000),
    }
    if asked.million:
        figures["million"] = large(1_000_000)
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
