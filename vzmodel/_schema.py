"""Reads one CSV table by its schema and says, in one line each, what is wrong with it."""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
TEXT_DTYPE = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
CONSTRAINTS = {"required", "unique", "minimum", "maximum", "enum", "pattern"}


def suggest(name: str, known: Any) -> str:
    """Return " (did you mean 'x'?)", or nothing where no known name is close."""
    close = difflib.get_close_matches(str(name), [str(k) for k in known], n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""


def read(resource: dict, raw: bytes) -> tuple[pd.DataFrame, list[str]]:
    """Return the table in `raw` with typed columns, and every fault found in it.

    Raises
    ------
    ValueError
        If the bytes cannot be split into the columns of the schema at all.
    """
    path = resource["path"]
    header, lines, rows = _split(path, raw)
    fields = resource["schema"]["fields"]
    _check_header(path, header, [f["name"] for f in fields])
    faults: list[str] = []
    columns = {}
    for field in fields:
        texts = [row[header.index(field["name"])].strip() for row in rows]
        values, found = _column(field, texts)
        columns[field["name"]] = values
        faults += [f"{path} line {lines[i]}, {field['name']}: {text}" for i, text in found]
    table = pd.DataFrame(columns)
    if not faults:
        faults += [f"{path} line {lines[i]}{text}" for i, text in _row_faults(resource, table)]
        faults += [f"{path}{text}" for text in _gaps(resource.get("rules", {}), table)]
    return table, faults


def _split(path: str, raw: bytes) -> tuple[list[str], list[int], list[list[str]]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path} line {line}: byte 0x{raw[error.start]:02x} is not UTF-8; save the file as 'CSV UTF-8'"
        ) from None
    if not text.strip():
        raise ValueError(f"{path} is empty; start from `vzmodel data template {path.removesuffix('.csv')}`")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines, rows = [], []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                lines.append(reader.line_num)
                rows.append(row)
    except csv.Error as error:
        where = f"{path} line {reader.line_num}"
        raise ValueError(f"{where}: {error}; the file is cut off or a quote is not closed") from None
    header = [cell.strip() for cell in rows[0]]
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and mark in header[0]:
            raise ValueError(f"{path} line 1: columns are parted by {name}; save it with commas and decimal points")
    for line, row in zip(lines[1:], rows[1:]):
        if len(row) != len(header):
            last = line == lines[-1] and len(row) < len(header)
            hint = "the file looks cut off" if last else "quote any value that holds a comma"
            raise ValueError(f"{path} line {line}: {len(row)} values for {len(header)} columns; {hint}")
    return header, lines[1:], rows[1:]


def _check_header(path: str, header: list[str], names: list[str]) -> None:
    for name in header:
        if header.count(name) > 1:
            raise ValueError(f"{path} line 1: column {name!r} stands {header.count(name)} times; keep one")
        if name not in names:
            raise ValueError(f"{path} line 1: no column {name!r} in this table{suggest(name, names)}; it has {names}")
    missing = [name for name in names if name not in header]
    if missing:
        raise ValueError(f"{path} line 1: column {missing[0]!r} is missing; the table has {names}")


def _day(text: str) -> np.datetime64:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        raise ValueError
    return np.datetime64(dt.date.fromisoformat(text), "ns")


def _moment(text: str) -> np.datetime64:
    return np.datetime64(dt.datetime.fromisoformat(text).replace(tzinfo=None), "ns")


def _month(text: str) -> np.datetime64:
    if not text.endswith("-01"):
        raise ValueError
    return _day(text)


def _number(text: str) -> float:
    if not NUMBER.fullmatch(text):
        raise ValueError
    return float(text)


def _whole(text: str) -> float:
    if not re.fullmatch(r"[+-]?\d+", text):
        raise ValueError
    return float(text)


def _year(text: str) -> float:
    if not re.fullmatch(r"\d{4}", text):
        raise ValueError
    return float(text)


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


READERS: dict[str, tuple[Callable[[str], Any], Any, str, str]] = {
    "string": (str, np.nan, TEXT_DTYPE, "text"),
    "number": (_number, np.nan, "float64", "a number; write 1234.5, without unit, blank or comma"),
    "integer": (_whole, np.nan, "float64", "a whole number"),
    "year": (_year, np.nan, "float64", "a year; write 2019"),
    "date": (_day, np.datetime64("NaT", "ns"), "datetime64[ns]", "a date; write 2019-04-28"),
    "month": (_month, np.datetime64("NaT", "ns"), "datetime64[ns]", "the first day of a month; write 2019-04-01"),
    "datetime": (_moment, np.datetime64("NaT", "ns"), "datetime64[ns]", "a time; write 2019-03-07T16:54:00"),
    "boolean": (_truth, None, "object", "true or false"),
    "any": (str, np.nan, TEXT_DTYPE, "text"),
}


