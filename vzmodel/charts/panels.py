"""One variable of several scenarios: a fan for each, on shared scales."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Unpack

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from . import fans, style


def small_table(p: xr.Dataset, variable: str, scenarios: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the quantiles of several scenarios, index (scenario, month)."""
    names = [str(s) for s in (p.scenario.values if scenarios is None else scenarios)]
    return pd.concat({name: fans.fan_table(p, variable, name) for name in names}, names=["scenario"])


@style.chart
def small_multiples(p: xr.Dataset, variable: str, scenarios: Sequence[str] | None = None,
                    history: pd.Series | pd.DataFrame | None = None, axes: Any = None, *,
                    outcome: pd.Series | pd.DataFrame | None = None, since: Any = None, title: str | None = None,
                    source: str = "", **look: Unpack[style.Look]) -> np.ndarray:
    """Draw the fan of one variable once per scenario on shared scales.

    Parameters
    ----------
    p : xarray.Dataset
    variable : str
    scenarios : sequence of str, optional
        Default: all of the run.
    history, outcome, since, title, source
        As for `fan`; by default two years of history are shown.
    axes : array of Axes, optional
        At least as many as scenarios. Default: a new figure.

    Returns
    -------
    ndarray of Axes

    Raises
    ------
    ValueError
        If the run lacks the variable or a scenario, or there are fewer Axes than scenarios.
    """
    names = [str(s) for s in (p.scenario.values if scenarios is None else scenarios)]
    tables = {name: fans.fan_table(p, variable, name) for name in names}
    columns = min(len(names), 2 if len(names) < 5 or style.narrow() else 3)
    rows = -(-len(names) // columns)
    if axes is None:
        axes = style.sheet(rows, columns, (7.4, 1.1 + 1.75 * rows), sharex=True, sharey=True, squeeze=False)
    panels = np.ravel(np.asarray(axes, dtype=object))
    if len(panels) < len(names):
        raise ValueError(f"{len(names)} scenarios need as many Axes, got {len(panels)}")
    with style.context():
        for ax, name in zip(panels, names, strict=False):
            _panel(ax, name, tables[name], fans.series_of(history, variable),
                   fans.series_of(outcome if outcome is not None else history, variable), since)
        for spare in panels[len(names):]:
            spare.set_axis_off()
        unit, name = p[variable].attrs.get("units", ""), style.name_of(p, variable)
        _same_scale(panels[:len(names)], tables.values())
        style.sheet_heading(panels[0], title or f"{name} by scenario [{unit}]")
        style.sheet_notes(panels[0], f"{style.run_note(p)} {source}".strip(), style.BAND_NOTE)
    return panels[:len(names)]


def _same_scale(panels: np.ndarray, tables: Iterable[pd.DataFrame]) -> None:
    """Let all panels reach as high and as low as the widest band and all that was measured."""
    drawn = [line.get_ydata() for ax in panels for line in ax.lines if len(line.get_xdata()) > 2]
    edges = [float(t[q].min() if q < 0.5 else t[q].max()) for t in tables for q in (0.05, 0.95)]
    low, high = (pick([*edges, *(float(pick(y)) for y in drawn)]) for pick in (min, max))
    for ax in panels:
        ax.set_ylim(0.0 if low >= 0 else low * 1.06, high * 1.04)


def _panel(ax: Axes, name: str, table: pd.DataFrame, known: pd.Series | None, after: pd.Series | None,
           since: Any) -> None:
    first = table.index[0]
    start = pd.Timestamp(str(since)) if since is not None else first - pd.DateOffset(years=2)
    fans.draw_bands(ax, table)
    fans.draw_history(ax, first, None if known is None else known[known.index >= start],
                 None if after is None else after[after.index <= table.index[-1]], dots=False)
    ax.axvline(first, color=style.BLACK, lw=0.8, ls=(0, (2, 2)))
    ax.set_title(name, loc="left", fontsize=8.5, color=style.BLUE, weight="bold", pad=3)
    style.tell(ax, f"Median {style.figure(table[0.5].iloc[0])} in {first:%b %Y}, "
               f"{style.figure(table[0.5].iloc[-1])} in {table.index[-1]:%b %Y}.")
    ax.set_xlim(style.at(start if known is not None else first), style.at(table.index[-1]))
    years = pd.date_range(start if known is not None else first, table.index[-1], freq="YS")
    ax.set_xticks(years[::2] if len(years) > 4 else years)
    ax.xaxis.set_major_formatter(style.mpl.dates.DateFormatter("%Y"))
    ax.yaxis.set_major_locator(style.mpl.ticker.MaxNLocator(5))
    last = table[0.5].iloc[-1]
    ax.annotate(f"{last:,.0f}", (table.index[-1], last), xytext=(-2, 3), textcoords="offset points", ha="right",
                fontsize=7.5, color=style.BLUE, path_effects=style.HALO, zorder=7)
