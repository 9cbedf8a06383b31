"""What is lost between OPEC's quotation of Merey and PDVSA's invoices: the cost of the route, period by period."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from vzmodel import calendar
from vzmodel.prices._gaps import local_level
from vzmodel.scenarios import Value

FEWEST = 6
"""Fewest readings from which a level is fitted [1]."""
QUOTED = 0.5
"""Least share of the months of a period that OPEC's quotation must be known for [1]."""
LOADED = "crude_and_fuel"
"""Scope of the volumes that invoices are set against."""


def reported_route_costs(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return by how much invoices lie below OPEC's quotation of Merey, period by period.

    Parameters
    ----------
    tables : dict of str to DataFrame
        With revenue, exports and prices, as from `load_tables`.

    Returns
    -------
    DataFrame
        start, end, published, author, grade, invoiced [USD million], volume_low and volume_high over all prints [kb/d],
        price_low, price_high and merey [USD/bbl], low and high (share of the quotation lost) [1], and unused: why a row
        says nothing, or empty.

    Notes
    -----
    ``share = 1 - invoiced / (volume x days) / Merey``. Invoices and volumes are of crude and fuel, all settlements; the
    quotation is of Merey alone, so the mix of products is inside. PDVSA's own figure of its sales abroad counts as an
    invoice. A month without a quotation takes Brent times the ratio of the months around it.
    """
    rows = tables["revenue"]
    invoices = (rows["concept"] == "invoiced") | ((rows["concept"] == "gross") & (rows["author"] == "PDVSA"))
    rows = rows[invoices & (rows["kind"] == "outcome") & (rows["year"] >= 2020)].reset_index(drop=True)
    low, high = _volumes(tables["exports"], "month")
    year_low, year_high = _volumes(tables["exports"], "year")
    merey, quoted = _merey(tables["prices"])
    found = []
    for row in rows.itertuples():
        months = _months(str(row.period))
        weight = calendar.days(months)
        volume = [float(np.average(v.reindex(months), weights=weight)) for v in (low, high)]
        if str(row.period) in year_low.index:
            volume = [min(volume[0], year_low[str(row.period)]), max(volume[1], year_high[str(row.period)])]
        price = float(np.average(merey.reindex(months), weights=weight))
        most, least = (float(row.value) * 1000 / weight.sum() / v for v in volume)
        why = ""
        if not np.isfinite(volume[0]):
            why = "a month of its exports was not printed"
        elif quoted.reindex(months, fill_value=False).mean() < QUOTED:
            why = "OPEC's quotation is known for less than half of its months"
        ends = (months[0].to_timestamp(), months[-1].to_timestamp())
        found.append((*ends, *volume, least, most, price, 1 - most / price, 1 - least / price, why))
    names = ["start", "end", "volume_low", "volume_high", "price_low", "price_high", "merey", "low", "high", "unused"]
    kept = rows[["published", "author", "grade"]].assign(invoiced=rows["value"].astype(float))
    table = pd.concat([pd.DataFrame(found, columns=names), kept], axis=1)
    return table.sort_values(["start", "end"], ignore_index=True)


def fitted_route_cost(reported: pd.DataFrame, months: pd.PeriodIndex) -> pd.DataFrame:
    """Return the share lost on the way that invoices agree on by month, and how far they disagree.

    Parameters
    ----------
    reported : DataFrame
        As from `reported_route_costs`.
    months : PeriodIndex

    Returns
    -------
    DataFrame
        Index month; p10, p50 and p90 [1] of what one more set of invoices of that month would say, from 0 to 1; empty
        outside the months of the readings, where invoices say nothing. ``attrs`` as in `fitted_gap`.

    Raises
    ------
    ValueError
        If there are fewer than six readings.

    Notes
    -----
    The local level of `fitted_gap`, of shares.
    """
    used = reported[reported["unused"] == ""]
    if len(used) < FEWEST:
        raise ValueError(f"{len(used)} sets of invoices can be used; a level needs {FEWEST} or more")
    table = local_level(used, months, 0.02, 0.05)
    inside = (months >= pd.Period(used["start"].min(), "M")) & (months <= pd.Period(used["end"].max(), "M"))
    found = table.clip(0.0, 1.0).where(pd.Series(inside, months), np.nan)
    found.attrs.update(table.attrs)
    return found


def dated_route_costs(tables: Mapping[str, pd.DataFrame], dated: Mapping[str, Value]) -> dict[str, Value]:
    """Return route costs by month [1]: those fitted to invoices in their months, the dated ones before and after.

    Parameters
    ----------
    tables : dict of str to DataFrame
        As for `reported_route_costs`, as known on the day.
    dated : dict of str to (low, central, high)
        Dated values [1] by month.

    Returns
    -------
    dict of str to (low, central, high)
        By month, in order of time; `dated` itself where too few invoices are known.
    """
    if not {"revenue", "exports", "prices"} <= set(tables):
        return dict(dated)
    reported = reported_route_costs(tables)
    used = reported[reported["unused"] == ""]
    if len(used) < FEWEST:
        return dict(dated)
    span = pd.period_range(used["start"].min(), used["end"].max(), freq="M")
    # a level that moves a point a month is told by its quarters
    fit = fitted_route_cost(reported, span).iloc[::3]
    fitted = {str(row.Index): (float(row.p10), float(row.p50), float(row.p90)) for row in fit.itertuples()}
    others = {month: value for month, value in dated.items() if pd.Period(month, "M") not in span}
    return dict(sorted((others | fitted).items()))


def _months(period: str) -> pd.PeriodIndex:
    first, last = (period.split("/") * 2)[:2]
    return pd.period_range(pd.Period(first).asfreq("M", "start"), pd.Period(last).asfreq("M", "end"), freq="M")


def _volumes(exports: pd.DataFrame, freq: str) -> tuple[pd.Series, pd.Series]:
    """Return the lowest and highest print of the exports of each month or year [kb/d], by period."""
    rows = exports[(exports["freq"] == freq) & (exports["series"] == "total") & (exports["definition"] == LOADED)]
    rows = rows[rows["unit"] == "kb/d"]
    by = rows["value"].groupby(pd.PeriodIndex(rows["period"].str[:7], freq="M") if freq == "month" else rows["period"])
    return by.min(), by.max()


def _merey(prices: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return OPEC's quotation by month, filled between months [USD/bbl], and whether it was printed."""
    wide = prices.pivot_table(index="month", columns="series", values="value", aggfunc="last")
    wide = wide.reindex(columns=["brent", "merey"])
    wide.index = wide.index.to_period("M")
    ratio = (wide["merey"] / wide["brent"]).interpolate(limit_area="inside")
    return ratio * wide["brent"], wide["merey"].notna()
