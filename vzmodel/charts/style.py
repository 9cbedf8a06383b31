"""The look all charts share: colours, headings, notes, marks of dates, labels at the right."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import matplotlib as mpl
import matplotlib.dates
import matplotlib.patheffects
import matplotlib.ticker
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .house import Look as Look
from .house import canvas, figure_of, house, narrow, put, remember, run_of, said
from .house import chart as chart
from .house import ink as ink
from .house import tell as tell

__all__ = ["Look", "chart", "figure_of", "house", "ink", "narrow", "said", "tell"]

# Okabe & Ito (2008): distinguishable with any of the usual colour deficiencies.
BLACK, GREY, LIGHT = "#000000", "#5f6b73", "#c9d0d4"
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442")
CYCLE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, GREY, YELLOW)
BANDS = ((0.05, 0.95, "90 %", 0.16), (0.10, 0.90, "80 %", 0.20), (0.25, 0.75, "50 %", 0.32))
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
SIZE = (6.6, 4.3)
HALO = [mpl.patheffects.withStroke(linewidth=2.2, foreground="white")]
BAND_NOTE = ("Shaded: 50, 80 and 90 % of draws. A band holds uncertain parameters, monthly shocks and the error "
             "of the sources; it does not hold the choice of scenario.")

SHORT = {"dollar_inflow": "Dollar inflow", "cash_revenue": "Cash of the state company", "production": "Crude output",
         "gross_export_value": "Gross export value", "exports": "Crude exports", "remittances": "Money sent home"}

RC: dict[str, Any] = {
    "font.family": ["DejaVu Sans"], "font.size": 9, "axes.titlesize": 11, "axes.labelsize": 7.2,
    "axes.labelcolor": GREY, "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": GREY,
    "axes.linewidth": 0.7, "axes.grid": True, "axes.grid.axis": "y", "grid.color": "#e4e8ea", "grid.linewidth": 0.7,
    "axes.axisbelow": True, "figure.autolayout": False, "figure.constrained_layout.use": False,
    "xtick.color": GREY, "ytick.color": GREY, "xtick.labelsize": 8.5, "ytick.labelsize": 8.5,
    "xtick.major.size": 3, "ytick.major.size": 0, "figure.facecolor": "white", "savefig.facecolor": "white",
    "svg.hashsalt": "vzmodel", "svg.fonttype": "path", "path.simplify": True,
    "pdf.fonttype": 3,  # cutting TrueType fonts down for type 42 takes longer than all other drawing
}


def context() -> AbstractContextManager[Any]:
    """Return the settings of all charts as a context; the caller's own settings stay untouched."""
    return mpl.rc_context(RC)  # type: ignore[arg-type]


def sheet(rows: int = 1, columns: int = 1, size: tuple[float, float] = SIZE, **more: Any) -> Any:
    """Return the Axes of a new figure that pyplot knows nothing of, one or an array of them.

    `size` is what the chart takes on a page [inch]; in a `house` of another size the sheet is that size's.
    """
    with context():
        figure = remember(Figure(figsize=canvas(size), layout="constrained"), size)
        figure.get_layout_engine().set(w_pad=0.1, h_pad=0.06)  # type: ignore[union-attr,call-arg]
        return figure.subplots(rows, columns, **more)


