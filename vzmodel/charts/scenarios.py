"""Charts that put scenarios side by side: yearly totals and differences, as dots and intervals."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Unpack

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from vzmodel.summary import compare, quantiles

from . import fans, style

WIDTHS = ((0.05, 0.95, 1.2), (0.1, 0.9, 3.0), (0.25, 0.75, 5.5))
MARKERS = "osD^vP*XhpdH<>8"
NOTE = ("Dot: median. Thick, middle and thin line: 50, 80 and 90 % of draws (parameters, shocks, source error, not the "
        "choice of scenario). At the right: median and 80 %.")


def _billions(p: xr.Dataset, variable: str) -> tuple[float, str]:
    unit = str(p[variable].attrs.get("units", ""))
    return (1000.0, "USD billion") if unit == "USD million" else (1.0, unit)


def yearly_table(p: xr.Dataset, variable: str, years: Sequence[int] | None = None) -> pd.DataFrame:
    """Return quantiles of yearly values, index (scenario, year), columns 0.05 … 0.95, in the variable's unit.

    Parameters
    ----------
    p : xarray.Dataset
    variable : str
    years : sequence of int, optional
        Default: the first and the last complete calendar year.

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        If a year is not complete in the run.
    """
    table = quantiles(fans.summed(p, variable), variable, by="year", q=style.QUANTILES)
    known = sorted(table.index.get_level_values("year").unique())
    wanted = list(years) if years is not None else sorted({known[0], known[-1]})
    missing = [year for year in wanted if year not in known]
    if missing:
        raise ValueError(f"year {missing[0]} is not complete in the run; complete are {known[0]} to {known[-1]}")
    return table[table.index.get_level_values("year").isin(wanted)]


@style.chart
def yearly(p: xr.Dataset, variable: str = "dollar_inflow", years: Sequence[int] | None = None,
           ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw yearly values of all scenarios as dots and intervals, highest median first.

    Parameters
    ----------
    p : xarray.Dataset
    variable : str
    years : sequence of int, optional
        Default: the first and the last complete calendar year.
    ax : Axes, optional

    Returns
    -------
    Axes
        What `yearly_table` returns: quantiles by scenario and year, in the unit, or USD billion for USD million.

    Raises
    ------
    ValueError
        If a year is not complete in the run.
    """
    table = yearly_table(p, variable, years)
    divisor, unit = _billions(p, variable)
    shown = sorted(table.index.get_level_values("year").unique())
    order = table[0.5].xs(shown[-1], level="year").sort_values(ascending=False).index
    with style.context():
        ax = style.axes(ax)
        colours = dict(zip(reversed(shown), (style.BLUE, style.SKY, style.GREEN, style.ORANGE), strict=False))
        step = 0.8 / len(shown)
        for place, name in enumerate(order):
            for turn, year in enumerate(shown):
                y = -place - (turn - (len(shown) - 1) / 2) * step
                _interval(ax, table.loc[(name, year)] / divisor, y, colours.get(year, style.GREY), label=str(year))
        ax.set_yticks([-float(i) for i in range(len(order))], [str(s) for s in order])
        _frame(ax)
        name = style.name_of(p, variable)
        text = f"{name} in {' and '.join(str(year) for year in shown)}, by scenario"
        style.heading(ax, text, f"{unit}, by year")
        style.notes(ax, style.run_note(p), NOTE)
        style.tell(ax, *(f"{scenario}: {_told(table.loc[(scenario, shown[-1])] / divisor)} {unit} in {shown[-1]}."
                         for scenario in (order[0], order[-1])))
    return ax


@style.chart
def by_year(p: xr.Dataset, variable: str, scenario: str, rivals: pd.DataFrame | None = None, ax: Axes | None = None, *,
            past: xr.Dataset | None = None, title: str | None = None, note: str = "",
            **look: Unpack[style.Look]) -> Axes:
    """Draw one scenario's complete calendar years as bands, and what others print as dots by author.

    Parameters
    ----------
    p : xarray.Dataset
    variable, scenario : str
    rivals : DataFrame, optional
        year, author, low, high, middle in the variable's unit.
    ax : Axes, optional
    past : xarray.Dataset, optional
        A run over earlier years; its first scenario is drawn in grey.
    title, note : str, optional

    Returns
    -------
    Axes
        Quantiles by complete calendar year, in the unit, or USD billion for USD million; dots in the same.

    Raises
    ------
    ValueError
        If the run has no such variable or scenario, or no complete calendar year.
    """
    divisor, unit = _billions(p, variable)
    with style.context():
        ax = style.axes(ax)
        first = _years(ax, fans.summed(p, variable, scenario), variable, divisor, style.BLUE, scenario)
        if past is not None:
            name = str(past["scenario"].values[0])
            first = min(first, _years(ax, fans.summed(past, variable, name), variable, divisor, style.GREY, name))
        if rivals is not None and len(rivals):
            _dots(ax, rivals, divisor)
        ax.set_ylim(bottom=0)
        ax.xaxis.set_major_locator(style.mpl.ticker.MaxNLocator(integer=True, min_n_ticks=4))
        style.heading(ax, title or f"{style.name_of(p, variable)} by year, {scenario}",
                      f"{unit} a year")
        style.notes(ax, f"{style.run_note(p)} Dots: each author's own total; a line joins an author's low and high.",
                    "Bars of the run: 50, 80 and 90 % of draws, complete calendar years only"
                    + (f" ({note})." if note else "."))
        table = quantiles(fans.summed(p, variable, scenario), variable, by="year", q=style.QUANTILES).droplevel(0)
        style.tell(ax, *(f"{scenario}: {_told(table.loc[year] / divisor)} {unit} in {year}."
                         for year in sorted({table.index[0], table.index[-1]})))
    return ax


