"""A scenario of ours with the paths that others published for it."""

from __future__ import annotations

from typing import Unpack

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from vzmodel.references import periods, published

from . import fans, style

OFFSETS = (6.0, -13.0, 19.0, -26.0, 32.0, -39.0)
"""Where a name may stand above or below its value [point]."""


@style.chart
def reference(p: xr.Dataset, scenario: str, variable: str = "production", ax: Axes | None = None, *,
              history: pd.DataFrame | None = None, paths: pd.DataFrame | None = None,
              **look: Unpack[style.Look]) -> Axes:
    """Draw a scenario as a fan, and each published value over the months it was printed for.

    Parameters
    ----------
    p : xarray.Dataset
        From `project`.
    scenario, variable : str
    ax : Axes, optional
    history : DataFrame, optional
        As in `fan`.
    paths : DataFrame, optional
        As in `vzmodel.references.published`.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the run has no such variable or scenario, or nothing was published for it.
    """
    rows = published(p.sel(scenario=[scenario])[[variable]].assign_attrs(p.attrs), paths)
    ax = fans.fan(p, variable, scenario, history=history, ax=ax)
    end = pd.Timestamp(p["month"].values[-1])
    beyond, shown, names = [], [0.0], []
    with style.context():
        for place, (_, row) in enumerate(rows.iterrows()):
            months = periods(str(row["period"])).to_timestamp()
            if months[0] > end:
                beyond.append(f"{row['issuer']} {row['value']:,.0f} in {row['period']}")
                continue
            shown.append(float(row["value"]))
            colour = style.CYCLE[1:6][place % 5]
            left, right = months[0], months[-1] + pd.offsets.MonthEnd(1)
            ax.hlines(row["value"], left, right, color=colour, lw=2.4, zorder=6)
            if row["low"] == row["low"] and row["high"] == row["high"]:
                ax.fill_between([left, right], row["low"], row["high"], color=colour, alpha=0.25, lw=0, zorder=5)
            if len(months) == 1:
                ax.scatter([left], [row["value"]], s=22, marker="D", color=colour, edgecolor="white", lw=0.6, zorder=6)
            names.append((right, float(row["value"]), f"{row['issuer'].split(' (')[0]} {row['value']:,.0f}", colour))
        ax.set_ylim(0, max(ax.get_ylim()[1], 1.08 * max(shown)))
        _name(ax, names)
        style.tell(ax, fans.course(fans.fan_table(p, scenario=scenario, variable=variable), p[variable].attrs["units"]),
                   *(f"{row['issuer']}: {row['value']:,.0f} in {row['period']}." for _, row in rows.iterrows()))
        if beyond:
            ax.annotate("Past the horizon: " + "; ".join(beyond), (0.01, 0.02), xycoords="axes fraction", fontsize=7,
                        color=style.GREY)
    return ax


def _name(ax: Axes, names: list[tuple[pd.Timestamp, float, str, str]]) -> None:
    """Write the name of each value beside it, boxed in its colour, where no other name stands."""
    taken: list[tuple[float, float]] = []
    edge = ax.get_xlim()[1]
    # the highest first, so that of two close values the higher is named above and the lower below
    for right, value, text, colour in sorted(names, key=lambda name: -name[1]):
        x = min(float(ax.convert_xunits(right)), edge)
        at, y = (float(v) * 72 / ax.figure.dpi for v in ax.transData.transform((x, value)))
        # above, below, then further off; names as wide as these meet if they end within 120 points of each other
        free = (up for up in OFFSETS if all(abs(y + up - b) > 12 or abs(at - a) > 120 for a, b in taken))
        up = next(free, OFFSETS[-1])
        taken.append((at, y + up))
        ax.annotate(text, (x, value), xytext=(-2, up), textcoords="offset points", ha="right", fontsize=7.2,
                    color=style.BLACK, zorder=7,
                    bbox={"fc": "white", "ec": colour, "lw": 0.7, "alpha": 0.85, "pad": 1.2})
