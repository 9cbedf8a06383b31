"""Charts of how good forecasts were: published ones beside ours, and the forecaster beside its rivals."""

from __future__ import annotations

from typing import Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from . import style

PROVENANCE = "Sources: the issuers, as reported by the press; OPEC Monthly Oil Market Report; ours: vzmodel."
SHOWN = {"AutoETS": style.VERMILION, "no change": style.ORANGE, "ours": style.BLACK}


@style.chart
def scoreboard(scores: pd.DataFrame, ax: Axes | None = None, *, kind: str = "unconditional",
               **look: Unpack[style.Look]) -> Axes:
    """Draw each scorable forecast against its outcome, with ours made the same day and its 80 % band.

    Parameters
    ----------
    scores : DataFrame
        From `evaluation.score_published`.
    ax : Axes, optional
    kind : {"unconditional", "conditional", "target"}

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If no forecast of that kind could be scored.
    """
    rows = scores[(scores["unscorable"] == "") & (scores["kind"] == kind)]
    if rows.empty:
        raise ValueError(f"no {kind} forecast could be scored; kinds are {sorted(set(scores['kind']))}")
    rows = rows.sort_values(["issued", "target"], kind="stable").reset_index(drop=True)
    # a change is drawn as the level it leads to, so that all share one scale
    outcome = rows["base"] + rows["outcome"]
    place = -np.arange(len(rows), dtype=float)
    with style.context():
        ax = style.axes(ax)
        band = [100 * ((rows["base"] + rows[c]) / outcome - 1) for c in ("ours_p10", "ours_p90")]
        ax.hlines(place, *band, color=style.BLUE, lw=5, alpha=0.25, label="ours, 80 % band")
        ax.plot(rows["ours_error_pct"], place, "o", color=style.BLUE, ms=4.5, label="ours, median")
        ax.plot(rows["published_error_pct"], place, "D", color=style.VERMILION, ms=4.5, label="published")
        ax.axvline(0, color=style.BLACK, lw=1)
        names = [f"{r.issuer.split(' (')[0]}, {r.issued}: {r.target}" for r in rows.itertuples()]
        ax.set_yticks(place, names, fontsize=7.4)
        ax.set_ylim(place[-1] - 2.2, 0.7)
        ax.grid(visible=False, axis="y")
        ax.legend(loc="lower right", ncol=3, fontsize=7.4, frameon=False)
        style.heading(ax, f"Published forecasts of output beside ours of the same day: {kind}",
                      "error in percent of what came; right of the line is too high")
        style.notes(ax, PROVENANCE, "Outcomes on the basis of OPEC's secondary sources, the basis of ours.")
    return ax


@style.chart
def rivals(table: pd.DataFrame, ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw the loss of the forecaster and of its rivals by month ahead, over that of AutoETS.

    Parameters
    ----------
    table : DataFrame
        From `evaluation.benchmark`.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If a forecaster that is shown is not in the table.
    """
    missing = [name for name in SHOWN if name not in table.index.get_level_values("forecaster")]
    if missing:
        raise ValueError(f"the table has no forecaster '{missing[0]}'; evaluation.benchmark() gives all")
    with style.context():
        ax = style.axes(ax)
        labels = []
        for name, colour in SHOWN.items():
            part = table.loc[name]
            own = part["loss"] / table.loc["AutoETS"]["loss"]
            place = np.arange(len(part))
            ax.plot(place, own, color=colour, lw=1.8, marker="o", ms=3.5)
            labels.append((float(own.iloc[-1]), f"{name}:\nVenezuela", colour))
            if name != "AutoETS":
                ax.plot(place, part["producers_ratio"], color=colour, lw=1.2, ls="--", marker="o", ms=2.5)
                labels.append((float(part["producers_ratio"].iloc[-1]), f"{name}:\n23 producers", colour))
        ax.set_xticks(np.arange(len(part)), [str(h) for h in part.index])
        ax.set_ylim(bottom=0)
        style.label_right(ax, labels, 7.4)
        style.heading(ax, "Loss of forecasts of output, AutoETS = 1", "by months ahead")
        style.notes(ax, "Sources: JODI; US EIA; AutoETS of statsforecast 2.0.3; ours: vzmodel.",
                    "Mean pinball loss of log output over seven quantiles, origins every second month from 2007-01.")
    return ax
