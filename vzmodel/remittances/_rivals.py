"""What others say about money sent home: yearly totals by author, surveys, and the level they leave possible."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd


def _years(column: pd.Series) -> pd.Series:
    return pd.to_datetime(column.astype(str).str[:4], format="%Y").dt.year


def rivals(table: pd.DataFrame, as_of: object = None) -> pd.DataFrame:
    """Return one latest estimate of the yearly total per author and year, forecasts and partial ones left out.

    Parameters
    ----------
    table : DataFrame
        The table remittances.
    as_of : date, optional
        Leave out what was published later.

    Returns
    -------
    DataFrame
        Columns year, author, low, high, middle [USD million], published, grade.
    """
    rows = table[(table["concept"] == "total") & (table["kind"] == "outcome")].copy()
    rows["published"], rows["year"] = pd.to_datetime(rows["published"]), _years(rows["year"])
    if as_of is not None:
        rows = rows[rows["published"] <= pd.Timestamp(str(as_of))]
    rows = rows.sort_values("published", kind="stable").groupby(["author", "year"], as_index=False).last()
    rows["middle"] = np.sqrt(rows["low"] * rows["high"])
    return rows[["year", "author", "low", "high", "middle", "published", "grade"]].sort_values(["year", "middle"])


def reconcile(found: pd.DataFrame, ours: pd.Series, p: Mapping[str, float]) -> tuple[float, float, pd.DataFrame]:
    """Weigh the level of the sum over hosts against the authors, each with a bias of its own.

    Parameters
    ----------
    found : DataFrame
        From `rivals`.
    ours : Series
        The sum over hosts by year at the medians and a level of 1 [USD million].
    p : mapping
        level_mean, level_sd [log] before any author is heard; own_sd, what uncertain people, propensities and amounts
        make of the sum [log]; author_bias, author_noise, shared_bias, year_error [log].

    Returns
    -------
    tuple of float, float, DataFrame
        Mean and sd of the log level, and by author: estimates, gap (their mean over ours at that level [1]) and bias
        (what is taken as the author's own, shrunk [1]).

    Notes
    -----
    ``ln(printed / ours) = level + shared + bias_author + year + noise``. The shared bias does not shrink
    however many authors there are: they quote one another, and senders and receivers answer differently. What authors
    tell is of the whole sum, so `own_sd` counts as prior spread and is taken out again: a run adds it draw by draw.
    """
    found = found[found["year"].isin(ours.index)]
    mean, own = p["level_mean"], p["own_sd"] ** 2
    var = p["level_sd"] ** 2 + own
    authors = found["author"].to_numpy()
    gap = np.log(found["middle"].to_numpy() / ours.reindex(found["year"]).to_numpy())
    if not len(gap):
        return mean, p["level_sd"], pd.DataFrame(columns=["estimates", "gap", "bias"])
    same = (authors[:, None] == authors[None]).astype(float)
    together = (found["year"].to_numpy()[:, None] == found["year"].to_numpy()[None]).astype(float)
    cov = p["author_bias"] ** 2 * same + p["year_error"] ** 2 * together + p["author_noise"] ** 2 * np.eye(len(gap))
    weight = np.linalg.solve(cov, np.ones(len(gap)))
    told, told_var = float(weight @ gap / weight.sum()), 1 / float(weight.sum()) + p["shared_bias"] ** 2
    after = 1 / (1 / var + 1 / told_var)
    centre = after * (mean / var + told / told_var)
    rest = np.linalg.solve(cov, gap - told)
    rows = []
    for author in dict.fromkeys(authors):
        mine = authors == author
        bias = p["author_bias"] ** 2 * float(rest[mine].sum()) + told - centre
        rows.append((author, int(mine.sum()), float(np.exp(gap[mine].mean() - centre)), float(np.exp(bias))))
    table = pd.DataFrame(rows, columns=["author", "estimates", "gap", "bias"]).set_index("author")
    return centre, float(np.sqrt(max(after - own, 0.0))), table.sort_values("bias")


def surveys(table: pd.DataFrame) -> pd.DataFrame:
    """Return what each survey implies a sender sends in a year, host by host, so that conflicts stand side by side.

    Parameters
    ----------
    table : DataFrame
        The table remittance_surveys.

    Returns
    -------
    DataFrame
        Columns host, period, source, low, high [USD/year], how (amount a month, or amount times frequency), grade.
    """
    monthly = table[table["series"] == "amount_per_month"].assign(how="12 months")
    monthly = monthly.assign(low=12 * monthly["low"], high=12 * monthly["high"])
    keys = ["host", "period", "source"]
    each = table[table["series"] == "amount_per_transfer"]
    often = table[table["series"] == "transfers_per_year"][[*keys, "low", "high"]]
    both = each.merge(often, on=keys, suffixes=("", "_often")).assign(how="amount x frequency")
    both = both.assign(low=both["low"] * both["low_often"], high=both["high"] * both["high_often"])
    columns = [*keys, "low", "high", "how", "grade"]
    out = pd.concat([monthly[columns], both[columns]])
    return out.sort_values(["host", "low"], ignore_index=True)
