"""Tables that users bring: whatever a spreadsheet does to them is refused, or read right."""

import csv
import io
import json
import time

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vzmodel import data
from vzmodel.data import _schema

FIELDS = [
    {"name": "month", "type": "date", "format": "%Y-%m-01", "constraints": {"required": True}},
    {"name": "series", "type": "string", "constraints": {"required": True, "enum": ["exports", "us"]}},
    {"name": "value", "type": "number", "unit": "kb/d", "constraints": {"minimum": 0, "maximum": 3500}},
    {"name": "published", "type": "date", "constraints": {"required": True}},
    {"name": "source_url", "type": "string", "format": "uri"},
    {"name": "note", "type": "string"},
]
NAMES = [f["name"] for f in FIELDS]
TABLE = {"path": "own.csv", "release_lag_days": 5, "schema": {"fields": FIELDS},
         "rules": {"period": {"column": "month", "unit": "month"}}}  # fmt: skip

words = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufffd"), max_size=12)
notes = words.map(str.strip).filter(lambda word: not word or word[0] not in "=@+-")
rows = st.tuples(
    st.dates(pd.Timestamp("1990-01-01").date(), pd.Timestamp("2026-01-01").date()).map(lambda d: f"{d:%Y-%m}-01"),
    st.sampled_from(["exports", "us"]),
    st.floats(0, 3500).map(lambda value: f"{value:.3f}"),
    st.dates(pd.Timestamp("2026-02-01").date(), pd.Timestamp("2026-11-01").date()).map(str),
    st.just("https://www.eia.gov/page"),
    notes,
)
tables = st.lists(rows.map(list), min_size=1, max_size=5)
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def as_bytes(table, encoding="utf-8", header=NAMES, **options):
    out = io.StringIO(newline="")
    csv.writer(out, **{"lineterminator": "\n", **options}).writerows([header, *table])
    return out.getvalue().encode(encoding)


def read(raw):
    """Return the table, or the first fault."""
    try:
        table, faults = _schema.read(TABLE, raw)
    except ValueError as error:
        return str(error)
    return faults[0] if faults else table


def same(found, table):
    columns = list(zip(*table))
    assert found["month"].dt.strftime("%Y-%m-%d").tolist() == list(columns[0])
    assert found["value"].tolist() == [float(value) for value in columns[2]]
    assert found["published"].dt.strftime("%Y-%m-%d").tolist() == list(columns[3])
    assert found["note"].fillna("").tolist() == list(columns[5])


@quick
@given(tables)
def test_a_sound_table_is_read_as_it_was_written(table):
    same(read(as_bytes(table)), table)


@quick
@given(tables)
def test_a_byte_order_mark_windows_lines_and_quotes_change_nothing(table):
    same(read(as_bytes(table, "utf-8-sig", lineterminator="\r\n", quoting=csv.QUOTE_ALL)), table)


@quick
@given(tables, st.data())
def test_a_table_cut_off_anywhere_is_refused_unless_whole_rows_are_left(table, choice):
    raw = as_bytes(table)
    found = read(raw[: choice.draw(st.integers(1, len(raw) - 1))])
    if isinstance(found, str):
        assert "own.csv" in found and "\n" not in found
    else:
        same(found, table[: len(found)])


@quick
@given(tables)
def test_semicolons_are_told_and_decimal_commas_never_become_other_numbers(table):
    assert "semicolons" in read(as_bytes(table, delimiter=";"))
    for row in table:
        row[2] = row[2].replace(".", ",")
    assert "semicolons" in read(as_bytes(table, delimiter=";"))
    told = read(as_bytes(table))
    # a cell may hold a line break, so the row can end on a later line
    assert ", value:" in told and "is not a number" in told


@quick
@given(tables, st.sampled_from(NAMES), st.sampled_from(NAMES))
def test_a_header_that_stands_twice_is_told(table, one, other):
    found = read(as_bytes(table, header=[one if name == other else name for name in NAMES]))
    if one == other:
        same(found, table)
    else:
        assert f"column {one!r} stands 2 times" in found


@quick
@given(tables, st.sampled_from(["latin-1", "utf-16", "utf-16-le", "utf-32"]))
def test_another_encoding_is_told(table, encoding):
    for row in table:
        row[5] = "Táchira"
    assert "UTF-8" in read(as_bytes(table, encoding))


