"""The chapter on blackouts: what grid failures cost in oil and dollars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from vzmodel import charts, failures
from vzmodel.calendar import days as days_of
from vzmodel.charts import fans, outages

from .exhibits import Chapter, Exhibit, Table, band, change, each, many, year_of
from .material import Material

MARCH, AUGUST, CAUSE = "March 2019", "August 2024", "blackouts"
FEWEST = 256
"""Draws of each of the 32 hindcasts of the account [1]."""


def build(m: Material) -> Chapter:
    """Return the chapter."""
    seed = m.options["seed"]
    past = failures.episodes(draws=m.aside, seed=seed)["episodes"]
    account = failures.account(draws=min(m.aside, FEWEST), seed=seed)
    first, says = sentences(m, past, account)
    return Chapter(
        "blackouts", "Blackouts",
        ["A national grid failure stops lifting, upgrading and loading, and the restart outlasts the cut. Hours cost "
         "little; days cost weeks. Chronic rationing is already inside observed output and is not counted again. "
         "Past failures are replayed with all that is known today."],
        first, says, exhibits(m, account),
        [Table("blackout_episodes", "Past failures, one parameter set",
               "The same numbers must give March 2019, August 2024 and nothing for September 2013.",
               episode_table(past), many(m.aside))])


def sentences(m: Material, past: list[dict[str, Any]], account: dict[str, Any]) -> tuple[list[str], list[str]]:
    """Return the sentences of the first page and the others."""
    by_name = {row["name"]: row for row in past}
    march, august = by_name[MARCH], by_name[AUGUST]
    lost = {k: 100 * v for k, v in march["lost_share"].items()}
    grid = next(row for row in account["production"]["causes"] if row["name"] == CAUSE)
    loss, total = grid["loss"]["mean"], account["production"]["total"]["mean"]
    first = [f"The blackouts of March 2019 deferred {said(lost, ',.0f')} % of that month's output, those of August "
             f"2024 deferred {said(august['deferred_kbd'], ',.0f')} kb/d.",
             f"From {_month(account['first'])} to {_month(account['last'])} {CAUSE} cost {loss:,.0f} kb/d in the mean "
             f"of draws, {100 * loss / total:.0f} % of the {total:,.0f} kb/d that the causes told apart for these "
             f"months ({', '.join(row['name'] for row in account['production']['causes'])}) held back"
             f"{_beside(m.history['production'], account, loss)}."]
    name = "grid_failure" if "grid_failure" in m.p["scenario"].values else m.base
    year, deferred = year_of(m.p, "deferred_production", name)
    says = [f"In {name} failures defer {band(deferred, ',.0f')} kb/d over {year}."]
    if name != m.base:
        says[0] = says[0][:-1] + (", which changes the dollar inflow by USD "
                                  f"{change(m.p, 'dollar_inflow', name, m.base, year, form='+,.2f')[1]} billion "
                                  f"against {m.base}.")
    return first, says


def _beside(output: pd.Series, account: dict[str, Any], loss: float) -> str:
    """Say the fall that readers have in mind, against the month before, and the share of the loss in it."""
    months = output.set_axis(pd.PeriodIndex(output.index, freq="M")).dropna()
    before, part = pd.Period(account["first"], "M") - 1, months.loc[account["first"] : account["last"]]
    if before not in months.index or part.empty:
        return ""
    fall = float(months[before] - np.average(part, weights=days_of(part.index)))
    if fall <= 0:
        return ""
    return (f", and {100 * loss / fall:.0f} % of the {fall:,.0f} kb/d by which output of these months was below "
            f"that of {_month(str(before))}, lasting losses included")


def _month(value: str) -> str:
    return f"{pd.Period(value, 'M').to_timestamp():%B %Y}"


def said(found: dict[str, float], form: str) -> str:
    """Say a median and its band from p10, p50 and p90.

    Examples
    --------
    >>> said({"p10": 9.4, "p50": 13.7, "p90": 19.1}, ".0f")
    '14 (9 to 19)'
    """
    text = f"{found['p50']:{form}} ({found['p10']:{form}} to {found['p90']:{form}})"
    return charts.style.signed(text)


def episode_table(past: list[dict[str, Any]]) -> pd.DataFrame:
    """Return past failures as a table: what each deferred and what that was worth."""
    rows = [{"episode": row["name"], "of the month's output [%]": said(_times(row["lost_share"], 100), ".1f"),
             "deferred in the month [kb/d]": said(row["deferred_kbd"], ",.0f"),
             "with restart [million bbl]": said(row["barrels_mb"], ".1f"),
             "worth at origin [USD million]": said(row["dollars"], ",.0f")} for row in past]
    return pd.DataFrame(rows)


def _times(found: dict[str, float], factor: float) -> dict[str, float]:
    return {key: factor * value for key, value in found.items()}


def exhibits(m: Material, account: dict[str, Any]) -> list[Exhibit]:
    """Return the chapter's charts."""
    p, tables, out = m.p, m.tables, []
    if "blackouts" in tables:
        rows = tables["blackouts"]
        out.append(Exhibit("blackouts", "Grid failures on record",
                           "One year stands out: 2019 had the longest failures and most of the national ones.",
                           lambda: (outages.event_strip(rows, charts.sheet()), outages.strip_table(rows)),
                           "events, no draws"))
    out.append(Exhibit("outage_response", "What a failure of the whole grid does to output",
                       "Hours cost little; after days the fields come back in days, what waits for upgraders in weeks.",
                       lambda: (outages.response(charts.sheet()), outages.response_table()), many(1024)))
    spread = pd.json_normalize(account["production"]["causes"])
    out.append(Exhibit("blackout_account", "Output lost from February to May 2019, by cause",
                       "Causes that act only together share what they cost; the bands say how badly they separate.",
                       lambda: (outages.causes(account, "production", charts.sheet()), spread),
                       f"32 hindcasts of {many(account['draws'])}"))
    names = list(dict.fromkeys([n for n in ("grid_failure",) if n in p["scenario"].values] + m.shown))
    out.append(Exhibit("deferred_production", "Output deferred by grid failures, ahead",
                       "Most months lose little; the mean is carried by a few.",
                       each(names, lambda name, ax: outages.deferred(p, name, ax),
                            lambda name: fans.fan_table(p, "deferred_production", name))))
    if "night_lights" in tables:
        lights = tables["night_lights"]
        out.append(Exhibit("night_lights", "Light at night around March 2019",
                           "Zulia and Mérida stayed dimmer for months, the capital hardly.",
                           lambda: (outages.night_lights(lights, charts.sheet()), outages.lights_table(lights)),
                           "satellite readings, no draws"))
    return out
