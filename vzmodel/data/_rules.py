"""What must hold within a table beyond its single cells, and between tables; each rule is read from the descriptor.

A resource may name under ``rules``: ``ordered`` (columns that rise from left to right), ``period`` (the column that
says what a row is about, and whether a date in it means that day or the whole month; ``early`` names the rows that may
be printed before their period ends, such as forecasts), ``lag`` (``exact`` or ``at_least``: how the day of a row whose
``published_basis`` is ``lag`` follows from ``release_lag_days``), ``unbroken`` (series without a missing month),
``explained_in`` (the columns of which one must be filled where the grade is D) and ``sums`` (a total and its parts).
The package names under ``identities`` what must hold between tables.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from vzmodel.scenarios import suggest

RULES = {"ordered", "period", "lag", "unbroken", "explained_in", "sums"}
CHOICES = {"lag": {"exact", "at_least"}, "unit": {"day", "month"}}


def check_rules(resource: dict) -> None:
    """Refuse rules that could not be applied, so that a misspelt one is never passed over.

    Raises
    ------
    ValueError
        If a rule is unknown, or names a column that the table does not have.
    """
    rules, path = resource.get("rules", {}), resource["path"]
    fields = [field["name"] for field in resource["schema"]["fields"]]
    for name in rules:
        if name not in RULES:
            raise ValueError(f"{path}: unknown rule {name!r}{suggest(name, sorted(RULES))}; rules are {sorted(RULES)}")
    period = rules.get("period", {})
    for name, value in (("lag", rules.get("lag")), ("unit", period.get("unit"))):
        if value is not None and value not in CHOICES[name]:
            raise ValueError(f"{path}: rule {name} is {value!r}; use one of {sorted(CHOICES[name])}")
    needed = [*rules.get("ordered", []), *rules.get("explained_in", []), *period.get("early", {})]
    needed += [period["column"], "published"] if period else []
    needed += ["grade"] if "explained_in" in rules else []
    for name in needed:
        if name not in fields:
            raise ValueError(f"{path}: a rule names column {name!r}{suggest(name, fields)}; the table has {fields}")
    if "lag" in rules and "release_lag_days" not in resource:
        raise ValueError(f"{path}: the rule lag needs release_lag_days")
    if not period and {"lag", "unbroken"} & set(rules):
        raise ValueError(f"{path}: the rules lag and unbroken need the rule period, with its column and unit")


def row_faults(resource: dict, table: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """Yield (row position, text) for faults that need more than one column."""
    key = resource["schema"].get("primaryKey") or []
    key = [key] if isinstance(key, str) else key
    if key:
        for i in np.flatnonzero(table.duplicated(key)):
            yield int(i), f": {_shown(table, key, int(i))} stands twice; keep one row"
    rules = resource.get("rules", {})
    order = rules.get("ordered", [])
    for a, b in zip(order, order[1:]):
        for i in np.flatnonzero(table[a] > table[b]):
            yield int(i), f": {a} {_text(table[a].iloc[i])} is above {b} {_text(table[b].iloc[i])}; swap them"
    if "explained_in" in rules:
        silent = table[rules["explained_in"]].isna().all(axis=1) & (table["grade"] == "D")
        for i in np.flatnonzero(silent):
            empty = " and ".join(rules["explained_in"])
            yield int(i), f": graded D, an estimate, and {empty} empty; say what it rests on"
    if "period" in rules:
        yield from _late_enough(resource, table)


def _late_enough(resource: dict, table: pd.DataFrame) -> Iterator[tuple[int, str]]:
    rules = resource["rules"]
    column = rules["period"]["column"]
    ends = period_ends(table[column], rules["period"]["unit"])
    for i in np.flatnonzero(ends.isna() & table[column].notna()):
        way_out = "write 2019, 2019-Q3, 2019-07 or 2019-01/2019-06"
        yield int(i), f", {column}: {table[column].iloc[i]!r} is no period; {way_out}"
    after = (table["published"] - ends).dt.days
    early = after < 0
    for name, values in rules["period"].get("early", {}).items():
        early &= ~table[name].isin(values)
    for i in np.flatnonzero(early):
        print_day, end = _text(table["published"].iloc[i]), _text(ends.iloc[i])
        yield int(i), f", published: {print_day} is before the period ends ({end}); correct either"
    if "lag" in rules:
        lag = pd.Series(resource["release_lag_days"], index=table.index, dtype="float64")
        for name, days in resource.get("release_lag_days_by", {}).items():
            lag = table[name].map(days).astype("float64").fillna(lag)
        wrong = after != lag if rules["lag"] == "exact" else after < lag
        if "published_basis" in table:
            wrong &= table["published_basis"] == "lag"
        for i in np.flatnonzero(wrong & ends.notna()):
            yield int(i), (
                f", published: {after.iloc[i]:.0f} days after the period ends, and the release lag is "
                f"{lag.iloc[i]:.0f} days; correct the day, or call it stated"
            )


def table_faults(resource: dict, table: pd.DataFrame) -> Iterator[str]:
    """Yield the months missing inside series that must have none, and totals that are not the sum of their parts."""
    rules = resource.get("rules", {})
    for series in rules.get("unbroken", []):
        months = pd.DatetimeIndex(table.loc[table["series"] == series, rules["period"]["column"]])
        if len(months):
            for month in pd.date_range(months.min(), months.max(), freq="MS").difference(months):
                yield f": {series} has no row for {month:%Y-%m}; add it, or start the series after the gap"
    for rule in rules.get("sums", []):
        wide = table.pivot_table("value", rule["by"], rule["column"], aggfunc="last", observed=True)
        if {rule["total"], *rule["parts"]} <= set(wide):
            apart = (wide[rule["parts"]].sum(axis=1, skipna=False) - wide[rule["total"]]).dropna()
            for where, gap in apart[apart.abs() > rule["tolerance"]].items():
                yield f": the parts of {_text(where)} are {gap:+g} off their total; correct a row"


def period_ends(periods: pd.Series, unit: str) -> pd.Series:
    """Return the last day of each period, NaT where it cannot be read.

    Parameters
    ----------
    periods : Series of datetime64, int or str
        Days, years, or 2019, 2019-Q3, 2019Q3, 2019-07, 2019-07-01, 2019-01/2019-07.
    unit : {"day", "month"}
        What a full date means: that day, or the month it is in.

    Examples
    --------
    >>> period_ends(pd.Series(["2019", "2019-Q3", "2019-01/2019-06"]), "month").dt.strftime("%m-%d").tolist()
    ['12-31', '09-30', '06-30']
    """
    if pd.api.types.is_datetime64_any_dtype(periods):
        return periods + pd.offsets.MonthEnd(0) if unit == "month" else periods
    known = {value: _period_end(str(value), unit) for value in periods.dropna().unique()}
    return pd.to_datetime(periods.map(known))


def _period_end(text: str, unit: str) -> Any:
    text = text.split("/")[-1].split("T")[0].replace("-Q", "Q")
    try:
        if len(text) == 10 and unit == "day":
            return pd.Timestamp(text)
        return pd.Period(text[:7] if len(text) == 10 else text).end_time.normalize()
    except ValueError:
        return pd.NaT


def identity_faults(identities: list[dict], read: Callable[[str], pd.DataFrame], names: list[str]) -> Iterator[str]:
    """Yield what does not hold between tables.

    Parameters
    ----------
    identities : list of dict
        The package's ``identities``: ``mean_of_months`` (a year is the mean of its days), ``equal`` (two tables give
        one value for the same period) or ``member`` (a name of one table stands in another).
    read : function
        Gives a table by name.
    names : list of str
        Every table.
    """
    kinds = {"mean_of_months": _mean_of_months, "equal": _equal, "member": _member}
    for rule in identities:
        if rule["kind"] not in kinds:
            raise ValueError(f"identity {rule['title']!r}: unknown kind {rule['kind']!r}; use one of {sorted(kinds)}")
        for text in kinds[rule["kind"]](rule, read, names):
            yield f"{rule['title']}: {text}"


def select(table: pd.DataFrame, where: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows whose columns hold one of the values named for each."""
    for column, values in where.items():
        table = table[table[column].isin(values if isinstance(values, list) else [values])]
    return table


