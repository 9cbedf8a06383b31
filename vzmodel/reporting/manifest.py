"""The manifest: what a report was made from, and what it is made of."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

NAME = "manifest.json"
PACKAGES = ("numpy", "pandas", "scipy", "statsmodels", "xarray", "matplotlib", "scoringrules", "jinja2", "openpyxl")


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages a report depends on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(folder: Path, version: str, call: dict[str, Any], runs: dict[str, dict[str, Any]],
          data: dict[str, str]) -> Path:
    """Write the manifest of a finished folder.

    Parameters
    ----------
    folder : Path
        All other files must be there: each is listed with its hash.
    version : str
        Of vzmodel.
    call : dict
        Arguments of the report.
    runs : dict of dict
        By chapter: the run's own description, with the text of each scenario.
    data : dict of str
        Hash by data file.

    Returns
    -------
    Path
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    content = {
        "vzmodel": version, "call": call, "runs": runs, "data": data,
        "versions": versions(), "platform": sys.platform,
        "files": {path.relative_to(folder).as_posix(): sha256(path) for path in files},
    }
    path = folder / NAME
    text = json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


def is_report(folder: Path) -> bool:
    """Tell whether a folder holds a report, by its manifest."""
    try:
        return "vzmodel" in json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
