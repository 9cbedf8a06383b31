"""The folder of a report: new or an earlier report, and replaced only by a whole one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import manifest


@contextmanager
def whole(folder: str | Path) -> Iterator[tuple[Path, Path]]:
    """Give the folder wanted and one to fill beside it, which takes its place if nothing goes wrong.

    Raises
    ------
    FileExistsError, NotADirectoryError
        If the folder holds something that is not a report, or is a file.
    PermissionError, OSError
        If the folder cannot be written.
    """
    target = _target(folder)
    work = _beside(target)
    try:
        yield target, work
        _move(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _target(folder: str | Path) -> Path:
    target = Path(folder).expanduser().resolve()
    if target.exists() and not target.is_dir():
        raise NotADirectoryError(f"{target} is a file; name a folder for the report")
    if target.is_dir() and any(target.iterdir()) and not manifest.is_report(target):
        raise FileExistsError(f"{target} holds files that are not a report; name a new or an empty folder")
    return target


def _beside(target: Path) -> Path:
    """Return a new folder beside the target: a rename within one file system is all or nothing."""
    work = target.parent / f".{target.name}.{os.getpid()}.part"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir() and not os.access(target, os.W_OK):
            raise PermissionError(13, "Permission denied")
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir()
    except OSError as error:
        kind = PermissionError if isinstance(error, PermissionError) else OSError
        raise kind(f"cannot write the report to {target}: {error.strerror or error}; choose another folder") from None
    return work


def _move(work: Path, target: Path) -> None:
    if not target.exists():
        work.rename(target)
        return
    old = work.with_suffix(".old")
    target.rename(old)
    try:
        work.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
