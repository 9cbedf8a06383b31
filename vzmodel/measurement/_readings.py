"""Readings of crude output as rows of an observation equation: latest prints, first prints raised, period means."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

BASIS: dict[str, str | None] = {
    "opec_secondary": None, "argus": None, "eia": "eia", "jodi": "government", "opec_direct": "government",
    "pdvsa": "government",
}
"""Offset each source carries against OPEC's secondary sources; JODI prints what the government tells OPEC."""

PERIOD_SOURCES = ("opec_secondary", "eia", "jodi", "opec_direct")
UNINFORMATIVE = ("flat", "smoothed")
FEW_PAIRS = 5
"""Fewer pairs of first and later prints [1] than this say nothing on the mean revision."""
UNPAIRED_SD = 0.015
"""Noise [log] added to a first print whose revisions are unknown."""


class Reading(NamedTuple):
    """One row of the observation equation: which states it sees, its values and its noise."""

    design: np.ndarray
    value: np.ndarray
    noise: str
    scale: np.ndarray
    extra: np.ndarray


STATES = ("x", "year", "quarter", "offset_eia", "offset_government", "mean_eia", "mean_government")


def checked(production: pd.DataFrame) -> pd.DataFrame:
    missing = {"month", "series", "print", "value"} - set(production.columns)
    if missing:
        raise ValueError(f"readings of production lack the columns {sorted(missing)}")
    rows = production.assign(month=pd.to_datetime(production["month"]), value=production["value"].astype(float))
    rows["flag"] = rows["flag"].fillna("") if "flag" in rows else ""
    rows["published"] = pd.to_datetime(rows["published"]) if "published" in rows else pd.NaT
    rows = rows[rows["series"].isin(list(BASIS))]
    if not (rows["value"] > 0).all():
        bad = rows[~(rows["value"] > 0)].iloc[0]
        raise ValueError(f"reading of {bad['series']} for {bad['month']:%Y-%m} is {bad['value']} kb/d; it must be > 0")
    if rows[~rows["flag"].isin(UNINFORMATIVE)].empty:
        raise ValueError(f"no monthly reading of production is known from any of {', '.join(BASIS)}")
    return rows


def revisions(rows: pd.DataFrame) -> tuple[float, float]:
    """Return mean and robust deviation [kb/d] of the next print less the first, or (0, nan) where unknown."""
    ordered = rows.sort_values("published", kind="stable")
    first = ordered[ordered["print"] == "first"].groupby("month")["value"].first()
    later = ordered[ordered["print"] == "revised"].groupby("month")["value"].first()
    difference = (later - first).dropna()
    if len(difference) < FEW_PAIRS:
        return 0.0, np.nan
    spread = 1.4826 * float((difference - difference.median()).abs().median())
    return float(difference.mean()), spread


def monthly(rows: pd.DataFrame, index: pd.DatetimeIndex) -> list[Reading]:
    """Make one observation row per source: its latest print of each month, a first print raised by its shortfall."""
    readings, seen = [], rows[~rows["flag"].isin(UNINFORMATIVE)]
    government = seen[seen["series"].isin(["jodi", "opec_direct"])]
    # the two print one figure, so a month of both is one reading; JODI's is the later vintage
    merged = government.sort_values(["series", "published"], ascending=[False, True], kind="stable")
    groups = {"secondary": seen[seen["series"] == "opec_secondary"], "eia": seen[seen["series"] == "eia"],
              "government": merged, "argus": seen[seen["series"] == "argus"], "pdvsa": seen[seen["series"] == "pdvsa"]}
    for name, group in groups.items():
        if group.empty:
            continue
        shortfall, sd = revisions(group) if name in ("secondary", "eia") else (0.0, np.nan)
        if name != "government":
            group = group.assign(late=group["print"] != "first").sort_values(["late", "published"], kind="stable")
        latest = group.groupby("month").last().reindex(index)
        early = (latest["print"] == "first").to_numpy() & (name in ("secondary", "eia"))
        value = latest["value"].to_numpy(float) + np.where(early, shortfall, 0.0)
        extra = np.where(early, UNPAIRED_SD if np.isnan(sd) else sd / value, 0.0)
        scale = latest["flag"].map({"doubtful": 3.0, "preliminary": 1.5}).fillna(1.0).to_numpy(float)
        basis = BASIS[group["series"].iloc[0]]
        readings.append(Reading(_design("x", basis), np.log(value), name, scale, extra))
    return readings


