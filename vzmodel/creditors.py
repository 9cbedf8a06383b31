"""Creditors with collateral or cargoes: when a loan is cleared, what a payment takes, and the questions of 2019."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from . import claims, data, model, summary
from .obligations import bond_named, payments
from .scenarios import Scenario, load_scenarios

APRIL = "2019-04-01"
NEEDED = (*claims.FINANCING, "dollar_inflow", "import_bill", "cash_import_bill", "debt_balance", "exports",
          "production")


def months_to_clear(p: xr.Dataset, creditor: str = "rosneft", *,
                    q: Sequence[float] = summary.QUANTILES) -> pd.DataFrame:
    """Return how many months of cargoes clear an oil-backed loan.

    Parameters
    ----------
    p : Dataset
        From `project` with ``keep=["debt_balance", ...]``, so that balances are by creditor.
    creditor : {"china", "rosneft"}
    q : sequence of float
        Quantile levels [1].

    Returns
    -------
    DataFrame
        Index scenario; columns `q`, the months from the start of the run until nothing is owed [month, infinite where
        not within the run], cleared, the share of draws that clear it within the run [1], and left, the mean balance at
        the end of the run [USD million].

    Raises
    ------
    ValueError
        If the run holds no balances by creditor, or not that one.
    """
    if "debt_balance" not in p or "creditor" not in p["debt_balance"].dims:
        raise ValueError("this run holds no debt_balance by creditor: run it again with keep=['debt_balance']")
    names = [str(name) for name in p["creditor"].values]
    if creditor not in names:
        raise ValueError(f"no creditor '{creditor}' in this run; it has {', '.join(names)}")
    balance = p["debt_balance"].sel(creditor=creditor).transpose("scenario", "month", "draw").values
    nil = balance <= 0.5
    months = np.where(nil.any(axis=1), nil.argmax(axis=1) + 1.0, np.inf)
    out = pd.DataFrame(np.quantile(months, list(q), axis=1, method="inverted_cdf").T, columns=[float(x) for x in q],
                       index=p["scenario"].to_index().astype(str))
    return out.assign(cleared=np.isfinite(months).mean(axis=1), left=balance[:, -1].mean(axis=1))


def against_payment(p: xr.Dataset, bond: str, *, table: pd.DataFrame | None = None, income: str = "cash_revenue",
                    q: Sequence[float] = summary.QUANTILES) -> pd.DataFrame:
    """Return each payment of one bond within a run beside the dollars of its month.

    Parameters
    ----------
    p : Dataset
        From `project`.
    bond : str
        Name in the table of obligations, such as "PDVSA 2020 8.5".
    table : DataFrame, optional
        In place of the obligations known on the run's day.
    income : {"cash_revenue", "dollar_inflow"}
    q : sequence of float

    Returns
    -------
    DataFrame
        Index (scenario, date); interest, principal, due [USD million]; `q` of the month's income [USD million]; share,
        the median share of it that the payment takes [1]; shortfall_probability, that the month's income is below it.

    Raises
    ------
    ValueError
        If there is no such bond, or nothing of it falls due within the run.
    """
    if table is None:
        table = data.load_tables(as_of=summary._run(p).get("as_of"))["obligations"]
    bond_named(table, bond)
    total = summary.totals(p, income, by="month")
    months = pd.DatetimeIndex(total["month"].values)
    due = payments(table, months[0], months[-1] + pd.offsets.MonthEnd())
    due = due[due["obligation"] == bond]
    if due.empty:
        raise ValueError(f"nothing of '{bond}' falls due from {months[0]:%Y-%m} to {months[-1]:%Y-%m}")
    rows = {}
    for row in due.to_dict("records"):
        month = row["date"].to_period("M").to_timestamp()
        for scenario in map(str, total["scenario"].values):
            have = total.sel(scenario=scenario, month=month).values
            share = row["due"] / max(float(np.median(have)), 1e-9)
            rows[scenario, row["date"]] = [row["interest"], row["principal"], row["due"],
                                           *np.quantile(have, list(q)), share, float((have < row["due"]).mean())]
    columns = ["interest", "principal", "due", *map(float, q), "share", "shortfall_probability"]
    out = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    out.index = pd.MultiIndex.from_tuples(rows, names=["scenario", "date"])
    return out.sort_index()


def april_2019(*, draws: int = 1024, seed: int = 2019, months: int = 33, **run: Any) -> dict[str, pd.DataFrame]:
    """Answer what a creditor asked on 1 April 2019, from what was known on that day.

    Four scenarios: the base; US sales kept as before the ban, in cash; secondary sanctions on the Russian traders; and,
    as the sharpest case of these, Rosneft lifting nothing for its loan from July 2019.

    Parameters
    ----------
    draws, seed, months
        As in `project`; to the end of 2021 by default.
    **run
        More for `project`.

    Returns
    -------
    dict of DataFrame
        "rest_of_2019", the dollars of the months left of 2019 beside what falls due in them; "coverage", as `coverage`,
        by year; "us_sales", what the ban costs [USD million a year]: quantiles of the base
        less US sales kept, for cash revenue and the dollar inflow; "pdvsa_2020", as `against_payment`; "rosneft", as
        `months_to_clear`; "rosneft_sanctioned", what secondary sanctions cost, as "us_sales"; "missed", interest and
        principal on bonds that fell due and were not paid, by year [USD million].

    Notes
    -----
    The ban on trading bonds moved no cash, as all but one had been in default since 2017: its cost is that nothing
    could be exchanged or refinanced, so that what fell due added to the arrears in "missed".
    """
    known = load_scenarios()
    base, hit = known["seed_2019_base"], known["rosneft_sanctioned"]
    kept = base.but("us_sales_kept", "US sales go on for cash as before 28 January 2019",
                    {"access_volume_us": {APRIL[:7]: 1.0, "2019-05": 1.0}, "access_cash_us": {"start": 1.0}})
    stays = hit.but("rosneft_stays_away", "No cargo for the loan from July 2019",
                    {"debt_cargoes_rosneft": {"2019-07": 0.0}})
    chosen: list[Scenario] = [base, kept, hit, stays]
    p = model.project(chosen, draws=draws, seed=seed, months=months, as_of=APRIL, keep=list(NEEDED), **run)
    tables = data.load_tables(as_of=APRIL)
    due = payments(tables["obligations"], APRIL, pd.Timestamp(p["month"].values[-1]) + pd.offsets.MonthEnd())
    missed = due[due["obligation"] != "PDVSA 2020 8.5"]
    return {
        "rest_of_2019": _rest_of_year(p, tables, 2019),
        "coverage": claims.coverage(p, tables=tables),
        "us_sales": _cost(p, base.name, kept.name),
        "pdvsa_2020": against_payment(p, "PDVSA 2020 8.5", table=tables["obligations"]),
        "rosneft": months_to_clear(p, "rosneft"),
        "rosneft_sanctioned": _cost(p, hit.name, base.name),
        "missed": missed.groupby(missed["date"].dt.year)[["interest", "principal", "due"]].sum().rename_axis("year"),
    }


def _rest_of_year(p: xr.Dataset, tables: Mapping[str, pd.DataFrame], year: int) -> pd.DataFrame:
    rows = {}
    for income in claims.incomes(p):
        total = claims.income_total(p, income, by="month")
        total = total.isel(month=(total["month"].dt.year == year).values)
        due, _ = claims.falling_due(p.sel(month=total["month"]), total, tables=tables, by="month")
        for name in dict.fromkeys(name for _, name in due):
            owe = xr.concat([amount for (_, which), amount in due.items() if which == name], "month").sum("month")
            for scenario in map(str, p["scenario"].values):
                have = total.sum("month").sel(scenario=scenario).values
                rows[scenario, income, name] = claims.cover(have, owe.sel(scenario=scenario).values, summary.QUANTILES)
    columns = ["due", *summary.QUANTILES, "shortfall_probability", "expected_shortfall"]
    out = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    out.index = pd.MultiIndex.from_tuples(rows, names=["scenario", "income", "obligation"])
    return out.sort_index()


def _cost(p: xr.Dataset, scenario: str, against: str) -> pd.DataFrame:
    frames = {name: summary.compare(p, name, scenario, against=against, by="year").droplevel("scenario")
              for name in ("cash_revenue", "dollar_inflow")}
    return pd.concat(frames, names=["variable"])