@quick
@given(tables, st.sampled_from(["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "=HYPERLINK(1)"]),
       st.sampled_from(["value", "note", "series", "month", "source_url"]))  # fmt: skip
def test_a_formula_in_a_cell_is_refused_with_its_line_and_column(table, formula, column):
    table[0][NAMES.index(column)] = formula
    found = read(as_bytes(table))
    assert f"own.csv line {2 + table[0][5].count(chr(10))}" in found and f"{column}:" in found and formula in found


@pytest.mark.parametrize("note", ["+16 % on October", "-3.7 pct", "- dash", "a = b", "mail@home", "1=1"])
def test_a_note_with_a_sign_is_no_formula(note):
    row = ["2019-01-01", "us", "1.0", "2019-03-01", "https://www.eia.gov/page", note]
    same(read(as_bytes([row])), [row])


@quick
@given(tables, st.sampled_from(["1e999", "nan", "inf", "1_000", "1 000", "0x10", "٣", "1,000", "12.5 kb/d", "--1"]))
def test_what_is_no_plain_number_is_refused(table, text):
    table[0][2] = text
    assert "is not a number" in read(as_bytes(table))


DAYS = ["2019-02-30", "01/02/2019", "2019-4-1", "9999-12-31", "1500-01-01", "43556", "2019-04"]
ADDRESSES = ["www.eia.gov", "github:a/b@c", "http://", "https://eia", "https://a b.org/x", "see text"]


@pytest.mark.parametrize("day", DAYS)
def test_what_is_no_day_is_refused(day):
    text = f"{','.join(NAMES)}\n2019-01-01,us,1,{day},https://www.eia.gov/page,\n"
    assert "is not a date" in read(text.encode())


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_source_that_no_browser_can_open_is_refused(address):
    text = f"{','.join(NAMES)}\n2019-01-01,us,1,2019-03-01,{address},\n"
    assert "is not an address" in read(text.encode())


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_a_table_or_one_line(raw):
    found = read(raw)
    assert not isinstance(found, str) or ("own.csv" in found and "\n" not in found)


@given(st.text(max_size=120))
@settings(max_examples=150, deadline=None)
def test_any_text_below_a_sound_header_gives_a_table_or_one_line(text):
    found = read((",".join(NAMES) + "\n" + text + "\n").encode(errors="replace"))
    assert not isinstance(found, str) or ("own.csv" in found and len(found.splitlines()) == 1)


def test_a_million_rows_are_read_in_seconds():
    line = "2019-{:02d}-01,us,{},2020-03-01,https://www.eia.gov/page,\n"
    out = io.StringIO()
    out.write(",".join(NAMES) + "\n")
    out.writelines(line.format(1 + i % 12, i % 3000) for i in range(1_000_000))
    start = time.process_time()
    table, faults = _schema.read(TABLE, out.getvalue().encode())
    assert len(table) == 1_000_000 and not faults and table["value"].iloc[-1] == 999_999 % 3000
    assert time.process_time() - start < 20


def test_a_template_is_written_filled_in_and_read_back(tmp_path):
    path = data.template("prices", tmp_path / "mine")
    with pytest.raises(ValueError, match="prices.csv holds its header only"):
        data.read_table("prices", tmp_path / "mine")
    with path.open("a") as file:
        file.write("2026-08-01,brent,70,USD/bbl,2026-09-05,stated,A,My broker,https://example.org/brent,\n")
    assert data.read_table("prices", tmp_path / "mine")["value"].tolist() == [70]
    with pytest.raises(FileExistsError, match="prices.csv is there already"):
        data.template("prices", tmp_path / "mine")


@pytest.mark.parametrize("name", [n for n, r in data.resources().items() if "schema" in r])
def test_every_table_has_a_template_with_all_its_columns(name):
    assert data.template(name).strip().split(",") == list(data.read_table(name).columns)


def test_a_table_of_ones_own_is_described_beside_the_shipped_ones(tmp_path):
    described = {**TABLE, "name": "own", "title": "Mine"}
    (tmp_path / "datapackage.json").write_text(json.dumps({"name": "mine", "resources": [described]}))
    (tmp_path / "own.csv").write_text(f"{','.join(NAMES)}\n2019-01-01,us,1,2019-03-01,https://www.eia.gov/page,\n")
    assert len(data.load_tables(tmp_path)["own"]) == 1
