"""Charts of output: the rival readings, the consensus, and the decline since a year by source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import pandas as pd
from matplotlib.axes import Axes

from vzmodel.assumptions._sampling import TENTH

from . import style

SOURCES = {
    "production_jodi": ("JODI, government", style.ORANGE),
    "production_opec_direct": ("OPEC, direct communication", style.PURPLE),
    "production_eia": ("EIA", style.SKY),
    "production_opec_secondary": ("OPEC, secondary sources", style.GREEN),
}
PROVENANCE = ("Sources: US EIA; JODI; OPEC Monthly Oil Market Report (secondary sources and direct communication, "
              "also from the press); consensus: vzmodel.")


@style.chart
def history(frame: pd.DataFrame, ax: Axes | None = None, *, since: Any = "2002",
            events: pd.DataFrame | Sequence[tuple[Any, str]] | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw the readings of crude output by source, with the consensus and its 80 % band.

    Parameters
    ----------
    frame : DataFrame
        From `load_history`: columns production, production_se and production_<source> [kb/d].
    ax : Axes, optional
    since : date
        First month shown.
    events : DataFrame with columns date and event, or pairs of date and name, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the frame has no column "production".
    """
    if "production" not in frame:
        raise ValueError(f"the history has no column 'production'; it has {', '.join(map(str, frame.columns))}")
    frame = frame.set_axis(style.stamps(frame.index), axis=0).loc[pd.Timestamp(str(since)):]
    consensus = frame["production"].dropna()
    with style.context():
        ax = style.axes(ax)
        if "production_se" in frame:
            spread = TENTH * frame["production_se"].reindex(consensus.index)
            ax.fill_between(consensus.index.to_numpy(), consensus - spread, consensus + spread, color=style.BLACK,
                            alpha=0.18, lw=0, zorder=2)
        labels = []
        for column, (name, colour) in SOURCES.items():
            readings = frame[column].dropna() if column in frame else pd.Series(dtype=float)
            if len(readings):
                ax.plot(readings.index.to_numpy(), readings.to_numpy(), color=colour, lw=0.8, marker=".", ms=2.6,
                        zorder=3)
                labels.append((float(readings.iloc[-1]), f"{name}\n{readings.index[-1]:%b %Y}", colour))
        ax.plot(consensus.index.to_numpy(), consensus.to_numpy(), color=style.BLACK, lw=1.5, zorder=4)
        labels.append((float(consensus.iloc[-1]), "consensus", style.BLACK))
        ax.set_xlim(frame.index[0], consensus.index[-1])
        ax.set_ylim(bottom=0)
        style.heading(ax, "Crude output: no single true series", "kb/d, monthly")
        style.mark_events(ax, events, consensus)
        style.label_right(ax, labels, 7)
        style.notes(ax, PROVENANCE,
                    "Grey: where output was with 80 % probability given all readings (source error only).")
        style.tell(ax, f"The consensus is {style.figure(consensus.iloc[0])} kb/d in {consensus.index[0]:%b %Y} and "
                   f"{style.figure(consensus.iloc[-1])} in {consensus.index[-1]:%b %Y}.")
    return ax


@style.chart
def decline(table: pd.DataFrame, ax: Axes | None = None, **look: Unpack[style.Look]) -> Axes:
    """Draw the change of output between two months by source as bars, with each source's own months.

    Parameters
    ----------
    table : DataFrame
        From `production.decline`: source, first_month, first_kbd [kb/d], last_month, last_kbd [kb/d], change_pct,
        change_pct_low, change_pct_high [percent].
    ax : Axes, optional

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the table is empty.
    """
    if table.empty:
        raise ValueError("no source has readings at both ends: choose another first year")
    rows = table.reset_index(drop=True)
    with style.context():
        ax = style.axes(ax)
        for place, row in rows.iterrows():
            y = -float(place)  # type: ignore[arg-type]
            main = "consensus" in str(row["source"]).lower()
            ax.barh(y, row["change_pct"], height=0.56, color=style.BLACK if main else style.SKY, zorder=2)
            low, high = row.get("change_pct_low"), row.get("change_pct_high")
            if pd.notna(low) and pd.notna(high) and high - low > 0.5:
                ax.plot([low, high], [y, y], color=style.VERMILION, lw=2, zorder=4)
            span = (f"{pd.Timestamp(str(row['first_month'])):%b %Y} {row['first_kbd']:,.0f} → "
                    f"{pd.Timestamp(str(row['last_month'])):%b %Y} {row['last_kbd']:,.0f}")
            ax.annotate(span, (0, y), xytext=(5, 0), textcoords="offset points", va="center", fontsize=7.8,
                        annotation_clip=False)
            ax.annotate(style.signed(f"{row['change_pct']:+.0f} %"), (min(row["change_pct"], 0) / 2, y), ha="center",
                        va="center", fontsize=9, color="white" if main else "black", weight="bold", zorder=5)
        ax.set_yticks([-float(i) for i in range(len(rows))], [str(s) for s in rows["source"]])
        most, least = float(rows["change_pct"].max()), float(rows["change_pct"].min())
        ax.set_xlim(min(-100.0, least * 1.05), max(0.0, most * 1.1))
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")
        style.heading(ax, "How far output fell depends on who counts",
                      "change in percent; months and kb/d at the right")
        style.notes(ax, PROVENANCE, "Red line: 80 % band of the change, source error only, where readings allow one.")
        style.tell(ax, *(f"{row['source']}: {style.figure(row['change_pct'])} %." for _, row in rows.iterrows()))
    return ax


@style.chart
def offsets(frame: pd.DataFrame, ax: Axes | None = None, *, since: Any = "2015", **look: Unpack[style.Look]) -> Axes:
    """Draw what each source prints above or below the consensus.

    Parameters
    ----------
    frame : DataFrame
        From `measurement.consensus`: columns offset_<source> [kb/d].
    ax : Axes, optional
    since : date
        First month shown.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If no source carries an offset.
    """
    names = {"offset_jodi": ("government", style.ORANGE), "offset_eia": ("EIA", style.SKY)}
    part = frame.set_axis(style.stamps(frame.index), axis=0).loc[pd.Timestamp(str(since)):]
    shown = {c: look for c, look in names.items() if c in part}
    if not shown:
        raise ValueError(f"the consensus has no offset of {' or '.join(names)}; it has {', '.join(map(str, frame))}")
    with style.context():
        ax = style.axes(ax)
        for column, (_, colour) in shown.items():
            ax.plot(part.index.to_numpy(), part[column].to_numpy(), color=colour, lw=1.5)
        ax.axhline(0, color=style.BLACK, lw=1)
        ax.set_xlim(part.index[0], part.index[-1])
        style.label_right(ax, [(float(part[c].iloc[-1]), *look) for c, look in shown.items()])
        style.heading(ax, "What each source counts above OPEC's secondary sources", "kb/d")
        style.notes(ax, PROVENANCE)
        style.tell(ax, *(f"{look[0]}: {style.figure(part[c].iloc[-1])} kb/d in {part.index[-1]:%b %Y}."
                         for c, look in shown.items()))
    return ax
