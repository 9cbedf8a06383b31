"""Barrels not produced, in dollars at the price Venezuela got."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vzmodel.calendar import days

NEAR = 18
"""Months [1] within which a quoted gap may stand for a month that has none."""


def realised_price(
    prices: pd.DataFrame, gaps: pd.DataFrame, months: pd.PeriodIndex, row: np.ndarray, place: np.ndarray
) -> np.ndarray:
    """Draw the price at origin, Brent less a quoted gap.

    Parameters
    ----------
    prices : DataFrame
        The table of prices [USD/bbl].
    gaps : DataFrame
        The table of gaps; rows to Brent at origin (FOB) count, in USD/bbl or as a share of Brent.
    months : PeriodIndex
    row, place : ndarray
        Uniforms [1], shape (draw,): which of the quotes of a month, and where between its low and its high.

    Returns
    -------
    ndarray of shape (month, draw)
        USD/bbl.

    Raises
    ------
    ValueError
        If a month has no Brent, or no quote lies within a year and a half of it.

    Notes
    -----
    Quality is inside a gap to Brent, so no quality is taken off beside it. A month without a quote takes the nearest.
    """
    brent = prices[prices["series"] == "brent"].set_index("month")["value"]
    brent.index = pd.DatetimeIndex(brent.index).to_period("M")
    quotes = gaps[(gaps["basis"] == "fob") & (gaps["benchmark"] == "brent")]
    start, end = (pd.PeriodIndex(quotes[c], freq="M").astype("int64").to_numpy() for c in ("start", "end"))
    share = (quotes["unit"] == "1").to_numpy()
    low, high = quotes["low"].to_numpy(float), quotes["high"].to_numpy(float)
    out = np.empty((len(months), len(row)))
    for t, month in enumerate(months):
        if month not in brent.index:
            raise ValueError(f"no Brent for {month}; prices run from {brent.index.min()} to {brent.index.max()}")
        away = np.maximum(np.maximum(start - month.ordinal, month.ordinal - end), 0)
        if not len(away) or away.min() > NEAR:
            raise ValueError(f"no gap to Brent at origin is quoted within {NEAR} months of {month}")
        near = np.flatnonzero(away == away.min())
        one = near[np.minimum((row * len(near)).astype(int), len(near) - 1)]
        gap = low[one] + place * (high[one] - low[one])
        out[t] = brent[month] - np.where(share[one], gap * brent[month], gap)
    return out


def value(effect: np.ndarray, price: np.ndarray, months: pd.PeriodIndex) -> np.ndarray:
    """Return what the barrels of each month would have brought, output times price.

    Parameters
    ----------
    effect : ndarray
        Change of output, shape (month, draw) [kb/d].
    price : ndarray
        Shape (month, draw) [USD/bbl].
    months : PeriodIndex

    Returns
    -------
    ndarray of shape (month, draw)
        USD million. A barrel lost is taken to be a barrel not exported: home demand is served first.

    Examples
    --------
    A loss of 100 kb/d at 50 dollars, over the 31 days of a month:

    >>> value(np.array([[-100.0]]), np.array([[50.0]]), pd.period_range("2019-01", periods=1, freq="M")).tolist()
    [[-155.0]]
    """
    return effect * price * days(months)[:, None] / 1000


def by_year(effect: np.ndarray, dollars: np.ndarray, months: pd.PeriodIndex) -> pd.DataFrame:
    """Return barrels and dollars by period: the first twelve months, each year, and all months together.

    Parameters
    ----------
    effect : ndarray
        Shape (month, draw) [kb/d].
    dollars : ndarray
        Shape (month, draw) [USD million].
    months : PeriodIndex

    Returns
    -------
    DataFrame
        Columns period, first and last (months), effect_kbd [kb/d, mean of days], and p10, p50, p90 [USD million].
        Totals are taken per draw before the percentiles.
    """
    weight = days(months)
    slices = {"first twelve months": np.arange(len(months)) < 12}
    slices |= {str(y): np.asarray(months.year == y) for y in sorted(set(months.year))}
    slices["all months"] = np.ones(len(months), bool)
    rows = []
    for name, own in slices.items():
        total = dollars[own].sum(0)
        low, mid, high = np.quantile(total, [0.1, 0.5, 0.9])
        mean = np.median(np.average(effect[own], axis=0, weights=weight[own]))
        part = months[own]
        rows.append({"period": name, "first": str(part[0]), "last": str(part[-1]), "effect_kbd": float(mean),
                     "p10": float(low), "p50": float(mid), "p90": float(high)})  # fmt: skip
    return pd.DataFrame(rows)
