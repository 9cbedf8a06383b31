"""Reads one CSV table by its schema and says, in one line each, what is wrong with it."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from array import array
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from vzmodel.data import _rules
from vzmodel.scenarios import suggest

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
ADDRESS = re.compile(r"https?://[\w-]+(\.[\w-]+)+\.?(:\d+)?([/?#]\S*)?")
FORMULA = re.compile(r"[=@]|[+-](?!\s|\d[\d.,]*(%|\s|$))")
TEXT_DTYPE = "str" if int(pd.__version__.split(".")[0]) >= 3 else "object"
CONSTRAINTS = {"required", "unique", "minimum", "maximum", "enum", "pattern"}
FIRST_YEAR, LAST_YEAR = 1678, 2261
"""Years that datetime64[ns] holds whole [year]."""


class Cells(NamedTuple):
    """One column of text: each different value once, and which of them stands in each row."""

    texts: list[str]
    codes: np.ndarray


def read(resource: dict, raw: bytes) -> tuple[pd.DataFrame, list[str]]:
    """Return the table in `raw` with typed columns, and every fault found in it.

    Raises
    ------
    ValueError
        If the bytes cannot be split into the columns of the schema at all.
    """
    path = resource["path"]
    _rules.check_rules(resource)
    names = [field["name"] for field in resource["schema"]["fields"]]
    _check_text(path, raw)
    lines, cells = _split(path, raw, names)
    faults: list[str] = []
    columns = {}
    for field in resource["schema"]["fields"]:
        values, found = _column(field, cells[field["name"]])
        columns[field["name"]] = values
        faults += [f"{path} line {lines[i]}, {field['name']}: {text}" for i, text in found]
    table = pd.DataFrame(columns)
    if not faults:
        faults += [f"{path} line {lines[i]}{text}" for i, text in _rules.row_faults(resource, table)]
        faults += [f"{path}{text}" for text in _rules.table_faults(resource, table)]
    return table, faults


def _check_text(path: str, raw: bytes) -> None:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path} line {line}: byte 0x{raw[error.start]:02x} is not UTF-8; save the file as 'CSV UTF-8'"
        ) from None
    for sign, what in (("\0", "a zero byte, as UTF-16 has"), ("\ufffd", "a character lost in an earlier conversion")):
        if sign in text:
            line = text[: text.index(sign)].count("\n") + 1
            raise ValueError(f"{path} line {line}: {what}; save it as 'CSV UTF-8'")
    if not text.strip():
        raise ValueError(f"{path} is empty; start from `vzmodel data template {path.removesuffix('.csv')}`")
    if not text.endswith(("\n", "\r")):
        line = text.count("\n") + 1
        raise ValueError(f"{path} line {line}: the last line has no end; the file looks cut off, or add a line break")


def _split(path: str, raw: bytes, names: list[str]) -> tuple[array, dict[str, Cells]]:
    """Return the line number of each row, and each column with its values kept once."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8-sig", newline=""), strict=True)
    rows = (row for row in reader if any(cell.strip() for cell in row))
    lines = array("l")
    try:
        header = [cell.strip() for cell in next(rows)]
        _check_header(path, header, names)
        seen: list[dict[str, int]] = [{} for _ in header]
        codes = [array("l") for _ in header]
        for row in rows:
            lines.append(reader.line_num)
            if len(row) != len(header):
                last = len(row) < len(header) and next(rows, None) is None
                hint = "the file looks cut off" if last else "quote any value that holds a comma"
                raise ValueError(f"{path} line {lines[-1]}: {len(row)} values for {len(header)} columns; {hint}")
            for known, code, cell in zip(seen, codes, row):
                code.append(known.setdefault(cell.strip(), len(known)))
    except csv.Error as error:
        where = f"{path} line {reader.line_num}"
        raise ValueError(f"{where}: {error}; the file is cut off or a quote is not closed") from None
    if not lines:
        raise ValueError(f"{path} holds its header only; fill in rows, or take the file away")
    return lines, {n: Cells(list(k), np.array(c, dtype=np.intp)) for n, k, c in zip(header, seen, codes)}


def _check_header(path: str, header: list[str], names: list[str]) -> None:
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and mark in header[0]:
            raise ValueError(f"{path} line 1: columns are parted by {name}; save it with commas and decimal points")
    for name in header:
        if header.count(name) > 1:
            raise ValueError(f"{path} line 1: column {name!r} stands {header.count(name)} times; keep one")
        if name not in names:
            raise ValueError(f"{path} line 1: no column {name!r} in this table{suggest(name, names)}; it has {names}")
    missing = [name for name in names if name not in header]
    if missing:
        raise ValueError(f"{path} line 1: column {missing[0]!r} is missing; the table has {names}")


def _text(text: str) -> str:
    if FORMULA.match(text):
        raise ValueError
    return text


def _address(text: str) -> str:
    if not ADDRESS.fullmatch(text):
        raise ValueError
    return text


def _day(text: str) -> np.datetime64:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) or not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        raise ValueError
    return np.datetime64(dt.date.fromisoformat(text), "ns")


def _moment(text: str) -> np.datetime64:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError
    return np.datetime64(moment, "ns")


