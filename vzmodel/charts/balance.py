"""Charts of the barrels: where each goes, and what stands in the tanks."""

from __future__ import annotations

from typing import Any, Unpack

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
        With the uses, production and diluent_imports, of scenario, month, draw [kb/d]; sales may be by market.
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


@style.chart
def uses(p: xr.Dataset, scenario: str, ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw where the crude goes by month: stacked means over draws, which add up; the rest is stock and unaccounted.

    Parameters
    ----------
    p : xarray.Dataset
        As for `uses_table` [kb/d].
    scenario : str
    ax : Axes, optional

    Returns
    -------
    Axes
        What `uses_table` returns, stacked: by month the mean over draws of each use, and crude to place [kb/d].

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
        last = table.iloc[-1]
        style.tell(ax, f"In {table.index[-1]:%b %Y} the mean of draws places {style.figure(last['crude_to_place'])} "
                   f"kb/d of crude: {style.figure(last['sales'])} sold for cash and "
                   f"{style.figure(last['refinery_intake'])} refined at home.")
    return ax


BUYERS = {
    "us": ("United States", style.BLUE),
    "china": ("China", style.VERMILION),
    "india": ("India", style.ORANGE),
    "europe": ("Europe", style.GREEN),
    "other": ("others", style.SKY),
    "cuba": ("Cuba", style.YELLOW),
}
OWED = ("partner_cargoes", "swap_cargoes", "debt_cargoes", "supply_cargoes")


def markets_table(p: xr.Dataset, scenario: str) -> pd.DataFrame:
    """Return the mean over draws of cash sales by market and of the cargoes that bring no cash, in kb/d.

    Parameters
    ----------
    p : xarray.Dataset
        With sales by market (``keep=``) and the cargoes by settlement.
    scenario : str

    Returns
    -------
    DataFrame
        Index month; columns the markets, then partner, swap, debt and supply cargoes [kb/d].

    Raises
    ------
    ValueError
        If the run has no such scenario, or sales were not kept by market.
    """
    for name in ("sales", *OWED):
        fans.check(p, name, scenario)
    if "market" not in p["sales"].dims:
        raise ValueError("sales are summed over markets: run with keep=['sales', 'debt_cargoes', ...] to keep them")
    run = p.sel(scenario=scenario)
    columns = {m: run["sales"].sel(market=m).mean("draw").to_numpy() for m in BUYERS}
    columns |= {name: run[name].mean("draw").to_numpy() for name in OWED}
    return pd.DataFrame(columns, index=pd.DatetimeIndex(style.stamps(p["month"].to_index()), name="month"))


@style.chart
def markets(p: xr.Dataset, scenario: str, events: Any = None, ax: Axes | None = None,
            **look: Unpack[style.Look]) -> Axes:
    """Draw crude exports stacked: cash sales by market, then the cargoes that bring no cash; dated events marked.

    Parameters
    ----------
    p : xarray.Dataset
        With sales by market (``keep=``) and the cargoes by settlement [kb/d].
    scenario : str
    events : DataFrame or sequence of (day, text), optional
    ax : Axes, optional

    Returns
    -------
    Axes
        What `markets_table` returns, stacked: by month the mean over draws by buyer and by settlement [kb/d].

    Raises
    ------
    ValueError
        As `markets_table` does.
    """
    table = markets_table(p, scenario)
    names = {**BUYERS, **{name: USES[name] for name in OWED}}
    greys = dict(zip(OWED, ("0.55", "0.68", "0.8", "0.9"), strict=True))
    with style.context():
        ax = style.axes(ax)
        below, labels, edge = pd.Series(0.0, index=table.index), [], len(table) // 10
        for name, (text, colour) in names.items():
            top = below + table[name]
            ax.fill_between(table.index.to_numpy(), below, top, color=greys.get(name, colour), alpha=0.85, lw=0)
            middle = float(below.iloc[-1] + top.iloc[-1]) / 2
            if table[name].iloc[-1] >= 10:
                dark = style.GREY if name in greys else colour
                labels.append((middle, f"{text} {table[name].iloc[-1]:,.0f}", dark))
            elif table[name].max() >= 100:
                peak = _clear(table[name], events, edge)
                ax.annotate(text, (table.index[peak], float((below + top).iloc[peak]) / 2), ha="center", va="center",
                            fontsize=7.5, path_effects=style.HALO, zorder=6)
            below = top
        ax.set_xlim(table.index[0], table.index[-1])
        ax.set_ylim(0, float(below.max()) * 1.15)
        style.dates(ax)
        style.mark_events(ax, events)
        style.heading(ax, f"Who takes the crude, {scenario}",
                      "kb/d, mean over draws; greys bring the state company no cash")
        style.label_right(ax, labels, 7.4)
        style.notes(ax, style.run_note(p), "Means add up to crude exports; products stand apart. "
                                           "No band: see the fans.")
        last, cash = table.iloc[-1], list(BUYERS)
        style.tell(ax, f"In {table.index[-1]:%b %Y} crude exports are {style.figure(last.sum())} kb/d in the mean of "
                   f"draws: {style.figure(last[cash].sum())} sold for cash, most of it to "
                   f"{BUYERS[str(last[cash].idxmax())][0]} ({style.figure(last[cash].max())}).")
    return ax


def _clear(series: pd.Series, events: Any, edge: int) -> int:
    """Return where a series is largest among the months off the edges and off events, whose names would cut its own."""
    days = [] if events is None else events["date"] if isinstance(events, pd.DataFrame) else [day for day, _ in events]
    inner = series.iloc[edge : len(series) - edge]
    # a name is centred on its month, an event's stands left of its line
    near = [((inner.index - pd.Timestamp(day)).days / 30.4).to_numpy() for day in days]
    free = inner[[all(not -edge <= off[i] <= 0.6 * edge for off in near) for i in range(len(inner))]]
    thick = free[free >= series.max() / 2]
    return int(series.index.get_loc((thick if len(thick) else inner).idxmax()))


@style.chart
def storage(p: xr.Dataset, scenario: str, readings: pd.Series | None = None, ax: Axes | None = None,
            capacity: pd.DataFrame | None = None, **more: Any) -> Axes:
    """Draw the fan of crude in tanks, with dated stock readings as dots, vermilion after the first month.

    Parameters
    ----------
    p : xarray.Dataset
    scenario : str
    readings : Series, optional
        Stock by day [million bbl]
    ax : Axes, optional
    capacity : DataFrame, optional
        Effective capacity: index month from which it holds, columns low, central and high [million bbl].
    **more
        As for `fan`.

    Returns
    -------
    Axes
        Quantiles of the stock at the end of each month, of scenario, month, draw [million bbl].

    Raises
    ------
    ValueError
        If the run has no such scenario.
    """
    ax = fans.fan(p, "storage", scenario, ax=ax, **more)
    if capacity is not None and len(capacity):
        with style.context():
            months = style.stamps(p["month"].to_index())
            held = capacity.sort_index().reindex(capacity.index.union(months)).ffill().reindex(months).bfill()
            x = months.to_numpy()
            ax.fill_between(x, held["low"], held["high"], step="post", color=style.GREY, alpha=0.18, lw=0, zorder=1)
            ax.step(x, held["central"], where="post", color=style.GREY, lw=1.3, ls=(0, (3, 2)), zorder=3)
            ax.annotate("what tanks can hold, and its 80 %", (months[0], float(held["high"].iloc[0])), xytext=(4, 3),
                        textcoords="offset points", fontsize=7.6, color=style.GREY)
            ax.set_ylim(0, max(ax.get_ylim()[1], float(held["high"].max()) * 1.12))
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


@style.chart
def trade(p: xr.Dataset, scenario: str, names: tuple[str, ...] = ("production", "exports", "sales"),
          ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
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
        By month the median and the 80 % band of each variable over draws [kb/d].

    Raises
    ------
    ValueError
        If the run has no such scenario or variable.
    """
    for name in names:
        fans.check(p, name, scenario)
    with style.context():
        ax = style.axes(ax)
        labels, told, short = [], [], {"production": "output", "exports": "crude exports", "sales": "of which for cash"}
        for name, colour in zip(names, (style.BLACK, style.BLUE, style.VERMILION, style.GREEN), strict=False):
            table = fans.fan_table(p, name, scenario)
            months = table.index.to_numpy()
            ax.fill_between(months, table[0.1], table[0.9], color=colour, alpha=0.15, lw=0)
            ax.plot(months, table[0.5], color=colour, lw=1.6)
            labels.append((float(table[0.5].iloc[-1]), f"{short.get(name, name)} {table[0.5].iloc[-1]:,.0f}", colour))
            told.append(f"{style.name_of(p, name)}: {style.spread(*table[[0.5, 0.1, 0.9]].iloc[-1])} kb/d in "
                        f"{table.index[-1]:%b %Y}.")
        ax.set_xlim(months[0], months[-1])
        ax.set_ylim(bottom=0)
        style.dates(ax)
        style.heading(ax, f"Output, exports and cash sales, {scenario}", "kb/d")
        style.label_right(ax, labels)
        style.notes(ax, style.run_note(p), "Lines: medians. Shaded: 80 % of draws each; parameters, shocks and source "
                                           "error. Exports are crude and blend whatever their settlement.")
        style.tell(ax, *told)
    return ax
