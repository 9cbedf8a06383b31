"""One number a draw: a variable over a year, or the mean of the years of a run."""

from __future__ import annotations

import xarray as xr

from vzmodel.summary import totals

ADDS_UP = ("sales", "debt_balance", "migrants", "remittances")


def needed(variable: str) -> list[str]:
    """Return the variables to keep so that yearly values of one can be had."""
    from vzmodel.model._dataset import vocabulary

    rule = vocabulary().get(variable, {}).get("by_year")
    return [variable, "sales"] if rule == "sales_weighted" else [variable]


def total(p: xr.Dataset, variable: str, by: str = "year") -> xr.DataArray:
    """Return `totals`, summed over market, creditor or host where that makes sense.

    Raises
    ------
    ValueError
        As `totals`; or if the variable is by market and does not add up over it.
    """
    array = totals(p, variable, by=by)
    for dim in sorted({str(d) for d in array.dims} - {"scenario", by, "draw"}):
        if variable not in ADDS_UP:
            raise ValueError(f"'{variable}' is by {dim}: choose a variable that is not, or that adds up over it")
        array = array.sum(dim).assign_attrs(array.attrs)
    return array


def level(p: xr.Dataset, variable: str, year: int | None = None) -> xr.DataArray:
    """Return a variable in one calendar year, or the mean of the complete ones, dims scenario and draw.

    Raises
    ------
    ValueError
        As `total`; or if the year is not complete in the run.
    """
    array = total(p, variable)
    if year is None:
        return array.mean("year").assign_attrs(array.attrs)
    if year not in array["year"].values:
        raise ValueError(f"{year} is not a complete year of this run: {', '.join(map(str, array['year'].values))}")
    return array.sel(year=year, drop=True).assign_attrs(array.attrs)
