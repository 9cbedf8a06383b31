"""Charts of prices: Brent, the price received at origin, and the gap between them."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from . import fans, style

QUOTED = {
    "all": ("all buyers", style.BLACK),
    "us": ("United States", style.GREEN),
    "china": ("China", style.VERMILION),
    "india": ("India", style.ORANGE),
    "europe": ("Europe", style.PURPLE),
    "other": ("traders", style.SKY),
}


def received_table(p: xr.Dataset, scenario: str) -> pd.DataFrame | None:
    """Return quantiles of the price at origin, weighted by sales, or None if the run did not keep it by market.

    Parameters
    ----------
    p : xarray.Dataset
    scenario : str

    Returns
    -------
    DataFrame or None
        Index month, columns 0.05 … 0.95 [USD/bbl].

    Raises
    ------
    ValueError
        If the run has no such scenario.
    """
    fans.check(p, "brent", scenario)
    if "realised_price" not in p or "sales" not in p or "market" not in p["sales"].dims:
        return None
    run = p[["realised_price", "sales"]].sel(scenario=scenario)
    sold = run["sales"].sum("market")
    # Where a draw sells nothing there is no price received, and the draw is left out of that month.
    price = ((run["realised_price"] * run["sales"]).sum("market") / sold.where(sold > 0)).transpose("month", "draw")
    with np.errstate(all="ignore"):
        values = np.nanquantile(price.to_numpy(), style.QUANTILES, axis=1).T
    months = pd.DatetimeIndex(style.stamps(p["month"].to_index()), name="month")
    return pd.DataFrame(values, index=months, columns=list(style.QUANTILES))


@style.chart
def brent(p: xr.Dataset, scenario: str, history: pd.Series | pd.DataFrame | None = None, ax: Axes | None = None,
          **more: Any) -> Axes:
    """Draw the fan of Brent and, where the run kept it by market, the price received at origin below it.

    Parameters
    ----------
    p : xarray.Dataset
        With realised_price and sales by market (``keep=``) for the price received.
    scenario : str
    history : Series or DataFrame, optional
        Brent [USD/bbl]
    ax : Axes, optional
    **more
        As for `fan`.

    Returns
    -------
    Axes
        Quantiles of Brent and, below, what `received_table` returns, by month [USD/bbl].

    Raises
    ------
    ValueError
        If the run has no such scenario.
    """
    received = received_table(p, scenario)
    ax = fans.fan(p, "brent", scenario, history, ax, **more)
    if received is None or received[0.5].isna().all():
        return ax
    table = fans.fan_table(p, "brent", scenario)
    with style.context():
        months = received.index.to_numpy()
        for edge in (0.1, 0.9):
            ax.plot(months, received[edge], color=style.VERMILION, lw=0.8, ls=(0, (1, 1.5)), zorder=4)
        ax.plot(months, received[0.5], color=style.VERMILION, lw=1.5, ls=(0, (4, 1.5)), zorder=4)
        middle = len(received) // 2
        high, low = float(table[0.5].iloc[middle]), float(received[0.5].iloc[middle])
        ax.annotate("", (received.index[middle], high), (received.index[middle], low), zorder=6,
                    arrowprops={"arrowstyle": "<->", "lw": 0.8, "color": style.BLACK, "shrinkA": 0, "shrinkB": 0})
        ax.annotate(f"gap {high - low:.0f}", (received.index[middle], (high + low) / 2), xytext=(4, 0), fontsize=8,
                    textcoords="offset points", va="center", zorder=6)
        ax.annotate("price at origin, median and 80 %", (received.index[1], float(received[0.1].min())),
                    xytext=(0, -4), textcoords="offset points", va="top", fontsize=7.8, color=style.VERMILION)
        style.tell(ax, fans.course(table, "USD/bbl"),
                   f"At origin the median price is {style.figure(low)} in {received.index[middle]:%b %Y}, "
                   f"{style.figure(high - low)} below Brent.")
    return ax


@style.chart
def gaps(reported: pd.DataFrame, fitted: pd.DataFrame, ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw the gaps to Brent as reported, put at origin, with the fitted band; formula prices stand apart as crosses.

    Parameters
    ----------
    reported : DataFrame
        As from `prices.reported_gaps` [USD/bbl].
    fitted : DataFrame
        As from `prices.fitted_gap`: index month, columns p10, p50, p90 [USD/bbl].
    ax : Axes, optional

    Returns
    -------
    Axes
        Each quote at origin over its months, and the level they agree on with 80 % [USD/bbl].

    Raises
    ------
    ValueError
        If no quote lies in the months of the band.
    """
    months = fitted.index.to_timestamp()
    inside = reported[(reported["end"] >= months[0]) & (reported["start"] <= months[-1])]
    if inside.empty:
        raise ValueError(f"no quoted gap from {months[0]:%Y-%m} to {months[-1]:%Y-%m}; fit another span")
    used, apart = inside[inside["unused"] == ""], inside[inside["unused"].str.startswith("a price set")]
    with style.context():
        ax = style.axes(ax)
        x = months.to_numpy()
        ax.fill_between(x, fitted["p10"], fitted["p90"], color=style.BLUE, alpha=0.18, lw=0, zorder=1)
        ax.plot(x, fitted["p50"], color=style.BLUE, lw=1.6, zorder=3)
        for market, (text, colour) in QUOTED.items():
            rows = used[used["market"] == market]
            for row in rows.itertuples():
                ends = [max(row.start, months[0]), row.end + pd.offsets.MonthEnd(0)]
                middle = (row.low + row.high) / 2
                ax.plot(ends, [middle, middle], color=colour, lw=2.2, solid_capstyle="round", zorder=4)
                ax.plot([ends[0] + (ends[1] - ends[0]) / 2] * 2, [row.low, row.high], color=colour, lw=1.1, zorder=4)
            if len(rows):
                ax.plot([], [], color=colour, lw=2.2, label=f"{text} ({len(rows)})")
        centre = apart["start"] + (apart["end"] - apart["start"]) / 2
        ax.scatter(centre, (apart["low"] + apart["high"]) / 2, marker="x", s=20, color=style.GREY, lw=1.0, zorder=3,
                   label=f"OPEC's formula price, not fitted ({len(apart)})")
        ax.set_xlim(months[0], months[-1])
        ax.set_ylim(0, ax.get_ylim()[1] * (1.4 if style.narrow() else 1.05))
        ax.legend(loc="upper left", fontsize=7.4, frameon=False, ncols=1 if style.narrow() else 2)
        style.dates(ax)
        style.heading(ax, "Gap to Brent as quoted, at origin", "USD/bbl, quality inside it")
        style.notes(ax, "Source: the table of quoted gaps; delivered quotes widened by freight, sanction parts by "
                        "quality.",
                    "The line is pooled over markets and knows no ceiling; a run holds each market's gap below a share "
                    "of Brent (gap_ceiling), which binds in the spring of 2020.",
                    f"Line and shading: the level the quotes agree on and 80 % of what one more quote would say "
                    f"(they disagree by {fitted.attrs['disagreement']:.1f} USD/bbl). Bars: months, range of a quote.")
        peak = fitted["p50"].idxmax()
        style.tell(ax, f"{len(used)} quotes: the level they agree on is highest in {peak.strftime('%b %Y')}, "
                   f"{style.figure(fitted['p50'].max())} USD/bbl, and {style.figure(fitted['p50'].iloc[-1])} in "
                   f"{fitted.index[-1].strftime('%b %Y')}.")
    return ax
