"""How people abroad move and what they send: the arithmetic, by month, host and draw."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vzmodel.remittances._migrants import HOSTS


def stock(
    start: np.ndarray,
    growth: np.ndarray,
    damping: np.ndarray,
    extra: np.ndarray,
    wander: np.ndarray | None = None,
    shock: np.ndarray | float = 0.0,
    flow: np.ndarray | float = 0.0,
    room: np.ndarray | None = None,
) -> np.ndarray:
    """Project the people abroad by host.

    Parameters
    ----------
    start : ndarray of shape (host, draw)
        Stock in the month before the first [million persons].
    growth : ndarray of shape (draw,), (host, draw) or (month, host, draw)
        Growth at the start [1/year].
    damping : ndarray of shape (draw,)
        Share of that growth left a month later [1].
    extra : ndarray of shape (month, draw) or (month, host, draw)
        Growth a scenario adds, negative for returns [1/year].
    wander : ndarray of shape (host, draw), optional
        Standard normals [1]: where between its bands the path of each host runs.
    shock, flow : ndarray of shape (draw,) or float
        Monthly surprise in growth [1/year] and yearly surprise in the stock itself [log].
    room : ndarray of shape (draw,), optional
        Most that may yet be added to all hosts together [million persons]; what is left of it slows arrivals, not
        returns.

    Returns
    -------
    ndarray of shape (month, host, draw)
        Stock [million persons], 0 or more.

    Notes
    -----
    ``S_t = S_{t-1} exp((growth damping^t + extra_t) / 12)``, times ``exp(wander sd_t)``, where ``sd_t`` is that of a
    growth that follows ``g_t = damping g_{t-1} + shock e_t``. With `room`, positive growth is multiplied by the share
    of it that is left.

    Examples
    --------
    >>> one = np.ones(1)
    >>> stock(np.full((1, 1), 2.0), 0 * one, one, np.zeros((2, 1))).ravel()
    array([2., 2.])
    """
    added = extra if extra.ndim == 3 else extra[:, None, :]
    t = np.arange(1, len(extra) + 1)[:, None, None]
    step = (growth * damping**t + added) / 12
    if wander is not None:
        first = damping if damping.ndim == 1 else damping[0, 0]
        spread = _spread(len(extra), first, shock, flow)
        step = step + np.diff(spread, axis=0, prepend=0)[:, None, :] * wander
    if room is None:
        return start[None] * np.exp(np.cumsum(step, axis=0))
    now, out = start, np.empty(np.broadcast_shapes(step.shape, start.shape))
    for i, move in enumerate(step):
        left = np.clip(1 - (now.sum(axis=0) - start.sum(axis=0)) / room, 0, 1)
        now = now * np.exp(np.where(move > 0, move * left, move))
        out[i] = now
    return out


def _spread(months: int, damping: np.ndarray, shock: np.ndarray | float, flow: np.ndarray | float) -> np.ndarray:
    stock_var, both, growth_var = np.zeros_like(damping), np.zeros_like(damping), np.zeros_like(damping)
    out = np.empty((months, *damping.shape))
    for t in range(months):
        stock_var = stock_var + 2 * both / 12 + growth_var / 144 + np.square(flow) / 12
        both, growth_var = damping * (both + growth_var / 12), damping**2 * growth_var + np.square(shock)
        out[t] = np.sqrt(stock_var)
    return out


def _mid(value: np.ndarray) -> np.ndarray:
    """Give a dated value a place for hosts: (month, draw) becomes (month, 1, draw)."""
    return value[:, None, :] if value.ndim == 2 else value


def at_start(value: np.ndarray) -> np.ndarray:
    """Return the value in the first month of an assumption that holds for the whole run, shape (draw,) [its unit]."""
    return value[0] if value.ndim > 1 else value


def settled(people: np.ndarray, growth: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Return the share of the people abroad who have been there long enough to send as the others do.

    Parameters
    ----------
    people : ndarray of shape (month, host, draw)
        Stock [million persons].
    growth : ndarray of shape (host, draw)
        Growth in the year before the first month [1/year].
    months : ndarray of shape (draw,) or (month, draw)
        Mean time until someone has settled [month].

    Returns
    -------
    ndarray of shape (month, host, draw)
        Share settled [1].

    Notes
    -----
    ``U_t = U_{t-1} (1 - 1/months) + max(S_t - S_{t-1}, 0)``; the share is ``1 - U/S``.

    Examples
    --------
    Nobody comes, so all have settled:

    >>> settled(np.ones((2, 1, 1)), np.zeros((1, 1)), np.full(1, 18.0)).ravel()
    array([1., 1.])
    """
    came = np.maximum(growth, 0)
    last, out = people[0], np.empty(people.shape)
    pace = 1 / np.broadcast_to(months, (len(people), people.shape[-1]))
    fresh = last * came / (came + 12 * pace[0])
    for t, now in enumerate(people):
        fresh = np.minimum(fresh * (1 - pace[t]) + np.maximum(now - last, 0), now) if t else fresh
        out[t] = 1 - np.divide(fresh, now, out=np.zeros_like(now), where=now > 0)
        last = now
    return out


