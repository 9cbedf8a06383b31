"""Fit of the two-state process of national failures to the dated catalogue, with its grades and its undercount."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from vzmodel import streams
from vzmodel.assumptions._sampling import TENTH
from vzmodel.outages._outage_record import FEWEST, STATES, check, national, western

FITTED = {
    "outage_rate_normal": "1/year", "outage_rate_stressed": "1/year", "stress_onset": "1/year",
    "stress_duration": "month", "outage_duration_normal": "hour", "outage_duration_stressed": "hour",
    "outage_spread_normal": "1", "outage_spread_stressed": "1", "outage_size_normal": "1",
    "outage_size_stressed": "1", "outage_detection_early": "1", "outage_detection_late": "1", "outage_growth": "1",
}  # fmt: skip
"""What the fit returns and in what unit; all positive but the last."""
TOLD = ("outage_always_recorded", "outage_doubtful_weight")
MONITORED = pd.Period("2019-01", "M")
"""First month in which networks were watched from outside [month]."""
PARTICLES, ROUNDS = 6144, 6
Prior = tuple[tuple[str, float, float, float], ...]


def estimate(blackouts: pd.DataFrame, rows: int, prior: Prior, until: pd.Period) -> pd.DataFrame:
    """Fit rates, switching, lengths and sizes of failures to the catalogue.

    Parameters
    ----------
    blackouts : DataFrame
        The table, as known on the day.
    rows : int
        Joint draws to return [1].
    prior : tuple of (name, low, central, high)
        10th, 50th and 90th percentile before the catalogue is looked at, in the unit of each, for every fitted name
        and for outage_always_recorded [hour], outage_doubtful_weight [1] and outage_rate_west [1/year].
    until : Period
        Last month the catalogue covers.

    Returns
    -------
    DataFrame
        One row per joint draw: the names of `FITTED` and outage_rate_west [1/year]; ``attrs["stressed"]`` is the
        chance that the grid was stressed in the last month [1].

    Raises
    ------
    ValueError
        If dates are reversed or overlap, a length is negative or a zone unknown, naming the row; or if the catalogue
        holds no national failure.

    Notes
    -----
    A month is normal or stressed, ``P(enter) = 1 - exp(-onset/12)``, ``P(stay) = 1 - 1/duration``; failures are
    Poisson, size ``y`` (share of the range from ten states to all) has density ``p y^(p-1)`` and length is lognormal:
    ``log h = log median + growth (y - p/(p+1)) + spread z``. A failure longer than `outage_always_recorded` is always
    in the catalogue, a shorter one with the chance of its time; a doubtful row is a failure with a stated weight. The
    likelihood sums over states (forward recursion); draws by adaptive importance sampling (Cappe et al. 2004).
    """
    check(blackouts)
    events = national(blackouts)
    if events.empty:
        raise ValueError("blackouts has no national failure to fit; add dated rows of scope national, kind blackout")
    told = {name: values for name, *values in prior}
    low, mid, high = np.array([told[name] for name in FITTED]).T
    logs = np.array([name != "outage_growth" for name in FITTED])
    tell = {name: told[name][1] for name in TOLD}
    low, mid, high = (np.where(logs, np.log(np.where(logs, x, 1.0)), x) for x in (low, mid, high))
    sd = np.maximum((high - low) / (2 * TENTH), 1e-9)
    marks, months = _marks(events, until, tell)
    x, weight, stress = _sample(mid, sd, lambda y: _likelihood(y, marks, months, tell))
    pick = np.searchsorted(np.cumsum(weight), (np.arange(rows) + 0.5) / rows).clip(max=len(weight) - 1)
    # in the order of weights the rows would rise and fall together with the index
    pick = pick[streams.generator(0, "estimate outages order", 0).permutation(rows)]
    values = np.where(logs, np.exp(x[pick]), x[pick])
    frame = pd.DataFrame(values, columns=list(FITTED))
    seen = frame["outage_detection_late"].to_numpy()
    frame["outage_rate_west"] = _west(blackouts, seen, until, told["outage_rate_west"][1])
    long = int((events["hours_high"] > 24).sum())
    note = f"posterior of {len(events)} national failures, {long} of more than a day, in {len(months)} months"
    frame.attrs["units"] = {**FITTED, "outage_rate_west": "1/year"}
    frame.attrs["notes"] = {**dict.fromkeys(FITTED, note), "outage_rate_west": "regional failures of the catalogue"}
    frame.attrs["stressed"] = float((weight * stress).sum())
    return frame


def _marks(events: pd.DataFrame, until: pd.Period, tell: Mapping[str, float]) -> tuple[dict[str, np.ndarray], list]:
    """Return what is known of each failure, and for each month its failures and whether networks were watched."""
    when = pd.PeriodIndex([pd.Period(str(s)[:7], "M") for s in events["start"]])
    months = pd.period_range(pd.Period(f"{when.min().year}-01", "M"), max(until, when.max()))
    low, high = (np.log(events[c].clip(lower=0.1).to_numpy(float)) for c in ("hours_low", "hours_high"))
    size = ((events["states_low"] + events["states_high"]) / 2).to_numpy(float)
    y = np.clip((size - FEWEST) / (STATES - FEWEST), 0.03, 0.97)
    watched = when >= MONITORED
    marks = {
        "log": (low + high) / 2, "blur": (high - low) / (2 * TENTH), "size": y, "watched": np.asarray(watched),
        "weight": np.where(events["grade"].eq("D"), tell["outage_doubtful_weight"], 1.0),
    }  # fmt: skip
    return marks, [(m >= MONITORED, np.flatnonzero(when == m)) for m in months]


def _likelihood(
    x: np.ndarray, marks: Mapping[str, np.ndarray], months: list, tell: Mapping[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the log likelihood of each particle and its chance of a stressed last month, both (particle,)."""
    from scipy.special import ndtr

    v = dict(zip(FITTED, x.T, strict=True))
    rate = np.exp(np.stack([v["outage_rate_normal"], v["outage_rate_stressed"]])) / 12
    median = np.stack([v["outage_duration_normal"], v["outage_duration_stressed"]])
    spread = np.exp(np.stack([v["outage_spread_normal"], v["outage_spread_stressed"]]))
    p = np.exp(np.stack([v["outage_size_normal"], v["outage_size_stressed"]]))
    seen = np.exp(np.stack([v["outage_detection_early"], v["outage_detection_late"]]))
    growth = v["outage_growth"]
    valid = (rate[1] > rate[0]) & (median[1] > median[0]) & (seen <= 1).all(axis=0) & (v["stress_duration"] > 0)
    always = np.log(tell["outage_always_recorded"])
    whole = np.sqrt(spread**2 + growth**2 * p / ((p + 1) ** 2 * (p + 2)))
    short = ndtr((always - median) / whole)
    recorded = rate * (1 - short + short * seen[:, None, :])
    each = []
    for k in range(len(marks["log"])):
        one = rate * (seen[int(marks["watched"][k])] if not marks["log"][k] > always else 1.0)
        y = marks["size"][k]
        one = one * (p * y ** (p - 1) if y == y else 1.0)
        if marks["log"][k] == marks["log"][k]:
            wide = np.sqrt(spread**2 + marks["blur"][k] ** 2)
            centre = median + growth * ((y if y == y else p / (p + 1)) - p / (p + 1))
            one = one * np.exp(-0.5 * ((marks["log"][k] - centre) / wide) ** 2) / wide
        else:
            one = one * short
        each.append(marks["weight"][k] * one + (1 - marks["weight"][k]))
    return _forward(v, np.exp(-recorded), each, months, valid)


