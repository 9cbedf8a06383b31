"""What a backtest says in one table: scores by the years in which the forecasts were made, and by month ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vzmodel import calendar, scoring

PERIODS = {"all": ("1900", "2100"), "2007-14": ("2007", "2014"), "2015-18": ("2015", "2018"),
           "2019-20": ("2019", "2020"), "2021-": ("2021", "2100")}
"""First and last year of the months in which forecasts are made."""
LEAST_INDEPENDENT = 3
"""Fewest forecasts that share no month [1] from which a standard error is told."""


def by_period(table: pd.DataFrame, rival: pd.DataFrame | None = None, *,
              periods: dict[str, tuple[calendar.DateLike, calendar.DateLike]] | None = None) -> pd.DataFrame:
    r"""Summarise a backtest by the years in which the forecasts were made and by month ahead.

    Parameters
    ----------
    table : DataFrame
        From `backtest`.
    rival : DataFrame, optional
        From `backtest` of another forecaster on the same origins, such as `no_change`; its CRPS stands beside.
    periods : dict of str to (date, date), optional
        First and last month of origins by name; default all, 2007-14, 2015-18, 2019-20 and from 2021.

    Returns
    -------
    DataFrame
        Index (period, horizon [month]); ``origins`` [1]; ``crps`` and, with a rival, ``rival_crps`` [unit of the
        series]; ``mase`` [1, mean absolute error of the median over that of no change]; ``coverage`` [1, of the 80 %
        band] and ``coverage_se`` [1] from blocks of origins, empty where fewer than three of the forecasts share no
        month; ``width`` [1, mean of p10 to p90 over the median]; ``pit`` [1, mean; 0.5 if neither too high nor too
        low]; ``below`` and ``above`` [1, outcomes under p10 and over p90, a tenth each if the band is right].

    Raises
    ------
    ValueError
        If the table is no backtest, the rival has other origins, or no origin lies in any period.

    Notes
    -----
    .. math:: \mathrm{MASE}_h = \sum_o |y_{o+h} - \hat y_{o,h}| \Big/ \sum_o |y_{o+h} - y_o|

    (Hyndman and Koehler 2006, scaled by no change over the same months.)
    """
    lacking = {"crps", "p50", "outcome", "covered", "pit", "no_change_error"} - set(table.columns)
    if lacking or list(table.index.names) != ["origin", "horizon"]:
        raise ValueError(f"by_period needs the table of backtest; this one lacks {sorted(lacking) or 'its index'}")
    if rival is not None:
        if not rival.index.equals(table.index):
            raise ValueError("the rival's backtest has other origins or horizons; run both on the same")
        table = table.assign(rival_crps=rival["crps"])
    months = pd.DatetimeIndex(table.index.get_level_values("origin")).to_period("M")
    step = months_apart(table)
    rows = {}
    for name, (first, last) in (PERIODS if periods is None else periods).items():
        inside = (months >= _edge(first, "01")) & (months <= _edge(last, "12"))
        for horizon, part in table[inside].groupby(level="horizon"):
            rows[name, horizon] = _row(part.sort_index(), int(horizon), step)
    if not rows:
        raise ValueError(f"no origin from {months.min()} to {months.max()} lies in a period asked for")
    out = pd.DataFrame.from_dict(rows, orient="index")
    return out.set_axis(pd.MultiIndex.from_tuples(out.index, names=["period", "horizon"]))


def _edge(date: calendar.DateLike, month: str) -> pd.Period:
    return calendar.month(f"{date}-{month}" if len(str(date)) == 4 else date)


def months_apart(table: pd.DataFrame) -> int:
    """Return the months between the origins of a backtest [1]."""
    months = pd.DatetimeIndex(table.index.unique("origin")).to_period("M").astype("int64")
    return int(np.median(np.diff(np.sort(months)))) if len(months) > 1 else 1


def _row(part: pd.DataFrame, horizon: int, step: int) -> dict[str, float]:
    moved = part["no_change_error"].abs().sum()
    row = {"origins": len(part), "crps": part["crps"].mean()}
    if "rival_crps" in part:
        row["rival_crps"] = part["rival_crps"].mean()
    row["mase"] = (part["outcome"] - part["p50"]).abs().sum() / moved if moved else np.nan
    row |= {"coverage": part["covered"].mean(), "coverage_se": standard_error(part["covered"], horizon, step)}
    return row | {"width": part["width"].mean(), "pit": part["pit"].mean(),
                  "below": (part["outcome"] < part["p10"]).mean(), "above": (part["outcome"] > part["p90"]).mean()}


def standard_error(hit: pd.Series, horizon: int, step: int = 1) -> float:
    """Return the standard error [1] of a share of hits, or nan where they hold fewer than three independent forecasts.

    Parameters
    ----------
    hit : Series
        1 where the band held, else 0, in order of time.
    horizon : int
        Months ahead [1]; neighbouring forecasts share all but `step` of them.
    step : int
        Months between origins [1].

    Notes
    -----
    Blocks of origins twice as long as the months they share; never below the error of one hit or miss among the
    forecasts that share no month.
    """
    independent = len(hit) / max(horizon / step, 1)
    if independent < LEAST_INDEPENDENT:
        return float("nan")
    least = np.sqrt((1 - 1 / independent) / independent) / independent ** 0.5
    return max(scoring.bootstrap(hit, max(2 * horizon // step, 1)), float(least))