def day_means(months: pd.Series, whole: bool = True) -> pd.Series:
    """Return the mean over the days of each year of a monthly series; only years with all twelve months if `whole`."""
    months = months.dropna()
    weighted = pd.DataFrame({"sum": months * months.index.days_in_month, "days": months.index.days_in_month})
    by_year = weighted.groupby(months.index.year)
    means = by_year["sum"].sum() / by_year["days"].sum()
    return means[by_year.size() == 12] if whole else means


def _values(part: dict, read: Callable[[str], pd.DataFrame]) -> pd.Series:
    table = select(read(part["table"]), part.get("where", {}))
    column = part.get("period", "month")
    return table.sort_values("published", kind="stable").drop_duplicates(column, keep="last").set_index(column)["value"]


def _mean_of_months(rule: dict, read: Callable[[str], pd.DataFrame], names: list[str]) -> Iterator[str]:
    months, years = _values(rule["months"], read), _values(rule["years"], read)
    months.index, years.index = pd.DatetimeIndex(months.index), years.index.astype(int)
    means = day_means(months)
    for year in means.index.intersection(years.index):
        apart = means[year] / years[year] - 1
        if abs(apart) > rule["tolerance"]:
            both = f"months {means[year]:.1f} against {years[year]:.1f} for the year"
            yield f"{year}, {both}, {apart:+.1%}; correct either"


def _equal(rule: dict, read: Callable[[str], pd.DataFrame], names: list[str]) -> Iterator[str]:
    left, right = _values(rule["left"], read), _values(rule["right"], read)
    for period in left.index.intersection(right.index):
        if abs(left[period] - right[period]) > rule["tolerance"] * abs(right[period]):
            yield f"{_text(period)}, {left[period]:g} against {right[period]:g}; correct either"


def _member(rule: dict, read: Callable[[str], pd.DataFrame], names: list[str]) -> Iterator[str]:
    tables = fnmatch.filter(names, rule["of"]["table"])
    known = {str(name) for table in tables for name in read(table)[rule["of"]["column"]].dropna()}
    for name in sorted(set(read(rule["table"])[rule["column"]].dropna().astype(str)) - known):
        yield f"{name!r} is in {rule['table']} and not in {rule['of']['table']}{suggest(name, sorted(known))}"


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_text(v) for v in value)
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(table: pd.DataFrame, columns: list[str], i: int) -> str:
    return ", ".join(f"{name} {_text(table[name].iloc[i])}" for name in columns)
