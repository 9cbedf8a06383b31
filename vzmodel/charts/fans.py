"""Fans: the quantiles of one variable of a run month by month, with history and what then happened."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, Unpack

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from vzmodel.summary import quantiles

from . import style


def check(p: xr.Dataset, variable: str, scenario: str | None = None) -> None:
    """Raise ValueError if the run has no such variable or scenario, naming the nearest one."""
    for kind, name, known in (("variable", variable, [str(v) for v in p.data_vars]),
                              ("scenario", scenario, [str(s) for s in p.scenario.values])):
        if name is not None and name not in known:
            near = difflib.get_close_matches(name, known, 1)
            way = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(known)}"
            raise ValueError(f"the run has no {kind} {name!r}; {way}")


def summed(p: xr.Dataset, variable: str, scenario: str | None = None) -> xr.Dataset:
    """Return one variable of a run, of one scenario or all, added up over markets, hosts or creditors.

    Raises
    ------
    ValueError
        If the run has no such variable or scenario, or the variable is a price, which does not add up.
    """
    check(p, variable, scenario)
    array = p[variable]
    extra = [dim for dim in array.dims if dim not in ("scenario", "month", "draw")]
    if extra and array.attrs.get("by_year") == "sales_weighted":
        raise ValueError(f"{variable!r} is a price by {extra[0]} and does not add up: select one {extra[0]} first")
    if extra:
        array = array.sum(extra).assign_attrs(array.attrs)
    rest = [name for name in ("sales", "exports") if name in p and name != variable]
    out = p[rest].assign({variable: array})
    return (out if scenario is None else out.sel(scenario=[scenario])).assign_attrs(p.attrs)


def fan_table(p: xr.Dataset, variable: str, scenario: str) -> pd.DataFrame:
    """Return the quantiles a fan shows.

    Parameters
    ----------
    p : xarray.Dataset
        A run of `project` or `hindcast`.
    variable, scenario : str

    Returns
    -------
    DataFrame
        Index month, columns 0.05 … 0.95, in the variable's unit.

    Raises
    ------
    ValueError
        If the run has no such variable or scenario.
    """
    table = quantiles(summed(p, variable, scenario), variable, q=style.QUANTILES).droplevel(0)
    table.index = pd.DatetimeIndex(style.stamps(table.index), name="month")
    return table


def series_of(history: pd.Series | pd.DataFrame | None, variable: str) -> pd.Series | None:
    """Return the column of a history that measures a variable, on first-of-month dates, or None."""
    if history is None:
        return None
    if isinstance(history, pd.DataFrame):
        if variable not in history:
            return None
        history = history[variable]
    series = history.dropna().astype(float)
    series.index = style.stamps(series.index)
    return series.sort_index() if len(series) else None


def draw_bands(ax: Axes, table: pd.DataFrame, colour: str = style.BLUE, median: bool = True) -> None:
    """Draw the three bands of a fan, and its median."""
    months = table.index.to_numpy()
    for low, high, _, alpha in style.BANDS:
        ax.fill_between(months, table[low], table[high], color=colour, alpha=alpha, lw=0, zorder=2)
    if median:
        ax.plot(months, table[0.5], color=colour, lw=1.7, zorder=3)


def course(table: pd.DataFrame, unit: str) -> str:
    """Say where a fan starts and ends.

    Parameters
    ----------
    table : DataFrame
        Index month, columns 0.1, 0.5 and 0.9, in `unit`.
    unit : str
    """
    first, last = table.iloc[0], table.iloc[-1]
    return (f"The median goes from {style.figure(first[0.5])} in {table.index[0]:%b %Y} to {style.figure(last[0.5])} "
            f"in {table.index[-1]:%b %Y} [{unit}], when 80 % of draws lie between {style.figure(last[0.1])} and "
            f"{style.figure(last[0.9])}.")


def looks_back(p: xr.Dataset) -> bool:
    """Say whether a run is of the past, where nothing is forecast."""
    return style.run_of(p).get("kind") == "hindcast"


def draw_history(ax: Axes, first: pd.Timestamp, known: pd.Series | None, after: pd.Series | None,
                 dots: bool = True) -> None:
    """Draw history in black up to the origin and what then happened in vermilion."""
    if known is not None:
        past = known[known.index < first]
        ax.plot(past.index.to_numpy(), past.to_numpy(), color=style.BLACK, lw=1.2, zorder=5)
    if after is not None:
        later = after[after.index >= first]
        dotted: dict[str, Any] = {"marker": "o", "ms": 2.2} if len(later) < 100 and (dots or len(later) < 12) else {}
        ax.plot(later.index.to_numpy(), later.to_numpy(), color=style.VERMILION, lw=1.1, zorder=6, **dotted)


def band_labels(table: pd.DataFrame, colour: str = style.BLUE) -> list[tuple[float, str, str]]:
    """Return the labels of the median and of the band edges at the last month."""
    last = table.iloc[-1]
    return [(float(last[0.5]), "median", colour), (float(last[0.75]), "50 %", style.GREY),
            (float(last[0.9]), "80 %", style.GREY), (float(last[0.95]), "90 %", style.GREY)]


def _after_label(ax: Axes, after: pd.Series | None, months: pd.DatetimeIndex) -> list[tuple[float, str, str]]:
    seen = None if after is None else after[(after.index >= months[0]) & (after.index <= months[-1])]
    if seen is None or seen.empty:
        return []
    if (months[-1] - seen.index[-1]).days < 400:
        return [(float(seen.iloc[-1]), "what then\nhappened", style.VERMILION)]
    ax.annotate("what then happened", (seen.index[-1], seen.iloc[-1]), xytext=(4, -9), textcoords="offset points",
                fontsize=7.8, color=style.VERMILION, path_effects=style.HALO, zorder=7)
    return []


@style.chart
def fan(p: xr.Dataset, variable: str, scenario: str, history: pd.Series | pd.DataFrame | None = None,
        ax: Axes | None = None, *, outcome: pd.Series | pd.DataFrame | None = None, since: Any = None,
        events: pd.DataFrame | Sequence[tuple[Any, str]] | None = None, title: str | None = None,
        source: str = "", **look: Unpack[style.Look]) -> Axes:
    """Draw the fan of a variable in a scenario, with history in black and what then happened in vermilion.

    Parameters
    ----------
    p : xarray.Dataset
        A run of `project` or `hindcast`.
    variable, scenario : str
    history : Series or DataFrame, optional
        Monthly readings in the variable's unit, or the frame of `load_history`; what lies before the first month of
        the run is drawn as history, what lies after it as what then happened.
    ax : Axes, optional
        Default: those of a new figure.
    outcome : Series or DataFrame, optional
        What then happened, if it is of a later vintage than `history`.
    since : date, optional
        First month shown. Default: five years before the run.
    events : DataFrame with columns date and event, or pairs of date and name, optional
    title, source : str, optional
        Default title: the variable's name and the scenario; `source` is added to the line that names the run.

    Returns
    -------
    Axes
        By month the quantiles that `fan_table` returns, in the variable's unit.

    Raises
    ------
    ValueError
        If the run has no such variable or scenario.
    """
    table = fan_table(p, variable, scenario)
    first = table.index[0]
    start = pd.Timestamp(str(since)) if since is not None else first - pd.DateOffset(years=5)
    known, after = series_of(history, variable), series_of(outcome if outcome is not None else history, variable)
    with style.context():
        ax = style.axes(ax)
        draw_bands(ax, table)
        left = start if known is not None else first - pd.DateOffset(months=2)
        ax.set_xlim(style.at(left), style.at(table.index[-1]))
        _draw_seen(ax, p, table, None if known is None else known[known.index >= start], after)
        if (table[0.05] >= 0).all():
            ax.set_ylim(bottom=0)
        name, unit = style.name_of(p, variable), str(p[variable].attrs.get("units", ""))
        style.heading(ax, title or f"{name}, {scenario}", unit if title is None else f"{name} [{unit}]")
        style.mark_events(ax, events, known)
        style.dates(ax)
        style.label_right(ax, band_labels(table))
        style.notes(ax, f"{style.run_note(p)} {source}".strip(), style.BAND_NOTE)
        style.tell(ax, course(table, unit), *_seen(known, after, table, looks_back(p)))
    return ax


def _draw_seen(ax: Axes, p: xr.Dataset, table: pd.DataFrame, known: pd.Series | None,
               after: pd.Series | None) -> None:
    """Draw what was measured: before a forecast and, apart, after it; all of one piece where nothing is forecast."""
    first, last = table.index[0], table.index[-1]
    after = None if after is None else after[after.index <= last]
    if not looks_back(p):
        draw_history(ax, first, known, after)
        style.origin(ax, first)
        style.label_right(ax, _after_label(ax, after, table.index))
    elif after is not None and len(after):
        ax.plot(after.index.to_numpy(), after.to_numpy(), color=style.BLACK, lw=1.2, zorder=5)
        style.label_right(ax, [(float(after.iloc[-1]), "as measured", style.BLACK)])


def _seen(known: pd.Series | None, after: pd.Series | None, table: pd.DataFrame, past: bool) -> list[str]:
    """Say what was read last before a forecast, and last of what then happened."""
    told, first = [], table.index[0]
    if known is not None and len(before := known[known.index < first]) and not past:
        told.append(f"The last reading before it is {style.figure(before.iloc[-1])} in {before.index[-1]:%b %Y}.")
    if after is not None and len(later := after[(after.index >= first) & (after.index <= table.index[-1])]):
        word = "What was measured" if past else "What then happened"
        told.append(f"{word} ends at {style.figure(later.iloc[-1])} in {later.index[-1]:%b %Y}.")
    return told
