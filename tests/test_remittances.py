"""Money sent home: people by host, what they send, what arrives, and how it stands against what others print."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vzmodel as vz
from vzmodel import remittances
from vzmodel.remittances import _migrants

HOSTS = remittances.HOSTS


@pytest.fixture(scope="module")
def tables():
    return vz.load_tables()


@pytest.fixture(scope="module")
def past():
    return vz.hindcast("2017-01", "2025-12", draws=1024, keep=["migrants", "remittances", "monetised_remittances"])


@pytest.fixture(scope="module")
def yearly(past):
    total = past.remittances.sum("host").isel(scenario=0)
    return total.groupby("month.year").sum().quantile([0.1, 0.5, 0.9], "draw").to_pandas().T


@pytest.fixture(scope="module")
def runs():
    names = ["status_quo", "us_migrants_shock", "returns", "relapse",
             "relapse+oil_income_lets_leave", "relapse+oil_income_keeps_home"]  # fmt: skip
    return vz.project(names, months=36, draws=256, keep=["migrants", "remittances", "monetised_remittances"])


def reading(host="COL", date="2024-06-30", value=2_800_000, series="r4v", recount=0, published="2024-07-01"):
    return {"date": pd.Timestamp(date), "host": host, "series": series, "value": value, "grade": "A",
            "recount": recount, "published": pd.Timestamp(published)}  # fmt: skip


# ---- people ---------------------------------------------------------------------------------------------------------


def test_without_growth_or_returns_the_same_people_stay_abroad():
    start, none = np.array([[2.0], [1.0]]), np.zeros(1)
    path = remittances.stock(start, none, np.ones(1), np.zeros((24, 1)))
    assert path == pytest.approx(np.broadcast_to(start, (24, 2, 1)))


def test_one_year_of_steady_growth_is_its_rate():
    path = remittances.stock(np.ones((1, 1)), np.full(1, 0.12), np.ones(1), np.zeros((12, 1)))
    assert path[-1].item() == pytest.approx(np.exp(0.12))


@settings(max_examples=40, deadline=None)
@given(st.floats(-5, 5), st.floats(-2, 3), st.floats(0.5, 1.0), st.floats(-3, 3))
def test_no_flow_drives_a_stock_below_zero_or_arrivals_past_those_who_may_leave(extra, growth, damping, wander):
    one = np.ones(1)
    path = remittances.stock(np.full((3, 1), 1.0), growth * one, damping * one, np.full((60, 1), extra),
                             np.full((3, 1), wander), 0.05, 0.03, np.full(1, 11.0))  # fmt: skip
    assert (path >= 0).all()
    # one month's arrivals may overshoot before the room is counted again
    assert path.sum(axis=1).max() < 14 * np.exp(max(growth + extra, 0) / 12 + 0.3)


def test_more_returns_never_leave_more_people_abroad(runs):
    total = runs.migrants.sum("host")
    gone = total.sel(scenario="returns") - total.sel(scenario="status_quo")
    assert float(gone.max()) <= 1e-3 and float(gone.isel(month=-1).mean()) < -0.001


def test_a_recount_moves_the_error_and_not_the_people():
    p = _migrants.parameters(vz.load_assumptions().table)
    rows = [reading(date=f"{y}-06-30", value=1e6, published=f"{y}-07-01") for y in (2019, 2020, 2021)]
    rows = [dict(r, value=1e6 + k) for k, r in enumerate(rows)]  # not the same digits, so that each is news
    jump = {"date": "2022-06-30", "value": 1.5e6, "published": "2022-07-01"}
    flow, counted = (
        _migrants.track(_migrants.readings(pd.DataFrame([*rows, reading(**jump, recount=k)])), p, ("co",))
        for k in (0, 1)
    )
    growth = [float(x.mean[-1, 0, 1]) for x in (flow, counted)]
    assert growth[1] < growth[0], "a jump that is a recount says less of people moving"


def test_a_figure_repeated_to_the_digit_is_no_new_reading():
    rows = pd.DataFrame([reading(date="2023-01-31"), reading(date="2024-01-31")])
    assert len(_migrants.readings(rows)) == 1


def test_histories_agree_with_the_dated_counts(tables):
    p = _migrants.parameters(vz.load_assumptions().table)
    months, people, _ = _migrants.histories(tables["migrants"], p, 256)
    rows = _migrants.readings(tables["migrants"])
    rows = rows[~rows["old"] & (rows["series"] != "other")]
    at = [(m - months[0]).n for m in rows["month"]]
    mine = np.log(people[at, [HOSTS.index(h) for h in rows["host"]]])
    error = rows["log"].to_numpy() - mine.mean(axis=1)
    large = rows["host"].isin(_migrants.LARGE).to_numpy()
    allowed = 1.64 * np.sqrt(mine.std(axis=1) ** 2 + p["reading_error"] ** 2 + p["stock_error"] ** 2)
    assert (np.abs(error)[large] < allowed[large]).mean() > 0.85


def test_the_world_total_lies_near_eight_million_and_is_not_forced_to_r4v(past):
    total = past.migrants.sum("host").isel(scenario=0, month=-1).quantile([0.1, 0.5, 0.9], "draw").values
    assert total[0] < 8.2 < total[2] and 7 < total[1] < 9.5


def test_nothing_published_later_moves_the_stock_of_an_earlier_day(tables):
    early, a = vz.load_tables(as_of="2019-04-01"), vz.load_assumptions(as_of="2019-04-01").table
    frame = remittances.estimate(early["migrants"], 256, tables=early, assumed=a)
    assert frame.attrs["date"] <= "2019-04"
    assert frame["stock_co"].median() == pytest.approx(1.1, rel=0.15), "R4V printed 1.1 million in February 2019"
    assert not np.isclose(frame["remittance_level"].median(), 0)


def test_a_host_without_any_reading_counts_as_none(tables):
    rows = tables["migrants"][tables["migrants"]["host"] != "GUY"]
    frame = remittances.estimate(rows, 16, assumed=vz.load_assumptions().table)
    assert (frame["stock_gy"] == 0).all() and "none" in frame.attrs["notes"]["stock_gy"]


# ---- money ----------------------------------------------------------------------------------------------------------


def test_hosts_sum_to_the_total_and_none_is_negative(runs):
    assert float(runs.remittances.min()) >= 0
    summed = vz.project("status_quo", months=36, draws=256)["remittances"]
    assert summed.values[0] == pytest.approx(runs.remittances.sum("host").sel(scenario="status_quo").values)


def test_what_is_exchanged_never_exceeds_what_is_sent(runs, past):
    for p in (runs, past):
        assert bool((p.monetised_remittances <= p.remittances.sum("host") + 1e-9).all())


def terms(**changed):
    a = {f"{n}_{h}": np.array([v]) for h in HOSTS for n, v in (("propensity", 0.5), ("amount", 1200.0))}
    a |= {n: np.array([v]) for n, v in {
        "settling_months": 18.0, "newcomer_sending": 0.6, "sending_habit": 1.0, "host_income_growth": 0.0,
        "sending_shock_loss": 0.4, "sending_cost": 0.0, "income_elasticity": 1.0, "us_tax_effect": 0.0,
        "remittance_level": 1.0}.items()}  # fmt: skip
    return a | {n: np.array([float(v)]) for n, v in changed.items()}


def send(income=1.0, state=0.0, growth=0.0, **changed):
    one = np.ones((1, len(HOSTS)))
    pace, shut = np.full((len(HOSTS), 1), growth), np.full((1, 1), state)
    return remittances.arriving(terms(**changed), one[:, :, None], pace, income * one, 0 * one, shut)


def test_a_million_people_of_whom_half_send_a_hundred_dollars_a_month_send_fifty_million():
    assert send() == pytest.approx(np.full((1, len(HOSTS), 1), 50.0))


@given(st.floats(0.2, 3), st.floats(0.2, 3), st.floats(0, 4))
def test_lower_host_income_never_raises_what_comes_from_there(one, other, elasticity):
    low, high = sorted((one, other))
    assert (send(low, income_elasticity=elasticity) <= send(high, income_elasticity=elasticity) + 1e-12).all()


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_shut_hosts_and_costs_only_ever_take(state, loss, cost, tax):
    got = send(state=state, sending_shock_loss=loss, sending_cost=cost, us_tax_effect=tax)
    assert (got >= 0).all() and (got <= send() + 1e-12).all()
    us, other = got[0, HOSTS.index("us"), 0], got[0, HOSTS.index("co"), 0]
    assert us == pytest.approx(other * (1 - tax)), "only the United States tax what is sent from there"


def test_newcomers_send_less_than_the_settled():
    assert (send(growth=1.0) < send(growth=0.0)).all()
    # growth of 1 a year settles in 18 months: 1/(1 + 12/18) of the people are new
    assert send(growth=1.0)[0, 0, 0] == pytest.approx(50 * (1 - 0.4 * 0.6))


def test_the_shock_of_2020_is_a_state_with_dates_and_not_a_year_of_its_own():
    a = vz.load_assumptions()
    assert a.row("sending_shock")["central"] == 0
    facts = vz.load_tables()["levers"].query("assumption == 'sending_shock'")
    assert facts["month"].min() < pd.Timestamp("2020-03-01") and float(facts.iloc[-1]["central"]) == 0
    shut = remittances.shock_state(np.zeros((120, 500)), np.zeros(500), np.full(500, 0.5), np.full(500, 6.0),
                                   np.random.default_rng(1).random((120, 500)))  # fmt: skip
    # 0.5 new episodes a year of 6 months each: a fifth of all months
    assert shut[24:].mean() == pytest.approx(0.2, abs=0.03)
    assert (shut[0] == 0).all() and set(np.unique(shut)) <= {0.0, 1.0}


def test_oil_income_moves_migration_with_the_sign_chosen_and_not_at_all_by_default(runs):
    last = runs.migrants.sum("host").isel(month=-1)
    plain, leave, stay = (last.sel(scenario=n).values for n in (
        "relapse", "relapse+oil_income_lets_leave", "relapse+oil_income_keeps_home"))  # fmt: skip
    assert leave.mean() < plain.mean() < stay.mean(), "less oil income: fewer leave, or more, by the sign chosen"
    assert last.sel(scenario="status_quo").values == pytest.approx(plain)


def test_a_shock_to_migrants_in_the_united_states_is_felt_there_only(runs):
    people = runs.migrants.sel(scenario="us_migrants_shock") / runs.migrants.sel(scenario="status_quo")
    assert float(people.sel(host="us").isel(month=-1).mean()) < 0.95
    # who went home may leave again for elsewhere
    assert people.sel(host="co").isel(month=-1).median().item() == pytest.approx(1, abs=0.005)


def test_a_year_errs_as_a_whole_and_alike_in_all_hosts():
    a = terms(year_error=0.15, sending_shock=0.0, sending_shock_start=0.0)
    people = np.ones((24, len(HOSTS), 1)), np.zeros((len(HOSTS), 1))
    hosts = np.ones((24, len(HOSTS))), np.zeros((24, len(HOSTS)))
    a |= {n: np.zeros(1) for n in ("sending_shock_rate", "sending_shock_duration")}
    none = np.zeros((24, len(HOSTS), 1))
    plain = remittances.simulate(a, none, hosts, past=people)[1]
    years = np.repeat([[1.0], [-1.0]], 12, axis=0)
    ratio = remittances.simulate(a, none, hosts, past=people, years=years)[1] / plain
    assert ratio == pytest.approx(np.exp(0.15 * years)[:, None, :] * np.ones_like(plain))


# ---- against others -------------------------------------------------------------------------------------------------


def test_one_latest_outcome_per_author_and_year(tables):
    found = remittances.rivals(tables["remittances"])
    assert not found.duplicated(["author", "year"]).any()
    row = found[(found["author"] == "Ecoanalítica") & (found["year"] == 2018)]
    assert row["middle"].item() == pytest.approx(2230), "its third vintage, not 2,500"
    assert not (found["middle"] == 6000).any() or found.loc[found["middle"] == 6000, "year"].item() == 2025


BIASES = {"author_bias": 0.4, "author_noise": 0.2, "shared_bias": 0.3, "year_error": 0.0}


def test_two_authors_apart_pull_the_level_between_them():
    p = {"level_mean": 0.0, "level_sd": 10.0, "own_sd": 0.0, **BIASES}
    found = pd.DataFrame({"author": ["a", "b"], "year": [2020, 2020], "middle": [1000.0, 4000.0]})
    mean, sd, authors = remittances.reconcile(found, pd.Series({2020: 1000.0}), p)
    assert np.exp(mean) == pytest.approx(2, rel=0.01)
    assert sd >= 0.3, "the bias authors share does not average out"
    assert authors["bias"].iloc[0] < 1 < authors["bias"].iloc[-1]
    many = pd.concat([found.assign(author=[f"a{k}", f"b{k}"]) for k in range(50)])
    assert remittances.reconcile(many, pd.Series({2020: 1000.0}), p)[1] >= 0.29


def test_without_authors_the_level_stays_the_assumption():
    p = {"level_mean": 0.1, "level_sd": 0.5, "own_sd": 0.2, **BIASES}
    none = pd.DataFrame({"author": [], "year": [], "middle": []})
    assert remittances.reconcile(none, pd.Series(dtype=float), p)[:2] == (0.1, 0.5)


def test_the_band_holds_most_estimates_without_being_wide_enough_to_hold_anything(tables, yearly):
    found = remittances.rivals(tables["remittances"]).query("2018 <= year <= 2025")
    inside = [yearly.loc[r.year, 0.1] <= r.middle <= yearly.loc[r.year, 0.9] for r in found.itertuples()]
    assert 0.70 <= np.mean(inside) <= 0.95
    width = np.sqrt(yearly[0.9] / yearly[0.1]).loc[2018:]
    assert width.max() <= 1.75


def test_less_was_sent_in_the_year_of_the_lockdowns(yearly):
    assert yearly.loc[2020, 0.5] < yearly.loc[2019, 0.5] and yearly.loc[2020, 0.5] < yearly.loc[2021, 0.5]


def test_the_share_of_the_united_states_in_2018_holds_both_what_authors_print_and_what_surveys_imply(past):
    sent = past.remittances.isel(scenario=0, month=past.month.dt.year.values == 2018).sum("month")
    low, high = (sent.sel(host="us") / sent.sum("host")).quantile([0.05, 0.95]).values
    assert low < 0.22 and high > 0.44


def test_conflicting_surveys_stand_side_by_side(tables):
    found = remittances.surveys(tables["remittance_surveys"])
    colombia = found[found["host"] == "COL"]
    assert colombia["low"].min() == pytest.approx(11.7 * 33.7)
    assert colombia["high"].max() == pytest.approx(12 * 106), "an online sample sends three times the other survey"


def test_releases_are_forecast_from_what_was_known(tables):
    some = tables["migrants"][tables["migrants"]["host"].isin(["WLD", "COL"])]
    scores = remittances.score_releases({"migrants": some})
    assert {"wld", "co"} == set(scores["host"])
    assert (scores["date"] > scores["origin"]).all()
    world = scores[scores["host"] == "wld"]
    assert world["error"].abs().mean() < world["no_change_error"].abs().mean()
    assert 0.7 <= scores["covered"].mean() <= 1.0


def test_beside_published_projections_the_damped_trend_errs_less():
    scores = remittances.score_projections().dropna(subset=["outcome"])
    early = scores[scores["issued"] < "2020-01-01"]
    assert (early["published_error"] > 10).all(), "those of 2018-19 were all too high"
    assert early["ours_error"].abs().mean() < early["published_error"].abs().mean()


def test_the_stand_alone_forecast_takes_any_monthly_series():
    index = pd.date_range("2020-01-01", periods=60, freq="MS")
    bands = remittances.forecast(pd.Series(np.linspace(5, 8, 60), index), months=6)
    assert bands.shape[0] == 6 and (bands.diff(axis=1).iloc[:, 1:] >= 0).all().all()


def test_who_sends_what_is_a_table_whose_shares_add_up(past):
    table = remittances.by_host(past, 2024)
    assert set(table.index.get_level_values("host")) == set(HOSTS)
    assert table["share"].sum() == pytest.approx(100)
    with pytest.raises(ValueError, match="2031 is not in the run"):
        remittances.by_host(past, 2031)


def run_command(*words):
    from typer.testing import CliRunner

    from vzmodel.cli import app

    return CliRunner().invoke(app, ["remittances", *words])


def test_the_command_names_senders_rivals_and_authors():
    done = run_command("--year", "2023", "--draws", "64", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0 and len(told["rows"]) == len(HOSTS)
    assert {r["author"] for r in told["rivals"]} >= {"Consultores 21", "Inter-American Dialogue (Orozco)"}
    assert sum(r["share"] for r in told["rows"]) == pytest.approx(100)
    assert all(r["year"] == 2023 for r in told["rivals"]) and told["run"]["kind"] == "hindcast"


def test_the_command_refuses_a_year_without_people():
    assert run_command("--year", "1999").exit_code == 2


def test_a_scenario_of_2019_is_run_from_its_day_and_has_no_past():
    done = run_command("--scenario", "seed_2019_base", "--year", "2020", "--draws", "16", "--json")
    run = json.loads(done.stdout)["run"]
    assert run["kind"] == "project" and run["as_of"] == "2019-04-01" and "seed_2019_base" in str(run["scenarios"])
    refused = run_command("--scenario", "seed_2019_base", "--year", "2019")
    assert refused.exit_code == 2
    assert "starts in 2019-04: it has 2020 to 2038" in " ".join(refused.output.split())


def test_charts_draw_people_senders_and_what_moves_the_sum(past, tables):
    from vzmodel.charts import remittances as charts
    from vzmodel.charts import style

    ax = charts.stocks(past, "history", tables["migrants"], style.sheet())
    dots = sum(len(c.get_offsets()) for c in ax.collections if len(c.get_offsets()) and c.get_sizes().size)
    assert dots > 80 and any("Colombia" in text.get_text() for text in ax.texts)
    assert len(charts.senders(past, "history", 2025, style.sheet()).get_yticks()) == len(HOSTS)
    a = vz.assumptions.estimate(tables, vz.load_assumptions())
    found = remittances.sensitivities(pd.period_range("2027-01", periods=12, freq="M"), tables, a)
    assert found.loc["sending_cost", "low"] > 0 > found.loc["sending_cost", "high"]
    assert (found.loc["propensity_us", "low"] < 0) and found.loc["oil_migration_link"].eq(0).all()
    assert len(charts.sensitivities(found, style.sheet()).get_yticks()) == 14


# ---- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"host": "XXX"}, "unknown host 'XXX'"),
        ({"date": pd.NaT}, "has no date"),
        ({"value": -5.0}, "must be above 0"),
        ({"series": "guess"}, "unknown series 'guess'"),
    ],
)
def test_a_bad_reading_is_refused_with_its_row(bad, told):
    rows = pd.DataFrame([reading(), {**reading(), **bad}])
    with pytest.raises(ValueError, match=f"row 2.*{told}"):
        remittances.readings(rows)


def test_a_stock_is_not_moved_by_decree_halfway():
    late = vz.Scenario("late", changes={"stock_us": {"2027-06": 0.5}})
    with pytest.raises(ValueError, match="stock_us.*change migration, returns"):
        vz.project(late, months=24, draws=8)


SHARES = ["monetised_share", "propensity_us", "sending_cost", "sending_shock", "newcomer_sending"]


@pytest.mark.parametrize("name", SHARES)
def test_a_share_outside_nought_to_one_is_refused(name):
    with pytest.raises(ValueError, match=name):
        vz.load_assumptions().update({name: 1.2})
