"""The command on what did it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from . import console
from .console import Draws, Json, Seed


def causes(
    since: Annotated[str, typer.Option(metavar="DATE", help="First month.")] = "2017-08",
    to: Annotated[str, typer.Option(metavar="DATE", help="Last month.")] = "2019-12",
    draws: Draws = 1000,
    seed: Seed = 2019,
    self_test: Annotated[int, typer.Option(min=0, help="Made-up worlds in which to look for a known effect.")] = 0,
    json: Json = False,
) -> None:
    """Show what the events of August 2017 did to output by method, and the fall by cause; a minute or two.

    JSON keys: methods, attribution, not_separable, spread, dollars, published; with --self-test also self_test.
    """
    from .. import counterfactual
    from ..causal import check

    with console.progress("Estimating") as moved:
        found = counterfactual.causes(since, to, draws=draws, seed=seed, progress=moved)
    answer: dict[str, Any] = counterfactual.as_json(found)
    tables = [
        ("Change of output that came with an event, at the month [kb/d]", console.records(_short(found["methods"]))),
        ("Synthetic controls by donor pool, start and donor left out [kb/d], consensus", _range(found["spread"])),
        (f"Of a change of {found['attribution']['total_kbd']:,.0f} kb/d from {since} to {to}",
         console.records(found["attribution"]["causes"])),
        ("Cannot be told apart", console.records(found["not_separable"])),
        ("In dollars [USD million], consensus", console.records(_consensus(found["dollars"]))),
        ("Beside the published, on the consensus", console.records(_beside(found["published"]))),
    ]  # fmt: skip
    if self_test:
        with console.progress("Asking for a known effect") as moved:
            scores = check.self_test(self_test, seed=seed, progress=moved)
        answer["self_test"] = console.records(scores)
        tables.append(("Known effect in made-up worlds; 80 % bands, 0.1 false positives stated", answer["self_test"]))
    console.say(answer, json, *tables)


def _short(methods: Any) -> Any:
    names = {"false_positive_dates": "false at dates", "false_positive_countries": "false in countries"}
    return methods.drop(columns=["placebo_p_dates", "placebo_p_countries"]).rename(columns=names)


def _range(spread: Any) -> list[dict[str, Any]]:
    own = spread[spread["source"] == "consensus"].groupby("name", sort=False)["effect_kbd"]
    return console.records(own.agg(["count", "min", "median", "max"]))


def _consensus(dollars: Any) -> Any:
    return dollars[dollars["method"].str.endswith("consensus")]


def _beside(published: Any) -> Any:
    others = published["ours"].str.contains("EIA|JODI")
    return published[~others].drop(columns=["why"])
