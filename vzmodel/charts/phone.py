"""What a chart needs on a narrow sheet: names and labels in short lines, fewer years, legends in one column."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.dates import DateLocator
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.ticker import MaxNLocator

from .looks import is_said, put, said

NAME, LABEL = 17, 17
"""Longest line of a name at the left and of a label beside a bar [letter]."""
MANY = 10
"""Rows beyond which there is no room for a second line."""


def fold(figure: Figure, drawn: Sequence[Axes]) -> None:
    """Break long names and labels of the Axes drawn into lines, and thin out what still touches."""
    for ax in drawn:
        _names(ax)
        long = [t for t in ax.texts if isinstance(t, Annotation) and not t.get_rotation() and len(t.get_text()) > LABEL]
        for text in long if len(long) <= MANY else ():
            put(text, _label(text.get_text() if is_said(text) else said(text.get_text())))
    figure.draw_without_rendering()
    for ax in drawn:
        _thin(ax)


def _label(text: str) -> str:
    """Break a label where a bracket, an arrow or a dot divides it.

    Examples
    --------
    >>> _label("−724 (−1,000 to −475)").split(chr(10))
    ['−724', '(−1,000 to −475)']
    """
    if len(text) <= LABEL or "\n" in text:
        return text
    return re.sub(r" (?=[(→])|(?<=·) ", "\n", text, count=1)


def _names(ax: Axes) -> None:
    """Fold the names of rows, where rows have names."""
    names = [label.get_text() for label in ax.get_yticklabels()]
    width = NAME if len(names) <= MANY else 26
    if max(map(len, names), default=0) > width and ax.get_yscale() != "log":
        folded = ["\n".join(textwrap.wrap(name, width, break_long_words=False)) for name in names]
        size = min(label.get_fontsize() for label in ax.get_yticklabels())
        ax.set_yticks(ax.get_yticks(), folded, fontsize=min(size, 7.6 if len(names) <= MANY else 6.6))


def _thin(ax: Axes) -> None:
    """Leave out every other label of the lower axis while neighbours touch."""
    if isinstance(ax.xaxis.get_major_locator(), DateLocator):
        return
    for _ in range(3):
        shown = [t for t in ax.get_xticklabels() if t.get_text() and ax.bbox.x0 - 1 <= t.get_window_extent().x0]
        spans = [t.get_window_extent() for t in shown]
        if all(a.x1 + 3 < b.x0 for a, b in pairwise(spans)):
            return
        if isinstance(ax.xaxis.get_major_locator(), MaxNLocator):
            ax.xaxis.set_major_locator(MaxNLocator(3, integer=True))
        else:
            ax.set_xticks(ax.get_xticks()[::2], [t.get_text() for t in ax.get_xticklabels()][::2])
        ax.figure.draw_without_rendering()  # type: ignore[union-attr]
