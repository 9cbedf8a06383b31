"""Which of several prints of one reading stands."""

from __future__ import annotations

import hashlib

import pandas as pd

ORDER = {"first": 0, "single": 1, "revised": 2}


def latest(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return for each value of `keys` the row published last; of one day's prints, revised stands above first."""
    rank = table["print"].map(ORDER) if "print" in table else pd.Series(0, index=table.index)
    ordered = table.assign(_rank=rank).sort_values(["published", "_rank"], kind="stable")
    return ordered.drop_duplicates(keys, keep="last").drop(columns="_rank").sort_index().reset_index(drop=True)


def digest(table: pd.DataFrame) -> str:
    """Return a digest of a table's values in their order, its columns and their types; the index is left out.

    Examples
    --------
    >>> one = pd.DataFrame({"value": [700, 736]})
    >>> digest(one) == digest(one.copy()), digest(one) == digest(one[::-1])
    (True, False)
    """
    told = hashlib.sha256(repr([(str(name), str(kind)) for name, kind in table.dtypes.items()]).encode())
    told.update(pd.util.hash_pandas_object(table, index=False).to_numpy().tobytes())
    return told.hexdigest()
