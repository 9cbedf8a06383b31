"""Output as it would have gone on: a structural time series fitted before a date and drawn past it."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

FACTORS = 2
"""Common factors of the donors [1] in the variant that has them."""
FEWEST = 48
"""Fewest months read [1] before the date."""


class Trend(NamedTuple):
    """A fitted local linear trend: state at the last month and its covariance, variances, factor scores [1]."""

    state: np.ndarray
    covariance: np.ndarray
    variances: np.ndarray
    params: np.ndarray


def factors(donors: pd.DataFrame, last: pd.Period, count: int = FACTORS) -> pd.DataFrame:
    """Return common factors of the donors' log output [1], their loadings from the months up to `last` alone.

    Parameters
    ----------
    donors : DataFrame
        Output by month and country [kb/d].
    last : Period
        Last month that shapes the loadings.
    count : int
        Number of factors [1].
    """
    logs = np.log(donors)
    before = logs.loc[:last]
    scaled = (logs - before.mean()) / before.std()
    _, _, loading = np.linalg.svd(scaled.loc[:last].to_numpy(), full_matrices=False)
    score = scaled.to_numpy() @ loading[:count].T / np.sqrt(donors.shape[1])
    return pd.DataFrame(score, donors.index, [f"factor {i + 1}" for i in range(count)])


def estimate(series: pd.Series, last: pd.Period, x: pd.DataFrame | None = None, near: Trend | None = None) -> Trend:
    r"""Fit a local linear trend to log output up to a month, with the factors as regressors if given.

    Parameters
    ----------
    series : Series
        Output by month [kb/d].
    last : Period
        Last month of the fit.
    x : DataFrame, optional
        Factors by month [1].
    near : Trend, optional
        A fit to start the search from.

    Raises
    ------
    ValueError
        If fewer than 48 months are read.

    Notes
    -----
    .. math:: \log y_t = \mu_t + x_t \beta + e_t, \quad \mu_{t+1} = \mu_t + \nu_t + \xi_t, \quad
              \nu_{t+1} = \nu_t + \zeta_t

    Coefficients are part of the state, so that draws hold their error.

    References
    ----------
    Harvey (1989); Brodersen et al. (2015).
    """
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    y = np.log(series.loc[:last].dropna())
    if x is not None:
        y = y.loc[x.index[0] :]
    y = y.reindex(pd.period_range(y.index[0], last, freq="M")) if len(y) else y
    if y.notna().sum() < FEWEST:
        raise ValueError(f"{y.notna().sum()} months of output up to {last} are too few; at least {FEWEST} are needed")
    exog = None if x is None else x.reindex(y.index).to_numpy()
    # the variances of logs are tiny: in percent the search is well scaled
    model = UnobservedComponents(100 * y.to_numpy(), "lltrend", exog=exog, mle_regression=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = model.fit(disp=False, maxiter=100, start_params=None if near is None else near.params)
    state = np.asarray(found.filtered_state)[:, -1] / 100
    covariance = np.asarray(found.filtered_state_cov)[:, :, -1] / 1e4
    return Trend(state, covariance, np.asarray(found.params)[:3] / 1e4, np.asarray(found.params))


def simulate(fitted: Trend, x: np.ndarray | None, start: np.ndarray, shocks: np.ndarray) -> np.ndarray:
    """Draw log output past the last month of a fit.

    Parameters
    ----------
    fitted : Trend
    x : ndarray or None
        Factors of the months ahead [1], shape (month, factor).
    start : ndarray
        Standard normals [1], shape (state, draw), for the state at the last month.
    shocks : ndarray
        Standard normals [1], shape (month, 3, draw): irregular, level, slope.

    Returns
    -------
    ndarray of shape (month, draw)
        Log of output [kb/d].

    Examples
    --------
    Without variance the trend goes on as it was:

    >>> steady = Trend(np.array([7.0, -0.01]), np.zeros((2, 2)), np.zeros(3), np.zeros(3))
    >>> simulate(steady, None, np.zeros((2, 1)), np.zeros((2, 3, 1))).round(2).ravel().tolist()
    [6.99, 6.98]
    """
    value, vector = np.linalg.eigh(fitted.covariance)
    root = vector * np.sqrt(np.maximum(value, 0.0))
    state = fitted.state[:, None] + sum(root[:, k, None] * start[k] for k in range(root.shape[1]))
    level, slope, beta = state[0].copy(), state[1].copy(), state[2:]
    noise, rough, bend = np.sqrt(fitted.variances)
    out = np.empty((shocks.shape[0], start.shape[1]))
    for t in range(shocks.shape[0]):
        level += slope + rough * shocks[t, 1]
        slope += bend * shocks[t, 2]
        out[t] = level + noise * shocks[t, 0]
        if x is not None:
            out[t] += sum(x[t, k] * beta[k] for k in range(x.shape[1]))
    return out


def counterfactual(
    series: pd.Series, at: pd.Period, months: pd.PeriodIndex, shocks: dict[str, np.ndarray],
    donors: pd.DataFrame | None = None, near: Trend | None = None,
) -> tuple[np.ndarray, Trend]:
    """Draw log output from a date on as if nothing had happened, and return the fit too.

    Parameters
    ----------
    series : Series
        Output by month [kb/d].
    at : Period
        First month drawn.
    months : PeriodIndex
        Months wanted, from `at` on without a gap.
    shocks : dict of ndarray
        ``start`` and ``path``, as `simulate` takes them; what is not needed is left.
    donors : DataFrame, optional
        Output of other producers [kb/d], which lends its common factors.
    near : Trend, optional
        A fit to start the search from.

    Returns
    -------
    tuple of ndarray of shape (month, draw) [log] and Trend
    """
    x = None if donors is None else factors(donors, at - 1)
    fitted = estimate(series, at - 1, x, near)
    ahead: Any = None if x is None else x.reindex(months).to_numpy()
    return simulate(fitted, ahead, shocks["start"][: len(fitted.state)], shocks["path"][: len(months)]), fitted
