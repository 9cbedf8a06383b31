"""Latent crude output from readings that disagree."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

BASIS: dict[str, str | None] = {
    "opec_secondary": None, "argus": None, "eia": "eia", "jodi": "government", "opec_direct": "government",
    "pdvsa": "government",
}
"""Offset each source carries against OPEC's secondary sources; JODI prints what the government tells OPEC."""

OFFSETS = ("eia", "government")
PERIOD_SOURCES = ("opec_secondary", "eia", "jodi", "opec_direct")
UNINFORMATIVE = ("flat", "smoothed")
PERSISTENCE = 0.98
"""Monthly persistence [1] of an offset around its long mean: about three years, so offsets move slowly."""
MEAN_OFFSET_SD = 0.10
"""Prior standard deviation [log] of an offset's long mean; holds the level where no secondary source is known."""
FEW_PAIRS = 5
"""Fewer pairs of first and later prints [1] than this say nothing on the mean revision."""
UNPAIRED_SD = 0.015
"""Noise [log] added to a first print whose revisions are unknown."""
PRIOR = {"move": (0.03, 0.5), "eia": (0.02, 0.5), "government": (0.025, 0.5), "secondary": (0.006, 0.25),
         "offset_eia": (0.015, 0.7), "offset_government": (0.02, 0.7)}
"""Prior median [log units] and log standard deviation [1] of each fitted standard deviation."""
MINOR_SD = 0.05
"""Noise [log] of a source read too seldom to have its own."""
MOVE_DEGREES, ROUNDS = 3.0, 6
"""Degrees of freedom [1] of the monthly moves, and rounds [1] of reweighting that find them."""
PERIOD_SD = 0.01
"""Noise [log] of an annual or quarterly mean."""


class Reading(NamedTuple):
    """One row of the observation equation: which states it sees, its values and its noise."""

    design: np.ndarray
    value: np.ndarray
    noise: str
    scale: np.ndarray
    extra: np.ndarray


STATES = ("x", "year", "quarter", "offset_eia", "offset_government", "mean_eia", "mean_government")


def consensus(production: pd.DataFrame, annual: pd.DataFrame | None = None) -> pd.DataFrame:
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

    Returns
    -------
    DataFrame
        Index ``month``; ``level`` [kb/d, median], ``se`` [kb/d] and ``offset_<source>`` [kb/d], what each source
        prints above the level.

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
    rows = _checked(production)
    first, last = rows["month"].min(), rows["month"].max()
    index = pd.date_range(pd.Timestamp(first.year, 1, 1), last, freq="MS", name="month")
    readings = _monthly(rows, index)
    pilot, jumps = _pilot(readings, len(index))
    readings += _periods(rows, annual, index, pilot)
    model = _state_space(readings, index, pilot)
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
    return out.loc[first:]


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

    The standard error adds that of the bridge to that of the consensus, which the bridge cannot reduce.
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
    return pd.DataFrame({"level": level, "se": level * np.sqrt(var + relative**2)}, index=consensus.index)


def _checked(production: pd.DataFrame) -> pd.DataFrame:
    missing = {"month", "series", "print", "value"} - set(production.columns)
    if missing:
        raise ValueError(f"readings of production lack the columns {sorted(missing)}")
    rows = production.assign(month=pd.to_datetime(production["month"]), value=production["value"].astype(float))
    rows["flag"] = rows["flag"].fillna("") if "flag" in rows else ""
    rows["published"] = pd.to_datetime(rows["published"]) if "published" in rows else pd.NaT
    rows = rows[rows["series"].isin(list(BASIS))]
    if not (rows["value"] > 0).all():
        bad = rows[~(rows["value"] > 0)].iloc[0]
        raise ValueError(f"reading of {bad['series']} for {bad['month']:%Y-%m} is {bad['value']} kb/d; it must be > 0")
    if rows[~rows["flag"].isin(UNINFORMATIVE)].empty:
        raise ValueError(f"no monthly reading of production is known from any of {', '.join(BASIS)}")
    return rows


def _revisions(rows: pd.DataFrame) -> tuple[float, float]:
    """Return mean and robust deviation [kb/d] of the next print less the first, or (0, nan) where unknown."""
    ordered = rows.sort_values("published", kind="stable")
    first = ordered[ordered["print"] == "first"].groupby("month")["value"].first()
    later = ordered[ordered["print"] == "revised"].groupby("month")["value"].first()
    difference = (later - first).dropna()
    if len(difference) < FEW_PAIRS:
        return 0.0, np.nan
    spread = 1.4826 * float((difference - difference.median()).abs().median())
    return float(difference.mean()), spread


