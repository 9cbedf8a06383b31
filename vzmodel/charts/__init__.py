"""Charts: Axes in, Axes out, no global style.

`fan` draws any variable of a run; the modules named after the blocks draw what is particular to each; `save` writes
PNG, SVG and PDF that stay the same byte for byte.
"""

from . import balance, causes, claims, evaluation, outages, prices, production, remittances, revenue, scenarios, style
from .fans import fan, fan_table
from .files import save
from .finish import alt_text
from .looks import house
from .panels import small_multiples, small_table
from .style import sheet

__all__ = ["alt_text", "balance", "causes", "claims", "evaluation", "fan", "fan_table", "house", "outages", "prices",
           "production", "remittances", "revenue", "save", "scenarios", "sheet", "small_multiples", "small_table",
           "style"]
