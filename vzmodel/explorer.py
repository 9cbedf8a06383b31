"""Sliders over a scenario, for a notebook."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import pandas as pd

from . import assumptions as _assumptions
from . import charts, data, model, scenarios

SLIDERS = {
    "us_access": ("US access", ("access_volume_us", "access_cash_us")),
    "gap": ("Gap to Brent, wider by", ()),
    "outage_rate": ("Outage rate", ("outage_rate",)),
    "brent": ("Brent", ("brent",)),
    "investment": ("Investment", ("investment",)),
    "migration": ("Extra migration", ("migration",)),
}
"""Sliders by key: label, and the assumptions that take the slider's value; the gap moves every market's by the same."""

VARIABLES = ("dollar_inflow", "cash_revenue", "production", "exports", "deferred_production", "remittances")


def changed(scenario: scenarios.Scenario, table: pd.DataFrame,
            settings: Mapping[str, float | None]) -> scenarios.Scenario:
    """Return a scenario with the sliders' changes from its first month.

    Parameters
    ----------
    scenario : Scenario
        Where the sliders start from.
    table : DataFrame
        ``load_assumptions().table``.
    settings : mapping of slider key to number or None
        In the assumption's unit; "gap" is added to the low, central and high of every market's gap [USD/bbl], within
        their bounds. None, and a gap of 0, change nothing.

    Returns
    -------
    Scenario
        Named "explored".

    Raises
    ------
    ValueError
        If a key is no slider.

    Examples
    --------
    >>> rows = pd.DataFrame([[8.0, 10.0, 14.0, 0.0, 60.0]], index=["gap_us"],
    ...                     columns=["low", "central", "high", "minimum", "maximum"])
    >>> changed(scenarios.Scenario("base"), rows, {"gap": 5, "brent": 60}).changes["gap_us"]
    {'start': (13.0, 15.0, 19.0)}
    """
    changes: dict[str, Any] = {}
    for key, value in settings.items():
        if key not in SLIDERS:
            raise ValueError(f"no slider '{key}'{scenarios.suggest(key, SLIDERS)}; sliders are {', '.join(SLIDERS)}")
        if value is None:
            continue
        # A later month of the scenario would otherwise take the slider's value back.
        changes |= {name: dict.fromkeys((scenarios.START, *scenario.changes.get(name, {})), value)
                    for name in SLIDERS[key][1]}
        if key == "gap" and value:
            changes |= {name: _wider(table.loc[name].to_dict(), scenario.changes.get(name, {}), float(value))
                        for name in map(str, table.index) if name.startswith("gap_") and name not in _NOT_GAPS}
    return scenario.but("explored", changes=changes)


_NOT_GAPS = ("gap_volatility", "gap_persistence", "gap_ceiling")


def _wider(row: Mapping[Any, Any], dated: Mapping[str, Any], by: float) -> dict[str, Any]:
    own = (row["low"], row["central"], row["high"])
    out = {}
    for month, value in {scenarios.START: own, **dated}.items():
        values = own if value == "base" else value if isinstance(value, tuple) else (value,) * 3
        out[month] = tuple(min(max(float(v) + by, float(row["minimum"])), float(row["maximum"])) for v in values)
    return out


def limits(key: str, table: pd.DataFrame, scenario: scenarios.Scenario) -> tuple[float, float, float]:
    """Return where a slider starts and ends and where it stands, in the assumption's unit.

    The ends are the assumption's bounds, cut at three times its 90th percentile where that is above zero; the gap moves
    by up to 20 USD/bbl either way. It stands at the scenario's value in its first month, else the assumption's.
    """
    if key == "gap":
        return -20.0, 20.0, 0.0
    row: Any = table.loc[SLIDERS[key][1][0]]
    top = min(float(row["maximum"]), 3 * float(row["high"])) if row["high"] > 0 else float(row["maximum"])
    value = scenario.changes.get(SLIDERS[key][1][0], {}).get(scenarios.START, "base")
    stands = row["central"] if isinstance(value, str) else value[1] if isinstance(value, tuple) else value
    return float(row["minimum"]), max(top, float(stands)), float(stands)


def explore(scenario: str | scenarios.Scenario = "status_quo", **run: Any) -> Any:
    """Return sliders over a scenario that redraw the fan of a variable when let go.

    Parameters
    ----------
    scenario : str or Scenario
        Where the sliders start from; one that is not touched leaves the scenario's own uncertainty.
    **run
        Passed to `project`; 1,024 draws unless told otherwise.

    Returns
    -------
    ipywidgets.VBox
        Show it as the last line of a notebook cell.

    Raises
    ------
    ImportError
        Without ipywidgets.
    ValueError
        As `project`.
    """
    try:
        import ipywidgets as widgets
    except ImportError:
        raise ImportError('explore() needs ipywidgets: install "vzmodel[notebooks]"') from None
    start = scenarios.resolve(scenario, scenarios.load_scenarios())[0]
    run = {"draws": 1024, "months": start.months or scenarios.HORIZON, "as_of": start.as_of, **run}
    known = run.get("assumptions") or _assumptions.load_assumptions(as_of=run["as_of"])
    history = data.load_history(as_of=run["as_of"])
    sliders, stands = {}, {}
    for key, (label, names) in SLIDERS.items():
        low, high, stands[key] = limits(key, known.table, start)
        unit = str(known.table["unit"][names[0]]) if names else "USD/bbl"
        sliders[key] = widgets.FloatSlider(value=stands[key], min=low, max=high, step=(high - low) / 100,
                                           description=f"{label} [{unit}]", continuous_update=False,
                                           style={"description_width": "16em"}, layout={"width": "40em"})
    choice = widgets.Dropdown(options=VARIABLES, description="Variable", style={"description_width": "16em"})
    picture = widgets.Image(format="png", layout={"width": "50em"})

    def redraw(_: Any = None) -> None:
        # A slider that stands where it began keeps the assumption uncertain.
        settings = {key: None if s.value == stands[key] else s.value for key, s in sliders.items()}
        p = model.project([changed(start, known.table, settings)], **run)
        picture.value = picture_of(p, choice.value, history)

    for control in (*sliders.values(), choice):
        control.observe(redraw, names="value")
    redraw()
    return widgets.VBox([choice, *sliders.values(), picture])


def picture_of(p: Any, variable: str, history: pd.DataFrame | None = None) -> bytes:
    """Return the fan of a variable in a run's first scenario as the bytes of a PNG."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    charts.fan(p, variable, str(p["scenario"].values[0]), history=history, ax=figure.subplots())
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return file.getvalue()
