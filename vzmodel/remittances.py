"""Money sent home: people abroad by host, how many send, and how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .forecasting import forecast as forecast

if TYPE_CHECKING:
    import xarray as xr

HOSTS = (
    "us",
    "es",
    "co",
    "pe",
    "cl",
    "ec",
    "br",
    "ar",
    "mx",
    "pa",
    "do",
    "uy",
    "py",
    "bo",
    "cr",
    "gy",
    "tt",
    "cw",
    "aw",
    "rest",
)
ISO = {
    "us": "USA",
    "es": "ESP",
    "co": "COL",
    "pe": "PER",
    "cl": "CHL",
    "ec": "ECU",
    "br": "BRA",
    "ar": "ARG",
    "mx": "MEX",
    "pa": "PAN",
    "do": "DOM",
    "uy": "URY",
    "py": "PRY",
    "bo": "BOL",
    "cr": "CRI",
    "gy": "GUY",
    "tt": "TTO",
    "cw": "CUW",
    "aw": "ABW",
    "rest": "REST",
}
PREFERRED = {"us": ("acs",), "es": ("ine",)}
"""Sources that count the stock where the others count claims: the census in the United States and Spain."""


def stock(start: np.ndarray, growth: np.ndarray, damping: np.ndarray, extra: np.ndarray) -> np.ndarray:
    """Project the people abroad by host.

    Parameters
    ----------
    start : ndarray of shape (host, draw)
        Stock in the month before the first [million persons].
    growth : ndarray of shape (draw,)
        Growth at the start [1/year].
    damping : ndarray of shape (draw,)
        Share of that growth left a month later [1].
    extra : ndarray of shape (month, draw)
        Growth a scenario adds, negative for returns [1/year].

    Returns
    -------
    ndarray of shape (month, host, draw)
        Stock [million persons], 0 or more.

    Notes
    -----
    ``S_t = S_{t-1} exp((growth damping^t + extra_t) / 12)``.

    Examples
    --------
    >>> one = np.ones(1)
    >>> stock(np.full((1, 1), 2.0), 0 * one, one, np.zeros((2, 1))).ravel()
    array([2., 2.])
    """
    t = np.arange(1, len(extra) + 1)[:, None]
    path = np.exp(np.cumsum((growth * damping**t + extra) / 12, axis=0))
    return start[None] * path[:, None, :]


def transfers(
    people: np.ndarray, propensity: np.ndarray, amount: np.ndarray, income: np.ndarray, level: np.ndarray
) -> np.ndarray:
    """Return the money sent home by host and month.

    Parameters
    ----------
    people : ndarray of shape (month, host, draw)
        Stock [million persons].
    propensity : ndarray of shape (host, draw)
        Share of them who send [1].
    amount : ndarray of shape (host, draw)
        Sent by each sender [USD/year].
    income : ndarray of shape (month, draw)
        Hosts' income relative to the start [1].
    level : ndarray of shape (draw,)
        Error common to all amounts [1].

    Returns
    -------
    ndarray of shape (month, host, draw)
        Remittances [USD million].

    Examples
    --------
    One million people of whom half send 240 dollars a year send ten million a month:

    >>> o = np.ones((1, 1))
    >>> transfers(np.ones((1, 1, 1)), 0.5 * o, 240 * o, o, np.ones(1)).item()
    10.0
    """
    return people * (propensity * amount / 12) * (income * level)[:, None, :]


def by_name(a: Mapping[str, np.ndarray], name: str, months: int | None = None) -> np.ndarray:
    """Stack one assumption over hosts: (host, draw), or (month, host, draw) for dated values, in its own unit [·]."""
    values = [np.asarray(a[f"{name}_{host}"]) for host in HOSTS]
    if any(v.ndim == 2 for v in values):
        draws = values[0].shape[-1]
        return np.stack([np.broadcast_to(v, (months or 1, draws)) for v in values], axis=1)
    return np.stack(values)


def readings(migrants: pd.DataFrame) -> pd.DataFrame:
    """Return the stock by date and host from the sources preferred for each, columns hosts [million persons].

    Parameters
    ----------
    migrants : DataFrame
        The table, as known on the day: date, host, series, value [persons].
    """
    columns = {}
    for host in HOSTS:
        rows = migrants[migrants["host"] == ISO[host]]
        wanted = PREFERRED.get(host, ("r4v", "unhcr", "undesa"))
        chosen = rows[rows["series"].isin(wanted)]
        chosen = chosen if len(chosen) else rows
        rank = chosen["series"].map({s: k for k, s in enumerate(wanted)}).fillna(len(wanted))
        chosen = chosen.assign(rank=rank).sort_values(["date", "rank", "published"]).drop_duplicates("date")
        columns[host] = chosen.set_index("date")["value"] / 1e6
    return pd.DataFrame(columns).sort_index()


def past_stock(migrants: pd.DataFrame, calendar: pd.PeriodIndex) -> np.ndarray:
    """Return the stock by month over the past, log-interpolated between readings, shape (month, host) [million persons]."""
    frame = readings(migrants)
    when = calendar.to_timestamp().to_numpy().astype("datetime64[D]").astype(float)
    out = np.zeros((len(calendar), len(HOSTS)))
    for k, host in enumerate(HOSTS):
        series = frame[host].dropna()
        series = series[series > 0]
        if len(series):
            dates = series.index.to_numpy().astype("datetime64[D]").astype(float)
            out[:, k] = np.exp(np.interp(when, dates, np.log(series.to_numpy())))
    return out


def estimate(migrants: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Fit the latest stock by host and its age.

    Parameters
    ----------
    migrants : DataFrame
        The table, as known on the day.
    rows : int
        Joint draws to return [1]; the stocks are the same in each, their error is an assumption.

    Returns
    -------
    DataFrame
        stock_<host> [million persons], one row per draw; ``attrs["dates"]`` has the date of each host's reading.
    """
    frame = readings(migrants)
    last = {host: frame[host].dropna() for host in HOSTS}
    values = {f"stock_{h}": float(s.iloc[-1]) if len(s) else 0.0 for h, s in last.items()}
    out = pd.DataFrame({name: np.full(rows, value) for name, value in values.items()})
    out.attrs["units"] = dict.fromkeys(values, "million persons")
    out.attrs["dates"] = {h: s.index[-1].strftime("%Y-%m-%d") if len(s) else "" for h, s in last.items()}
    out.attrs["notes"] = {
        f"stock_{h}": f"reading of {d}" if d else "no reading by that day: counted as none"
        for h, d in out.attrs["dates"].items()
    }
    return out


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
        percentiles], per_migrant [USD/year] and share [%], medians of the draws.

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
    frame["share"] = (100 * sent / sent.sum("host")).median("draw").to_series()
    return frame.sort_values(["scenario", "remittances_p50"], ascending=[True, False])
