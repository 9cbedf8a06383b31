"""Charts of the money: from gross export value to cash, and the four parts of the dollar inflow."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from vzmodel.summary import quantiles

from . import fans, style

PARTS = {
    "cash_revenue": ("cash of the state company", style.BLUE),
    "operator_local_dollars": ("dollars sold by operators", style.SKY),
    "monetised_remittances": ("remittances exchanged", style.GREEN),
    "other_exports": ("other exports", style.ORANGE),
}
TOTALS = ["Gross export value", "Cash of the state company", "Oil dollars that arrive"]
NEEDED = ("gross_export_value", "net_export_value", "invoiced_value", "import_bill", "cash_revenue",
          "operator_local_dollars")


def parts_table(p: xr.Dataset, scenario: str) -> pd.DataFrame:
    """Return the monthly medians of the four parts of the dollar inflow and of the inflow itself.

    Parameters
    ----------
    p : xarray.Dataset
    scenario : str

    Returns
    -------
    DataFrame
        Index month; columns the four parts and dollar_inflow [USD million]. Medians do not add up.

    Raises
    ------
    ValueError
        If the run has no such scenario or lacks a variable.
    """
    columns = {}
    for name in (*PARTS, "dollar_inflow"):
        columns[name] = quantiles(fans.summed(p, name, scenario), name, q=(0.5,)).droplevel(0)[0.5].to_numpy()
    return pd.DataFrame(columns, index=pd.DatetimeIndex(style.stamps(p["month"].to_index()), name="month"))


@style.chart
def parts(p: xr.Dataset, scenario: str, ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw the medians of the four parts of the dollar inflow stacked, with the median of the inflow as a line.

    Parameters
    ----------
    p : xarray.Dataset
        With the four parts and dollar_inflow, of scenario, month, draw [USD million].
    scenario : str
    ax : Axes, optional

    Returns
    -------
    Axes
        What `parts_table` returns, stacked: by month the median of each part and of the inflow [USD million].

    Raises
    ------
    ValueError
        If the run has no such scenario or lacks a variable.
    """
    table = parts_table(p, scenario)
    with style.context():
        ax = style.axes(ax)
        up, down = np.zeros(len(table)), np.zeros(len(table))
        labels = []
        for name, (text, colour) in PARTS.items():
            values = table[name].to_numpy()
            bottom = np.where(values >= 0, up, down)
            ax.fill_between(table.index.to_numpy(), bottom, bottom + values, color=colour, alpha=0.78, lw=0, zorder=2)
            labels.append((float(bottom[-1] + values[-1] / 2), f"{text}\n{values[-1]:,.0f}", colour))
            up, down = up + np.maximum(values, 0), down + np.minimum(values, 0)
        total = table["dollar_inflow"]
        ax.plot(table.index.to_numpy(), total.to_numpy(), color=style.BLACK, lw=1.5, zorder=4)
        ax.set_xlim(table.index[0], table.index[-1])
        ax.set_ylim(min(0.0, float(down.min()) * 1.1), max(float(up.max()), float(total.max())) * 1.12)
        labels.append((float(total.iloc[-1]), f"inflow {total.iloc[-1]:,.0f}", style.BLACK))
        style.dates(ax)
        style.heading(ax, f"What the dollar inflow is made of, {scenario}", "USD million a month, medians")
        style.label_right(ax, labels, 7.4)
        style.notes(ax, style.run_note(p), "Medians do not add up: the stack is not the median of the sum, which is "
                    "the black line. No band here: see the fan of the inflow.")
        last = table.iloc[-1]
        ends = "; ".join(f"{text} {style.figure(last[name])}" for name, (text, _) in PARTS.items())
        style.tell(ax, f"The median inflow is {style.figure(total.iloc[0])} million USD a month in "
                   f"{table.index[0]:%b %Y} and {style.figure(total.iloc[-1])} in {table.index[-1]:%b %Y}.",
                   f"Medians of the parts at the end: {ends}.")
    return ax