def _told(row: pd.Series) -> str:
    return style.spread(float(row[0.5]), float(row[0.1]), float(row[0.9]))


def _years(ax: Axes, p: xr.Dataset, variable: str, divisor: float, colour: str, name: str) -> int:
    table = quantiles(p, variable, by="year", q=style.QUANTILES).droplevel(0) / divisor
    years = table.index.to_numpy()
    for low, high, _, alpha in style.BANDS:
        ax.bar(years, table[high] - table[low], bottom=table[low], width=0.5, color=colour, alpha=alpha, lw=0, zorder=2)
    ax.hlines(table[0.5], years - 0.25, years + 0.25, color=colour, lw=1.8, zorder=3)
    ax.annotate(name, (years[0] - 0.25, float(table[0.95].iloc[0])), xytext=(0, 3), textcoords="offset points",
                fontsize=7.8, color=colour)
    return int(years[0])


def _dots(ax: Axes, rows: pd.DataFrame, divisor: float) -> None:
    most = 16 if style.narrow() else 30
    authors = sorted(rows["author"].unique(), key=str.lower)
    for place, author in enumerate(authors):
        some = rows[rows["author"] == author]
        colour = style.CYCLE[1:6][place % 5]
        x = some["year"].to_numpy(float) + (place % 7 - 3) * 0.07
        ax.vlines(x, some["low"] / divisor, some["high"] / divisor, color=colour, lw=0.9, zorder=4)
        ax.scatter(x, some["middle"] / divisor, s=22, color=colour, marker=MARKERS[place % len(MARKERS)], lw=0.4,
                   edgecolor="white", label=textwrap.shorten(style.said(str(author)), most, placeholder="…"), zorder=5)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=6.6, frameon=False, handletextpad=0.2,
              labelspacing=0.45, borderaxespad=0)


def difference_table(p: xr.Dataset, variable: str, against: str) -> pd.DataFrame:
    """Return yearly differences to one scenario, draw by draw, index (scenario, year), columns 0.05 … 0.95.

    Parameters
    ----------
    p : xarray.Dataset
    variable, against : str

    Returns
    -------
    DataFrame
        In the variable's unit.

    Raises
    ------
    ValueError
        If the run has no such variable or scenario, or no complete calendar year.
    """
    fans.check(p, variable, against)
    run = fans.summed(p, variable)
    others = [str(name) for name in p["scenario"].values if str(name) != against]
    if not others:
        raise ValueError(f"the run has only the scenario {against!r}: add one to compare it with")
    return pd.concat([compare(run, variable, name, against=against, by="year", q=style.QUANTILES) for name in others])


@style.chart
def differences(p: xr.Dataset, against: str, variable: str = "dollar_inflow", year: int | None = None,
                ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw how much each scenario adds to or takes from another in one year, under the same luck.

    Parameters
    ----------
    p : xarray.Dataset
    against, variable : str
    year : int, optional
        Default: the first complete calendar year.
    ax : Axes, optional

    Returns
    -------
    Axes
        What `difference_table` returns for the year: quantiles of differences, in the unit, or USD billion.

    Raises
    ------
    ValueError
        If the run has no such variable or scenario, or the year is not complete.
    """
    table = difference_table(p, variable, against)
    known = sorted(table.index.get_level_values("year").unique())
    year = known[0] if year is None else year
    if year not in known:
        raise ValueError(f"year {year} is not complete in the run; complete are {known[0]} to {known[-1]}")
    rows = table.xs(year, level="year").sort_values(by=0.5, ascending=False)  # type: ignore[call-overload]
    divisor, unit = _billions(p, variable)
    with style.context():
        ax = style.axes(ax)
        for place, (_, row) in enumerate(rows.iterrows()):
            colour = style.BLUE if row[0.5] >= 0 else style.VERMILION
            _interval(ax, row / divisor, -float(place), colour, sign=True)
        ax.axvline(0, color=style.BLACK, lw=0.8, zorder=1)
        ax.set_yticks([-float(i) for i in range(len(rows))], [str(s) for s in rows.index])
        _frame(ax)
        name = style.name_of(p, variable)
        style.heading(ax, f"What each scenario adds to {against}, {year}",
                      f"{name}, {unit}, difference draw by draw")
        style.notes(ax, style.run_note(p), NOTE + " Both scenarios of a draw share the same parameters and shocks: "
                    "this is the median of differences, not the difference of medians.")
        style.tell(ax, *(f"{other}: {_told(rows.loc[other] / divisor)} {unit} in {year}."
                         for other in (rows.index[0], rows.index[-1])))
    return ax


def _interval(ax: Axes, row: pd.Series, y: float, colour: str, label: str = "", sign: bool = False) -> None:
    for low, high, width in WIDTHS:
        ax.plot([row[low], row[high]], [y, y], color=colour, lw=width, alpha=0.55, solid_capstyle="butt", zorder=2)
    ax.scatter([row[0.5]], [y], s=24, color="white", edgecolor=colour, lw=1.4, zorder=4)
    form = "+.1f" if sign else ",.1f" if abs(row[0.5]) < 100 else ",.0f"
    text = f"{label + ': ' if label else ''}{row[0.5]:{form}} ({row[0.1]:{form}} to {row[0.9]:{form}})"
    ax.annotate(style.signed(text), (1, y), xytext=(4, 0), xycoords=("axes fraction", "data"),
                textcoords="offset points", va="center", fontsize=7.2, annotation_clip=False,
                color=colour if colour != style.SKY else style.GREY)


def _frame(ax: Axes) -> None:
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    bottom, top = min(ax.get_yticks()), max(ax.get_yticks())
    ax.set_ylim(bottom - 0.6, top + 0.6)
    ax.margins(x=0.03)
