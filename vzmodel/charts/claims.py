"""Charts of the claims: service against cash, who is owed what, value against exit yield, what imports are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from vzmodel import claims, restructuring, summary

from . import fans, style

NAMES = {"bonds_republic": "Bonds of the republic", "bonds_pdvsa": "Bonds of PDVSA", "bonds_electric": "Elecar bond",
         "awards": "Arbitration awards", "china": "China", "rosneft": "Rosneft", "russia": "Russia",
         "multilateral": "IDB and CAF", "partners": "Oil partners", "commercial": "Suppliers, notes and other"}


def _one(p: xr.Dataset, scenario: str, variable: str) -> xr.Dataset:
    fans.check(p, variable, scenario)
    return p.sel(scenario=[scenario])


def service_table(p: xr.Dataset, scenario: str, tables: Mapping[str, pd.DataFrame] | None = None,
                  income: str = "cash_revenue") -> pd.DataFrame:
    """Return income by year in quantiles beside what falls due.

    Parameters
    ----------
    p : xarray.Dataset
    scenario : str
    tables : mapping, optional
        In place of the tables known on the run's day.
    income : {"cash_revenue", "dollar_inflow"}

    Returns
    -------
    DataFrame
        Index year; 0.05 to 0.95, quantiles of the income, service_due and, where known, service_and_imports
        [USD million].

    Raises
    ------
    ValueError
        If the run has no such scenario or lacks a variable.
    """
    one = _one(p, scenario, income)
    found = summary.quantiles(one, income, by="year", q=style.QUANTILES).droplevel("scenario")
    due = claims.coverage(one, tables=tables)["due"].xs((scenario, income), level=("scenario", "income"))
    wide = due.unstack("obligation")
    wanted = [name for name in ("service_due", "service_and_imports") if name in wide]
    return found.join(wide[wanted])


@style.chart
def service(p: xr.Dataset, scenario: str, ax: Axes | None = None, *,
            tables: Mapping[str, pd.DataFrame] | None = None, income: str = "cash_revenue",
            **look: Unpack[style.Look]) -> Axes:
    """Draw what falls due in each year against the cash of a scenario.

    Parameters
    ----------
    p, scenario, tables, income
        As for `service_table`.
    ax : Axes, optional

    Returns
    -------
    Axes
        What `service_table` returns: by year quantiles of the income and what falls due [USD billion].

    Raises
    ------
    ValueError
        If the run has no such scenario or lacks a variable.
    """
    table = service_table(p, scenario, tables, income) / 1000
    with style.context():
        ax = style.axes(ax)
        for place, year in enumerate(table.index):
            row = table.loc[year]
            for low, high, _, alpha in style.BANDS:
                ax.bar(place, row[high] - row[low], bottom=row[low], width=0.55, color=style.BLUE, alpha=alpha, lw=0)
            ax.plot([place - 0.275, place + 0.275], [row[0.5]] * 2, color=style.BLUE, lw=1.8)
            for name, colour in (("service_due", style.VERMILION), ("service_and_imports", style.BLACK)):
                if name in row and np.isfinite(row[name]):
                    ax.plot([place - 0.4, place + 0.4], [row[name]] * 2, color=colour, lw=1.6, zorder=4)
        ax.set_xticks(range(len(table)), [str(y) for y in table.index])
        top = float(np.nanmax(table.to_numpy())) * 1.08
        ax.set_xlim(-0.6, len(table) - 0.4)
        ax.set_ylim(min(0.0, float(np.nanmin(table.to_numpy()))), top)
        last = table.iloc[-1]
        word = "cash of the\nstate company" if income == "cash_revenue" else "dollar inflow"
        labels = [(last[0.5], word, style.BLUE), (last["service_due"], "bond service", style.VERMILION)]
        if "service_and_imports" in table:
            labels.append((last["service_and_imports"], "with imports\nwithout fuel", style.BLACK))
        style.heading(ax, f"What falls due against {style.NAMES[income].lower()}, {scenario}", "USD billion a year")
        style.label_right(ax, labels, 7.4)
        style.notes(ax, style.run_note(p), "Due: contractual coupons and principal of the year on bonds, whether paid "
                    "or not; arrears of earlier years are not in it. " + style.BAND_NOTE)
        style.tell(ax, f"In {table.index[0]} the bonds ask for {style.figure(table['service_due'].iloc[0])} billion "
                   f"USD; income is {style.spread(*table[[0.5, 0.1, 0.9]].iloc[0])}.")
    return ax


@style.chart
def creditors(debt: pd.DataFrame, ax: Axes | None = None, *, day: str = "", **look: Unpack[style.Look]) -> Axes:
    """Draw who is owed what, with ranges.

    Parameters
    ----------
    debt : DataFrame
        From `obligations.owed`.
    ax : Axes, optional
    day : str
        For the title.

    Returns
    -------
    Axes
    """
    rows = debt[debt["high"] >= 500]
    colours = {"cash": style.BLUE, "court": style.PURPLE, "cargoes": style.ORANGE}
    with style.context():
        ax = style.axes(ax)
        for place, row in enumerate(rows.to_dict("records")):
            low, central, high = (row[c] / 1000 for c in ("low", "central", "high"))
            ax.barh(-place, central, height=0.6, color=colours.get(str(row["settlement"]), style.GREY), alpha=0.8)
            ax.plot([low, high], [-place, -place], color=style.BLACK, lw=1.2)
            span = f"{central:,.0f}" if round(low) == round(high) else f"{central:,.0f} ({low:,.0f} to {high:,.0f})"
            ax.annotate(f"{span}, {row['settlement']}", (max(central, high), -place), xytext=(5, 0), va="center",
                        textcoords="offset points", fontsize=8)
        ax.set_yticks([-float(i) for i in range(len(rows))], [NAMES.get(str(n), str(n)) for n in rows.index])
        ax.set_xlim(0, float(rows["high"].max()) / 1000 * 1.45)
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")
        style.heading(ax, "Who is owed what" + (f", {day}" if day else ""), "USD billion, bonds with interest missed")
        style.notes(ax, "Source: table of obligations, each row with its own.", "Black: 10th to 90th percentile, or "
                    "what sources disagree on. Claims on Citgo repeat awards and bonds, so are not drawn.")
        most = str(rows["central"].idxmax())
        style.tell(ax, f"Central figures add up to {style.figure(debt['central'].sum() / 1000)} billion USD; the "
                   f"largest is {NAMES.get(most, most)}, {style.figure(rows['central'].max() / 1000)}.")
    return ax


@style.chart
def value(ax: Axes | None = None, *, terms: Mapping[str, Any] | None = None, arrears: Sequence[float] = (0, 40, 57, 75),
          yields: Sequence[float] = tuple(np.arange(0.06, 0.201, 0.005)), **look: Unpack[style.Look]) -> Axes:
    """Draw the value of a restructured claim against the exit yield, one line for each size of arrears.

    Parameters
    ----------
    ax : Axes, optional
    terms : mapping, optional
        As for `recovery`.
    arrears : sequence of float
        [USD per 100 of principal]
    yields : sequence of float
        [1/year]

    Returns
    -------
    Axes
    """
    table = restructuring.value_table(terms, rows=("exit_yield", yields), columns=("arrears", arrears))
    with style.context():
        ax = style.axes(ax)
        colours = [style.LIGHT, style.SKY, style.BLUE, style.VERMILION]
        for k, size in enumerate(arrears):
            ax.plot(100 * table.index.to_numpy(), table[size], color=colours[k % 4] if k else style.GREY, lw=1.7)
        ax.axvline(11, color=style.BLACK, lw=0.8, ls=(0, (2, 2)))
        ax.annotate("11 %, as published", (11, 1), xytext=(3, -2), xycoords=("data", "axes fraction"), va="top",
                    textcoords="offset points", fontsize=7)
        ax.set_xlim(100 * min(yields), 100 * max(yields))
        ax.set_ylim(0, float(table.to_numpy().max()) * 1.05)
        ax.xaxis.set_major_formatter(lambda x, _: f"{x:g} %")
        cut = {**restructuring.published(), **(terms or {})}
        style.heading(ax, "A restructured claim against the yield at which it trades",
                      "Per 100 of old principal, by interest missed per 100 (A)")
        style.label_right(ax, [(float(table[a].iloc[-1]), f"A = {a:g}", colours[k % 4] if k else style.GREY)
                               for k, a in enumerate(arrears)], 7.8)
        style.notes(ax, f"Terms: {cut['haircut']:.0%} off the principal, {cut['tenor']} years at {cut['coupon']:.1%}, "
                    f"interest missed in full as a note without coupon after {cut['arrears_tenor']} years.",
                    "No revenue link and no cap on service; what the dollars could bear is another matter.")
        at = min(table.index, key=lambda y: abs(y - 0.11))
        style.tell(ax, f"At {100 * at:.0f} % the claim is worth {style.figure(table.loc[at].iloc[0])} per 100 with "
                   f"{arrears[0]:g} of interest missed and {style.figure(table.loc[at].iloc[-1])} with "
                   f"{arrears[-1]:g}.")
    return ax


def imports_table(p: xr.Dataset, scenario: str, year: int, tables: Mapping[str, pd.DataFrame] | None = None,
                  spent: float | None = None) -> pd.DataFrame:
    """Return the way from the dollar inflow of a year to what debt service and imports leave.

    Parameters
    ----------
    p, scenario, tables
        As for `service_table`.
    year : int
        A complete calendar year of the run.
    spent : float, optional
        Debt service in place of what is due [USD million/year].

    Returns
    -------
    DataFrame
        Index item; mean, p10, p90 [USD million] and kind ("total" or "step").

    Raises
    ------
    ValueError
        If the run lacks a variable or the year.
    """
    one = _one(p, scenario, "dollar_inflow")
    total = summary.totals(one, "dollar_inflow")
    if year not in total["year"].values:
        raise ValueError(f"{year} is no complete year of this run; it has {total['year'].values.tolist()}")
    due, _ = claims.falling_due(one, total, tables=tables, service=spent)
    have = total.sel(scenario=scenario, year=year).values
    paid = due[year, "service_due"].sel(scenario=scenario).values
    need = due[year, "goods_imports"].sel(scenario=scenario).values
    parts = (("Dollar inflow", have, "total"), ("Debt service", -paid, "step"),
             ("Left for imports", have - paid, "total"), ("Imports net of fuel, diluent", -need, "step"),
             ("Left over, or missing", have - paid - need, "total"))
    rows = {name: [float(v.mean()), *map(float, np.quantile(v, (0.1, 0.9))), kind] for name, v, kind in parts}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "p10", "p90", "kind"])
    table.attrs["period"] = year
    return table


@style.chart
def imports(p: xr.Dataset, scenario: str, year: int, ax: Axes | None = None, *,
            tables: Mapping[str, pd.DataFrame] | None = None, spent: float | None = None,
            **look: Unpack[style.Look]) -> Axes:
    """Draw the way from the dollar inflow of a year to what is left for imports, and after them.

    Parameters
    ----------
    p, scenario, year, tables, spent
        As for `imports_table`.
    ax : Axes, optional

    Returns
    -------
    Axes
        What `imports_table` returns: mean and 80 % of each item of the year [USD billion].

    Raises
    ------
    ValueError
        If the run lacks a variable or the year.
    """
    table = imports_table(p, scenario, year, tables, spent)
    with style.context():
        ax = style.axes(ax)
        level = 0.0
        for place, row in enumerate(table.to_dict("records")):
            mean, low, high, whole = row["mean"] / 1000, row["p10"] / 1000, row["p90"] / 1000, row["kind"] == "total"
            left = 0.0 if whole else level
            colour = style.BLUE if whole and mean >= 0 else style.VERMILION
            ax.barh(-place, mean, left=left, height=0.6, color=colour, alpha=0.85)
            ax.plot([left + low, left + high], [-place - 0.38] * 2, color=style.BLACK, lw=1.1)
            edge = max(left, left + mean, left + high)
            ax.annotate(style.signed(f"{mean:,.1f}" if whole else f"{mean:+,.1f}"), (edge, -place), xytext=(5, 0),
                        textcoords="offset points", va="center", fontsize=8.5, weight="bold" if whole else "normal")
            level = left + mean
        ax.set_yticks([-float(i) for i in range(len(table))], list(table.index))
        ax.axvline(0, color=style.GREY, lw=0.7)
        ax.margins(x=0.12)
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")
        word = "what is due" if spent is None else f"{spent / 1000:,.1f} bn of service"
        style.heading(ax, f"From inflow to imports after {word}, {scenario}", f"USD billion, {year}, mean of draws")
        style.notes(ax, style.run_note(p), "Means add up. Black whiskers: 80 % of draws of each item. Imports are the "
                    "goods imports of the last year known less the fuel and diluent of that same year; what the run "
                    "itself pays for these is off its cash revenue already."
                    + (" Debt service: paid out of the proceeds before the inflow is counted."
                       if not table["mean"]["Debt service"] and scenario in claims.SERVICED else ""))
        first, last = (table[["mean", "p10", "p90"]].iloc[i] / 1000 for i in (0, -1))
        style.tell(ax, f"Of {style.figure(first['mean'])} billion USD, {style.figure(last['mean'])} are left, or "
                   f"missing, after debt service and imports (80 % band {style.figure(last['p10'])} to "
                   f"{style.figure(last['p90'])}).")
    return ax
