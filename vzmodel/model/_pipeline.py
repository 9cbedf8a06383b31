"""One block of draws: the blocks of the model in order, one line each, no formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from vzmodel import balance, calendar, outages, prices, production, remittances, revenue, streams
from vzmodel.assumptions import Assumptions
from vzmodel.assumptions._sampling import percentiles
from vzmodel.model import _dataset
from vzmodel.model._reuse import Once
from vzmodel.scenarios import START, Scenario


@dataclass(frozen=True)
class Inputs:
    """All that a block of draws needs, picklable.

    Attributes
    ----------
    assumptions : Assumptions
        With fitted joint draws.
    months : PeriodIndex
        Months computed: those nowcast since the last reading, then those of the run.
    lead : int
        Months of them that are nowcast and not returned [month].
    seed : int
    keep : tuple of str
        Variables to return.
    brent : ndarray of shape (months known,)
        Brent already observed in the first of those months [USD/bbl]; at least the month before stands in `last_brent`.
    last_brent : float
        Last mean known before the first computed month [USD/bbl].
    blackouts : tuple of ndarray of shape (events, slot)
        From `outages.catalogue`: the failures of the months before the run or, in a hindcast, of all.
    events : int
        Months whose failures are taken from the catalogue [month].
    past : DataFrame or None
        In a hindcast, the level and se of capacity by month [kb/d], and whether it was read off output.
    stock : ndarray of shape (month, host, row) or None
        In a hindcast, histories of the people abroad [million persons].
    growth : ndarray of shape (host, row)
        In a hindcast, their growth in the first month [1/year].
    hosts : tuple of ndarray of shape (month, host)
        Host income relative to the year of the amounts [1] and years since it was last known [year].
    given : dict of ndarray of shape (draws of the whole run,)
        Percentiles [1] of assumptions that are not left to chance.
    """

    assumptions: Assumptions
    months: pd.PeriodIndex
    lead: int
    seed: int
    keep: tuple[str, ...]
    brent: np.ndarray
    last_brent: float
    blackouts: tuple[np.ndarray, ...]
    events: int
    past: pd.DataFrame | None = None
    stock: np.ndarray | None = None
    growth: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    hosts: tuple[np.ndarray, np.ndarray] = field(default_factory=lambda: (np.ones((0, 0)), np.zeros((0, 0))))
    given: Mapping[str, np.ndarray] = field(default_factory=dict)


def run_block(
    scenarios: list[Scenario], inputs: Inputs, first: int, draws: int, out: dict[str, np.ndarray] | None = None
) -> dict[str, np.ndarray]:
    """Compute one block of draws for every scenario: ``{variable: (scenario, month, [market,] draw)}`` in its unit.

    Parameters
    ----------
    scenarios : list of Scenario
    inputs : Inputs
    first, draws : int
        First draw, a multiple of 1,024, and number of draws [1].
    out : dict of ndarray, optional
        Arrays to write into; made here without it.
    """
    months = len(inputs.months) - inputs.lead
    if out is None:
        out = {name: np.empty(_dataset.shape(name, len(scenarios), months, draws)) for name in inputs.keep}
    # one chunk at a time: its arrays stay in the processor's cache
    for start in range(0, draws, streams.CHUNK):
        count = min(streams.CHUNK, draws - start)
        percentile = percentiles(inputs.seed, first + start, count, inputs.given)
        shocks = _shocks(inputs, first + start, count)
        past = inputs.past is not None
        plain = inputs.assumptions.sample(Scenario("plain"), inputs.months, percentile, past=past)
        once, drawn = Once(), dict[tuple[Any, ...], np.ndarray]()
        for k, scenario in enumerate(scenarios):
            values = inputs.assumptions.sample(scenario, inputs.months, percentile, past=past, shared=plain)
            for name, dated in scenario.changes.items():
                # equal changes are one array, so that scenarios share what follows from them
                values[name] = drawn.setdefault((name, *dated.items()), values[name])
            place = {name: out[name][k, ..., start : start + count] for name in inputs.keep}
            _keep(place, _chain(values, plain, shocks, inputs, scenario, once), once, inputs.lead)
    return out


def _keep(place: Mapping[str, np.ndarray], result: Mapping[str, np.ndarray], once: Once, lead: int) -> None:
    for name, kept in place.items():
        whole = result[name.removesuffix(_dataset.SUM)]
        kept[:] = (once(_summed, {}, whole) if name.endswith(_dataset.SUM) else whole)[lead:]


def _summed(_: Mapping[str, np.ndarray], values: np.ndarray) -> np.ndarray:
    return values.sum(axis=1)


def _chain(
    a: Mapping[str, np.ndarray],
    plain: Mapping[str, np.ndarray],
    shocks: Mapping[str, np.ndarray],
    inputs: Inputs,
    scenario: Scenario,
    once: Once,
) -> dict[str, np.ndarray]:
    days = calendar.days(inputs.months)
    left, power = once(_power, a, shocks, inputs)
    top = once(_capacity, a, plain, shocks, inputs, left, once)
    brent = once(_brent, a, shocks, inputs, tuple(_given(scenario.changes.get("brent", {}), inputs.months)))
    if np.any(a["output_brent_effect"]):
        usual = plain["capacity_level"]
        if inputs.past is not None:
            # what was read of Brent already holds the output there was
            usual_left, usual_power = once(_power, plain, shocks, inputs)
            usual = once(_capacity, plain, plain, shocks, inputs, usual_left, once) * usual_power
        brent = np.maximum(brent + a["output_brent_effect"] * (top * power - usual), 1.0)
    gap = once(_gaps, a, brent, shocks)
    if inputs.past is not None:
        # the smoothed capacity of the past already carries what shut-ins cost, and where output was read as capacity
        # the wells still idle from earlier months are left out of it already
        back = np.where(inputs.past["read"].to_numpy()[:, None], 1.0, a["restart_rate"])
        a = {**a, "shut_in_scarring": np.zeros(top.shape[1]), "restart_rate": back}
    crude = balance.crude(top, power, brent - gap[:, balance.MARKETS.index("china")], days, a)
    fuels = balance.products(crude["refinery_intake"], a)
    closed = prices.by_market(a, "access_volume", balance.MARKETS, len(days)) < 1
    closed &= prices.by_market(a, "market_share", balance.MARKETS, len(days)) > 0
    gap = prices.diverted_gaps(
        gap, crude["sales"], crude["diverted"], closed, a["diversion_discount"], a["gap_ceiling"] * brent
    )
    realised = brent[:, None, :] - gap
    money = revenue.dollars(
        crude, fuels, brent, realised, prices.by_market(a, "access_cash", balance.MARKETS, len(days)), days, a
    )
    oil = money["gross_export_value"] if np.any(a["oil_migration_link"]) else None
    people, sent, total_sent = once(_remittances, a, plain, shocks, inputs, oil)
    monetised = total_sent * a["monetised_share"]
    total = revenue.inflow(money["cash_revenue"], money["operator_local_dollars"], monetised, money["other_exports"])
    return {
        **crude,
        **fuels,
        **money,
        "availability": power,
        "brent": brent,
        "gap_to_brent": gap,
        "realised_price": realised,
        "migrants": people,
        "remittances": sent,
        "monetised_remittances": monetised,
        "dollar_inflow": total,
    }


def _shocks(inputs: Inputs, first: int, draws: int) -> dict[str, np.ndarray]:
    months, seed = len(inputs.months), inputs.seed
    year = inputs.months.year.to_numpy() - inputs.months.year[0]

    def normal(name: str, *shape: int) -> np.ndarray:
        return streams.normal(seed, name, shape, first, draws)

    def uniform(name: str, *shape: int) -> np.ndarray:
        return streams.uniform(seed, name, shape, first, draws)

    return {
        "capacity": normal("capacity", months),
        "capacity rare": uniform("capacity rare", months),
        "brent": normal("brent", months),
        "brent rare": uniform("brent rare", months),
        "gap": normal("gap", months),
        "grid": np.stack([uniform("grid", months), uniform("grid held", months)]),
        "failure": uniform("failure", months),
        "length": normal("length", months, outages.SLOTS),
        "reach": uniform("reach", months, outages.SLOTS),
        "moment": uniform("moment", months, outages.SLOTS),
        "west": uniform("west", months),
        "west length": normal("west length", months, outages.WEST_SLOTS),
        "west moment": uniform("west moment", months, outages.WEST_SLOTS),
        **outages.past(
            inputs.blackouts,
            uniform("past length", 2, outages.SLOTS),
            uniform("past west", 2, outages.WEST_SLOTS),
        ),
        "past capacity": normal("past capacity"),
        "people": normal("people", len(remittances.HOSTS)),
        "hosts shut": uniform("hosts shut", months),
        "year of remittances": normal("year of remittances", year.max() + 1)[year],
        # the row of the joint draws, so that a hindcast and a projection tell the same history
        "history of people": uniform("assumption joint remittances"),
    }


def _power(
    a: Mapping[str, np.ndarray], shocks: Mapping[str, np.ndarray], inputs: Inputs
) -> tuple[np.ndarray, np.ndarray]:
    """Return the share of capacity that failures have left and the share of it that runs, both (month, draw) [1]."""
    days = calendar.days(inputs.months)
    hours, dark, lost = _failures(a, shocks, inputs, days)
    exposed = outages.exposures(a)
    power = outages.availability(lost, days, exposed, a["own_generation_cover"], a["west_share"], a["rationing_west"])
    hit = (1 - a["own_generation_cover"]) * exposed.sum(axis=-2)
    reach = outages.depth(dark, a["outage_full_depth"])
    left = outages.lasting(hours, a["outage_step"], reach, hit, a["outage_step_recovery"], a["outage_step_bound"])
    return left, power


def _gaps(a: Mapping[str, np.ndarray], brent: np.ndarray, shocks: Mapping[str, np.ndarray]) -> np.ndarray:
    level = prices.by_market(a, "gap", balance.MARKETS, len(brent))
    return prices.gaps(level, brent, shocks["gap"], a["gap_volatility"], a["gap_persistence"], a["gap_ceiling"])


def _failures(
    a: Mapping[str, np.ndarray], shocks: Mapping[str, np.ndarray], inputs: Inputs, days: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return national failures, length [hour] and share dark (month, slot, draw), and days lost (month, zone, draw)."""
    state = outages.stressed(
        shocks["grid"], a["outage_state_start"], a["stress_onset"], a["stress_duration"], a["outage_state"]
    )
    rate = np.broadcast_to(outages.rate(a), state.shape)
    hours, dark = outages.simulate_failures(shocks["failure"], shocks["length"], shocks["reach"], state, rate, a)
    west = outages.simulate_west(shocks["west"], shocks["west length"], rate, a)
    start, west_start = (calendar.days(inputs.months)[:, None, None] * shocks[n] for n in ("moment", "west moment"))
    # a scenario that lowers the rate thins the past too: at a rate of nought there is nothing to look up
    kept = shocks["moment"][: inputs.events] < rate[: inputs.events, None, :]
    hours[: inputs.events] = shocks["past hours"] * kept
    west[: inputs.events] = shocks["past west hours"] * kept[:, : outages.WEST_SLOTS]
    for new, old in ((dark, "past dark"), (start, "past start"), (west_start, "past west start")):
        new[: inputs.events] = shocks[old]
    return hours, dark, outages.days_by_zone((hours, dark, start), (west, west_start), days, a, outages.SPILL)


