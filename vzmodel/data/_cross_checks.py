"""One quantity read from several tables, side by side, with what each disagreement means."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from vzmodel.data._prints import latest
from vzmodel.data._rules import day_means, period_ends, select

AGREE, APART = 3.0, 10.0
"""Readings closer than the first are said to agree, further than the second to conflict [%]."""
API_GRAVITY = 16.0
"""Of Merey 16, by its name; makes barrels out of the tonnes of Chinese customs [degree API]."""
LITRES_A_BARREL = 158.987294928
MOST_DAYS_APART = 200
"""Counts further apart than this are not set side by side [day]."""
COUNTS = [
    "date", "hosts", "sum_of_hosts", "hosts_in_r4v", "of_those", "of_those_r4v", "r4v_region", "with_us_and_spain",
    "r4v_world",
]  # fmt: skip
MARKETS = ["us", "china", "india", "europe", "cuba"]

Tables = Mapping[str, pd.DataFrame]


def cross_checks(tables: Tables) -> dict[str, pd.DataFrame]:
    """Return each cross-check as a table, computed from the tables given.

    Parameters
    ----------
    tables : dict of DataFrame
        As from `load_tables`; cut by `as_of`, they show what disagreed then.

    Returns
    -------
    dict of DataFrame
        ``production`` (sources by year [kb/d]), ``prints`` (first prints against the latest [%]), ``us_imports``
        (months against years [kb/d]), ``migrants`` (hosts against R4V [million persons]), ``unit_values`` (customs
        dollars over barrels against Brent [USD/bbl]) and ``exports`` (destinations against totals [kb/d]). ``attrs``
        hold title, unit and meaning: what the disagreement says.

    Examples
    --------
    >>> list(CHECKS)
    ['production', 'prints', 'us_imports', 'migrants', 'unit_values', 'exports']
    """
    found = {}
    for name, (compute, title, unit, meaning) in CHECKS.items():
        table = compute(tables)
        table.attrs = {"title": title, "unit": unit, "meaning": meaning}
        found[name] = table
    return found


def verdict(percent: float) -> str:
    """Return what a difference in per cent amounts to: agree, apart, conflict, or nothing to compare."""
    if not np.isfinite(percent):
        return "nothing to compare"
    return "agree" if abs(percent) < AGREE else "apart" if abs(percent) < APART else "conflict"


def _series(table: pd.DataFrame, series: str) -> pd.Series:
    return latest(select(table, {"series": series}), ["month"]).set_index("month")["value"].sort_index()


def _yearly(table: pd.DataFrame, series: str) -> pd.Series:
    years = select(table, {"series": series})
    years = latest(years[years["period"].str.len() == 4], ["period"])
    return years.set_index(years["period"].astype(int))["value"]


def _production(tables: Tables) -> pd.DataFrame:
    months, years = tables["production"], tables["production_annual"]
    columns = {
        "eia_months": day_means(_series(months, "eia")),
        "eia_year": _yearly(years, "eia"),
        "jodi_months": day_means(_series(months, "jodi")),
        "opec_direct_year": _yearly(years, "opec_direct"),
        "opec_secondary_year": _yearly(years, "opec_secondary"),
        "opec_secondary_months": day_means(_series(months, "opec_secondary")),
        "energy_institute_year": _yearly(years, "energy_institute"),
    }
    table = pd.concat(columns, axis=1).sort_index().rename_axis("year")
    secondary = table["opec_secondary_year"].fillna(table["opec_secondary_months"])
    table["eia_year_pct"] = 100 * (table["eia_months"] / table["eia_year"] - 1)
    table["jodi_over_eia_pct"] = 100 * (table["jodi_months"] / table["eia_months"] - 1)
    table["secondary_over_eia_pct"] = 100 * (secondary / table["eia_months"] - 1)
    table["jodi_against_eia"] = table["jodi_over_eia_pct"].map(verdict)
    return table.dropna(subset=["eia_months", "jodi_months"], how="all")


def _prints(tables: Tables) -> pd.DataFrame:
    exports = tables["exports"]
    parts = {
        "exports": select(exports, {"series": "total", "freq": "month", "definition": "crude_and_fuel"}).assign(
            month=lambda t: t["period"]
        ),
        **dict(iter(tables["production"].groupby("series", observed=True))),
    }
    rows = {}
    for name, part in parts.items():
        ordered = part.sort_values("published", kind="stable")
        first = ordered[ordered["print"] == "first"].drop_duplicates("month").set_index("month")
        last = latest(part, ["month"]).set_index("month")
        both = first.index.intersection(last.index[(last["print"] == "revised")])
        change = 100 * (last.loc[both, "value"] / first.loc[both, "value"] - 1)
        rows[name] = {
            "months": part["month"].nunique(), "first_prints": len(first), "revised": len(both),
            "mean_change_pct": change.mean(),
            "largest_change_pct": change.loc[change.abs().idxmax()] if len(both) else np.nan,
            "vintages": "pseudo-real-time" if len(first) < part["month"].nunique() / 2 else "as printed",
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("series")


def _us_imports(tables: Tables) -> pd.DataFrame:
    crude = select(tables["us_trade"], {"series": "crude_imports"})
    crude = crude[crude["source"].str.contains("EIA")]
    years = latest(crude[crude["freq"] == "year"], ["period"]).set_index("period")["value"]
    monthly = latest(crude[crude["freq"] == "month"], ["period"])
    months = pd.Series(monthly["value"].to_numpy(), index=pd.to_datetime(monthly["period"])).sort_index()
    known = months.groupby(months.index.year).size()
    table = pd.DataFrame({"months_known": known, "mean": day_means(months, whole=False)})
    years.index = years.index.astype(int)
    table["year"] = years.reindex(table.index)
    days = months.index.days_in_month.to_series(index=months.index).groupby(months.index.year).sum()
    rest = np.where(pd.PeriodIndex(table.index.astype(str), freq="Y").is_leap_year, 366, 365) - days
    table["missing_months_must_average"] = (table["year"] * (days + rest) - table["mean"] * days) / rest.where(rest > 0)
    table["mean_over_year_pct"] = 100 * (table["mean"] / table["year"] - 1)
    whole = table["months_known"] == 12
    table["reading"] = table["mean_over_year_pct"].where(whole).map(verdict).where(whole, "months missing")
    return table.rename_axis("period").dropna(subset=["year"])


def _count_near(counts: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """Return each host's count nearest to a day, none further off than allowed."""
    apart = (counts["date"] - day).abs()
    near = counts.assign(apart=apart)[apart <= pd.Timedelta(days=MOST_DAYS_APART)]
    return near.sort_values("apart", kind="stable").drop_duplicates("host").set_index("host")["value"]


