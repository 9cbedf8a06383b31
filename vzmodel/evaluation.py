"""How good forecasts were: backtests, the naive benchmark, and published forecasts scored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import cast

import numpy as np
import pandas as pd

from vzmodel import calendar, forecasting, scoring, streams
from vzmodel.calendar import DateLike
from vzmodel.forecasting import QUANTILES, Forecaster

DRAWS = 4000


def _simulate_no_change(series: pd.Series, months: int = 24, *, draws: int = DRAWS, seed: int = 0,
                        ceiling: float | None = None) -> np.ndarray:
    """Draw futures that start at the last value and have no drift; parameters as in `forecasting.simulate`."""
    known = forecasting.checked(series)
    forecasting.check_request(known, months, draws, ceiling)
    shock, _ = forecasting.shocks(seed, months, draws)
    sd = forecasting.deviations(forecasting.trend(known), months)
    paths = known.iloc[-1] * np.exp(np.cumsum(sd[:, None] * shock, axis=0))
    return paths if ceiling is None else np.minimum(paths, ceiling)


def _no_change(series: pd.Series, months: int = 24, *, quantiles: Sequence[float] = QUANTILES, seed: int = 0,
               ceiling: float | None = None) -> pd.DataFrame:
    r"""Forecast that nothing changes, with the volatility `forecasting.forecast` has: the benchmark to beat.

    Parameters
    ----------
    series, months, quantiles, seed, ceiling
        As in `forecasting.forecast`.

    Returns
    -------
    DataFrame
        Index months, columns quantiles [unit of the series].

    Raises
    ------
    ValueError
        As `forecasting.checked` does.

    Notes
    -----
    .. math:: \log y_{T+h} = \log y_T + \lambda \sum_{i \le h} s_{T+i}\, \varepsilon_i
    """
    paths = _simulate_no_change(series, months, seed=seed, ceiling=ceiling)
    return forecasting.summarise(paths, series, quantiles, ceiling)


_no_change.__name__ = _no_change.__qualname__ = "no_change"
no_change = cast(Forecaster, _no_change)
no_change.simulate = _simulate_no_change


def backtest(series: pd.Series | Callable[[pd.Timestamp], pd.Series], forecaster: Forecaster, *,
             outcome: pd.Series | None = None, first: DateLike | None = None, last: DateLike | None = None,
             step: int = 1, horizons: Sequence[int] = (1, 3, 6, 12, 24)) -> pd.DataFrame:
    """Repeat a forecast as it would have been made at past dates, and score it against what came.

    Parameters
    ----------
    series : Series or callable
        A monthly series, cut after each origin (a late vintage makes this pseudo-real-time); or a function that
        receives a day and returns the series known that day.
    forecaster : callable
        Such as `forecasting.forecast` or `no_change`, with its ``simulate``.
    outcome : Series, optional
        What happened, by month [unit of the series]; default the series itself, or what the function knows today.
    first, last : date, optional
        First and last origin; with a function both days are needed and origins are the first of each month.
    step : int
        Months between origins [1].
    horizons : sequence of int
        Months ahead [1]: of the origin, its own month the last one known; for a function, 1 is the month of the day
        itself, and months since the last reading are nowcast.

    Returns
    -------
    DataFrame
        Index (origin, horizon); ``crps`` [unit of the series], ``pinball`` [log: twice the mean loss of the logs over
        the seven default quantiles, about the error as a share], ``p10``, ``p50``, ``p90``, ``outcome`` [unit of the
        series] and ``covered`` [1 within p10 to p90, else 0].

    Raises
    ------
    ValueError
        If no origin has an outcome, or a horizon or step is below 1.
    """
    if step < 1 or not horizons or min(horizons) < 1:
        raise ValueError(f"step {step} and horizons {list(horizons)} must be whole months of 1 or more")
    rows, keys = [], []
    truth = _by_month(outcome if outcome is not None else
                      (series(pd.Timestamp.today().normalize()) if callable(series) else series)).to_dict()
    for origin, before, known in _origins(series, first, last, step):
        gap = (before - known.index[-1]).n
        wanted = [h for h in horizons if before + h in truth and gap + h >= 1]
        if not wanted:
            continue
        paths = forecaster.simulate(known, gap + max(wanted))
        for h in wanted:
            keys.append((origin, h))
            rows.append(_score(paths[gap + h - 1], float(truth[before + h])))
    if not rows:
        raise ValueError(f"no origin from {first} to {last} has an outcome at horizons {list(horizons)} months")
    index = pd.MultiIndex.from_tuples(keys, names=["origin", "horizon"])
    return pd.DataFrame(rows, index=index)


def _by_month(series: pd.Series) -> pd.Series:
    months = series.index if isinstance(series.index, pd.PeriodIndex) else pd.DatetimeIndex(series.index).to_period("M")
    return pd.Series(series.to_numpy(float), index=months).dropna().sort_index()


def _origins(series: pd.Series | Callable[[pd.Timestamp], pd.Series], first: DateLike | None, last: DateLike | None,
             step: int) -> Iterator[tuple[pd.Timestamp, pd.Period, pd.Series]]:
    """Yield each origin, the month before its first target, and the series known then."""
    if callable(series):
        if first is None or last is None:
            raise ValueError("a function of the day needs first= and last=, the days to forecast from")
        for month in calendar.between(first, last)[::step]:
            day = month.to_timestamp()
            yield day, month - 1, _by_month(series(day))
        return
    known = _by_month(series)
    start = known.index[min(forecasting.FEWEST, len(known)) - 1] if first is None else calendar.month(first)
    stop = known.index[-1] if last is None else calendar.month(last)
    for month in calendar.between(start, stop)[::step]:
        past = known.loc[:month]
        yield month.to_timestamp(), month, past


def _score(draws: np.ndarray, outcome: float) -> dict[str, float]:
    q = np.quantile(draws, QUANTILES)
    p10, p50, p90 = (float(q[QUANTILES.index(p)]) for p in (0.1, 0.5, 0.9))
    return {"crps": float(scoring.crps(outcome, draws)),
            "pinball": float(scoring.pinball(np.log(outcome), np.log(q), QUANTILES)),
            "p10": p10, "p50": p50, "p90": p90, "outcome": outcome, "covered": float(p10 <= outcome <= p90)}


def score_published(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Score published forecasts of crude output beside one made from what was known the day each was issued.

    Parameters
    ----------
    table : DataFrame, optional
        Published forecasts: ``issuer``, ``issued`` (2018, 2018-06 or 2018-06-13; the first day is taken), ``target``
        (2019-12, 2019Q2, 2018H2 or 2019), ``quantity``, ``value`` and optionally ``scenario``, ``unit``, ``outcome``.
        Default: the package's own table ``published_forecasts``.

    Returns
    -------
    DataFrame
        The table's issuer, issued, target, quantity, scenario; ``published``, ``ours_p10``, ``ours_p50``,
        ``ours_p90``, ``outcome`` [kb/d], ``published_error_pct``, ``ours_error_pct`` [%], ``outcome_basis`` and
        ``unscorable`` (the reason, or empty); ``outcome_eia`` [kb/d] and ``published_error_eia_pct`` [%] judge the
        same forecast on EIA's basis where the table has it. Ours is on OPEC's secondary-sources basis and starts from
        the consensus known that day. An outcome the table lacks is the mean of today's consensus.

    Raises
    ------
    ValueError
        If the table lacks a column.
    """
    from vzmodel import data

    rows = data.load_tables()["published_forecasts"] if table is None else table
    missing = {"issuer", "issued", "target", "quantity", "value"} - set(rows.columns)
    if missing:
        raise ValueError(f"published forecasts lack the columns {sorted(missing)}")
    known = lru_cache(maxsize=None)(lambda day: _consensus(data.load_history(as_of=day)))
    today = _consensus(data.load_history())["production"]
    return pd.DataFrame([_published_row(row, known, today) for row in rows.to_dict("records")])


