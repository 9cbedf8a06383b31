"""The files: where they are, what describes them, whether they are sound and unchanged."""

from __future__ import annotations

import hashlib
import json
from copy import deepcopy
from functools import lru_cache
from pathlib import Path

import pandas as pd

from vzmodel.data import _corrections, _rules, _schema
from vzmodel.scenarios import suggest

DESCRIPTOR = "datapackage.json"
CORRECTIONS = "corrections"
MOST_PARSED = 128
_PARSED: dict[tuple[str, str], tuple[pd.DataFrame, tuple[str, ...]]] = {}


def data_folder() -> Path:
    """Return the folder of the shipped tables: a checkout's own ``data``, else the installed package's copy."""
    package = Path(__file__).parent.parent
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
        found = json.loads(raw)
    except ValueError as error:
        raise ValueError(f"{path}: {error}; it must be a Data Package descriptor in JSON") from None
    listed = found.get("resources") if isinstance(found, dict) else None
    if not isinstance(listed, list) or not all(isinstance(r, dict) and {"name", "path"} <= set(r) for r in listed):
        raise ValueError(f"{path}: it must hold a list of resources, each with a name and a path")
    for r in listed:
        inside = isinstance(r["path"], str) and not Path(r["path"]).is_absolute() and ".." not in Path(r["path"]).parts
        if not inside:
            raise ValueError(f"{path}: resource {r['name']!r} has path {r['path']!r}; name a file inside the folder")
    return found


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
        raise ValueError(f"no table {name!r}{suggest(name, listed)}; see `vzmodel data list`")
    if "schema" not in listed[name]:
        raise ValueError(f"{name!r} is {listed[name]['path']}, which is no table; see `vzmodel data list`")
    return listed[name]


def _base(resource: dict, folder: str | Path | None) -> Path:
    """Return the folder that a file is read from."""
    own = own_folder(folder)
    return own if own and (own / resource["path"]).is_file() else data_folder()


def _path(resource: dict, folder: str | Path | None) -> Path:
    return _base(resource, folder) / resource["path"]


def _parsed(raw: bytes, resource: dict) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return table and faults, once per content and description."""
    key = (hashlib.sha256(raw).hexdigest(), json.dumps(resource))
    if key not in _PARSED:
        table, faults = _schema.read(resource, raw)
        while len(_PARSED) >= MOST_PARSED:
            del _PARSED[next(iter(_PARSED))]
        _PARSED[key] = table, tuple(faults)
    return _PARSED[key]


def read_printed(name: str, folder: str | Path | None = None) -> pd.DataFrame:
    """Read and check one table as its sources print it, before any correction; raises as `read_table` does."""
    resource = _resource(name, folder)
    table, faults = _parsed(_bytes(_path(resource, folder)), resource)
    if faults:
        more = f" (and {len(faults) - 1} more: `vzmodel data check`)" if len(faults) > 1 else ""
        raise ValueError(faults[0] + more)
    return table.copy()


def read_table(name: str, folder: str | Path | None = None, as_of: pd.Timestamp | None = None) -> pd.DataFrame:
    """Read and check one table, with the corrections made that are noted for it; the copy is the caller's own.

    Parameters
    ----------
    name : str
        Such as ``"production"`` or ``"assumptions_prices"``; see `resources`.
    folder : path, optional
        A user's folder; the shipped table is read where it holds no file of that name. Corrections are those of the
        folder the table is in.
    as_of : date, optional
        Make only the corrections that could be known on that day.

    Raises
    ------
    ValueError
        If there is no such table, or it breaks its schema: the first fault, with line, column, value and bounds; or a
        correction to it no longer fits.
    FileNotFoundError
        If the folder or file is not there.
    """
    table = read_printed(name, folder)
    resource = _resource(name, folder)
    corrections = _corrections_beside(resource, folder)
    if as_of is not None:
        corrections = corrections[corrections["published"] <= as_of]
    table, faults = _corrections.apply(table, resource, corrections)
    if faults:
        raise ValueError(faults[0])
    return table


def _corrections_beside(resource: dict, folder: str | Path | None) -> pd.DataFrame:
    """Return the corrections in the folder that holds the table; none where there is no such file."""
    base, listed = _base(resource, folder), _listed(folder)
    if resource["name"] != CORRECTIONS and CORRECTIONS in listed and (base / listed[CORRECTIONS]["path"]).is_file():
        return read_printed(CORRECTIONS, base)
    return pd.DataFrame({"table": pd.Series(dtype="object"), "published": pd.Series(dtype="datetime64[ns]")})


def strays(folder: Path, listed: dict[str, dict]) -> list[str]:
    paths = {r["path"] for r in listed.values()}
    found = {p.relative_to(folder).as_posix() for p in [*folder.glob("*.csv"), *folder.glob("assumptions/*.csv")]}
    way_out = f"rename it or describe it in {DESCRIPTOR}"
    return [f"{name} is no known table{suggest(name, paths)}; {way_out}" for name in sorted(found - paths)]


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file, as Data Package writes it."""
    return "sha256:" + hashlib.sha256(_bytes(path)).hexdigest()


