"""The chapter on claims: who is owed what, whether the dollars cover it, and what a claim is worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from vzmodel import charts, obligations
from vzmodel import claims as reckoning
from vzmodel.charts import claims

from .exhibits import Chapter, Exhibit, band, each, year_of
from .material import Material


def build(m: Material) -> Chapter:
    """Return the chapter."""
    day = str(m.options["as_of"] or m.p["month"].to_index()[0])[:10]
    debt = obligations.owed(m.tables["obligations"], day)
    year = year_of(m.p, "dollar_inflow", m.base)[0]
    return Chapter(
        "claims", "Claims on the dollars",
        ["What falls due is not what is paid: the bonds have been in default since 2017 and 2019, and cargoes still "
         "repay some creditors. Bond service is set against the dollar inflow, imports against all that pays for them, "
         "transfers netted abroad too."],
        sentences(m, debt, day, year), [], exhibits(m, debt, day, year))


def sentences(m: Material, debt: pd.DataFrame, day: str, year: int) -> list[str]:
    """Return the sentences of the first page."""
    one = m.p.sel(scenario=[m.base])
    cover = reckoning.coverage(one, tables=m.tables, q=(0.1, 0.5, 0.9))
    service = cover.loc[(m.base, year, "dollar_inflow", "service_due")]
    both = cover.loc[(m.base, year, "import_financing", "service_and_imports")]
    inflow, paying = year_of(m.p, "dollar_inflow", m.base, year)[1] / 1000, _paying(one, year)
    total = debt[["low", "central", "high"]].sum() / 1000
    return [
        f"Creditors are owed USD {total['central']:,.0f} billion as of {day}, interest missed included; the lowest "
        f"figures for all of them add up to {total['low']:,.0f}, the highest to {total['high']:,.0f}. What falls due "
        f"on bonds in {year}, USD {service['due'] / 1000:.1f} billion{_principal(m, year)}, is "
        f"{100 * service['due'] / 1000 / np.median(inflow):.0f} % of the median dollar inflow of {m.base}, USD "
        f"{np.median(inflow):.1f} billion{_next(cover['due'], m.base, year)}.",
        f"All that pays for imports, USD {band(paying)} billion in {year}, is a wider income than the inflow: it holds "
        "the remittances that pay for imports without passing the exchange market too. It covers bond service and "
        f"imports without fuel {both[0.5]:.2f} ({both[0.1]:.2f} to {both[0.9]:.2f}) times; the chance of a shortfall "
        f"is {100 * both['shortfall_probability']:.0f} %. What falls due is not what is paid: {_paid(m, year)}"]


def _paying(one: xr.Dataset, year: int) -> np.ndarray:
    """Return all that pays for imports in a year, per draw [USD billion]."""
    return reckoning.income_total(one, "import_financing").sel(year=year).isel(scenario=0).to_numpy() / 1000


def _principal(m: Material, year: int) -> str:
    """Say how much of a year's service is principal by the bonds' terms."""
    due = obligations.payments(m.tables["obligations"], f"{year}-01-01", f"{year}-12-31")["principal"].sum() / 1000
    return f" with USD {due:.1f} billion of principal" if due >= 0.05 else ""


def _next(due: pd.Series, base: str, year: int) -> str:
    """Say what the two years after ask for, where the run holds them."""
    keys = [(base, later, "dollar_inflow", "service_due") for later in (year + 1, year + 2)]
    found = [f"USD {due.loc[key] / 1000:.1f} billion in {key[1]}" for key in keys if key in due.index]
    return f"; {' and '.join(found)} fall due" if found else ""


def _paid(m: Material, year: int) -> str:
    """Say what a year of the base repays: nothing on bonds, to others what leaves as cargoes."""
    cargoes = {"swap cargoes (such as those of Eni and Repsol)": "swap_cargoes", "cargoes to lenders": "debt_cargoes"}
    mean = {words: year_of(m.p, name, m.base, year)[1].mean() for words, name in cargoes.items() if name in m.p}
    told = [f"{words}, {value:,.0f} kb/d in the mean of draws" for words, value in mean.items() if value >= 0.5]
    return "nothing is being paid on the bonds" + (
        f", and others are repaid only by {' and '.join(told)}." if told else ", and no cargo repays any other debt.")


def exhibits(m: Material, debt: pd.DataFrame, day: str, year: int) -> list[Exhibit]:
    """Return the chapter's charts."""
    return [
        Exhibit("creditors", "Who is owed what", "Bonds are most of it; what cargoes repay has become small.",
                lambda: (claims.creditors(debt, charts.sheet(size=(6.9, 4.6)), day=day), debt),
                "obligations, no draws"),
        Exhibit("debt_service", "What falls due against the dollar inflow",
                "A line above the band could not be paid in any likely year.",
                each(m.shown, lambda name, ax: claims.service(m.p, name, ax, tables=m.tables, income="dollar_inflow"),
                     lambda name: claims.service_table(m.p, name, m.tables, "dollar_inflow"))),
        Exhibit("imports", "From inflow to imports after service",
                "The last bar is what would be left over, or missing, if service were paid as due.",
                each(m.shown, lambda name, ax: claims.imports(m.p, name, year, ax, tables=m.tables),
                     lambda name: claims.imports_table(m.p, name, year, m.tables), size=(6.9, 3.6))),
        Exhibit("recovery_value", "A restructured claim against the yield at which it trades",
                "Arrears move the value more than the yield does between 9 and 13 percent.",
                lambda: (claims.value(charts.sheet()), reckoning.value_table(
                    rows=("exit_yield", (0.06, 0.08, 0.1, 0.11, 0.12, 0.14, 0.16, 0.18, 0.2)),
                    columns=("arrears", (0, 40, 57, 75)))), "terms, no draws"),
    ]
