"""Charts of how good forecasts were: bands and outcomes, published ones beside ours, the forecaster and its rivals."""

from __future__ import annotations

from typing import Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from . import style

PROVENANCE = "Sources: the issuers, as reported by the press; OPEC Monthly Oil Market Report; ours: vzmodel."
SHOWN = {"AutoETS": style.VERMILION, "no change": style.ORANGE, "ours": style.BLACK}
YEARS = {"2007-14": style.SKY, "2015-18": style.VERMILION, "2019-20": style.ORANGE, "2021-": style.BLUE}
MADE_FROM = "Source: vzmodel, forecasts made again from past months. A late vintage leaves revisions out."
TENTHS = 10


@style.chart
def pit(table: pd.DataFrame, ax: Axes | None = None, *, horizon: int = 12, **look: Unpack[style.Look]) -> Axes:
    """Draw in which tenth of its forecast each outcome fell: level if the bands are right.

    Parameters
    ----------
    table : DataFrame
        From `evaluation.backtest`; drawn is the share of forecasts [%].
    ax : Axes, optional
    horizon : int
        Months ahead [1].

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the table has no forecast that many months ahead.
    """
    found = sorted(int(h) for h in table.index.unique("horizon"))
    if horizon not in found:
        raise ValueError(f"no forecast {horizon} months ahead in the table; it has {found}")
    part = table.xs(horizon, level="horizon")
    tenth = np.minimum((part["pit"].to_numpy() * TENTHS).astype(int), TENTHS - 1)
    year = pd.DatetimeIndex(part.index).year
    groups = {name: (year >= int(name[:4])) & (year <= int(f"20{name[5:] or 99}")) for name in YEARS}
    groups = {"to 2006": year < 2007} | groups
    with style.context():
        ax = style.axes(ax)
        floor = np.zeros(TENTHS)
        for name, chosen in groups.items():
            share = 100 * np.bincount(tenth[chosen], minlength=TENTHS) / len(part)
            if chosen.any():
                ax.bar(np.arange(TENTHS) + 0.5, share, width=0.92, bottom=floor, color=YEARS.get(name, style.LIGHT),
                       label=name.replace("-", "\u2013"))
            floor += share
        ax.axhline(100 / TENTHS, color=style.BLACK, lw=1)
        ax.set_xlim(0, TENTHS)
        ax.set_xticks(range(0, TENTHS + 1, 2), [f"{10 * n}" for n in range(0, TENTHS + 1, 2)])
        ax.set_ylim(0, max(floor.max() * 1.12, 14))
        ax.legend(loc="upper right", fontsize=7.4, frameon=False, title="forecasts made in", title_fontsize=7.4)
        style.heading(ax, f"Where outcomes fell in forecasts {horizon} months ahead",
                      "share of forecasts in percent, by the percentile of the forecast that came; "
                      "the line is what right bands give")
        style.notes(ax, MADE_FROM,
                    "Piled up at the left: what came was lower than forecast. At both ends: bands too narrow.")
        style.tell(ax, f"{style.figure(floor[0])} % of {len(part)} outcomes fell in the lowest tenth, "
                       f"{style.figure(floor[-1])} % in the highest.")
    return ax


@style.chart
def coverage(table: pd.DataFrame, ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw how often 80 % bands held, by month ahead and by the years in which the forecasts were made.

    Parameters
    ----------
    table : DataFrame
        From `evaluation.by_period`; drawn is the share of outcomes inside the band [%], with two standard errors
        where the forecasts tell one.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the table has no such columns.
    """
    if not {"coverage", "coverage_se"} <= set(table.columns):
        raise ValueError("the table has no coverage; evaluation.by_period(backtest) gives it")
    periods = [name for name in ("all", *YEARS) if name in table.index.unique("period")]
    horizons = sorted(table.index.unique("horizon"))
    with style.context():
        ax = style.axes(ax)
        labels = []
        for i, name in enumerate(periods):
            part = table.loc[name].reindex(horizons)
            place = np.arange(len(horizons)) + 0.07 * (i - (len(periods) - 1) / 2)
            colour, share = YEARS.get(name, style.BLACK), 100 * part["coverage"]
            ax.errorbar(place, share, yerr=200 * part["coverage_se"].fillna(0), color=colour, elinewidth=0.9,
                        lw=2.2 if name == "all" else 1.3, marker="o", ms=4, zorder=4 if name == "all" else 3)
            text = "all years" if name == "all" else name.replace("-", "\u2013")
            labels.append((float(share.dropna().iloc[-1]), text, colour))
        ax.axhline(80, color=style.GREY, lw=1, ls=(0, (4, 2)))
        ax.set_xticks(np.arange(len(horizons)), [str(h) for h in horizons])
        ax.set_ylim(0, 104)
        style.label_right(ax, labels, 7.8)
        style.heading(ax, "How often the bands of 80 % held",
                      "share of outcomes inside in percent, by months ahead; lines: years in which forecasts were made")
        style.notes(ax, MADE_FROM,
                    "Bars: two standard errors, from blocks of origins; none with fewer than three forecasts apart.")
        style.tell(ax, *(f"{text}: {style.figure(value)} % inside {horizons[-1]} months ahead."
                         for value, text, _ in labels))
    return ax


@style.chart
def scoreboard(scores: pd.DataFrame, ax: Axes | None = None, *, kind: str = "unconditional",
               **look: Unpack[style.Look]) -> Axes:
    """Draw each scorable forecast against its outcome, with ours made the same day and its 80 % band.

    Parameters
    ----------
    scores : DataFrame
        From `evaluation.score_published`; drawn are errors [% of the outcome].
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
        own = rows["published_error_own_pct"].where(rows["issuer_basis"] != "")
        if own.notna().any():
            ax.plot(own, place, "D", color=style.VERMILION, mfc="none", ms=4.5, label="published, by its own count")
        ax.axvline(0, color=style.BLACK, lw=1)
        names = [f"{r.issuer.split(' (')[0]}, {r.issued}: {r.target}" for r in rows.itertuples()]
        ax.set_yticks(place, names, fontsize=7.4)
        ax.set_ylim(place[-1] - 0.7 - 0.13 * max(len(rows), 5), 0.7)
        ax.grid(visible=False, axis="y")
        ax.legend(loc="lower right", ncol=1 if style.narrow() else 2, fontsize=7.4, frameon=False)
        style.heading(ax, f"Published forecasts of output beside ours of the same day: {kind}",
                      "error in percent of what came; right of the line is too high")
        style.notes(ax, PROVENANCE, "Outcomes on the basis of OPEC's secondary sources, the basis of ours.",
                    "Hollow: by EIA's or the government's count where that is the issuer's own.")
        style.tell(ax, f"Mean absolute error of {len(rows)} forecasts: published "
                   f"{style.figure(rows['published_error_pct'].abs().mean())} %, ours "
                   f"{style.figure(rows['ours_error_pct'].abs().mean())} %.")
    return ax


@style.chart
def rivals(table: pd.DataFrame, ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw the loss of the forecaster and of its rivals by month ahead, over that of AutoETS.

    Parameters
    ----------
    table : DataFrame
        From `evaluation.benchmark`; drawn are losses over that of AutoETS [1].
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
        style.tell(ax, *(f"{text.replace(chr(10), ' ')} {style.figure(value)}, {part.index[-1]} months ahead."
                         for value, text, _ in labels))
    return ax
