"""The forecaster beside its rivals, and beside itself without each of its ingredients."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vzmodel import data, scoring
from vzmodel.forecasting import INGREDIENTS, QUANTILES, _experts
from vzmodel.forecasting._experts import GRID, Recipe

JOINED = "VEN_JODI_EIA"
JOIN = "2017-01"
"""Month from which EIA continues JODI; the step there, -7.7 %, is the same for every forecaster."""
FIRST, STEP, LAST_BALANCED = "2007-01", 2, "2022-12"
"""First origin, months between origins [1], and last month every producer has printed."""
OURS, STILL, RIVAL = "ours", "no change", "AutoETS"


def benchmark(tables: Mapping[str, pd.DataFrame] | None = None, *, ingredients: bool = True) -> pd.DataFrame:
    """Score the forecaster on Venezuelan output and on 23 other producers, without a setting of their own.

    Parameters
    ----------
    tables : dict of str to DataFrame, optional
        ``production``, ``producers`` and ``benchmark_scores``; default the package's own.
    ingredients : bool
        Whether to score ours without each of its ingredients too.

    Returns
    -------
    DataFrame
        Index (forecaster, horizon [month]); ``loss`` [log: twice the mean pinball loss over seven quantiles], on JODI's
        output to 2016 continued with EIA's; ``coverage`` [1, of the 80 % band] and ``coverage_se`` by a bootstrap of
        blocks of origins; ``producers_loss`` [log], ``producers_ratio`` [1, to AutoETS, of the mean losses],
        ``mean_ratio`` [1, mean of the producers' ratios] and ``producers_coverage`` [1]. Forecasters are AutoETS and
        AutoARIMA (on Venezuela alone) from their table, no change, ours, and ours without each ingredient. One late
        vintage: pseudo-real-time.

    Raises
    ------
    ValueError
        If a producer has no AutoETS score.
    """
    known = data.load_tables() if tables is None else tables
    venezuela, others = joined(known["production"]), producers(known["producers"])
    kept = known["benchmark_scores"].set_index(["method", "series", "horizon"])[["pinball", "coverage"]]
    lacking = [name for name in (JOINED, *others) if (RIVAL, name) not in kept.index.droplevel("horizon")]
    if lacking:
        raise ValueError(f"benchmark_scores has no {RIVAL} score of {lacking[0]}; run it on that series first")
    rival = kept.loc[RIVAL]
    recipes = {STILL: Recipe(combined=False, momentum=False), OURS: Recipe()}
    if ingredients:
        recipes |= {f"without {name}": recipe for name, recipe in INGREDIENTS.items()}
    methods = kept.index.unique("method").sort_values(ascending=False)
    rows = [_kept_rows(str(method), kept.loc[method], rival, list(others)) for method in methods]
    for name, recipe in recipes.items():
        own = scores(venezuela, recipe)
        seen = {country: scores(series, recipe) for country, series in others.items()}
        rows.append(_rows(name, own, seen, rival))
    return pd.concat(rows).set_index(["forecaster", "horizon"])


def ingredients(table: pd.DataFrame) -> pd.DataFrame:
    """Return what each ingredient of the forecaster adds: how much larger the loss is without it.

    Parameters
    ----------
    table : DataFrame
        From `benchmark`, ingredients included.

    Returns
    -------
    DataFrame
        Index (series, ingredient), series Venezuela or the producers; columns months ahead [% of the loss with all;
        negative where the forecast is better without].

    Raises
    ------
    ValueError
        If the table was made without ingredients.
    """
    names = [n for n in table.index.unique("forecaster") if n.startswith("without ")]
    if not names:
        raise ValueError("the table has no ingredients; make it with evaluation.benchmark(ingredients=True)")
    parts = {}
    for series, column in (("Venezuela", "loss"), ("producers", "producers_loss")):
        loss = table[column].unstack("horizon")
        more = 100 * (loss.loc[names] / loss.loc[OURS] - 1)
        parts[series] = more.rename(index=lambda name: name.removeprefix("without "))
    return pd.concat(parts, names=["series", "ingredient"])


def joined(production: pd.DataFrame) -> pd.Series:
    """Return JODI's output to 2016-12 continued with EIA's as they stand [kb/d], by month."""
    wide = data.latest(production, ["month", "series"]).pivot(index="month", columns="series", values="value")
    both = wide["jodi"].where(wide.index < pd.Timestamp(JOIN), wide["eia"]).loc["2002":].dropna()
    return both.set_axis(pd.DatetimeIndex(both.index).to_period("M"))


def producers(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the output of each producer but Venezuela [kb/d], to the last month all have printed."""
    month = pd.PeriodIndex(table["month"], freq="M")
    wide = table.assign(month=month).pivot(index="month", columns="country", values="value").loc[:LAST_BALANCED]
    return {str(c): wide[c] for c in wide if c != "VEN" and wide[c].notna().all()}


def scores(series: pd.Series, recipe: Recipe) -> pd.DataFrame:
    """Return loss [log] and whether the 80 % band held, by origin and month ahead, of forecasts made as of each origin.

    The quantiles are exact, not drawn; `_experts.past` gives what `forecast` says at each origin.
    """
    y = np.log(series.to_numpy(float))
    said = _experts.past(y, recipe)
    z = _quantiles(recipe.degrees)
    start = series.index.get_loc(pd.Period(FIRST, "M"))
    rows = []
    for g, h in enumerate(GRID):
        origin = np.arange(start, len(y) - h, STEP)
        guess = said.centre[origin, g][:, None] + said.spread[origin, g][:, None] * z
        inside = (y[origin + h] >= guess[:, 1]) & (y[origin + h] <= guess[:, -2])
        loss = scoring.pinball(y[origin + h], guess, QUANTILES)
        rows.append(pd.DataFrame({"origin": series.index[origin], "horizon": h, "loss": loss, "covered": inside}))
    return pd.concat(rows)


def _quantiles(degrees: float) -> np.ndarray:
    from scipy.special import ndtri, stdtrit

    q = np.array(QUANTILES)
    return np.asarray(ndtri(q) if np.isinf(degrees) else stdtrit(degrees, q) * np.sqrt((degrees - 2) / degrees))


def _rows(name: str, own: pd.DataFrame, others: dict[str, pd.DataFrame], rival: pd.DataFrame) -> pd.DataFrame:
    mean = own.groupby("horizon")[["loss", "covered"]].mean()
    loss = pd.DataFrame({c: s.groupby("horizon")["loss"].mean() for c, s in others.items()})
    covered = pd.DataFrame({c: s.groupby("horizon")["covered"].mean() for c, s in others.items()})
    theirs = pd.DataFrame({c: rival.loc[c]["pinball"] for c in loss})
    # blocks of origins twice as long as the months they share
    errors = [scoring.bootstrap(own.loc[own["horizon"] == h, "covered"], 2 * h // STEP) for h in mean.index]
    return pd.DataFrame(
        {"forecaster": name, "horizon": mean.index, "loss": mean["loss"], "coverage": mean["covered"],
         "coverage_se": errors, "producers_loss": loss.mean(axis=1),
         "producers_ratio": loss.mean(axis=1) / theirs.mean(axis=1), "mean_ratio": (loss / theirs).mean(axis=1),
         "producers_coverage": covered.mean(axis=1)})  # fmt: skip


def _kept_rows(method: str, scores: pd.DataFrame, rival: pd.DataFrame, others: list[str]) -> pd.DataFrame:
    """Return the rows of a method whose scores are kept; empty over the producers if it was not run on all."""
    own = scores.loc[JOINED]
    loss, covered, theirs = (column.unstack("series").reindex(columns=others)
                             for column in (scores["pinball"], scores["coverage"], rival["pinball"]))
    mean = loss.mean(axis=1, skipna=False)
    return pd.DataFrame(
        {"forecaster": method, "horizon": own.index, "loss": own["pinball"], "coverage": own["coverage"],
         "coverage_se": np.nan, "producers_loss": mean, "producers_ratio": mean / theirs.mean(axis=1),
         "mean_ratio": (loss / theirs).mean(axis=1, skipna=False),
         "producers_coverage": covered.mean(axis=1, skipna=False)})  # fmt: skip
