"""What is written beside the lines: names at the right edge, dated events, the month a forecast starts from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import matplotlib as mpl
import matplotlib.dates
import matplotlib.patheffects
import pandas as pd
from matplotlib.axes import Axes

from .looks import BLACK, GREY, figure_of, narrow, put, said

HALO = [mpl.patheffects.withStroke(linewidth=2.2, foreground="white")]


def stamps(index: Iterable[Any]) -> pd.DatetimeIndex:
    """Return months of any kind as first-of-month dates."""
    if isinstance(index, pd.PeriodIndex):
        return index.to_timestamp()
    return pd.DatetimeIndex(pd.to_datetime(list(index)))


def at(day: Any) -> float:
    """Return a day as matplotlib counts it [day]."""
    return float(mpl.dates.date2num(pd.Timestamp(str(day)).to_pydatetime()))


def origin(ax: Axes, day: Any, text: str = "") -> None:
    """Mark the month a forecast starts from, in words to its right or, where the axis ends too soon, to its left."""
    when = pd.Timestamp(day)
    ax.axvline(at(when), color=BLACK, lw=0.9, ls=(0, (2, 2)), zorder=4)
    words = said(text or f"forecast from {when:%b %Y}")
    left, right = ax.get_xlim()
    width = figure_of(ax).get_size_inches()[0] * 72 * ax.get_position().width
    # a letter of 7 points is about 4 wide; what stands right of the axes has its own place
    fits = width * (right - at(when)) / (right - left) > 4 * len(words)
    put(ax.annotate("", (at(when), 1), xytext=(3 if fits else -3, -1), va="top", ha="left" if fits else "right",
                    xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=7, color=BLACK,
                    path_effects=HALO, zorder=6), words)


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
            put(ax.annotate("", (at(day), 0.98 if head else 0.02), xytext=(-1.5, 0), rotation=90, ha="right",
                            xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=6.4,
                            va="top" if head else "bottom", color=GREY, path_effects=HALO, zorder=6),
                textwrap.shorten(said(name), 34, placeholder="…"))
            last = day


_labels: WeakKeyDictionary[Axes, list[tuple[float, Any]]] = WeakKeyDictionary()


def label_right(ax: Axes, items: Sequence[tuple[float, str, str]], size: float = 7.8) -> None:
    """Write labels at the right edge beside the values they name, moved apart where they would touch."""
    made = _labels.setdefault(ax, [])
    for value, text, colour in items:
        note = ax.annotate("", (1, 0), xytext=(4, 0), xycoords="axes fraction", textcoords="offset points",
                           va="center", fontsize=size, color=colour, annotation_clip=False)
        put(note, _folded(said(text)))
        made.append((value, note))
    set_apart(ax)


def set_apart(ax: Axes) -> None:
    """Put the labels at the right beside their values; `chart` calls it again once the scale is final."""
    figure, ordered = figure_of(ax), sorted(_labels.get(ax, []), key=lambda item: item[0])
    height = figure.get_size_inches()[1] * 72 * (0.66 if len(figure.axes) == 1 else ax.get_position().height * 0.8)
    low, high = ax.get_ylim()
    half = [note.get_fontsize() * 1.28 / height * (1 + note.get_text().count("\n")) / 2 for _, note in ordered]
    spots = [min(max((value - low) / (high - low), 0.0), 1.0) for value, _ in ordered]
    for i in range(1, len(spots)):
        spots[i] = max(spots[i], spots[i - 1] + half[i - 1] + half[i])
    if spots and spots[-1] > 1.0:
        spots[-1] = 1.0
        for i in range(len(spots) - 2, -1, -1):
            spots[i] = min(spots[i], spots[i + 1] - half[i + 1] - half[i])
    for spot, (_, note) in zip(spots, ordered, strict=True):
        note.xy = (1, spot)


def _folded(text: str) -> str:
    """Break a label into short lines where the sheet is narrow."""
    if not narrow():
        return text
    return "\n".join("\n".join(textwrap.wrap(line, 15, break_long_words=False)) for line in text.split("\n"))


