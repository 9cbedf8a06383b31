"""Charts of grid failures: the strip of dated events and the output deferred."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from . import fans, style
from .outage_tables import lights_table as lights_table
from .outage_tables import response_table as response_table
from .outage_tables import strip_table as strip_table

SCOPES = {"national": (style.VERMILION, 2.0), "regional": (style.BLUE, 1.0), "local": (style.GREY, 0.0)}
LENGTHS = {5.0: ("5 hours", style.BLUE), 24.0: ("1 day", style.ORANGE), 120.0: ("5 days", style.VERMILION)}


@style.chart
def event_strip(blackouts: pd.DataFrame, ax: Axes | None = None, *, since: Any = "2005", until: Any = None,
                names: int = 6, **look: Unpack[style.Look]) -> Axes:
    """Draw each dated grid failure at its day and length in hours, national ones largest.

    Parameters
    ----------
    blackouts : DataFrame
        The table of that name: kind, scope, start, hours_low, hours_high [hour].
    ax : Axes, optional
    since, until : date
        Days shown.
    names : int
        How many of the longest are named.

    Returns
    -------
    Axes
    """
    rows = strip_table(blackouts)
    last = pd.Timestamp(str(until)) if until is not None else rows["start"].max() + pd.DateOffset(months=6)
    rows = rows[(rows["start"] >= pd.Timestamp(str(since))) & (rows["start"] <= last)]
    with style.context():
        ax = style.axes(ax)
        timed, untimed = rows[rows["hours"] > 0], rows[~(rows["hours"] > 0)]
        low = 0.25
        for scope, (colour, size) in SCOPES.items():
            some = timed[timed["scope"] == scope]
            spans = some[some["hours_high"] > some["hours_low"]]
            ax.vlines(spans["start"], spans["hours_low"].clip(lower=low), spans["hours_high"], color=colour, lw=1,
                      alpha=0.6, zorder=2)
            reach = some[["states_low", "states_high"]].mean(axis=1).fillna(5 * size + 2)
            ax.scatter(some["start"], some["hours"].clip(lower=low), s=8 + 3 * reach, color=colour, lw=0, alpha=0.85,
                       zorder=3)
            none = untimed[untimed["scope"] == scope]
            ax.scatter(none["start"], np.full(len(none), low * 0.8), s=12, marker="|", color=colour, zorder=3)
        ax.set_yscale("log")
        ax.set_ylim(low * 0.7, max(400.0, 3 * float(timed[["hours", "hours_high"]].max().max() if len(timed) else 0)))
        ax.set_yticks([0.5, 1, 3, 6, 12, 24, 72, 168, 720],
                      ["½ h", "1 h", "3 h", "6 h", "12 h", "1 day", "3 days", "1 week", "1 month"])
        ax.minorticks_off()
        ax.set_xlim(style.at(since), style.at(last))
        _name_longest(ax, timed[timed["scope"] == "national"].nlargest(names, "hours"))
        counts = rows["scope"].value_counts()
        style.heading(ax, "Grid failures on record", "length, logarithmic; area: states dark; ticks: length not known")
        for place, (scope, (colour, _)) in enumerate(SCOPES.items()):
            if counts.get(scope, 0):
                ax.annotate(f"● {scope} ({counts[scope]})", (0.01, 0.97), xytext=(0, -11 * place), fontsize=8, va="top",
                            xycoords="axes fraction", textcoords="offset points", color=colour)
        style.notes(ax, "Sources: press, NetBlocks and official statements, each event with its source in the table "
                        "blackouts.", "Early years and short regional failures are under-reported.")
        longest = timed[timed["scope"] == "national"].nlargest(1, "hours")
        style.tell(ax, f"{len(rows)} failures on record, {counts.get('national', 0)} of them national.",
                   *(f"The longest national one began on {row.start:%d %b %Y} and lasted about {row.hours:.0f} hours."
                     for row in longest.itertuples()))
    return ax


def _name_longest(ax: Axes, rows: pd.DataFrame) -> None:
    used: list[tuple[float, float]] = []
    span = float(np.ptp(ax.get_xlim()))
    for x, y in zip(pd.DatetimeIndex(rows["start"]), rows["hours"].astype(float), strict=True):
        spot = (style.at(x) / span, float(np.log10(y)) / 3)
        if any(abs(spot[0] - a) < 0.22 and abs(spot[1] - b) < 0.05 for a, b in used):
            continue
        used.append(spot)
        ax.annotate(f"{x:%d %b %Y}", (style.at(x), y), xytext=(-6, 3), textcoords="offset points", ha="right",
                    fontsize=7, path_effects=style.HALO, zorder=6)


@style.chart
def deferred(p: xr.Dataset, scenario: str, ax: Axes | None = None, **more: Any) -> Axes:
    """Draw the fan of output deferred by grid failures, with its mean, which the rare long failures carry.

    Parameters
    ----------
    p : xarray.Dataset
        With deferred_production, of scenario, month, draw [kb/d].
    scenario : str
    ax : Axes, optional
    **more
        As for `fan`.

    Returns
    -------
    Axes
        Quantiles and mean over draws of the output deferred, by month [kb/d].

    Raises
    ------
    ValueError
        If the run has no such scenario.
    """
    ax = fans.fan(p, "deferred_production", scenario, ax=ax, **more)
    mean = p["deferred_production"].sel(scenario=scenario).mean("draw")
    with style.context():
        months = style.stamps(p["month"].to_index())
        ax.plot(months.to_numpy(), mean.to_numpy(), color=style.VERMILION, lw=1.2, ls="--", zorder=5)
        ax.annotate("mean", (months[2], float(mean[2])), xytext=(0, 4), textcoords="offset points",
                    fontsize=7.8, color=style.VERMILION, path_effects=style.HALO, zorder=6)
        style.tell(ax, fans.course(fans.fan_table(p, "deferred_production", scenario), "kb/d"),
                   f"The mean of draws over all months is {style.figure(float(mean.mean()))}.")
    return ax


@style.chart
def response(ax: Axes | None = None, **more: Any) -> Axes:
    """Draw the share of national output lost day by day after total failures of 5 hours, 1 day and 5 days.

    Parameters
    ----------
    ax : Axes, optional
    **more
        As for `response_table`.

    Returns
    -------
    Axes
        Share of national output lost, median and 80 % of draws of the response alone, by day since the start [%].
    """
    table = 100 * response_table(**more)
    with style.context():
        ax, told = style.axes(ax), []
        for hours, part in table.groupby(level="hours"):
            name, colour = LENGTHS.get(float(hours), (f"{hours:g} hours", style.GREY))  # type: ignore[arg-type]
            day = part.index.get_level_values("day").to_numpy() + 0.5
            ax.fill_between(day, part[0.1], part[0.9], color=colour, alpha=0.18, lw=0)
            ax.plot(day, part[0.5], color=colour, lw=1.6, marker="o", ms=2.5)
            top = int(part[0.5].to_numpy().argmax())
            told.append(f"{name}: at worst {style.figure(part[0.5].max())} % of national output is lost in a day.")
            ax.annotate(name, (day[top], part[0.5].iloc[top]), xytext=(5, 3), textcoords="offset points", color=colour,
                        fontsize=8, path_effects=style.HALO)
        ax.set_ylim(0, None)
        ax.set_xlim(0, day[-1])
        style.heading(ax, "Output lost after a failure of the whole grid", "% of national output, mean of each day")
        style.notes(ax, "Days from the start. Shaded: 80 % of the draws of threshold, build-up, exposure, own plant "
                        "and restart.", "Source: vzmodel, assumptions of the block outages.")
        style.tell(ax, *told)
    return ax


@style.chart
def night_lights(lights: pd.DataFrame, ax: Axes | None = None, *, since: Any = "2018-03", until: Any = "2019-12",
                 named: tuple[str, ...] = ("Zulia", "Táchira", "Mérida", "Distrito Capital"),
                 **look: Unpack[style.Look]) -> Axes:
    """Draw the light of the states at night around March 2019.

    Parameters
    ----------
    lights : DataFrame
        The table night_lights: month, state, value [nW/cm2/sr].
    ax : Axes, optional
    since, until : date
        Months shown.
    named : tuple of str
        States drawn in colour; the others stay grey.

    Returns
    -------
    Axes
    """
    table = 100 * lights_table(lights, since=since, until=until)
    table.index = table.index + pd.Timedelta(days=14)  # a month's mean stands in the middle of its month
    with style.context():
        ax = style.axes(ax)
        for state in sorted(table, key=lambda s: s in named):
            colour = style.CYCLE[named.index(state)] if state in named else style.LIGHT
            ax.plot(table.index, table[state], color=colour, lw=1.5 if state in named else 0.9)
        grey = [str(s) for s in table if s not in named]
        style.label_right(ax, [(float(table[s].iloc[-1]), s, style.CYCLE[named.index(s)]) for s in named])
        ax.axhline(100, color=style.GREY, lw=0.6)
        for day in ("2019-03-07", "2019-07-22"):
            ax.axvline(style.at(day), color=style.BLACK, lw=0.8, ls=(0, (2, 2)))
        ax.set_xlim(table.index[0], table.index[-1])
        style.dates(ax)
        style.heading(ax, "Light at night by state",
                      "mean of March 2018 to February 2019 = 100; failures of 7 March and 22 July 2019 dashed")
        style.notes(ax, "Source: NASA, monthly radiance of the day/night band, table night_lights. Grey: "
                        + ", ".join(grey) + ".",
                    "A month's mean, drawn in mid-month, hides dark nights where cloud left few to see.")
        low = table[list(named)].min()
        style.tell(ax, f"The darkest month is that of {low.idxmin()}, {style.figure(low.min())} in "
                   f"{table[low.idxmin()].idxmin():%b %Y}.")
    return ax


@style.chart
def causes(found: dict[str, Any], variable: str = "production", ax: Axes | None = None,
           **look: Unpack[style.Look]) -> Axes:
    """Draw what each cause took from February to May 2019.

    Parameters
    ----------
    found : dict
        From `failures.account`: losses by cause [kb/d; USD million for cash] and shares [1].
    variable : str
        production or exports [kb/d], or cash_revenue [USD million].
    ax : Axes, optional

    Returns
    -------
    Axes
        By cause the median and 80 % of the loss [kb/d, or USD million for cash_revenue] and its share [%].

    Raises
    ------
    ValueError
        If the account has no such variable.
    """
    if variable not in found or "causes" not in found[variable]:
        raise ValueError(f"the account has no '{variable}'; it has production, exports and cash_revenue")
    rows = sorted(found[variable]["causes"], key=lambda row: row["loss"]["p50"])
    unit, title = found[variable]["unit"], style.NAMES.get(variable, variable)
    with style.context():
        ax = style.axes(ax)
        for place, row in enumerate(rows):
            loss, share = row["loss"], row["share"]
            ax.barh(place, loss["p50"], color=style.SKY, height=0.55)
            ax.plot([loss["p10"], loss["p90"]], [place, place], color=style.BLACK, lw=1)
            text = f"{100 * share['p50']:.0f} % ({100 * share['p10']:.0f} to {100 * share['p90']:.0f})"
            ax.annotate(style.signed(text), (max(loss["p90"], 0), place), xytext=(5, 0), textcoords="offset points",
                        va="center", fontsize=8)
        ax.set_yticks(range(len(rows)), [row["name"] for row in rows])
        ax.set_xlim(right=1.3 * max(row["loss"]["p90"] for row in rows))
        style.heading(ax, f"{title}: lost by cause, {found['first']} to {found['last']}",
                      f"{unit}, median and 80 % of draws; share of the loss beside it")
        style.notes(ax, "Each cause's mean effect over all orders in which causes can be taken away (Shapley). Full "
                        "tanks and lost US sales cost output only together and share it.",
                    f"Source: vzmodel, 32 hindcasts of {found['draws']:,} draws.")
        style.tell(ax, *(f"{row['name']}: {style.spread(*(row['loss'][q] for q in ('p50', 'p10', 'p90')))} {unit}."
                         for row in rows[:-3:-1]))
    return ax
