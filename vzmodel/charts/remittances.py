"""Charts of money sent home: the run by year beside the rival estimates, each under its author."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from vzmodel import remittances as block

from . import fans, scenarios, style

NAMES = {"us": "United States", "es": "Spain", "co": "Colombia", "pe": "Peru", "cl": "Chile", "ec": "Ecuador",
         "br": "Brazil", "ar": "Argentina", "mx": "Mexico", "pa": "Panama", "do": "Dominican Republic", "uy": "Uruguay",
         "py": "Paraguay", "bo": "Bolivia", "cr": "Costa Rica", "gy": "Guyana", "tt": "Trinidad and Tobago",
         "cw": "Curaçao", "aw": "Aruba", "rest": "rest of the world"}
SHOWN = ("co", "pe", "us", "br", "es", "cl", "ec", "ar")
COLOURS = (*style.CYCLE[:6], "#44546a", style.YELLOW)
SURVEYED = "UNHCR, R4V, US Census Bureau (ACS), INE, UN DESA"


def rivals_table(table: pd.DataFrame, as_of: str | pd.Timestamp | None = None) -> pd.DataFrame:
    """Return one latest estimate of the yearly total per author and year, forecasts and partial ones left out.

    Parameters
    ----------
    table : DataFrame
        The table remittances: year, author, concept, low, high [USD million], kind, published.
    as_of : date, optional
        Leave out what was published later.

    Returns
    -------
    DataFrame
        Columns year, author, low, high, middle [USD million], published.
    """
    rows = block.rivals(table if "grade" in table else table.assign(grade=""), as_of)
    return rows[["year", "author", "low", "high", "middle", "published"]]


@style.chart
def totals(p: xr.Dataset, scenario: str, rivals: pd.DataFrame | None = None, ax: Axes | None = None, *,
           past: xr.Dataset | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw remittances by year: bands of the run, dots of the rival estimates by author.

    Parameters
    ----------
    p : xarray.Dataset
        With remittances, by host or summed [USD million].
    scenario : str
    rivals : DataFrame, optional
        The table remittances, or what `rivals_table` returns [USD million].
    ax : Axes, optional
    past : xarray.Dataset, optional
        A run over earlier years, such as `hindcast`'s; its first scenario is drawn in grey.

    Returns
    -------
    Axes
        Quantiles of the yearly sum over hosts, and dots of other authors' totals [USD billion].

    Raises
    ------
    ValueError
        If the run has no such scenario or no complete calendar year.
    """
    rows = rivals if rivals is None or "middle" in rivals else rivals_table(rivals)
    return scenarios.by_year(p, "remittances", scenario, rows, ax, past=past,
                             title="Money sent home a year, and what others estimate",
                             note="all channels; stocks abroad, share who send, amounts and a common level error")


def stocks_table(p: xr.Dataset, scenario: str) -> pd.DataFrame:
    """Return the median stock by month and host [million persons], largest hosts first, and the median of the sum.

    Hosts not drawn one by one stand together as others. The sum is taken per draw, so its median is not the sum of the
    medians.

    Raises
    ------
    ValueError
        If the run did not keep migrants by host, or has no such scenario.
    """
    fans.check(p, "migrants", scenario)
    if "host" not in p["migrants"].dims:
        raise ValueError("'migrants' was not kept by host: run again with keep=['migrants', 'remittances']")
    people = p["migrants"].sel(scenario=scenario)
    middle = pd.DataFrame(people.median("draw").to_pandas())
    few = middle[list(SHOWN)].rename(columns=NAMES)
    others = middle.drop(columns=list(SHOWN)).sum(axis=1)
    return few.assign(others=others, sum=people.sum("host").median("draw").to_numpy())


@style.chart
def stocks(p: xr.Dataset, scenario: str, migrants: pd.DataFrame | None = None, ax: Axes | None = None,
           **look: Unpack[style.Look]) -> Axes:
    """Draw people abroad by host, stacked, with each reading as a dot on top of the hosts under it.

    Parameters
    ----------
    p : xarray.Dataset
        A run that kept migrants by host [million persons].
    scenario : str
    migrants : DataFrame, optional
        The table of readings [persons]; dots are left out without it.
    ax : Axes, optional

    Returns
    -------
    Axes
        What `stocks_table` returns: medians by month and host, stacked, and the median of the sum [million persons].

    Raises
    ------
    ValueError
        As `stocks_table`.
    """
    table = stocks_table(p, scenario)
    middle_sum, table = table["sum"], table.drop(columns="sum")
    total = p["migrants"].sel(scenario=scenario).sum("host").quantile([0.1, 0.9], "draw").values
    with style.context():
        ax = style.axes(ax)
        ax.stackplot(table.index, table.to_numpy().T, colors=[*COLOURS, style.LIGHT], lw=0.3, edgecolor="white")
        ax.plot(table.index, total.T, color=style.BLACK, lw=0.8, ls=(0, (3, 2)))
        ax.plot(table.index, middle_sum, color=style.BLACK, lw=1.6)
        base = table.cumsum(axis=1).shift(axis=1, fill_value=0.0)
        for host, colour in zip(SHOWN, COLOURS, strict=True) if migrants is not None else ():
            rows = block.readings(migrants)  # type: ignore[arg-type]
            rows = rows[(rows["host"] == host) & ~rows["old"] & rows["date"].between(table.index[0], table.index[-1])]
            when = style.mpl.dates.date2num(rows["date"].to_numpy())
            under = np.interp(when, style.mpl.dates.date2num(table.index.to_numpy()), base[NAMES[host]])
            ax.scatter(when, under + rows["value"] / 1e6, s=13, color=colour, edgecolor="black", lw=0.5, zorder=4)
        ax.set_xlim(table.index[0], table.index[-1])
        ax.set_ylim(bottom=0)
        last = table.iloc[-1]
        middle = last.cumsum() - last / 2
        labels = [(float(middle[n]), f"{n} {last[n]:.1f}", style.BLACK) for n in table]
        style.label_right(ax, [*labels, (float(middle_sum.iloc[-1]), f"sum {middle_sum.iloc[-1]:.1f}", style.BLACK)])
        style.dates(ax)
        style.heading(ax, "Venezuelans abroad by host", "million persons, median of each host")
        style.notes(ax, f"{style.run_note(p)} Dots: readings ({SURVEYED}), each on top of the hosts below it.",
                    "Black: median of the sum per draw, dashed its 80 % band; medians of hosts do not add up to it. "
                    "Hosts are not forced to R4V's world total; a recount moves the "
                    "error of the count and not the people.")
        style.tell(ax, f"The sum has a median of {style.figure(middle_sum.iloc[-1])} million in "
                   f"{table.index[-1]:%b %Y} (80 % band of the sum {style.figure(total[0, -1])} to "
                   f"{style.figure(total[1, -1])}); {last.index[0]} has {style.figure(last.iloc[0])}.")
    return ax


