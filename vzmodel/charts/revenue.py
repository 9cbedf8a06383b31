"""Charts of the money: from gross export value to cash, and the four parts of the dollar inflow."""

from __future__ import annotations

from typing import Any

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


def parts(p: xr.Dataset, scenario: str, ax: Axes | None = None) -> Axes:
    """Draw the medians of the four parts of the dollar inflow stacked, with the median of the inflow as a line.

    Parameters
    ----------
    p : xarray.Dataset
    scenario : str
    ax : Axes, optional

    Returns
    -------
    Axes

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
    barter = (gross - total["net_export_value"] - total["import_bill"]) * kept
    other = _partner_value(run) * kept
    rest = "Swaps, partners, not collected,\nescrow, fuel and diluent" if not other.any() else (
        "Not collected, in escrow,\nfuel and diluent bought")
    steps = [("Gross export value", "total", gross), ("Freight and intermediaries", "step", invoiced - gross),
             ("Cargoes for debt and Cuba", "step", -barter), ("Swap and partner cargoes", "step", -other),
             (rest, "step", -(invoiced - barter - other - cash)), ("Cash of the state company", "total", cash),
             ("Dollars sold by operators", "step", total["operator_local_dollars"]),
             ("Oil dollars that arrive", "total", cash + total["operator_local_dollars"])]
    steps = [step for step in steps if step[0] != "Swap and partner cargoes" or other.any()]
    low, high = zip(*(np.quantile(values, (0.1, 0.9)) for _, _, values in steps), strict=True)
    frame = pd.DataFrame({"kind": [kind for _, kind, _ in steps], "mean": [float(v.mean()) for _, _, v in steps],
                          "low": low, "high": high}, index=pd.Index([name for name, _, _ in steps], name="step"))
    frame.attrs["period"] = f"{stamps[part][0]:%b %Y} to {stamps[part][-1]:%b %Y}"
    return frame


def _partner_value(run: xr.Dataset) -> np.ndarray:
    """Return swap and partner cargoes at origin prices [USD million]; zero if prices were not kept."""
    if "realised_price" not in run or not {"us", "other"} <= set(run["realised_price"]["market"].values):
        return np.zeros(run.sizes["draw"])
    days = xr.DataArray(style.stamps(run["month"].to_index()).days_in_month.to_numpy(float), dims="month")
    price = run["realised_price"]
    value = run["swap_cargoes"] * price.sel(market="other") + run["partner_cargoes"] * price.sel(market="us")
    return (value * days / 1000).sum("month").to_numpy()


def waterfall(p: xr.Dataset, scenario: str, ax: Axes | None = None, **more: Any) -> Axes:
    """Draw the way from gross export value to cash over a year; means add up, whiskers hold 80 % of draws.

    Parameters
    ----------
    p : xarray.Dataset
    scenario : str
    ax : Axes, optional
    **more
        As for `waterfall_table`.

    Returns
    -------
    Axes

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
                                           "shocks, source error). Product exports are inside the first bar.")
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
