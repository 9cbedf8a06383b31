"""Latent crude output from readings that disagree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from vzmodel.measurement._readings import BASIS, STATES, Reading, checked, monthly, periods, pilot_path

PERSISTENCE = 0.98
"""Monthly persistence [1] of an offset around its long mean: about three years, so offsets move slowly."""
MEAN_OFFSET_SD = 0.10
"""Prior standard deviation [log] of an offset's long mean; holds the level where no secondary source is known."""
PRIOR = {"move": (0.03, 0.5), "eia": (0.02, 0.5), "government": (0.025, 0.5), "secondary": (0.006, 0.25),
         "offset_eia": (0.015, 0.7), "offset_government": (0.02, 0.7)}
"""Prior median [log units] and log standard deviation [1] of each fitted standard deviation."""
MINOR_SD = {"argus": 0.05, "pdvsa": 0.12}
"""Noise [log] of sources read too seldom to fit it: the rms of their 7 and 5 readings over the others' level."""
STILL_HELD = 0.3
"""Standard deviation [1] of the share of a shortfall that turns out to be capacity lost, while it lasts."""
MOVE_DEGREES, ROUNDS = 3.0, 6
"""Degrees of freedom [1] of the monthly moves, and rounds [1] of reweighting that find them."""
PERIOD_SD = 0.01
"""Noise [log] of an annual or quarterly mean."""


def consensus(production: pd.DataFrame, annual: pd.DataFrame | None = None, *,
              fitted: dict[str, float] | None = None) -> pd.DataFrame:
    r"""Estimate monthly crude output on OPEC's secondary-sources basis from all its readings.

    Parameters
    ----------
    production : DataFrame
        Readings, one per row: ``month``, ``series`` (eia, jodi, opec_direct, opec_secondary, argus, pdvsa),
        ``print`` (first, revised, single), ``value`` [kb/d], and optionally ``published`` and ``flag``. Rows flagged
        flat or smoothed carry no month, only their year's mean; doubtful rows get three times the noise.
    annual : DataFrame, optional
        ``period`` (2018 or 2019Q3), ``series`` and ``value`` [kb/d]: means that hold the year or quarter where that
        source has not printed every month of it.
    fitted : dict, optional
        Standard deviations [log] found before, from ``attrs["fitted"]``; without it they are estimated.

    Returns
    -------
    DataFrame
        Index ``month``; ``level`` [kb/d, median], ``se`` [kb/d] and ``offset_<source>`` [kb/d], what each source
        prints above the level; ``attrs["fitted"]`` [log], the standard deviations by name.

    Raises
    ------
    ValueError
        If a column is missing, a value is not positive, or no monthly reading is left.

    Notes
    -----
    With latent log output `x`, offset `o` and mean offset `m` of source `s`, and first-print shortfall `b`:

    .. math:: x_t = x_{t-1} + \eta_t, \quad o_{s,t} = \phi o_{s,t-1} + \zeta_{s,t}, \quad
              \log(y_{s,t} + b_s) = x_t + m_s + o_{s,t} + \varepsilon_{s,t}

    The variances maximise the likelihood times a weak prior (Durbin & Koopman 2012, chapter 7), with the months that
    the sources show as a jump (the strike of 2002-03) given their own. The moves `η` and `ζ` are then Student-t, by
    reweighting, and the noise of each source follows the size of its residuals within a year. The first-print
    shortfall is the mean revision among the pairs in the table, so a table known on a day holds no later knowledge.

    Examples
    --------
    >>> months = pd.date_range("2019-01-01", periods=40, freq="MS")
    >>> readings = pd.DataFrame({"month": months, "series": "opec_secondary", "print": "single", "value": 800.0})
    >>> round(float(consensus(readings)["level"].iloc[-1]))
    800
    """
    rows = checked(production)
    first, last = rows["month"].min(), rows["month"].max()
    index = pd.date_range(pd.Timestamp(first.year, 1, 1), last, freq="MS", name="month")
    readings = monthly(rows, index)
    pilot, jumps = pilot_path(readings, len(index))
    readings += periods(rows, annual, index, pilot)
    model = _state_space(readings, index, pilot)
    if fitted is None:
        fitted = _estimate(model, readings, jumps)
    state, cov = _smooth(model, readings, jumps, fitted)
    readings = [_own_noise(r, state, fitted) for r in readings]
    for _ in range(ROUNDS):
        state, cov = _smooth(model, readings, jumps, fitted)
        jumps = _heavy_tail(state, fitted)
    level = np.exp(state[:, 0])
    out = pd.DataFrame({"level": level, "se": level * np.sqrt(cov[:, 0, 0])}, index=index)
    for source in sorted(rows["series"].unique()):
        basis = BASIS[source]
        shift = 0.0 if basis is None else state[:, STATES.index(f"offset_{basis}")] + state[:, STATES.index(
            f"mean_{basis}")]
        out[f"offset_{source}"] = level * np.expm1(shift)
    out = out.loc[first:]
    out.attrs["fitted"] = {name: float(sd) for name, sd in fitted.items()}
    return out


