"""Selling less against selling cheaper: what a limit on quantity costs beside a forced discount."""

from __future__ import annotations

import pandas as pd

from .assumptions import load_assumptions
from .calendar import DateLike

MOST_BRENT, MOST_VOLUME = 1_000.0, 10_000.0
"""Bounds of a price [USD/bbl] and a volume [kb/d]: above are other units."""


def limit_or_discount(
    volume: float = 600.0,
    brent: float = 65.0,
    gap: float = 15.0,
    cut: float = 0.2,
    lifting: float | None = None,
    *,
    as_of: DateLike | None = None,
) -> pd.DataFrame:
    """Compare a quantity limit with a forced discount of the same size, in dollars a day.

    Parameters
    ----------
    volume : float
        Blend sold for cash [kb/d].
    brent, gap : float
        Brent and the gap to it at origin [USD/bbl].
    cut : float
        Share of the volume not allowed, or of the price given up [1].
    lifting : float, optional
        Cash cost of lifting saved on a barrel not produced [USD/bbl]; the assumption lifting_cost without it.
    as_of : date, optional
        Diluent and lifting as assumed on that day.

    Returns
    -------
    DataFrame
        Index quantity_limit and forced_discount; columns lost_sales, saved_diluent, saved_lifting and net_loss
        [USD million a day], as_discount, the share of the price that costs as much [1], and barrels_kept, left in the
        ground [kb/d].

    Raises
    ------
    ValueError
        If the cut is outside [0, 1], the volume outside 0 to 10,000, Brent above 1,000, lifting outside 0 to 1,000 or
        the price not above 0.

    Notes
    -----
    ``limit = cut V (p - diluent - lifting)``, ``discount = cut V p``: the limit saves the imported diluent of the
    blend not made, ``extra_heavy_share d imported_share`` of a barrel at ``diluent_price_ratio x Brent``, and lifting
    of the crude part. The discount costs more by exactly that.

    Examples
    --------
    >>> t = limit_or_discount(600, 65, 15, 0.2, lifting=10)
    >>> float(t.loc["forced_discount", "net_loss"])
    6.0
    >>> bool(t.loc["quantity_limit", "net_loss"] < t.loc["forced_discount", "net_loss"])
    True
    """
    price = brent - gap
    a = load_assumptions(as_of=as_of).table["central"]
    cost = float(a["lifting_cost"]) if lifting is None else lifting
    if not (0 <= cut <= 1 and 0 <= volume <= MOST_VOLUME and brent <= MOST_BRENT and 0 < price <= MOST_BRENT
            and 0 <= cost <= MOST_BRENT):
        raise ValueError(
            f"cut {cut:g} [1] must lie between 0 and 1, volume {volume:g} [kb/d] between 0 and {MOST_VOLUME:g}, "
            f"Brent {brent:g} [USD/bbl] be at most {MOST_BRENT:g}, lifting {cost:g} [USD/bbl] between 0 and as much, "
            f"and Brent less gap {gap:g} [USD/bbl] above 0 and no more"
        )
    diluent = a["extra_heavy_share"] * a["diluent_per_blend"] * a["diluent_imported_share"]
    barrels = cut * volume / 1000
    lost = barrels * price
    saved = barrels * diluent * a["diluent_price_ratio"] * brent
    lifted = barrels * (1 - diluent) * cost
    share = cut * (1 - (saved + lifted) / lost) if lost else 0.0
    rows = {
        "quantity_limit": (lost, saved, lifted, lost - saved - lifted, share, cut * volume * (1 - diluent)),
        "forced_discount": (lost, 0.0, 0.0, lost, cut, 0.0),
    }
    columns = ["lost_sales", "saved_diluent", "saved_lifting", "net_loss", "as_discount", "barrels_kept"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)