def _capacity(
    a: Mapping[str, np.ndarray],
    plain: Mapping[str, np.ndarray],
    shocks: Mapping[str, np.ndarray],
    inputs: Inputs,
    left: np.ndarray,
    once: Once,
) -> np.ndarray:
    if inputs.past is not None:
        relative = (inputs.past["se"] / inputs.past["level"]).to_numpy()[:, None]
        return inputs.past["level"].to_numpy()[:, None] * np.exp(relative * shocks["past capacity"])
    path = once(_trend, a, shocks)
    if a["investment"] is not plain["investment"]:
        spent = np.broadcast_to(a["investment"], path.shape)
        path = path * production.neglect(spent, plain["investment"], a["investment_lag"], a["natural_decline"])
        path = path + production.investment_gain(
            spent,
            plain["investment"],
            a["investment_lag"],
            a["capacity_cost_first"],
            a["capacity_cost_next"],
            a["capacity_first_tranche"],
            a["upkeep_rate"],
        )
    path = path * left * (1 - a["operator_loss"])
    return np.clip(path, 1.0, a["capacity_ceiling"])


def _trend(a: Mapping[str, np.ndarray], shocks: Mapping[str, np.ndarray]) -> np.ndarray:
    e = streams.heavy(shocks["capacity"], shocks["capacity rare"], a["heavy_shock_probability"], a["heavy_shock_scale"])
    return production.capacity(
        a["capacity_level"],
        a["capacity_drift"],
        a["trend_damping"],
        a["capacity_volatility"],
        a["capacity_long_volatility"],
        a["capacity_calming"],
        e,
    )


