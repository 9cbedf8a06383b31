"""What other producers did meanwhile: synthetic control, its placebos, and how far the choices matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from vzmodel.calendar import DateLike, month

TREATED = "VEN"
STARTS = ("2003-07", "2006-01", "2009-01", "2012-01")
"""First months of the fit: after the strike of 2002-03, and later ones."""
SMALL = 100.0
"""Producers below this mean output [kb/d] are left out of one pool: their months move by single fields."""
POOLS: dict[str, tuple[str, ...]] = {
    "every producer": (),
    "without members of the cuts from 2017": ("SAU", "NGA", "RUS", "MEX", "AZE"),
    "without shale": ("USA", "CAN"),
    "without small producers": ("small",),
}
PENALTIES = (0.001, 0.01, 0.1, 1.0)
"""Penalties tried [1]; donors choose, by how well each is predicted after the date."""
FEWEST = 5
"""Fewest donors [1]."""


class Fit(NamedTuple):
    """One synthetic control: weights by country [1], log gap by month, and its size before the date [log]."""

    weights: pd.Series
    gap: pd.Series
    rmspe: float


def panel(producers: pd.DataFrame) -> pd.DataFrame:
    """Return output by month and country [kb/d] over the months every country reports.

    Parameters
    ----------
    producers : DataFrame
        Columns month, country, value [kb/d].

    Raises
    ------
    ValueError
        If no month has every country.

    Examples
    --------
    >>> table = pd.DataFrame({"month": pd.to_datetime(["2002-01-01"] * 2), "country": ["NOR", "VEN"],
    ...                       "value": [3000.0, 3300.0]})
    >>> panel(table).loc["2002-01"].to_dict()
    {'NOR': 3000.0, 'VEN': 3300.0}
    """
    wide = producers.pivot_table(index="month", columns="country", values="value")
    wide = wide.where(wide > 0).dropna(how="any")
    if wide.empty:
        raise ValueError("no month has output of every producer; leave out the countries with gaps")
    wide.index = pd.DatetimeIndex(wide.index).to_period("M")
    return wide.rename_axis(columns=None)


def donors_of(wide: pd.DataFrame, pool: str) -> pd.DataFrame:
    """Return the producers of one of `POOLS`, Venezuela never among them."""
    without = set(POOLS[pool]) | {TREATED}
    if "small" in without:
        without |= set(wide.columns[wide.mean() < SMALL])
    return wide[[c for c in wide.columns if c not in without]]


def _simplex(x: np.ndarray, y: np.ndarray, penalty: float) -> np.ndarray:
    """Return weights that are no less than nought, add up to one and bring `x @ w` nearest to `y`."""
    near = x.T @ x + 1e-9 * np.trace(x.T @ x) / x.shape[1] * np.eye(x.shape[1])
    apart = np.square(x - y[:, None]).sum(0)
    root = np.linalg.cholesky(near).T
    goal = np.linalg.solve(root.T, x.T @ y - penalty / 2 * apart)
    heavy = 1e3 * max(np.abs(root).max(), np.abs(goal).max())
    weight, _ = nnls(np.vstack([root, np.full(x.shape[1], heavy)]), np.append(goal, heavy), maxiter=50 * x.shape[1])
    return weight / weight.sum()


def fit(treated: pd.Series, donors: pd.DataFrame, start: DateLike, at: pd.Period, penalty: float = 0.0) -> Fit:
    r"""Fit a synthetic control in logs about each producer's mean before the date.

    Parameters
    ----------
    treated : Series
        Output by month [kb/d].
    donors : DataFrame
        Output by month and country [kb/d].
    start : date
        First month of the fit.
    at : Period
        First month after the event; the fit ends the month before.
    penalty : float
        Penalty on donors unlike the treated one [1]; nought is the classic.

    Raises
    ------
    ValueError
        If fewer than five donors or no month before the date are left.

    Notes
    -----
    Months are scaled by their spread over producers, as pysyncon does. With `x` the scaled logs:

    .. math:: \min_{w \ge 0, \sum w = 1} \|x_1 - X w\|^2 + \lambda \sum_j w_j \|x_1 - x_j\|^2

    References
    ----------
    Abadie, Diamond and Hainmueller (2010); Abadie and L'Hour (2021); demeaned after Ferman and Pinto (2021).

    Examples
    --------
    >>> months = pd.period_range("2010-01", periods=30, freq="M")
    >>> some = pd.DataFrame({c: 100 + k * np.arange(30.0) for k, c in enumerate("abcdef")}, index=months)
    >>> fit(some["f"], some, "2010-01", months[20]).weights.idxmax()
    'f'
    """
    first, last = month(start), at - 1
    both = donors.join(treated.rename(TREATED), how="inner").dropna()
    before = both.loc[first:last]
    if donors.shape[1] < FEWEST or len(before) < 12:
        raise ValueError(f"a synthetic control at {at} has {donors.shape[1]} donors and {len(before)} months before; "
                         f"it needs at least {FEWEST} and 12")
    logs = np.log(both) - np.log(before).mean()
    scaled = logs.loc[first:last].to_numpy()
    scaled = scaled / np.maximum(scaled.std(axis=1, ddof=1, keepdims=True), 1e-6)
    weight = _simplex(scaled[:, :-1], scaled[:, -1], penalty)
    gap = logs[TREATED] - logs[donors.columns].to_numpy() @ weight
    size = float(np.sqrt(np.mean(np.square(gap.loc[first:last]))))
    return Fit(pd.Series(weight, donors.columns), gap, size)


def penalty_of(donors: pd.DataFrame, start: DateLike, at: pd.Period, last: pd.Period) -> float:
    """Return the penalty [1] that best predicts each donor after the date from the others."""
    def missed(penalty: float) -> float:
        found = [fit(donors[c], donors.drop(columns=c), start, at, penalty) for c in donors]
        return float(np.mean([np.median(np.square(f.gap.loc[at:last])) for f in found]))

    return min(PENALTIES, key=missed)


def space_placebos(donors: pd.DataFrame, start: DateLike, at: pd.Period, penalty: float = 0.0) -> dict[str, Fit]:
    """Return for each donor its synthetic control from the other donors, as if the event had been its own."""
    return {c: fit(donors[c], donors.drop(columns=c), start, at, penalty) for c in donors}


def without_each(
    treated: pd.Series, donors: pd.DataFrame, start: DateLike, at: pd.Period, whole: Fit, penalty: float = 0.0
) -> dict[str, Fit]:
    """Return the fits that leave out, one at a time, each donor with a weight above 1 %."""
    names = whole.weights.index[whole.weights > 0.01]
    return {c: fit(treated, donors.drop(columns=c), start, at, penalty) for c in names if donors.shape[1] > FEWEST}


def spread(
    treated: pd.Series, wide: pd.DataFrame, at: pd.Period, penalties: Mapping[str, float],
    moved: Callable[[], None] | None = None,
) -> dict[tuple[str, str, str], Fit]:
    """Return the fit of each (method, donor pool, first month); pools left with too few donors are skipped."""
    found = {}
    for pool in POOLS:
        donors = donors_of(wide, pool)
        for start in STARTS:
            for name, penalty in penalties.items():
                if donors.shape[1] >= FEWEST and treated.loc[month(start) : at - 1].notna().sum() >= 24:
                    found[name, pool, start] = fit(treated, donors, start, at, penalty)
        if moved:
            moved()
    return found


def errors(placebos: Iterable[tuple[Fit, pd.Period]], count: int) -> np.ndarray:
    """Return the log gaps of placebos over the months from their date, in units of their gap before it [1].

    Parameters
    ----------
    placebos : iterable of (Fit, Period)
        Each with the first month after its date.
    count : int
        Months wanted [1].

    Returns
    -------
    ndarray of shape (month, placebo)
    """
    found = [f.gap.reindex(pd.period_range(at, periods=count, freq="M")).to_numpy() / f.rmspe for f, at in placebos]
    return np.column_stack(found) if found else np.zeros((count, 0))


def simulate(
    fits: list[Fit], wrong: list[np.ndarray], months: pd.PeriodIndex, choice: np.ndarray, other: np.ndarray
) -> np.ndarray:
    """Draw log effects: a draw takes one of the fits and the error a placebo showed, in units of its fit before.

    Parameters
    ----------
    fits : list of Fit
        Specifications, each as likely.
    wrong : list of ndarray
        From `errors`, such as those of countries and those of dates; each group as likely, and each placebo in it.
    months : PeriodIndex
    choice, other : ndarray
        Uniforms [1], shape (draw,), which pick the fit and the placebo.

    Returns
    -------
    ndarray of shape (month, draw)
        Log of output over what it would have been.
    """
    gaps = np.column_stack([f.gap.reindex(months).to_numpy() for f in fits])
    size = np.array([f.rmspe for f in fits])
    one = np.minimum((choice * len(fits)).astype(int), len(fits) - 1)
    groups = [g for g in wrong if g.shape[1]]
    out = gaps[:, one].copy()
    for k, group in enumerate(groups):
        place = other * len(groups) - k
        mine = (place >= 0) & (place < 1)
        two = np.minimum((place[mine] * group.shape[1]).astype(int), group.shape[1] - 1)
        out[:, mine] -= group[:, two] * size[one[mine]]
    return out


def rank(own: Fit, placebos: Mapping[Any, Fit], months: pd.PeriodIndex) -> float:
    """Return the share of producers [1], the treated one counted, whose mean fall over the months is as large.

    Each is taken in units of its own gap before the date.
    """
    mine = own.gap.reindex(months).mean() / own.rmspe
    theirs = np.array([f.gap.reindex(months).mean() / f.rmspe for f in placebos.values()])
    return float((1 + (theirs <= mine).sum()) / (1 + len(theirs)))


def augmented(treated: pd.Series, donors: pd.DataFrame, start: DateLike, at: pd.Period) -> Fit:
    """Fit the augmented synthetic control on quarters, by pysyncon; its gap is given for the months.

    References
    ----------
    Ben-Michael, Feller and Rothstein (2021). The ridge term is chosen by leaving out one quarter at a time.
    """
    from pysyncon import AugSynth, Dataprep

    both = donors.join(treated.rename(TREATED), how="inner").dropna().loc[month(start) :]
    logs = np.log(both) - np.log(both.loc[: at - 1]).mean()
    number = np.array([(m - at).n // 3 for m in logs.index])
    long = logs.groupby(number).mean().rename_axis("quarter").reset_index().melt(
        "quarter", var_name="country", value_name="log")
    early = sorted({int(q) for q in number if q < 0})
    prep = Dataprep(
        foo=long, predictors=[], predictors_op="mean", dependent="log", unit_variable="country",
        time_variable="quarter", treatment_identifier=TREATED, controls_identifier=list(donors.columns),
        time_predictors_prior=early, time_optimize_ssr=early,
    )  # fmt: skip
    model = AugSynth()
    before = logs.groupby(number).mean().loc[early]
    model.fit(prep, lambda_=_ridge(before), use_covariates=False)
    gap = logs[TREATED] - logs[donors.columns].to_numpy() @ np.asarray(model.W)
    size = float(np.sqrt(np.mean(np.square(gap.loc[: at - 1]))))
    return Fit(pd.Series(np.asarray(model.W), donors.columns), gap, size)


def _ridge(before: pd.DataFrame) -> float:
    """Return the ridge term [log squared] that best predicts each left-out row from the others."""
    centred = before.sub(before.drop(columns=TREATED).mean(axis=1), axis=0)
    x, y = centred.drop(columns=TREATED).to_numpy(), centred[TREATED].to_numpy()
    largest = np.linalg.svd(x, compute_uv=False)[0] ** 2
    tried = largest * 10.0 ** np.arange(0.0, -8.5, -0.5)
    missed = np.zeros(len(tried))
    for row in range(len(y)):
        kept = np.arange(len(y)) != row
        weight = _simplex(x[kept], y[kept], 0.0)
        left, near = y[kept] - x[kept] @ weight, x[kept] @ x[kept].T
        for k, ridge in enumerate(tried):
            more = left @ np.linalg.solve(near + ridge * np.eye(len(near)), x[kept])
            missed[k] += (y[row] - x[row] @ (weight + more)) ** 2
    return float(tried[missed.argmin()])
