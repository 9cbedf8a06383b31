"""The files: where they are, what describes them, whether they are sound and unchanged."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from functools import lru_cache
from pathlib import Path

import pandas as pd

from . import _schema

DESCRIPTOR = "datapackage.json"


def data_folder() -> Path:
    """Return the folder of the shipped tables: a checkout's own ``data``, else the installed package's copy."""
    package = Path(__file__).parent
    checkout = package.parent / "data"
    if (package.parent / "pyproject.toml").is_file() and (checkout / DESCRIPTOR).is_file():
        return checkout
    return package / "_data"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"no file {path}") from None
    except IsADirectoryError:
        raise ValueError(f"{path} is a folder, not a table") from None


def own_folder(folder: str | Path | None) -> Path | None:
    if folder is None:
        return None
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise FileNotFoundError(f"no folder {str(folder)!r}; name the one that holds your tables, or leave it out")
    return path


@lru_cache(maxsize=8)
def _descriptor(raw: bytes, path: str) -> dict:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; it must be a Data Package descriptor in JSON") from None


def _own_descriptor(folder: Path) -> dict:
    path = folder / DESCRIPTOR
    return _descriptor(path.read_bytes(), str(path)) if path.is_file() else {"resources": []}


def resources(folder: str | Path | None = None) -> dict[str, dict]:
    """Return the descriptions of the tables by name: title, path, schema, sources, licences, release lag [day].

    A user's ``datapackage.json`` adds tables or describes its own; any other table keeps the shipped description.
    """
    return deepcopy(_listed(folder))


def _listed(folder: str | Path | None) -> dict[str, dict]:
    own = own_folder(folder)
    found = _own_descriptor(data_folder())["resources"] + (_own_descriptor(own)["resources"] if own else [])
    return {r["name"]: r for r in found}


def _resource(name: str, folder: str | Path | None) -> dict:
    listed = _listed(folder)
    if name not in listed:
        raise ValueError(f"no table {name!r}{_schema.suggest(name, listed)}; see `vzmodel data list`")
    return listed[name]


def _path(resource: dict, folder: str | Path | None) -> Path:
    own = own_folder(folder)
    if own and (own / resource["path"]).is_file():
        return own / resource["path"]
    return data_folder() / resource["path"]


@lru_cache(maxsize=128)
def _parsed(raw: bytes, description: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    table, faults = _schema.read(json.loads(description), raw)
    return table, tuple(faults)


def read_table(name: str, folder: str | Path | None = None) -> pd.DataFrame:
    """Read and check one table; the copy is the caller's own.

    Parameters
    ----------
    name : str
        Such as ``"production"`` or ``"assumptions_prices"``; see `resources`.
    folder : path, optional
        A user's folder; the shipped table is read where it holds no file of that name.

    Raises
    ------
    ValueError
        If there is no such table, or it breaks its schema: the first fault, with line, column, value and bounds.
    FileNotFoundError
        If the folder or file is not there.
    """
    resource = _resource(name, folder)
    table, faults = _parsed(_bytes(_path(resource, folder)), json.dumps(resource))
    if faults:
        more = f" (and {len(faults) - 1} more: `vzmodel data check`)" if len(faults) > 1 else ""
        raise ValueError(faults[0] + more)
    return table.copy()


def strays(folder: Path, listed: dict[str, dict]) -> list[str]:
    paths = {r["path"] for r in listed.values()}
    found = {p.relative_to(folder).as_posix() for p in [*folder.glob("*.csv"), *folder.glob("assumptions/*.csv")]}
    way_out = f"rename it or describe it in {DESCRIPTOR}"
    return [f"{name} is no known table{_schema.suggest(name, paths)}; {way_out}" for name in sorted(found - paths)]


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, as Data Package writes it."""
    return "sha256:" + hashlib.sha256(_bytes(path)).hexdigest()


def data_hash(folder: str | Path | None = None) -> str:
    """Return one SHA-256 over every file that a run with this folder reads; equal data, equal hash."""
    lines = [f"{name} {file_hash(_path(r, folder))}" for name, r in sorted(resources(folder).items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def check(folder: str | Path | None = None) -> list[str]:
    """Return every fault of the tables, one line each; none if all is sound.

    Looks at files that are missing, changed since they were sealed, not described, or against their schema.
    """
    own = own_folder(folder)
    listed = resources(folder)
    base = own or data_folder()
    faults = strays(base, listed)
    for resource in listed.values():
        path = base / resource["path"]
        if path.is_file():
            faults += _file_faults(resource, path, sealed=(base / DESCRIPTOR).is_file())
        elif not own:
            faults.append(f"{resource['path']} is listed in {DESCRIPTOR} and not there")
    return faults


def _file_faults(resource: dict, path: Path, sealed: bool) -> list[str]:
    faults = []
    if sealed and resource.get("hash") != file_hash(path):
        faults.append(f"{resource['path']} has changed since it was sealed; review it, then `vzmodel data seal`")
    if "schema" in resource:
        try:
            faults += _parsed(_bytes(path), json.dumps(resource))[1]
        except ValueError as error:
            faults.append(str(error))
    return faults


def seal(folder: str | Path | None = None) -> Path:
    """Write the hash and size of every file into the folder's ``datapackage.json``, and return its path.

    A user's folder without one gets one, with the shipped descriptions of the tables it holds.
    """
    base = own_folder(folder) or data_folder()
    descriptor = dict(_own_descriptor(base))
    descriptor.setdefault("name", "tables")
    here = [r for r in resources(folder).values() if (base / r["path"]).is_file()]
    descriptor["resources"] = [
        {**r, "bytes": (base / r["path"]).stat().st_size, "hash": file_hash(base / r["path"])} for r in here
    ]
    path = base / DESCRIPTOR
    path.write_text(json.dumps(descriptor, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    return path


def template(name: str) -> str:
    """Return the header of a table as CSV text, to start one's own from; what each column takes is in `resources`."""
    return ",".join(f["name"] for f in _resource(name, None)["schema"]["fields"]) + "\n"
