"""What was quoted as a gap to Brent, put on one basis, and the level that the quotes agree on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vzmodel.assumptions._sampling import TENTH

NOT_A_GAP = {
    "formula": "a price set by formula, not what traders pay",
    "merey": "below a formula price: it measures route cost",
}
LONGEST = 731
"""Longest span of a quote that still tells of its months [day]."""
QUALITY_YEARS = (2012, 2017)
"""Years before trade sanctions whose gaps at origin are quality alone."""


def reported_gaps(tables: Mapping[str, pd.DataFrame], freight: Mapping[str, float]) -> pd.DataFrame:
    """Return every quoted gap as a gap to Brent at origin, quality inside it.

    Parameters
    ----------
    tables : dict of str to DataFrame
        With gaps and prices, as from `load_tables`.
    freight : dict of str to float
        Freight by market that a delivered quote holds [USD/bbl].

    Returns
    -------
    DataFrame
        start, end, market, basis, grade, source, low, high [USD/bbl at origin], and unused: why a row is no gap, or
        empty.

    Notes
    -----
    A delivered quote is reduced by freight (the gap at origin is wider by it); a sanction part gains the quality of
    2012-17; a share is taken of Brent, and a gap to WTI or Dubai gains their own distance to it, over its months.
    """
    price = tables["prices"].pivot_table(index="month", columns="series", values="value", aggfunc="last")
    rows = tables["gaps"].reset_index(drop=True).copy()
    years = rows["start"].dt.year.between(*QUALITY_YEARS)
    calm = rows[years & (rows["basis"] == "fob") & (rows["benchmark"] == "brent") & (rows["unit"] == "USD/bbl")]
    quality = float(((calm["low"] + calm["high"]) / 2).mean())
    found = []
    for row in rows.itertuples():
        of = price.loc[row.start : row.end].mean()
        why = NOT_A_GAP.get(row.basis) or NOT_A_GAP.get(row.benchmark, "")
        factor = of["brent"] if row.unit == "1" else 1.0
        extra = freight.get(row.market, np.mean(list(freight.values()))) if row.basis == "delivered" else 0.0
        extra += quality if row.basis == "sanction_part" else 0.0
        if row.benchmark in ("wti", "indian_basket", "dubai"):
            extra += of["brent"] - of["wti" if row.benchmark == "wti" else "dubai"]
        if not why and not np.isfinite(factor * row.low + extra):
            why = "no benchmark price in the table for its months"
        if not why and row.low == 0:
            why = "an upper bound only"
        if not why and (row.end - row.start).days > LONGEST:
            why = "years under one figure say nothing of a month"
        found.append((factor * row.low + extra, factor * row.high + extra, why))
    rows[["low", "high"]] = [pair[:2] for pair in found]
    rows["unused"] = [why for *_, why in found]
    return rows[["start", "end", "market", "basis", "grade", "source", "low", "high", "unused"]]


def fitted_gap(reported: pd.DataFrame, months: pd.PeriodIndex) -> pd.DataFrame:
    r"""Return the gap that the quotes agree on by month, and how far they disagree.

    Parameters
    ----------
    reported : DataFrame
        As from `reported_gaps`.
    months : PeriodIndex

    Returns
    -------
    DataFrame
        Index month; p10, p50 and p90 [USD/bbl] of what one more quote of that month would say.

    Raises
    ------
    ValueError
        If there are fewer than ten quotes.

    Notes
    -----
    A local level read with noise, by maximum likelihood: ``x_t = x_{t-1} + q e_t``, ``y_i = x_{t_i} + r_i u_i`` with
    ``r_i^2 = r^2 + (half range)^2``; a quote stands in the middle of its months. Kalman filter and smoother.
    """
    used = reported[reported["unused"] == ""]
    if len(used) < 10:
        raise ValueError(f"{len(used)} quoted gaps can be used; a level needs 10 or more")
    return local_level(used, months, 1.0, 2.0)


def local_level(used: pd.DataFrame, months: pd.PeriodIndex, step: float, disagreement: float) -> pd.DataFrame:
    """Return the level that readings agree on by month, and how far they disagree, by maximum likelihood.

    Parameters
    ----------
    used : DataFrame
        start, end, low, high [unit of the readings].
    months : PeriodIndex
    step, disagreement : float
        Where the search for the monthly step and the disagreement begins [unit of the readings].

    Returns
    -------
    DataFrame
        Index month; p10, p50 and p90 [unit of the readings] of what one more reading of that month would say; ``step``
        and ``disagreement`` in ``attrs``.
    """
    from scipy.optimize import minimize

    middle = (used["start"] + (used["end"] - used["start"]) / 2).dt.to_period("M")
    first, last = min(middle.min(), months[0]), max(middle.max(), months[-1])
    span = pd.period_range(first, last, freq="M")
    at = span.get_indexer(middle)
    # in units of the first guess, so that dollars and shares are searched alike
    y = ((used["low"] + used["high"]) / 2).to_numpy() / step
    half = ((used["high"] - used["low"]) / 2).to_numpy() / step

    def loss(logs: np.ndarray) -> float:
        return -_smooth(len(span), at, y, half, *np.maximum(np.exp(logs), 1e-2))[2]

    q, r = np.exp(minimize(loss, np.log([1.0, disagreement / step]), method="Nelder-Mead").x)
    level, variance, _ = _smooth(len(span), at, y, half, q, r)
    sd = np.sqrt(variance + r**2)
    table = pd.DataFrame({"p10": level - TENTH * sd, "p50": level, "p90": level + TENTH * sd}, index=span) * step
    table.index.name = "month"
    table.attrs.update(step=float(q * step), disagreement=float(r * step))
    return table.reindex(months)


def _smooth(
    months: int, at: np.ndarray, y: np.ndarray, half: np.ndarray, q: float, r: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the smoothed level, its variance and the log likelihood of a local level."""
    mean, var = np.empty(months), np.empty(months)
    x, p, score = float(y[0]), 1e4, 0.0
    for t in range(months):
        p = p + q**2 if t else p
        for i in np.flatnonzero(at == t):
            s = p + r**2 + half[i] ** 2
            score -= 0.5 * (np.log(s) + (y[i] - x) ** 2 / s)
            x, p = x + p / s * (y[i] - x), p * (1 - p / s)
        mean[t], var[t] = x, p
    for t in range(months - 2, -1, -1):
        gain = var[t] / (var[t] + q**2)
        mean[t] += gain * (mean[t + 1] - mean[t])
        var[t] += gain**2 * (var[t + 1] - var[t] - q**2)
    return mean, var, score