def _brent(
    a: Mapping[str, np.ndarray], shocks: Mapping[str, np.ndarray], inputs: Inputs, given: tuple[bool, ...]
) -> np.ndarray:
    e = streams.heavy(shocks["brent"], shocks["brent rare"], a["brent_shock_probability"], a["brent_shock_scale"])
    return prices.brent_path(a, inputs.brent, inputs.last_brent, e, np.array(given))


def _given(changes: Mapping[str, Any], months: pd.PeriodIndex) -> np.ndarray:
    given = np.zeros(len(months), dtype=bool)
    for when, value in changes.items():
        given[(months >= calendar.month(when)) if when != START else slice(None)] = value != "base"
    return given


def _remittances(
    a: Mapping[str, np.ndarray],
    plain: Mapping[str, np.ndarray],
    shocks: Mapping[str, np.ndarray],
    inputs: Inputs,
    oil: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return people abroad, what they send by host, and the sum of that."""
    months = len(inputs.months)
    if inputs.stock is None:
        extra = remittances.flows(a, months, oil)
        people, sent = remittances.simulate(a, extra, inputs.hosts, shocks["people"], shocks["hosts shut"],
                                            years=shocks["year of remittances"])
    else:
        # the counts of the past hold its flows already: a scenario moves them by what it changes
        extra = remittances.flows(a, months) - remittances.flows(plain, months)
        row = (shocks["history of people"] * inputs.stock.shape[-1]).astype(int)
        past = (inputs.stock[..., row], inputs.growth[:, row])
        people, sent = remittances.simulate(a, extra, inputs.hosts, past=past, years=shocks["year of remittances"])
    return people, sent, sent.sum(axis=1)
