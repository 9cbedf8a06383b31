"""Shares of one whole: what the markets take of the crude offered for cash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vzmodel.scenarios import START, Value

PREFIX = "market_share_"
ROUNDING = 1e-6
"""Sums may exceed one by this much [1]: thirds do not add up in decimals."""


def refuse_above_one(shares: Mapping[str, float], where: str) -> None:
    """Raise ValueError if the central shares of the markets add up to more than one.

    Parameters
    ----------
    shares : dict of float
        Central value by assumption [1].
    where : str
        How the error names the set.

    Notes
    -----
    Markets are drawn each on its own, so that the sum of a draw is not that of the central values: a draw is scaled to
    one, which leaves the middle of the draws where the central values are. Scaling the central values themselves would
    give every market a share that nobody stated.

    Examples
    --------
    >>> refuse_above_one({"market_share_us": 0.7, "market_share_china": 0.5}, "my update")
    Traceback (most recent call last):
    ...
    ValueError: my update: market_share_us 0.7, market_share_china 0.5 add up to 1.2 [1]; shares of one whole must lie \
between 0 and 1 together: lower the others, or close a market with access_volume_<market>
    """
    total = sum(shares.values())
    if total > 1 + ROUNDING:
        parts = ", ".join(f"{name} {value:g}" for name, value in shares.items() if value)
        raise ValueError(
            f"{where}: {parts} add up to {total:g} [1]; shares of one whole must lie between 0 and 1 together: lower "
            "the others, or close a market with access_volume_<market>"
        )


def by_date(
    changes: Mapping[str, Mapping[str, Value]], central: Mapping[str, float], facts: Mapping[str, Mapping[str, Value]]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the central shares in force from each month in which one of them changes.

    Parameters
    ----------
    changes : dict of dict
        A scenario's dated changes of shares.
    central : dict of float
        The assumptions' own central values [1]: every share, in their order.
    facts : dict of dict
        Dated facts, where the run is over the past; empty otherwise.
    """
    dates = {when for dated in changes.values() for when in dated}
    first = min(dates, default=START, key=_order)
    dates |= {when for name in central for when in facts.get(name, {}) if _order(when) >= _order(first)}
    for when in sorted(dates, key=_order):
        own = {name: _in_force(facts.get(name, {}), when, central[name]) for name in central}
        yield when, {name: _in_force(changes.get(name, {}), when, value) for name, value in own.items()}


def _order(when: str) -> str:
    return "" if when == START else when


def _in_force(dated: Mapping[str, Any], when: str, otherwise: float) -> float:
    past = [known for known in dated if _order(known) <= _order(when)]
    value = dated[max(past, key=_order)] if past else "base"
    if value == "base":
        return otherwise
    return float(value[1] if isinstance(value, (tuple, list)) else value)
