"""Charts as files: PNG, SVG and PDF that stay the same byte for byte and say what they show."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from .finish import alt_text, title_of
from .looks import figure_of
from .style import context

KINDS = ("png", "svg", "pdf")


def save(chart: Any, path: str | Path, formats: Sequence[str] = KINDS, dpi: int = 300) -> list[Path]:
    """Write a chart as PNG, SVG and PDF; the same chart gives the same bytes.

    The title and the text of `alt_text` go into each file: as ``<title>`` and ``<desc>`` of the SVG, as Title and
    Description of the PNG, as Title and Subject of the PDF.

    Parameters
    ----------
    chart : Axes, array of Axes or Figure
    path : str or Path
        File name without its ending; the folder is made if it is not there.
    formats : sequence of {"png", "svg", "pdf"}
    dpi : int
        Resolution of the PNG [1/inch]

    Returns
    -------
    list of Path
        The files written, in the order of `formats`.

    Raises
    ------
    ValueError
        If a format is not one of the three.
    """
    stem = Path(path)
    files = {stem.with_name(f"{stem.name}.{check(kind)}"): kind for kind in formats}
    _write(figure_of(chart), files, dpi)
    return list(files)


def save_as(chart: Any, path: str | Path, dpi: int = 300) -> Path:
    """Write a chart into the file named, in the format its ending asks for, and return the file; see `save`."""
    file = Path(path)
    _write(figure_of(chart), {file: kind_of(file)}, dpi)
    return file


def _write(figure: Figure, files: Mapping[Path, str], dpi: int) -> None:
    with context():
        engine = figure.get_layout_engine()
        if engine is not None:
            before = figure.dpi
            figure.set_dpi(dpi)  # letters are a little wider at a coarse resolution
            figure.draw_without_rendering()
            figure.set_dpi(before)
            figure.set_layout_engine(None)  # the layout is found once, not once per format
        try:
            for file, kind in files.items():
                file.parent.mkdir(parents=True, exist_ok=True)
                beside = file.with_name(f".{file.name}.{os.getpid()}")  # a file is whole or not there
                try:
                    figure.savefig(beside, format=kind, dpi=dpi, metadata=_metadata(figure, kind))
                    if kind == "svg":
                        _describe(beside, alt_text(figure))
                    os.replace(beside, file)
                finally:
                    beside.unlink(missing_ok=True)
        finally:
            if engine is not None:
                figure.set_layout_engine(engine)


def check(kind: str) -> str:
    """Return a format, or raise ValueError if it is not one that charts are written in."""
    if kind not in KINDS:
        raise ValueError(f"charts are written as png, svg or pdf, not {kind!r}")
    return kind


def kind_of(path: Path) -> str:
    """Return the format that the ending of a file name asks for.

    Raises
    ------
    ValueError
        If it is none of png, svg and pdf, or the name is that of a folder.

    Examples
    --------
    >>> kind_of(Path("output.svg"))
    'svg'
    """
    if path.is_dir():
        raise ValueError(f"{path} is a folder: name a file in it that ends in .png, .svg or .pdf")
    return check(path.suffix.removeprefix(".").lower())


def _metadata(figure: Figure, kind: str) -> dict[str, Any]:
    """Return what a file says of itself: no dates and no versions, which would change its bytes."""
    title, words = title_of(figure), alt_text(figure)
    return {"png": {"Software": None, "Title": title, "Description": words},
            "svg": {"Date": None, "Creator": None, "Title": title, "Description": words},
            "pdf": {"CreationDate": None, "Creator": None, "Producer": None, "Title": title, "Subject": words}}[kind]


def _describe(file: Path, words: str) -> None:
    """Put the description where a screen reader looks for it: right after the title."""
    text = file.read_text(encoding="utf-8")
    text = text.replace("</title>", f"</title>\n <desc>{escape(words, quote=False)}</desc>", 1)
    file.write_text(text.replace("<svg ", '<svg role="img" ', 1), encoding="utf-8", newline="\n")
