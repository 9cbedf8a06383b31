"""Scenarios: dated changes to sourced assumptions."""

from __future__ import annotations

import difflib
import html
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from . import calendar
from .calendar import DateLike

START = "start"
"""Key of a change that holds from the first month of a run."""

Value: TypeAlias = "float | tuple[float, float, float] | str"
Changes: TypeAlias = "dict[str, dict[str, Value]]"
HORIZON = 60
"""Months of a run unless a scenario or a call says otherwise [month]."""

_FIELDS = {"description", "source", "extends", "changes", "probability", "as_of", "months"}


@dataclass(frozen=True)
class Scenario:
    """A named, dated set of changes to assumptions.

    Parameters
    ----------
    name : str
        Letters, digits and underscores.
    description : str
        One sentence.
    changes : dict
        ``{assumption: value}`` from the first month, or ``{assumption: {"2019-05": value}}`` from that month on. A
        value is a number in the assumption's unit, ``(low, central, high)`` (10th, 50th and 90th percentile), or
        ``"base"``: back to the assumption's own value.
    probability : float, optional
        Weight in a mixture [1], 0 to 1.
    as_of : date, optional
        Day of the information set; the run starts in its month.
    months : int, optional
        Horizon [month].
    source : str
        Where the scenario comes from.

    Raises
    ------
    ValueError
        If a name, month, value or probability cannot be read.

    Examples
    --------
    >>> Scenario("cheap", changes={"brent": {"2027-01": 60}}).changes
    {'brent': {'2027-01': 60.0}}
    """

    name: str
    description: str = ""
    changes: Changes = field(default_factory=dict)
    probability: float | None = None
    as_of: DateLike | None = None
    months: int | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w+(\+\w+)*", self.name):
            raise ValueError(f"scenario name {self.name!r}: use letters, digits and underscores")
        if not isinstance(self.changes, Mapping):
            raise ValueError(f"scenario {self.name}: changes must map assumption names to values")
        object.__setattr__(self, "changes", {k: _dated(self.name, k, v) for k, v in self.changes.items()})
        if self.as_of is not None:
            object.__setattr__(self, "as_of", str(calendar.day(self.as_of, f"as_of of scenario {self.name}").date()))
        if self.probability is not None and not (_number(self.probability) and 0 <= self.probability <= 1):
            raise ValueError(f"scenario {self.name}: probability {self.probability!r} is outside 0 to 1")
        if self.months is not None and not (isinstance(self.months, int) and self.months > 0):
            raise ValueError(f"scenario {self.name}: months {self.months!r} is not a positive whole number")

    def but(self, name: str, description: str = "", changes: Mapping[str, Any] | None = None) -> Scenario:
        """Return this scenario with further changes, merged per assumption and month; later ones win."""
        other = Scenario(name, changes=dict(changes or {}))
        return replace(
            self,
            name=name,
            description=description or self.description,
            source=self.source,
            changes=_merge(self.changes, other.changes),
        )

    def to_toml(self) -> str:
        """Return the scenario as a TOML table that `load_scenarios` reads back to an equal Scenario."""
        lines = [f"[{json.dumps(self.name) if '+' in self.name else self.name}]"]
        for key in ("description", "source", "probability", "as_of", "months"):
            value = getattr(self, key)
            if value not in ("", None):
                lines.append(f"{key} = {json.dumps(value, ensure_ascii=False)}")
        if self.changes:
            lines.append(f"[{json.dumps(self.name) if '+' in self.name else self.name}.changes]")
        for name, dated in self.changes.items():
            entries = ", ".join(f"{month} = {_toml_value(value)}" for month, value in dated.items())
            lines.append(f"{name} = {{ {entries} }}")
        return "\n".join(lines) + "\n"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{month}</td><td>{_toml_value(value)}</td></tr>"
            for name, dated in self.changes.items()
            for month, value in dated.items()
        )
        return (
            f"<b>{html.escape(self.name)}</b>: {html.escape(self.description)}"
            f"<table><tr><th>assumption</th><th>from</th><th>value</th></tr>{rows}</table>"
        )


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


def _toml_value(value: Value) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def _dated(scenario: str, name: str, entry: Any) -> dict[str, Value]:
    if not isinstance(entry, Mapping):
        entry = {START: entry}
    out: dict[str, Value] = {}
    for key, value in entry.items():
        month = START if key == START else str(calendar.month(key, f"month of '{name}' in scenario {scenario}"))
        out[month] = _value(f"{name} from {month} in scenario {scenario}", value)
    return {k: out[k] for k in sorted(out, key=lambda m: "" if m == START else m)}


def _value(where: str, value: Any) -> Value:
    if value == "base" if isinstance(value, str) else False:
        return "base"
    if _number(value):
        return float(value)
    if isinstance(value, (list, tuple)) and len(value) == 3 and all(map(_number, value)):
        low, central, high = map(float, value)
        if low <= central <= high:
            return low, central, high
        raise ValueError(f"{where}: {list(value)} is not in order; write [low, central, high]")
    raise ValueError(f'{where}: {value!r} is not a number, [low, central, high] or "base"')