def data_hash(folder: str | Path | None = None) -> str:
    """Return one SHA-256 over every file that a run with this folder reads; equal data, equal hash."""
    lines = [f"{name} {file_hash(_path(r, folder))}" for name, r in sorted(resources(folder).items())]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def check(folder: str | Path | None = None) -> list[str]:
    """Return every fault of the tables, one line each; none if all is sound.

    Looks for files that are missing, changed since they were sealed or not described; for what breaks a table's schema
    and rules; for corrections that no longer fit; and for what does not hold between tables.
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
    return faults or _faults_between(folder, listed)


def _faults_between(folder: str | Path | None, listed: dict[str, dict]) -> list[str]:
    """Return the faults that only sound tables can show: corrections, and identities between tables."""
    names = [name for name, r in listed.items() if "schema" in r]
    own = own_folder(folder)
    holders = {_base(r, folder) for r in listed.values()}
    corrections = [read_printed(CORRECTIONS, b) for b in holders if (b / f"{CORRECTIONS}.csv").is_file()]
    strange = {n for table in corrections for n in table["table"] if n not in names}
    faults = [f"corrections: no table {n!r}{suggest(n, names)}" for n in sorted(strange)]
    for name in names:
        resource = listed[name]
        faults += _corrections.apply(read_printed(name, folder), resource, _corrections_beside(resource, folder))[1]
    shipped = _own_descriptor(data_folder()).get("identities", [])
    added = _own_descriptor(own).get("identities", []) if own else []
    if not faults:
        faults += _rules.identity_faults([*shipped, *added], lambda name: read_table(name, folder), names)
    return faults


def _file_faults(resource: dict, path: Path, sealed: bool) -> list[str]:
    faults = []
    if sealed and resource.get("hash") != file_hash(path):
        faults.append(f"{resource['path']} has changed since it was sealed; review it, then `vzmodel data seal`")
    if "schema" in resource:
        try:
            faults += _parsed(_bytes(path), resource)[1]
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
    # another program never sees half a file
    part = path.with_suffix(".part")
    part.write_text(json.dumps(descriptor, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
    part.replace(path)
    return path


def template(name: str, folder: str | Path | None = None) -> str | Path:
    """Return the header of a table as CSV text, or write it into a folder of one's own and return the file's path.

    What each column takes is in `resources`; the file must get rows before it can be read.

    Raises
    ------
    ValueError
        If there is no such table.
    FileExistsError
        If the folder holds a file of that name already.
    """
    resource = _resource(name, None)
    header = ",".join(f["name"] for f in resource["schema"]["fields"]) + "\n"
    if folder is None:
        return header
    path = Path(folder).expanduser() / resource["path"]
    if path.exists():
        raise FileExistsError(f"{path} is there already; take it away or name another folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(header, encoding="utf-8", newline="\n")
    return path
