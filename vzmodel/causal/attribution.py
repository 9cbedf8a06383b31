"""The fall in output by cause: sizes of dated causes beside a moving trend, shared out without regard to order."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd

from vzmodel import streams
from vzmodel.shapley import shares_of_product

UNDERLYING = "underlying decline and what no cause covers"
VARIANTS = 6
"""Lengths of build-up tried [1]; each gets its share of the draws."""
STATES = 23.0
"""States of the country [1], the capital district not counted."""
CLOSE = 0.35
"""Correlation [1] of two sizes, in absolute value, from which a pair is called not separable."""

Tables = Mapping[str, pd.DataFrame]


class Sizes(NamedTuple):
    """Log contributions by cause, month and draw, the names and the months; they add up to log output in each draw."""

    causes: list[str]
    months: pd.PeriodIndex
    log: np.ndarray


def register(tables: Tables) -> pd.DataFrame:
    """Return the event register: each part of a cause with the row of the table of events it starts with.

    Parameters
    ----------
    tables : dict of DataFrame
        ``cause_windows`` and ``events``.

    Returns
    -------
    DataFrame
        Columns of ``cause_windows`` [month] and event, the first event of that day, empty for the price and outages.

    Raises
    ------
    ValueError
        If a ramp or pulse starts on a day without an event.
    """
    windows = tables["cause_windows"].copy()
    first = tables["events"].drop_duplicates("date").set_index("date")["event"]
    windows["event"] = windows["event_date"].map(first)
    dated = windows["shape"].isin(["ramp", "pulse"])
    if (lost := windows[dated & windows["event"].isna()]).size:
        row = lost.iloc[0]
        raise ValueError(f"cause '{row['cause']}', part '{row['part']}' starts on {row['event_date']:%Y-%m-%d}, "
                         "a day without a row in events; give it the date of one")
    windows.loc[~dated, "event"] = ""
    return windows


def outage_hours(blackouts: pd.DataFrame, months: pd.PeriodIndex) -> np.ndarray:
    """Return the share of each month's hours that the nation was without power [1], by share of the states.

    Hours and states are the middle of their range; failures with neither hours nor an end are left out, and rationing
    is inside observed output.
    """
    lost = pd.Series(0.0, months)
    national = blackouts[(blackouts["kind"] == "blackout") & (blackouts["scope"] == "national")]
    for row in national.itertuples():
        hours = np.nanmean([row.hours_low, row.hours_high]) if pd.notna(row.hours_low) else np.nan
        states = np.nanmean([row.states_low, row.states_high]) if pd.notna(row.states_low) else np.nan
        month = pd.Period(str(row.start)[:7], "M")
        if np.isfinite(hours) and np.isfinite(states) and month in lost.index:
            lost[month] += hours / (24 * month.days_in_month) * min(states / STATES, 1.0)
    return np.minimum(lost.to_numpy(), 1.0)


def regressors(
    windows: pd.DataFrame, months: pd.PeriodIndex, brent: pd.Series, outages: np.ndarray, build: np.ndarray,
    delay: np.ndarray,
) -> tuple[list[str], np.ndarray]:
    """Return the cause of each regressor and its values [1], shape (month, regressor).

    Parameters
    ----------
    windows : DataFrame
        From `register`.
    months : PeriodIndex
    brent : Series
        Price by month [USD/bbl].
    outages : ndarray
        From `outage_hours` [1].
    build, delay : ndarray
        Months from start to full effect and from event to start, one of each for every row [month].
    """
    names: list[str] = []
    columns: list[np.ndarray] = []
    log_price = np.log(brent)
    for i, row in enumerate(windows.itertuples()):
        since = np.array([(m - pd.Period(row.event_date, "M")).n for m in months], float) - delay[i]
        if row.shape == "ramp":
            new = [np.clip(since / max(build[i], 1.0), 0.0, 1.0)]
        elif row.shape == "pulse":
            new = [(since == k).astype(float) for k in range(int(round(build[i])))]
        elif row.shape == "mean":
            smooth = log_price.rolling(int(round(build[i]))).mean().reindex(months - 1).ffill().set_axis(months)
            new = [(smooth - smooth.mean()).to_numpy()]
        else:
            new = [outages]
        kept = [x for x in new if np.ptp(x) > 0]
        names += [row.cause] * len(kept)
        columns += kept
    return names, np.column_stack(columns)


def simulate(
    level: pd.Series, tables: Tables, brent: pd.Series, *, draws: int, seed: int,
    moved: Callable[[], None] | None = None,
) -> Sizes:
    r"""Draw the log contribution of every cause to output, month by month.

    Parameters
    ----------
    level : Series
        Consensus of output by month [kb/d], monthly PeriodIndex.
    tables : dict of DataFrame
        ``cause_windows``, ``events`` and ``blackouts``.
    brent : Series
        Price by month [USD/bbl], from at least three years before the first month of `level`.
    draws, seed : int
        Draws [1] and seed.
    moved : callable, optional
        Called after each of the six lengths of build-up.

    Returns
    -------
    Sizes
        The trend, which moves in level and slope, and the irregular month are one, called underlying.

    Notes
    -----
    .. math:: \log y_t = \mu_t + \sum_k \beta_k x_{kt} + e_t, \quad \mu_{t+1} = \mu_t + \nu_t + \xi_t, \quad
              \nu_{t+1} = \nu_t + \zeta_t

    Variances by maximum likelihood; states, coefficients among them, by the simulation smoother of Durbin and Koopman
    (2002) with diffuse starts. Build-up and delay are uniform between their bounds, six values by quantile.
    """
    windows = register(tables)
    months = pd.PeriodIndex(level.index)
    outages = outage_hours(tables["blackouts"], months)
    u = streams.uniform(seed, "cause_windows", (2 * len(windows),), draws=VARIANTS)
    grid = (np.argsort(np.argsort(u, axis=1), axis=1) + 0.5) / VARIANTS
    low, high = windows["build_low"].to_numpy(float), windows["build_high"].to_numpy(float)
    early, late = windows["delay_low"].to_numpy(float), windows["delay_high"].to_numpy(float)
    causes = [*dict.fromkeys(windows["cause"])]
    parts, start = [], None
    for v in range(VARIANTS):
        share = draws // VARIANTS + (v < draws % VARIANTS)
        build = low + grid[: len(windows), v] * (high - low)
        delay = np.round(early + grid[len(windows) :, v] * (late - early))
        names, x = regressors(windows, months, brent, outages, build, delay)
        beta, start = _coefficients(np.log(level.to_numpy(float)), x, share, seed + v, start)
        named = np.stack([np.einsum("tk,kd->td", x[:, own], beta[own]) for own in
                          ([i for i, n in enumerate(names) if n == c] for c in causes)])  # fmt: skip
        rest = np.log(level.to_numpy(float))[:, None] - named.sum(0)
        parts.append(np.concatenate([rest[None], named]))
        if moved:
            moved()
    return Sizes([UNDERLYING, *causes], months, np.concatenate(parts, axis=2))


def _coefficients(
    y: np.ndarray, x: np.ndarray, draws: int, seed: int, start: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return draws of the coefficients [log], shape (regressor, draw), and the fitted variances to start from."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    model = UnobservedComponents(100 * y, "lltrend", exog=x, mle_regression=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = model.fit(disp=False, maxiter=60, start_params=start)
    last = np.asarray(fitted.smoothed_state)[2:, -1] / 100
    cov = np.asarray(fitted.smoothed_state_cov)[2:, 2:, -1] / 1e4
    value, vector = np.linalg.eigh(cov)
    z = streams.normal(seed, "cause_sizes", (len(last),), draws=draws)
    root = vector * np.sqrt(np.maximum(value, 0.0))
    return last[:, None] + np.einsum("jk,kd->jd", root, z), np.asarray(fitted.params)


def shares(sizes: Sizes, since: pd.Period, to: pd.Period) -> tuple[float, np.ndarray]:
    """Return the change of output between two months [kb/d] and each cause's share, shape (cause, draw) [kb/d].

    Raises
    ------
    ValueError
        If a month lies outside the record.
    """
    for month in (since, to):
        if month not in sizes.months:
            raise ValueError(f"no consensus of output for {month}; it runs from {sizes.months[0]} to "
                             f"{sizes.months[-1]}")
    a, b = sizes.months.get_loc(since), sizes.months.get_loc(to)
    level = np.exp(sizes.log[:, [a, b], 0].sum(0))
    return float(level[1] - level[0]), shares_of_product(sizes.log[:, b] - sizes.log[:, a], float(level[0]))


def inseparable(causes: list[str], share: np.ndarray) -> list[tuple[str, str, float]]:
    """Return the pairs of causes whose shares rise and fall against each other over draws, with the correlation [1]."""
    moved = [i for i in range(len(causes)) if share[i].std() > 0.5]
    found = [(causes[i], causes[j], float(np.corrcoef(share[i], share[j])[0, 1])) for i, j in combinations(moved, 2)]
    return sorted((f for f in found if f[2] < -CLOSE), key=lambda f: f[2])
