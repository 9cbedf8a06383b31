"""What past forecasts of a series teach: sums of their scores as known each month, and weights from them."""

from __future__ import annotations

import numpy as np

GRID = np.array([1, 3, 6, 12, 24])
"""Months ahead [1] at which past forecasts are scored."""
FIRST_SCORED = 24
"""First origin [month of the series] whose error counts."""
PRIOR_BLOCKS = 2.0
"""Independent scores [1] that equal weights are worth."""


def known(score: np.ndarray, half_life: float) -> tuple[np.ndarray, np.ndarray]:
    """Sum scores (time, grid, member) that were known at each month, older ones counting less, and count them.

    Parameters
    ----------
    score : ndarray of shape (time, grid, member)
        Score of the forecast made at each month [any unit].
    half_life : float
        Age at which a score counts half [month].

    Returns
    -------
    tuple of ndarray
        Sums, (time, grid, member) [the same unit], and how many scores they hold, (time, grid) [1].
    """
    fade = 0.5 ** (1 / half_life)
    total, count = np.zeros(score.shape[1:]), np.zeros(len(GRID))
    totals, counts = np.empty(score.shape), np.empty(score.shape[:2])
    for t in range(len(score)):
        made = t - GRID
        there = made >= FIRST_SCORED
        total, count = total * fade, count * fade + there
        total[there] += score[made[there], there]
        totals[t], counts[t] = total, count
    return totals, counts


def weights(loss: np.ndarray, half_life: float, near: float, power: float | None = None,
            prior: np.ndarray | None = None) -> np.ndarray:
    r"""Return weights (time, grid, member) [1] from losses, by the scores known each month.

    Parameters
    ----------
    loss : ndarray of shape (time, grid, member)
        Losses of the forecasts made at each month [any unit].
    half_life : float
        Age at which a score counts half [month].
    near : float
        How far a horizon learns from the next one of the grid [1], 0 to 1.
    power : float, optional
        Power of the inverse loss [1]; default the number of independent scores, which makes the weights the odds that
        a member is the right one, if errors are Laplace of unknown size.
    prior : ndarray of shape (member,), optional
        Weights before any score [1]; default equal.

    Notes
    -----
    With losses `l` relative to their mean over the members, of which one `h` months ahead counts `1/h`, for errors of
    overlapping months are one piece of evidence,

    .. math:: w_k \propto \pi_k \Big(\frac{n_0 + \sum l_k}{n_0 + n}\Big)^{-p}
    """
    relative = loss / (loss.mean(axis=2, keepdims=True) + 1e-12)
    total, count = known(relative, half_life)
    place = np.arange(len(GRID))
    share = near ** np.abs(place[:, None] - place[None, :]) / GRID
    n = (count @ share.T)[:, :, None]
    mean = (PRIOR_BLOCKS + np.einsum("gj,tjk->tgk", share, total)) / (PRIOR_BLOCKS + n)
    odds = -(n if power is None else power) * np.log(mean) + (0.0 if prior is None else np.log(prior))
    weight = np.exp(odds - odds.max(axis=2, keepdims=True))
    return np.asarray(weight / weight.sum(axis=2, keepdims=True))