def _consensus(history: pd.DataFrame) -> pd.DataFrame:
    both = history[["production", "production_se"]].dropna()
    return both.set_axis(pd.DatetimeIndex(both.index).to_period("M"), axis=0)


def _published_row(row: dict, known: Callable[[pd.Timestamp], pd.DataFrame], today: pd.Series) -> dict:
    out = {k: row.get(k, "") for k in ("issuer", "issued", "target", "quantity", "scenario")}
    out |= dict.fromkeys(("published", "ours_p10", "ours_p50", "ours_p90", "outcome", "published_error_pct",
                          "ours_error_pct", "outcome_eia", "published_error_eia_pct"), np.nan)
    value, actual, eia = (_number(row.get(k)) for k in ("value", "outcome", "outcome_eia"))
    months, issued = target_months(str(row["target"])), _issue_day(row["issued"])
    out |= {"published": value, "outcome_basis": "", "unscorable": _why_not(row, months, issued)}
    if out["unscorable"] or months is None or issued is None:
        return out
    basis = str(row.get("outcome_basis") or "as published")
    if np.isnan(actual):
        if not months.isin(today.index).all():
            return out | {"unscorable": f"no outcome yet for {row['target']}"}
        actual, basis = _mean(today.loc[months].to_numpy()[:, None], months).item(), "consensus of today"
    try:
        ours = _ours(known(issued), months)
    except ValueError as error:
        return out | {"outcome": actual, "unscorable": f"no forecast of ours on {issued:%Y-%m-%d}: {error}"}
    p10, p50, p90 = np.quantile(ours, [0.1, 0.5, 0.9])
    return out | {"ours_p10": p10, "ours_p50": p50, "ours_p90": p90, "outcome": actual, "outcome_basis": basis,
                  "published_error_pct": 100 * (value / actual - 1), "ours_error_pct": 100 * (p50 / actual - 1),
                  "outcome_eia": eia, "published_error_eia_pct": 100 * (value / eia - 1)}


