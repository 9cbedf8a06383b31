"""How blocks of draws become one labelled Dataset: in memory, on an executor, or in a store."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from vzmodel import balance, remittances
from vzmodel.model import _engines
from vzmodel.scenarios import Scenario, suggest
from vzmodel.streams import CHUNK

SUM = "|sum"
"""Marks a variable kept as its sum over markets, hosts or creditors."""
SUMMED = ("sales", "debt_balance", "migrants", "remittances")
DIMS = {"market": balance.MARKETS, "host": remittances.HOSTS, "creditor": balance.CREDITORS}
LONGEST = 600
"""Longest horizon [month]."""
MOST = 100_000_000


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, dict[str, str]]:
    """Return ``variables.csv`` by name: unit, dims, definition, by_year."""
    from vzmodel.data import data_folder

    with (data_folder() / "variables.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: row for row in csv.DictReader(file)}


def variables(keep: Iterable[str] | None) -> tuple[str, ...]:
    """Return the variables a run returns; those to be summed end in ``|sum``."""
    known = vocabulary()
    if keep is None:
        scalar = [n for n, row in known.items() if not row["dims"] or n in SUMMED]
        return tuple(n + SUM if n in SUMMED else n for n in scalar)
    names = [keep] if isinstance(keep, str) else list(keep)
    for name in names:
        if name not in known:
            raise ValueError(
                f"keep names unknown variable '{name}'{suggest(name, known)}; there are {', '.join(known)}"
            )
    if not names:
        raise ValueError("keep is empty: name at least one variable, or leave it out for all scalar ones")
    return tuple(dict.fromkeys(names))


def check_size(scenarios: int, months: Any, draws: Any, seed: Any) -> None:
    """Raise ValueError if months, draws or seed are absurd, with the memory they would need."""
    for what, value, largest in (("months", months, LONGEST), ("draws", draws, MOST)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= largest:
            raise ValueError(f"{what} is {value!r}; it must be a whole number from 1 to {largest:,}")
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"seed is {seed!r}; it must be a whole number, 0 or more")


def _check_memory(names: tuple[str, ...], scenarios: int, months: int, draws: int) -> None:
    count = sum(1 if n.endswith(SUM) else len(DIMS.get(vocabulary()[n]["dims"], (0,))) for n in names)
    need = 8.0 * scenarios * months * draws * count
    if need > (free := _free_memory()):
        most = max(int(draws * free / need * 0.9), 1)
        raise ValueError(
            f"{scenarios} scenarios x {months} months x {draws:,} draws x {count} variables need "
            f"{need / 1e9:.1f} GB and {free / 1e9:.1f} GB are free: take draws={most:,}, name fewer variables "
            "with keep=, or write to store="
        )


def _free_memory() -> float:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return 1024.0 * float(next(line.split()[1] for line in lines if line.startswith("MemAvailable")))
    except (OSError, StopIteration):
        return 8e9


def digest(inputs: Any) -> str:
    """Return a SHA-256 over all that a run computes from, so that a run with other numbers is known for another."""
    made = hashlib.sha256()
    known = inputs.assumptions
    for part in [known.table, *known.joint.values(), known.facts, *vars(inputs).values()]:
        for piece in part if isinstance(part, tuple) else (part,):
            if isinstance(piece, pd.DataFrame):
                numbers = all(kind.kind in "fi" for kind in piece.dtypes)
                made.update(piece.to_numpy().tobytes() if numbers else piece.to_csv().encode())
            elif isinstance(piece, np.ndarray):
                made.update(piece.tobytes())
            elif piece is not known:
                made.update(str(piece).encode())
    return made.hexdigest()


def describe(scenarios: list[Scenario], inputs: Any, **run: Any) -> str:
    """Return the description of a run as JSON, enough to run it again."""
    from importlib.metadata import PackageNotFoundError, version

    from vzmodel.data import data_hash

    try:
        number = version("vzmodel")
    except PackageNotFoundError:
        number = "uninstalled"
    return json.dumps(
        {
            "version": number,
            "data": data_hash(),
            "inputs": digest(inputs),
            **run,
            "scenarios": {s.name: s.to_toml() for s in scenarios},
            "probabilities": {s.name: s.probability for s in scenarios},
        },
        default=str,
    )


def collect(
    run_block: Callable[..., dict[str, np.ndarray]],
    scenarios: list[Scenario],
    inputs: Any,
    draws: int,
    run: str,
    block: int,
    executor: Any,
    store: str | Path | None,
    resume: bool,
    progress: Callable[[float], None] | None,
) -> xr.Dataset:
    """Compute every block and label the result; blocks may come in any order."""
    if block < 1:
        raise ValueError(f"block is {block}; it must be 1 or more draws")
    size = -(-block // CHUNK) * CHUNK
    blocks = [(first, min(size, draws - first)) for first in range(0, draws, size)]
    months = inputs.months[inputs.lead :]
    shapes = {name: shape(name, len(scenarios), len(months), draws) for name in inputs.keep}
    compute = partial(run_block, scenarios, inputs)
    if store is not None:
        from vzmodel.model import _zarr

        single = {name: np.zeros((*full[:-1], 1)) for name, full in shapes.items()}
        empty = labelled(single, [s.name for s in scenarios], months, run)
        return _zarr.fill(compute, empty, blocks, draws, Path(store), executor, resume, progress)
    _check_memory(inputs.keep, len(scenarios), len(months), draws)
    arrays = _engines.arrays(compute, shapes, blocks, executor, progress)
    return labelled(arrays, [s.name for s in scenarios], months, run)


def shape(name: str, scenarios: int, months: int, draws: int) -> tuple[int, ...]:
    """Return the shape of a kept variable."""
    dim = "" if name.endswith(SUM) else vocabulary()[name]["dims"]
    return (scenarios, months, len(DIMS[dim]), draws) if dim else (scenarios, months, draws)


def labelled(arrays: dict[str, np.ndarray], scenarios: list[str], months: pd.PeriodIndex, run: str) -> xr.Dataset:
    """Return arrays as a Dataset with units and definitions stamped from ``variables.csv``."""
    known = vocabulary()
    out = {}
    for key, values in arrays.items():
        name = key.removesuffix(SUM)
        dim = "" if key.endswith(SUM) else known[name]["dims"]
        dims = ("scenario", "month", dim, "draw") if dim else ("scenario", "month", "draw")
        attrs = {
            "units": known[name]["unit"],
            "long_name": known[name]["definition"],
            "by_year": known[name]["by_year"],
        }
        out[name] = (dims, values, attrs)
    used = {dim: list(names) for dim, names in DIMS.items() if any(dim in v[0] for v in out.values())}
    coords = {"scenario": scenarios, "month": months.to_timestamp().to_numpy().astype("datetime64[ns]"), **used}
    return xr.Dataset(out, coords=coords, attrs={"run": run})
