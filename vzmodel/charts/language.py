"""What charts say in another language: a table of phrases, months, and how numbers are written.

The table is `spanish.toml`: an English phrase on the left, its Spanish on the right. ``{n}`` stands for a number,
``{d}`` for months and other marks, ``{label}`` for another phrase of the table, any other name for words left as they
are. A text is looked up whole, then sentence by sentence.
"""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import resources

LANGUAGES = {"en": "English", "es": "Spanish"}
LONG = dict(zip(("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                 "November", "December"),
                ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
                 "noviembre", "diciembre"), strict=True))
SHORT = {long[:3]: word[:3] for long, word in LONG.items()}
NUMBER = r"[+\u2212-]?\d[\d.,]*"
_missed: ContextVar[list[str] | None] = ContextVar("phrases without a translation", default=None)


def foreign(language: str) -> bool:
    """Say whether a language is another than the one charts are written in."""
    return language != "en"


@cache
def table() -> dict[str, str]:
    """Return the phrases, English to Spanish.

    Raises
    ------
    ValueError
        If a phrase stands there twice with different words.
    """
    found: dict[str, str] = {}
    text = resources.files(__package__).joinpath("spanish.toml").read_text(encoding="utf-8")
    for part in tomllib.loads(text).values():
        for english, spanish in part.items():
            if found.setdefault(english, spanish) != spanish:
                raise ValueError(f"spanish.toml has two translations of {english!r}")
    return found


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """Return the phrases with gaps, those with most fixed words first."""
    rows = [(english, spanish) for english, spanish in table().items() if "{" in english]
    rows.sort(key=lambda row: -len(re.sub(r"{\w+}", "", row[0])))
    return [(re.compile(_pattern(english)), spanish) for english, spanish in rows]


def _pattern(english: str) -> str:
    def gap(found: re.Match[str]) -> str:
        name = found[1]
        return f"(?P<{name}>{NUMBER if name[0] == 'n' and name[1:].isdigit() or name == 'n' else '.+?'})"

    pieces = re.split(r"({\w+})", english)
    return "".join(re.sub(r"{(\w+)}", gap, p) if p.startswith("{") else re.escape(p) for p in pieces)


def said(text: str, language: str = "es") -> str:
    """Return a text in a language; what the table does not know stays as it is.

    Examples
    --------
    >>> said("sold for cash 1,234")
    'vendido de contado 1.234'
    >>> said("forecast from Apr 2019")
    'pronóstico desde abr 2019'
    """
    if not foreign(language) or not text.strip():
        return text
    flat = " ".join(text.split())
    words = _phrase(flat)
    if words is None:
        words = " ".join(_phrase(part) or _left(part) for part in sentences(flat))
    words = _figures(words)
    lines = text.strip("\n").count("\n") + 1
    return words if lines == 1 else "\n".join(_broken(words, lines))


def sentences(text: str) -> list[str]:
    """Split a text where a sentence ends.

    Examples
    --------
    >>> sentences("Source: vzmodel 0.1.0. Means add up; no band.")
    ['Source: vzmodel 0.1.0.', 'Means add up; no band.']
    """
    return re.split(r"(?<=[^A-Z][.]) (?=[A-Z])", text)


def _phrase(text: str) -> str | None:
    """Return one phrase translated, None where the table has none."""
    known = table().get(text)
    if known is not None:
        return known
    for pattern, spanish in _patterns():
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        inner = {name: _phrase(value) for name, value in parts.items()}
        if any(value is None for name, value in inner.items() if name.startswith("label")):
            continue
        return spanish.format(**{name: inner[name] or value for name, value in parts.items()})
    return None


def _left(text: str) -> str:
    """Return a text that has no translation, noting it where somebody asked; names have none to have."""
    missed = _missed.get()
    if missed is not None and text not in table().values() and re.search(r"\b[a-z]{3,}", re.sub(r"\w*_\w*", "", text)):
        missed.append(text)
    return text


@contextmanager
def missed() -> Iterator[list[str]]:
    """Gather the texts that are asked for inside and that the table does not have."""
    found: list[str] = []
    token = _missed.set(found)
    try:
        yield found
    finally:
        _missed.reset(token)


def _dates(text: str) -> str:
    for english, spanish in LONG.items():
        text = re.sub(rf"(?<=\d ){english}(?= \d{{4}})", f"de {spanish} de", text)
        text = re.sub(rf"\b{english} (?=\d{{4}}\b)", f"{spanish} de ", text)
    for english, spanish in SHORT.items():
        text = re.sub(rf"\b{english}(?= \d{{4}}\b)|^{english}$", spanish, text)
    return text


def _figures(text: str) -> str:
    """Write months in Spanish, and numbers with a point between thousands and a comma before decimals."""
    swap = str.maketrans(",.", ".,")
    return re.sub(r"(?<![\w.,])\d+(?:,\d{3})*(?:\.\d+)?(?![\d]|[.,]\d)", lambda m: m[0].translate(swap), _dates(text))


def _broken(text: str, lines: int) -> list[str]:
    """Break a text into no more lines than it had."""
    width = max(-(-len(text) // lines), 1)
    while len(found := textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)) > lines:
        width += 1
    return found