def _forward(
    v: Mapping[str, np.ndarray], quiet: np.ndarray, each: list, months: list, valid: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    enter = 1 - np.exp(-np.exp(v["stress_onset"]) / 12)
    stay = np.maximum(1 - np.exp(-v["stress_duration"]), enter)
    stressed = enter / (enter + 1 - stay)
    normal, total = 1 - stressed, np.zeros(len(enter))
    for watched, found in months:
        likely = quiet[int(watched)]
        for k in found:
            likely = likely * each[k]
        normal, stressed = normal * likely[0], stressed * likely[1]
        both = np.maximum(normal + stressed, 1e-300)
        total += np.log(both)
        now = stressed / both
        stressed = now * stay + (1 - now) * enter
        normal = 1 - stressed
    return np.where(valid, total, -np.inf), now


def _sample(
    mean: np.ndarray, sd: np.ndarray, likelihood: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return particles (particle, parameter), their weights and chances of stress (particle,)."""
    centre, root = mean.copy(), np.diag(1.3 * sd)
    for turn in range(ROUNDS):
        z = streams.normal(0, f"estimate outages {turn}", (len(mean),), draws=PARTICLES)
        wide = streams.uniform(0, f"estimate outages tail {turn}", (), draws=PARTICLES)
        # one proposal in ten is twice as wide, so that no weight runs away in the tails
        z = z * np.where(wide < 0.1, 2.0, 1.0)
        x = centre + np.einsum("ij,jk->ki", root, z)
        log_prior = -0.5 * (((x - mean) / sd) ** 2).sum(axis=1)
        q = (z**2).sum(axis=0)
        proposal = np.log(0.9 * np.exp(-q / 2) + 0.1 * np.exp(-q / 8) / 2.0 ** len(mean)) - np.log(np.diag(root)).sum()
        fits, stress = likelihood(x)
        log_weight = log_prior + fits - proposal
        weight = _normalised(log_weight)
        if turn < ROUNDS - 1:
            heat = 1.0
            while 1 / (tempered := _normalised(heat * log_weight)).dot(tempered) < 400 and heat > 0.02:
                heat *= 0.7
            centre = np.einsum("k,ki->i", tempered, x)
            d = x - centre
            cov = np.einsum("k,ki,kj->ij", tempered, d, d) + np.diag((1e-3 * sd) ** 2)
            root = 1.1 * np.linalg.cholesky(cov)
    return x, weight, stress


def _normalised(log_weight: np.ndarray) -> np.ndarray:
    weight = np.exp(log_weight - log_weight.max())
    return weight / weight.sum()


def _west(blackouts: pd.DataFrame, seen: np.ndarray, until: pd.Period, prior: float) -> np.ndarray:
    """Return draws of the yearly rate of failures of the West alone: Gamma, the prior worth one year at its median."""
    events = western(blackouts)
    first = int(national(blackouts)["start"].astype(str).str[:4].min())
    g = streams.generator(0, "estimate outages west", 0)
    years = until.year + until.month / 12 - first
    return g.gamma(len(events) + prior, 1 / (years + 1), len(seen)) / seen