def shock_state(
    held: np.ndarray, start: np.ndarray, rate: np.ndarray, duration: np.ndarray, chance: np.ndarray | None
) -> np.ndarray:
    """Return how far hosts are shut, as they were in 2020.

    Parameters
    ----------
    held : ndarray of shape (month, draw)
        State given by dated facts or a scenario [1], 0 to 1.
    start : ndarray of shape (draw,)
        Chance that hosts are shut at the origin [1].
    rate : ndarray of shape (draw,) or (month, draw)
        New episodes [1/year].
    duration : ndarray of shape (draw,) or (month, draw)
        Mean length of one [month].
    chance : ndarray of shape (month, draw) or None
        Uniforms [1]; None where the past is known.

    Returns
    -------
    ndarray of shape (month, draw)
        State [1], 0 to 1.

    Examples
    --------
    >>> half = np.full((1, 1), 0.5)
    >>> shock_state(half, np.zeros(1), np.zeros(1), np.ones(1), None).item()
    0.5
    """
    if chance is None:
        return held
    on, out = chance[0] < start, np.empty(chance.shape)
    rate, duration = np.broadcast_to(rate, chance.shape), np.broadcast_to(duration, chance.shape)
    enter = rate / 12
    # staying is likelier than starting, by the same uniform: a higher rate keeps the months of the lower one
    stay = np.maximum(1 - 1 / np.maximum(duration, 1.0), enter)
    for t, u in enumerate(chance):
        if t:
            on = u < np.where(on, stay[t], enter[t])
        out[t] = on
    return np.maximum(held, out)


def transfers(
    people: np.ndarray, propensity: np.ndarray, amount: np.ndarray, income: np.ndarray, level: np.ndarray
) -> np.ndarray:
    """Return the money sent home by host and month.

    Parameters
    ----------
    people : ndarray of shape (month, host, draw)
        Stock [million persons].
    propensity : ndarray of shape (host, draw) or (month, host, draw)
        Share of them who send [1].
    amount : ndarray of shape (host, draw) or (month, host, draw)
        Sent by each sender [USD/year].
    income : ndarray of shape (month, draw) or (month, host, draw)
        What hosts' income, shut borders and costs make of it [1].
    level : ndarray of shape (draw,) or (month, draw)
        Error common to all amounts [1].

    Returns
    -------
    ndarray of shape (month, host, draw)
        Remittances [USD million].

    Examples
    --------
    One million people of whom half send 240 dollars a year send ten million a month:

    >>> o = np.ones((1, 1))
    >>> transfers(np.ones((1, 1, 1)), 0.5 * o, 240 * o, o, np.ones(1)).item()
    10.0
    """
    by_host = income if income.ndim == 3 else income[:, None, :]
    common = level[:, None, :] if level.ndim == 2 else level
    return people * (propensity * amount / 12) * by_host * common