def _number(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")


def _why_not(row: dict, months: pd.PeriodIndex | None, issued: pd.Timestamp | None) -> str:
    if str(row["quantity"]) not in ("crude production", "crude_production", "production"):
        return f"'{row['quantity']}' is not the level of crude output"
    if str(row.get("unit", "kb/d")) != "kb/d":
        return f"unit is '{row['unit']}', not kb/d"
    if np.isnan(_number(row["value"])):
        return f"'{row['value']}' is no single number"
    if months is None:
        return f"target '{row['target']}' is no month, quarter, half-year or year"
    return "" if issued is not None else f"'{row['issued']}' is no date of issue"


def target_months(target: str) -> pd.PeriodIndex | None:
    """Return the months of a target such as 2019-12, 2019Q2, 2018H2 or 2019; None if it names no such period.

    Examples
    --------
    >>> [str(m) for m in target_months("2019Q2")]
    ['2019-04', '2019-05', '2019-06']
    """
    found = re.fullmatch(r"(\d{4})(?:\.0)?(?:-?([QH])(\d)|-(\d\d)(?:-\d\d)?)?", target.strip())
    if not found:
        return None
    year, part, number, month = found.groups()
    if month:
        first, length = int(month), 1
    elif part:
        length = 3 if part == "Q" else 6
        first = (int(number) - 1) * length + 1
    else:
        first, length = 1, 12
    return calendar.months(f"{year}-{first:02d}", length) if 1 <= first <= 13 - length else None


def _issue_day(issued: object) -> pd.Timestamp | None:
    if isinstance(issued, pd.Timestamp):
        return None if issued is pd.NaT else issued
    found = re.match(r"\d{4}(-\d\d){0,2}(?=$|[ /])", str(issued).strip())
    return calendar.day(found.group(0)) if found else None


def _ours(consensus: pd.DataFrame, months: pd.PeriodIndex) -> np.ndarray:
    """Return draws of the target's mean [kb/d]: months known by then as read, later ones forecast, one level error."""
    known = consensus["production"]
    ahead = (months[-1] - known.index[-1]).n
    paths = forecasting.simulate(known, ahead, draws=DRAWS) if ahead > 0 else np.empty((0, DRAWS))
    held = np.array([paths[(m - known.index[-1]).n - 1] if m > known.index[-1] else
                     np.full(DRAWS, known.get(m, np.nan)) for m in months])
    if np.isnan(held).any():
        raise ValueError(f"output of {months[0]} is not known and no longer to come")
    error = consensus["production_se"].iloc[-1] / known.iloc[-1]
    return _mean(held, months) * np.exp(error * streams.normal(0, "published.level", draws=DRAWS))


def _mean(values: np.ndarray, months: pd.PeriodIndex) -> np.ndarray:
    days = calendar.days(months)
    return np.asarray((values * days[:, None]).sum(axis=0) / days.sum())
