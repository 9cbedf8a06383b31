"""A run in the formats others read: netCDF, zarr, tidy CSV, Excel and the long table of integrated assessment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import xarray as xr

from .summary import QUANTILES, quantiles, to_iamc

KINDS = {".nc": "netCDF", ".zarr": "zarr", ".csv": "tidy CSV", ".xlsx": "Excel", ".iamc.csv": "IAMC"}
NEEDS = {".nc": [("netCDF4", "scale")], ".zarr": [("zarr", "scale")], ".xlsx": [("openpyxl", "report")]}
"""Packages a format needs, and the extra that brings each."""


def tidy(p: xr.Dataset, *, by: str = "year", q: Sequence[float] = QUANTILES) -> pd.DataFrame:
    """Return quantiles of every variable of a run, one number a row.

    Parameters
    ----------
    p : Dataset
        From `project` or `hindcast`.
    by : {"year", "month"}
    q : sequence of float
        Quantile levels [1].

    Returns
    -------
    DataFrame
        Columns scenario, year | month, variable, part (market, host or creditor, or empty), unit, quantile [1], value.

    Raises
    ------
    ValueError
        As `quantiles`.
    """
    tables = []
    for name in map(str, p.data_vars):
        frame = quantiles(p, name, by=by, q=q)
        long = pd.DataFrame({"value": frame.stack()}).reset_index()
        parts = [c for c in long.columns if c not in ("scenario", "year", "month", "quantile", "value")]
        part = long[parts[0]].astype(str) if parts else ""
        tables.append(long.assign(variable=name, part=part, unit=frame.attrs.get("units", "")))
    whole = pd.concat(tables, ignore_index=True)
    return whole[["scenario", by, "variable", "part", "unit", "quantile", "value"]]


def check(path: str | Path) -> Path:
    """Return a path that `write` can write, known before a run is paid for.

    Raises
    ------
    ValueError
        If the end of the name is no format.
    FileExistsError
        If a zarr store of that name exists.
    FileNotFoundError
        If the folder does not exist.
    ModuleNotFoundError
        If the format needs a package that is not installed.

    Examples
    --------
    >>> check("run.csv").name
    'run.csv'
    """
    path = Path(path)
    if path.suffix not in KINDS:
        raise ValueError(f"{path.name}: the end of the name must be one of {', '.join(KINDS)}")
    if path.suffix == ".zarr" and path.exists():
        raise FileExistsError(f"{path} exists; choose another name or remove it")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"folder {path.parent} does not exist; make it first")
    for name, extra in NEEDS.get(path.suffix, ()):
        if find_spec(name) is None:
            raise ModuleNotFoundError(f"{path.suffix} needs {name}: pip install 'vzmodel[{extra}]'")
    return path


def write(p: xr.Dataset, path: str | Path, *, by: str = "year", q: Sequence[float] = QUANTILES) -> Path:
    """Write a run; the end of the name says how.

    ``.nc`` and ``.zarr`` hold every draw; ``.csv`` and ``.xlsx`` quantiles, tidy; ``.iamc.csv`` the table pyam reads.

    Parameters
    ----------
    p : Dataset
        From `project` or `hindcast`.
    path : str or Path
    by, q
        As in `tidy`, for the tables.

    Returns
    -------
    Path
        The file or folder written.

    Raises
    ------
    ValueError
        As `check` and `quantiles`; other errors as `check`.
    """
    path = check(path)
    if path.name.endswith(".iamc.csv"):
        to_iamc(p, path, by=by, q=q)
    elif path.suffix == ".nc":
        p.to_netcdf(path)
    elif path.suffix == ".zarr":
        labels = {str(d): p[d].astype(object) for d in p.dims if d in p.coords and p[d].dtype.kind == "U"}
        p.assign_coords(labels).to_zarr(path, consolidated=False)
    elif path.suffix == ".csv":
        tidy(p, by=by, q=q).to_csv(path, index=False, lineterminator="\n")
    else:
        _excel(p, path, by, q)
    return path


def _excel(p: xr.Dataset, path: Path, by: str, q: Sequence[float]) -> None:
    table = tidy(p, by=by, q=q)
    index = ["scenario", by, "part"]
    with pd.ExcelWriter(path, engine="openpyxl") as book:
        run = json.loads(str(p.attrs.get("run", "{}")))
        about = {k: str(v) for k, v in run.items() if k not in ("scenarios", "probabilities")}
        about |= {f"scenario {name}": text for name, text in run.get("scenarios", {}).items()}
        pd.Series(about, name="value", dtype=object).rename_axis("run").to_excel(book, sheet_name="run")
        for name, rows in table.groupby("variable", sort=False):
            wide = rows.pivot(index=index, columns="quantile", values="value").reset_index()
            unit = rows["unit"].iloc[0]
            wide.columns = [f"p{100 * c:g} [{unit}]" if isinstance(c, float) else c for c in wide.columns]
            wide.to_excel(book, sheet_name=str(name)[:31], index=False)
