"""Runs larger than memory: blocks written to a zarr store as they are done, and taken up again where they stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from . import _dataset
from .scenarios import Scenario


def fill(
    run_block: Callable[..., dict[str, np.ndarray]],
    scenarios: list[Scenario],
    inputs: Any,
    blocks: list[tuple[int, int]],
    draws: int,
    run: str,
    store: Path,
    executor: Any,
    resume: bool,
    progress: Callable[[float], None] | None,
) -> xr.Dataset:
    """Write every block that the store lacks and return the store as a Dataset read on demand.

    Raises
    ------
    ValueError
        If the folder holds another run, or a run and `resume` is false.
    ModuleNotFoundError
        If zarr is not installed.
    """
    try:
        import zarr
    except ModuleNotFoundError:
        raise ModuleNotFoundError("store= needs zarr: pip install 'vzmodel[scale]'") from None
    index = store / "done.json"
    group = _opened(zarr, scenarios, inputs, blocks, draws, run, store, index, resume)
    done = {tuple(pair) for pair in json.loads(index.read_text())["blocks"]}
    left = [pair for pair in blocks if pair not in done]
    for first, count, result in _dataset.computed(run_block, scenarios, inputs, left, executor):
        for name, values in result.items():
            group[name.removesuffix(_dataset.SUM)][..., first : first + count] = values
        done.add((first, count))
        _write_index(index, run, done)
        if progress is not None:
            progress(len(done) / len(blocks))
    return xr.open_zarr(store / "run.zarr", consolidated=False)


def _opened(
    zarr: Any,
    scenarios: list[Scenario],
    inputs: Any,
    blocks: list[tuple[int, int]],
    draws: int,
    run: str,
    store: Path,
    index: Path,
    resume: bool,
) -> Any:
    if index.is_file():
        if json.loads(index.read_text())["run"] != run:
            raise ValueError(f"store {store} holds another run; choose another folder or remove it")
        if not resume:
            raise ValueError(
                f"store {store} holds a run already; resume=True goes on with it, or choose another folder"
            )
        return zarr.open_group(store / "run.zarr", mode="r+")
    store.mkdir(parents=True, exist_ok=True)
    months = inputs.months[inputs.lead :]
    # an empty Dataset writes the coordinates and attributes; the arrays follow block by block
    small = {n: np.zeros(_dataset.shape(n, len(scenarios), len(months), 1)) for n in inputs.keep}
    frame = _dataset.labelled(small, [s.name for s in scenarios], months, run)
    frame.drop_vars(list(frame.data_vars)).to_zarr(store / "run.zarr", mode="w", consolidated=False)
    group = zarr.open_group(store / "run.zarr", mode="r+")
    for name, array in frame.data_vars.items():
        shape = (*array.shape[:-1], draws)
        made = group.create_array(
            str(name),
            shape=shape,
            chunks=(1, *array.shape[1:-1], blocks[0][1]),
            dtype="f8",
            dimension_names=[str(d) for d in array.dims],
        )
        made.attrs.update({str(k): v for k, v in array.attrs.items()})
    _write_index(index, run, set())
    return group


def _write_index(index: Path, run: str, done: set[tuple[int, ...]]) -> None:
    new = index.with_suffix(".new")
    new.write_text(json.dumps({"run": run, "blocks": sorted(done)}))
    new.replace(index)
