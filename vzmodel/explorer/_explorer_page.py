"""What the sliders show: one light picture and one table."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vzmodel.charts import fans, style
from vzmodel.explorer import _explorer_run

SIZE, DPI = (10.6, 4.3), 100
"""Of the picture [inch] and its resolution [1/inch]."""
WIDTH = f"{SIZE[0] * DPI:.0f}px"
YEARS = 4
"""Years of history shown before the run."""
PARTS = ("baseline", "explored", "difference")
CELL = "padding:.15em .7em;text-align:right;font-variant-numeric:tabular-nums"


def picture(p: xr.Dataset, variable: str, scenario: str, moved: Mapping[str, float],
            history: pd.DataFrame | None = None) -> bytes:
    """Return the fan beside its baseline, and the bridge between them, as the bytes of a PNG.

    Parameters
    ----------
    p : Dataset
        From `_explorer_run.answered`.
    variable, scenario : str
        What is shown, and the scenario the sliders start from.
    moved : mapping of slider key to float
        Sliders moved, in the assumption's unit.
    history : DataFrame, optional
        From `load_history`.
    """
    # places are fixed: a layout engine would draw everything twice
    with style.context():
        figure = Figure(figsize=SIZE, dpi=DPI)
        left, right = figure.add_axes((0.06, 0.14, 0.46, 0.68)), figure.add_axes((0.745, 0.14, 0.215, 0.68))
        _fan(left, p, variable, scenario, moved, history)
        _bridge(right, p, variable, tuple(moved))
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=DPI)
    return file.getvalue()


def _fan(ax: Axes, p: xr.Dataset, variable: str, scenario: str, moved: Mapping[str, float],
         history: pd.DataFrame | None) -> None:
    table, before = fans.fan_table(p, variable, "explored"), fans.fan_table(p, variable, "baseline")[0.5]
    known = fans.series_of(history, variable)
    start = table.index[0] - pd.DateOffset(years=YEARS) if known is not None else table.index[0]
    fans.draw_bands(ax, table)
    fans.draw_history(ax, table.index[0], None if known is None else known[known.index >= start], None)
    ax.plot(before.index.to_numpy(), before.to_numpy(), color=style.BLACK, lw=1.2, ls=(0, (4, 2)), zorder=4)
    ax.set_xlim(style.at(start), style.at(table.index[-1]))
    if (table[0.05] >= 0).all():
        ax.set_ylim(bottom=0)
    unit = p[variable].attrs.get("units", "") + " a month" * _adds_up(p, variable)
    ax.set_title(f"{style.name_of(p, variable)} [{unit}]", loc="left", weight="bold", fontsize=11, pad=20)
    ax.annotate("bands hold 50, 80 and 90 % of draws, not the choice of scenario", (0, 1), xytext=(0, 6),
                xycoords="axes fraction", textcoords="offset points", fontsize=8.5, color=style.GREY)
    style.dates(ax)
    labels = [(float(before.iloc[-1]), scenario, style.BLACK), (float(table[0.95].iloc[-1]), "90 %", style.GREY)]
    style.label_right(ax, labels + [(float(table[0.5].iloc[-1]), "explored", style.BLUE)] * bool(moved))


def _bridge(ax: Axes, p: xr.Dataset, variable: str, moved: tuple[str, ...]) -> None:
    ax.set_title("What each slider adds", loc="left", weight="bold", fontsize=11, pad=20)
    unit = p[variable].attrs.get("units", "")
    ax.annotate(f"mean of draws, average year [{unit}]", (0, 1), xytext=(0, 6), xycoords="axes fraction",
                textcoords="offset points", fontsize=8.5, color=style.GREY)
    if not moved:
        ax.set_axis_off()
        ax.text(0, 0.9, "Move a slider.", transform=ax.transAxes, color=style.GREY, va="top")
        return
    parts = _explorer_run.bridge(p, variable, moved)
    rows = pd.concat([parts, pd.Series({"all of it": parts.sum()})]) if len(parts) > 1 else parts
    colours = [style.GREY if name == "all of it" else style.BLUE if value >= 0 else style.VERMILION
               for name, value in rows.items()]
    place = range(len(rows))
    ax.barh(place, rows.to_numpy(), color=colours, height=0.6)
    ax.set_yticks(list(place), [_explorer_run.SLIDERS[n][0] if n in parts else n for n in rows.index])
    ax.set_ylim(max(len(rows), 4) - 0.5, -0.5)
    low, high = min(0.0, rows.min()), max(0.0, rows.max())
    room = 0.45 * (high - low or 1.0)
    ax.set_xlim(low - room * (low < 0) - (low == high), high + room * (high > 0) + 0.03 * (high - low) + (low == high))
    for y, value in zip(place, rows.to_numpy(), strict=True):
        ax.annotate(style.signed(f"{value:+,.{_digits(rows)}f}"), (value, y), xytext=(3 if value >= 0 else -3, 0),
                    textcoords="offset points", va="center", ha="left" if value >= 0 else "right", fontsize=8)
    ax.axvline(0, color=style.BLACK, lw=0.8)
    ax.grid(visible=False)
    ax.set_xticks([])
    ax.spines[["left", "bottom"]].set_visible(False)


def table(p: xr.Dataset, variable: str) -> str:
    """Return the yearly table as HTML: medians with their 10th and 90th percentile.

    Parameters
    ----------
    p : Dataset
        From `_explorer_run.answered`.
    variable : str
    """
    found = _explorer_run.yearly(p, variable)
    digits = _digits(found.stack().stack())
    heads = "".join(f"<th style='{CELL}'>{name}</th>" for name in ("year", *PARTS))
    lines = []
    for year, row in found.iterrows():
        cells = []
        for name in PARTS:
            sign = "+" if name == "difference" else ""
            low, middle, high = (f"{value:{sign},.{digits}f}" for value in row[name])
            cells.append(style.signed(f"<b>{middle}</b> ({low} to {high})"))
        lines.append(f"<tr><td style='{CELL}'>{year}</td>" + "".join(f"<td style='{CELL}'>{c}</td>" for c in cells) +
                     "</tr>")
    unit = found.attrs["units"]
    told = (f"{style.name_of(p, variable)} by calendar year [{unit}]: median and 80 % band; the difference is taken "
            f"draw by draw. {p.sizes['draw']:,} draws.")
    return (f"<div style='overflow-x:auto'><table><caption style='text-align:left;white-space:nowrap'>{told}</caption>"
            f"<tr>{heads}</tr>{''.join(lines)}</table></div>")


def _adds_up(p: xr.Dataset, variable: str) -> bool:
    return bool(p[variable].attrs.get("by_year") == "sum")


def _digits(values: pd.Series) -> int:
    largest = float(values.abs().max())
    return 0 if largest >= 100 else 1 if largest >= 1 else 2