def arriving(
    a: Mapping[str, np.ndarray],
    people: np.ndarray,
    growth: np.ndarray,
    income: np.ndarray,
    beyond: np.ndarray,
    state: np.ndarray,
) -> np.ndarray:
    """Return what arrives by host and month: tenure, income, shut hosts and costs applied.

    Parameters
    ----------
    a : mapping
        Assumptions by name, (draw,) or (month, draw).
    people : ndarray of shape (month, host, draw)
        Stock [million persons].
    growth : ndarray of shape (host, draw)
        Its growth before the first month [1/year].
    income : ndarray of shape (month, host)
        Host income relative to the year of the amounts, as far as known [1].
    beyond : ndarray of shape (month, host)
        Years since the last known income [year].
    state : ndarray of shape (month, draw)
        How far hosts are shut [1].

    Returns
    -------
    ndarray of shape (month, host, draw)
        Remittances [USD million].

    Notes
    -----
    ``R = stock · propensity · habit · (n + (1 - n) settled) · amount/12 · income^e · (1 - state loss) · (1 - cost) ·
    level``.
    """
    months = len(people)
    fresh = _mid(a["newcomer_sending"])
    tenure = fresh + (1 - fresh) * settled(people, growth, a["settling_months"])
    send = np.minimum(by_name(a, "propensity", months) * _mid(a["sending_habit"]), 1.0) * tenure
    earned = income[:, :, None] * np.exp(_mid(a["host_income_growth"]) * beyond[:, :, None])
    net = (1 - state * a["sending_shock_loss"]) * (1 - a["sending_cost"])
    kept = earned ** _mid(a["income_elasticity"]) * net[:, None, :]
    kept[:, HOSTS.index("us")] *= 1 - a["us_tax_effect"]
    return transfers(people, send, by_name(a, "amount", months), kept, a["remittance_level"])


def flows(a: Mapping[str, np.ndarray], months: int, oil: np.ndarray | None = None) -> np.ndarray:
    """Return the growth a run adds to that of the people abroad, by host.

    Parameters
    ----------
    a : mapping
        migration, returns, returns_us, oil_migration_link.
    months : int
    oil : ndarray of shape (month, draw), optional
        Oil income [USD million]; its mean over a year against that of the first year moves migration.

    Returns
    -------
    ndarray of shape (month, host, draw)
        Extra growth [1/year].

    Notes
    -----
    ``extra = migration - returns + link · ln(oil income of 12 months / that of the first 12)``; a positive link says
    that higher oil income lets more people leave, a negative one that it keeps them at home.
    """
    base = a["migration"] - a["returns"] * np.ones((months, 1))
    if oil is not None and np.any(a["oil_migration_link"]):
        total = np.cumsum(np.maximum(oil, 1.0), axis=0)
        year = total.copy()
        year[12:] = total[12:] - total[:-12]
        mean = year / np.minimum(np.arange(1, months + 1), 12)[:, None]
        base = base + a["oil_migration_link"] * np.log(mean / mean[min(11, months - 1)])
    out = np.repeat(base[:, None, :], len(HOSTS), axis=1)
    out[:, HOSTS.index("us")] -= a["returns_us"]
    return out


def by_name(a: Mapping[str, np.ndarray], name: str, months: int | None = None) -> np.ndarray:
    """Stack one assumption over hosts: (host, draw), or (month, host, draw) for dated values, in its own unit [·]."""
    values = [np.asarray(a[f"{name}_{host}"]) for host in HOSTS]
    if any(v.ndim == 2 for v in values):
        draws = values[0].shape[-1]
        return np.stack([np.broadcast_to(v, (months or 1, draws)) for v in values], axis=1)
    return np.stack(values)
