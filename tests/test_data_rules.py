"""Rules within and between tables, corrections to sources, and the page of terms."""

import copy
import json

import numpy as np
import pandas as pd
import pytest

import vzmodel as vz
from vzmodel import data
from vzmodel.data import _corrections, _rules

ROOT = data.data_folder().parent
TABLE = {"name": "toy", "path": "toy.csv", "release_lag_days": 60, "release_lag_days_by": {"series": {"jodi": 50}},
         "schema": {"fields": [], "primaryKey": ["period", "series", "print"]},
         "rules": {"period": {"column": "period", "unit": "month", "early": {"kind": ["forecast"]}}, "lag": "exact",
                   "explained_in": ["note"]}}  # fmt: skip


def toy(*rows):
    names = ["period", "series", "print", "kind", "value", "published", "published_basis", "grade", "note"]
    table = pd.DataFrame([dict(zip(names, row)) for row in rows], columns=names)
    return table.assign(published=pd.to_datetime(table["published"]))


def faults(*rows, **rules):
    return [text for _, text in _rules.row_faults({**TABLE, "rules": {**TABLE["rules"], **rules}}, toy(*rows))]


def test_a_row_dated_by_the_usual_lag_must_keep_to_it():
    assert faults(("2019-06-01", "eia", "single", "outcome", 1, "2019-08-29", "lag", "A", None)) == []
    assert faults(("2019-06-01", "jodi", "single", "outcome", 1, "2019-08-19", "lag", "A", None)) == []
    (told,) = faults(("2019-06-01", "eia", "single", "outcome", 1, "2019-08-19", "lag", "A", None))
    assert "50 days after the period ends" in told and "lag is 60" in told
    assert faults(("2019-06-01", "eia", "single", "outcome", 1, "2019-08-19", "stated", "A", None)) == []
    assert faults(("2019-06-01", "eia", "single", "outcome", 1, "2020-01-01", "lag", "A", None), lag="at_least") == []


def test_an_outcome_is_not_printed_before_its_period_ends_and_a_forecast_may_be():
    row = ("2019", "eia", "single", "outcome", 1, "2019-12-30", "stated", "A", None)
    (told,) = faults(row)
    assert "2019-12-30 is before the period ends (2019-12-31)" in told
    assert faults((*row[:3], "forecast", *row[4:])) == []


def test_an_estimate_says_what_it_rests_on():
    row = ("2019-06-01", "eia", "single", "outcome", 1, "2019-09-01", "stated", "D")
    (told,) = faults((*row, None))
    assert "graded D" in told and "note empty" in told
    assert faults((*row, "half of the year before")) == []


@pytest.mark.parametrize(
    ("text", "unit", "end"),
    [
        ("2019", "day", "2019-12-31"), ("2019-Q1", "day", "2019-03-31"), ("2019Q4", "day", "2019-12-31"),
        ("2020-02", "day", "2020-02-29"), ("2020-02-03", "day", "2020-02-03"), ("2020-02-01", "month", "2020-02-29"),
        ("2019-01/2019-07", "month", "2019-07-31"), ("2022-01-01/2022-02-08", "day", "2022-02-08"),
        ("2019-03-07T16:54", "day", "2019-03-07"), ("1998/2017-08", "day", "2017-08-31"),
    ],
)  # fmt: skip
def test_a_period_ends_on_its_last_day(text, unit, end):
    assert _rules.period_ends(pd.Series([text]), unit).tolist() == [pd.Timestamp(end)]


def test_a_period_that_cannot_be_read_is_told():
    (told,) = faults(("spring", "eia", "single", "outcome", 1, "2019-09-01", "stated", "A", None))
    assert "'spring' is no period" in told


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"publishd_after": "period"}, "unknown rule 'publishd_after'"),
        ({"orderd": ["low"]}, "did you mean ordered"),
        ({"ordered": ["low", "hihg"]}, "column 'hihg', did you mean high"),
        ({"period": {"column": "period", "unit": "week"}}, "unit is 'week'"),
        ({"unbroken": ["brent"]}, "need the rule period"),
        ({"lag": "exact", "period": {"column": "period", "unit": "day"}}, "needs release_lag_days"),
        ({"explained_in": ["low"]}, "column 'grade'"),
    ],
)
def test_a_rule_that_could_not_be_applied_is_refused(rules, said):
    fields = [{"name": name, "type": "string"} for name in ("period", "low", "high", "published")]
    with pytest.raises(ValueError, match=said):
        _rules.check_rules({"path": "toy.csv", "schema": {"fields": fields}, "rules": rules})


def test_areas_that_do_not_add_up_are_told():
    resource = copy.deepcopy(data.resources()["production_by_area"])
    table = data.read_table("production_by_area")
    assert list(_rules.table_faults(resource, table)) == []
    table.loc[(table["period"] == "2020-06") & (table["area"] == "west"), "value"] += 40
    (told,) = _rules.table_faults(resource, table)
    assert "2020-06" in told and "+40" in told


def test_a_year_is_the_mean_of_its_days():
    months = pd.Series(np.r_[[100.0] * 11, [200.0]], index=pd.date_range("2020-01-01", periods=12, freq="MS"))
    assert _rules.day_means(months)[2020] == pytest.approx((100 * 335 + 200 * 31) / 366)
    assert _rules.day_means(months.iloc[1:]).empty


def between(rule, **tables):
    return list(_rules.identity_faults([rule], lambda name: tables[name], list(tables)))


