"""What the dollars must pay, and what a restructured claim is worth."""

import json

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from vzmodel import claims


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


def test_goods_imports_are_set_against_dollars_net_of_the_fuel_already_paid_for():
    p = run_of(cash_revenue=[7000.0, 9000.0], import_bill=[1000.0, 3000.0])
    got = claims.coverage(p, owed=pd.DataFrame({"goods_imports": [9000.0, 9000.0]}, index=[2025, 2026]), q=(0.0, 1.0))
    row = got.loc[("base", 2025, "cash_revenue", "goods_imports")]
    assert row["due"] == pytest.approx((8000 + 6000) / 2)
    assert row[0.0] == pytest.approx(7000 / 8000) and row[1.0] == pytest.approx(9000 / 6000)
    assert row["shortfall_probability"] == 0.5
    assert row["expected_shortfall"] == pytest.approx((1000 + 0) / 2)


def test_the_fuel_in_imports_of_another_year_is_that_years_not_the_runs():
    p = run_of(cash_revenue=[7000.0, 8000.0], import_bill=[5000.0, 5000.0])
    fuel = ("2024", "fuel_import_bill", 1500.0, "2025-03-01")
    net = claims.coverage(p, tables=tables(imports=[fuel]))["due"]
    assert net["base", 2026, "cash_revenue", "goods_imports"] == 9000 - 1500
    whole = claims.coverage(p, tables=tables())["due"]
    assert whole["base", 2026, "cash_revenue", "goods_imports"] == 9000


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