def waterfall_table(p: xr.Dataset, scenario: str, months: slice | None = None) -> pd.DataFrame:
    """Return the steps from gross export value to cash over twelve months, means over draws, which add up.

    Parameters
    ----------
    p : xarray.Dataset
        With realised_price by market (``keep=``) swap and partner cargoes are a step of their own.
    scenario : str
    months : slice, optional
        Of month positions. Default: the first complete calendar year, or the first twelve months.

    Returns
    -------
    DataFrame
        Index step; columns kind (total | step), mean, low, high [USD million]: low and high hold 80 % of draws.

    Raises
    ------
    ValueError
        If the run has no such scenario or lacks a variable.

    Notes
    -----
    ``gross − route cost − debt, supply, swap and partner cargoes − not collected, in escrow or spent on fuel = cash``.
    """
    for name in NEEDED:
        fans.check(p, name, scenario)
    stamps = style.stamps(p["month"].to_index())
    start = next((i for i, month in enumerate(stamps) if month.month == 1 and i + 12 <= len(stamps)), 0)
    part = months or slice(start, min(start + 12, len(stamps)))
    run = p.sel(scenario=scenario).isel(month=part)
    total = {name: run[name].sum("month").to_numpy() for name in NEEDED}
    gross, cash, invoiced = total["gross_export_value"], total["cash_revenue"], total["invoiced_value"]
    # By definition net = gross − debt and supply cargoes − import bill; the step before took their share of route cost.
    kept = np.divide(invoiced, gross, out=np.ones_like(gross), where=gross > 0)
    barter = np.round((gross - total["net_export_value"] - total["import_bill"]) * kept, 6) + 0.0  # less rounding dust
    other = _partner_value(run) * kept
    rest = _last_steps(run, invoiced - barter - other, cash, bool(other.any()))
    steps = [("Gross export value", "total", gross), ("Freight and intermediaries", "step", invoiced - gross),
             ("Cargoes for debt and Cuba", "step", -barter), ("Swap and partner cargoes", "step", -other),
             *rest, ("Cash of the state company", "total", cash),
             ("Dollars sold by operators", "step", total["operator_local_dollars"]),
             ("Oil dollars that arrive", "total", cash + total["operator_local_dollars"])]
    steps = [step for step in steps if step[0] != "Swap and partner cargoes" or other.any()]
    low, high = zip(*(np.quantile(values, (0.1, 0.9)) for _, _, values in steps), strict=True)
    frame = pd.DataFrame({"kind": [kind for _, kind, _ in steps], "mean": [float(v.mean()) for _, _, v in steps],
                          "low": low, "high": high}, index=pd.Index([name for name, _, _ in steps], name="step"))
    frame.attrs["period"] = f"{stamps[part][0]:%b %Y} to {stamps[part][-1]:%b %Y}"
    return frame


def _last_steps(run: xr.Dataset, due: np.ndarray, cash: np.ndarray, apart: bool) -> list[tuple[str, str, np.ndarray]]:
    """Return the steps from cash invoices to cash: three where the run kept what was collected, one otherwise."""
    if apart and {"cash_collected", "cash_import_bill"} <= set(run.data_vars):
        collected, paid = (run[name].sum("month").to_numpy() for name in ("cash_collected", "cash_import_bill"))
        steps = [("Not collected, or paid late", collected - due), ("Held in escrow", cash + paid - collected),
                 ("Fuel and diluent for cash", -paid)]
        return [(name, "step", value) for name, value in steps]
    name = "Not collected, in escrow,\nfuel and diluent bought" if apart else (
        "Swaps, partners, not collected,\nescrow, fuel and diluent")
    return [(name, "step", cash - due)]


def _partner_value(run: xr.Dataset) -> np.ndarray:
    """Return swap and partner cargoes at origin prices [USD million]; zero if prices were not kept."""
    if "realised_price" not in run or not {"us", "other"} <= set(run["realised_price"]["market"].values):
        return np.zeros(run.sizes["draw"])
    days = xr.DataArray(style.stamps(run["month"].to_index()).days_in_month.to_numpy(float), dims="month")
    price = run["realised_price"]
    value = run["swap_cargoes"] * price.sel(market="other") + run["partner_cargoes"] * price.sel(market="us")
    return (value * days / 1000).sum("month").to_numpy()


@style.chart
def waterfall(p: xr.Dataset, scenario: str, ax: Axes | None = None, **more: Any) -> Axes:
    """Draw the way from gross export value to cash over a year; means add up, whiskers hold 80 % of draws.

    Parameters
    ----------
    p : xarray.Dataset
        With the values [USD million] that `waterfall_table` reads.
    scenario : str
    ax : Axes, optional
    **more
        As for `waterfall_table`.

    Returns
    -------
    Axes
        What `waterfall_table` returns, over twelve months: mean and 80 % of each step [USD billion].

    Raises
    ------
    ValueError
        If the run has no such scenario or lacks a variable.
    """
    table = waterfall_table(p, scenario, **more)
    with style.context():
        ax = style.axes(ax)
        level = 0.0
        for place, row in enumerate(table.to_dict("records")):
            mean, low, high, whole = row["mean"] / 1000, row["low"] / 1000, row["high"] / 1000, row["kind"] == "total"
            left = 0.0 if whole else level
            end = left + mean
            colour = style.BLUE if whole else style.VERMILION if mean < 0 else style.GREEN
            ax.barh(-place, mean, left=left, height=0.6, color=colour, alpha=0.9 if whole else 0.75, zorder=2)
            base = 0.0 if whole else level
            ax.plot([base + low, base + high], [-place - 0.38] * 2, color=style.BLACK, lw=1.1)
            edge = max(left, end, base + high)
            ax.annotate(style.signed(f"{mean:,.1f}" if whole else f"{mean:+,.1f}"), (edge, -place), xytext=(4, 0),
                        textcoords="offset points", va="center", fontsize=8.5, weight="bold" if whole else "normal")
            level = end
        ax.set_yticks([-float(i) for i in range(len(table))], list(table.index))
        ax.axvline(0, color=style.GREY, lw=0.7)
        ax.margins(x=0.1)
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")
        style.heading(ax, f"From gross exports to cash, {scenario}",
                      f"USD billion, {table.attrs['period']}, mean of draws")
        style.notes(ax, style.run_note(p), "Means add up. Black whiskers: 80 % of draws of each item (parameters, "
                                           "shocks, source error). Product exports are inside the first bar; what is "
                                           "held in escrow is net of what deposit funds pay out.")
        gross, cash, oil = (table.loc[name, ["mean", "low", "high"]] / 1000 for name in TOTALS)
        style.tell(ax, f"Of {style.figure(gross['mean'])} billion USD of gross exports {style.figure(cash['mean'])} "
                   f"reach the state company as cash, and {style.figure(oil['mean'])} arrive as oil dollars "
                   f"(80 % band {style.figure(oil['low'])} to {style.figure(oil['high'])}), in the mean of draws.")
    return ax


