"""Runs larger than memory: workers write blocks into a zarr store, and a run that stopped is taken up again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from vzmodel.model import _dataset, _engines
from vzmodel.model._engines import Block

_KEPT = threading.local()
"""The arrays a worker wrote its last block into, one set a thread."""


def fill(
    compute: Callable[..., dict[str, np.ndarray]],
    empty: xr.Dataset,
    blocks: list[Block],
    draws: int,
    store: Path,
    executor: Any,
    resume: bool,
    progress: Callable[[float], None] | None,
) -> xr.Dataset:
    """Have every block that the store lacks written, and return the store as a Dataset read on demand.

    Parameters
    ----------
    compute : callable
        ``compute(first, draws)`` returns one block.
    empty : Dataset
        The run with a single draw: its dimensions, units and description.
    blocks : list of (int, int)
        First draw and number of draws [1] of every block.
    draws : int
        Draws in all [1].
    store : Path
        Folder; workers must see it under the same name.
    executor, resume, progress
        As in `project`.

    Raises
    ------
    ValueError
        If the folder holds another run, or a run and `resume` is false.
    ModuleNotFoundError
        If zarr is not installed.
    RuntimeError
        If workers died; what was written stays.
    """
    try:
        import zarr  # noqa: F401
    except ModuleNotFoundError:
        raise ModuleNotFoundError("store= needs zarr: pip install 'vzmodel[scale]'") from None
    index = store / "done.json"
    run = empty.attrs["run"]
    _open(empty, blocks, draws, store, index, resume)
    done = {tuple(pair) for pair in json.loads(index.read_text())["blocks"]}
    left = [pair for pair in blocks if pair not in done]
    task = partial(_write, compute, str((store / "run.zarr").resolve()))
    way_out = f"resume=True goes on with store {store}, which holds what was finished"
    for block, _ in _engines.finished(task, left, executor, way_out):
        done.add(block)
        _write_index(index, run, done)
        if progress is not None:
            progress(len(done) / len(blocks))
    _KEPT.__dict__.clear()
    return xr.open_zarr(store / "run.zarr", consolidated=False)


def _write(compute: Callable[..., dict[str, np.ndarray]], path: str, block: Block) -> None:
    """Compute one block and write it where it belongs; blocks are whole chunks of the store, so writers never meet."""
    import zarr

    group: Any = zarr.open_group(path, mode="r+")
    first, draws = block
    # fresh memory costs as much as the arithmetic: a worker writes the next block where it wrote the last
    again = _KEPT.arrays if getattr(_KEPT, "made_for", None) == (path, draws) else None
    _KEPT.arrays, _KEPT.made_for = compute(first, draws, again), (path, draws)
    for name, values in _KEPT.arrays.items():
        group[name.removesuffix(_dataset.SUM)][..., first : first + draws] = values


def _open(empty: xr.Dataset, blocks: list[Block], draws: int, store: Path, index: Path, resume: bool) -> None:
    if index.is_file():
        found = json.loads(index.read_text())
        if found["run"] != empty.attrs["run"]:
            raise ValueError(f"store {store} holds another run; choose another folder or remove it")
        if found["block"] != blocks[0][1]:
            raise ValueError(f"store {store} was begun with block={found['block']}; go on with the same")
        if not resume:
            raise ValueError(
                f"store {store} holds a run already; resume=True goes on with it, or choose another folder"
            )
        return
    _create(empty, blocks[0][1], draws, store)
    _write_index(index, empty.attrs["run"], set(), blocks[0][1])


def _create(empty: xr.Dataset, block: int, draws: int, store: Path) -> None:
    import zarr

    store.mkdir(parents=True, exist_ok=True)
    # an empty Dataset writes the coordinates and attributes; the arrays follow block by block
    labels = {d: empty[d].astype(object) for d in empty.dims if empty[d].dtype.kind == "U"}
    frame = empty.drop_vars(list(empty.data_vars)).assign_coords(labels)
    frame.to_zarr(store / "run.zarr", mode="w", consolidated=False)
    group = zarr.open_group(store / "run.zarr", mode="r+")
    for name, array in empty.data_vars.items():
        made = group.create_array(
            str(name),
            shape=(*array.shape[:-1], draws),
            chunks=(*array.shape[:-1], block),
            dtype="f8",
            # drawn numbers do not compress
            compressors=None,
            dimension_names=[str(d) for d in array.dims],
        )
        made.attrs.update({str(k): v for k, v in array.attrs.items()})


def _write_index(index: Path, run: str, done: set[tuple[int, ...]], block: int | None = None) -> None:
    if block is None:
        block = json.loads(index.read_text())["block"]
    new = index.with_suffix(".new")
    new.write_text(json.dumps({"run": run, "block": block, "blocks": sorted(done)}))
    new.replace(index)
