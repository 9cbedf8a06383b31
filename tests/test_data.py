"""The tables: what a sound one gives, what a broken one says, and what was known on a day."""

import json

import numpy as np
import pandas as pd
import pytest

import vzmodel as vz
from vzmodel import data
from vzmodel.data import _rules

FIELDS = [
    {"name": "month", "type": "date", "format": "%Y-%m-01", "constraints": {"required": True, "minimum": "2000-01-01"}},
    {"name": "series", "type": "string", "constraints": {"required": True, "enum": ["brent", "merey"]}},
    {"name": "print", "type": "string", "constraints": {"enum": ["first", "revised", "single"]}},
    {"name": "low", "type": "number", "unit": "USD/bbl"},
    {"name": "value", "type": "number", "unit": "USD/bbl",
     "constraints": {"required": True, "minimum": 0, "maximum": 250}},
    {"name": "published", "type": "date", "constraints": {"required": True}},
    {"name": "note", "type": "string"},
]  # fmt: skip
HEADER = "month,series,print,low,value,published,note"
ROWS = [
    "2019-01-01,brent,first,50,59.4,2019-02-05,",
    "2019-02-01,brent,first,,64,2019-03-05,cold",
    "2019-02-01,brent,revised,,63.96,2019-06-05,",
    "2019-03-01,brent,first,,66.1,2019-04-05,",
]
RULES = {"ordered": ["low", "value"], "period": {"column": "month", "unit": "month"}, "unbroken": ["brent"]}


@pytest.fixture
def write(tmp_path):
    """Write a table of one's own, described in a folder of one's own."""
    resource = {
        "name": "toy", "title": "Toy prices", "path": "toy.csv", "release_lag_days": 5, "rules": RULES,
        "schema": {"fields": FIELDS, "primaryKey": ["month", "series", "print"]},
    }  # fmt: skip
    (tmp_path / "datapackage.json").write_text(json.dumps({"name": "own", "resources": [resource]}))

    def put(text):
        raw = text if isinstance(text, bytes) else text.encode()
        (tmp_path / "toy.csv").write_bytes(raw)
        return tmp_path

    return put


def lines(*rows, header=HEADER):
    return "\n".join([header, *rows]) + "\n"


def test_a_sound_table_comes_with_dates_numbers_and_missing_text(write):
    table = data.read_table("toy", write(lines(*ROWS)))
    assert table["month"].dtype == "datetime64[ns]" and table["published"].dtype == "datetime64[ns]"
    assert table["value"].tolist() == [59.4, 64, 63.96, 66.1]
    assert table["note"].isna().tolist() == [True, False, True, True]
    assert np.isnan(table["low"].iloc[1])


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + lines(*ROWS).encode(),
        lines(*ROWS).replace("\n", "\r\n"),
        lines(*ROWS) + "\n\n",
        lines(*ROWS).replace("cold", '"cold"'),
    ],
    ids=["byte order mark", "Windows lines", "blank lines", "quotes"],
)
def test_what_a_spreadsheet_does_without_harm_is_read_as_it_is(write, text):
    expected = data.read_table("toy", write(lines(*ROWS)))
    pd.testing.assert_frame_equal(data.read_table("toy", write(text)), expected)


