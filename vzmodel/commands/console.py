"""What the command line prints: tables for people, JSON for programs, one line for a mistake."""

from __future__ import annotations

import json
import math
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Draws = Annotated[int, typer.Option(help="Draws per scenario.")]
Seed = Annotated[int, typer.Option(help="Seed of chance.")]
Months = Annotated[int | None, typer.Option(help="Horizon in months; the scenario's own, or 60, without it.")]
AsOf = Annotated[str | None, typer.Option(metavar="DATE", help="Use only what was published by this day.")]
File = Annotated[Path | None, typer.Option("--scenario-file", help="Scenarios of your own, as TOML.")]
Folder = Annotated[Path | None, typer.Option("--folder", help="A folder with tables of your own.")]
Period = Annotated[Literal["month", "year"], typer.Option("--by", help="Months or calendar years.")]
Differs = Annotated[str, typer.Argument(help="The scenario that differs.")]
Against = Annotated[str, typer.Argument(help="The scenario it is compared with.")]
Year = Annotated[int | None, typer.Option(help="One calendar year; the mean of all without it.")]
Variables = Annotated[
    list[str] | None, typer.Option("--variable", help="Repeat for more; see `vzmodel data show variables`.")
]


class Commands(TyperGroup):
    """Commands that answer bad input, or an extra not installed, with one line on standard error and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except (ValueError, KeyError, OSError, ImportError) as error:
            if isinstance(error, ImportError) and (error.name or "").startswith("vzmodel"):
                raise  # a module of ours is a fault of ours, not an extra
            told = error.args[0] if isinstance(error, KeyError) and error.args else error
            print(f"vzmodel: {' '.join(str(told).split())}", file=sys.stderr)
            ctx.exit(2)


def need(extra: str, *modules: str) -> None:
    """Raise ModuleNotFoundError, before any work is done, unless the modules of an extra are installed."""
    missing = [name for name in modules if find_spec(name) is None]
    if missing:
        raise ModuleNotFoundError(f"this needs {' and '.join(missing)}: pip install 'vzmodel[{extra}]'")


def plain(value: Any) -> Any:
    """Return a value as JSON takes it: months as 2019-04, days as 2019-04-28, missing numbers as null."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(v) for v in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if hasattr(value, "item") and not hasattr(value, "strftime"):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    text = str(value)
    return None if text in {"NaT", "<NA>", "nan"} else text.removesuffix(" 00:00:00")


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a frame, index first; columns that are shares become p10, p50, p90."""
    named = frame.rename(columns=lambda c: f"p{100 * c:g}" if isinstance(c, float) else str(c))
    flat = named.reset_index() if any(frame.index.names) else named
    if "month" in flat and hasattr(flat["month"], "dt"):
        flat["month"] = flat["month"].dt.strftime("%Y-%m")
    return [plain(row) for row in flat.to_dict("records")]


def run_of(p: xr.Dataset) -> dict[str, Any]:
    """Return a run's own description."""
    return json.loads(p.attrs["run"])


def say(answer: dict[str, Any], as_json: bool, *tables: tuple[str, Sequence[dict[str, Any]]]) -> None:
    """Print the answer as JSON, or the tables, each a title and its rows."""
    if as_json:
        print(json.dumps(plain(answer), ensure_ascii=False, allow_nan=False))
        return
    for title, rows in tables:
        show(title, rows)


BANDS = ("p10 to p90 hold uncertain parameters, monthly shocks and the error of the sources at the start; not the "
         "choice of scenario.")


def note(text: str, as_json: bool = False) -> None:
    """Print a line under the tables, folded; nothing beside JSON."""
    if not as_json:
        print(textwrap.fill(text, 100))


def show(title: str, rows: Iterable[dict[str, Any]]) -> None:
    """Print rows as a table with numbers to the right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = [plain(row) for row in rows]
    table = Table(title=Text(title), title_justify="left")
    for column in rows[0] if rows else ():
        number = all(isinstance(row[column], (int, float, type(None))) for row in rows)
        table.add_column(Text(str(column)), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    Console(width=None if sys.stdout.isatty() else 200).print(table if rows else Text(f"{title}: nothing"))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    if isinstance(value, dict):
        return "; ".join(f"{k} {_cell(v)}" for k, v in value.items())
    return ", ".join(map(_cell, value)) if isinstance(value, list) else str(value)


@contextmanager
def progress(text: str) -> Iterator[Callable[[float], None] | None]:
    """Give a callable that moves a bar to a share done [1], or None where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=1.0)
        yield lambda share: bar.update(task, completed=share)
