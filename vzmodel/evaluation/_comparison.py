"""Whether one forecaster is better than another by more than chance."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vzmodel.evaluation._periods import months_apart


def diebold_mariano(table: pd.DataFrame, rival: pd.DataFrame, *, loss: str = "pinball") -> pd.DataFrame:
    r"""Test whether two forecasters differ in loss by more than chance, by month ahead.

    Parameters
    ----------
    table, rival : DataFrame
        From `backtest`, on the same origins.
    loss : {"pinball", "crps"}
        What is compared: pinball counts errors as shares [log], crps in the unit of the series.

    Returns
    -------
    DataFrame
        Index ``horizon`` [month]; ``origins`` [1], ``loss`` and ``rival_loss`` [log or unit of the series],
        ``statistic`` [1, negative where the first is better] and ``p`` [1, two-sided].

    Raises
    ------
    ValueError
        If the two have other origins or no such loss.

    Notes
    -----
    With `d` the difference of losses by origin, against Student's t with `B` degrees of freedom:

    .. math:: t = \bar d \Big/ \sqrt{\tfrac1{nB} \sum_{j \le B} \Lambda_j^2}, \quad
              \Lambda_j = \sqrt{2/n} \sum_t d_t \cos\big(\pi j (t - \tfrac12) / n\big)

    (Diebold and Mariano 1995, variance of Lazarus et al. 2018 as in Coroneo and Iacone 2020), `B` the smaller of
    `0.4 n^{2/3}` and two thirds of the forecasts that share no month; one month ahead it is the paired t test. With
    the usual kernel, equal forecasters 12 and 24 months ahead are called different 13 times in a hundred at 5 %; with
    this one, six times.
    """
    from scipy.special import stdtr

    both = _losses({"loss": table, "rival_loss": rival}, loss)
    step = months_apart(both)
    rows = {}
    for horizon, part in both.groupby(level="horizon"):
        away = (part["loss"] - part["rival_loss"]).to_numpy()
        variance, degrees = _mean_variance(away, int(horizon) / step)
        apart = variance > (1e-9 * float(part["loss"].mean())) ** 2
        t = away.mean() / np.sqrt(variance) if apart else np.nan
        p = 2 * stdtr(degrees, -abs(t))
        rows[horizon] = {"origins": len(away), **part.mean().to_dict(), "statistic": t, "p": p}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("horizon")


def confidence_set(tables: Mapping[str, pd.DataFrame], *, loss: str = "pinball", size: float = 0.1) -> pd.DataFrame:
    """Return which forecasters cannot be told from the best of them, by month ahead.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Two or more backtests on the same origins, by forecaster.
    loss : {"pinball", "crps"}
        What is compared, as in `diebold_mariano`.
    size : float
        Chance [1] of leaving out the best.

    Returns
    -------
    DataFrame
        Index (horizon [month], forecaster); ``loss`` [log or unit of the series], ``p`` [1] and ``kept`` [1 in the set,
        else 0].

    Raises
    ------
    ImportError
        If arch is not installed: it comes with the extra ``eval``.
    ValueError
        If there are fewer than two, their origins differ, there is no such loss or `size` is outside (0, 1).

    Notes
    -----
    The model confidence set of Hansen, Lunde and Nason (2011), by arch, with a stationary bootstrap of blocks twice as
    long as the months that neighbouring forecasts share.
    """
    if len(tables) < 2 or not 0 < size < 1:
        raise ValueError(f"a confidence set needs two or more forecasters and a size between 0 and 1, "
                         f"got {len(tables)} and {size}")
    try:
        from arch.bootstrap import MCS
    except ImportError as error:
        raise ImportError('the model confidence set needs arch: install "vzmodel[eval]"') from error
    every = _losses(tables, loss)
    step = months_apart(every)
    rows = {}
    for horizon, part in every.groupby(level="horizon"):
        block = min(max(2 * int(horizon) // step, 1), max(len(part) // 2, 1))
        found = MCS(part.to_numpy(), size=size, block_size=block, reps=1000, seed=0)
        found.compute()
        for places, p in found.pvalues["Pvalue"].items():
            # arch names forecasters that tie to the last digit together
            for name in part.columns[np.atleast_1d(places)]:
                rows[horizon, name] = {"loss": part[name].mean(), "p": float(p), "kept": float(p > size)}
    out = pd.DataFrame.from_dict(rows, orient="index")
    out.index = pd.MultiIndex.from_tuples(list(rows), names=["horizon", "forecaster"])
    return out.sort_values(["horizon", "loss"])


def _losses(tables: Mapping[str, pd.DataFrame], loss: str) -> pd.DataFrame:
    if loss not in ("pinball", "crps"):
        raise ValueError(f"no loss '{loss}'; there are pinball and crps")
    names = list(tables)
    for name in names[1:]:
        if not tables[name].index.equals(tables[names[0]].index):
            raise ValueError(f"'{name}' has other origins or horizons than '{names[0]}'; run both on the same")
    return pd.DataFrame({name: tables[name][loss] for name in names}).sort_index()


def _mean_variance(away: np.ndarray, shared: float) -> tuple[float, int]:
    """Return the variance of the mean of differences that share months with `shared` neighbours, and its degrees."""
    n, x = len(away), away - away.mean()
    if n < 2:
        return 0.0, 1
    if shared <= 1:
        return float(x @ x) / (n - 1) / n, n - 1
    degrees = max(int(min(0.4 * n ** (2 / 3), n / (1.5 * shared))), 1)
    wave = np.cos(np.pi * np.arange(1, degrees + 1)[:, None] * (np.arange(n) + 0.5) / n)
    return float(((wave @ x) ** 2).sum()) * 2 / n / degrees / n, degrees
