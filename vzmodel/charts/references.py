"""A scenario of ours with the paths that others published for it."""

from __future__ import annotations

from typing import Unpack

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from vzmodel.references import periods, published

from . import fans, style


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
    beyond, shown = [], [0.0]
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
            # neighbours turn their names up and down
            ax.annotate(f"{row['issuer'].split(' (')[0]} {row['value']:,.0f}", (right, row["value"]),
                        xytext=(-2, -13 if place % 2 else 5), textcoords="offset points", ha="right", fontsize=7.2,
                        color=style.BLACK, zorder=7, bbox={"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.8})
        ax.set_ylim(0, max(ax.get_ylim()[1], 1.08 * max(shown)))
        style.tell(ax, fans.course(fans.fan_table(p, scenario=scenario, variable=variable), p[variable].attrs["units"]),
                   *(f"{row['issuer']}: {row['value']:,.0f} in {row['period']}." for _, row in rows.iterrows()))
        if beyond:
            ax.annotate("Past the horizon: " + "; ".join(beyond), (0.01, 0.02), xycoords="axes fraction", fontsize=7,
                        color=style.GREY)
    return ax
