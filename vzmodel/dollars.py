"""The record of the dollars: by settlement, by concept beside what was published, and what a lost market costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from . import data, model, streams, summary
from .calendar import DateLike

FIRST = "2012-01"
"""First month with dated facts of access, settlement and gaps."""
CONCEPTS = {
    "gross": "gross_export_value",
    "net": "net_export_value",
    "invoiced": "invoiced_value",
    "collected": "cash_collected",
    "operator_local": "operator_local_dollars",
    "non_oil_exports": "other_exports",
    "fuel_import_bill": "import_bill",
}
"""What each published concept is in the model; other concepts count something else."""
SCOPES = {
    "crude_only": "a model of crude alone, without products or discounts",
    "upper_bound": "an upper bound",
    "all_exchange": "all foreign exchange, not oil alone",
    "floor": "a floor",
}
"""Why a figure under the name of a concept is not that concept; EIA's net is net of imports only, and compared so."""
SETTLEMENTS = {
    "cash": "sales",
    "debt": "debt_cargoes",
    "supply": "supply_cargoes",
    "swap": "swap_cargoes",
    "partner": "partner_cargoes",
}
AUDIT = ("2020-01/2023-03", "collected of invoices, all settlements")
"""Period and name of the row that an audit of the state company's receivables gives."""
BASES = {
    "computed": "computed from plan and liftings",
    "of_exports": "share of exports, some with fuel",
    "invoices": "share of all invoices confirmed received: a floor",
}
PUBLISHED_BAND = (0.1, 0.5, 0.9)


def record(first: DateLike = FIRST, last: DateLike | None = None, *, draws: int = 1024, **run: Any) -> xr.Dataset:
    """Run the hindcast that the yearly tables read.

    Parameters
    ----------
    first, last : date
        Default January 2012, when the dated facts begin, to the last month with any reading of output.
    draws : int
    **run
        As for `hindcast`.

    Returns
    -------
    Dataset
        Values by concept [USD million], cargoes by settlement, exports and sales [kb/d].
    """
    keep = (*CONCEPTS.values(), *SETTLEMENTS.values(), "exports", "production", "cash_revenue", "cash_import_bill")
    end = last if last is not None else _last_month()
    return model.hindcast(first, end, draws=draws, keep=dict.fromkeys(keep), **run)


def settlement_by_year(p: xr.Dataset | None = None) -> pd.DataFrame:
    """Return the share of crude exports by settlement and year, beside the published shares.

    Parameters
    ----------
    p : Dataset, optional
        As from `record`.

    Returns
    -------
    DataFrame
        Index (period, settlement); p10, p50, p90 [1, share of crude exports], kbd [kb/d, median], and published_low,
        published_high [1] with published_source and published_basis where a share of that year was published; inside,
        whether the 80 % band and the published range meet. One row more, ("2020-01/2023-03", "collected of invoices,
        all settlements"), is an audit: a floor, so that inside says whether the band reaches above it.
    """
    kept = (record() if p is None else p).isel(scenario=[0])
    exports = summary.totals(kept, "exports").isel(scenario=0)
    years = [int(year) for year in exports["year"].values]
    published = _published_shares()
    rows = []
    for kind, name in SETTLEMENTS.items():
        volume = summary.totals(kept, name).isel(scenario=0)
        volume = volume.sum("market") if "market" in volume.dims else volume
        for year in years:
            low, middle, high = np.quantile((volume / exports).sel(year=year), PUBLISHED_BAND)
            row = {"period": str(year), "settlement": kind, "p10": low, "p50": middle, "p90": high}
            row["kbd"] = float(volume.sel(year=year).median())
            rows.append({**row, **published.get((year, kind), {})})
    audit = slice("2020-01", "2023-03")
    if years[0] <= 2020 and years[-1] >= 2023:
        part = kept.isel(scenario=0).sel(month=audit)
        share = part["cash_collected"].sum("month") / part["invoiced_value"].sum("month")
        low, middle, high = np.quantile(share, PUBLISHED_BAND)
        found = {"period": AUDIT[0], "settlement": AUDIT[1], "p10": low, "p50": middle, "p90": high}
        rows.append({**found, **published.get((2020, "invoices"), {})})
    out = pd.DataFrame(rows).set_index(["period", "settlement"]).sort_index()
    floor = np.array([period == AUDIT[0] for period, _ in out.index])
    meets = (out["p90"] >= out["published_low"]) & ((out["p10"] <= out["published_high"]) | floor)
    return out.assign(inside=meets.astype(object).where(out["published_source"].notna(), None))


