"""Where a table departs from its source: each change a row with its reason, refused once the source changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def apply(table: pd.DataFrame, resource: dict, corrections: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the table with the corrections made that name it, and every correction that no longer holds.

    A table keeps what its source prints. A correction names the table, a row by the values of some columns
    (``series=eia; month=2019-01-01``), the column, the value that the source prints and the one used instead. It fails
    where no row or several have that key, where the source's value is another than noted (the source has changed, so
    the reason must be looked at again), and, where it expires with a later print, once one stands in the table.

    Parameters
    ----------
    table : DataFrame
        As read, with the source's values.
    resource : dict
        The table's description.
    corrections : DataFrame
        Rows for any table.

    Returns
    -------
    DataFrame, list of str
        The corrected table, and a line for each fault.
    """
    faults = []
    for row in corrections[corrections["table"] == resource["name"]].to_dict("records"):
        where = f"corrections: {resource['name']}, {row['key']}, {row['column']}"
        columns = [*_pairs(row["key"]), row["column"]]
        if unknown := [c for c in columns if c not in table]:
            faults.append(f"{where}: no column {unknown[0]!r}; the table has {list(table)}")
            continue
        found = _rows(table, row["key"])
        if len(found) != 1:
            faults.append(f"{where}: {len(found)} rows have that key, not one; mend the key or drop the correction")
            continue
        (i,) = found
        printed = as_text(table[row["column"]].iloc[i])
        if printed != row["source_value"]:
            told = f"the source now gives {printed}, the correction was made to {row['source_value']}"
            faults.append(f"{where}: {told}; look at its reason again, or drop it")
            continue
        if row["expires_when"] == "later_print" and (later := _later(table, resource, i)):
            faults.append(f"{where}: a later print of {later} is in the table; drop the correction")
        table = _changed(table, i, row)
    key = resource["schema"].get("primaryKey")
    if key and table.duplicated(key).any():
        faults.append(f"corrections: {resource['name']}: two rows have one key after correction; drop one of them")
    return table, faults


def as_text(value: Any) -> str:
    """Return a cell as a correction writes it: a date as 2019-04-01, a number without needless zeros, nothing as ''."""
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else f"{value:.10g}"
    return "" if value is pd.NaT or value is None else str(value)


def _pairs(key: str) -> dict[str, str]:
    parts = [part.partition("=") for part in key.split(";")]
    return {name.strip(): value.strip() for name, _, value in parts}


def _rows(table: pd.DataFrame, key: str) -> np.ndarray:
    match = np.ones(len(table), dtype=bool)
    for name, value in _pairs(key).items():
        match &= (table[name].map(as_text) == value).to_numpy()
    return np.flatnonzero(match)


def _later(table: pd.DataFrame, resource: dict, i: int) -> str:
    """Return the day of a later print of the same reading, or nothing."""
    key = [c for c in resource["schema"]["primaryKey"] if c not in {"print", "published", "source"}]
    same = (table[key].astype(str) == table[key].iloc[i].astype(str)).all(axis=1)
    later = table.loc[same & (table["published"] > table["published"].iloc[i]), "published"]
    return "" if later.empty else f"{later.max():%Y-%m-%d}"


def _changed(table: pd.DataFrame, i: int, row: dict) -> pd.DataFrame:
    column = table[row["column"]].copy()
    if pd.api.types.is_numeric_dtype(column):
        column.iloc[i] = float(row["our_value"])
    elif pd.api.types.is_datetime64_any_dtype(column):
        column.iloc[i] = pd.Timestamp(row["our_value"])
    else:
        column.iloc[i] = row["our_value"]
    return table.assign(**{row["column"]: column})
