"""What a restructured claim is worth: new bonds for old, discounted, alone or out of projected dollars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from . import data, scenarios, summary
from .obligations import principal

PLAIN: dict[str, Any] = {
    "grace": None, "amortisation": "bullet", "arrears": 0.0, "arrears_haircut": 0.0, "claim": None,
    "link_variable": "dollar_inflow", "link_share": 0.0, "link_threshold": 0.0, "service_cap": None,
}  # fmt: skip
"""Terms of `recovery` that are off unless asked for: no arrears, no revenue link, no cap."""
PAID_WITHIN = 50
"""Years after which what a cap still holds back is lost [year]."""


def published() -> dict[str, Any]:
    """Return the terms of `recovery` and their defaults: those a bank published in late 2025, nothing else added.

    Examples
    --------
    >>> published()["haircut"], published()["tenor"], published()["service_cap"]
    (0.5, 20, None)
    """
    table = data.read_table("restructuring_terms")
    whole = {row.term: int(row.value) if row.unit == "year" else float(row.value) for row in table.itertuples()}
    return {**whole, **PLAIN}


def recovery(terms: Mapping[str, Any] | None = None, projection: xr.Dataset | None = None, *,
             weights: Mapping[str, float] | None = None, q: Sequence[float] = summary.QUANTILES,
             **changes: Any) -> float | pd.DataFrame:
    r"""Return the present value of a restructured claim per 100 of old principal.

    Holders get a bond for the principal less the haircut, a zero-coupon note for the arrears and, if the terms say so,
    a share of future dollars. Payments are yearly, at the end of the year:

    .. math:: PV = \sum_t \frac{c B_{t-1} + a_t}{(1+y)^t} + \frac{A (1-h_A)}{(1+y)^{n_A}}
                   + \frac{100}{F} \sum_t \frac{s \max(0, X_t - X_0)}{(1+y)^t}

    With a service cap no year pays more than that share of the dollars :math:`X_t`, over all claims treated alike;
    what is held back bears the coupon and is paid when there is room, within fifty years (or the tenor, if longer).
    After the projection the dollars stay at their last complete year's. What is due at once (a note of tenor 0) and the
    revenue link stand outside the cap.

    Parameters
    ----------
    terms : mapping, optional
        Any of: haircut on principal [1]; coupon, exit_yield [1/year]; tenor, arrears_tenor [year]; amortisation
        ("bullet", or "equal" yearly parts after the grace years); grace without repayment [year]; arrears [USD per 100
        of principal]; arrears_haircut [1]; for a revenue link, link_share [1] of link_variable above link_threshold
        [USD million/year]; service_cap [1] of link_variable; for both, claim, the old principal of all claims treated
        alike [USD million], by default that known on the run's day. Missing ones as in `published`.
    projection : Dataset, optional
        From `project`: gives the dollars of its complete calendar years, the first one at the end of year 1.
    weights : mapping of scenario name to float, optional
        Weights [1] that add up to 1, for one row more, "mixture". Default: the probabilities the run's scenarios
        carry, if all do, taken in proportion where they are only some of a set.
    q : sequence of float
        Quantile levels [1] when there is a projection.
    **changes
        Terms as keywords; these win.

    Returns
    -------
    float or DataFrame
        Per 100 of principal [USD]; with a projection a DataFrame, index scenario, columns `q`.

    Raises
    ------
    ValueError
        If a term is unknown or out of bounds, or a revenue link or a cap lacks `claim` or a projection.

    Examples
    --------
    >>> round(recovery(haircut=0, coupon=0.11, exit_yield=0.11), 9)
    100.0
    >>> round(recovery(arrears=58))
    44
    """
    t = {**published(), **(terms or {}), **changes}
    if projection is not None and t["claim"] is None and (t["link_share"] or t["service_cap"] is not None):
        t["claim"] = principal(data.load_tables(as_of=summary._run(projection).get("as_of"))["obligations"])
    t = checked(t)
    if projection is None:
        if t["link_share"] > 0:
            raise ValueError("link_share pays out of projected dollars: give projection=project(...)")
        if t["service_cap"] is not None:
            raise ValueError("service_cap is a share of projected dollars: give projection=project(...)")
        return float((_payments(t) * _discount(t, np.arange(_last_year(t) + 1))).sum())
    value = _out_of(projection, t)
    weights = _weights(projection) if weights is None else weights
    if weights is not None:
        mixed = _out_of(summary.mixture(projection[[t["link_variable"]]], weights), t)
        value = xr.concat([value, mixed.drop_vars("drawn_from", errors="ignore")], "scenario")
    value.attrs = {"units": "USD per 100 of principal", "weights": weights}
    return summary._quantiles(value.rename("recovery"), q)


def value_table(terms: Mapping[str, Any] | None = None, *,
                rows: tuple[str, Sequence[float]] = ("exit_yield", (0.08, 0.1, 0.11, 0.12, 0.14, 0.16)),
                columns: tuple[str, Sequence[float]] = ("haircut", (0.3, 0.4, 0.5, 0.6, 0.7)),
                **changes: Any) -> pd.DataFrame:
    """Return the value of a restructured claim against two of its terms.

    Parameters
    ----------
    terms, **changes
        As in `recovery`.
    rows, columns : (name of a term, values)

    Returns
    -------
    DataFrame
        Per 100 of principal [USD]; index and columns named after the terms.

    Examples
    --------
    >>> table = value_table(rows=("exit_yield", [0.11, 0.15]), columns=("arrears", [0, 55, 60]))
    >>> table.loc[0.11].round(1).tolist()
    [23.7, 43.1, 44.9]
    """
    (down, levels), (across, others) = rows, columns
    if down == across:
        raise ValueError(f"rows and columns are both '{down}': name two terms")
    values = [[recovery(terms, **{**changes, down: a, across: b}) for b in others] for a in levels]
    return pd.DataFrame(values, index=pd.Index(list(levels), name=down), columns=pd.Index(list(others), name=across))


def _weights(p: xr.Dataset) -> dict[str, float] | None:
    stated = summary._run(p).get("probabilities", {}) if "run" in p.attrs else {}
    found = {str(name): stated.get(str(name)) for name in p["scenario"].values}
    shares = {name: float(value) for name, value in found.items() if value is not None}
    total = sum(shares.values())
    if len(shares) < max(len(found), 2) or total <= 0:
        return None
    return {name: share / total for name, share in shares.items()}


def _out_of(p: xr.Dataset, t: Mapping[str, Any]) -> xr.DataArray:
    totals = summary.totals(p, t["link_variable"])
    dollars = totals.transpose("year", "scenario", "draw").values
    pays = _payments(t)[:, None, None]
    if t["service_cap"] is not None:
        pays = _held_back(pays, t["service_cap"] * np.maximum(dollars, 0.0) * 100 / t["claim"], t["coupon"])
    value = (pays * _discount(t, np.arange(len(pays)))[:, None, None]).sum(axis=0)
    if t["link_share"] > 0:
        paid = t["link_share"] * np.maximum(dollars - t["link_threshold"], 0.0) * 100 / t["claim"]
        value = value + (paid * _discount(t, 1 + np.arange(len(paid)))[:, None, None]).sum(axis=0)
    like = totals.isel(year=0, drop=True).transpose("scenario", "draw")
    return like.copy(data=np.broadcast_to(value, like.shape)).rename("recovery")


def _held_back(pays: np.ndarray, room: np.ndarray, coupon: float) -> np.ndarray:
    """Payments (year 0 first) cut to the room of each year (year 1 first, the last one stays) and caught up later."""
    last = max(PAID_WITHIN, len(pays) - 1)
    out = np.zeros((last + 1, *room.shape[1:]))
    out[0], owed = pays[0], np.zeros(room.shape[1:])
    for year in range(1, last + 1):
        owed = owed * (1 + coupon) + (pays[year] if year < len(pays) else 0.0)
        out[year] = np.minimum(owed, room[min(year, len(room)) - 1])
        owed = owed - out[year]
    return out


def checked(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Return all terms, missing ones as in `published`, or raise ValueError naming the term, its bounds and unit."""
    known = published()
    t = {**known, **terms}
    for name in t.keys() - known.keys():
        raise ValueError(f"unknown term '{name}'{scenarios.suggest(name, known)}; terms are {', '.join(known)}")
    bounds = {"haircut": (0, 1, "[1]"), "arrears_haircut": (0, 1, "[1]"), "link_share": (0, 1, "[1]"),
              "coupon": (0, 1, "[1/year]"), "arrears": (0, 1000, "per 100 of principal"),
              "tenor": (1, 100, "[year]"), "arrears_tenor": (0, 50, "[year]"), "grace": (0, 99, "[year]"),
              "link_threshold": (0, np.inf, "[USD million/year]"), "service_cap": (0, 1, "[1]")}
    for name, (low, high, unit) in bounds.items():
        if t[name] is None and known[name] is None:
            continue
        if isinstance(t[name], bool) or not isinstance(t[name], (int, float)) or not low <= t[name] <= high:
            raise ValueError(f"{name} is {t[name]!r} {unit}: it must lie within {low:g} to {high:g}")
    if t["grace"] is None:
        t["grace"] = t["tenor"] - 1 if t["amortisation"] == "bullet" else 0
    if t["grace"] >= t["tenor"]:
        raise ValueError(f"grace is {t['grace']} [year]: it must be shorter than the tenor of {t['tenor']}")
    for name in ("tenor", "arrears_tenor", "grace"):
        if t[name] != int(t[name]):
            raise ValueError(f"{name} is {t[name]} [year]: payments are yearly, so use whole years")
    if not isinstance(t["exit_yield"], (int, float)) or not -1 < t["exit_yield"] < np.inf:
        raise ValueError(f"exit_yield is {t['exit_yield']!r} [1/year]: it must be above -1")
    if t["amortisation"] not in ("bullet", "equal"):
        raise ValueError(f"amortisation is {t['amortisation']!r}: use 'bullet' or 'equal'")
    if (t["link_share"] > 0 or t["service_cap"] is not None) and not 0 < (t["claim"] or 0) < np.inf:
        what = "a revenue link" if t["link_share"] > 0 else "a service cap"
        raise ValueError(f"claim is {t['claim']!r} [USD million]: {what} needs the old principal, above 0")
    return t


def _discount(t: Mapping[str, Any], years: Any) -> Any:
    return (1.0 + t["exit_yield"]) ** -np.asarray(years, dtype=float)


def _last_year(t: Mapping[str, Any]) -> int:
    return int(max(t["tenor"], t["arrears_tenor"]))


def _payments(t: Mapping[str, Any]) -> np.ndarray:
    """What is paid at the end of each year per 100 of old principal, year 0 first."""
    tenor, grace = int(t["tenor"]), int(t["grace"])
    repaid = np.zeros(tenor)
    if t["amortisation"] == "bullet":
        repaid[-1] = 1.0
    else:
        repaid[grace:] = 1.0 / (tenor - grace)
    outstanding = 1.0 - np.concatenate([[0.0], np.cumsum(repaid)[:-1]])
    out = np.zeros(_last_year(t) + 1)
    out[1 : tenor + 1] = 100 * (1 - t["haircut"]) * (t["coupon"] * outstanding + repaid)
    out[int(t["arrears_tenor"])] += t["arrears"] * (1 - t["arrears_haircut"])
    return out
