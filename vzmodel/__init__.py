"""Venezuelan oil output, blackouts, exports, prices and remittances, month by month, in dollars that arrive.

Names are imported when first used; nothing is read or computed on import.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_NAMES = {
    "data": ("load_tables", "load_history"),
    "assumptions": ("load_assumptions", "Assumptions", "estimate"),
    "scenarios": ("load_scenarios", "Scenario"),
    "model": ("project", "hindcast"),
    "summary": ("quantiles", "mixture", "compare", "to_iamc"),
    "drivers": ("bridge", "sensitivity", "discover"),
    "explorer": ("explore",),
    "counterfactual": ("causes",),
    "claims": ("coverage", "recovery"),
    "evaluation": ("backtest", "score_published", "no_change"),
    "reporting": ("report",),
}
_SUBMODULES = (
    "assumptions", "balance", "calendar", "charts", "claims", "cli", "counterfactual", "data", "drivers", "evaluation",
    "explorer", "forecasting", "measurement", "model", "outages", "prices", "production", "remittances", "reporting",
    "revenue", "scenarios", "scoring", "streams", "summary",
)  # fmt: skip
_MODULE_OF = {name: module for module, names in _NAMES.items() for name in names}

__all__ = ["__version__", *_MODULE_OF, *_SUBMODULES]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        value = getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    elif name in _SUBMODULES:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
