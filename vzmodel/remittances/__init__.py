"""Money sent home: people abroad by host, how many send, how much, and what of it arrives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from vzmodel import streams
from vzmodel.assumptions._sampling import TENTH, quantile
from vzmodel.forecasting import forecast as forecast
from vzmodel.remittances._host_income import host_income as host_income
from vzmodel.remittances._migrants import HOSTS as HOSTS
from vzmodel.remittances._migrants import ISO as ISO
from vzmodel.remittances._migrants import carried, histories, parameters
from vzmodel.remittances._migrants import readings as readings
from vzmodel.remittances._rivals import reconcile as reconcile
from vzmodel.remittances._rivals import rivals as rivals
from vzmodel.remittances._rivals import surveys as surveys
from vzmodel.remittances._sending import _mid, at_start
from vzmodel.remittances._sending import arriving as arriving
from vzmodel.remittances._sending import by_name as by_name
from vzmodel.remittances._sending import flows as flows
from vzmodel.remittances._sending import settled as settled
from vzmodel.remittances._sending import shock_state as shock_state
from vzmodel.remittances._sending import stock as stock
from vzmodel.remittances._sending import transfers as transfers
from vzmodel.remittances._stock_scores import score_projections as score_projections
from vzmodel.remittances._stock_scores import score_releases as score_releases

if TYPE_CHECKING:
    import xarray as xr

    from vzmodel.assumptions import Assumptions

SOME = 256
"""Histories from which the yearly sums are weighed against the authors [1]."""
REGION = HOSTS[2:19]
"""The 17 hosts of Latin America and the Caribbean."""


def simulate(
    a: Mapping[str, np.ndarray],
    extra: np.ndarray,
    hosts: tuple[np.ndarray, np.ndarray],
    wander: np.ndarray | None = None,
    chance: np.ndarray | None = None,
    past: tuple[np.ndarray, np.ndarray] | None = None,
    years: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return people abroad [million persons] and what arrives from them [USD million], each (month, host, draw).

    Parameters
    ----------
    a : mapping
        Assumptions by name.
    extra : ndarray of shape (month, host, draw)
        From `flows` [1/year].
    hosts : tuple of ndarray of shape (month, host)
        From `host_income`.
    wander : ndarray of shape (host, draw), optional
        Standard normals [1], as in `stock`.
    chance : ndarray of shape (month, draw), optional
        Uniforms [1], as in `shock_state`; None over the past.
    past : tuple of ndarray, optional
        Over the past: stock (month, host, draw) [million persons] and growth in its first month (host, draw) [1/year].
    years : ndarray of shape (month, draw), optional
        Standard normals, one for all months of a calendar year [1]: what no assumption tells of it.
    """
    if past is not None:
        people, growth = past[0] * np.exp(np.cumsum(extra, axis=0) / 12), past[1]
    else:
        for host in HOSTS:
            if a[f"stock_{host}"].ndim > 1 or a[f"growth_{host}"].ndim > 1:
                raise ValueError(
                    f"stock_{host} and growth_{host} hold at the start of a run and cannot change on a later date; "
                    "change migration, returns or returns_us from that month"
                )
        own = by_name(a, "growth")
        pace, growth = _mid(a["migration_growth"]) + own, at_start(a["migration_growth"]) + own
        people = stock(
            by_name(a, "stock"), pace, _mid(a["migration_damping"]), extra, wander, at_start(a["growth_shock"]),
            at_start(a["flow_error"]), at_start(a["migration_room"]),
        )
    held = np.broadcast_to(a["sending_shock"], (len(people), people.shape[-1]))
    start = at_start(a["sending_shock_start"])
    state = shock_state(held, start, a["sending_shock_rate"], a["sending_shock_duration"], chance)
    sent = arriving(a, people, growth, *hosts, state)
    return people, sent if years is None else sent * np.exp(a["year_error"] * years)[:, None, :]


