"""Charts of grid failures: the strip of dated events and the output deferred."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from . import fans, style

SCOPES = {"national": (style.VERMILION, 2.0), "regional": (style.BLUE, 1.0), "local": (style.GREY, 0.0)}
KINDS = ("blackout", "fluctuation", "refinery", "damage")


def strip_table(blackouts: pd.DataFrame) -> pd.DataFrame:
    """Return the dated failures a strip shows: event, name, kind, scope, start, hours (middle of the range) [hour]."""
    rows = blackouts[blackouts["kind"].isin(KINDS)].copy()
    rows["start"] = pd.to_datetime(rows["start"], format="ISO8601")
    rows["hours"] = rows[["hours_low", "hours_high"]].astype(float).mean(axis=1)
    keep = ["event", "name", "kind", "scope", "start", "hours", "hours_low", "hours_high", "states_low", "states_high"]
    return rows[[c for c in keep if c in rows]].sort_values("start").reset_index(drop=True)


def event_strip(blackouts: pd.DataFrame, ax: Axes | None = None, *, since: Any = "2005", until: Any = None,
                names: int = 6) -> Axes:
    """Draw each dated grid failure at its day and length in hours, national ones largest.

    Parameters
    ----------
    blackouts : DataFrame
        The table of that name: kind, scope, start, hours_low, hours_high [hour].
    ax : Axes, optional
    since, until : date
        Days shown.
    names : int
        How many of the longest are named.

    Returns
    -------
    Axes
    """
    rows = strip_table(blackouts)
    last = pd.Timestamp(str(until)) if until is not None else rows["start"].max() + pd.DateOffset(months=6)
    rows = rows[(rows["start"] >= pd.Timestamp(str(since))) & (rows["start"] <= last)]
    with style.context():
        ax = style.axes(ax)
        timed, untimed = rows[rows["hours"] > 0], rows[~(rows["hours"] > 0)]
        low = 0.25
        for scope, (colour, size) in SCOPES.items():
            some = timed[timed["scope"] == scope]
            spans = some[some["hours_high"] > some["hours_low"]]
            ax.vlines(spans["start"], spans["hours_low"].clip(lower=low), spans["hours_high"], color=colour, lw=1,
                      alpha=0.6, zorder=2)
            ax.scatter(some["start"], some["hours"].clip(lower=low), s=14 + 14 * size, color=colour, lw=0, alpha=0.85,
                       zorder=3)
            none = untimed[untimed["scope"] == scope]
            ax.scatter(none["start"], np.full(len(none), low * 0.8), s=12, marker="|", color=colour, zorder=3)
        ax.set_yscale("log")
        ax.set_ylim(low * 0.7, max(400.0, 3 * float(timed[["hours", "hours_high"]].max().max() if len(timed) else 0)))
        ax.set_yticks([0.5, 1, 3, 6, 12, 24, 72, 168, 720],
                      ["½ h", "1 h", "3 h", "6 h", "12 h", "1 day", "3 days", "1 week", "1 month"])
        ax.minorticks_off()
        ax.set_xlim(style.at(since), style.at(last))
        _name_longest(ax, timed[timed["scope"] == "national"].nlargest(names, "hours"))
        counts = rows["scope"].value_counts()
        style.heading(ax, "Grid failures on record", "length of each, logarithmic; ticks at the foot: length not known")
        for place, (scope, (colour, _)) in enumerate(SCOPES.items()):
            if counts.get(scope, 0):
                ax.annotate(f"● {scope} ({counts[scope]})", (0.01, 0.97), xytext=(0, -11 * place), fontsize=8, va="top",
                            xycoords="axes fraction", textcoords="offset points", color=colour)
        style.notes(ax, "Sources: press, NetBlocks and official statements, each event with its source in the table "
                        "blackouts.", "Early years and short regional failures are under-reported.")
    return ax


def _name_longest(ax: Axes, rows: pd.DataFrame) -> None:
    used: list[tuple[float, float]] = []
    span = float(np.ptp(ax.get_xlim()))
    for x, y in zip(pd.DatetimeIndex(rows["start"]), rows["hours"].astype(float), strict=True):
        spot = (style.at(x) / span, float(np.log10(y)) / 3)
        if any(abs(spot[0] - a) < 0.22 and abs(spot[1] - b) < 0.05 for a, b in used):
            continue
        used.append(spot)
        ax.annotate(f"{x:%d %b %Y}", (style.at(x), y), xytext=(-6, 3), textcoords="offset points", ha="right",
                    fontsize=7, path_effects=style.HALO, zorder=6)


def deferred(p: xr.Dataset, scenario: str, ax: Axes | None = None, **more: Any) -> Axes:
    """Draw the fan of output deferred by grid failures, with its mean, which the rare long failures carry.

    Parameters
    ----------
    p : xarray.Dataset
    scenario : str
    ax : Axes, optional
    **more
        As for `fan`.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the run has no such scenario.
    """
    ax = fans.fan(p, "deferred_production", scenario, ax=ax, **more)
    mean = p["deferred_production"].sel(scenario=scenario).mean("draw")
    with style.context():
        months = style.stamps(p["month"].to_index())
        ax.plot(months.to_numpy(), mean.to_numpy(), color=style.VERMILION, lw=1.2, ls="--", zorder=5)
        ax.annotate("mean", (months[2], float(mean[2])), xytext=(0, 4), textcoords="offset points",
                    fontsize=7.8, color=style.VERMILION, path_effects=style.HALO, zorder=6)
    return ax
