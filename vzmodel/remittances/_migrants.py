"""People abroad: one latent stock per host from readings that disagree, month by month."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from vzmodel import calendar, streams
from vzmodel.assumptions._sampling import TENTH

HOSTS = (
    "us", "es", "co", "pe", "cl", "ec", "br", "ar", "mx", "pa",
    "do", "uy", "py", "bo", "cr", "gy", "tt", "cw", "aw", "rest",
)  # fmt: skip
ISO = {
    "us": "USA", "es": "ESP", "co": "COL", "pe": "PER", "cl": "CHL", "ec": "ECU", "br": "BRA", "ar": "ARG",
    "mx": "MEX", "pa": "PAN", "do": "DOM", "uy": "URY", "py": "PRY", "bo": "BOL", "cr": "CRI", "gy": "GUY",
    "tt": "TTO", "cw": "CUW", "aw": "ABW", "rest": "REST",
}  # fmt: skip
SERIES = ("unhcr", "r4v", "acs", "ine", "undesa", "other")
TOTALS = ("lac", "wld")
LARGE = HOSTS[:8]
"""Hosts of over 150,000, whose counts rest on surveys, censuses and permits; the others are recounted by far more."""
OLD = ("undesa", "other")
"""Series that lag behind an exodus: birthplace tables built on censuses years apart."""
PARAMETERS = (
    "migration_damping", "growth_first", "growth_first_sd", "growth_shock", "flow_error", "stock_error",
    "stock_error_small", "first_count_missed", "reading_error", "reading_error_weak", "reading_error_old",
)  # fmt: skip


@dataclass(frozen=True)
class Path:
    """The filtered stock of every host by month.

    Attributes
    ----------
    months : PeriodIndex
    seen : ndarray of bool, shape (host,)
        Whether the host has any reading.
    mean, cov : ndarray of shape (month, host, 3) and (month, host, 3, 3)
        Log stock [log million persons], its growth [1/year] and the counting error of the edition in force [log],
        given the readings up to the month.
    ahead, ahead_cov : ndarray of the same shapes
        The same before the month's own readings.
    step : ndarray of shape (month, host, 3, 3)
        Transition into the month.
    surprise : DataFrame
        Each reading with what was expected of it: host, date, series, value, expected [persons], sd [log].
    """

    months: pd.PeriodIndex
    seen: np.ndarray
    mean: np.ndarray
    cov: np.ndarray
    ahead: np.ndarray
    ahead_cov: np.ndarray
    step: np.ndarray
    surprise: pd.DataFrame


def readings(migrants: pd.DataFrame, hosts: Mapping[str, str] = ISO) -> pd.DataFrame:
    """Return the readings a filter uses, one row each.

    Parameters
    ----------
    migrants : DataFrame
        The table, as known on the day: date, host, series, value [persons], grade, and recount (1 where the publisher
        counted anew or by another method).
    hosts : mapping
        Names of the hosts wanted and their codes in the table.

    Returns
    -------
    DataFrame
        Columns host, month, date, published, series, value [persons], log [log million persons], recount, weak, old. A
        figure that a later edition repeats to the last digit tells nothing of that later day and is left out.

    Raises
    ------
    ValueError
        If a row has no date, an unknown host, series or a stock that is not above zero; the row is named.
    """
    known = {*ISO.values(), "LAC", "WLD"}
    for i, row in enumerate(migrants.itertuples(), 1):
        what = f"migrants row {i} ({row.host}, {row.series}, {row.date})"
        if pd.isna(row.date):
            raise ValueError(f"{what} has no date; give the day the count stands for")
        if row.host not in known:
            raise ValueError(f"{what}: unknown host '{row.host}'; use an ISO code of {', '.join(sorted(known))}")
        if row.series not in SERIES:
            raise ValueError(f"{what}: unknown series '{row.series}'; use {', '.join(SERIES)}")
        if not float(row.value) > 0:
            raise ValueError(f"{what}: stock {row.value} [persons] must be above 0")
    names = {code: name for name, code in hosts.items()}
    rows = migrants[migrants["host"].isin(names)].copy()
    rows["host"] = rows["host"].map(names)
    rows["date"] = pd.to_datetime(rows["date"])
    # tables of a user's own need not say when a row was published, nor grade it
    rows = rows.assign(**{n: v for n, v in (("published", rows["date"]), ("grade", "B")) if n not in rows})
    rows = rows.sort_values(["host", "date", "published"]).reset_index(drop=True)
    again = rows["value"].eq(rows.groupby("host")["value"].shift()) & ~rows["series"].isin(OLD)
    rows = rows[~again]
    recount = rows["recount"] if "recount" in rows else pd.Series(0, rows.index)
    rows["recount"] = recount.fillna(0).astype(float) > 0
    rows["weak"] = rows["grade"].isin(["C", "D"])
    rows["old"] = rows["series"].isin(OLD) & ~rows["host"].isin(["rest", *TOTALS])
    rows["log"], rows["month"] = np.log(rows["value"] / 1e6), rows["date"].dt.to_period("M")
    return rows[["host", "month", "date", "published", "series", "value", "log", "recount", "weak", "old"]]


def track(rows: pd.DataFrame, p: Mapping[str, float], hosts: tuple[str, ...] = HOSTS,
          until: pd.Period | None = None) -> Path:
    """Filter the stock of each host through its readings.

    Parameters
    ----------
    rows : DataFrame
        From `readings`.
    p : mapping
        `PARAMETERS` by name.
    hosts : tuple of str
    until : Period, optional
        Last month; that of the last reading without it.

    Notes
    -----
    ``x_t = x_{t-1} + g_{t-1}/12 + u``, ``g_t = φ g_{t-1} + v``; a reading is ``x + b + e``. The counting error ``b`` of
    an edition lasts until the publisher counts anew and it is drawn afresh: a recount moves the error, not people.
    """
    first = rows["month"].min() if len(rows) else calendar.month("2018-01")
    last = max(rows["month"].max() if len(rows) else first, until if until is not None else first)
    months = pd.period_range(first, last, freq="M")
    count, n = len(months), len(hosts)
    phi, vary = p["migration_damping"], p["growth_shock"] ** 2
    plain = np.array([[1, 1 / 12, 0], [0, phi, 0], [0, 0, 1.0]])
    noise = np.diag([p["flow_error"] ** 2 / 12, vary, 1e-8])
    mean, cov = np.zeros((count, n, 3)), np.zeros((count, n, 3, 3))
    ahead, ahead_cov, step = mean.copy(), cov.copy(), cov.copy()
    start = rows.groupby("host")["log"].first()
    counted = np.array([p["stock_error" if h in LARGE or h in TOTALS else "stock_error_small"] ** 2 for h in hosts])
    m = np.stack([[start.get(h, -9.0), 0.0 if h == "rest" else p["growth_first"], 0] for h in hosts])
    # first counts of the exodus were registers that missed people; surveys and censuses were not
    m[:, 2] = [-p["first_count_missed"] if h in LARGE[2:] else 0.0 for h in hosts]
    v = np.tile(np.diag([4.0, p["growth_first_sd"] ** 2, 0.0]), (n, 1, 1))
    v[:, 2, 2] = counted
    begun = np.zeros(n, bool)
    by_month = dict(tuple(rows.groupby("month")))
    place = {h: k for k, h in enumerate(hosts)}
    told: list[dict[str, object]] = []
    for t, month in enumerate(months):
        here = by_month.get(month)
        move, shock = np.tile(plain, (n, 1, 1)), np.tile(noise, (n, 1, 1))
        for k in {place[h] for h in here["host"][here["recount"]]} if here is not None else ():
            move[k, 2, 2], shock[k, 2, 2] = 0.0, counted[k]
        begun |= np.isin(hosts, here["host"]) if here is not None else False
        # before its first count a host stands still: the exodus is not read from what came before it
        move[~begun], shock[~begun] = np.eye(3), 0.0
        if t:
            m = np.einsum("hij,hj->hi", move, m)
            v = move @ v @ move.transpose(0, 2, 1) + shock
        ahead[t], ahead_cov[t], step[t] = m, v, move
        m, v = m.copy(), v.copy()
        for row in here.itertuples() if here is not None else ():
            k = place[row.host]
            m[k], v[k], seen = _update(m[k], v[k], row, p)
            told.append(seen)
        mean[t], cov[t] = m, v
    return Path(months, np.array([h in start.index for h in hosts]), mean, cov, ahead, ahead_cov, step,
                pd.DataFrame(told))


def _update(m: np.ndarray, v: np.ndarray, row: object, p: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray, dict]:
    load = np.array([1.0, 0.0, 0.0 if row.old else 1.0])  # type: ignore[attr-defined]
    kind = "_old" if row.old else "_weak" if row.weak else ""  # type: ignore[attr-defined]
    error = p[f"reading_error{kind}"] ** 2
    expected, spread = float(load @ m), float(load @ v @ load + error)
    gain = v @ load / spread
    seen = {**row._asdict(), "expected": 1e6 * np.exp(expected), "sd": np.sqrt(spread)}  # type: ignore[attr-defined]
    return m + gain * (row.log - expected), v - np.outer(gain, load @ v), seen  # type: ignore[attr-defined]


def draws(path: Path, rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw whole histories of the stock that agree with all readings.

    Parameters
    ----------
    path : Path
    rows : int
        Histories [1].
    seed : int

    Returns
    -------
    tuple of ndarray of shape (month, host, rows)
        Stock [million persons], 0 for hosts without a reading, and its growth [1/year].

    References
    ----------
    Carter and Kohn (1994), On Gibbs sampling for state space models: backward sampling.
    """
    count, n = path.mean.shape[:2]
    out = np.empty((count, n, 3, rows))
    for t in range(count - 1, -1, -1):
        m, v = path.mean[t], path.cov[t]
        z = streams.normal(seed, f"people {path.months[t]}", (n, 3), 0, rows)
        if t + 1 < count:
            gain = v @ path.step[t + 1].transpose(0, 2, 1) @ np.linalg.pinv(path.ahead_cov[t + 1])
            centre = m[..., None] + gain @ (out[t + 1] - path.ahead[t + 1][..., None])
            v = v - gain @ path.ahead_cov[t + 1] @ gain.transpose(0, 2, 1)
        else:
            centre = m[..., None]
        value, vector = np.linalg.eigh((v + v.transpose(0, 2, 1)) / 2)
        out[t] = centre + vector @ (np.sqrt(np.clip(value, 0, None))[..., None] * z)
    stock = np.where(path.seen[:, None], np.exp(out[:, :, 0]), 0.0)
    return stock, np.where(path.seen[:, None], out[:, :, 1], 0.0)