def _design(seen: str, basis: str | None) -> np.ndarray:
    names = {seen, f"offset_{basis}", f"mean_{basis}"}
    return np.array([float(s in names) for s in STATES])


def pilot_path(readings: list[Reading], months: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a rough log path and, by move, the jump [log] beyond three robust deviations that the sources show; the
    secondary sources, whose basis it is, speak first."""
    values = np.array([r.value for r in readings])
    path = pd.Series(_nanmedian(values)).interpolate(limit_direction="both").to_numpy()
    moves = _nanmedian(np.diff(values, axis=1))
    for r in readings:
        if r.noise == "secondary":
            own = np.diff(r.value)
            moves = np.where(np.isfinite(own), own, moves)
    typical = 1.4826 * np.nanmedian(np.abs(moves)) if np.isfinite(moves).any() else 0.0
    jump = np.maximum(np.nan_to_num(np.abs(moves)) - 3 * max(typical, 0.01), 0.0)
    return path, np.array([jump, 0 * jump, 0 * jump])


def _nanmedian(values: np.ndarray) -> np.ndarray:
    return pd.DataFrame(values).median(axis=0).to_numpy(float)


def periods(rows: pd.DataFrame, annual: pd.DataFrame | None, index: pd.DatetimeIndex,
             pilot: np.ndarray) -> list[Reading]:
    """Make observation rows of annual and quarterly means, placed at the period's last month."""
    known = annual if annual is None or "published" not in annual else annual.sort_values("published", kind="stable")
    table = [] if known is None else list(known[["period", "series", "value"]].itertuples(index=False, name=None))
    dull = rows[rows["flag"].isin(UNINFORMATIVE)]
    whole = dull.groupby(["series", dull["month"].dt.year])["value"].agg(["size", "mean"])
    table += [(str(y), s, v) for (s, y), (n, v) in zip(whole.index, whole.to_numpy(), strict=True) if n == 12]
    held_by = _printed(rows[~rows["flag"].isin(UNINFORMATIVE)], index)
    found: dict[tuple[str, str | None], np.ndarray] = {}
    for period, series, value in table:
        named = re.fullmatch(r"(\d{4})(?:Q([1-4]))?", str(period))
        if series not in PERIOD_SOURCES or not named:
            continue
        length = 3 if named[2] else 12
        start = 12 * (int(named[1]) - index[0].year) + 3 * (int(named[2] or 1) - 1)
        held = slice(start, start + length)
        if start < 0 or start + length > len(index) or held_by[BASIS[series] or series][held].all():
            continue
        # the log of a mean exceeds the mean of the logs when the year is uneven
        uneven = np.log(np.exp(pilot[held]).mean()) - pilot[held].mean()
        key = ("quarter" if length == 3 else "year", BASIS[series])
        column = found.setdefault(key, np.full(len(index), np.nan))
        column[start + length - 1] = np.log(float(value)) - uneven
    blank = np.ones(len(index))
    return [Reading(_design(*key), column, "period", blank, 0 * blank) for key, column in found.items()]


def _printed(rows: pd.DataFrame, index: pd.DatetimeIndex) -> dict[str, np.ndarray]:
    """Return which months each basis, or each source without an offset, has printed."""
    basis = rows["series"].map(lambda s: BASIS[s] or s)
    return {name: index.isin(rows["month"][basis == name]) for name in {BASIS[s] or s for s in BASIS}}
