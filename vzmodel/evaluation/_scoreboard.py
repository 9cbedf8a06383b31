"""Errors of published forecasts and ours, by kind."""

from __future__ import annotations

import numpy as np
import pandas as pd


def summary(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the errors of published forecasts and ours by kind, and for the unconditional ones issued in 2018-20.

    Parameters
    ----------
    scores : DataFrame
        From `score_published`.

    Returns
    -------
    DataFrame
        Index ``group``; ``scored``, ``unscorable`` [1], mean absolute error and bias of both [%] on OPEC's basis, the
        error also on EIA's and on each issuer's own; the error of no change, of the last year's trend and of the start
        [%]; ``ours_less_published`` [%, difference of the absolute errors] with its standard error, ``ours_nearer`` [1,
        share of forecasts where ours came nearer] and ``ours_coverage`` [1, share of outcomes within our p10 to p90]
        with its standard error. Forecasts for one of the ``target_years`` [1] share one outcome in the standard errors;
        with fewer than three such years they are empty.
    """
    scored = scores[scores["unscorable"] == ""]
    early = scores["issued"].astype(str).str[:4].isin(["2018", "2019", "2020"])
    groups = {"unconditional, 2018-20": (scores["kind"] == "unconditional") & early}
    groups |= {kind: scores["kind"] == kind for kind in ("unconditional", "conditional", "target")}
    rows = []
    for name, chosen in groups.items():
        part = scored[chosen.reindex(scored.index)]
        if part.empty:
            continue
        rows.append({"group": name, "scored": len(part), "unscorable": int(chosen.sum()) - len(part)} | _errors(part))
    return pd.DataFrame(rows).set_index("group") if rows else pd.DataFrame(index=pd.Index([], name="group"))


def _errors(part: pd.DataFrame) -> dict[str, float]:
    row: dict[str, float] = {}
    for who in ("published", "ours"):
        error = part[f"{who}_error_pct"]
        row |= {f"{who}_mae_pct": error.abs().mean(), f"{who}_bias_pct": error.mean(),
                f"{who}_mae_eia_pct": part[f"{who}_error_eia_pct"].abs().mean(),
                f"{who}_mae_own_pct": part[f"{who}_error_own_pct"].abs().mean()}
    hit = part["outcome"].between(part["ours_p10"], part["ours_p90"]).astype(float)
    apart = part["ours_error_pct"].abs() - part["published_error_pct"].abs()
    years = part["target"].astype(str).str[:4]
    row |= {f"{name}_mae_pct": part[f"{name}_error_pct"].abs().mean() for name in ("no_change", "trend", "start")}
    return row | {"ours_less_published": apart.mean(), "ours_less_published_se": _clustered(apart, years),
                  "target_years": years.nunique(),
                  "ours_nearer": (apart < 0).mean(), "ours_coverage": hit.mean(),
                  "coverage_se": _clustered(hit, years)}


def _clustered(values: pd.Series, group: pd.Series) -> float:
    """Return the standard error of a mean whose values are independent only between groups."""
    sums = (values - values.mean()).groupby(group).sum()
    count = len(sums)
    return float(np.sqrt((sums**2).sum() * count / (count - 1)) / len(values)) if count >= 3 else float("nan")
