"""The look all charts share: colours, headings, notes, marks of dates, labels at the right."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import matplotlib.dates
import matplotlib.ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .finish import chart, tell
from .labels import HALO, at, label_right, mark_events, origin, stamps
from .looks import BLACK, GREY, Look, canvas, figure_of, house, ink, narrow, put, remember, run_of, said
from .names import NAMES

__all__ = ["BLACK", "HALO", "NAMES", "Look", "at", "chart", "figure_of", "house", "ink", "label_right", "mark_events",
           "narrow", "origin", "run_of", "said", "stamps", "tell"]

# Okabe & Ito (2008): distinguishable with any of the usual colour deficiencies.
LIGHT = "#c9d0d4"
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442")
CYCLE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, GREY, YELLOW)
BANDS = ((0.05, 0.95, "90 %", 0.16), (0.10, 0.90, "80 %", 0.20), (0.25, 0.75, "50 %", 0.32))
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
SIZE = (6.6, 4.3)
BAND_NOTE = ("Shaded: 50, 80 and 90 % of draws. A band holds uncertain parameters, monthly shocks and the error "
             "of the sources; it does not hold the choice of scenario.")


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


@contextmanager
def context() -> Iterator[None]:
    """Draw with the settings of all charts; the caller's own settings stay untouched."""
    with mpl.rc_context(RC):  # type: ignore[arg-type]
        yield
        shown = mpl.is_interactive()
    # the first figure of a notebook turns on that figures are shown after each cell, which must outlive this
    mpl.interactive(shown)


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

    with context():
        figure, ax = plt.subplots(figsize=canvas(size), layout="constrained")
    remember(figure, size)
    return ax


def wrap(ax: Axes, text: str, points: float) -> str:
    """Break text into lines that fit between the left edge of the Axes and the right edge of the figure."""
    figure = figure_of(ax)
    if len(figure.axes) > 1:
        width = figure.get_size_inches()[0] * 72 * ax.get_position().width
    else:
        names = [said(tick.get_text()) for tick in ax.get_yticklabels()]
        longest = max((len(line) for name in names for line in name.split("\n")), default=0)
        width = figure.get_size_inches()[0] * 72 - max(longest * 4.9, 30) - 18
    return "\n".join(textwrap.wrap(text, max(20, int(width / (points * 0.53)))))


def name_of(p: Any, variable: str) -> str:
    """Return what charts call a variable: a short name, or the one its run gives it."""
    return NAMES.get(variable, str(p[variable].attrs.get("long_name", variable)))


def figure(value: float) -> str:
    """Write a number with three digits or more.

    Examples
    --------
    >>> figure(1234.5), figure(12.34), figure(-0.567)
    ('1,234', '12.3', '−0.57')
    """
    size = abs(value)
    return signed(f"{value:,.0f}" if size >= 99.95 else f"{value:.1f}" if size >= 9.995 else f"{value:.2f}")


def spread(middle: float, low: float, high: float) -> str:
    """Write a median with its 80 % band.

    Examples
    --------
    >>> spread(2.0, 1.2, 2.8)
    '2.00 (80 % band 1.20 to 2.80)'
    """
    return f"{figure(middle)} (80 % band {figure(low)} to {figure(high)})"


def heading(ax: Axes, title: str, unit: str = "") -> None:
    """Put the title, and the unit under it, at the left above the Axes."""
    if narrow() and len(figure_of(ax).axes) == 1:
        sheet_heading(ax, title)
        put(ax.set_title("", loc="left", fontsize=8.5, color=GREY, pad=6), wrap(ax, said(unit), 8.5))
        return
    under = wrap(ax, said(unit), 8.5)
    pad = 9 + 11.5 * (under.count("\n") + 1) if unit else 8
    put(ax.set_title("", loc="left", weight="bold", fontsize=11, pad=pad), wrap(ax, said(title), 12.0))
    if unit:
        put(ax.annotate("", (0, 1), xytext=(0, 6), xycoords="axes fraction", textcoords="offset points",
                        fontsize=8.5, color=GREY, va="bottom"), under)


def notes(ax: Axes, *lines: str) -> None:
    """Write the source line and what the band contains under the Axes."""
    if narrow() and len(figure_of(ax).axes) == 1:
        return sheet_notes(ax, *lines)
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