def _merge(first: Changes, then: Changes) -> Changes:
    names = list(first) + [n for n in then if n not in first]
    return {n: {**first.get(n, {}), **then.get(n, {})} for n in names}


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ', did you mean …?' for a misspelt name, or an empty string."""
    close = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f", did you mean {' or '.join(close)}?" if close else ""


def load_scenarios(path: str | Path | None = None) -> dict[str, Scenario]:
    """Read scenarios from a folder of tables or a .toml file.

    Parameters
    ----------
    path : str or Path, optional
        A folder that holds ``scenarios.toml``, or a file; the shipped scenarios without it. A user's file may extend
        the shipped ones.

    Returns
    -------
    dict of str to Scenario

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not TOML, has an unknown key or extends a scenario that is missing or extends it back.
    """
    from .data import data_folder

    shipped = data_folder() / "scenarios.toml"
    file = shipped if path is None else Path(path)
    if file.is_dir():
        file = file / "scenarios.toml"
    if not file.is_file():
        raise FileNotFoundError(f"no scenario file at {file}; write one or leave the argument out")
    raw = _read_toml(file)
    known = {} if file.resolve() == shipped.resolve() else load_scenarios()
    out: dict[str, Scenario] = {}
    for name in raw:
        _build(name, raw, known, out, (), file)
    return {name: out[name] for name in raw}


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{file.name} is not readable TOML: {error}") from None
    if not raw:
        raise ValueError(f"{file.name} holds no scenario; a scenario is a [name] table with [name.changes]")
    for name, table in raw.items():
        if not isinstance(table, dict):
            raise ValueError(f"{file.name}: '{name}' is not a table; write [{name}] and [{name}.changes]")
        for key in table.keys() - _FIELDS:
            raise ValueError(f"{file.name}: scenario {name} has an unknown key '{key}'{suggest(key, _FIELDS)}")
    return raw


def _build(
    name: str,
    raw: Mapping[str, Any],
    known: Mapping[str, Scenario],
    out: dict[str, Scenario],
    trail: tuple[str, ...],
    file: Path,
) -> Scenario:
    if name in trail:
        raise ValueError(f"{file.name}: scenarios extend each other in a circle: {' → '.join((*trail, name))}")
    if name in out:
        return out[name]
    if name not in raw:
        if name in known:
            return known[name]
        raise ValueError(f"{file.name}: '{trail[-1]}' extends unknown scenario '{name}'{suggest(name, [*raw, *known])}")
    table = dict(raw[name])
    parents = table.pop("extends", [])
    base: Scenario | None = None
    for parent in [parents] if isinstance(parents, str) else parents:
        found = _build(parent, raw, known, out, (*trail, name), file)
        base = found if base is None else combine([base, found])
    own = Scenario(name, **table)
    if base is not None:
        own = replace(
            own,
            changes=_merge(base.changes, own.changes),
            as_of=own.as_of or base.as_of,
            months=own.months or base.months,
            description=own.description or base.description,
        )
    out[name] = own
    return own


def combine(parts: list[Scenario]) -> Scenario:
    """Return several scenarios as one, ``a+b``: changes merged in order, later ones win.

    Raises
    ------
    ValueError
        If the scenarios are of different days.
    """
    first = parts[0]
    for other in parts[1:]:
        if first.as_of and other.as_of and first.as_of != other.as_of:
            raise ValueError(
                f"scenarios {first.name} (as of {first.as_of}) and {other.name} (as of {other.as_of}) "
                "cannot be combined: they start from different days"
            )
        first = replace(
            first,
            name=f"{first.name}+{other.name}",
            changes=_merge(first.changes, other.changes),
            description=f"{first.description} {other.description}".strip(),
            as_of=first.as_of or other.as_of,
            months=first.months or other.months,
            probability=None,
            source="; ".join(dict.fromkeys(s for s in (first.source, other.source) if s)),
        )
    return first


def resolve(wanted: str | Scenario | Iterable[str | Scenario], known: Mapping[str, Scenario]) -> list[Scenario]:
    """Return Scenario objects for names, ``a+b`` combinations and objects, in the order given.

    Raises
    ------
    ValueError
        If a name is unknown or comes twice, or nothing is given.
    """
    items = [wanted] if isinstance(wanted, (str, Scenario)) else list(wanted)
    if not items:
        raise ValueError(f"no scenario given; the shipped ones are {', '.join(known)}")
    out = []
    for item in items:
        if isinstance(item, Scenario):
            out.append(item)
            continue
        parts = []
        for name in str(item).split("+"):
            if name not in known:
                raise ValueError(f"unknown scenario '{name}'{suggest(name, known)}; `vzmodel scenarios` lists them")
            parts.append(known[name])
        out.append(combine(parts))
    names = [s.name for s in out]
    for name in {n for n in names if names.count(n) > 1}:
        raise ValueError(f"scenario '{name}' is given twice; give each one a name of its own")
    return out
