"""Charts of the barrels: where each goes, and what stands in the tanks."""

from __future__ import annotations

from typing import Any

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from . import fans, style

USES = {
    "refinery_intake": ("refined at home", style.GREY),
    "sales": ("sold for cash", style.BLUE),
    "partner_cargoes": ("lifted by partners", style.SKY),
    "swap_cargoes": ("swapped", style.GREEN),
    "debt_cargoes": ("repay debt", style.ORANGE),
    "supply_cargoes": ("supplied to Cuba", style.PURPLE),
}


def uses_table(p: xr.Dataset, scenario: str) -> pd.DataFrame:
    """Return the mean over draws of each use of crude by month, and production plus diluent, in kb/d.

    Parameters
    ----------
    p : xarray.Dataset
    scenario : str

    Returns
    -------
    DataFrame
        Index month; columns refinery_intake, sales, partner, swap, debt and supply cargoes, and crude_to_place [kb/d].

    Raises
    ------
    ValueError
        If the run has no such scenario or lacks a variable.
    """
    for name in (*USES, "production", "diluent_imports"):
        fans.check(p, name, scenario)
    run = p.sel(scenario=scenario)
    columns = {}
    for name in USES:
        array = run[name].sum("market") if "market" in run[name].dims else run[name]
        columns[name] = array.mean("draw").to_numpy()
    columns["crude_to_place"] = (run["production"] + run["diluent_imports"]).mean("draw").to_numpy()
    return pd.DataFrame(columns, index=pd.DatetimeIndex(style.stamps(p["month"].to_index()), name="month"))


def uses(p: xr.Dataset, scenario: str, ax: Axes | None = None) -> Axes:
    """Draw where the crude goes by month: stacked means over draws, which add up; the rest is stock and unaccounted.

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
    table = uses_table(p, scenario)
    with style.context():
        ax = style.axes(ax)
        below = pd.Series(0.0, index=table.index)
        labels = []
        for name, (text, colour) in USES.items():
            top = below + table[name]
            ax.fill_between(table.index.to_numpy(), below, top, color=colour, alpha=0.75, lw=0, zorder=2)
            if table[name].iloc[-1] >= 1:
                labels.append((float(below.iloc[-1] + top.iloc[-1]) / 2, f"{text} {table[name].iloc[-1]:,.0f}", colour))
            below = top
        total = table["crude_to_place"]
        ax.plot(table.index.to_numpy(), total.to_numpy(), color=style.BLACK, lw=1.4, zorder=4)
        ax.set_xlim(table.index[0], table.index[-1])
        ax.set_ylim(0, max(float(total.max()), float(below.max())) * 1.12)
        labels.append((float(total.iloc[-1]), f"output + diluent {total.iloc[-1]:,.0f}", style.BLACK))
        style.dates(ax)
        style.heading(ax, f"Where the crude goes, {scenario}", "kb/d, mean over draws")
        style.label_right(ax, labels, 7.4)
        style.notes(ax, style.run_note(p), "Means add up; between the stack and the black line lie stock change and "
                                           "barrels unaccounted for. No band: see the fans.")
    return ax


def storage(p: xr.Dataset, scenario: str, readings: pd.Series | None = None, ax: Axes | None = None,
            **more: Any) -> Axes:
    """Draw the fan of crude in tanks, with dated stock readings as dots, vermilion after the first month.

    Parameters
    ----------
    p : xarray.Dataset
    scenario : str
    readings : Series, optional
        Stock by day [million bbl]
    ax : Axes, optional
    **more
        As for `fan`.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the run has no such scenario.
    """
    ax = fans.fan(p, "storage", scenario, ax=ax, **more)
    if readings is not None and len(readings):
        with style.context():
            left, right = ax.get_xlim()
            months = style.stamps(p["month"].to_index())
            first, earliest = months[0], months[0] - pd.DateOffset(years=2)
            days = pd.DatetimeIndex(readings.index)
            readings = readings[(days >= earliest) & (days <= months[-1])]
            days = pd.DatetimeIndex(readings.index)
            for early, colour in ((True, style.BLACK), (False, style.VERMILION)):
                some = readings[(days < first) == early]
                ax.scatter(pd.DatetimeIndex(some.index), some.to_numpy(), s=16, color=colour, zorder=6)
            if (days < first).any():
                left = style.at(days.min() - pd.DateOffset(months=2))
            ax.set_xlim(left, right)
            style.dates(ax)
    return ax


def trade(p: xr.Dataset, scenario: str, names: tuple[str, ...] = ("production", "exports", "sales"),
          ax: Axes | None = None) -> Axes:
    """Draw the medians and 80 % bands of output, exports and cash sales together.

    Parameters
    ----------
    p : xarray.Dataset
    scenario : str
    names : tuple of str
        Variables in kb/d.
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the run has no such scenario or variable.
    """
    for name in names:
        fans.check(p, name, scenario)
    with style.context():
        ax = style.axes(ax)
        labels, short = [], {"production": "output", "exports": "crude exports", "sales": "of which for cash"}
        for name, colour in zip(names, (style.BLACK, style.BLUE, style.VERMILION, style.GREEN), strict=False):
            table = fans.fan_table(p, name, scenario)
            months = table.index.to_numpy()
            ax.fill_between(months, table[0.1], table[0.9], color=colour, alpha=0.15, lw=0)
            ax.plot(months, table[0.5], color=colour, lw=1.6)
            labels.append((float(table[0.5].iloc[-1]), f"{short.get(name, name)} {table[0.5].iloc[-1]:,.0f}", colour))
        ax.set_xlim(months[0], months[-1])
        ax.set_ylim(bottom=0)
        style.dates(ax)
        style.heading(ax, f"Output, exports and cash sales, {scenario}", "kb/d")
        style.label_right(ax, labels)
        style.notes(ax, style.run_note(p), "Lines: medians. Shaded: 80 % of draws each; parameters, shocks and source "
                                           "error. Exports are crude and blend whatever their settlement.")
    return ax
