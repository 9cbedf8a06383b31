"""Failures of the grid and what they do to oil, 100,000 draws by 120 months, beside a floor.

``python benchmarks/outages.py`` prints seconds as JSON; the floor draws and writes the same shocks and nothing else.
"""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np

from vzmodel import load_assumptions, outages, streams
from vzmodel.calendar import days, months

DRAWS, MONTHS, BLOCK = 100_000, 120, 1024
SLOTS = {"length": outages.SLOTS, "reach": outages.SLOTS, "moment": outages.SLOTS, "failure": 0, "grid": 0, "held": 0,
         "west": 0, "west length": outages.WEST_SLOTS, "west moment": outages.WEST_SLOTS}  # fmt: skip


def shocks(first: int, draws: int) -> dict[str, np.ndarray]:
    """Return every shock of the block, (month, [slot,] draw)."""
    out = {}
    for name, slots in SLOTS.items():
        shape = (MONTHS, slots) if slots else (MONTHS,)
        kind = streams.normal if "length" in name else streams.uniform
        out[name] = kind(2019, f"benchmark {name}", shape, first, draws)
    return out


def floor(part: tuple[int, int]) -> float:
    """Draw the shocks of a block and read them once."""
    return float(sum(values.sum() for values in shocks(*part).values()))


def block(part: tuple[int, int], a: dict[str, np.ndarray], length: np.ndarray) -> float:
    """Simulate failures and availability of one block of draws and return the mean availability."""
    first, draws = part
    s = shocks(first, draws)
    a = {name: values[:draws] for name, values in a.items()}
    held = (a["outage_state_start"], a["stress_onset"], a["stress_duration"], a["outage_state"])
    state = outages.stressed(np.stack([s["grid"], s["held"]]), *held)
    rate = np.broadcast_to(outages.rate(a), state.shape)
    hours, dark = outages.simulate_failures(s["failure"], s["length"], s["reach"], state, rate, a)
    west = outages.simulate_west(s["west"], s["west length"], rate, a)
    start, west_start = (length[:, None, None] * s[n] for n in ("moment", "west moment"))
    lost = outages.days_by_zone((hours, dark, start), (west, west_start), length, a, outages.SPILL)
    share = outages.availability(
        lost, length, outages.exposures(a), a["own_generation_cover"], a["west_share"], a["rationing_west"]
    )
    return float(share.mean())


def main(draws: int = DRAWS) -> dict[str, float]:
    """Return the seconds of failures and response and of the floor, and their ratio."""
    table = load_assumptions().table
    one = np.ones(BLOCK)
    wanted = (*outages.PRIORS, *(n for n in table.index if table.loc[n, "block"] == "outages"), "extra_heavy_share")
    a = {name: float(table.loc[name, "central"]) * one for name in dict.fromkeys(wanted)}
    length = days(months("2026-09", MONTHS))
    starts = [(first, min(BLOCK, draws - first)) for first in range(0, draws, BLOCK)]
    out = {}
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        list(pool.map(floor, starts[:2]))
        for name, work in (("floor_seconds", floor), ("seconds", partial(block, a=a, length=length))):
            begin = time.perf_counter()
            list(pool.map(work, starts, chunksize=4))
            out[name] = time.perf_counter() - begin
    return {"draws": draws, "months": MONTHS, **out, "ratio": out["seconds"] / out["floor_seconds"]}


if __name__ == "__main__":
    print(json.dumps(main()))
