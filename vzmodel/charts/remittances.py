"""Charts of money sent home: the run by year beside the rival estimates, each under its author."""

from __future__ import annotations

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from . import scenarios


def rivals_table(table: pd.DataFrame, as_of: str | pd.Timestamp | None = None) -> pd.DataFrame:
    """Return one latest estimate of the yearly total per author and year, forecasts and partial ones left out.

    Parameters
    ----------
    table : DataFrame
        The table remittances: year, author, concept, low, high [USD million], kind, published.
    as_of : date, optional
        Leave out what was published later.

    Returns
    -------
    DataFrame
        Columns year, author, low, high, middle [USD million], published.
    """
    rows = table[(table["concept"] == "total") & (table["kind"] == "outcome")].copy()
    rows["published"] = pd.to_datetime(rows["published"])
    if as_of is not None:
        rows = rows[rows["published"] <= pd.Timestamp(as_of)]
    rows["year"] = pd.to_datetime(rows["year"].astype(str).str[:4]).dt.year
    rows = rows.sort_values("published").groupby(["author", "year"], as_index=False).last()
    rows["low"], rows["high"] = rows["low"].fillna(rows["high"]), rows["high"].fillna(rows["low"])
    rows["middle"] = (rows["low"] + rows["high"]) / 2
    return rows[["year", "author", "low", "high", "middle", "published"]].sort_values(["year", "middle"])


def totals(p: xr.Dataset, scenario: str, rivals: pd.DataFrame | None = None, ax: Axes | None = None, *,
           past: xr.Dataset | None = None) -> Axes:
    """Draw remittances by year: bands of the run, dots of the rival estimates by author.

    Parameters
    ----------
    p : xarray.Dataset
    scenario : str
    rivals : DataFrame, optional
        The table remittances, or what `rivals_table` returns.
    ax : Axes, optional
    past : xarray.Dataset, optional
        A run over earlier years, such as `hindcast`'s; its first scenario is drawn in grey.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the run has no such scenario or no complete calendar year.
    """
    rows = rivals if rivals is None or "middle" in rivals else rivals_table(rivals)
    return scenarios.by_year(p, "remittances", scenario, rows, ax, past=past,
                             title="Money sent home a year, and what others estimate",
                             note="all channels; stocks abroad, share who send, amounts and a common level error")