def axes(ax: Axes | None, size: tuple[float, float] = SIZE) -> Axes:
    """Return the Axes given, or those of a new pyplot figure, so that a notebook shows it."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    figure, ax = plt.subplots(figsize=canvas(size), layout="constrained")
    remember(figure, size)
    return ax


def wrap(ax: Axes, text: str, points: float) -> str:
    """Break text into lines that fit between the left edge of the Axes and the right edge of the figure."""
    figure = figure_of(ax)
    if len(figure.axes) > 1:
        width = figure.get_size_inches()[0] * 72 * ax.get_position().width
    else:
        names = [tick.get_text() for tick in ax.get_yticklabels()]
        longest = max((len(line) for name in names for line in name.split("\n")), default=0)
        width = figure.get_size_inches()[0] * 72 - max(longest * 4.9, 30) - 18
    return "\n".join(textwrap.wrap(text, max(20, int(width / (points * 0.53)))))


def heading(ax: Axes, title: str, unit: str = "") -> None:
    """Put the title, and the unit under it, at the left above the Axes."""
    under = wrap(ax, said(unit), 8.5)
    pad = 9 + 11.5 * (under.count("\n") + 1) if unit else 8
    put(ax.set_title("", loc="left", weight="bold", fontsize=11, pad=pad), wrap(ax, said(title), 12.0))
    if unit:
        put(ax.annotate("", (0, 1), xytext=(0, 6), xycoords="axes fraction", textcoords="offset points",
                        fontsize=8.5, color=GREY, va="bottom"), under)


def notes(ax: Axes, *lines: str) -> None:
    """Write the source line and what the band contains under the Axes."""
    text = "\n".join(wrap(ax, said(line), 7.2) for line in lines if line)
    ax.set_xlabel(text, loc="left", fontsize=7.2, color=GREY, labelpad=7)
    put(ax.xaxis.label, text)


def sheet_notes(chart: Any, *lines: str) -> None:
    """Write the same under a figure of several Axes."""
    figure = figure_of(chart)
    width = int(figure.get_size_inches()[0] * 72 * 0.97 / (7.2 * 0.53))
    text = "\n".join("\n".join(textwrap.wrap(said(line), width)) for line in lines if line)
    put(figure.supxlabel("", x=0.01, ha="left", fontsize=7.2, color=GREY), text)


def sheet_heading(chart: Any, title: str) -> None:
    """Put the title of several Axes over all of them."""
    figure = figure_of(chart)
    width = int(figure.get_size_inches()[0] * 72 * 0.97 / (12.0 * 0.53))
    put(figure.suptitle("", x=0.01, ha="left", weight="bold", fontsize=11),
        "\n".join(textwrap.wrap(said(title), width)))


def run_note(p: Any) -> str:
    """Say which run a chart shows: version, vantage point, draws, seed."""
    run = run_of(p)
    known, first = str(run.get("as_of") or "")[:10], run.get("first")
    parts = [f"vzmodel {run['version']}" if run.get("version") else "vzmodel",
             f"as of {known}" if known else f"from {first}" if first else "",
             f"{run['draws']:,} draws" if run.get("draws") else "", f"seed {run['seed']}" if "seed" in run else ""]
    return "Source: " + ", ".join(part for part in parts if part) + "."


def stamps(index: Iterable[Any]) -> pd.DatetimeIndex:
    """Return months of any kind as first-of-month dates."""
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp()
    return pd.DatetimeIndex(pd.to_datetime(list(index)))


def at(day: Any) -> float:
    """Return a day as matplotlib counts it [day]."""
    return float(mpl.dates.date2num(pd.Timestamp(str(day)).to_pydatetime()))


def origin(ax: Axes, day: Any, text: str = "") -> None:
    """Mark the month a forecast starts from."""
    when = pd.Timestamp(day)
    ax.axvline(at(when), color=BLACK, lw=0.9, ls=(0, (2, 2)), zorder=4)
    ax.annotate(said(text or f"forecast from {when:%b %Y}"), (at(when), 1), xytext=(3, -1), va="top",
                xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=7, color=BLACK, zorder=6)


def mark_events(ax: Axes, events: pd.DataFrame | Sequence[tuple[Any, str]] | None,
                line: pd.Series | None = None) -> None:
    """Mark dated events by a thin line and its name along it; those too close to the last one keep the line only.

    Names stand at the foot, or at the head where `line` runs through the lower half.
    """
    if events is None or len(events) == 0:
        return
    rows = events[["date", "event"]].itertuples(index=False) if isinstance(events, pd.DataFrame) else events
    left, right = (pd.Timestamp(mpl.dates.num2date(edge)).tz_localize(None) for edge in ax.get_xlim())
    gap, last = (right - left) * 0.03, None
    for day, name in sorted((pd.Timestamp(d), str(n)) for d, n in rows):
        if not left < day < right:
            continue
        ax.axvline(at(day), color=GREY, lw=0.5, zorder=1.5)
        if last is None or day - last >= gap:
            level = float("nan") if line is None else line.reindex([day], method="ffill").iloc[0]
            head = bool(level < sum(ax.get_ylim()) / 2)
            ax.annotate(textwrap.shorten(said(name), 34, placeholder="…"), (at(day), 0.98 if head else 0.02),
                        xytext=(-1.5, 0), rotation=90, xycoords=("data", "axes fraction"), ha="right",
                        textcoords="offset points", va="top" if head else "bottom", fontsize=6.4, color=GREY,
                        path_effects=HALO, zorder=6)
            last = day


def label_right(ax: Axes, items: Sequence[tuple[float, str, str]], size: float = 7.8) -> None:
    """Write labels at the right edge beside the values they name, moved apart where they would touch."""
    figure = figure_of(ax)
    ordered = sorted(((value, _folded(said(text)), colour) for value, text, colour in items), key=lambda item: item[0])
    height = figure.get_size_inches()[1] * 72 * (0.66 if len(figure.axes) == 1 else ax.get_position().height * 0.8)
    low, high = ax.get_ylim()
    half = [size * 1.28 / height * (1 + text.count("\n")) / 2 for _, text, _ in ordered]
    spots = [min(max((value - low) / (high - low), 0.0), 1.0) for value, _, _ in ordered]
    for i in range(1, len(spots)):
        spots[i] = max(spots[i], spots[i - 1] + half[i - 1] + half[i])
    if spots and spots[-1] > 1.0:
        spots[-1] = 1.0
        for i in range(len(spots) - 2, -1, -1):
            spots[i] = min(spots[i], spots[i + 1] - half[i + 1] - half[i])
    for spot, (_, text, colour) in zip(spots, ordered, strict=True):
        put(ax.annotate("", (1, spot), xytext=(4, 0), xycoords="axes fraction", textcoords="offset points",
                        va="center", fontsize=size, color=colour, annotation_clip=False), text)


def _folded(text: str) -> str:
    """Break a label into short lines where the sheet is narrow."""
    if not narrow():
        return text
    return "\n".join("\n".join(textwrap.wrap(line, 15, break_long_words=False)) for line in text.split("\n"))


def dates(ax: Axes) -> None:
    """Label a time axis by years, or by months where it is short."""
    locator = mpl.dates.AutoDateLocator(minticks=3, maxticks=8, interval_multiples=True)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(mpl.dates.ConciseDateFormatter(locator, show_offset=False))


def signed(text: str) -> str:
    """Replace hyphens before digits by minus signs, and take the sign from numbers that round to nought.

    Examples
    --------
    >>> signed("+0.0 (-0.0 to -1.5)")
    '0.0 (0.0 to −1.5)'
    """
    return re.sub(r"-(?=[\d.])", "\u2212", re.sub(r"[-+](?=0(\.0+)?(?![\d.,]))", "", text))