def published_table(table: pd.DataFrame, concept: str = "gross") -> pd.DataFrame:
    """Return what each author printed last for a year that was over: year, author, low, high, middle [USD million]."""
    rows = table[(table["concept"] == concept) & (table["kind"] == "outcome")].copy()
    rows["period"] = rows["period"].astype(str)
    rows = rows[rows["period"].str.fullmatch(r"\d{4}")]  # a quarter is not a year
    rows["year"] = rows["period"].astype(int)
    rows = rows.sort_values("published").groupby(["author", "year"], as_index=False).last()
    rows["middle"] = rows["value"]
    for end in ("low", "high"):
        rows[end] = rows[end].astype(float).fillna(rows["value"])
    return rows[["year", "author", "low", "high", "middle", "published"]].sort_values(["year", "middle"])


NAMES = {"gross": "Gross", "net": "Net", "invoiced": "Invoiced", "collected": "Collected"}


@style.chart
def concepts(table: pd.DataFrame, ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw revenue by concept and year, 80 % bands with the source error inside, and every published figure as a dot.

    Parameters
    ----------
    table : DataFrame
        As from `dollars.revenue_by_concept` [USD million].
    ax : Axes, optional

    Returns
    -------
    Axes
        By year and concept the median and 80 % of ours, and what was published [USD billion].

    Raises
    ------
    ValueError
        If no yearly figure of these concepts can be compared.
    """
    rows = table[(table["not_compared"] == "") & table["concept"].isin(NAMES)]
    rows = rows[rows["period"].astype(str).str.fullmatch(r"\d{4}") & (rows["kind"] == "outcome")]
    if rows.empty:
        raise ValueError("no published yearly figure of gross, net, invoiced or collected can be compared")
    colours = dict(zip(NAMES, (style.BLUE, style.VERMILION, style.GREEN, style.PURPLE), strict=True))
    shown = [c for c in NAMES if (rows["concept"] == c).any()]
    with style.context():
        ax = style.axes(ax)
        for place, concept in enumerate(shown):
            part = rows[rows["concept"] == concept]
            shift = 0.2 * (place - (len(shown) - 1) / 2)
            for year, same in part.groupby("year"):
                x = int(str(year)) + shift
                own = same["scope"].fillna("") == ""
                band = (same[own] if own.any() else same).iloc[-1]
                ax.plot([x, x], [band["low"] / 1000, band["high"] / 1000], lw=7, color=colours[concept], alpha=0.3,
                        solid_capstyle="butt", zorder=2)
                ax.plot([x - 0.07, x + 0.07], [band["p50"] / 1000] * 2, lw=1.8, color=colours[concept], zorder=3)
                for row in same.itertuples():
                    full = row.not_scored == "" and (row.scope == "" or not own.any())
                    ax.scatter(x, row.value / 1000, s=17, lw=0.9, zorder=4, edgecolor=style.BLACK,
                               facecolor=style.BLACK if full else "white")
            ax.plot([], [], lw=7, alpha=0.3, color=colours[concept], label=NAMES[concept])
        ax.scatter([], [], s=17, color=style.BLACK, label="published")
        ax.scatter([], [], s=17, edgecolor=style.BLACK, facecolor="white", label="published, other scope or weak")
        years = sorted(rows["year"].astype(int).unique())
        ax.set_xticks(years, [str(y) for y in years])
        ax.set_ylim(bottom=0)
        ax.legend(loc="upper right", fontsize=7.6, frameon=False)
        style.heading(ax, "Oil revenue by concept, modelled and published", "USD billion a year")
        style.notes(ax, "Source: the tables of published revenue; vzmodel, history.",
                    "Bars: 80 % of what a source would print (parameters, shocks, spread of prints of a figure); "
                    "dashes are medians. EIA's net is net of imports only: hollow where another net stands beside it.")
        last = rows[rows["concept"] == shown[0]].iloc[-1]
        style.tell(ax, f"{len(rows)} published figures of {years[0]} to {years[-1]} beside the model.",
                   f"{NAMES[shown[0]]} in {last['year']}: {style.spread(*last[['p50', 'low', 'high']] / 1000)} "
                   "billion USD.")
    return ax