BROKEN = {
    "semicolons": (lines(*ROWS).replace(",", ";"), ["line 1", "semicolons", "commas"]),
    "tabs": (lines(*ROWS).replace(",", "\t"), ["line 1", "tabs"]),
    "decimal comma": (lines(ROWS[0].replace("59.4", '"59,4"')), ["line 2, value", "'59,4' is not a number", "USD/bbl"]),
    "text in a number": (lines(ROWS[0].replace("59.4", "n/a")), ["line 2, value", "'n/a' is not a number"]),
    "nan": (lines(ROWS[0].replace("59.4", "nan")), ["line 2, value", "'nan' is not a number"]),
    "infinity": (lines(ROWS[0].replace("59.4", "inf")), ["line 2, value", "not a number"]),
    "duplicate header": (lines(*ROWS, header=HEADER.replace("low", "value")), ["line 1", "'value' stands 2 times"]),
    "misspelt header": (lines(*ROWS, header=HEADER.replace("value", "vlaue")), ["'vlaue'", "did you mean value"]),
    "missing column": ("month,series\n2019-01-01,brent\n", ["column 'print' is missing"]),
    "wrong encoding": (lines(ROWS[1].replace("cold", "frío")).encode("latin-1"), ["line 2", "0xed", "UTF-8"]),
    "UTF-16": (lines(*ROWS).encode("utf-16"), ["line 1", "UTF-8"]),
    "cut off in a row": (lines(*ROWS)[:-25] + "\n", ["line 5", "cut off"]),
    "cut off in the last word": (lines(ROWS[1])[:-3], ["line 2", "cut off"]),
    "cut off in a quote": (lines(ROWS[0] + '"col'), ["cut off or a quote"]),
    "a comma too many": (lines(ROWS[1] + ",x", ROWS[2]), ["line 2", "8 values for 7 columns", "quote"]),
    "empty file": ("", ["is empty", "template"]),
    "blank file": ("\n \n", ["is empty"]),
    "above the maximum": (lines(ROWS[0].replace("59.4", "594")), ["line 2, value: 594 is outside 0 to 250 [USD/bbl]"]),
    "below the minimum": (lines(ROWS[0].replace("59.4", "-1")), ["-1 is outside 0 to 250"]),
    "before the first date": (lines(ROWS[0].replace("2019-01-01", "1999-01-01")), ["1999-01-01 is outside 2000-01-01"]),
    "no such date": (lines(ROWS[0].replace("2019-02-05", "2019-02-30")), ["published", "'2019-02-30' is not a date"]),
    "month in mid-month": (lines(ROWS[0].replace("2019-01-01", "2019-01-15")), ["first day of a month"]),
    "unknown series": (lines(ROWS[0].replace("brent", "brant")), ["'brant' is none of", "did you mean brent"]),
    "empty where it must not be": (lines(ROWS[0].replace("59.4", "")), ["line 2, value: is empty"]),
    "duplicated month": (lines(ROWS[0], ROWS[0]), ["line 3", "month 2019-01-01, series brent, print first", "twice"]),
    "missing month": (lines(ROWS[0], ROWS[3]), ["brent has no row for 2019-02"]),
    "low above value": (lines(ROWS[0].replace("50", "60")), ["low 60 is above value 59.4"]),
    "published too early": (lines(ROWS[0].replace("2019-02-05", "2019-01-20")), ["2019-01-20", "2019-01-31"]),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_table_says_where_and_what_in_one_line(write, case):
    text, said = BROKEN[case]
    with pytest.raises(ValueError) as error:
        data.read_table("toy", write(text))
    message = str(error.value)
    assert message.startswith("toy.csv") and "\n" not in message
    for part in said:
        assert part in message


def test_every_fault_is_counted_and_check_lists_them(write):
    folder = write(lines(ROWS[0].replace("59.4", "n/a"), ROWS[1].replace("64", "640")))
    with pytest.raises(ValueError, match="and 1 more"):
        data.read_table("toy", folder)
    faults = data.check(folder)
    assert sum("toy.csv line" in f for f in faults) == 2


def test_a_copy_is_the_callers_own(write):
    folder = write(lines(*ROWS))
    table = data.read_table("toy", folder)
    table["value"] = 0.0
    data.resources(folder)["toy"]["title"] = "changed"
    assert data.read_table("toy", folder)["value"].iloc[0] == 59.4
    assert data.resources(folder)["toy"]["title"] == "Toy prices"


def test_a_changed_file_is_read_anew(write):
    assert data.read_table("toy", write(lines(*ROWS)))["value"].iloc[0] == 59.4
    assert data.read_table("toy", write(lines(*ROWS).replace("59.4", "60.4")))["value"].iloc[0] == 60.4


def test_nothing_is_known_before_the_day_it_was_published(write):
    table = data.read_table("toy", write(lines(*ROWS)))
    assert data.known(table, "2019-04-04")["value"].tolist() == [59.4, 64]
    assert data.known(table, "2019-04-05")["value"].tolist() == [59.4, 64, 66.1]
    assert data.known(table, None)["value"].tolist() == [59.4, 64, 63.96, 66.1]


def test_the_latest_print_is_taken_of_those_known(write):
    table = data.read_table("toy", write(lines(*ROWS)))
    now = data.latest(table, ["month", "series"])
    assert now["value"].tolist() == [59.4, 63.96, 66.1]
    then = data.latest(data.known(table, "2019-05-01"), ["month", "series"])
    assert then["value"].tolist() == [59.4, 64, 66.1]


def test_of_one_days_prints_the_revised_one_stands():
    day = pd.Timestamp("2019-03-14")
    table = pd.DataFrame({"month": day, "print": ["revised", "first"], "value": [1.0, 2.0], "published": day})
    assert data.latest(table, ["month"])["value"].tolist() == [1.0]


def test_a_table_without_publication_days_cannot_be_cut():
    with pytest.raises(ValueError, match="published"):
        data.known(pd.DataFrame({"value": [1.0]}), "2019-04-01")


def test_a_users_table_takes_the_place_of_the_shipped_one(tmp_path):
    shipped = data.data_folder() / "prices.csv"
    own = shipped.read_text(encoding="utf-8").splitlines()[:1] + [
        line for line in shipped.read_text(encoding="utf-8").splitlines() if ",brent," in line
    ]
    (tmp_path / "prices.csv").write_text("\n".join(own) + "\n", encoding="utf-8")
    tables, usual = vz.load_tables(tmp_path), vz.load_tables()
    assert set(tables["prices"]["series"]) == {"brent"}
    assert set(usual["prices"]["series"]) > {"brent"}
    pd.testing.assert_frame_equal(tables["production"], usual["production"])
    assert data.data_hash(tmp_path) != data.data_hash()


def test_a_misnamed_file_in_a_users_folder_is_told(tmp_path):
    (tmp_path / "prdouction.csv").write_text("month\n")
    with pytest.raises(ValueError, match="did you mean production.csv"):
        vz.load_tables(tmp_path)


def test_a_missing_folder_and_an_unknown_table_are_told(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        vz.load_tables(tmp_path / "absent")
    with pytest.raises(ValueError, match="did you mean prices"):
        data.read_table("price")


def test_sealing_stops_the_complaint_about_a_change(write):
    folder = write(lines(*ROWS))
    assert any("sealed" in fault for fault in data.check(folder))
    data.seal(folder)
    assert data.check(folder) == []
    write(lines(*ROWS[:2]))
    assert any("changed since it was sealed" in fault for fault in data.check(folder))


def test_sealing_a_folder_without_a_descriptor_writes_one(tmp_path):
    (tmp_path / "prices.csv").write_bytes((data.data_folder() / "prices.csv").read_bytes())
    path = data.seal(tmp_path)
    listed = json.loads(path.read_text(encoding="utf-8"))["resources"]
    assert [r["name"] for r in listed] == ["prices"] and data.check(tmp_path) == []


def test_a_template_filled_in_is_read_back(tmp_path):
    header = data.template("prices")
    assert header.strip().split(",") == list(data.read_table("prices").columns)


def test_the_shipped_tables_are_sound_and_sealed():
    assert data.check() == []


def test_every_shipped_table_says_where_it_is_from_and_under_what_terms():
    for name, resource in data.resources().items():
        assert resource["title"] and resource["hash"].startswith("sha256:"), name
        assert all(licence.get("name") and licence.get("path") for licence in resource["licenses"]), name
        assert resource["licenses"] and resource["sources"], name
        if "schema" in resource:
            assert isinstance(resource["release_lag_days"], int), name
            assert all(field["description"] for field in resource["schema"]["fields"]), name


def test_every_row_has_a_source_and_no_carrier_copy():
    for name, table in vz.load_tables().items():
        if "source" in table:
            assert table["source"].notna().all(), name
        for column in table.select_dtypes(exclude=["number", "datetime"]):
            assert not table[column].astype(str).str.contains("github:", regex=False).any(), (name, column)


def test_the_descriptor_is_a_valid_data_package():
    package = pytest.importorskip("frictionless").Package(str(data.data_folder() / "datapackage.json"))
    report = package.validate(parallel=False)
    assert report.valid, report.flatten(["name", "rowNumber", "fieldName", "message"])[:5]


def test_the_history_runs_month_by_month_from_2002():
    history = vz.load_history()
    assert history.index.name == "month" and history.index[0] == pd.Timestamp("2002-01-01")
    assert (history.index == pd.date_range(history.index[0], periods=len(history), freq="MS")).all()
    wanted = {"production", "production_se", "production_eia", "production_jodi", "production_opec_direct",
              "production_opec_secondary", "brent", "wti", "merey", "exports", "us_imports", "migrants"}  # fmt: skip
    assert wanted <= set(history.columns)


def test_on_the_first_of_april_2019_the_last_readings_were_those_of_february():
    history = vz.load_history(as_of="2019-04-01")
    last = {name: column.last_valid_index() for name, column in history.items()}
    assert last["production_opec_secondary"] == pd.Timestamp("2019-02-01")
    assert last["production_eia"] == pd.Timestamp("2018-12-01")
    assert last["production_jodi"] == pd.Timestamp("2019-01-01")
    assert history.loc["2019-02-01", ["production_opec_secondary", "production_opec_direct"]].tolist() == [1010, 1432]


def test_a_day_before_the_first_reading_is_told():
    with pytest.raises(ValueError, match="1990"):
        vz.load_history(as_of="1990-01-01")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "must be a Data Package descriptor"),
        ("[]", "must hold a list of resources"),
        ('{"resources": [{"name": "toy"}]}', "each with a name and a path"),
        ('{"resources": [{"name": "toy", "path": "../toy.csv"}]}', "name a file inside the folder"),
        ('{"resources": [{"name": "toy", "path": "/etc/toy.csv"}]}', "name a file inside the folder"),
    ],
)
def test_a_broken_description_is_told(tmp_path, text, said):
    (tmp_path / "datapackage.json").write_text(text)
    with pytest.raises(ValueError, match=said):
        data.read_table("toy", tmp_path)


