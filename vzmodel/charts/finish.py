"""What makes a function a chart of the house: size, language, labels set apart, readable type, words for the blind."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import Formatter

from . import labels, language, looks, phone
from .looks import figure_of, said

_drawing: ContextVar[bool] = ContextVar("a chart is being drawn", default=False)
_told: WeakKeyDictionary[Figure, WeakKeyDictionary[Axes, str]] = WeakKeyDictionary()
P = ParamSpec("P")
R = TypeVar("R")


def tell(ax: Axes, *sentences: str) -> None:
    """Keep what a chart shows, in words with its numbers, for `alt_text`."""
    _told.setdefault(figure_of(ax), WeakKeyDictionary())[ax] = " ".join(said(sentence) for sentence in sentences)


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
    told = _told.get(figure, WeakKeyDictionary())
    panels = len(figure.axes) > 1
    words = [f"{' '.join(ax.get_title(loc='left').split())}: {told[ax]}" if panels else told[ax]
             for ax in figure.axes if ax in told]
    return " ".join([f"{title_of(figure)}."] * bool(title_of(figure)) + words)


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
    known = [*_visible(signature).parameters]

    @functools.wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        size, tongue = kwargs.pop("size", None), kwargs.pop("language", None)
        strange = [key for key in kwargs if key not in known and "more" not in known]
        if strange:
            raise TypeError(f"{draw.__name__}() takes no {strange[0]!r}; it takes {', '.join(known)}")
        with looks.house(size, tongue):  # type: ignore[arg-type]
            if _drawing.get():
                return draw(*args, **kwargs)
            token = _drawing.set(True)
            try:
                if size is not None:
                    _resize(signature, args, kwargs)
                result = draw(*args, **kwargs)
                finish(result)
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
           for name, kind in (("size", looks.Size | None), ("language", looks.Language | None))]
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
        if given.get(name) is not None and (name == "axes" or len(figure_of(given[name]).axes) == 1):
            looks.resize(figure_of(given[name]))


def finish(chart: Any) -> None:
    """Put what is left of a chart's text into the language of the house, and darken type too pale to read.

    Other Axes of the caller's figure stay as they are.
    """
    figure, tongue = figure_of(chart), looks.look()[1]
    drawn = figure.axes if isinstance(chart, Figure) else list(np.ravel(np.asarray(chart, dtype=object)))
    for ax in drawn:
        labels.set_apart(ax)
        for axis in (ax.xaxis, ax.yaxis) if language.foreign(tongue) else ():
            if not isinstance(axis.get_major_formatter(), Spoken):
                axis.set_major_formatter(Spoken(axis.get_major_formatter(), tongue))
    whole = [text for text in figure.get_children() if isinstance(text, Text)]
    for text in [*whole, *(text for ax in drawn for text in ax.findobj(Text))]:
        looks.translate(text)
        if to_hex(text.get_color()) != "#ffffff":
            text.set_color(looks.ink(text.get_color()))
    if looks.narrow():
        phone.fold(figure, drawn)


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