def capacity(consensus: pd.DataFrame, blocked: Iterable[Any] = ()) -> pd.DataFrame:
    r"""Smooth output across months in which blackouts or full tanks held it down.

    Parameters
    ----------
    consensus : DataFrame
        ``level`` [kb/d] and ``se`` [kb/d] by month, as `consensus` returns.
    blocked : iterable of dates
        Months treated as missing; months outside the index are ignored.

    Returns
    -------
    DataFrame
        ``level`` [kb/d, median] and ``se`` [kb/d] of what could have been produced, same index. A blocked month is
        never put below the output read in it.

    Raises
    ------
    ValueError
        If every month is blocked or fewer than 12 are left.

    Notes
    -----
    A damped local linear trend, so a blocked end continues the trend before it:

    .. math:: k_t = k_{t-1} + b_{t-1} + \eta_t, \quad b_t = 0.9\, b_{t-1} + \zeta_t

    The standard error adds that of the bridge to that of the consensus, which the bridge cannot reduce. In blocked
    months at the end nobody knows yet how much of the shortfall is capacity lost: a standard deviation is 0.3 of it.
    """
    months = pd.DatetimeIndex(consensus.index)
    held = months.to_period("M").isin(pd.PeriodIndex([pd.Period(m, "M") for m in blocked], freq="M"))
    read = np.log(consensus["level"].to_numpy(float))
    free = ~held & np.isfinite(read)
    if free.sum() < 12:
        raise ValueError(f"capacity needs 12 unblocked months with a reading, got {int(free.sum())} of {len(months)}")
    state, var = _bridge(np.where(free, read, np.nan))
    relative = (consensus["se"] / consensus["level"]).where(free).interpolate(limit_direction="both").to_numpy(float)
    level = np.exp(np.where(held, np.fmax(state, read), state))
    ended = np.arange(len(months)) <= np.flatnonzero(free)[-1]
    short = np.where(ended | ~np.isfinite(read), 0.0, np.log(level) - read)
    error = np.sqrt(var + relative**2 + (STILL_HELD * short) ** 2)
    return pd.DataFrame({"level": level, "se": level * error}, index=consensus.index)


def _state_space(readings: list[Reading], index: pd.DatetimeIndex, pilot: np.ndarray) -> Any:
    """Build the filter; ``year`` and ``quarter`` are running means of ``x`` since the period began."""
    from statsmodels.tsa.statespace.kalman_smoother import SMOOTHER_STATE, SMOOTHER_STATE_COV, KalmanSmoother

    count, months = len(STATES), len(index)
    model = KalmanSmoother(k_endog=len(readings), k_states=count, k_posdef=3, loglikelihood_burn=0,
                           smoother_output=SMOOTHER_STATE | SMOOTHER_STATE_COV)
    model.filter_univariate = True
    model.bind(np.array([r.value for r in readings]).T.copy())
    model["design"] = np.array([r.design for r in readings])
    transition, selection = np.zeros((count, count, months)), np.zeros((count, 3, months))
    ahead = np.roll(np.asarray(index.month), -1)
    for row, position in ((0, np.ones(months)), (1, ahead), (2, (ahead - 1) % 3 + 1)):
        transition[row, row] = 1.0 if row == 0 else (position - 1) / position
        if row:
            transition[row, 0] = 1 / position
        selection[row, 0] = 1 / position
    for row, phi in ((3, PERSISTENCE), (4, PERSISTENCE), (5, 1.0), (6, 1.0)):
        transition[row, row] = phi
    selection[3, 1] = selection[4, 2] = 1.0
    model["transition"], model["selection"] = transition, selection
    model.start = pilot[0]
    return model


