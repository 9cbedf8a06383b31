"""The chapter on how good the forecasts were: published ones beside ours, and the forecaster beside its rivals."""

from __future__ import annotations

import pandas as pd

from vzmodel import charts, evaluation
from vzmodel.charts import evaluation as drawn

from .exhibits import Chapter, Exhibit, Table
from .material import Material

ERRORS = {"scored": "scored", "published_mae_pct": "published", "ours_mae_pct": "ours",
          "no_change_mae_pct": "no change", "published_mae_own_pct": "published, own count",
          "ours_mae_own_pct": "ours, own count", "ours_coverage": "coverage", "coverage_se": "its error"}
"""Columns of the table of errors, and what they are called there."""
KINDS = {"unconditional": "forecasts", "conditional": "forecasts on a condition"}


def build(m: Material) -> Chapter:
    """Return the chapter; it looks back with all that is known today."""
    scores, bench = evaluation.score_published(), evaluation.benchmark(ingredients=False)
    groups = evaluation.summary(scores)
    return Chapter(
        "scoreboard", "How good the forecasts are",
        ["Each published forecast stands beside ours made from what was known the same day. Outcomes are on the basis "
         "of OPEC's secondary sources, which is ours; on EIA's own basis EIA's forecasts look better. No published "
         "forecast had a distribution. How the bands of April 2019 held is in the chapter on the seed."],
        sentences(groups, bench), [], exhibits(m, scores, bench),
        [Table("published_errors", "Errors of published forecasts and ours",
               "Mean absolute errors in percent of the outcome, on OPEC's count and on each issuer's own; coverage is "
               "the share of outcomes in our 80 % band.",
               groups[list(ERRORS)].rename(columns=ERRORS).reset_index().round(2),
               "each forecast from its own day"), *worst(scores)])


def sentences(groups: pd.DataFrame, bench: pd.DataFrame) -> list[str]:
    """Return the sentences of the first page."""
    early = groups.loc["unconditional, 2018-20"]
    ours = bench.loc["ours"]
    rival = bench.loc["AutoETS"]
    ratio = ours["loss"] / rival["loss"]
    return [
        f"Of {early['scored']:.0f} published forecasts of output of 2018 to 2020 that can be scored, the mean error "
        f"was {early['published_mae_pct']:.1f} %; ours of the same days missed by {early['ours_mae_pct']:.1f} % and "
        f"held {100 * early['ours_coverage']:.0f} % of outcomes in its 80 % bands (standard error "
        f"{100 * early['coverage_se']:.0f}). {_simple(early)} On EIA's basis the published ones missed by "
        f"{early['published_mae_eia_pct']:.1f} % and ours by {early['ours_mae_eia_pct']:.1f} %.",
        f"Scored on middle and bands together, our forecasts of Venezuela's output are {_times(ratio.iloc[0])} "
        f"than AutoETS, a standard automatic method, one month ahead and {_times(ratio.iloc[-1])} "
        f"{int(ratio.index[-1])} months ahead; on 23 other producers, with no setting of their own, "
        f"{_times(ours['producers_ratio'].iloc[0])} and {_times(ours['producers_ratio'].iloc[-1])}. Its settings were "
        "chosen with these series in view, so the scores flatter it."]


def _simple(row: pd.Series) -> str:
    """Say how the trend of the last year and no change would have done, and whom the trend beats."""
    trend = row["trend_mae_pct"]
    beaten = [who for who, column in (("the published ones", "published_mae_pct"), ("ours", "ours_mae_pct"))
              if trend < row[column]]
    than = f", nearer than {' and '.join(beaten)}" if beaten else ""
    return (f"The last year's trend carried on would have missed by {trend:.1f} %{than}; no change by "
            f"{row['no_change_mae_pct']:.1f} %.")


def _times(ratio: float) -> str:
    return f"{abs(100 * (ratio - 1)):.0f} % {'worse' if ratio > 1 else 'better'}"


def worst(scores: pd.DataFrame, most: int = 8) -> list[Table]:
    """Return the table of outcomes that lay outside our 80 % band, farthest first."""
    rows = scores[scores["unscorable"] == ""]
    outside = rows[~rows["outcome"].between(rows["ours_p10"], rows["ours_p90"])]
    if outside.empty:
        return []
    levels = ["published", "ours_p10", "ours_p50", "ours_p90", "outcome"]  # a change, as the level it leads to
    outside = outside.assign(**{name: outside[name] + outside["base"].fillna(0.0) for name in levels})
    order = outside["ours_error_pct"].abs().sort_values(ascending=False).index[:most]
    columns = ["issued", "target", "issuer", "kind", *levels, "ours_error_pct"]
    text = f"Levels in kb/d. The {min(most, len(outside))} farthest of {len(outside)} misses out of {len(rows)}."
    return [Table("missed", "Where our band missed", text, outside.loc[order, columns].round(1),
                  "each forecast from its own day")]


def _board(scores: pd.DataFrame, kind: str) -> Exhibit:
    rows = scores[(scores["unscorable"] == "") & (scores["kind"] == kind)]
    size = (7.2, 1.9 + 0.27 * len(rows))
    return Exhibit(f"scoreboard_{kind}", f"Published {KINDS[kind]} beside ours of the same day",
                   "Nearer to the line is better; a line outside our bar is an outcome our band missed.",
                   lambda: (drawn.scoreboard(scores, charts.sheet(size=size), kind=kind), rows),
                   "each forecast from its own day")


def exhibits(m: Material, scores: pd.DataFrame, bench: pd.DataFrame) -> list[Exhibit]:
    """Return the chapter's charts."""
    out = [_board(scores, kind) for kind in KINDS if kind in set(scores.loc[scores["unscorable"] == "", "kind"])]
    out.append(Exhibit("rivals", "The forecaster of output beside its rivals",
                       "Below one is better than AutoETS; dashed lines are 23 other producers.",
                       lambda: (drawn.rivals(bench, charts.sheet()), bench), "one late vintage: pseudo-real-time"))
    periods, again = evaluation.by_period(m.backtest), "4,000 draws every third month of the past"
    return [*out,
            Exhibit("coverage", "How often our bands of output held",
                    "Below the dashed line the bands were too narrow, above it too wide; a bar is its own uncertainty.",
                    lambda: (drawn.coverage(periods, charts.sheet()), periods), again),
            Exhibit("pit", "Where outcomes fell in our bands, a year ahead",
                    "Level bars would be right; a tall bar at an end is a side on which the forecasts erred.",
                    lambda: (drawn.pit(m.backtest, charts.sheet()), m.backtest), again)]
