"""What strike, sanctions and blackouts did to output, estimated together."""

import numpy as np
import pandas as pd
import pytest

from vzmodel import interventions

MONTHS = pd.period_range("2005-01", periods=180, freq="M")


def events(*rows: tuple) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["name", "shape", "start", "end"])


def made(truth: dict[str, float], table: pd.DataFrame, sd: float = 0.01) -> pd.Series:
    y = np.log(2000) + np.cumsum(np.random.default_rng(4).normal(-0.003, sd, len(MONTHS)))
    for row in table.itertuples():
        y = y + truth[row.name] * interventions.shape(MONTHS, row.shape, row.start, row.end)
    return pd.Series(np.exp(y), index=MONTHS)


def test_effects_that_were_put_in_are_found_within_their_errors():
    table = events(("strike", "pulse", "2008-03", "2008-03"), ("sanction", "step", "2012-02", None),
                   ("tanks", "fade", "2015-06", "2015-12"))
    truth = {"strike": -1.0, "sanction": -0.2, "tanks": -0.4}
    found = interventions.estimate(made(truth, table), table).table
    for name, effect in truth.items():
        assert abs(found.loc[name, "effect"] - effect) < 3 * found.loc[name, "se"]
        assert found.loc[name, "se"] < 0.05


def test_two_events_of_one_month_cannot_be_told_apart_and_the_correlation_says_so():
    table = events(("one", "step", "2012-02", None), ("other", "ramp", "2012-02", "2012-03"))
    found = interventions.estimate(made({"one": -0.2, "other": 0.0}, table), table)
    assert found.correlation.loc["one", "other"] < -0.5
    assert (np.diag(found.correlation) == pytest.approx(1))


def test_a_slow_ramp_is_less_sure_than_a_step_because_the_trend_bends_too():
    slow, fast = (events(("x", kind, "2010-01", end)) for kind, end in (("ramp", "2012-12"), ("step", None)))
    errors = [interventions.estimate(made({"x": -0.3}, t, 0.03), t).table.loc["x", "se"] for t in (slow, fast)]
    assert errors[0] > errors[1]


def test_of_the_record_the_strike_is_the_deepest_and_the_ramp_of_2017_the_least_sure_of_the_falls():
    found = interventions.estimate().table
    assert found["effect"].idxmin() == "strike, January 2003"
    falls = found[found["effect"] < 0]
    assert falls["se"].idxmax() == "financial sanctions and default, 2017-18"


@pytest.mark.parametrize(("call", "message"), [
    (lambda: interventions.shape(MONTHS, "dip", "2010-01"), "none of pulse"),
    (lambda: interventions.estimate(pd.Series(1.0, index=MONTHS[:20]), events(("x", "step", "2006-01", None))), "36"),
    (lambda: interventions.estimate(pd.Series(1.0, index=MONTHS), events(("x", "step", "1999-01", None))), "starts"),
    (lambda: interventions.shape(MONTHS, "ramp", "2010-05", "2010-01"), "before it starts"),
])
def test_what_cannot_be_estimated_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
