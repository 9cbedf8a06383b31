"""Charts of causes: output with and without August 2017, the gap and its placebos, shares by cause, all estimates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from . import style

EVENT = "2017-08-01"
SOURCE = ("Sources: US EIA; JODI; OPEC secondary sources; other producers from JODI; vzmodel. From August 2017 on the "
          "estimates hold all that came with it: credit, default, new management, the market lost in 2019.")
CALLED = {"financial sanctions of 2017": "sanctions, default, new management, Aug to Nov 2017"}
COLOURS = {"synthetic control, classic": style.BLUE, "structural time series": style.VERMILION,
           "level and slope at August 2017": style.GREEN}


def _estimate(found: Mapping[str, Any], method: str, source: str) -> Any:
    paths = found["paths"]
    if (method, source) not in paths:
        known = "; ".join(f"{a}, {b}" for a, b in paths) or "none: ask for a later month"
        raise ValueError(f"no estimate by '{method}' on '{source}'; there are: {known}")
    return paths[method, source]


@style.chart
def counterfactual(found: Mapping[str, Any], history: pd.DataFrame, ax: Axes | None = None, *,
                   source: str = "consensus", column: str = "production", **look: Unpack[style.Look]) -> Axes:
    """Draw output beside what each method says it would have been from August 2017 on, with 80 % bands.

    Parameters
    ----------
    found : dict
        From `causes`.
    history : DataFrame
        From `load_history` [kb/d].
    ax : Axes, optional
    source, column : str
        The source as `causes` names it, and its column of the history.

    Returns
    -------
    Axes
        By month output [kb/d] and the median and 80 % of it without August 2017, by method [kb/d].

    Raises
    ------
    ValueError
        If no method covers the source.
    """
    methods = [m for m in COLOURS if (m, source) in found["paths"]]
    if not methods:
        _estimate(found, next(iter(COLOURS)), source)
    series = history.set_axis(style.stamps(history.index), axis=0)[column].dropna()
    end = max(_estimate(found, m, source).months[-1] for m in methods).to_timestamp()
    series = series.loc["2010":end]
    with style.context():
        ax = style.axes(ax)
        labels = []
        for fit, at in _estimate(found, methods[0], source).detail.get("earlier", []):
            ahead = fit.gap.loc[at : at + 27]
            missed = series.reindex(style.stamps(ahead.index)) / np.exp(ahead.to_numpy())
            ax.plot(missed.index.to_numpy(), missed.to_numpy(), color=style.LIGHT, lw=0.7, zorder=1.5)
        for method in methods:
            e = _estimate(found, method, source)
            months, colour = style.stamps(e.months), COLOURS[method]
            without = series.reindex(months).to_numpy()[:, None] - e.effect
            low, mid, high = np.quantile(without, [0.1, 0.5, 0.9], axis=1)
            ax.fill_between(months.to_numpy(), low, high, color=colour, alpha=0.16, lw=0, zorder=2)
            ax.plot(months.to_numpy(), mid, color=colour, lw=1.5, zorder=3)
            labels.append((float(mid[-1]), method.replace(", ", "\n").replace(" at August 2017", "") +
                           (f"\nto {months[-1]:%b %Y}" if months[-1] < end else ""), colour))
        ax.plot(series.index.to_numpy(), series.to_numpy(), color=style.BLACK, lw=1.6, zorder=4)
        labels.append((float(series.iloc[-1]), "as it was", style.BLACK))
        ax.set_ylim(bottom=0)
        ax.set_xlim(series.index[0], end)
        style.mark_events(ax, [(EVENT, "credit closed"), ("2019-01-28", "state company listed")])
        style.dates(ax)
        style.heading(ax, "Output, and what it would have been without August 2017", f"kb/d, {source}")
        style.label_right(ax, labels, 7.2)
        style.notes(ax, SOURCE, "Shaded: 80 % of draws, errors of control and break as where nothing happened. Grey: "
                    "the control over the 28 months after dates at which nothing of the kind happened.")
        style.tell(ax, f"In {end:%b %Y} output was {style.figure(series.iloc[-1])} kb/d.",
                   *(f"Without August 2017, by {name.split(chr(10))[0]}: {style.figure(value)}."
                     for value, name, _ in labels[:-1]))
    return ax


@style.chart
def gap(found: Mapping[str, Any], ax: Axes | None = None, *, method: str = "synthetic control, classic",
        source: str = "consensus", **look: Unpack[style.Look]) -> Axes:
    """Draw output over its synthetic control with its band, and in grey the same for every other producer.

    Parameters
    ----------
    found : dict
        From `causes`.
    ax : Axes, optional
    method, source : str
        One of the synthetic controls, and the source.

    Returns
    -------
    Axes
        By month output over its control [%], for Venezuela with 80 % and for each placebo.

    Raises
    ------
    ValueError
        If the method has no placebos or does not cover the source.
    """
    e = _estimate(found, method, source)
    if "placebos" not in e.detail:
        raise ValueError(f"'{method}' has no placebos by producer; take a synthetic control")
    own, others = e.detail["main"], e.detail["placebos"]
    first, last = style.stamps(own.gap.index)[0], style.stamps(e.months)[-1]
    actual = found["series"][source].reindex(e.months).to_numpy()[:, None]
    band = np.quantile(100 * e.effect / (actual - e.effect), [0.1, 0.5, 0.9], axis=1)
    with style.context():
        ax = style.axes(ax)
        for fit in others.values():
            line = 100 * np.expm1(fit.gap / fit.rmspe * own.rmspe)
            ax.plot(style.stamps(line.index).to_numpy(), line.to_numpy(), color=style.LIGHT, lw=0.6, zorder=1.5)
        months, before = style.stamps(e.months), 100 * np.expm1(own.gap.loc[: e.months[0]])
        ax.fill_between(months.to_numpy(), band[0], band[2], color=style.BLUE, alpha=0.22, lw=0, zorder=3)
        ax.plot(months.to_numpy(), band[1], color=style.BLUE, lw=1.7, zorder=4)
        ax.plot(style.stamps(before.index).to_numpy(), before.to_numpy(), color=style.BLUE, lw=1.2, zorder=4)
        ax.set_xlim(first, last)
        ax.set_ylim(-90, 40)
        ax.axhline(0, color=style.GREY, lw=0.8)
        style.mark_events(ax, [(EVENT, "credit closed"), ("2019-01-28", "state company listed")])
        style.dates(ax)
        style.heading(ax, "Output against its donors, Venezuela and the others", "% over the synthetic control")
        style.label_right(ax, [(float(band[1, -1]), f"Venezuela\n({source})", style.BLUE),
                               (8.0, "other producers,\nas if it had been\ntheir date", style.GREY)], 7.2)
        style.notes(ax, SOURCE, "Shaded: 80 % of draws. Grey: each producer against the rest, scaled to the same gap "
                    f"before the date; as large a fall in {100 * (e.placebo_countries or 0):.0f} % of producers, "
                    "Venezuela counted.")
        style.tell(ax, f"In {months[-1]:%b %Y} Venezuela is {style.figure(band[1, -1])} % from its control (80 % band "
                   f"{style.figure(band[0, -1])} to {style.figure(band[2, -1])}).")
    return ax


@style.chart
def waterfall(found: Mapping[str, Any], since: Any, to: Any, start: float, ax: Axes | None = None,
              **look: Unpack[style.Look]) -> Axes:
    """Draw the change between two months as steps, one for each cause, with 80 % bands.

    Parameters
    ----------
    found : dict
        From `causes`.
    since, to : date
        The months it was asked for.
    start : float
        Consensus of output in the first month [kb/d].
    ax : Axes, optional

    Returns
    -------
    Axes
        From the first month to the last, mean and 80 % of each cause's step [kb/d].

    Notes
    -----
    Steps are means over draws, which add up; medians do not.
    """
    draws = found["attribution"]["draws"]
    steps = draws.mean(axis=1)
    steps = steps[draws.abs().max(axis=1) > 1.0]
    with style.context():
        ax = style.axes(ax)
        level, edge = start, [start]
        ax.barh(0, start, color=style.GREY, height=0.6)
        for i, (name, step) in enumerate(steps.items(), 1):
            colour = style.VERMILION if step < 0 else style.GREEN
            ax.barh(-i, step, left=level, color=colour, height=0.6, alpha=0.85)
            low, high = np.quantile(draws.loc[name], [0.1, 0.9])
            ax.plot([level + low, level + high], [-i, -i], color=style.BLACK, lw=1.1, zorder=5)
            ax.annotate(style.signed(f"{step:+,.0f} ({low:+,.0f} to {high:+,.0f})"), (1, -i), xytext=(3, 0),
                        xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=7.4, va="center")
            edge += [level + low, level + high]
            level += step
        end = -len(steps) - 1
        ax.barh(end, level, color=style.GREY, height=0.6)
        for y, value in ((0, start), (end, level)):
            ax.annotate(f"{value:,.0f}", (1, y), xytext=(3, 0), xycoords=("axes fraction", "data"),
                        textcoords="offset points", fontsize=7.4, va="center")
        names = [f"{pd.Timestamp(str(since)):%B %Y}", *map(_broken, steps.index), f"{pd.Timestamp(str(to)):%B %Y}"]
        ax.set_yticks([-float(i) for i in range(len(names))], names)
        ax.set_xlim(min(0.0, *edge), max(edge) * 1.05)
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")
        style.heading(ax, "The fall in output by cause, whatever the order", "kb/d, mean of draws (80 % band)")
        style.notes(ax, "Sources: consensus of EIA, JODI and OPEC; events and windows of vzmodel; Shapley shares.",
                    "Black lines: 80 % of draws. What came with August to November 2017 and the underlying decline "
                    "trade off against each other: the split rests on the trend before August 2017.")
        style.tell(ax, f"From {style.figure(start)} to {style.figure(level)} kb/d; the largest step is "
                   f"{called(str(steps.abs().idxmax()))}, {style.figure(steps[steps.abs().idxmax()])}.")
    return ax


@style.chart
def forest(found: Mapping[str, Any], ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw every estimate of the effect from August 2017 on beside the published one of the same month.

    Parameters
    ----------
    found : dict
        From `causes`, to June 2019 or later.
    ax : Axes, optional

    Returns
    -------
    Axes
        By method and source the median and 80 % of the effect, beside the published one [kb/d].

    Raises
    ------
    ValueError
        If no estimate reaches the month of the published one.
    """
    table = found["published"]
    rows = table[table["quantity"] == "output_lost"].reset_index(drop=True)
    if rows.empty:
        raise ValueError("no estimate reaches the month of the published one; ask causes for a later month")
    rows[["method", "source"]] = rows["ours"].str.rsplit(", ", n=1, expand=True)
    rows = rows.sort_values(["method", "source"], kind="stable").reset_index(drop=True)
    palette = dict(zip(rows["source"].unique(), (style.BLUE, style.VERMILION, style.GREEN, style.ORANGE), strict=False))
    with style.context():
        ax = style.axes(ax)
        ax.plot([rows["published_low"][0]], [1], marker="D", color=style.BLACK, ms=6)
        for i, row in rows.iterrows():
            colour = palette[row["source"]]
            ax.plot([row["p10"], row["p90"]], [-i, -i], color=colour, lw=1.8)
            ax.plot([row["p50"]], [-i], marker="o", color=colour, ms=4.5)
            ax.annotate(style.signed(f"{row['p50']:,.0f} ({row['p10']:,.0f} to {row['p90']:,.0f})"), (1, -i),
                        xytext=(3, 0), xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=7,
                        va="center", color=colour)
        ax.annotate(style.signed(f"{rows['published_low'][0]:,.0f} (no interval)"), (1, 1), xytext=(3, 0),
                    xycoords=("axes fraction", "data"), textcoords="offset points", fontsize=7, va="center")
        ax.axvline(rows["published_low"][0], color=style.BLACK, lw=0.6, ls=(0, (2, 2)))
        ax.axvline(0, color=style.GREY, lw=0.8)
        ax.set_yticks([1.0, *(-float(i) for i in range(len(rows)))], [rows["author"][0], *rows["ours"]], fontsize=7)
        ax.set_xlim(min(-1.0, float(rows["p10"].min()) * 1.05), max(100.0, float(rows["p90"].max())))
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")
        style.heading(ax, "Change of output by June 2019 that came with August 2017", "kb/d")
        style.notes(ax, SOURCE, "Lines: 80 % of draws. Bahar and others (2019) offer no number: not identified.")
        style.tell(ax, f"{len(rows)} estimates from {style.figure(rows['p50'].min())} to "
                   f"{style.figure(rows['p50'].max())} kb/d; published: {style.figure(rows['published_low'][0])}.")
    return ax


def called(name: str) -> str:
    """Return what a cause is called: that of 2017 holds all that came in the same months."""
    return CALLED.get(name, name)


def _broken(name: str) -> str:
    text = called(name)
    for part in (" new management", " and what no cause covers", " and secondary sanctions"):
        text = text.replace(part, f"\n{part.strip()}")
    return text
