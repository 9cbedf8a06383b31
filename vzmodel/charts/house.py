"""The looks every chart can take: its size, its language, and a sentence for those who cannot see it."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, NamedTuple, ParamSpec, TypedDict, TypeVar
from weakref import WeakKeyDictionary, WeakSet

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import Formatter

from . import language

Size = Literal["report", "slide", "web"]
Language = Literal["en", "es"]
SIZES: dict[str, str] = {
    "report": "for a page: 6.6 inches wide unless the chart asks for more",
    "slide": "16:9, the same type on a smaller sheet, so that it is read across a room",
    "web": "narrow and tall, so that small type is ten points high on a phone",
}
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
_drawing: ContextVar[bool] = ContextVar("a chart is being drawn", default=False)
_as_report: WeakKeyDictionary[Figure, tuple[float, float]] = WeakKeyDictionary()
_said: WeakSet[Text] = WeakSet()
_told: WeakKeyDictionary[Figure, dict[str, str]] = WeakKeyDictionary()
P = ParamSpec("P")
R = TypeVar("R")


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
    width, height = report
    size = _chosen.get().size
    if size == "slide":
        height = max(3.6, round(0.84 * height, 2) if height > 4.4 else 3.6)
        return round(height * 16 / 9, 2), height
    return (3.9, round(max(4.7, 1.22 * height), 2)) if size == "web" else (width, height)


def narrow() -> bool:
    """Say whether charts are drawn for a phone."""
    return _chosen.get().size == "web"


def remember(figure: Figure, report: tuple[float, float]) -> Figure:
    """Note what a figure takes on a page [inch], so that a chart drawn on it can change its size."""
    _as_report[figure] = report
    return figure


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
    """Note that a text already stands in the language of the house."""
    text.set_text(words)
    _said.add(text)


def tell(ax: Axes, *sentences: str) -> None:
    """Keep what a chart shows, in words with its numbers, for `alt_text`."""
    title = ax.get_title(loc="left").replace("\n", " ")
    told = _told.setdefault(figure_of(ax), {})
    told[title] = " ".join(said(sentence) for sentence in sentences)


def alt_text(chart: Any) -> str:
    """Return what a chart shows in a sentence or two, with its numbers, for those who cannot see it.

    Parameters
    ----------
    chart : Axes, array of Axes or Figure
        As a chart function returns it.

    Returns
    -------
    str
        In the language the chart was drawn in; empty for an empty figure.
    """
    figure = figure_of(chart)
    told = _told.get(figure, {})
    parts = [f"{title.rstrip('.')}. {words}".strip(" .") + "." for title, words in told.items()]
    return " ".join(parts) or title_of(figure)


def title_of(figure: Figure) -> str:
    """Return the title of a figure, of its first Axes where it has none of its own."""
    own = figure.get_suptitle()
    first = next((ax.get_title(loc="left") or ax.get_title() for ax in figure.axes), "")
    return " ".join((own or first).split())


def chart(draw: Callable[P, R]) -> Callable[P, R]:
    """Let a function that draws a chart take ``size=`` and ``language=``, and finish what it drew.

    The function itself states ``**look: Unpack[Look]`` for type checkers, and never sees it filled.
    """
    signature = inspect.signature(draw)

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        size, tongue = kwargs.pop("size", None), kwargs.pop("language", None)
        with house(size, tongue):  # type: ignore[arg-type]
            if _drawing.get():
                return draw(*args, **kwargs)
            token = _drawing.set(True)
            try:
                if size is not None:
                    _resize(signature, args, kwargs)
                result = draw(*args, **kwargs)
                finish(figure_of(result))
            finally:
                _drawing.reset(token)
        return result

    drawn.__signature__ = _visible(signature)  # type: ignore[attr-defined]
    drawn.__doc__ = _documented(draw.__doc__ or "")
    return drawn


def _visible(signature: inspect.Signature) -> inspect.Signature:
    """Return a signature with size and language in place of ``**look``."""
    kept = [p for p in signature.parameters.values() if p.name != "look"]
    rest = [p for p in kept if p.kind is inspect.Parameter.VAR_KEYWORD]
    new = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=kind)
           for name, kind in (("size", Size | None), ("language", Language | None))]
    return signature.replace(parameters=[p for p in kept if p not in rest] + new + rest)


def _documented(doc: str) -> str:
    """Return a docstring with size and language among its parameters."""
    text = ('size : {"report", "slide", "web"}, optional\nlanguage : {"en", "es"}, optional\n'
            '    Default: those of `charts.house`, else report and en.\n')
    doc = inspect.cleandoc(doc)
    return doc.replace("\n\nReturns\n", "\n" + text.rstrip("\n") + "\n\nReturns\n", 1)


def _resize(signature: inspect.Signature, args: Any, kwargs: Any) -> None:
    """Give the figure of Axes handed in the sheet of the size asked for, if the chart has it for itself."""
    given = signature.bind_partial(*args, **kwargs).arguments
    given = {**given, **given.get("more", {})}
    for name in ("ax", "axes"):
        if given.get(name) is not None:
            figure = figure_of(given[name])
            if name == "axes" or len(figure.axes) == 1:
                page = _as_report.setdefault(figure, tuple(figure.get_size_inches()))  # type: ignore[arg-type]
                figure.set_size_inches(canvas(page))


def finish(figure: Figure) -> None:
    """Put what is left of a figure's text into the language of the house, and darken type too pale to read."""
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            if language.foreign(_chosen.get().language) and not isinstance(axis.get_major_formatter(), Spoken):
                axis.set_major_formatter(Spoken(axis.get_major_formatter(), _chosen.get().language))
    for text in figure.findobj(Text):
        if text not in _said and text.get_text():  # type: ignore[attr-defined]
            put(text, said(text.get_text()))  # type: ignore[arg-type,attr-defined]
        colour = text.get_color()  # type: ignore[attr-defined]
        if to_hex(colour) != "#ffffff" and contrast(colour) < CONTRAST:
            text.set_color(ink(colour))  # type: ignore[attr-defined]


class Spoken(Formatter):
    """Labels of an axis in another language than the one they were made in."""

    def __init__(self, made: Formatter, tongue: str) -> None:
        self.made, self.tongue = made, tongue

    def set_axis(self, axis: Any) -> None:
        """Tell both which axis they are of."""
        super().set_axis(axis)
        self.made.set_axis(axis)

    def __call__(self, x: float, pos: int | None = None) -> str:
        return language.said(self.made(x, pos), self.tongue)

    def format_ticks(self, values: Any) -> list[str]:
        """Return the labels of all ticks at once."""
        return [language.said(text, self.tongue) for text in self.made.format_ticks(values)]

    def get_offset(self) -> str:
        """Return what stands at the end of the axis."""
        return language.said(self.made.get_offset(), self.tongue)


def run_of(p: Any) -> dict[str, Any]:
    """Return what a Dataset says of the run it came from."""
    return json.loads(p.attrs.get("run", "{}"))