def _reader(field: dict) -> tuple[Callable[[str], Any], Any, str, str]:
    kind = "month" if field["name"] == "month" and field["type"] == "date" else field["type"]
    if kind not in READERS:
        raise ValueError(f"field {field['name']!r} has type {kind!r}; use one of {sorted(READERS)}")
    return READERS[kind]


def _column(field: dict, texts: list[str]) -> tuple[pd.Series, list[tuple[int, str]]]:
    """Return the typed column and its faults as (row position, text)."""
    convert, empty, dtype, meant = _reader(field)
    unit = f" [{field['unit']}]" if field.get("unit") else ""
    values, found = [], []
    for i, text in enumerate(texts):
        try:
            values.append(empty if text == "" else convert(text))
        except (ValueError, KeyError):
            values.append(empty)
            found.append((i, f"{text!r} is not {meant}{unit}"))
    column = pd.Series(values, dtype=dtype)
    if field["type"] in {"integer", "year"} and column.notna().all():
        column = column.astype("int64")
    rules = field.get("constraints", {})
    odd = set(rules) - CONSTRAINTS
    if odd:
        raise ValueError(f"field {field['name']!r}: constraint {odd.pop()!r} is not one of {sorted(CONSTRAINTS)}")
    bad = {i for i, _ in found}
    found += [(i, text) for i, text in _constraint_faults(rules, unit, texts, column, convert) if i not in bad]
    return column, sorted(found)


def _constraint_faults(
    rules: dict, unit: str, texts: list[str], column: pd.Series, convert: Callable[[str], Any]
) -> Iterator[tuple[int, str]]:
    low, high = (None if rules.get(k) is None else convert(str(rules[k])) for k in ("minimum", "maximum"))
    bounds = f"{rules.get('minimum', '-inf')} to {rules.get('maximum', 'inf')}{unit}"
    first: dict[str, int] = {}
    for i, (text, value) in enumerate(zip(texts, column.to_numpy())):
        if text == "":
            if rules.get("required"):
                yield i, "is empty and must not be; fill it or leave the row out"
            continue
        if (low is not None and value < low) or (high is not None and value > high):
            yield i, f"{text} is outside {bounds}; correct it or leave the row out"
        if "enum" in rules and text not in {str(e) for e in rules["enum"]}:
            yield i, f"{text!r} is none of {rules['enum']}{suggest(text, rules['enum'])}"
        if "pattern" in rules and not re.fullmatch(rules["pattern"], text):
            yield i, f"{text!r} does not look like {rules['pattern']}"
        if rules.get("unique") and first.setdefault(text, i) != i:
            yield i, f"{text!r} stands twice and must be unique"


def _row_faults(resource: dict, table: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """Yield faults that need more than one column: the key, the order of low and high, the day of publication."""
    key = resource["schema"].get("primaryKey") or []
    key = [key] if isinstance(key, str) else key
    if key:
        for i in np.flatnonzero(table.duplicated(key)):
            yield int(i), f": {_shown(table, key, int(i))} stands twice; keep one row"
    rules = resource.get("rules", {})
    order = rules.get("ordered", [])
    for a, b in zip(order, order[1:]):
        for i in np.flatnonzero(table[a] > table[b]):
            yield int(i), f": {a} {table[a].iloc[i]:g} is above {b} {table[b].iloc[i]:g}; swap them"
    if "published_after" in rules:
        ends = table[rules["published_after"]].map(_period_end)
        for i in np.flatnonzero(table["published"] < ends):
            print_day, end = f"{table['published'].iloc[i]:%Y-%m-%d}", f"{ends.iloc[i]:%Y-%m-%d}"
            yield int(i), f", published: {print_day} is before the period ends ({end}); correct either"


def _period_end(value: Any) -> pd.Timestamp:
    """Return the last day of a month, or of a period written 2019, 2019-Q3, 2019-07-01 or 2019-01/2019-07."""
    if isinstance(value, pd.Timestamp):
        return value + pd.offsets.MonthEnd(1)
    text = str(value).split("/")[-1].replace("-Q", "Q")
    return pd.Period(text[:7] if len(text) == 10 else text).end_time.normalize()


def _shown(table: pd.DataFrame, columns: list[str], i: int) -> str:
    def show(value: Any) -> str:
        return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else str(value)

    return ", ".join(f"{name} {show(table[name].iloc[i])}" for name in columns)


def _gaps(rules: dict, table: pd.DataFrame) -> Iterator[str]:
    """Yield the months missing inside series that must have none."""
    for series in rules.get("unbroken", []):
        months = table.loc[table["series"] == series, "month"]
        if months.empty:
            continue
        missing = pd.date_range(months.min(), months.max(), freq="MS").difference(pd.DatetimeIndex(months))
        for month in missing:
            yield f": {series} has no row for {month:%Y-%m}; add it, or start the series after the gap"