def _month(text: str) -> np.datetime64:
    if not text.endswith("-01"):
        raise ValueError
    return _day(text)


def _number(text: str) -> float:
    if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError
    return float(text)


def _whole(text: str) -> float:
    if not re.fullmatch(r"[+-]?\d{1,15}", text, re.ASCII):
        raise ValueError
    return float(text)


def _year(text: str) -> float:
    if not re.fullmatch(r"\d{4}", text, re.ASCII):
        raise ValueError
    return float(text)


def _truth(text: str) -> bool:
    return {"true": True, "false": False}[text.lower()]


Reader = tuple[Callable[[str], Any], Any, str, str]
TEXT_MEANT = "text; it begins as a spreadsheet formula does, so write its value"
NO_DAY = np.datetime64("NaT", "ns")
READERS: dict[str, Reader] = {
    "string": (_text, np.nan, TEXT_DTYPE, TEXT_MEANT),
    "string uri": (_address, np.nan, TEXT_DTYPE, "an address; write https://publisher.org/page"),
    "number": (_number, np.nan, "float64", "a number; write 1234.5, without unit, blank or comma"),
    "integer": (_whole, np.nan, "float64", "a whole number"),
    "year": (_year, np.nan, "float64", "a year; write 2019"),
    "date": (_day, NO_DAY, "datetime64[ns]", "a date; write 2019-04-28"),
    "date %Y-%m-01": (_month, NO_DAY, "datetime64[ns]", "the first day of a month; write 2019-04-01"),
    "datetime": (_moment, NO_DAY, "datetime64[ns]", "a time; write 2019-03-07T16:54:00"),
    "boolean": (_truth, None, "object", "true or false"),
    "any": (_text, np.nan, TEXT_DTYPE, TEXT_MEANT),
}


def _reader(field: dict) -> Reader:
    kind = " ".join([field["type"], *([field["format"]] if field.get("format", "default") != "default" else [])])
    if kind not in READERS:
        raise ValueError(f"field {field['name']!r} has type and format {kind!r}; use one of {sorted(READERS)}")
    return READERS[kind]


def _column(field: dict, cells: Cells) -> tuple[pd.Series, list[tuple[int, str]]]:
    """Return the typed column and its faults as (row position, text)."""
    convert, empty, dtype, meant = _reader(field)
    rules = field.get("constraints", {})
    odd = set(rules) - CONSTRAINTS
    if odd:
        raise ValueError(f"field {field['name']!r}: constraint {odd.pop()!r} is not one of {sorted(CONSTRAINTS)}")
    unit = f" [{field['unit']}]" if field.get("unit") else ""
    values, wrong = [], {}
    for k, text in enumerate(cells.texts):
        try:
            values.append(empty if text == "" else convert(text))
        except (ValueError, KeyError):
            values.append(empty)
            wrong[k] = [f"{text!r} is not {meant}{unit}"]
    wrong |= _constraint_faults(rules, unit, cells.texts, values, wrong)
    column = pd.Series(values, dtype=dtype).take(cells.codes).reset_index(drop=True)
    if field["type"] in {"integer", "year"} and column.notna().all():
        column = column.astype("int64")
    told = np.zeros(len(values), dtype=bool)
    told[list(wrong)] = True
    faults = [(int(i), text) for i in np.flatnonzero(told[cells.codes]) for text in wrong[cells.codes[i]]]
    if rules.get("unique"):
        again = np.flatnonzero(pd.Series(cells.codes).duplicated() & column.notna())
        faults += [(int(i), f"{cells.texts[cells.codes[i]]!r} stands twice and must be unique") for i in again]
    return column, sorted(faults)


def _constraint_faults(
    rules: dict, unit: str, texts: list[str], values: list[Any], wrong: dict[int, list[str]]
) -> dict[int, list[str]]:
    """Return what each value breaks, by its position among the different values of the column."""
    low, high = (_bound(rules.get(key), values) for key in ("minimum", "maximum"))
    bounds = f"{rules.get('minimum', '-inf')} to {rules.get('maximum', 'inf')}{unit}"
    enum = None if "enum" not in rules else {str(e) for e in rules["enum"]}

    def broken(text: str, value: Any) -> Iterator[str]:
        if text == "":
            if rules.get("required"):
                yield "is empty and must not be; fill it or leave the row out"
            return
        if (low is not None and value < low) or (high is not None and value > high):
            yield f"{text} is outside {bounds}; correct it or leave the row out"
        if enum is not None and text not in enum:
            yield f"{text!r} is none of {rules['enum']}{suggest(text, [str(e) for e in rules['enum']])}"
        if "pattern" in rules and not re.fullmatch(rules["pattern"], text):
            yield f"{text!r} does not look like {rules['pattern']}"

    pairs = [(k, text, value) for k, (text, value) in enumerate(zip(texts, values)) if k not in wrong]
    return {k: found for k, text, value in pairs if (found := list(broken(text, value)))}


def _bound(bound: Any, values: list[Any]) -> Any:
    dated = any(isinstance(value, np.datetime64) for value in values)
    return np.datetime64(bound, "ns") if dated and bound is not None else bound