def _load(model: Any, readings: list[Reading], jumps: np.ndarray, sds: dict[str, float]) -> None:
    months = jumps.shape[1] + 1
    noise = np.zeros((len(readings), len(readings), months))
    for i, r in enumerate(readings):
        noise[i, i] = (sds[r.noise] * r.scale) ** 2 + r.extra**2
    state = np.zeros((3, 3, months))
    for i, name in enumerate(("move", "offset_eia", "offset_government")):
        state[i, i] = sds[name] ** 2
        state[i, i, :-1] += jumps[i] ** 2
    start, spread = np.zeros(len(STATES)), np.zeros((len(STATES), len(STATES)))
    start[:3], spread[:3, :3] = model.start, 0.25
    for i, name in ((3, "offset_eia"), (4, "offset_government")):
        spread[i, i] = sds[name] ** 2 / (1 - PERSISTENCE**2)
    spread[5, 5] = spread[6, 6] = MEAN_OFFSET_SD**2
    model["obs_cov"], model["state_cov"] = noise, state
    model.initialize_known(start, spread)


def _sds(logs: np.ndarray) -> dict[str, float]:
    return dict(zip(PRIOR, np.exp(logs), strict=True)) | MINOR_SD | {"period": PERIOD_SD}


def _estimate(model: Any, readings: list[Reading], jumps: np.ndarray) -> dict[str, float]:
    """Maximise the likelihood times the prior over six standard deviations."""
    from scipy.optimize import minimize

    centre = np.log([median for median, _ in PRIOR.values()])
    width = np.array([sd for _, sd in PRIOR.values()])

    def loss(logs: np.ndarray) -> float:
        _load(model, readings, jumps, _sds(logs))
        return float(0.5 * np.sum(((logs - centre) / width) ** 2) - model.loglike())

    bounds = [(c - 3 * w, c + 3 * w) for c, w in zip(centre, width, strict=True)]
    best = minimize(loss, centre, method="L-BFGS-B", bounds=bounds, options={"maxiter": 30, "ftol": 1e-7, "eps": 1e-4})
    return _sds(best.x)


def _smooth(model: Any, readings: list[Reading], jumps: np.ndarray,
            sds: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
    _load(model, readings, jumps, sds)
    result = model.smooth()
    return np.asarray(result.smoothed_state).T, np.moveaxis(np.asarray(result.smoothed_state_cov), 2, 0)


def _heavy_tail(state: np.ndarray, sds: dict[str, float]) -> np.ndarray:
    """Return what a Student-t adds to the deviation of each move and offset [log], given the path of the last round."""
    out = []
    for name, column in (("move", "x"), ("offset_eia", "offset_eia"), ("offset_government", "offset_government")):
        path, sd = state[:, STATES.index(column)], sds[name]
        step = np.diff(path) if name == "move" else path[1:] - PERSISTENCE * path[:-1]
        variance = (MOVE_DEGREES * sd**2 + step**2) / (MOVE_DEGREES + 1)
        out.append(np.sqrt(np.maximum(variance - sd**2, 0.0)))
    return np.array(out)


def _own_noise(reading: Reading, state: np.ndarray, sds: dict[str, float]) -> Reading:
    """Scale a source's noise by its residuals within a year either side, between half and twice its mean."""
    if reading.noise == "period" or reading.noise in MINOR_SD:
        return reading
    residual = pd.Series((reading.value - state @ reading.design) / reading.scale)
    mean_square = float((residual**2).mean())
    near = (residual**2).rolling(25, center=True, min_periods=6).mean()
    ratio = np.sqrt(near / mean_square).clip(0.5, 2.0).fillna(1.0).to_numpy() if mean_square > 0 else 1.0
    return reading._replace(scale=reading.scale * ratio)


def _bridge(read: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Smooth a damped local linear trend through the finite values of a log series; return its mean and variance."""
    from statsmodels.tsa.statespace.kalman_smoother import KalmanSmoother

    moves = np.diff(read)
    moves = moves[np.isfinite(moves)]
    typical = max(1.4826 * float(np.median(np.abs(moves - np.median(moves)))), 1e-3)
    model = KalmanSmoother(k_endog=1, k_states=2, k_posdef=2)
    model.bind(read[:, None].copy())
    model["design"] = np.array([[1.0, 0.0]])
    model["transition"] = np.array([[1.0, 1.0], [0.0, 0.9]])
    model["selection"] = np.eye(2)
    model["state_cov"] = np.diag([typical**2, (0.15 * typical) ** 2])
    model["obs_cov"] = np.array([[1e-10]])
    model.initialize_known(np.array([read[np.isfinite(read)][0], 0.0]), np.diag([1.0, typical**2]))
    result = model.smooth()
    return np.asarray(result.smoothed_state[0]), np.asarray(result.smoothed_state_cov[0, 0]).clip(0)
