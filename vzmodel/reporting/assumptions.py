"""The chapter on what is taken on trust: how much of the spread rests on it, every assumption, scenario and source."""

from __future__ import annotations

from typing import Any

import pandas as pd

from vzmodel import data, drivers
from vzmodel.assumptions import load_assumptions
from vzmodel.calendar import DateLike
from vzmodel.scenarios import Scenario

from .exhibits import Chapter, Table, many
from .material import Material

DRAWS = 2048
GROUPS = {"judgement": "judgement", "scenario": "set by the scenario",
          "judgement and scenario": "both: all that is judged", "estimated": "estimated from the tables",
          "published": "published by others", "measured": "measured", "chance": "chance: monthly shocks"}


def build(m: Material) -> Chapter:
    """Return the chapter."""
    draws = min(DRAWS, int(m.options["draws"]))
    shares = drivers.spread_by_grade(m.scenarios[[s.name for s in m.scenarios].index(m.base)],
                                     **{**m.options, "draws": draws})
    text = " and ".join(f"{_between(shares, year)} in {year}" for year in dict.fromkeys(_ends(shares)))
    counted = load_assumptions(as_of=m.options["as_of"]).table["grade"].value_counts()
    return Chapter(
        "assumptions", "Assumptions and sources",
        ["Measured and published numbers come from the source named; estimated ones are fitted to the tables; "
         "judgements are nobody's measurement and say why. The list of every one of them is at the end of the page.",
         "How much of the spread rests on a grade is found by drawing the assumptions of that grade anew while all "
         "else in a draw, the luck too, stays as it was (Sobol's indices by pick and freeze). Alone: the share of the "
         "variance that knowing them would remove on average. Total: what would be left if all else were known. The "
         "truth about their weight lies between, as groups act together; alone does not add up to one."],
        [f"Of the spread of the yearly dollar inflow of {m.base} (its variance), {text} comes from judgement, the "
         "scenario's own values counted in: the first figure is what would go if all of it were known, the second what "
         f"would stay if all else were. Of the {counted.sum()} assumptions {counted.get('judgement', 0)} are graded "
         "judgement."],
        [f"These shares of the spread have standard errors of up to {_error(shares):.0f} percentage points "
         f"({many(draws)})."], [], [Table("spread_by_grade", "How much of the spread rests on what",
                       "Percent of the variance of the year, alone to total; in brackets the larger standard error.",
                       spread_table(shares), f"eight runs of {many(draws)} of {m.base}")])


def _ends(shares: pd.DataFrame) -> tuple[int, int]:
    years = sorted(int(y) for y in shares.index.get_level_values("year"))
    return years[0], years[-1]


def _between(shares: pd.DataFrame, year: int) -> str:
    row = shares.loc[("dollar_inflow", year, "judgement and scenario")]
    return f"{100 * row['alone']:.0f} to {100 * row['total']:.0f} %"


def _error(shares: pd.DataFrame) -> float:
    rows = shares.xs("judgement and scenario", level="group")
    return 100 * float(rows[["alone_error", "total_error"]].to_numpy().max())


def spread_table(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of the variance as a table of the page: alone to total [percent]."""
    rows: list[dict[str, Any]] = []
    for group in dict.fromkeys(shares.index.get_level_values("group")):
        part = shares.xs(group, level="group")
        moving = int(part["assumptions"].max())
        cells = {f"{str(variable).replace('_', ' ')} {year}": f"{100 * max(row['alone'], 0.0):.0f} to "
                 f"{100 * row['total']:.0f} (± {100 * max(row['alone_error'], row['total_error']):.0f})"
                 for (variable, year), row in part.iterrows()}  # type: ignore[misc]
        rows.append({"group": GROUPS.get(group, group), "assumptions": moving or None, **cells})
    return pd.DataFrame(rows)


def scenario_table(groups: dict[str, list[Scenario]]) -> pd.DataFrame:
    """Return every scenario of the report with its changes and source."""
    rows = []
    for key, group in groups.items():
        for scenario in group:
            changes = "; ".join(f"{name} from {month}: {_spelled(value)}" for name, dated in scenario.changes.items()
                                for month, value in dated.items())
            rows.append({"scenario": scenario.name, "as_of": key or "now", "description": scenario.description,
                         "probability": scenario.probability,
                         "grade": "" if scenario.probability is None else "judgement",
                         "changes": changes or "none", "source": scenario.source})
    return pd.DataFrame(rows)


def _spelled(value: Any) -> str:
    return " / ".join(f"{v:g}" for v in value) if isinstance(value, tuple) else f"{value:g}" if isinstance(
        value, (int, float)) else str(value)


def assumption_table(as_of: DateLike | None) -> pd.DataFrame:
    """Return every assumption of a day with its range, grade and source."""
    table = load_assumptions(as_of=as_of).table.reset_index()
    columns = ["name", "low", "central", "high", "unit", "distribution", "grade", "published", "source", "note",
               "block"]
    return table[[c for c in columns if c in table]]


def source_table() -> pd.DataFrame:
    """Return every table with its sources and terms."""
    rows = []
    for name, resource in data.resources().items():
        sources, terms = resource.get("sources", []), resource.get("licenses", [])
        for place in range(max(len(sources), len(terms), 1)):
            source = sources[place] if place < len(sources) else {}
            term = terms[place] if place < len(terms) else {}
            rows.append({"table": name if place == 0 else "", "holds": resource.get("title", "") if place == 0 else "",
                         "source": source.get("title", ""), "address": source.get("path", ""),
                         "terms": term.get("title") or term.get("name", ""), "terms_address": term.get("path", "")})
    return pd.DataFrame(rows)