def _published_shares() -> dict[tuple[int, str], dict[str, Any]]:
    table = data.read_table("settlement")
    shares = table[(table["unit"] == "1") & table["basis"].isin(["computed", "of_exports", "invoices"])]
    found: dict[tuple[int, str], dict[str, Any]] = {}
    for row in shares.itertuples():
        kind = "invoices" if row.basis == "invoices" else row.kind
        if row.basis != "invoices" and (row.end - row.start).days < 300:
            continue
        old = found.get((row.start.year, kind), {"published_low": 0.0, "published_high": 0.0, "published_source": ""})
        add = kind != "invoices" and bool(old["published_source"])
        found[row.start.year, kind] = {
            "published_low": row.value_low + (old["published_low"] if add else 0),
            "published_high": row.value_high + (old["published_high"] if add else 0),
            "published_source": "; ".join(dict.fromkeys(s for s in (old["published_source"], row.source) if s)),
            "published_basis": BASES[row.basis],
        }
    return found


def source_error(published: pd.DataFrame | None = None) -> float:
    """Return how far prints of one year and concept differ [log, standard deviation], from the table itself.

    Parameters
    ----------
    published : DataFrame, optional
        The table ``revenue``.

    Notes
    -----
    The pooled deviation of logs of yearly outcomes from the mean of their (year, concept), over authors and revisions.
    """
    rows = _yearly(data.read_table("revenue") if published is None else published)
    rows = rows[rows["concept"].isin(CONCEPTS) & (rows["kind"] == "outcome") & (rows["grade"] != "D")]
    rows = rows[~rows["scope"].isin(SCOPES)]
    return spread(rows, ["year", "concept"])


def spread(prints: pd.DataFrame, same: list[str]) -> float:
    """Return how far prints of one thing differ: pooled standard deviation of logs from their mean [log].

    Parameters
    ----------
    prints : DataFrame
        With a column value, and those of `same`.
    same : list of str
        Columns that say which rows print the same thing.

    Examples
    --------
    Two prints of one month, 10 % apart, and a month with one print, which says nothing:

    >>> prints = pd.DataFrame({"month": [1, 1, 2], "value": [100.0, 110.0, 50.0]})
    >>> round(spread(prints, ["month"]), 3)
    0.067
    """
    logs = np.log(prints["value"])
    groups = logs.groupby([prints[column] for column in same])
    free = float((groups.count() - 1).sum())
    return float(np.sqrt(((logs - groups.transform("mean")) ** 2).sum() / free))


def revenue_by_concept(p: xr.Dataset | None = None, *, seed: int = 2019) -> pd.DataFrame:
    """Return revenue by concept beside every published row, with the author and the day it was published.

    Parameters
    ----------
    p : Dataset, optional
        As from `record`.
    seed : int
        Of the source error.

    Returns
    -------
    DataFrame
        One row per published figure: year, period, concept, author, kind, grade, scope, published (day), value; p10,
        p50, p90 of the model over the same months; low and high, the 80 % band of what a source would print, source
        error inside [USD million]; inside, whether the figure lies in it; not_compared: why there is no band; and
        not_scored: why the figure, though printed under the name, is not the concept or too weak to count.

    Notes
    -----
    ``printed = model total x exp(s u)``, ``s`` from `source_error`.
    """
    run = (record() if p is None else p).isel(scenario=0)
    table = data.read_table("revenue").fillna({"scope": ""}).reset_index(drop=True)
    error = np.exp(source_error(table) * streams.normal(seed, "source error", (), draws=run.sizes["draw"]))
    months = pd.DatetimeIndex(run["month"].to_index())
    rows = []
    for row in table.itertuples():
        out = {name: getattr(row, name) for name in ("year", "period", "concept", "author", "kind", "grade", "scope")}
        out |= {"published": row.published.date().isoformat(), "value": row.value}
        span, why = _comparable(row, months)
        if not why:
            total = _total(run, str(row.concept), row.scope).sel(month=span).sum("month").to_numpy()
            out |= dict(zip(("p10", "p50", "p90"), np.quantile(total, PUBLISHED_BAND), strict=True))
            out["low"], out["high"] = np.quantile(total * error, (0.1, 0.9))
            out["inside"] = bool(out["low"] <= row.value <= out["high"])
        weak = "weak or implied (grade D)" if row.grade == "D" else ""
        rows.append(out | {"not_compared": why, "not_scored": SCOPES.get(row.scope, "") or weak})
    return pd.DataFrame(rows)


