"""How good forecasts were: backtests, the naive benchmark, and published forecasts scored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import cast

import numpy as np
import pandas as pd

from vzmodel import calendar, forecasting, production, scoring
from vzmodel.calendar import DateLike
from vzmodel.evaluation import _missed
from vzmodel.evaluation._benchmark import benchmark as benchmark
from vzmodel.evaluation._benchmark import ingredients as ingredients
from vzmodel.evaluation._comparison import confidence_set as confidence_set
from vzmodel.evaluation._comparison import diebold_mariano as diebold_mariano
from vzmodel.evaluation._periods import by_period as by_period
from vzmodel.evaluation._published import held as held
from vzmodel.evaluation._published import real_time as real_time
from vzmodel.evaluation._published import score_published as score_published
from vzmodel.evaluation._scoreboard import summary as summary
from vzmodel.evaluation._targets import read_published as read_published
from vzmodel.evaluation._targets import target_months as target_months
from vzmodel.forecasting import QUANTILES, Forecaster, Recipe

DRAWS = 4000


def _simulate_no_change(series: pd.Series, months: int = 24, *, draws: int = DRAWS, seed: int = 0,
                        ceiling: float | None = None) -> np.ndarray:
    """Draw futures that start at the last value and have no drift; parameters as in `forecasting.simulate`."""
    return forecasting.drawn(series, months, draws, seed, ceiling, Recipe(combined=False, momentum=False))


def _no_change(series: pd.Series, months: int = 24, *, quantiles: Sequence[float] = QUANTILES, seed: int = 0,
               ceiling: float | None = None) -> pd.DataFrame:
    """Forecast that nothing changes, with bands calibrated on its own past errors: the benchmark to beat.

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
        series], ``covered`` [1 within p10 to p90, else 0], ``width`` [1, p10 to p90 over p50], ``pit`` [1, share of
        the draws below the outcome] and ``no_change_error`` [unit of the series, outcome less the last value known].

    Raises
    ------
    ValueError
        If no origin has an outcome, a horizon or step is below 1, or first or last lie outside the series less the
        months that a forecast is made from.
    """
    if step < 1 or not horizons or min(horizons) < 1:
        raise ValueError(f"step {step} and horizons {list(horizons)} must be whole months of 1 or more")
    rows, keys = [], []
    truth = _by_month(outcome if outcome is not None else
                      (series(calendar.LATEST.to_timestamp()) if callable(series) else series)).to_dict()
    for origin, before, known in _origins(series, first, last, step):
        gap = (before - known.index[-1]).n
        wanted = [h for h in horizons if before + h in truth and gap + h >= 1]
        if not wanted:
            continue
        paths = forecaster.simulate(known, gap + max(wanted))
        for h in wanted:
            keys.append((origin, h))
            rows.append(_score(paths[gap + h - 1], float(truth[before + h]), float(known.iloc[-1])))
    if not rows:
        raise ValueError(f"no origin from {first} to {last} has an outcome at horizons {list(horizons)} months")
    index = pd.MultiIndex.from_tuples(keys, names=["origin", "horizon"])
    return pd.DataFrame(rows, index=index)


def missed() -> str:
    """Return a page of missed forecasts of output, ours and others', with the numbers of each [kb/d, %], as Markdown.

    The worst of our own from every month of the past, the periods in which bands failed, and published forecasts
    beside ours of the same day.
    """
    from vzmodel import data

    tables = data.load_tables()
    output = data.load_history()["production"].dropna()
    return _missed.page(output, backtest(output, production.forecast), score_published(), tables["interventions"])


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
    known, name = _by_month(series), series.name or "the series"
    if known.empty:
        raise ValueError(f"{name} has no values")
    earliest, latest = known.index[min(forecasting.FEWEST, len(known)) - 1], known.index[-1]
    start = earliest if first is None else calendar.month(first, "first origin")
    stop = latest if last is None else calendar.month(last, "last origin")
    for what, origin in (("first", start), ("last", stop)):
        if not earliest <= origin <= latest:
            raise ValueError(f"{what} origin {origin} must lie within {earliest} to {latest}: {name} begins in "
                             f"{known.index[0]}, a forecast needs {forecasting.FEWEST} months")
    for month in calendar.between(start, stop)[::step]:
        past = known.loc[:month]
        yield month.to_timestamp(), month, past


def _score(draws: np.ndarray, outcome: float, last: float) -> dict[str, float]:
    q = np.quantile(draws, QUANTILES)
    p10, p50, p90 = (float(q[QUANTILES.index(p)]) for p in (0.1, 0.5, 0.9))
    return {"crps": float(scoring.crps(outcome, draws)),
            "pinball": float(scoring.pinball(np.log(outcome), np.log(q), QUANTILES)),
            "p10": p10, "p50": p50, "p90": p90, "outcome": outcome, "covered": float(p10 <= outcome <= p90),
            "width": (p90 - p10) / p50, "pit": float(scoring.pit(outcome, draws)), "no_change_error": outcome - last}
