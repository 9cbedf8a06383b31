"""What the dollars must pay, and what a restructured claim is worth."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from vzmodel import claims, creditors, obligations
from vzmodel.data import load_tables
from vzmodel.scenarios import load_scenarios


def run_of(first="2025-01", months=24, **yearly):
    """One scenario; each variable pays the given yearly totals, one per draw, the same in every year."""
    month = pd.period_range(first, periods=months, freq="M").to_timestamp()
    data = {name: (("scenario", "month", "draw"), np.broadcast_to(np.array(total) / 12, (1, months, len(total))),
                   {"units": "USD million", "by_year": "sum"}) for name, total in yearly.items()}
    return xr.Dataset(data, {"scenario": ["base"], "month": month}, {"run": json.dumps({"as_of": "2025-01-01"})})


def tables(*more, imports=()):
    """8.0bn due on bonds in 2018, and goods imports of 2018 and, in two prints, 2024; with more rows of each."""
    debt = pd.DataFrame([("2018-01-01", "2018-12-31", "bonds", "service_due", 8000.0, "2018-02-01"), *more],
                        columns=["start", "date", "creditor", "series", "value", "published"])
    rows = [("2018", 14866.0, "2019-05-28"), ("2024", 8000.0, "2025-01-10"), ("2024", 9000.0, "2025-06-10"),
            ("2024Q1", 2500.0, "2025-07-01")]
    revenue = pd.DataFrame([(period, "goods_imports", value, day) for period, value, day in rows] + list(imports),
                           columns=["period", "concept", "value", "published"])
    return {"debt": debt, "revenue": revenue}


PUBLISHED = {"haircut": 0.5, "tenor": 20, "coupon": 0.044, "arrears_tenor": 10, "exit_yield": 0.11}


@pytest.mark.parametrize("arrears", [55, 60])
def test_the_published_terms_recover_a_little_over_forty_cents(arrears):
    # A 20-year annuity of 1 at 11 % is worth 7.9633, one paid in year 20 0.1240, one in year 10 0.3522.
    by_hand = 50 * (0.044 * 7.9633 + 0.1240) + arrears * 0.3522
    assert claims.recovery(PUBLISHED, arrears=arrears) == pytest.approx(by_hand, abs=0.01)
    assert 42 < claims.recovery(PUBLISHED, arrears=arrears) < 46


def test_the_default_terms_are_the_published_ones():
    assert claims.recovery() == claims.recovery(PUBLISHED)


@pytest.mark.parametrize("more", [{}, {"amortisation": "equal"}, {"amortisation": "equal", "grace": 5}, {"tenor": 1}])
def test_a_claim_left_whole_that_pays_the_exit_yield_is_worth_par(more):
    assert claims.recovery(haircut=0, coupon=0.08, exit_yield=0.08, **more) == pytest.approx(100)


def test_a_claim_cut_to_nothing_is_worth_nothing():
    assert claims.recovery(haircut=1) == 0


def test_without_discounting_a_claim_is_worth_all_its_payments():
    # Ten years: 3 without repayment, then 7 equal parts; 6 % on what is outstanding.
    interest = 6 * (3 + sum((7 - k) / 7 for k in range(7)))
    got = claims.recovery(haircut=0, coupon=0.06, tenor=10, grace=3, amortisation="equal", exit_yield=0)
    assert got == pytest.approx(100 + interest)


def test_arrears_paid_at_once_are_worth_their_face_less_the_haircut():
    assert claims.recovery(haircut=1, arrears=58, arrears_tenor=0, arrears_haircut=0.7) == pytest.approx(58 * 0.3)


@pytest.mark.parametrize("worse", [{"haircut": 0.6}, {"coupon": 0.03}, {"exit_yield": 0.13}, {"tenor": 30},
                                   {"arrears_tenor": 15}, {"arrears_haircut": 0.3}])
def test_harsher_terms_never_raise_recovery(worse):
    assert claims.recovery(PUBLISHED, arrears=58, **worse) < claims.recovery(PUBLISHED, arrears=58)


@pytest.mark.parametrize("terms, message", [
    ({"tenor": -5}, r"tenor is -5 \[year\]: it must lie within 1 to 100"),
    ({"tenor": 7.5}, "use whole years"),
    ({"haircut": 1.2}, r"haircut is 1.2 \[1\]: it must lie within 0 to 1"),
    ({"haircut": -0.1}, "haircut"),
    ({"haircut": float("nan")}, "haircut"),
    ({"exit_yield": -1.0}, "above -1"),
    ({"exit_yield": "11%"}, "exit_yield is '11%'"),
    ({"tenor": 10, "grace": 10, "amortisation": "equal"}, "grace is 10"),
    ({"amortisation": "balloon"}, "'bullet' or 'equal'"),
    ({"coupn": 0.04}, "unknown term 'coupn', did you mean coupon"),
    ({"link_share": 0.1}, "claim is None"),
    ({"link_share": 0.1, "claim": 1000}, "give projection"),
])
def test_impossible_terms_are_refused(terms, message):
    with pytest.raises(ValueError, match=message):
        claims.recovery(terms)


def test_a_revenue_link_pays_its_share_above_the_threshold_draw_by_draw():
    p = run_of(dollar_inflow=[10_000, 30_000])
    got = claims.recovery(haircut=1, claim=100_000, link_share=0.1, link_threshold=20_000, projection=p, q=(0, 1))
    # 10 % of 10bn above the threshold in each of two years on 100bn: 1 per 100 at the end of years 1 and 2.
    assert got.loc["base", 0] == 0
    assert got.loc["base", 1] == pytest.approx(1 / 1.11 + 1 / 1.11**2)


def test_a_projection_without_a_link_changes_nothing():
    got = claims.recovery(PUBLISHED, projection=run_of(dollar_inflow=[1.0, 2.0]))
    assert got.loc["base"].to_numpy() == pytest.approx(np.full(3, claims.recovery(PUBLISHED)))


def test_loans_repaid_in_cargoes_are_not_due_again_in_cash():
    more = [("2018-01-01", "2018-12-31", who, "service_due", 22_500.0, "2018-03-01") for who in ("china", "all")]
    assert claims.obligations(tables(*more), [2018]).loc[2018, "service_due"] == 8000


def test_service_due_over_part_of_a_year_is_not_that_years_service():
    part = ("2018-10-01", "2018-11-30", "bonds", "service_due", 3430.0, "2018-12-01")
    assert claims.obligations(tables(part), [2018]).loc[2018, "service_due"] == 8000


def test_bond_payments_of_a_year_add_up_and_are_not_carried_forward():
    paid = [("2018-04-30", "2018-04-30", "bonds", "service_paid", 15.0, "2018-06-01"),
            ("2018-10-29", "2018-10-29", "bonds_pdvsa_2020", "service_paid", 949.0, "2018-10-30"),
            ("2018-01-01", "2018-05-10", "chevron", "service_paid", 220.0, "2018-05-11")]
    got = claims.obligations(tables(*paid), [2018, 2019])["service_paid"]
    assert got[2018] == 964 and np.isnan(got[2019])


def test_the_last_known_year_stands_for_later_ones_and_is_named():
    got = claims.obligations(tables(), [2017, 2026])
    assert np.isnan(got.loc[2017, "service_due"]) and got.loc[2026, "service_due"] == 8000
    assert got.attrs["from_year"]["service_due"] == {2026: 2018}


def test_a_years_figure_is_the_one_published_last():
    assert claims.obligations(tables(), [2024]).loc[2024, "goods_imports"] == 9000


def test_imports_without_fuel_are_set_against_dollars_that_have_paid_for_fuel():
    p = run_of(cash_revenue=[6000.0, 9000.0])
    owed = pd.DataFrame({"goods_imports": [9000.0], "fuel_imports": [2000.0]}, index=[2025])
    row = claims.coverage(p, owed=owed, q=(0.0, 1.0)).loc[("base", 2025, "cash_revenue", "goods_imports")]
    assert row["due"] == pytest.approx(7000)
    assert row[0.0] == pytest.approx(6000 / 7000) and row[1.0] == pytest.approx(9000 / 7000)
    assert row["shortfall_probability"] == 0.5
    assert row["expected_shortfall"] == pytest.approx((1000 + 0) / 2)


def test_the_fuel_in_imports_of_another_year_is_that_years_not_the_runs():
    p = run_of(cash_revenue=[7000.0, 8000.0], import_bill=[5000.0, 5000.0], cash_import_bill=[4000.0, 5000.0])
    fuel = ("2024", "fuel_import_bill", 1500.0, "2025-03-01")
    net = claims.coverage(p, tables=tables(imports=[fuel]))["due"]
    assert net["base", 2026, "cash_revenue", "goods_imports"] == 9000 - 1500
    whole = claims.coverage(p, tables=tables())["due"]
    assert whole["base", 2026, "cash_revenue", "goods_imports"] == 9000


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 20_000), st.booleans())
def test_dear_oil_never_makes_other_imports_cheaper(fuel_paid, given_here):
    known = tables(imports=[("2024", "fuel_import_bill", 1500.0, "2025-03-01")])
    owed = pd.DataFrame({"goods_imports": [9000.0], "fuel_imports": [1500.0]}, index=[2026]) if given_here else None
    p = run_of(cash_revenue=[7000.0], cash_import_bill=[fuel_paid], import_bill=[fuel_paid])
    due = claims.coverage(p, tables=known, owed=owed)["due"]
    assert due["base", 2026, "cash_revenue", "goods_imports"] == pytest.approx(9000 - 1500)


def test_service_that_the_proceeds_have_paid_is_not_taken_off_again():
    p = run_of(first="2026-01", dollar_inflow=[10_000.0])
    both = xr.concat([p, p], "scenario").assign_coords(scenario=["status_quo", "debt_deal"]).assign_attrs(p.attrs)
    due = claims.coverage(both, tables=tables(), service=3000.0)["due"]
    due = due.xs("service_due", level="obligation").droplevel("income")
    assert due["status_quo", 2027] == due["status_quo", 2026] == due["debt_deal", 2026] == pytest.approx(3000)
    assert due["debt_deal", 2027] == 0
    by_month = claims.coverage(both, tables=tables(), service=1200.0, by="month")["due"]
    paid = by_month.xs(("debt_deal", "service_due"), level=("scenario", "obligation")).droplevel(1)
    assert paid["2027-06"].item() == pytest.approx(100) and paid["2027-07"].item() == 0


def test_a_scenario_that_pays_creditors_first_collects_less_from_that_month():
    for name, month in claims.SERVICED.items():
        assert month in load_scenarios()[name].changes["collection_share"]


def test_the_fuel_of_2018_is_known_from_november_and_at_least_what_had_been_paid_by_then():
    # Ecoanalítica, 6 November 2018: 3.2bn paid out so far that year, of imports then forecast at 11bn.
    days = ("2018-11-05", "2018-11-06")
    before, after = (claims.obligations(load_tables(as_of=day), [2018]).loc[2018] for day in days)
    assert np.isnan(before["fuel_imports"]) and after["fuel_imports_low"] == 3200
    assert after["fuel_imports"] == pytest.approx(3200 * 12 / 10) and after["goods_imports"] == 11_000


def test_remittances_netted_against_imports_pay_for_imports_too():
    p = run_of(dollar_inflow=[12_000.0], cash_revenue=[6000.0], operator_local_dollars=[1000.0], other_exports=[3000.0],
               cash_import_bill=[0.0], remittances=[5000.0])
    p["remittances"] = p["remittances"].expand_dims(host=["colombia", "peru"]).assign_attrs(p["remittances"].attrs)
    assert claims.income_total(p, "import_financing").values == pytest.approx(6000 + 1000 + 3000 + 2 * 5000)
    assert claims.coverage(p, tables=tables(), q=(0.5,)).loc[("base", 2026, "import_financing", "goods_imports"),
                                                             0.5] == pytest.approx(20_000 / 9000)
    left = claims.left_for_imports(p, tables=tables(), q=(0.5,))
    assert left.loc[("base", 2026, "left"), 0.5] == pytest.approx(20_000 - 8000)
    assert left.loc[("base", 2026, "beyond_imports"), 0.5] == pytest.approx(20_000 - 8000 - 9000)
    assert "import_financing" not in claims.incomes(p.drop_vars("remittances"))


def test_carried_imports_say_which_year_and_grade_they_are_from():
    got = obligations.imports_from(load_tables(), {2027: 2025})
    assert got.loc[2027, ["from_year", "grade", "central", "fuel"]].tolist() == [2025, "D", 12_000, 2200]
    assert got.loc[2027, "without_fuel"] == 9800
    assert obligations.imports_from(tables(), {2027: 2024}).empty


def test_dollars_must_pay_for_service_and_imports_together():
    p = run_of(dollar_inflow=[12_000.0, 20_000.0, 16_000.0, 18_000.0], import_bill=[2000.0] * 4)
    got = claims.coverage(p, tables=tables())
    row = got.loc[("base", 2026, "dollar_inflow", "service_and_imports")]
    assert row["due"] == pytest.approx(8000 + 9000)
    assert row["shortfall_probability"] == 0.5
    assert got.loc[("base", 2026, "dollar_inflow", "service_due"), "shortfall_probability"] == 0
    assert got.attrs["from_year"]["goods_imports"] == {2025: 2024, 2026: 2024}


def test_more_dollars_never_raise_the_chance_of_falling_short():
    rng = np.random.default_rng(2)
    income = rng.uniform(5000, 15000, 500)
    owed = pd.DataFrame({"service_due": [10_000.0]}, index=[2025])
    chances = [claims.coverage(run_of(months=12, cash_revenue=income + more), owed=owed)["shortfall_probability"].item()
               for more in (0, 1000, 3000)]
    assert chances == sorted(chances, reverse=True) and chances[0] == (income < 10_000).mean()


def test_nothing_due_is_always_covered():
    p = run_of(months=12, cash_revenue=[-5.0, 5.0])
    got = claims.coverage(p, owed=pd.DataFrame({"service_paid": [0.0]}, index=[2025]))
    assert got["shortfall_probability"].item() == 0 and got["expected_shortfall"].item() == 0


def test_years_the_run_does_not_complete_are_named():
    p = run_of(first="2024-07", months=20, cash_revenue=[1.0, 2.0])
    got = claims.coverage(p, owed=pd.DataFrame({"service_due": [1.0]}, index=[2025]))
    assert got.attrs["left_out"] == [2024, 2026]


def test_a_run_without_any_income_says_what_to_keep():
    with pytest.raises(ValueError, match="keep="):
        claims.coverage(run_of(production=[1.0]))


def test_coverage_without_any_obligation_says_so():
    p = run_of(cash_revenue=[1.0, 2.0])
    with pytest.raises(ValueError, match="2025 to 2026: give owed="):
        claims.coverage(p, owed=pd.DataFrame({"service_due": [1.0]}, index=[2030]))


TERMS = st.fixed_dictionaries({
    "haircut": st.floats(0, 1), "coupon": st.floats(0, 0.15), "tenor": st.integers(1, 40),
    "amortisation": st.sampled_from(["bullet", "equal"]), "arrears": st.floats(0, 100),
    "arrears_haircut": st.floats(0, 1), "arrears_tenor": st.integers(0, 30), "exit_yield": st.floats(-0.5, 0.5),
})  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(TERMS)
def test_a_bullet_is_worth_what_the_annuity_formula_says(t):
    t = {**t, "amortisation": "bullet"}
    y, n = t["exit_yield"], t["tenor"]
    annuity = n if abs(y) < 1e-9 else (1 - (1 + y) ** -n) / y
    closed = 100 * (1 - t["haircut"]) * (t["coupon"] * annuity + (1 + y) ** -n)
    closed += t["arrears"] * (1 - t["arrears_haircut"]) / (1 + y) ** t["arrears_tenor"]
    assert claims.recovery(t) == pytest.approx(closed, rel=1e-6, abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(TERMS, st.floats(0, 0.3), st.floats(0, 1))
def test_a_higher_exit_yield_or_haircut_never_raises_value(t, more, cut):
    worth = claims.recovery(t)
    slack = 1e-9 * (1 + worth)
    assert claims.recovery(t, exit_yield=t["exit_yield"] + more) <= worth + slack
    assert claims.recovery(t, haircut=max(cut, t["haircut"])) <= worth + slack
    assert claims.recovery(t, arrears_haircut=max(cut, t["arrears_haircut"])) <= worth + slack


@settings(max_examples=40, deadline=None)
@given(st.floats(0.001, 0.5), st.integers(1, 60), st.sampled_from(["bullet", "equal"]), st.integers(0, 10))
def test_a_coupon_equal_to_the_exit_yield_is_worth_a_hundred_whatever_the_schedule(rate, tenor, kind, grace):
    more = {"grace": min(grace, tenor - 1)} if kind == "equal" else {}
    assert claims.recovery(haircut=0, coupon=rate, exit_yield=rate, tenor=tenor, amortisation=kind, **more) == (
        pytest.approx(100))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 40_000), min_size=3, max_size=3), st.floats(0, 20_000),
       st.just(0.0) | st.floats(1, 30_000))
def test_more_inflow_never_lowers_coverage_or_what_is_left_for_imports(income, more, service):
    owed = pd.DataFrame({"service_due": [service], "goods_imports": [9000.0], "fuel_imports": [2000.0]}, index=[2025])
    poor = run_of(months=12, dollar_inflow=income)
    rich = run_of(months=12, dollar_inflow=[x + more for x in income])
    a, b = (claims.coverage(p, owed=owed, q=(0.0, 0.5, 1.0)) for p in (poor, rich))
    assert (b[[0.0, 0.5, 1.0]] >= a[[0.0, 0.5, 1.0]] - 1e-9).all().all()
    assert (b["shortfall_probability"] <= a["shortfall_probability"]).all()
    left = [claims.left_for_imports(p, owed=owed)[0.5] for p in (poor, rich)]
    assert (left[1] >= left[0] - 1e-9).all()


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 40_000), st.floats(0, 20_000), st.floats(0, 1), TERMS)
def test_a_cap_never_adds_value_and_more_dollars_never_take_any(income, more, cap, t):
    t = {**t, "exit_yield": max(t["exit_yield"], t["coupon"]), "claim": 60_000, "service_cap": cap}
    poor = claims.recovery(t, run_of(months=12, dollar_inflow=[income]), q=(0.5,)).iloc[0, 0]
    rich = claims.recovery(t, run_of(months=12, dollar_inflow=[income + more]), q=(0.5,)).iloc[0, 0]
    free = claims.recovery({**t, "service_cap": None})
    assert poor <= rich + 1e-6 and rich <= free + 1e-6


def test_a_cap_pays_each_year_what_the_dollars_allow():
    # 1 % of 60bn a year on 60bn: one per 100, for fifty years, as the claim never catches up.
    got = claims.recovery(PUBLISHED, run_of(months=12, dollar_inflow=[60_000.0]), claim=60_000, service_cap=0.01,
                          q=(0.5,))
    assert got.iloc[0, 0] == pytest.approx((1 - 1.11**-50) / 0.11)


def test_a_cap_that_never_binds_changes_nothing():
    got = claims.recovery(PUBLISHED, run_of(months=12, dollar_inflow=[1e9]), arrears=57, claim=60_000, service_cap=1.0)
    assert got.iloc[0].to_numpy() == pytest.approx(np.full(3, claims.recovery(PUBLISHED, arrears=57)))


def test_scenarios_are_weighed_where_weights_are_given():
    p = xr.concat([run_of(months=12, dollar_inflow=[x] * 4) for x in (0.0, 1e9)], "scenario")
    p = p.assign_coords(scenario=["none", "plenty"])
    got = claims.recovery(PUBLISHED, p, claim=60_000, service_cap=0.5, weights={"none": 0.25, "plenty": 0.75},
                          q=(0, 1 / 3))
    assert list(got.index) == ["none", "plenty", "mixture"]
    assert got.loc["mixture", 0] == 0 and got.loc["mixture", 1 / 3] == pytest.approx(claims.recovery(PUBLISHED))


def test_the_value_depends_on_arrears_by_what_their_note_is_worth():
    table = claims.value_table(rows=("arrears", [0, 55, 60]), columns=("exit_yield", [0.10, 0.11]))
    assert np.diff(table[0.11]) == pytest.approx([55 / 1.11**10, 5 / 1.11**10])
    assert 42 < table.loc[55, 0.11] < table.loc[60, 0.11] < 46


@pytest.mark.parametrize("terms, message", [
    ({"service_cap": 1.5}, "service_cap is 1.5"),
    ({"service_cap": 0.1, "claim": 1000}, "give projection"),
    ({"arrears_tenor": 60}, "within 0 to 50"),
    ({"exit_yield": float("inf")}, "above -1"),
    ({"haircut": True}, "haircut is True"),
])
def test_more_impossible_terms_are_refused(terms, message):
    with pytest.raises(ValueError, match=message):
        claims.recovery(terms)


def test_a_negative_service_is_refused():
    with pytest.raises(ValueError, match="service is -1"):
        claims.coverage(run_of(dollar_inflow=[1.0]), tables=tables(), service=-1)


def test_imports_known_as_a_range_make_the_shortfall_uncertain():
    owed = pd.DataFrame({"goods_imports": [9000.0], "goods_imports_low": [7000.0], "goods_imports_high": [11_000.0]},
                        index=[2025])
    owed["fuel_imports"] = 0.0
    p = run_of(months=12, dollar_inflow=[7000.0] * 1000)
    row = claims.coverage(p, owed=owed).loc["base", 2025, "dollar_inflow", "goods_imports"]
    # imports exceed their own 10th percentile nine times in ten
    assert row["shortfall_probability"] == pytest.approx(0.9, abs=0.01)


def test_a_given_service_leaves_the_rest_for_imports():
    owed = pd.DataFrame({"goods_imports": [9000.0], "fuel_imports": [3000.0]}, index=[2025])
    p = run_of(months=12, dollar_inflow=[5000.0, 8000.0])
    got = claims.left_for_imports(p, owed=owed, service=2000, q=(0.0, 1.0))
    assert got.loc[("base", 2025, "left")].tolist() == pytest.approx([3000, 6000, 0.5])
    assert got.loc[("base", 2025, "months")].tolist() == pytest.approx([6, 12, 0.5])


def test_months_of_a_year_add_up_to_what_is_due_in_it():
    tables = load_tables(as_of="2019-04-01")
    p = run_of(first="2020-01", months=12, dollar_inflow=[9000.0])
    by_year = claims.coverage(p, tables=tables)["due"].groupby("obligation").sum()
    by_month = claims.coverage(p, tables=tables, by="month")["due"].groupby("obligation").sum()
    assert by_month["service_due"] == pytest.approx(by_year["service_due"])
    assert by_month["goods_imports"] == pytest.approx(by_year["goods_imports"])


# ---- What is owed, against what was printed ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def debt():
    return load_tables()["obligations"]


@pytest.mark.parametrize("day, printed, source", [
    ("2018-02-15", 1700, "Bloomberg"), ("2018-08-17", 6100, "Bloomberg"), ("2018-09-30", 6400, "J. Guerra"),
    ("2019-01-31", 8000, "Reuters, almost"),
])  # fmt: skip
def test_payments_missed_add_up_to_the_arrears_printed(debt, day, printed, source):
    missed = obligations.arrears(debt, day)
    assert missed[["interest", "principal"]].sum().sum() == pytest.approx(printed, rel=0.1)


def test_the_bonds_one_by_one_add_up_to_the_principal_and_interest_printed_for_all():
    # Saldar la Deuda's reckoning for the end of 2023: 58,523 of principal, 31,368 of interest.
    missed = obligations.arrears(load_tables()["obligations"], "2023-12-31")
    assert missed["face"].sum() == pytest.approx(58_523, rel=0.001)
    assert missed["interest"].sum() == pytest.approx(31_368, rel=0.02)


def test_the_terms_of_the_bonds_make_the_service_of_2019_as_printed(debt):
    # Rendivalores printed 8,975 in one count, 5,116 of it for the republic, and 8,081 in another.
    due = obligations.payments(debt, "2019-01-01", "2019-12-31")
    assert due["due"].sum() == pytest.approx(8975, rel=0.01)
    assert due.loc[due["creditor"] == "bonds_republic", "due"].sum() == pytest.approx(5116, rel=0.05)


def test_coupons_of_november_2017_are_the_539_million_announced(debt):
    due = obligations.payments(debt, "2017-11-01", "2017-11-30")
    assert due.loc[due["creditor"] == "bonds_pdvsa", "interest"].sum() == pytest.approx(539, abs=0.5)


def test_the_bond_on_citgo_falls_due_as_printed_in_april_and_october_2019():
    known = load_tables(as_of="2019-04-01")["obligations"]
    due = obligations.payments(known, "2019-04-01", "2019-12-31")
    april, october = due.loc[due["obligation"] == "PDVSA 2020 8.5", "due"]
    assert april == pytest.approx(71.5, abs=0.1) and october == pytest.approx(842 + 72, abs=1)
    pledged = known[(known["kind"] == "pledge")].set_index("creditor")["central"]
    assert pledged["bonds_pdvsa"] == 0.501 and pledged["rosneft"] == 0.499


def test_what_cargoes_repay_is_counted_once_and_never_as_cash():
    parts = obligations.by_settlement(load_tables()["debt"], 2018)
    assert parts.sum() == 22_500 and parts["bonds"] + parts["other_cash"] == 12_400
    with pytest.raises(ValueError, match="2030"):
        obligations.by_settlement(load_tables()["debt"], 2030)


def test_all_that_is_owed_lies_within_the_totals_printed(debt):
    # 150 to 170 billion were printed in January 2026, before a year's further interest.
    total = obligations.owed(debt, "2026-01-31")[["low", "central", "high"]].sum() / 1000
    assert total["low"] < 150 and 150 <= total["central"] <= 175 and total["high"] > 170


def test_what_was_not_yet_missed_is_not_known_to_be_missed():
    known = load_tables(as_of="2019-04-01")["obligations"]
    assert obligations.arrears(known, "2019-04-01").loc["PDVSA 2020 8.5", "interest"] == 0
    assert load_tables()["obligations"]["published"].min() < pd.Timestamp("2019-04-01")
    later = obligations.arrears(load_tables()["obligations"], "2020-12-31").loc["PDVSA 2020 8.5"]
    assert later["interest"] > 0 and later["principal"] == pytest.approx(1683.757)


def test_interest_past_maturity_is_a_choice_that_shows(debt):
    few, more = (obligations.arrears(debt, "2025-11-30", after_maturity=x) for x in (False, True))
    a, b = (100 * x["interest"].sum() / x["face"].sum() for x in (few, more))
    assert 50 < a < 60 < 65 < b < 75


# ---- Creditors paid in cargoes -------------------------------------------------------------------------------------


def with_balance(path):
    month = pd.period_range("2019-04", periods=len(path), freq="M").to_timestamp()
    values = np.array(path, dtype=float)[None, :, None, None]
    return xr.Dataset({"debt_balance": (("scenario", "month", "creditor", "draw"), values)},
                      {"scenario": ["base"], "month": month, "creditor": ["rosneft"]})


def test_a_loan_is_cleared_in_the_first_month_that_owes_nothing():
    got = creditors.months_to_clear(with_balance([1200, 600, 0, 0]))
    assert got.loc["base", 0.5] == 3 and got.loc["base", "cleared"] == 1 and got.loc["base", "left"] == 0
    never = creditors.months_to_clear(with_balance([1200, 600, 300]))
    assert np.isinf(never.loc["base", 0.5]) and never.loc["base", "cleared"] == 0


def test_balances_not_kept_or_of_nobody_are_named():
    with pytest.raises(ValueError, match="keep="):
        creditors.months_to_clear(run_of(cash_revenue=[1.0]))
    with pytest.raises(ValueError, match="it has rosneft"):
        creditors.months_to_clear(with_balance([1.0]), "cuba")


def test_a_bond_of_another_name_is_refused(debt):
    p = run_of(first="2019-04", months=12, cash_revenue=[1200.0])
    with pytest.raises(ValueError, match="did you mean PDVSA 2020 8.5"):
        creditors.against_payment(p, "PDVSA 2020 8", table=debt)
    row = creditors.against_payment(p, "PDVSA 2020 8.5", table=debt).loc[("base", pd.Timestamp("2019-10-27"))]
    assert row["shortfall_probability"] == 1 and row["share"] == pytest.approx(913.4 / 100, rel=0.001)


@pytest.fixture(scope="module")
def asked():
    return creditors.april_2019(draws=128, months=21)


def test_the_ban_on_us_sales_never_brings_cash_at_the_median(asked):
    assert (asked["us_sales"][0.5] <= 0).all() and (asked["us_sales"][0.1] < 0).all()


def test_rosnefts_loan_clears_within_about_a_year_unless_its_ships_stay_away(asked):
    months = asked["rosneft"]
    assert 6 <= months.loc["seed_2019_base", 0.5] <= 18
    assert months.loc["rosneft_stays_away", "cleared"] < 0.1 and months.loc["rosneft_stays_away", "left"] > 500


def test_the_payments_on_the_citgo_bond_are_set_against_the_cash_of_their_month(asked):
    due = asked["pdvsa_2020"].loc["seed_2019_base"]["due"]
    assert due.round(1).tolist()[:2] == [71.6, 913.4]
    short = asked["pdvsa_2020"].loc["seed_2019_base"]["shortfall_probability"]
    assert short.iloc[1] >= short.iloc[0]


# ---- The command and the pictures ----------------------------------------------------------------------------------


def command(*words):
    from typer.testing import CliRunner

    from vzmodel.cli import app

    return CliRunner().invoke(app, ["claims", *map(str, words)])


def test_the_command_prints_who_is_owed_cover_by_year_and_recovery():
    result = command("--scenario", "status_quo", "--draws", 64, "--months", 24, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert {"low", "central", "high"} <= set(found["obligations_usd_bn"]["bonds_pdvsa"])
    years = found["coverage"]["status_quo"]
    assert set(years["2027"]) == {"p10", "p50", "p90", "prob_short"}
    assert years["2027"]["p10"] <= years["2027"]["p50"] <= years["2027"]["p90"]
    assert set(found["months_of_imports"]["status_quo"]["2027"]) == {"p10", "p50", "p90", "prob_short"}
    assert set(found["not_accounted_for"]["status_quo"]["2027"]) == {"p10", "p50", "p90", "prob_short"}
    assert found["after_service"] == {}
    assert found["goods_imports_from"][0]["from_year"] < 2027 and found["goods_imports_from"][0]["grade"] in "ABCD"
    by = {row["income"] for row in found["coverage_by_income"]}
    assert by == {"cash_revenue", "dollar_inflow", "import_financing"}
    cents = found["recovery_cents"]
    assert 42 < cents["published_terms"] < 46 and 55 <= found["arrears_per_100"] <= 60
    assert cents["status_quo"]["p10"] <= cents["status_quo"]["p50"] <= cents["status_quo"]["p90"]
    assert cents["status_quo"]["p90"] <= cents["published_terms"]
    at_11 = next(row for row in found["value_tables"]["arrears"] if row["exit_yield"] == 0.11)
    assert at_11["arrears 55"] == pytest.approx(43.1, abs=0.1) and at_11["arrears 60"] == pytest.approx(44.9, abs=0.1)


def test_a_scenario_of_2019_is_reckoned_with_the_tables_of_its_day():
    asked = ("seed_2019_base", "--draws", 16, "--months", 24, "--json")
    alone, told = command(*asked), command(*asked, "--as-of", "2019-04-01")
    assert alone.exit_code == 0, alone.output
    assert json.loads(alone.stdout) == json.loads(told.stdout)


@pytest.mark.parametrize("words, message", [
    (["--haircut", "1.3"], "haircut is 1.3"), (["--exit-yield", "-2"], "must be above -1"),
    (["--service-cap", "2"], "service_cap is 2.0"), (["--claim", "0"], "claim is 0.0"),
    (["--service", "-1"], "service is -1"),
    (["--arrears", "-5"], "arrears is -5"), (["nonsense"], "unknown scenario"),
])
def test_the_command_refuses_what_cannot_be(words, message):
    result = command(*words, "--draws", 8, "--months", 16)
    assert result.exit_code == 2 and message in result.output


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(3)
    p = run_of(first="2027-01", months=36, dollar_inflow=rng.normal(14_000, 3000, 200),
               cash_revenue=rng.normal(6000, 2500, 200))
    return p.assign_attrs(run=json.dumps({"as_of": "2026-10-01", "version": "0", "draws": 200, "seed": 1}))


def test_every_chart_of_the_claims_draws_and_says_its_unit(drawn, debt):
    from vzmodel.charts import claims as pictures
    from vzmodel.charts import style

    drawings = [pictures.service(drawn, "base", style.sheet()), pictures.value(style.sheet()),
                pictures.creditors(obligations.owed(debt, "2026-09-30"), style.sheet()),
                pictures.imports(drawn, "base", 2028, style.sheet(), spent=3000)]
    for ax in drawings:
        text = " ".join(t.get_text() for t in ax.texts)
        assert ax.get_title(loc="left") and ("USD billion" in text or "Per 100" in text)


def test_the_waterfall_from_inflow_to_imports_adds_up(drawn):
    from vzmodel.charts import claims as pictures

    mean = pictures.imports_table(drawn, "base", 2028, spent=3000)["mean"]
    assert mean["Debt service"] == pytest.approx(-3000)
    assert mean["Left for imports"] == pytest.approx(mean["Dollar inflow"] - 3000)
    bought = mean["Imports net of fuel, diluent"]
    assert bought < 0 and mean["Left over, or missing"] == pytest.approx(mean["Left for imports"] + bought)
    # 12,000 of goods in 2025 with 2,200 of fuel: 9,800 of other goods, whatever the run pays for its fuel
    paying = drawn.assign(cash_import_bill=(drawn["dollar_inflow"] * 0 + 5000 / 12).assign_attrs(units="USD million"))
    dear = pictures.imports_table(paying, "base", 2028)["mean"]["Imports net of fuel, diluent"]
    assert bought == pytest.approx(-9800, rel=0.05) and dear == pytest.approx(bought)
    with pytest.raises(ValueError, match="no complete year"):
        pictures.imports_table(drawn, "base", 2035)


def test_probabilities_of_some_scenarios_of_a_set_are_taken_in_proportion():
    p = xr.concat([run_of(months=12, dollar_inflow=[x] * 10) for x in (0.0, 1e9)], "scenario")
    p = p.assign_coords(scenario=["none", "plenty"])
    p.attrs["run"] = json.dumps({"as_of": "2025-01-01", "probabilities": {"none": 0.1, "plenty": 0.4}})
    got = claims.recovery(PUBLISHED, p, claim=60_000, service_cap=0.5, q=(0.1, 0.25))
    assert got.attrs["weights"] == pytest.approx({"none": 0.2, "plenty": 0.8})
    assert got.loc["mixture", 0.1] == 0 and got.loc["mixture", 0.25] == pytest.approx(claims.recovery(PUBLISHED))


def test_service_ahead_falls_due_by_the_terms_of_the_bonds_and_before_the_prints_it_is_not_known():
    known = load_tables()
    got = claims.obligations(known, [2015, 2019, 2027])["service_due"]
    assert np.isnan(got[2015]) and got[2019] == pytest.approx(8081, abs=1)
    # Terms: 9.25 % of 2027 and 5.375 % of PDVSA 2027 mature; the rest pays coupons, some an instalment.
    due = obligations.payments(known["obligations"], "2027-01-01", "2027-12-31")["due"]
    assert got[2027] == pytest.approx(due.sum())
    assert 7000 < got[2027] < 9500