def _comparable(row: Any, months: pd.DatetimeIndex) -> tuple[pd.DatetimeIndex | None, str]:
    """Return the months of a published figure and why they cannot be compared, or an empty text."""
    if row.concept not in CONCEPTS:
        return None, "another concept"
    span = _months(str(row.period))
    if span is None:
        return None, "days, not months"
    if span[0] < months[0] or span[-1] > months[-1]:
        return None, f"outside {months[0]:%Y-%m} to {months[-1]:%Y-%m}, where facts of access and settlement are dated"
    return span, ""


def _total(run: xr.Dataset, concept: str, scope: Any) -> xr.DataArray:
    if scope == "net_of_imports":
        return run["gross_export_value"] - run["import_bill"]
    if scope == "cash_paid":
        return run["cash_import_bill"]
    return run[CONCEPTS[concept]]


def price_checks() -> pd.DataFrame:
    """Return the price at origin that the dated gaps give on days when one was printed.

    Returns
    -------
    DataFrame
        Index date; market, brent, gap_low, gap, gap_high, at_origin and its low and high, and the printed range
        [USD/bbl].

    Notes
    -----
    ``realised_price = brent - gap``. 9 March 2020: a netback at Brent 37; January 2026: first US-run sales, at the
    month's Brent.
    """
    from .assumptions import load_assumptions

    facts = load_assumptions().facts
    monthly = data.load_history()["brent"]
    rows = []
    for row in data.read_table("origin_prices").itertuples():
        month = pd.Period(row.date, "M")
        date, market = f"{row.date:%Y-%m-%d}" if np.isfinite(row.brent) else str(month), str(row.market)
        brent = float(row.brent) if np.isfinite(row.brent) else float(monthly.loc[month.to_timestamp()])
        dated = facts[f"gap_{market}"]
        value = dated[max(known for known in dated if known <= str(month))]
        narrow, gap, wide = (float(v) for v in (value if isinstance(value, tuple) else (value, value, value)))
        found = {"date": date, "market": market, "brent": brent, "gap_low": narrow, "gap": gap, "gap_high": wide}
        found |= {"at_origin": brent - gap, "low": brent - wide, "high": brent - narrow}
        rows.append(found | {"printed_low": float(row.low), "printed_high": float(row.high)})
    return pd.DataFrame(rows).set_index("date")


def scored(table: pd.DataFrame) -> pd.DataFrame:
    """Return, by concept, how many published yearly outcomes the bands hold and on which side of the centre they lie.

    Parameters
    ----------
    table : DataFrame
        As from `revenue_by_concept`; the last print of each author counts, and figures of the same concept.

    Returns
    -------
    DataFrame
        Index concept and "all": rows, inside, share [1], centre_above (published below the median), centre_below,
        and width (high over low, square root: the ×/÷ of the band) [1].
    """
    rows = _yearly(table)
    rows = rows[(rows["not_compared"] == "") & (rows["kind"] == "outcome")]
    rows = rows.sort_values("published").groupby(["year", "concept", "author"], as_index=False).last()
    same = rows[rows["not_scored"] == ""]
    parts = [("all", same), ("all, whatever they count", rows), *same.groupby("concept")]
    return pd.DataFrame(
        {
            name: {
                "rows": len(part),
                "inside": int(part["inside"].sum()),
                "share": float(part["inside"].mean()),
                "centre_above": int((part["p50"] > part["value"]).sum()),
                "centre_below": int((part["p50"] < part["value"]).sum()),
                "width": float(np.sqrt(part["high"] / part["low"]).median()),
            }
            for name, part in parts
        }
    ).T.rename_axis("concept")


def _yearly(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["period"].astype(str).str.fullmatch(r"\d{4}")]


def _months(period: str) -> pd.DatetimeIndex | None:
    first, _, last = period.partition("/")
    if len(first) > 7 or len(last) > 7:
        return None
    return pd.date_range(pd.Period(first).start_time, pd.Period(last or first).end_time, freq="MS")


def _last_month() -> pd.Period:
    return pd.Period(data.load_history()["production"].dropna().index[-1], "M")
