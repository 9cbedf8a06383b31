"""What people earn where Venezuelans live, year by year."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vzmodel.remittances._migrants import HOSTS, ISO

INCOME_OF = {"rest": "ESP"}
"""Whose income stands for a group of hosts: the rest is mostly Italy, Portugal and Canada."""


def host_income(table: pd.DataFrame, calendar: pd.PeriodIndex, year: int) -> tuple[np.ndarray, np.ndarray]:
    """Return host income relative to a year, and how old the last figure is.

    Parameters
    ----------
    table : DataFrame
        The table host_income, as known on the day; its series gdp_per_person is used [USD].
    calendar : PeriodIndex
    year : int
        Year in which the index is 1.

    Returns
    -------
    tuple of ndarray of shape (month, host)
        Income by calendar year relative to `year` [1], constant before the first and after the last figure known, and
        the years since that last figure [year].
    """
    rows = table[table["series"] == "gdp_per_person"]
    years = pd.to_datetime(rows["year"].astype(str).str[:4], format="%Y").dt.year
    wide = rows.assign(year=years).pivot_table(index="year", columns="host", values="value", aggfunc="last")
    when = calendar.year.to_numpy()
    index, beyond = np.ones((len(when), len(HOSTS))), np.zeros((len(when), len(HOSTS)))
    middle = when + (calendar.month.to_numpy() - 0.5) / 12
    for k, host in enumerate(HOSTS):
        code = INCOME_OF.get(host, ISO[host])
        known = wide[code].dropna() if code in wide else pd.Series(dtype=float)
        if len(known):
            at = known.index.to_numpy(float)
            index[:, k] = np.interp(when, at, known) / np.interp(year, at, known)
            beyond[:, k] = np.maximum(middle - max(at[-1], year) - 0.5, 0)
    return index, beyond
