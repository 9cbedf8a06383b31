r"""Shapley values: what each of several causes is worth, without regard to the order in which they come.

.. math:: \phi_i = \sum_{S \not\ni i} \frac{|S|!\,(n-|S|-1)!}{n!} \left[v(S \cup i) - v(S)\right]

Shapley (1953), A value for n-person games.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from math import comb
from typing import Any

import numpy as np


def weight(size: int, names: int) -> float:
    """Return the weight of joining a set of some size out of so many names [1].

    Examples
    --------
    >>> weight(0, 2), weight(1, 3)
    (0.5, 0.16666666666666666)
    """
    return 1 / (names * comb(names - 1, size))


def shares(worth: Mapping[frozenset[Any], Any], names: Sequence[Hashable]) -> dict[Any, Any]:
    """Return what each name is worth, from the worth of every set of names.

    Parameters
    ----------
    worth : dict of frozenset to number or array
        One value for each of the 2^n sets of names [any one unit].
    names : sequence
        The n names.

    Returns
    -------
    dict
        By name, in the unit of `worth`; their sum is the worth of all less that of none.

    Raises
    ------
    KeyError
        If a set is missing.

    Examples
    --------
    Two hands that lift nothing alone and ten together share it:

    >>> none, both = frozenset(), frozenset("ab")
    >>> shares({none: 0.0, frozenset("a"): 0.0, frozenset("b"): 0.0, both: 10.0}, "ab")
    {'a': 5.0, 'b': 5.0}
    """
    found = {}
    for name in names:
        total: Any = 0.0
        for joined, value in worth.items():
            if name not in joined:
                total = total + weight(len(joined), len(names)) * (worth[joined | {name}] - value)
        found[name] = total
    return found


def shares_of_product(change: np.ndarray, base: float) -> np.ndarray:
    r"""Share the change of a product out between its factors.

    Parameters
    ----------
    change : ndarray of shape (factor, draw)
        Log change of each factor [1].
    base : float
        Level before [any unit].

    Returns
    -------
    ndarray of shape (factor, draw)
        Shares [unit of `base`], which add up to `base` times one less than the product, in every draw.

    Notes
    -----
    `shares` of :math:`v(S) = y_0 \exp \sum_{j \in S} d_j` without going through the sets: sums of v over sets of one
    size are elementary symmetric functions of the factors.

    Examples
    --------
    Two causes that halve output of 1,000 each take 375:

    >>> shares_of_product(np.log([[0.5], [0.5]]), 1000.0).round(6).ravel().tolist()
    [-375.0, -375.0]
    """
    n = len(change)
    factor = np.exp(change)
    out = np.zeros_like(factor)
    for i in range(n):
        sums = np.zeros((n, factor.shape[1]))
        sums[0] = 1.0
        for k, j in enumerate(j for j in range(n) if j != i):
            for size in range(k + 1, 0, -1):
                sums[size] += sums[size - 1] * factor[j]
        for size in range(n):
            out[i] += weight(size, n) * sums[size]
        out[i] *= base * (factor[i] - 1)
    return out