def parameters(table: pd.DataFrame) -> dict[str, float]:
    """Return what the filter needs from the table of assumptions, medians and one spread [unit of each row]."""
    out = {name: float(table.loc[name, "central"]) for name in PARAMETERS if name in table.index}
    first = table.loc["growth_first"]
    return {**out, "growth_first_sd": float(first["high"] - first["low"]) / (2 * TENTH)}


def histories(
    migrants: pd.DataFrame, p: Mapping[str, float], rows: int, until: pd.Period | None = None
) -> tuple[pd.PeriodIndex, np.ndarray, np.ndarray]:
    """Return histories of the stock by host that agree with the readings.

    Parameters
    ----------
    migrants : DataFrame
        The table, as known on the day.
    p : mapping
        From `parameters`.
    rows : int
        Histories [1].
    until : Period, optional
        Last month, if later than the last reading.

    Returns
    -------
    tuple of PeriodIndex and two ndarray of shape (month, host, rows)
        Months, stock [million persons] and growth [1/year]. Before a host's first count of the exodus the stock runs
        in logs from one birthplace table to the next, and on to that count.
    """
    every = readings(migrants)
    counted = every[every.groupby("host")["old"].transform("all") | ~every["old"]]
    path = track(counted, p, until=until)
    stock, growth = draws(path, rows)
    months = pd.period_range(min(every["month"].min(), path.months[0]), path.months[-1], freq="M")
    lead = len(months) - len(path.months)
    stock, growth = (np.concatenate([np.repeat(x[:1], lead, axis=0), x]) for x in (stock, growth))
    for k, host in enumerate(HOSTS):
        first = counted.loc[counted["host"] == host, "month"].min()
        before = every[(every["host"] == host) & (every["month"] < first)] if pd.notna(first) else every[:0]
        if len(before):
            at = [(m - months[0]).n for m in before["month"]]
            stop = (first - months[0]).n
            known = np.log(before["value"].to_numpy() / 1e6)[:, None] * np.ones(rows)
            stock[:stop, k] = np.exp(_between(np.arange(stop), [*at, stop], np.vstack([known, np.log(stock[stop, k])])))
    return months, stock, growth


def _between(when: np.ndarray, at: list[int], values: np.ndarray) -> np.ndarray:
    place = np.clip(np.searchsorted(at, when, side="right") - 1, 0, len(at) - 2)
    left = np.asarray(at)[place]
    share = np.clip((when - left) / (np.asarray(at)[place + 1] - left), 0, 1)[:, None]
    return (1 - share) * values[place] + share * values[place + 1]


def carried(paths: np.ndarray, months: pd.PeriodIndex, index: pd.PeriodIndex) -> np.ndarray:
    """Return histories on the months asked for, first and last carried outward, shape (month, host, rows) [·]."""
    where = np.clip([(when - months[0]).n for when in index], 0, len(months) - 1)
    return paths[where]
