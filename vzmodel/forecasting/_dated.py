"""Dated events in a monthly series: how they act, what they did to its past, and what they do to its futures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vzmodel import streams

SHAPES = ("pulse", "step", "ramp", "fade")
PRIOR_SD = 1.0
"""Prior standard deviation [log] of an effect: wide, for effects beyond a factor of three are not expected."""
START = (0.03, 0.003, 0.005)
"""Standard deviations [log] of level, slope and reading from which the search starts."""
COLUMNS = ("name", "shape", "start")


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
    if end is None or pd.isna(end):  # type: ignore[call-overload]
        raise ValueError(f"{kind} from {start} has no end; give its last month, or make it a step, which stays")
    length = (pd.Period(end, "M") - pd.Period(start, "M")).n + 1
    if length < 1:
        raise ValueError(f"{kind} from {start} ends before it starts, {end}")
    if kind == "ramp":
        return np.clip((since + 1) / length, 0.0, 1.0)
    inside = (since >= 0) & (since < length)
    return inside * (1.0 if kind == "pulse" else 1 - since / length)


def joint(y: pd.Series, used: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the effects of events on a log series and their covariance, estimated together (see `interventions`).

    Parameters
    ----------
    y : Series
        Logs by month, PeriodIndex; months may be missing.
    used : DataFrame
        Events inside the series, from `inside`.

    Returns
    -------
    tuple of ndarray
        Effects [log] and their covariance.
    """
    months = pd.PeriodIndex(y.index)
    return _fit(y.to_numpy(float), _acting(months, used))


def _acting(months: pd.PeriodIndex, events: pd.DataFrame) -> np.ndarray:
    """Return how each event acts by month, (month, event) [1 of its full effect]."""
    ends = events["end"] if "end" in events else pd.Series(None, index=events.index, dtype=object)
    rows = zip(events["shape"], events["start"], ends, strict=True)
    return np.array([shape(months, kind, start, end) for kind, start, end in rows]).reshape(-1, len(months)).T


def inside(interventions: pd.DataFrame, months: pd.PeriodIndex) -> pd.DataFrame:
    """Return the events that start within the months but not with the first, or say that none does."""
    start = pd.PeriodIndex(interventions["start"], freq="M")
    used = interventions[(start > months[0]) & (start <= months[-1])].reset_index(drop=True)
    if used.empty:
        raise ValueError(f"no intervention starts between {months[0]} and {months[-1]}; give some that do")
    kept = [c for c in ("name", "group", "shape", "start", "end") if c in used]
    return used[kept]


def parted(known: pd.Series, events: pd.DataFrame, months: int, draws: int, seed: int) -> tuple[pd.Series, np.ndarray]:
    r"""Take dated events out of a series, and return what they add to each of its futures.

    Parameters
    ----------
    known : Series
        Positive values by month, PeriodIndex [any unit].
    events : DataFrame
        ``name``, ``shape``, ``start``, ``end``; optionally ``effect`` and ``se`` [log]. Those that started within the
        series and have no effect are estimated from it; those to come need one.
    months, draws, seed : int
        Months ahead, draws and seed [1].

    Returns
    -------
    tuple of Series and ndarray
        The series as it would have been without them [its unit], and what they add, (month, draw) [log].

    Raises
    ------
    ValueError
        If a column is missing, a name comes twice, or an effect is missing or not finite.

    Notes
    -----
    With `x` how an event acts, of which `x_T` in the last month, and `\beta` its drawn effect, a future gains

    .. math:: x_{T+h} \beta - x_T (\beta - \bar{\beta})

    for the level of today is known, however much of it an event explains.
    """
    events = _checked(events, pd.PeriodIndex(known.index))
    index = pd.PeriodIndex(known.index)
    mean, error = events["effect"].to_numpy(float, copy=True), np.diag(events["se"].to_numpy(float) ** 2)
    before = _acting(index, events)
    asked = np.isnan(mean)
    logs = np.log(known) - before[:, ~asked] @ mean[~asked]
    if asked.any():
        mean[asked], error[np.ix_(asked, asked)] = joint(logs, events[asked])
    clean = np.exp(np.log(known) - before @ mean)
    ahead = _acting(pd.period_range(index[-1] + 1, periods=months, freq="M"), events)
    z = streams.normal(seed, "forecast.interventions", (len(events),), 0, draws)
    values, vectors = np.linalg.eigh(error)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    added = np.repeat((ahead @ mean)[:, None], draws, axis=1)
    for row, change in zip(added, (ahead - before[-1]) @ root, strict=True):
        for size, one in zip(change, z, strict=True):
            row += size * one
    return clean, added


def _checked(events: pd.DataFrame, months: pd.PeriodIndex) -> pd.DataFrame:
    """Return the events after the first month, with effect and se [log, empty where it is to be estimated]."""
    lacking = [c for c in COLUMNS if c not in events]
    if lacking:
        raise ValueError(f"interventions have no column '{lacking[0]}'; give name, shape ({', '.join(SHAPES)}), start, "
                         "end and, for those to come, effect [log]")
    if events["name"].duplicated().any():
        raise ValueError(f"intervention '{events.loc[events['name'].duplicated(), 'name'].iloc[0]}' comes twice")
    start = pd.PeriodIndex(events["start"], freq="M")
    kept = events[start > months[0]].reset_index(drop=True)
    start = start[start > months[0]]
    blank = pd.Series(np.nan, index=kept.index)
    effect = pd.to_numeric(kept.get("effect", blank)).astype(float)
    error = pd.to_numeric(kept.get("se", blank)).astype(float).fillna(0.0)
    for name, day, size, se in zip(kept["name"], start, effect, error, strict=True):
        if np.isnan(size) and day > months[-1]:
            raise ValueError(f"intervention '{name}' starts {day}, after the last value of {months[-1]}: give its "
                             "effect [log; -0.2 is -18 %]")
        if np.isinf(size) or not 0 <= se < np.inf:
            raise ValueError(f"intervention '{name}' has effect {size:g} with se {se:g}; both must be finite, se >= 0")
    return kept.assign(effect=effect, se=error)


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