@style.chart
def senders(p: xr.Dataset, scenario: str, year: int, ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw who sends what in a year: median and 80 % band by host.

    Parameters
    ----------
    p : xarray.Dataset
        A run that kept migrants [million persons] and remittances [USD million] by host.
    scenario : str
    year : int
        A complete calendar year of the run.
    ax : Axes, optional

    Returns
    -------
    Axes
        By host the median and 80 % of the year's sum [USD billion]; people [million], each [USD], share [%].

    Raises
    ------
    ValueError
        As `remittances.by_host`.
    """
    fans.check(p, "remittances", scenario)
    table = block.by_host(p.sel(scenario=[scenario]), year).droplevel("scenario").sort_values("remittances_p50")
    with style.context():
        ax = style.axes(ax)
        place = np.arange(len(table))
        low, middle, high = (table[f"remittances_p{q}"] / 1000 for q in (10, 50, 90))
        ax.hlines(place, low, high, color=style.BLUE, lw=3, alpha=0.45)
        ax.scatter(middle, place, s=24, color="white", edgecolor=style.BLUE, lw=1.4, zorder=3)
        ax.set_yticks(place, [NAMES[h] for h in table.index])
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")
        ax.set_xlim(left=0)
        for y, (_, row) in enumerate(table.iterrows()):
            text = f"{row['migrants']:.2f} m · {row['per_migrant']:,.0f} each · {row['share']:.0f} %"
            ax.annotate(text, (1, y), xytext=(4, 0), xycoords=("axes fraction", "data"), textcoords="offset points",
                        va="center", fontsize=6.6, color=style.GREY, annotation_clip=False)
        style.heading(ax, f"Who sent what in {year}", "USD billion; at the right: people, USD a year each, share")
        style.notes(ax, style.run_note(p), "Dot: median. Line: 80 % of draws (people, propensity, amount, income, "
                    "level). Shares are means of the draws and add up to 100.")
        style.tell(ax, *(f"{NAMES[str(host)]}: {style.figure(row['remittances_p50'] / 1000)} billion USD, "
                         f"{row['share']:.0f} % of the sum." for host, row in table.iloc[:-4:-1].iterrows()))
    return ax


@style.chart
def sensitivities(found: Mapping[str, tuple[float, float]] | pd.DataFrame, ax: Axes | None = None, *,
                  title: str = "What moves money sent home", most: int = 14, **look: Unpack[style.Look]) -> Axes:
    """Draw how far the yearly sum moves when each assumption goes from its 10th to its 90th percentile.

    Parameters
    ----------
    found : DataFrame
        From `remittances.sensitivities`: index the assumption, columns low and high, the change of the sum at its 10th
        and 90th percentile with all others at their median [%].
    ax : Axes, optional
    title : str
    most : int
        How many are shown, the largest first.

    Returns
    -------
    Axes
    """
    table = found if isinstance(found, pd.DataFrame) else pd.DataFrame(dict(found), index=["low", "high"]).T
    table = table.loc[(table["high"] - table["low"]).abs().sort_values().index[-most:]]
    with style.context():
        ax = style.axes(ax)
        place = np.arange(len(table))
        for side, colour in (("low", style.ORANGE), ("high", style.BLUE)):
            name = "at its 10th percentile" if side == "low" else "at its 90th percentile"
            ax.barh(place, table[side], height=0.62, color=colour, label=name)
        ax.axvline(0, color=style.BLACK, lw=0.8)
        ax.set_yticks(place, [str(n).replace("_", " ") for n in table.index])
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")
        ax.legend(loc="lower right", fontsize=7.2, frameon=False)
        style.heading(ax, title, "change of the yearly sum, %")
        style.notes(ax, "Source: vzmodel, one assumption at a time, all others at their median.",
                    "The largest only; the level is what remains uncertain after the authors "
                    "are heard.")
        name, row = table.index[-1], table.iloc[-1]
        style.tell(ax, f"{str(name).replace('_', ' ')} moves it most: {style.figure(row['low'])} to "
                   f"{style.figure(row['high'])} %.")
    return ax