def test_licences_go_by_the_names_that_data_packages_know():
    names = {licence["name"] for r in data.resources().values() for licence in r["licenses"]}
    assert names <= {"MIT", "CC-BY-4.0", "other-pd", "other-at", "other-open"}


def rows(name, **where):
    return len(_rules.select(data.read_table(name), where))


@pytest.mark.parametrize(
    ("found", "least"),
    [
        (lambda: rows("production", series="opec_secondary", print="first"), 60),
        (lambda: rows("production", series=["eia", "jodi"]), 550),
        (lambda: rows("production_by_area", area=["orinoco_belt", "west", "east"]), 15),
        (lambda: 2026 - data.read_table("production_annual")["year"].min(), 61),
        (lambda: data.read_table("producers")["country"].nunique(), 20),
        (lambda: rows("prices", series="brent"), 400),
        (lambda: rows("us_trade", unit="kb/d"), 120),
        (lambda: rows("us_trade", series="goods_imports_usd"), 190),
        (lambda: rows("exports", series="total", freq="month"), 100),
        (lambda: data.read_table("exports")["definition"].nunique(), 4),
        (lambda: data.read_table("gaps").groupby(["basis", "market"]).ngroups, 6),
        (lambda: data.read_table("settlement")["kind"].nunique(), 5),
        (lambda: rows("storage") + rows("refining", series="diluent_imports"), 50),
        (lambda: data.read_table("refining").query("series == 'refinery_intake'")["edition"].nunique(), 2),
        (lambda: data.read_table("revenue").groupby(["concept", "author"]).ngroups, 30),
        (lambda: data.read_table("debt")["series"].nunique(), 5),
        (lambda: rows("blackouts", kind="blackout"), 39),
        (lambda: rows("power"), 40),
        (lambda: rows("outage_surveys"), 40),
        (lambda: data.read_table("night_lights")["state"].nunique(), 8),
        (lambda: data.read_table("migrants").groupby(["host", "series"]).ngroups, 60),
        (lambda: data.read_table("remittances")["author"].nunique(), 15),
        (lambda: data.read_table("remittance_surveys")["host"].nunique(), 8),
        (lambda: data.read_table("host_income")["host"].nunique(), 19),
        (lambda: rows("events"), 80),
        (lambda: rows("published_forecasts"), 90),
        (lambda: rows("causal_estimates"), 20),
        (lambda: rows("joint_ventures"), 15),
    ],
)
def test_every_topic_has_its_rows(found, least):
    assert found() >= least
