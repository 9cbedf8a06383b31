"""A page of missed forecasts, ours and others', each in a sentence with its numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from vzmodel.evaluation._periods import PERIODS, by_period
from vzmodel.evaluation._scoreboard import summary

AHEAD = (12, 24)
"""Months ahead [1] whose worst forecasts are told."""
WORST, APART = 4, 12
"""Forecasts told for each, and the months [1] that keep them from being one episode."""
BEFORE = 8
"""Years [1] before a period whose moves are set beside those in it."""
FAR = 20.0
"""Error [%] from which a published forecast is told."""
BAND, FEW = 0.8, 0.15
"""What a band promises [1], and how far off [1] it is told where no standard error can be."""


def page(series: pd.Series, backtest: pd.DataFrame, scores: pd.DataFrame, events: pd.DataFrame) -> str:
    """Write the page of missed forecasts as Markdown.

    Parameters
    ----------
    series : Series
        Output by month [kb/d].
    backtest : DataFrame
        From `evaluation.backtest` of that series [kb/d].
    scores : DataFrame
        From `evaluation.score_published` [kb/d, %].
    events : DataFrame
        Dated causes: ``name`` and ``start``, such as the table ``interventions``.
    """
    months = pd.PeriodIndex(pd.DatetimeIndex(series.index), freq="M")
    level = pd.Series(series.to_numpy(float), index=months).dropna()
    first, last = (f"{m.strftime('%B %Y')}" for m in (level.index[0], level.index[-1]))
    lines = [
        "# Missed forecasts of output", "",
        "Written by `vzmodel backtest --missed > docs/missed-forecasts.md`; every number is computed from the tables.",
        "kb/d = thousand barrels a day. A band of 80 % should hold four outcomes in five.", "",
        "## Ours", "",
        f"The consensus of output, {first} to {last}, forecast again from every month of the past. It is one late",
        "vintage: what was revised later is not part of these errors. What was published by each origin is used by",
        "`vzmodel backtest --known --first 2018-01 --last 2025-12`.", "",
    ]
    for horizon in AHEAD:
        lines += [f"### The worst, {horizon} months ahead", "", *_worst(level, backtest, horizon, events), ""]
    lines += ["### Where the bands did not hold", "", *_bands(backtest), "", "## Published forecasts", ""]
    return "\n".join(lines + _published(scores)) + "\n"


def _worst(level: pd.Series, backtest: pd.DataFrame, horizon: int, events: pd.DataFrame) -> list[str]:
    part = backtest.xs(horizon, level="horizon")
    size = np.log(part["p50"] / part["outcome"]).abs().sort_values(ascending=False)
    told: list[pd.Period] = []
    for origin in pd.DatetimeIndex(size.index).to_period("M"):
        if len(told) < WORST and all(abs((origin - other).n) >= APART for other in told):
            told.append(origin)
    return [f"- {_own(level, part.loc[o.to_timestamp()], o, horizon, events)}" for o in told]


def _own(level: pd.Series, row: pd.Series, origin: pd.Period, horizon: int, events: pd.DataFrame) -> str:
    target = origin + horizon
    before = 100 * (level[origin] / level[origin - 12]) ** (1 / 12) - 100 if origin - 12 in level.index else np.nan
    after = 100 * (row["outcome"] / level[origin]) ** (1 / horizon) - 100
    start = pd.PeriodIndex(pd.to_datetime(events["start"]), freq="M")
    between = list(events["name"][(start > origin) & (start <= target)])
    why = ("In between: " + "; ".join(between) + ".") if between else (
        "No event that `vzmodel interventions` knows began in between.")
    return (f"From {_name(origin)}, {level[origin]:,.0f} kb/d, for {_name(target)}: {row['p50']:,.0f} "
            f"({row['p10']:,.0f}\u2013{row['p90']:,.0f}); {row['outcome']:,.0f} came, "
            f"{_off(row['p50'], row['outcome'])}, {_where(row['outcome'], row['p10'], row['p90'])}. Output had moved "
            f"by {_signed(before)} % a month in the year before and then did by {_signed(after)} %. {why}")


def _bands(backtest: pd.DataFrame) -> list[str]:
    table = by_period(backtest)
    lines = []
    for period in [p for p in PERIODS if p in table.index.unique("period")]:
        part = table.loc[period]
        off = (part["coverage"] - BAND).abs()
        failed = part[off > (2 * part["coverage_se"]).fillna(FEW)]
        label = "of all years" if period == "all" else f"made in {period.replace('-', chr(0x2013))}"
        if failed.empty:
            lines.append(f"- Forecasts {label}: the band held as often as it should, within two standard errors, at "
                         f"{_list([str(h) for h in part.index])} months.")
            continue
        cells = _list([_cell(int(h), row) for h, row in failed.iterrows()])
        lines.append(f"- Forecasts {label}: the band held {cells}.{_moved(backtest, period)}")
    return lines


def _moved(backtest: pd.DataFrame, period: str) -> str:
    """Say how far output moved in a year from the origins of a period, and from those before."""
    if AHEAD[0] not in backtest.index.unique("horizon") or period == "all":
        return ""
    part = backtest.xs(AHEAD[0], level="horizon")
    share = (part["no_change_error"] / (part["outcome"] - part["no_change_error"])).abs()
    year = pd.DatetimeIndex(share.index).year
    first, last = (int(x) for x in PERIODS[period])
    inside, before = share[(year >= first) & (year <= last)], share[(year < first) & (year >= first - BEFORE)]
    if inside.empty or before.empty:
        return ""
    return (f" A year on, output stood {100 * inside.mean():.0f} % from where it had been, on average; from the "
            f"origins of the {BEFORE} years before, what the bands had learned from, {100 * before.mean():.0f} %.")


def _cell(horizon: int, row: pd.Series) -> str:
    known = "too few independent for a standard error" if np.isnan(row["coverage_se"]) else (
        f"standard error {100 * row['coverage_se']:.0f}")
    side = f"{100 * row['below']:.0f} % came out below it and {100 * row['above']:.0f} % above"
    ahead = "a month" if horizon == 1 else f"{horizon} months"
    return (f"{100 * row['coverage']:.0f} % of outcomes {ahead} ahead ({row['origins']:.0f} forecasts, {known}; "
            f"{side}; it was {100 * row['width']:.0f} % of the median wide)")


def _published(scores: pd.DataFrame) -> list[str]:
    groups = summary(scores)
    lines = []
    for name in ("unconditional, 2018-20", "conditional", "target"):
        if name in groups.index:
            lines += [_group(name, groups.loc[name]), ""]
        if name.startswith("unconditional") and name in groups.index:
            lines += [_why(scores, groups.loc[name]), ""]
    scored = scores[scores["unscorable"] == ""]
    far = scored[(scored[["published_error_pct", "ours_error_pct"]].abs() > FAR).any(axis=1)]
    for kind in ("unconditional", "conditional", "target"):
        rows = far[far["kind"] == kind].sort_values(["issued", "target"], kind="stable")
        if len(rows):
            lines += [f"### {kind.capitalize()}, off by more than {FAR:.0f} %, theirs or ours", ""]
            lines += [f"- {_one(row)}" for _, row in rows.iterrows()] + [""]
    left = scores.loc[scores["unscorable"] != "", "unscorable"]
    oil = left[~left.str.contains("is not crude output|unit is")]
    kinds = oil.str.replace(r"^(issued in) .*?(:.*)$", r"\1 a bare year\2", regex=True).str.replace(
        r" for \S+$", "", regex=True).value_counts()
    told = "; ".join(f"{count} {reason}" for reason, count in kinds.items()) or "none"
    return [*lines, f"Of the forecasts of output that could not be scored: {told}. A further {len(left) - len(oil)} "
                    "are of other quantities."]


def _group(name: str, row: pd.Series) -> str:
    better = "ours was nearer" if row["ours_mae_pct"] < row["published_mae_pct"] else "ours was further off"
    error = {k: f"{row[f'{k}_mae_pct']:.1f}" for k in ("published", "ours", "no_change", "trend", "start")}
    parts = [
        f"{name.capitalize()}, {row['scored']:.0f} scored: mean absolute error {error['published']} % theirs, "
        f"{error['ours']} % ours on the basis of OPEC's secondary sources; {row['published_mae_own_pct']:.1f} and "
        f"{row['ours_mae_own_pct']:.1f} % on each issuer's own; {row['published_mae_eia_pct']:.1f} and "
        f"{row['ours_mae_eia_pct']:.1f} % on EIA's. On average {better}.",
        f"No change would have missed by {error['no_change']} %, the last year's trend by {error['trend']} %. "
        f"The level ours starts from was {error['start']} % off: what missed is the change since.",
        f"Ours was {_lean(row['ours_bias_pct'])} by {abs(row['ours_bias_pct']):.1f} %, theirs "
        f"{_lean(row['published_bias_pct'])} by {abs(row['published_bias_pct']):.1f} %; our band held "
        f"{100 * row['ours_coverage']:.0f} % of outcomes.",
    ]
    if not np.isnan(row["ours_less_published_se"]):
        parts.insert(1, f"The difference is {_signed(row['ours_less_published'])} points with a standard error of "
                        f"{row['ours_less_published_se']:.1f}, from only {row['target_years']:.0f} years of targets.")
    return " ".join(parts)


def _why(scores: pd.DataFrame, row: pd.Series) -> str:
    """Say why the published forecasts of 2018-20 were not beaten, if they were not."""
    if row["ours_mae_pct"] < row["published_mae_pct"]:
        return "On those of 2018\u201320, ours of the same day came nearer than the published ones."
    parts = ["Why the published ones of 2018\u201320 are not beaten: the data and the level of ours were right on the "
             "day, but it knows no cause, only output. It leaves outlying months out of the trend, damps it, and "
             "trusts it as far as past scores allow; what that is worth over all years and for other producers is "
             "shown by `vzmodel backtest --benchmark`."]
    if row["trend_mae_pct"] < row["ours_mae_pct"]:
        parts.append("Here it cost: the fall of the year before went on at full speed.")
    own, opec = scores["published_error_own_pct"].abs(), scores["published_error_pct"].abs()
    lucky = scores[(scores["kind"] == "unconditional") & (own > opec + FAR / 2)]
    parts += [f"{r['issuer']}, {r['issued']}, for {r['target']} was {abs(r['published_error_pct']):.0f} % off on "
              f"OPEC's basis and {abs(r['published_error_own_pct']):.0f} % on its own." for _, r in lucky.iterrows()]
    return " ".join(parts)


def _one(row: pd.Series) -> str:
    change = "production_change" in str(row["quantity"])
    since = row["base_month"] or f"{row['base']:,.0f}"
    what = f"{_signed(row['published'], 0)} kb/d from {since}" if change else f"{row['published']:,.0f} kb/d"
    ours, low, high, came = (row["base"] + row[c] for c in ("ours_p50", "ours_p10", "ours_p90", "outcome"))
    case = "" if row["scenario"] in ("base", "target") else f" ({row['scenario']})"
    theirs = _off(row["base"] + row["published"], came)
    return (f"{row['issuer']}, {row['issued']}, for {row['target']}{case}: {what}; {came:,.0f} came, {theirs}. Ours of "
            f"that day {ours:,.0f} ({low:,.0f}\u2013{high:,.0f}), {_off(ours, came)}, {_where(came, low, high)}.")


def _name(month: pd.Period) -> str:
    return str(month.strftime("%B %Y"))


def _off(guess: float, came: float) -> str:
    error = 100 * (guess / came - 1)
    return f"{abs(error):.0f} % too {'high' if error > 0 else 'low'}" if round(abs(error)) else "right"


def _where(came: float, low: float, high: float) -> str:
    return "below the band" if came < low else "above the band" if came > high else "inside the band"


def _lean(bias: float) -> str:
    return "too high" if bias > 0 else "too low"


def _signed(value: float, digits: int = 1) -> str:
    return f"{value:+,.{digits}f}".replace("-", "\u2212")


def _list(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
