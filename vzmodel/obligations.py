"""What falls due and to whom: bonds by their terms, loans repaid in cargoes, awards, arrears and goods imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from . import scenarios
from .calendar import DateLike

RANGE = ("low", "central", "high")


def obligations(tables: Mapping[str, pd.DataFrame], years: Sequence[int]) -> pd.DataFrame:
    """Return what falls due in cash each year: debt service on bonds, what was paid of it, and goods imports.

    Only bonds count as debt service: what China, Rosneft and partners are owed is repaid in cargoes, which are no cash.
    A year's service is the figure printed for it; after the last such year, what the known bonds' terms make due.
    Imports of the last known year stand for later ones; payments made do not.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        From `load_tables`; "debt" and "revenue" are needed, "obligations" and "imports" read if there. Rows for part
        of a year are left out, except payments, which add up to what is known to have been paid.
    years : sequence of int
        Calendar years wanted.

    Returns
    -------
    DataFrame
        Index year, columns service_due, service_paid, goods_imports and the fuel_imports in these [USD million],
        missing where not known, and with a table of imports their _low and _high (10th and 90th percentile);
        ``attrs["from_year"]`` gives, per column and year, the year a figure is from.

    Raises
    ------
    ValueError
        If a table is missing.

    Examples
    --------
    >>> debt = pd.DataFrame({"start": ["2018-01-01"], "date": ["2018-12-31"], "creditor": ["bonds"],
    ...                      "series": ["service_due"], "value": [8000.0], "published": ["2018-02-01"]})
    >>> revenue = pd.DataFrame({"period": ["2018"], "concept": ["goods_imports"], "value": [14900.0],
    ...                         "published": ["2019-05-28"]})
    >>> obligations({"debt": debt, "revenue": revenue}, [2019]).loc[2019, ["service_due", "goods_imports"]].tolist()
    [8000.0, 14900.0]
    """
    for name in ("debt", "revenue"):
        if name not in tables:
            raise ValueError(f"table '{name}' is missing; give tables=load_tables() or owed=")
    wanted = pd.Index([int(y) for y in years], name="year")
    known = {**_service(tables["debt"]), **_imports(tables)}
    if "obligations" in tables and len(wanted):
        first, last = f"{wanted.min()}-01-01", f"{wanted.max()}-12-31"
        by_terms = payments(tables["obligations"], first, last)
        due = by_terms.groupby(by_terms["date"].dt.year)["due"].sum()
        printed = known["service_due"]
        # bonds repaid by then are not in the table, so its terms say too little of years before those printed
        due = due[due.index > printed.index.max()] if len(printed) else due
        known["service_due"] = printed.combine_first(due)
    frame = pd.DataFrame({name: series.reindex(wanted, method=None if name == "service_paid" else "ffill")
                          for name, series in known.items()}, index=wanted, dtype=float)
    from_year = {name: {int(y): int(series.index[series.index <= y].max()) for y in wanted if frame[name].notna()[y]}
                 for name, series in known.items()}
    frame.attrs = {"units": "USD million", "from_year": from_year}
    return frame


def _service(debt: pd.DataFrame) -> dict[str, pd.Series]:
    start, end = pd.to_datetime(debt["start"]), pd.to_datetime(debt["date"])
    whole = (debt["creditor"] == "bonds") & (start.dt.day_of_year == 1) & (end == start + pd.offsets.YearEnd())
    paid = debt["creditor"].str.startswith("bonds") & (debt["series"] == "service_paid")
    return {"service_due": _latest(debt[whole & (debt["series"] == "service_due")], end.dt.year),
            "service_paid": debt[paid].groupby(end[paid].dt.year)["value"].sum()}


def _imports(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.Series]:
    if len(tables.get("imports", ())):
        table = tables["imports"]
        found = {}
        for series, name in (("goods", "goods_imports"), ("fuel", "fuel_imports")):
            rows = table[table["series"] == series]
            for column, suffix in zip(RANGE, ("_low", "", "_high"), strict=True):
                found[name + suffix] = _latest(rows, rows["year"].astype(int), column)
    else:
        revenue = tables["revenue"]
        annual = revenue[revenue["period"].astype(str).str.fullmatch(r"\d{4}")]
        year = annual["period"].astype(int)
        found = {"goods_imports": _latest(annual[annual["concept"] == "goods_imports"], year),
                 "fuel_imports": _latest(annual[annual["concept"] == "fuel_import_bill"], year)}
    # The fuel in a year's imports must be that year's: another year's would take off too much or too little.
    of = found["goods_imports"].index
    return {name: series.reindex(of) if "fuel" in name else series for name, series in found.items()}


def _latest(rows: pd.DataFrame, year: pd.Series, column: str = "value") -> pd.Series:
    return rows.sort_values("published", kind="stable").groupby(year)[column].last().sort_index()


def imports_from(tables: Mapping[str, pd.DataFrame], from_year: Mapping[int, int]) -> pd.DataFrame:
    """Return what goods imports of each year rest on.

    By year: from_year, grade, low, central, high, fuel and without_fuel (central less fuel) [USD million].
    `from_year` is as in ``attrs["from_year"]["goods_imports"]`` of `obligations`; empty without a table of imports.
    """
    table = tables.get("imports", pd.DataFrame(columns=["series", "year", "published", "grade", *RANGE]))
    newest = table.sort_values("published", kind="stable").groupby(["series", "year"]).last()
    rows = {}
    for year, source in from_year.items():
        if ("goods", source) in newest.index:
            goods = newest.loc[("goods", source)]
            fuel = float(newest["central"].get(("fuel", source), np.nan))
            rows[year] = [source, goods["grade"], *map(float, goods[list(RANGE)]), fuel, goods["central"] - fuel]
    columns = ["from_year", "grade", *RANGE, "fuel", "without_fuel"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("year")


def bonds(table: pd.DataFrame) -> pd.DataFrame:
    """Return the last known terms of every bond, index obligation, from the table of obligations."""
    rows = _newest(table[table["kind"] == "bond"])
    return rows.assign(**{name: pd.to_datetime(rows[name]) for name in ("maturity", "unpaid_since")})


def _newest(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values("published", kind="stable").groupby("obligation", sort=True).last()


def payments(table: pd.DataFrame, first: DateLike, last: DateLike) -> pd.DataFrame:
    """Return every payment the bonds' terms make due between two days.

    Coupons fall due half-yearly up to maturity, principal in equal yearly instalments of which the last is at
    maturity. What is owed on payments missed before is in `arrears`, not here.

    Parameters
    ----------
    table : DataFrame
        "obligations" of `load_tables`; bonds that are not counted are left out.
    first, last : date
        First and last day.

    Returns
    -------
    DataFrame
        Columns date, obligation, creditor, interest, principal and due, their sum [USD million], in order of date.

    Examples
    --------
    >>> from vzmodel.data import load_tables
    >>> due = payments(load_tables(as_of="2019-04-01")["obligations"], "2019-01-01", "2019-12-31")
    >>> due[due["obligation"] == "PDVSA 2020 8.5"]["due"].round(1).tolist()
    [71.6, 913.4]
    """
    begin, end = pd.Timestamp(str(first)), pd.Timestamp(str(last))
    rows = [
        {"date": day, "obligation": name, "creditor": bond["creditor"], "interest": interest, "principal": principal,
         "due": interest + principal}
        for name, bond in bonds(table).iterrows() if bond["counted"]
        for day, interest, principal in _terms(bond, begin, end)
    ]  # fmt: skip
    columns = ["date", "obligation", "creditor", "interest", "principal", "due"]
    frame = pd.DataFrame(rows, columns=columns).astype({"date": "datetime64[ns]"})
    return frame.sort_values(["date", "obligation"], ignore_index=True)


def _terms(bond: pd.Series, first: pd.Timestamp, last: pd.Timestamp) -> list[tuple[pd.Timestamp, float, float]]:
    parts = int(bond["instalments"])
    repaid = [bond["maturity"] - pd.DateOffset(years=parts - 1 - k) for k in range(parts)]
    steps = range(2 * max(bond["maturity"].year - first.year + 1, 0), -1, -1)
    days = [bond["maturity"] - pd.DateOffset(months=6 * k) for k in steps]
    out = []
    for day in days:
        if first <= day <= last:
            left = bond["central"] * (1 - sum(r < day for r in repaid) / parts)
            out.append((day, bond["coupon"] / 2 * left, bond["central"] / parts * repaid.count(day)))
    return out


def arrears(table: pd.DataFrame, day: DateLike, *, after_maturity: bool = True) -> pd.DataFrame:
    """Return what has been missed on each bond by a day.

    Parameters
    ----------
    table : DataFrame
        "obligations" of `load_tables`.
    day : date
        Up to and with this day.
    after_maturity : bool
        Whether principal past its date goes on bearing its coupon (simple, half-yearly); holders say so, debtors may
        not. No interest on missed interest.

    Returns
    -------
    DataFrame
        Index obligation; creditor, face, interest missed and principal missed [USD million]; per_100, the interest
        missed per 100 of face: the A of `recovery`.
    """
    end, found = pd.Timestamp(str(day)), {}
    terms = bonds(table)
    for name, bond in terms[terms["counted"] == 1].iterrows():
        since = bond["unpaid_since"]
        due = [] if pd.isna(since) else _terms(bond, since, end)
        interest, principal = sum(d[1] for d in due), sum(d[2] for d in due)
        if after_maturity:
            interest += sum(d[2] * bond["coupon"] / 2 * _half_years(d[0], end) for d in due)
        face = bond["central"]
        found[name] = [bond["creditor"], face, interest, principal, 100 * interest / face]
    columns = ["creditor", "face", "interest", "principal", "per_100"]
    return pd.DataFrame.from_dict(found, orient="index", columns=columns).rename_axis("obligation")


def _half_years(since: pd.Timestamp, day: pd.Timestamp) -> int:
    months = 12 * (day.year - since.year) + day.month - since.month - (day.day < since.day)
    return max(months, 0) // 6


def owed(table: pd.DataFrame, day: DateLike, *, with_arrears: bool = True) -> pd.DataFrame:
    """Return who is owed what on a day, each dollar once.

    Parameters
    ----------
    table : DataFrame
        "obligations" of `load_tables`, as of that day.
    day : date
        Up to which interest on bonds has been missed.
    with_arrears : bool
        Whether to add the interest missed on bonds (its low end: no interest past maturity).

    Returns
    -------
    DataFrame
        Index creditor; low, central, high [USD million] and settlement, largest first. Lows and highs are added as if
        they came together.
    """
    newest = _newest(table[(table["kind"] != "pledge") & (table["kind"] != "service")])
    newest = newest[newest["counted"] == 1]
    out = newest.groupby("creditor")[list(RANGE)].sum()
    out["settlement"] = newest.groupby("creditor")["settlement"].agg(lambda s: " and ".join(sorted(set(s))))
    if with_arrears:
        few, all_ = (arrears(table, day, after_maturity=more).groupby("creditor")["interest"].sum()
                     for more in (False, True))
        for column, extra in zip(RANGE, (few, all_, all_), strict=True):
            out[column] = out[column].add(extra.reindex(out.index).fillna(0.0))
    return out[out["high"] > 0].sort_values("central", ascending=False)


def by_settlement(debt: pd.DataFrame, year: int) -> pd.Series:
    """Return the published service of a year by how it is paid, so that no part is counted twice.

    Parameters
    ----------
    debt : DataFrame
        "debt" of `load_tables`.
    year : int

    Returns
    -------
    Series
        bonds, other_cash (what is left of the total without bilateral lenders) and cargoes_and_central_bank (the rest
        of the total) [USD million]. They add up to the published total.

    Raises
    ------
    ValueError
        If one of the three totals was not published for that year.

    Examples
    --------
    >>> from vzmodel.data import load_tables
    >>> by_settlement(load_tables()["debt"], 2018).tolist()
    [8000.0, 4400.0, 10100.0]
    """
    start, end = pd.to_datetime(debt["start"]), pd.to_datetime(debt["date"])
    rows = debt[(debt["series"] == "service_due") & (start.dt.day_of_year == 1) & (end == start + pd.offsets.YearEnd())
                & (end.dt.year == int(year))]
    total = rows.sort_values("published", kind="stable").groupby("creditor")["value"].last()
    missing = [name for name in ("bonds", "all_less_bilateral", "all") if name not in total]
    if missing:
        raise ValueError(f"no service due was published for {year} of {' and '.join(missing)}")
    parts = [total["bonds"], total["all_less_bilateral"] - total["bonds"], total["all"] - total["all_less_bilateral"]]
    return pd.Series(parts, index=["bonds", "other_cash", "cargoes_and_central_bank"], dtype=float)


def principal(table: pd.DataFrame) -> float:
    """Return the principal that a restructuring would treat alike: all that is counted and not repaid in cargoes.

    Parameters
    ----------
    table : DataFrame
        "obligations" of `load_tables`.

    Returns
    -------
    float
        [USD million]
    """
    newest = _newest(table[~table["kind"].isin(["pledge", "service"])])
    return float(newest.loc[(newest["counted"] == 1) & (newest["settlement"] != "cargoes"), "central"].sum())


def bond_named(table: pd.DataFrame, name: str) -> pd.Series:
    """Return the last known terms of one bond; a ValueError names those there are."""
    found = bonds(table)
    if name not in found.index:
        raise ValueError(f"no bond '{name}'{scenarios.suggest(name, found.index)}; there are {', '.join(found.index)}")
    return found.loc[name]


def monthly_shares(table: pd.DataFrame, months: pd.DatetimeIndex) -> np.ndarray:
    """Return the share of each calendar year's bond service that falls due in each month [1], one twelfth if none."""
    first, last = f"{months[0].year}-01-01", f"{months[-1].year}-12-31"
    due = payments(table, first, last)
    by_month = due.groupby(due["date"].dt.to_period("M"))["due"].sum()
    by_year = due.groupby(due["date"].dt.year)["due"].sum()
    year = by_year.reindex(months.year).to_numpy()
    month = by_month.reindex(months.to_period("M")).fillna(0.0).to_numpy()
    return np.divide(month, year, out=np.full(len(months), 1 / 12), where=np.nan_to_num(year) > 0)