def _migrants(tables: Tables) -> pd.DataFrame:
    migrants = latest(tables["migrants"], ["date", "host", "series"])
    regional = migrants[~migrants["host"].isin(["WLD", "LAC", "USA", "ESP", "REST"])]
    own = migrants[(migrants["series"] == "acs") & (migrants["host"] == "USA") | (migrants["series"] == "ine")]
    r4v = select(migrants, {"series": "r4v"})
    rows = []
    for day in sorted(select(regional, {"series": "unhcr"})["date"].unique()):
        hosts = _count_near(select(regional, {"series": "unhcr"}), day)
        others, printed = _count_near(own, day), _count_near(r4v, day)
        same = printed.index.intersection(hosts.index)
        rows.append({
            "date": day, "hosts": len(hosts), "sum_of_hosts": hosts.sum(), "hosts_in_r4v": len(same),
            "of_those": hosts[same].sum(), "of_those_r4v": printed[same].sum(),
            "r4v_region": printed.get("LAC", np.nan),
            "with_us_and_spain": hosts.sum() + others.sum(min_count=2), "r4v_world": printed.get("WLD", np.nan),
        })  # fmt: skip
    table = pd.DataFrame(rows, columns=COUNTS).set_index("date")
    people = [name for name in COUNTS[1:] if name not in {"hosts", "hosts_in_r4v"}]
    table[people] = table[people].astype("float64") / 1e6
    table["region_pct"] = 100 * (table["sum_of_hosts"] / table["r4v_region"] - 1)
    table["world_pct"] = 100 * (table["with_us_and_spain"] / table["r4v_world"] - 1)
    table["region"] = table["region_pct"].map(verdict)
    return table


def _customs(tables: Tables) -> pd.DataFrame:
    """Return dollars and barrels of each buyer and period, with its freight inside [USD million, million bbl]."""
    customs = latest(tables["customs"], ["period", "buyer", "series"])
    wide = customs.pivot(index=["buyer", "period", "freq"], columns="series", values="value")
    wide = wide.reindex(columns=["value", "volume"]).reset_index()
    tonnes = wide["buyer"].isin(customs.loc[customs["unit"] == "thousand tonnes", "buyer"])
    barrels_a_tonne = 1e6 / LITRES_A_BARREL / (141.5 / (131.5 + API_GRAVITY) * 1000)
    wide["barrels"] = wide["volume"] / 1000 * np.where(tonnes, barrels_a_tonne, 1)
    return wide.rename(columns={"value": "dollars"})


def _american(tables: Tables) -> pd.DataFrame:
    """Return dollars of all goods and barrels of crude, and of crude and products where known, for whole years."""
    trade = latest(tables["us_trade"], ["period", "series", "freq"])
    goods = trade[(trade["series"] == "goods_imports_usd") & (trade["freq"] == "month")]
    by_year = goods.groupby(goods["period"].str[:4])["value"]
    dollars = by_year.sum()[by_year.size() == 12]
    rows = []
    for name, buyer in (("crude_imports", "us (over crude)"), ("petroleum_imports", "us (over crude and products)")):
        years = trade[(trade["series"] == name) & (trade["freq"] == "year")].set_index("period")["value"]
        for year in dollars.index.intersection(years.index[years > 0]):
            days = 366 if pd.Period(year).is_leap_year else 365
            rows.append((buyer, year, "year", dollars[year], years[year] * days / 1000))
    return pd.DataFrame(rows, columns=["buyer", "period", "freq", "dollars", "barrels"])


