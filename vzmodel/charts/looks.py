"""The looks every chart can take: its size and its language, for one chart or for all drawn in a `house`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, NamedTuple, TypedDict
from weakref import WeakKeyDictionary, WeakSet

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from . import language

Size = Literal["report", "slide", "web"]
Language = Literal["en", "es"]
SIZES: dict[str, str] = {
    "report": "for a page: 6.6 inches wide unless the chart asks for more",
    "slide": "16:9, the same type on a smaller sheet, so that it is read across a room",
    "web": "narrow and tall, so that small type is ten points high on a phone",
}
BLACK, GREY = "#000000", "#5f6b73"
CONTRAST = 4.5
"""Least contrast of type on white, the level WCAG 2.1 asks of small type."""


class Look(TypedDict, total=False):
    """What every chart takes besides its own arguments; by default that of `house`, else report and en."""

    size: Size | None
    language: Language | None


class _Chosen(NamedTuple):
    size: str = "report"
    language: str = "en"


_PLAIN = _Chosen()
_chosen: ContextVar[_Chosen] = ContextVar("look of charts", default=_PLAIN)
_as_report: WeakKeyDictionary[Figure, tuple[float, float]] = WeakKeyDictionary()
_said: WeakSet[Text] = WeakSet()


def check(size: str | None, language: str | None) -> None:
    """Raise ValueError if there is no such size or language, naming those there are."""
    for kind, asked, known in (("size", size, SIZES), ("language", language, _LANGUAGES)):
        if asked is not None and asked not in known:
            raise ValueError(f"charts have no {kind} {asked!r}; there are {', '.join(known)}")


_LANGUAGES = language.LANGUAGES


@contextmanager
def house(size: Size | None = None, language: Language | None = None) -> Iterator[None]:
    """Give all charts drawn inside one size and one language.

    Parameters
    ----------
    size : {"report", "slide", "web"}, optional
    language : {"en", "es"}, optional
        Left as it is without them.

    Raises
    ------
    ValueError
        If there is no such size or language.

    Examples
    --------
    >>> with house(size="slide", language="es"):
    ...     print(said("median"), canvas((6.6, 4.3)))
    mediana (6.4, 3.6)
    """
    check(size, language)
    before = _chosen.get()
    token = _chosen.set(_Chosen(size or before.size, language or before.language))
    try:
        yield
    finally:
        _chosen.reset(token)


def look() -> tuple[str, str]:
    """Return the size and the language charts are drawn in now."""
    return _chosen.get()


def said(text: str) -> str:
    """Return a text of a chart in the language of the house."""
    return language.said(text, _chosen.get().language)


def canvas(report: tuple[float, float]) -> tuple[float, float]:
    """Return the sheet of the present size for a chart that takes `report` on a page [inch].

    Type keeps its points; a smaller sheet is what makes it larger once the picture fills a slide or a phone.
    """
    height, size = report[1], _chosen.get().size
    if size == "slide":
        height = max(3.6, round(0.84 * height, 2) if height > 4.4 else 3.6)
        return round(height * 16 / 9, 2), height
    return (3.9, round(max(4.7, 1.35 * height if height > 4.4 else 1.22 * height), 2)) if size == "web" else report


def narrow() -> bool:
    """Say whether charts are drawn for a phone."""
    return _chosen.get().size == "web"


def remember(figure: Figure, report: tuple[float, float]) -> Figure:
    """Note what a figure takes on a page [inch], so that a chart drawn on it can change its size."""
    _as_report[figure] = report
    return figure


def resize(figure: Figure) -> None:
    """Give a figure the sheet of the present size."""
    width, height = figure.get_size_inches()
    figure.set_size_inches(canvas(_as_report.setdefault(figure, (float(width), float(height)))))


def figure_of(chart: Any) -> Figure:
    """Return the figure of Axes, of an array of Axes, or of itself."""
    if isinstance(chart, Figure):
        return chart
    first = chart if isinstance(chart, Axes) else np.ravel(np.asarray(chart, dtype=object))[0]
    return first.figure if isinstance(first.figure, Figure) else first.figure.figure


def ink(colour: Any) -> str:
    """Return a colour darkened until small type in it is read on white.

    Examples
    --------
    >>> ink("#56B4E9")
    '#3c7da2'
    >>> ink("#0072B2")
    '#0072b2'
    """
    rgb = np.array(to_rgb(colour))
    while contrast(rgb) < CONTRAST:
        rgb = rgb * 0.98
    return to_hex(tuple(rgb))


def contrast(colour: Any) -> float:
    """Return the contrast of a colour on white [1], from 1 (white) to 21 (black).

    Notes
    -----
    ``1.05 / (L + 0.05)`` with L the relative luminance of WCAG 2.1.
    """
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05))


def put(text: Text, words: str) -> None:
    """Write words that are in the language of the house already."""
    text.set_text(words)
    _said.add(text)


def is_said(text: Text) -> bool:
    """Say whether a text is in the language of the house already."""
    return text in _said


def translate(text: Text) -> None:
    """Put a text into the language of the house, unless it is."""
    if text not in _said and text.get_text():
        put(text, said(text.get_text()))


def run_of(p: Any) -> dict[str, Any]:
    """Return what a Dataset says of the run it came from."""
    return json.loads(p.attrs.get("run", "{}"))
