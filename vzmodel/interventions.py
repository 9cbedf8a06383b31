"""Strike, sanctions, blackouts, licences and blockade in one model of output, so that what overlaps shows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from vzmodel.assumptions._sampling import TENTH
from vzmodel.forecasting._dated import inside, joint
from vzmodel.forecasting._dated import shape as shape


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
    used = inside(interventions, y.index)
    mean, cov = joint(y, used)
    sd = np.sqrt(np.diag(cov))
    table = used.assign(effect=mean, se=sd, change_pct=100 * np.expm1(mean),
                        change_pct_low=100 * np.expm1(mean - TENTH * sd),
                        change_pct_high=100 * np.expm1(mean + TENTH * sd)).set_index("name")
    names = list(table.index)
    return Effects(table, pd.DataFrame(cov / np.outer(sd, sd), index=names, columns=names))


def _logs(series: pd.Series) -> pd.Series:
    clean = series.loc[series.first_valid_index() : series.last_valid_index()]
    if clean.count() < 36 or not (clean.dropna() > 0).all():
        raise ValueError(f"output needs 36 months above 0 kb/d; it has {clean.count()}, lowest {clean.min():g}")
    index = clean.index if isinstance(clean.index, pd.PeriodIndex) else pd.DatetimeIndex(clean.index).to_period("M")
    return np.log(clean.set_axis(index).asfreq("M"))
