"""The tables: where they are, whether they are sound, and what was known of them on a day.

Every table is a resource of ``datapackage.json``; its schema there generates the checks made here. `known` is the only
place where a row is left out because it was published later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from vzmodel.calendar import DateLike, day
from vzmodel.data._cross_checks import cross_checks
from vzmodel.data._prints import digest, latest
from vzmodel.data._store import (
    check,
    data_folder,
    data_hash,
    file_hash,
    own_folder,
    read_printed,
    read_table,
    resources,
    seal,
    strays,
    template,
)
from vzmodel.data._terms import terms

__all__ = [
    "check", "cross_checks", "data_folder", "data_hash", "digest", "file_hash", "history", "known", "latest",
    "load_history", "load_tables", "read_assumptions", "read_printed", "read_table", "resources", "seal", "template",
    "terms",
]  # fmt: skip

FIRST_MONTH = "2002-01-01"
MOST_LEVELS = 256
_LEVELS: dict[tuple[str, ...], pd.DataFrame] = {}


def known(table: pd.DataFrame, as_of: DateLike | None) -> pd.DataFrame:
    """Return the rows published on or before a day; every print of a reading known by then is kept.

    Raises
    ------
    ValueError
        If the table has no ``published`` column, so that nothing tells when its rows were known.

    Examples
    --------
    >>> prints = pd.DataFrame({"value": [840, 885], "published": pd.to_datetime(["2019-04-09", "2026-08-15"])})
    >>> known(prints, "2019-12-31")["value"].tolist()
    [840]
    """
    if as_of is None:
        return table.copy()
    if "published" not in table:
        raise ValueError("the table has no column 'published', so what was known of it on a day cannot be told")
    return table[table["published"] <= day(as_of, "as_of")].reset_index(drop=True)


def load_tables(folder: str | Path | None = None, *, as_of: DateLike | None = None) -> dict[str, pd.DataFrame]:
    """Read every table of observations, checked, as known on a day.

    Parameters
    ----------
    folder : path, optional
        A user's folder; a table in it takes the place of the shipped one of the same name.
    as_of : date, optional
        Leave out the rows published later.

    Returns
    -------
    dict of DataFrame
        By table name; months, dates and ``published`` are datetime64, values in the unit their row states.

    Raises
    ------
    ValueError
        If a table breaks its schema or a file of the folder is no known table.
    """
    listed = resources(folder)
    own = own_folder(folder)
    if own and (unknown := strays(own, listed)):
        raise ValueError(unknown[0])
    names = [n for n, r in listed.items() if "schema" in r and n != "variables" and not n.startswith("assumptions_")]
    until = None if as_of is None else day(as_of, "as_of")
    tables = {name: read_table(name, folder, until) for name in names}
    return {name: known(t, as_of) if "published" in t else t for name, t in tables.items()}


def read_assumptions(block: str, folder: str | Path | None = None) -> pd.DataFrame:
    """Read one block's assumptions, every dated row of them; raises as `read_table` does."""
    return read_table(f"assumptions_{block}", folder)


def load_history(folder: str | Path | None = None, *, as_of: DateLike | None = None) -> pd.DataFrame:
    """Read the past month by month, as known on a day.

    Parameters
    ----------
    folder : path, optional
        A user's folder; a table in it takes the place of the shipped one of the same name.
    as_of : date, optional
        Leave out what was published later.

    Returns
    -------
    DataFrame
        As from `history`.

    Raises
    ------
    ValueError
        If a table breaks its schema, or no production reading was published by `as_of`.
    """
    tables = load_tables(folder, as_of=as_of)
    if tables["production"].empty:
        raise ValueError(f"no production reading was published by {as_of}; take a later day")
    return history(tables)


def history(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Bring the tables known on a day together, month by month.

    Parameters
    ----------
    tables : dict of DataFrame
        As from `load_tables`; production is needed, the others add columns.

    Returns
    -------
    DataFrame
        Index ``month`` from 2002-01. Columns: production and production_se, the consensus of the readings and its
        standard error [kb/d]; production_<series>, the latest known print of each source [kb/d]; brent, wti, merey and
        other prices [USD/bbl]; exports, the latest reported total of crude and fuel [kb/d]; us_imports of crude by EIA
        [kb/d]; migrants, in the months with a dated world figure [million persons].

    Raises
    ------
    ValueError
        If there is no production reading.
    """
    production = tables["production"]
    if production.empty:
        raise ValueError("the production table is empty; give it readings")
    parts: list[pd.DataFrame | pd.Series] = [consensus(production, tables.get("production_annual"))]
    parts.append(_wide(production).add_prefix("production_"))
    columns: dict[str, Callable[[pd.DataFrame], pd.DataFrame | pd.Series]] = {
        "prices": _wide, "exports": _total_exports, "us_trade": _us_imports, "migrants": _world,
    }  # fmt: skip
    parts += [column(tables[name]) for name, column in columns.items() if name in tables]
    joined = pd.concat(parts, axis=1, sort=True).dropna(how="all")
    index = pd.date_range(FIRST_MONTH, joined.index.max(), freq="MS", name="month").astype("datetime64[ns]")
    return joined.reindex(index)


def consensus(production: pd.DataFrame, annual: pd.DataFrame | None) -> pd.DataFrame:
    """Return production and production_se [kb/d] by month, as `history` does; fitted once per content of the tables.

    The copy is the caller's own.
    """
    frames = [frame for frame in (production, annual) if frame is not None]
    key = tuple(map(digest, frames))
    if key not in _LEVELS:
        from vzmodel.measurement import consensus

        level = consensus(production, annual)[["level", "se"]]
        if isinstance(level.index, pd.PeriodIndex):
            level.index = level.index.to_timestamp()
        _LEVELS[key] = level.rename(columns={"level": "production", "se": "production_se"})
        while len(_LEVELS) > MOST_LEVELS:
            del _LEVELS[next(iter(_LEVELS))]
    return _LEVELS[key].copy()


def _monthly(table: pd.DataFrame, name: str) -> pd.Series:
    return latest(table, ["month"]).set_index("month")["value"].sort_index().rename(name)


def _months_of(table: pd.DataFrame) -> pd.DataFrame:
    monthly = table[table["freq"] == "month"]
    return monthly.assign(month=pd.to_datetime(monthly["period"], format="%Y-%m-%d").astype("datetime64[ns]"))


def _wide(table: pd.DataFrame) -> pd.DataFrame:
    wide = latest(table, ["month", "series"]).pivot(index="month", columns="series", values="value")
    return wide.rename_axis(columns=None)


def _total_exports(exports: pd.DataFrame) -> pd.Series:
    total = exports[(exports["series"] == "total") & (exports["definition"] == "crude_and_fuel")]
    return _monthly(_months_of(total), "exports")


def _us_imports(trade: pd.DataFrame) -> pd.Series:
    crude = trade[(trade["series"] == "crude_imports") & trade["source"].str.contains("EIA")]
    return _monthly(_months_of(crude), "us_imports")


def _world(migrants: pd.DataFrame) -> pd.Series:
    world = migrants[migrants["host"] == "WLD"]
    month = world["date"].dt.to_period("M").dt.to_timestamp().astype("datetime64[ns]")
    return _monthly(world.assign(month=month), "migrants") / 1e6
