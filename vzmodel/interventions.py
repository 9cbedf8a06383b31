"""Strike, sanctions, blackouts, licences and blockade in one model of output, so that what overlaps shows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from vzmodel._sampling import TENTH

SHAPES = ("pulse", "step", "ramp", "fade")
PRIOR_SD = 1.0
"""Prior standard deviation [log] of an effect: wide, for effects beyond a factor of three are not expected."""
START = (0.03, 0.003, 0.005)
"""Standard deviations [log] of level, slope and reading from which the search starts."""


class Effects(NamedTuple):
    """Effects of interventions estimated together.

    Attributes
    ----------
    table : DataFrame
        Index name; group, shape, start, ``effect`` and ``se`` [log], ``change_pct`` with its p10 and p90 [%].
    correlation : DataFrame
        Between the estimates [1], name by name.
    """

    table: pd.DataFrame
    correlation: pd.DataFrame


def estimate(series: pd.Series | None = None, interventions: pd.DataFrame | None = None) -> Effects:
    r"""Estimate the effects of dated interventions on output jointly.

    Parameters
    ----------
    series : Series, optional
        Output by month [kb/d]; default the consensus of today. Months may be missing.
    interventions : DataFrame, optional
        ``name``, ``shape`` (pulse, step, ramp or fade), ``start`` and ``end`` (months), optionally ``group``; default
        the package's own table. Those outside the series are left out.

    Returns
    -------
    Effects

    Raises
    ------
    ValueError
        If the series is not positive or has fewer than 36 months, a shape is unknown, or no intervention is inside.

    Notes
    -----
    A local linear trend with the interventions `x` as regressors whose coefficients are constant states:

    .. math:: \log y_t = \mu_t + \sum_j \beta_j x_{jt} + \varepsilon_t, \quad
              \mu_t = \mu_{t-1} + b_{t-1} + \eta_t, \quad b_t = b_{t-1} + \zeta_t

    The smoothed covariance of the coefficients is joint. A ramp and a trend that may bend are hard to tell apart, as
    are steps a month apart: see the errors and correlations. The consensus is smooth, so its errors are too small.
    (Harvey 1989, chapter 7.)

    Examples
    --------
    >>> found = estimate()
    >>> bool(found.table.loc["strike, January 2003", "effect"] < -0.5)
    True
    """
    from vzmodel import data

    if series is None or interventions is None:
        tables = data.load_tables()
        interventions = tables["interventions"] if interventions is None else interventions
        series = data.history(tables)["production"] if series is None else series
    y = _logs(series)
    used = _inside(interventions, y.index)
    x = np.column_stack([shape(y.index, row.shape, row.start, row.end) for row in used.itertuples()])
    mean, cov = _fit(y.to_numpy(), x)
    sd = np.sqrt(np.diag(cov))
    table = used.assign(effect=mean, se=sd, change_pct=100 * np.expm1(mean),
                        change_pct_low=100 * np.expm1(mean - TENTH * sd),
                        change_pct_high=100 * np.expm1(mean + TENTH * sd)).set_index("name")
    names = list(table.index)
    return Effects(table, pd.DataFrame(cov / np.outer(sd, sd), index=names, columns=names))


def shape(months: pd.PeriodIndex, kind: str, start: object, end: object = None) -> np.ndarray:
    """Return how an intervention acts month by month [1 of its full effect].

    Parameters
    ----------
    months : PeriodIndex
    kind : {"pulse", "step", "ramp", "fade"}
    start, end : date
        First month, and last; a step has none.

    Examples
    --------
    >>> [float(v) for v in shape(pd.period_range("2020-01", periods=4, freq="M"), "ramp", "2020-02", "2020-03")]
    [0.0, 0.5, 1.0, 1.0]
    """
    if kind not in SHAPES:
        raise ValueError(f"shape '{kind}' is none of {', '.join(SHAPES)}")
    since = np.array([(m - pd.Period(start, "M")).n for m in months], float)
    if kind == "step":
        return (since >= 0).astype(float)
    length = (pd.Period(end, "M") - pd.Period(start, "M")).n + 1
    if length < 1:
        raise ValueError(f"{kind} from {start} ends before it starts, {end}")
    if kind == "ramp":
        return np.clip((since + 1) / length, 0.0, 1.0)
    inside = (since >= 0) & (since < length)
    return inside * (1.0 if kind == "pulse" else 1 - since / length)


def _logs(series: pd.Series) -> pd.Series:
    clean = series.loc[series.first_valid_index() : series.last_valid_index()]
    if clean.count() < 36 or not (clean.dropna() > 0).all():
        raise ValueError(f"output needs 36 months above 0 kb/d; it has {clean.count()}, lowest {clean.min():g}")
    index = clean.index if isinstance(clean.index, pd.PeriodIndex) else pd.DatetimeIndex(clean.index).to_period("M")
    return np.log(clean.set_axis(index).asfreq("M"))


def _inside(interventions: pd.DataFrame, months: pd.PeriodIndex) -> pd.DataFrame:
    start = pd.PeriodIndex(interventions["start"], freq="M")
    used = interventions[(start > months[0]) & (start <= months[-1])].reset_index(drop=True)
    if used.empty:
        raise ValueError(f"no intervention starts between {months[0]} and {months[-1]}; give some that do")
    kept = [c for c in ("name", "group", "shape", "start", "end") if c in used]
    return used[kept]


def _fit(y: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the coefficients and their covariance, the three variances by maximum likelihood."""
    from scipy.optimize import minimize
    from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother

    months, count = x.shape
    model = KalmanSmoother(k_endog=1, k_states=2 + count, k_posdef=2, loglikelihood_burn=0)
    model.filter_univariate = True
    model.bind(y[:, None].copy())
    model["design"] = np.concatenate([np.ones((months, 1)), np.zeros((months, 1)), x], axis=1).T[None]
    transition = np.eye(2 + count)
    transition[0, 1] = 1.0
    model["transition"], model["selection"] = transition, np.eye(2 + count)[:, :2]
    spread = np.diag([1.0, 0.05**2, *[PRIOR_SD**2] * count])
    model.initialize_known(np.r_[y[np.isfinite(y)][0], np.zeros(1 + count)], spread)

    def load(logs: np.ndarray) -> None:
        level, slope, noise = np.exp(logs)
        model["state_cov"], model["obs_cov"] = np.diag([level**2, slope**2]), np.array([[noise**2]])

    def loss(logs: np.ndarray) -> float:
        load(logs)
        return -float(model.loglike())

    start = np.log(START)
    best = minimize(loss, start, method="L-BFGS-B", bounds=[(s - 4, s + 3) for s in start], options={"eps": 1e-4})
    load(best.x)
    result = model.smooth()
    return np.asarray(result.smoothed_state[2:, -1]), np.asarray(result.smoothed_state_cov[2:, 2:, -1])
