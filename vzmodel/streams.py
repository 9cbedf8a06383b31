"""Chance in fixed chunks: the same seed gives the same bits for any block size or worker count."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np
from numpy.random import SFC64, Generator, SeedSequence

CHUNK = 1024
"""Draws are made this many at a time; blocks of draws are whole chunks."""


def generator(seed: int, name: str, chunk: int) -> Generator:
    """Return the generator of one named source of chance for one chunk of draws.

    Parameters
    ----------
    seed : int
        Seed of the run [1], zero or more.
    name : str
        Name of the source, so that a new source changes no other.
    chunk : int
        Number of the chunk [1]; chunk ``c`` holds draws ``1024 c`` to ``1024 c + 1023``.
    """
    return Generator(SFC64(SeedSequence(seed, spawn_key=(zlib.crc32(name.encode()), chunk))))


def _fill(
    fill: Callable[[Generator, np.ndarray], None], seed: int, name: str, shape: tuple[int, ...], first: int, draws: int
) -> np.ndarray:
    if first % CHUNK:
        raise ValueError(f"first draw {first} of source '{name}' is not a multiple of {CHUNK}: blocks are whole chunks")
    out = np.empty((*shape, draws))
    if draws == CHUNK:
        fill(generator(seed, name, first // CHUNK), out)
        return out
    buffer = np.empty((*shape, CHUNK))
    for start in range(0, draws, CHUNK):
        fill(generator(seed, name, (first + start) // CHUNK), buffer)
        stop = min(start + CHUNK, draws)
        out[..., start:stop] = buffer[..., : stop - start]
    return out


def uniform(seed: int, name: str, shape: tuple[int, ...] = (), first: int = 0, draws: int = CHUNK) -> np.ndarray:
    """Draw uniforms in (0, 1) for a block of draws.

    Parameters
    ----------
    seed, name
        As in `generator`.
    shape : tuple of int
        Leading dimensions, time first, so that a longer horizon keeps the earlier months.
    first : int
        First draw of the block [1], a multiple of 1,024.
    draws : int
        Number of draws [1].

    Returns
    -------
    ndarray of shape (\\*shape, draws)
        Uniforms [1], never 0 or 1 exactly.

    Examples
    --------
    >>> bool((uniform(1, "rain", (2,), draws=2000)[:, 1024:] == uniform(1, "rain", (2,), 1024, 976)).all())
    True
    """

    def fill(g: Generator, out: np.ndarray) -> None:
        # the generator gives multiples of 2^-53 below 1, and may give 0
        np.maximum(g.random(out=out), 2.0**-54, out=out)

    return _fill(fill, seed, name, shape, first, draws)


def normal(seed: int, name: str, shape: tuple[int, ...] = (), first: int = 0, draws: int = CHUNK) -> np.ndarray:
    """Draw standard normals [1] for a block of draws; parameters and shape as in `uniform`."""
    return _fill(lambda g, out: g.standard_normal(out=out), seed, name, shape, first, draws)  # type: ignore[arg-type,return-value]


def heavy(
    shock: np.ndarray, rare: np.ndarray, probability: np.ndarray | float, scale: np.ndarray | float
) -> np.ndarray:
    """Give normal shocks fat tails: with a small probability a shock is `scale` times as large.

    Parameters
    ----------
    shock : ndarray
        Standard normals [1].
    rare : ndarray
        Uniforms [1] of the same shape, which say when a shock is a large one.
    probability, scale : ndarray or float
        Chance of a large shock and its size relative to an ordinary one [1].

    Returns
    -------
    ndarray
        Shocks of unit variance [1]: ``z (1 + (k - 1) [u < p]) / sqrt(1 + p (k^2 - 1))``.

    Examples
    --------
    >>> heavy(np.array([1.0]), np.array([0.5]), 0.0, 3.0)
    array([1.])
    """
    size = np.where(rare < probability, scale, 1.0)
    return shock * size / np.sqrt(1 + probability * (np.square(scale) - 1))
