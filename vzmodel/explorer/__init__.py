"""Sliders over a scenario, for a notebook: a fan, a bridge and a yearly table that answer at once."""

from __future__ import annotations

import html
from typing import Any

from vzmodel import data, scenarios
from vzmodel.explorer import _explorer_page, _explorer_run
from vzmodel.explorer._explorer_run import SLIDERS as SLIDERS
from vzmodel.explorer._explorer_run import VARIABLES as VARIABLES
from vzmodel.explorer._explorer_run import changed as changed
from vzmodel.explorer._explorer_run import limits as limits
from vzmodel.explorer._explorer_run import step as step

NOTE = ("A slider moves its own assumptions and nothing that usually comes with them. US access alone leaves other "
        "buyers' gaps, collection and operators as they are, so that oil a partner would have lifted is sold for cash "
        "elsewhere; <code>relapse</code> changes them together.")


def explore(scenario: str | scenarios.Scenario = "status_quo", **run: Any) -> Any:
    """Return sliders over a scenario: let one go, and fan, bridge and yearly table answer.

    Parameters
    ----------
    scenario : str or Scenario
        Where the sliders start from. A slider that is not touched leaves the scenario's own uncertainty; one that is
        holds its assumption at the value from the first month on.
    **run
        months, draws, seed, as_of, history and assumptions, as in `project`; 256 draws unless told otherwise: quote
        the numbers of a `project` with more. The baseline and what is explored share every draw's luck.

    Returns
    -------
    ipywidgets.VBox
        Show it as the last line of a notebook cell.

    Raises
    ------
    ImportError
        Without ipywidgets.
    TypeError
        If an argument has no meaning here, such as `store`.
    ValueError
        As `project`; or if the months hold no complete calendar year.
    """
    try:
        import ipywidgets as widgets
    except ImportError:
        raise ImportError('explore() needs ipywidgets: install "vzmodel[notebooks]"') from None
    at = _explorer_run.ready(scenario, **run)
    day = run["as_of"] if run.get("as_of") is not None else at.start.as_of
    history = run["history"] if run.get("history") is not None else data.load_history(as_of=day)
    wide = {"description_width": "19em"}
    sliders, stands = {}, {}
    for key, (label, names) in SLIDERS.items():
        low, high, stands[key] = limits(key, at.table, at.start)
        unit = str(at.table["unit"][names[0]]) if names else "USD/bbl"
        sliders[key] = widgets.FloatSlider(value=stands[key], min=low, max=high, step=step(low, high),
                                           description=f"{label} [{unit}]", continuous_update=False,
                                           style=wide, layout={"width": "44em", "max_width": "100%"})
    choice = widgets.Dropdown(options=VARIABLES, description="Variable", style=wide, layout={"width": "34em"})
    back = widgets.Button(description="Back to the baseline", layout={"width": "16em"})
    note = widgets.HTML(f"<small>{NOTE}</small>")
    picture = widgets.Image(format="png", layout={"width": "100%", "max_width": _explorer_page.WIDTH})
    table, text = widgets.HTML(), widgets.HTML()

    def redraw(_: Any = None) -> None:
        # A slider that stands where it began keeps the assumption uncertain.
        settings = {key: None if s.value == stands[key] else s.value for key, s in sliders.items()}
        p = _explorer_run.answered(at, settings)
        moved = {key: value for key, value in settings.items() if value is not None}
        picture.value = _explorer_page.picture(p, choice.value, at.start.name, moved, history)
        table.value = _explorer_page.table(p, choice.value)
        text.value = f"<pre>{html.escape(changed(at.start, at.table, moved).to_toml())}</pre>"

    def reset(_: Any) -> None:
        for key, slider in sliders.items():
            slider.unobserve(redraw, names="value")
            slider.value = stands[key]
            slider.observe(redraw, names="value")
        redraw()

    for control in (*sliders.values(), choice):
        control.observe(redraw, names="value")
    back.on_click(reset)
    redraw()
    toml = widgets.Accordion(children=[text], titles=("This scenario as TOML, for a file of your own",))
    return widgets.VBox([choice, *sliders.values(), back, note, picture, table, toml])
