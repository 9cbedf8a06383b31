"""What others found, beside what the same question gives here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from vzmodel.calendar import days
from vzmodel.causal import breaks

REASONS = {
    "output_lost": "Ours counts all that happened from August 2017 to the month read, the default, the new management "
    "and the market lost in January 2019 among it; donors and months of output differ from the panel of the paper.",
    "output_level": "Same window and terms. The level depends on whose output is read: a source that spreads the fall "
    "over the autumn of 2017 shows less of a jump. The band holds the jumps the method finds where there was no event.",
    "output_slope": "Same window and terms; sources part by what they say of 2018.",
    "share_of_fall": "A share of one break in all of the fall; the same arithmetic with the level counted is the row "
    "beside it. Attribution parts the break between causes and leaves the trend to itself.",
    "share_of_fall_orinoco": "The paper compares firms of the Orinoco with and without access to credit; ours is a "
    "share of the fall of the whole country, and leaves the trend to itself.",
    "share_with_level": "The published 45 % is the slope alone: 28 months of 20 over 1,240. With its own level of 131 "
    "it is 56 %.",
    "revenue_lost": "Barrels times the price at origin of each month; the paper took one price for the year.",
    "revenue_lost_total": "Gross value of the barrels of every cause since August 2017; the paper counts income of the "
    "state.",
}


class Path(NamedTuple):
    """One estimate by month and draw: the change of output [kb/d] and its worth [USD million]."""

    months: pd.PeriodIndex
    effect: np.ndarray
    dollars: np.ndarray


def compare(
    published: pd.DataFrame, fits: Mapping[str, Mapping[str, Any]], paths: Mapping[str, Path],
    shares: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    """Set published estimates beside ours; a loss is negative.

    Parameters
    ----------
    published : DataFrame
        The table of causal estimates.
    fits : dict of dict
        By source: ``level`` and ``slope``, each (draw,) [kb/d, kb/d per month], and ``fall`` [kb/d].
    paths : dict of Path
        By "method, source".
    shares : dict of ndarray
        By period ``since/to``, the share of sanctions in the fall, (draw,) [1].

    Returns
    -------
    DataFrame
        author, quantity, period, unit, published_low, published_high, ours (how), p10, p50, p90, why.
    """
    rows: list[dict[str, Any]] = []
    for row in published[published["low"].notna()].to_dict("records"):
        quantity = str(row["quantity"])
        if quantity in {"output_level", "output_slope"}:
            rows += _rows(row, {f"level and slope, {s}": f[quantity[7:]] for s, f in fits.items()})
        elif quantity == "share_of_fall" and row["method"] == "discontinuity":
            rows += _rows(row, {f"slope alone, {s}": breaks.SIDE * f["slope"] / f["fall"] for s, f in fits.items()})
            rows += _rows(_with_level(row, published), {
                f"slope and level, {s}": (f["level"] + breaks.SIDE * f["slope"]) / f["fall"] for s, f in fits.items()})
        elif quantity.startswith("share_of_fall"):
            rows += _rows(row, {
                f"attribution {k}": v for k, v in shares.items() if k[-7:] == row["period"][-7:]})
        elif quantity == "output_lost":
            month = pd.Period(row["period"].split("/")[-1], "M")
            lost = {**row, "low": -row["low"], "high": -row["high"]}
            rows += _rows(lost, {k: p.effect[p.months.get_loc(month)] for k, p in paths.items() if month in p.months})
        elif quantity in {"revenue_lost", "revenue_lost_total"} and row["method"] != "claim":
            lost = {**row, "low": -row["low"], "high": -row["high"]}
            rows += _rows(lost, {k: d for k, p in paths.items() if (d := _worth(p, row)) is not None})
    columns = ["author", "quantity", "period", "unit", "published_low", "published_high", "ours", "p10", "p50", "p90",
               "why"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _with_level(row: Mapping[Any, Any], published: pd.DataFrame) -> dict[str, Any]:
    """Return the row of the author's own level and slope over the author's own fall [1]."""
    own = published[published["author"] == row["author"]].set_index("quantity")["low"]
    share = (own["output_level"] + breaks.SIDE * own["output_slope"]) / own["output_change"]
    return {**row, "quantity": "share_with_level", "low": share, "high": share}


def _worth(path: Path, row: Mapping[Any, Any]) -> np.ndarray | None:
    """Return dollars over the period of a published row [USD million], a year's worth where the row is a year's."""
    first, *rest = (pd.Period(t, "Y" if len(t) == 4 else "M") for t in row["period"].split("/"))
    start = max(first.asfreq("M", "s"), path.months[0])
    end = (rest[0] if rest else first).asfreq("M", "e")
    yearly = row["unit"] == "USD million/year"
    if yearly and rest:
        end = min(end, start + 11)
    if end not in path.months or start > end:
        return None
    own = slice(path.months.get_loc(start), path.months.get_loc(end) + 1)
    total = path.dollars[own].sum(0)
    return total * 365 / days(path.months[own]).sum() if yearly else total


def _rows(row: Mapping[Any, Any], found: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    fixed = {k: row[k] for k in ("author", "quantity", "period", "unit")}
    fixed |= {"published_low": float(row["low"]), "published_high": float(row["high"])}
    fixed["why"] = REASONS.get(str(row["quantity"]), REASONS["share_of_fall"])
    bands = {how: np.quantile(values, [0.1, 0.5, 0.9]).tolist() for how, values in found.items()}
    return [{**fixed, "ours": how, "p10": p[0], "p50": p[1], "p90": p[2]} for how, p in bands.items()]