def _monthly(rows: pd.DataFrame, index: pd.DatetimeIndex) -> list[Reading]:
    """Make one observation row per source: its latest print of each month, a first print raised by its shortfall."""
    readings, seen = [], rows[~rows["flag"].isin(UNINFORMATIVE)]
    government = seen[seen["series"].isin(["jodi", "opec_direct"])]
    # the two print one figure, so a month of both is one reading; JODI's is the later vintage
    merged = government.sort_values(["series", "published"], ascending=[False, True], kind="stable")
    groups = {"secondary": seen[seen["series"] == "opec_secondary"], "eia": seen[seen["series"] == "eia"],
              "government": merged, "argus": seen[seen["series"] == "argus"], "pdvsa": seen[seen["series"] == "pdvsa"]}
    for name, group in groups.items():
        if group.empty:
            continue
        shortfall, sd = _revisions(group) if name in ("secondary", "eia") else (0.0, np.nan)
        if name != "government":
            group = group.assign(late=group["print"] != "first").sort_values(["late", "published"], kind="stable")
        latest = group.groupby("month").last().reindex(index)
        early = (latest["print"] == "first").to_numpy() & (name in ("secondary", "eia"))
        value = latest["value"].to_numpy(float) + np.where(early, shortfall, 0.0)
        extra = np.where(early, UNPAIRED_SD if np.isnan(sd) else sd / value, 0.0)
        scale = latest["flag"].map({"doubtful": 3.0, "preliminary": 1.5}).fillna(1.0).to_numpy(float)
        basis = BASIS[group["series"].iloc[0]]
        noise = name if name in PRIOR else "minor"
        readings.append(Reading(_design("x", basis), np.log(value), noise, scale, extra))
    return readings


def _design(seen: str, basis: str | None) -> np.ndarray:
    names = {seen, f"offset_{basis}", f"mean_{basis}"}
    return np.array([float(s in names) for s in STATES])


def _pilot(readings: list[Reading], months: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a rough log path and, by move, the jump [log] beyond three robust deviations that the sources show; the
    secondary sources, whose basis it is, speak first."""
    values = np.array([r.value for r in readings])
    path = pd.Series(_nanmedian(values)).interpolate(limit_direction="both").to_numpy()
    moves = _nanmedian(np.diff(values, axis=1))
    for r in readings:
        if r.noise == "secondary":
            own = np.diff(r.value)
            moves = np.where(np.isfinite(own), own, moves)
    typical = 1.4826 * np.nanmedian(np.abs(moves)) if np.isfinite(moves).any() else 0.0
    jump = np.maximum(np.nan_to_num(np.abs(moves)) - 3 * max(typical, 0.01), 0.0)
    return path, np.array([jump, 0 * jump, 0 * jump])


def _nanmedian(values: np.ndarray) -> np.ndarray:
    return pd.DataFrame(values).median(axis=0).to_numpy(float)


def _periods(rows: pd.DataFrame, annual: pd.DataFrame | None, index: pd.DatetimeIndex,
             pilot: np.ndarray) -> list[Reading]:
    """Make observation rows of annual and quarterly means, placed at the period's last month."""
    known = annual if annual is None or "published" not in annual else annual.sort_values("published", kind="stable")
    table = [] if known is None else list(known[["period", "series", "value"]].itertuples(index=False, name=None))
    dull = rows[rows["flag"].isin(UNINFORMATIVE)]
    whole = dull.groupby(["series", dull["month"].dt.year])["value"].agg(["size", "mean"])
    table += [(str(y), s, v) for (s, y), (n, v) in zip(whole.index, whole.to_numpy(), strict=True) if n == 12]
    monthly = rows[~rows["flag"].isin(UNINFORMATIVE)]
    found: dict[tuple[str, str | None], np.ndarray] = {}
    for period, series, value in table:
        if series not in PERIOD_SOURCES or not re.fullmatch(r"\d{4}(Q[1-4])?", str(period)):
            continue
        span = pd.Period(str(period), "Q" if "Q" in str(period) else "Y")
        held = (index >= span.start_time) & (index <= span.end_time)
        length = 3 if "Q" in str(period) else 12
        same = [s for s in BASIS if BASIS[s] == BASIS[series] and (BASIS[s] or s == series)]
        printed = monthly[monthly["series"].isin(same) & monthly["month"].between(span.start_time, span.end_time)]
        if held.sum() < length or printed["month"].nunique() == length:
            continue
        # the log of a mean exceeds the mean of the logs when the year is uneven
        uneven = np.log(np.exp(pilot[held]).mean()) - pilot[held].mean()
        key = ("quarter" if length == 3 else "year", BASIS[series])
        column = found.setdefault(key, np.full(len(index), np.nan))
        column[np.flatnonzero(held)[-1]] = np.log(float(value)) - uneven
    blank = np.ones(len(index))
    return [Reading(_design(*key), column, "period", blank, 0 * blank) for key, column in found.items()]


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
    return dict(zip(PRIOR, np.exp(logs), strict=True)) | {"minor": MINOR_SD, "period": PERIOD_SD}


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
    if reading.noise in ("period", "minor"):
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