def _unit_values(tables: Tables) -> pd.DataFrame:
    both = pd.concat([_customs(tables), _american(tables)], ignore_index=True)
    brent = _series(tables["prices"], "brent")
    ends = period_ends(both["period"], "month")
    first = [b.to_period("M") if f == "month" else pd.Period(f"{b.year}-01", "M") for b, f in zip(ends, both["freq"])]
    spans = [brent[a.to_timestamp() : b] for a, b in zip(first, ends)]
    # within a year the months of one buyer count by their barrels
    both["worth"] = [s.mean() if len(s) else np.nan for s in spans] * both["barrels"]
    sums = both.assign(year=ends.dt.year).groupby(["buyer", "year"])[["dollars", "barrels", "worth"]].sum(min_count=1)
    table = pd.DataFrame({
        "million_bbl": sums["barrels"], "usd_per_bbl": sums["dollars"] / sums["barrels"],
        "brent": sums["worth"] / sums["barrels"],
    })  # fmt: skip
    table["under_brent"] = table["brent"] - table["usd_per_bbl"]
    listed = _list_gap(tables["gaps"]).reindex(table.index.get_level_values("year")).to_numpy()
    table["list_price"] = table["brent"] - listed
    table["over_list_price"] = table["usd_per_bbl"] - table["list_price"]
    return table


def _list_gap(gaps: pd.DataFrame) -> pd.Series:
    """Return by year how far the ministry's list price of the whole basket stood under Brent [USD/bbl]."""
    start, end = gaps["start"].dt, gaps["end"].dt
    whole = (start.month == 1) & (end.month == 12) & (start.year == end.year)
    listed = gaps[whole & (gaps["benchmark"] == "brent") & gaps["source"].str.contains("basket")]
    return listed.groupby(listed["start"].dt.year)["low"].last()


def _exports(tables: Tables) -> pd.DataFrame:
    exports = select(tables["exports"], {"freq": "month", "unit": "kb/d", "definition": ["crude_and_fuel", "unstated"]})
    wide = latest(exports, ["period", "series"]).pivot(index="period", columns="series", values="value")
    wide.index = wide.index.str[:7].rename("period")
    table = wide.reindex(columns=["total", *MARKETS])
    table["named"] = table[MARKETS].sum(axis=1, min_count=2)
    table["not_named"] = table["total"] - table["named"]
    over = table["not_named"] < -AGREE / 100 * table["total"]
    table["reading"] = np.where(over, "destinations exceed the total", "fits")
    return table.dropna(subset=["total", "named"])


Check = tuple[Callable[[Tables], pd.DataFrame], str, str, str]
CHECKS: dict[str, Check] = {
    "production": (
        _production, "Output: EIA, JODI, OPEC and the Energy Institute, year by year", "kb/d",
        "EIA's months and year are one vintage and must agree. JODI repeats the government's own figure: 10-21 % "
        "above EIA in 2002-06 and 2008-13, within 2 % of it in 2017-18 and 2022-23, 15 % above in the sanctions "
        "year 2019. OPEC's secondary sources stand 3-10 % below EIA in every year. The Energy Institute follows "
        "the government until 2009 and EIA in 2012-14. A level is worth its source: a join of two sources makes a "
        "jump that never was.",
    ),
    "prints": (
        _prints, "First prints against the latest known", "%",
        "A first print is what an analyst had. Where a series has one late vintage, a backtest on it is pseudo- "
        "real-time: it sees revisions that came later. Exports by tanker tracking are revised by up to 12 % once "
        "cargoes are counted.",
    ),
    "us_imports": (
        _us_imports, "US imports of crude: months against the year", "kb/d",
        "Whole years must agree; where months are missing, those missing must have averaged the figure shown, and "
        "an impossible one (negative, or far from its neighbours) means that a month is another product or print.",
    ),
    "migrants": (
        _migrants, "Venezuelans abroad: sum of hosts against R4V", "million persons",
        "UNHCR's year-ends are one late vintage: recounts lifted 2018-19 by 12-23 % above what R4V printed then, "
        "and from 2020 both rest on the same governments and agree. The world does not close: R4V carries old "
        "counts for the United States and Spain, so the sum with their own surveys (ACS, INE) is higher. A "
        "recount looks like a flow and is none.",
    ),
    "unit_values": (
        _unit_values, "Customs dollars over barrels, against prices", "USD/bbl",
        "European values are delivered, freight inside: 9-13 under Brent for few barrels of heavy crude. American "
        "dollars are all goods: over crude alone an upper bound (products are in; 2010-15 even above Brent), over "
        "crude and products 2-7 above the ministry's list price, which is at origin. Chinese customs see the few "
        "cargoes declared Venezuelan: a floor for barrels, and no price for the rest.",
    ),
    "exports": (
        _exports, "Exports of crude and fuel: named destinations against the total", "kb/d",
        "Destinations are printed for the main buyers only, so the rest is other buyers and cargoes without a "
        "stated port. Destinations above the total mean two prints or two definitions in one month, loaded "
        "against departed.",
    ),
}  # fmt: skip