def estimate(
    migrants: pd.DataFrame,
    rows: int,
    *,
    assumed: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Fit the stock by host on the day of the last reading, its growth, and the level the authors leave possible.

    Parameters
    ----------
    migrants : DataFrame
        The table, as known on the day.
    rows : int
        Joint draws to return [1].
    assumed : DataFrame
        The table of assumptions of that day, ``load_assumptions(as_of=...).table``.
    tables : dict of str to DataFrame, optional
        remittances, host_income and levers as known on the day; without them the level stays an assumption.

    Returns
    -------
    DataFrame
        stock_<host> [million persons], growth_<host> (beyond that of the region) [1/year] and remittance_level [1], one
        row per draw; ``attrs["date"]`` is the month of the stocks, ``attrs["authors"]`` what is taken as each author's
        bias.
    """
    months, people, growth = histories(migrants, parameters(assumed), rows)
    last, pace = people[-1], growth[-1]
    inside = np.isin(HOSTS, REGION)
    region = (last * pace)[inside].sum(axis=0) / np.maximum(last[inside].sum(axis=0), 1e-9)
    seen = last.max(axis=1) > 0
    own = np.where(seen[:, None], pace - region, 0.0)
    values = {f"stock_{h}": last[k] for k, h in enumerate(HOSTS)}
    values |= {f"growth_{h}": own[k] for k, h in enumerate(HOSTS)}
    note = f"filtered to {months[-1]}"
    none = "no reading by that day: counted as none"
    notes = {n: note if seen[HOSTS.index(n.split("_")[1])] else none for n in values}
    out = pd.DataFrame(values)
    if tables is not None and {"remittances", "host_income", "levers"} <= set(tables):
        level, authors = _level(months, people, growth, tables, assumed, rows)
        out["remittance_level"] = level
        notes["remittance_level"] = f"sum over hosts against {len(authors)} authors, each with a bias of its own"
        out.attrs["authors"] = authors.reset_index().to_dict("list")
    out.attrs["units"] = {n: {"stock": "million persons", "growth": "1/year"}.get(n.split("_")[0], "1") for n in out}
    out.attrs["notes"], out.attrs["date"] = notes, str(months[-1])
    return out


def _level(
    months: pd.PeriodIndex,
    people: np.ndarray,
    growth: np.ndarray,
    tables: Mapping[str, pd.DataFrame],
    assumed: pd.DataFrame,
    rows: int,
) -> tuple[np.ndarray, pd.DataFrame]:
    # a few hundred histories fix the median and spread of a yearly sum
    people, growth = people[..., :SOME], growth[..., :SOME]
    found = rivals(tables["remittances"])
    row = assumed.loc["remittance_level"]
    spread = (np.log(row["high"]) - np.log(row["low"])) / (2 * TENTH)
    p = {n: float(assumed.loc[n, "central"]) for n in ("author_bias", "author_noise", "shared_bias", "year_error")}
    p |= {"level_mean": float(np.log(row["central"])), "level_sd": float(spread)}
    years = sorted(set(found["year"]) & set(months.year))
    ours, p["own_sd"] = pd.Series(dtype=float), 0.0
    if years:
        index = pd.period_range(f"{years[0]}-01", f"{years[-1]}-12", freq="M")
        a = _values(assumed, tables["levers"], index, people.shape[-1])
        income = host_income(tables["host_income"], index, int(a["amount_year"][0]))
        past = carried(people, months, index), carried(growth, months, index)[0]
        sent = simulate(a, np.zeros((1, 1, 1)), income, past=past)[1].sum(axis=1)
        by_year = np.stack([sent[index.year == y].sum(axis=0) for y in years])
        ours = pd.Series(np.median(by_year, axis=1), years)
        p["own_sd"] = float(np.log(by_year).mean(axis=0).std())
    mean, sd, authors = reconcile(found, ours, p)
    return np.exp(mean + sd * streams.normal(0, "remittance level", (), 0, rows)), authors


def _values(assumed: pd.DataFrame, levers: pd.DataFrame, index: pd.PeriodIndex, rows: int) -> dict[str, np.ndarray]:
    """Draw every assumption of the block, dated where facts are, with a level of 1."""
    mine = assumed[assumed["block"] == "remittances"]
    u = {str(n): streams.uniform(0, f"level {n}", (), 0, rows) for n in mine.index}
    a = {str(n): quantile(r, (r["low"], r["central"], r["high"]), u[str(n)]) for n, r in mine.iterrows()}
    for name, facts in levers[levers["assumption"].isin(a)].sort_values(["month", "published"]).groupby("assumption"):
        path = np.repeat(a[str(name)][None], len(index), axis=0)
        for row in facts.itertuples():
            when = pd.Period(row.month, "M")
            path[index >= when] = quantile(mine.loc[name], (row.low, row.central, row.high), u[str(name)])
        a[str(name)] = path
    return {**a, "remittance_level": np.ones(1)}


def past_stock(
    migrants: pd.DataFrame, calendar: pd.PeriodIndex, rows: int = 1024, *, assumed: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """Return histories of the stock over the months of a run, and the growth in its first.

    Parameters
    ----------
    migrants : DataFrame
        The table, as known on the day.
    calendar : PeriodIndex
    rows : int
        Histories [1], the same ones that `estimate` ends on.
    assumed : DataFrame
        The table of assumptions of that day.

    Returns
    -------
    tuple of ndarray of shape (month, host, rows) and (host, rows)
        Stock [million persons] and growth [1/year].
    """
    months, people, growth = histories(migrants, parameters(assumed), rows)
    return carried(people, months, calendar), carried(growth, months, calendar)[0]


def aged(frame: pd.DataFrame, months: int, growth: float, damping: float) -> pd.DataFrame:
    """Bring fitted stocks forward to a later month at the region's growth and each host's own.

    Parameters
    ----------
    frame : DataFrame
        From `estimate`.
    months : int
        Months to go [month].
    growth : float
        Growth of the region [1/year], as it is at the end of them.
    damping : float
        Share of a host's own growth left a month later [1].
    """
    # a column taken from the frame would copy all its notes along
    out = dict(zip(frame.columns, frame.to_numpy().T, strict=True))
    left = damping ** np.arange(1, months + 1)
    for host in HOSTS:
        if f"stock_{host}" in out and f"growth_{host}" in out:
            own = out[f"growth_{host}"]
            out[f"stock_{host}"] = out[f"stock_{host}"] * np.exp((growth * months + own * left.sum()) / 12)
            out[f"growth_{host}"] = own * (left[-1] if months else 1.0)
    aged = pd.DataFrame(out, index=frame.index)
    aged.attrs = frame.attrs
    return aged


def sensitivities(
    calendar: pd.PeriodIndex, tables: Mapping[str, pd.DataFrame], assumptions: Assumptions
) -> pd.DataFrame:
    """Return how far the sum over hosts moves with each assumption, one at a time.

    Parameters
    ----------
    calendar : PeriodIndex
        Months summed, after the last reading.
    tables : dict of str to DataFrame
    assumptions : Assumptions
        Fitted, as from `estimate`.

    Returns
    -------
    DataFrame
        Index the assumption; columns low and high, change of the sum [%] with it at its 10th and 90th percentile and
        all others at their median.
    """
    table = assumptions.table[assumptions.table["block"] == "remittances"]
    middle = {str(n): np.array([float(v)]) for n, v in table["central"].items()}
    hosts = host_income(tables["host_income"], calendar, int(middle["amount_year"][0]))

    def total(name: str = "", value: float = 0.0) -> float:
        a = {**middle, name: np.array([value])} if name else middle
        return float(simulate(a, flows(a, len(calendar)), hosts)[1].sum())

    base = total()
    moved = {s: {n: total(str(n), float(v)) / base - 1 for n, v in table[s].items()} for s in ("low", "high")}
    return 100 * pd.DataFrame(moved)


def by_host(p: xr.Dataset, year: int) -> pd.DataFrame:
    """Return who sent what in a year.

    Parameters
    ----------
    p : Dataset
        From `project` or `hindcast` with ``keep=`` naming migrants and remittances.
    year : int
        A calendar year of the run.

    Returns
    -------
    DataFrame
        Index (scenario, host): migrants [million persons, end of year], remittances [USD million, 10th, 50th and 90th
        percentiles], per_migrant [USD/year], medians of the draws, and share [%], their mean, which adds up to 100.

    Raises
    ------
    ValueError
        If the variables were not kept by host or the year is not in the run.
    """
    for name in ("migrants", "remittances"):
        if name not in p or "host" not in p[name].dims:
            raise ValueError(f"'{name}' was not kept by host: run again with keep=['migrants', 'remittances']")
    inside = p.month.dt.year == year
    if not bool(inside.any()):
        years = sorted(set(p.month.dt.year.values.tolist()))
        raise ValueError(f"year {year} is not in the run, which covers {years[0]} to {years[-1]}")
    sent = p["remittances"].isel(month=inside.values).sum("month")
    people = p["migrants"].isel(month=inside.values).isel(month=-1)
    frame = pd.DataFrame({"migrants": people.median("draw").to_series()})
    for q in (0.1, 0.5, 0.9):
        frame[f"remittances_p{int(100 * q)}"] = sent.quantile(q, "draw").to_series()
    frame["per_migrant"] = (sent / people.where(people > 0)).median("draw").to_series()
    frame["share"] = (100 * sent / sent.sum("host")).mean("draw").to_series()
    return frame.sort_values(["scenario", "remittances_p50"], ascending=[True, False])
