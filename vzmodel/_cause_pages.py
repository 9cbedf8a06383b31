"""What `vzmodel causes` prints."""

from __future__ import annotations

from typing import Any

from . import _console


def show(since: str, to: str, *, draws: int, seed: int, worlds: int, json: bool) -> None:
    """Print methods, attribution, dollars and what others found, as tables or JSON."""
    from . import causal_check, counterfactual

    with _console.progress("Estimating") as moved:
        found = counterfactual.causes(since, to, draws=draws, seed=seed, progress=moved)
    answer: dict[str, Any] = counterfactual.as_json(found)
    tables = [
        ("Change of output that came with an event, at the month [kb/d]", _console.records(_short(found["methods"]))),
        ("Synthetic controls by donor pool, start and donor left out [kb/d], consensus", _range(found["spread"])),
        (f"Of a change of {found['attribution']['total_kbd']:,.0f} kb/d from {since} to {to}",
         _console.records(found["attribution"]["causes"])),
        ("Cannot be told apart", _console.records(found["not_separable"])),
        ("In dollars [USD million], consensus", _console.records(_consensus(found["dollars"]))),
        ("Beside the published, on the consensus", _console.records(_beside(found["published"]))),
    ]  # fmt: skip
    if worlds:
        with _console.progress("Asking for a known effect") as moved:
            check = causal_check.self_test(worlds, seed=seed, progress=moved)
        answer["self_test"] = _console.records(check)
        tables.append(("Known effect in made-up worlds; 80 % bands, 0.1 false positives stated", answer["self_test"]))
    _console.say(answer, json, *tables)


def _short(methods: Any) -> Any:
    names = {"false_positive_dates": "false at dates", "false_positive_countries": "false in countries"}
    return methods.drop(columns=["placebo_p_dates", "placebo_p_countries"]).rename(columns=names)


def _range(spread: Any) -> list[dict[str, Any]]:
    own = spread[spread["source"] == "consensus"].groupby("name", sort=False)["effect_kbd"]
    return _console.records(own.agg(["count", "min", "median", "max"]))


def _consensus(dollars: Any) -> Any:
    return dollars[dollars["method"].str.endswith("consensus")]


def _beside(published: Any) -> Any:
    others = published["ours"].str.contains("EIA|JODI")
    return published[~others].drop(columns=["why"])