def test_months_and_year_of_one_source_must_agree():
    index = pd.date_range("2019-01-01", periods=12, freq="MS")
    months = pd.DataFrame({"month": index, "series": "eia", "value": 900.0, "published": index})
    years = pd.DataFrame({"period": ["2019"], "series": "eia", "value": 910.0, "published": index[:1]})
    rule = {"title": "Year", "kind": "mean_of_months", "months": {"table": "m", "where": {"series": "eia"}},
            "years": {"table": "y", "period": "period", "where": {"series": "eia"}}, "tolerance": 0.02}  # fmt: skip
    assert between(rule, m=months, y=years) == []
    (told,) = between({**rule, "tolerance": 0.01}, m=months, y=years)
    assert told == "Year: 2019, months 900.0 against 910.0 for the year, -1.1%; correct either"


def test_a_lever_on_no_assumption_is_told():
    rule = {"title": "Levers", "kind": "member", "table": "levers", "column": "assumption",
            "of": {"table": "assumptions_*", "column": "name"}}  # fmt: skip
    levers, prices = pd.DataFrame({"assumption": ["brent", "brnt"]}), pd.DataFrame({"name": ["brent"]})
    assert between(rule, levers=levers, assumptions_prices=prices) == [
        "Levers: 'brnt' is in levers and not in assumptions_*, did you mean brent?"
    ]


def test_the_shipped_identities_name_tables_that_exist():
    shipped = json.loads((data.data_folder() / "datapackage.json").read_text(encoding="utf-8"))["identities"]
    assert {rule["kind"] for rule in shipped} == {"mean_of_months", "equal", "member"}
    names = set(data.resources())
    for rule in shipped:
        tables = {part["table"] for part in rule.values() if isinstance(part, dict)} | {rule.get("table")}
        assert {t for t in tables if t and "*" not in t} <= names


PRINTED = toy(
    ("2019-01-01", "crude", "first", "outcome", 631.0, "2019-04-01", "lag", "B", None),
    ("2019-02-01", "crude", "first", "outcome", 289.0, "2019-05-01", "lag", "B", None),
)
CORRECTION = {"table": "toy", "key": "period=2019-01-01; series=crude", "column": "value",
              "source_value": "631", "our_value": "561", "expires_when": "source_changes",
              "published": pd.Timestamp("2019-05-01")}  # fmt: skip


def corrected(table=PRINTED, **changes):
    return _corrections.apply(table, TABLE, pd.DataFrame([{**CORRECTION, **changes}]))


def test_a_correction_changes_one_cell_and_leaves_the_printed_table_alone():
    table, told = corrected()
    assert told == [] and table["value"].tolist() == [561, 289] and PRINTED["value"].tolist() == [631, 289]


def test_a_correction_fails_once_the_source_gives_another_value():
    _, (told,) = corrected(PRINTED.assign(value=[600.0, 289.0]))
    assert "the source now gives 600" in told and "made to 631" in told


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": "period=2018-01-01"}, "0 rows have that key"),
        ({"key": "series=crude"}, "2 rows have that key"),
        ({"column": "vlaue"}, "no column 'vlaue'"),
        ({"column": "period", "key": "value=631", "source_value": "2019-01-01", "our_value": "2019-02-01"}, "one key"),
    ],
)
def test_a_correction_that_fits_no_row_or_spoils_the_key_is_told(changes, said):
    assert said in corrected(**changes)[1][0]


def test_a_correction_that_waits_for_a_later_print_ends_with_it():
    later = toy(("2019-01-01", "crude", "revised", "outcome", 561.0, "2019-09-01", "stated", "A", None))
    both = pd.concat([PRINTED, later], ignore_index=True)
    key = {"key": "period=2019-01-01; print=first"}
    assert corrected(both, **key)[1] == []
    (told,) = corrected(both, **key, expires_when="later_print")[1]
    assert "a later print of 2019-09-01" in told


def test_us_imports_printed_as_crude_are_crude_and_products():
    trade = vz.load_tables()["us_trade"]
    january = trade[trade["period"] == "2019-01-01"].set_index("value")["series"]
    assert january[631] == "petroleum_imports" and january[561] == "crude_imports"
    printed = data.read_printed("us_trade")
    assert printed[printed["value"] == 631]["series"].tolist() == ["crude_imports"]


def test_a_users_own_table_is_not_corrected_by_the_shipped_corrections(tmp_path):
    (tmp_path / "us_trade.csv").write_bytes((data.data_folder() / "us_trade.csv").read_bytes())
    trade = vz.load_tables(tmp_path)["us_trade"]
    assert trade[trade["value"] == 631]["series"].tolist() == ["crude_imports"]
    assert data.check(tmp_path) == []


def test_check_tells_of_a_correction_whose_source_has_changed(tmp_path):
    for name in ("us_trade.csv", "corrections.csv", "causal_estimates.csv"):
        (tmp_path / name).write_bytes((data.data_folder() / name).read_bytes())
    assert data.check(tmp_path) == []
    path = tmp_path / "us_trade.csv"
    trade = path.read_text(encoding="utf-8")
    path.write_text(trade.replace("crude_imports,single,631,", "crude_imports,single,632,"), encoding="utf-8")
    (told,) = data.check(tmp_path)
    assert "us_trade, period=2019-01-01; value=631" in told and "0 rows" in told
    with pytest.raises(ValueError, match="0 rows have that key"):
        vz.load_tables(tmp_path)


def test_the_page_of_terms_is_the_one_the_descriptor_gives():
    assert (ROOT / "docs" / "data-terms.md").read_text(encoding="utf-8") == data.terms() + "\n"


def test_every_table_says_what_may_be_passed_on():
    for name, resource in data.resources().items():
        assert resource["redistribution"], name


def test_energy_institute_and_opec_tables_are_never_here_whole():
    for name, resource in data.resources().items():
        if any("Energy Institute" in source["title"] for source in resource["sources"]):
            assert "single facts" in resource["redistribution"], name
    assert "country" not in data.read_table("production_annual")
