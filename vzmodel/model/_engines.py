"""Where blocks of draws are computed: here, in threads, in processes, or on a cluster; the bits are the same."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

Block = tuple[int, int]
"""First draw and number of draws [1]."""
Shapes = Mapping[str, tuple[int, ...]]
WINDOW = 64
"""Blocks handed to an executor at a time, so that a long run does not queue all of its own."""


def finished(
    task: Callable[[Block], Any], blocks: Iterable[Block], executor: Any, way_out: str
) -> Iterator[tuple[Block, Any]]:
    """Yield each block with its result as it is done, in any order.

    Raises
    ------
    RuntimeError
        If a worker dies and the executor does not replace it.
    """
    if executor is None:
        yield from ((block, task(block)) for block in blocks)
        return
    left = list(reversed(list(blocks)))
    waiting: dict[Any, Block] = {}
    try:
        while left or waiting:
            while left and len(waiting) < WINDOW:
                block = left.pop()
                waiting[executor.submit(task, block)] = block
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(future), future.result()
    except Exception as error:
        # a cluster has a name of its own for a worker that died too often
        if isinstance(error, (BrokenExecutor, CancelledError)) or type(error).__name__ == "KilledWorker":
            raise RuntimeError(f"a worker died and its blocks were not finished ({error}); {way_out}") from error
        raise
    finally:
        for future in waiting:
            future.cancel()


def arrays(
    compute: Callable[..., dict[str, np.ndarray]],
    shapes: Shapes,
    blocks: list[Block],
    executor: Any,
    progress: Callable[[float], None] | None,
) -> dict[str, np.ndarray]:
    """Return all draws of every variable; ``compute(first, draws, out)`` writes a block into `out` or makes it."""
    if isinstance(executor, ProcessPoolExecutor):
        # processes write into one file that they all map, rather than send numbers through a pipe
        file = _reserved(shapes)
        try:
            out = _mapped(file, shapes)
            task: Callable[[Block], Any] = partial(_into_file, compute, file, dict(shapes))
            _collect(task, blocks, executor, progress, None)
        finally:
            Path(file).unlink()
        return out
    out = {name: np.empty(shape) for name, shape in shapes.items()}
    if executor is None or isinstance(executor, ThreadPoolExecutor):
        _collect(partial(_into, compute, out), blocks, executor, progress, None)
    else:
        _collect(partial(_made, compute), blocks, executor, progress, out)
    return out


def _collect(
    task: Callable[[Block], Any],
    blocks: list[Block],
    executor: Any,
    progress: Callable[[float], None] | None,
    out: dict[str, np.ndarray] | None,
) -> None:
    done = finished(task, blocks, executor, "run it again, with store= to be able to resume")
    for count, ((first, draws), result) in enumerate(done, 1):
        for name, values in (result if out is not None else {}).items():
            out[name][..., first : first + draws] = values  # type: ignore[index]
        if progress is not None:
            progress(count / len(blocks))


def _into(compute: Callable[..., Any], out: Mapping[str, np.ndarray], block: Block) -> None:
    first, draws = block
    compute(first, draws, {name: values[..., first : first + draws] for name, values in out.items()})


def _into_file(compute: Callable[..., Any], file: str, shapes: Shapes, block: Block) -> None:
    _into(compute, _mapped(file, shapes), block)


def _made(compute: Callable[..., dict[str, np.ndarray]], block: Block) -> dict[str, np.ndarray]:
    return compute(*block)


def _reserved(shapes: Shapes) -> str:
    handle, name = tempfile.mkstemp(prefix="vzmodel-")
    try:
        size = 8 * sum(int(np.prod(shape)) for shape in shapes.values())
        # a full disk is told now, not by a crash in the middle
        os.posix_fallocate(handle, 0, size) if hasattr(os, "posix_fallocate") else os.truncate(handle, size)
    finally:
        os.close(handle)
    return name


def _mapped(file: str, shapes: Shapes) -> dict[str, np.ndarray]:
    out, offset = {}, 0
    for name, shape in shapes.items():
        out[name] = np.asarray(np.memmap(file, np.float64, "r+", offset, shape))
        offset += 8 * int(np.prod(shape))
    return out
