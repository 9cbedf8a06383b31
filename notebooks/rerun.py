"""Run the notebooks again in place, with nothing kept but what the cells say.

    python notebooks/rerun.py            # all of them
    python notebooks/rerun.py 03 09      # those whose names begin so

Kept outputs hold no times, no machine and no warnings, so that two runs of the same model give the same file.
"""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from PIL import Image

HERE = Path(__file__).resolve().parent
SECONDS = 600
"""Longest that a cell may take on a slow machine [second]; on a quiet one a whole notebook takes less than 60."""
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
SETUP = """%config InlineBackend.figure_format = "retina"
%config InlineBackend.print_figure_kwargs = {"bbox_inches": "tight", "metadata": {"Software": None}}"""
WIDGETS = "application/vnd.jupyter.widget-view+json"


def notebooks(names: list[str] | None = None) -> list[Path]:
    """Return the notebooks whose names begin with one of those given, or all, in order."""
    found = sorted(HERE.glob("*.ipynb"))
    chosen = [path for path in found if not names or path.name.startswith(tuple(names))]
    if not chosen:
        raise SystemExit(f"no notebook begins with {', '.join(names or [])}; there are "
                         f"{', '.join(path.stem for path in found)}")
    return chosen


def executed(path: Path) -> nbformat.NotebookNode:
    """Return a notebook as it comes out of a fresh kernel, cleaned.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    RuntimeError
        If a cell warns.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(SETUP))
    client = NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", store_widget_state=False,
                            resources={"metadata": {"path": str(HERE)}})
    client.execute()
    del notebook.cells[0]
    return cleaned(notebook)


def cleaned(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Strip what differs between machines and runs that say the same."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat_minor = 5
    count = 0
    for number, cell in enumerate(notebook.cells):
        cell.id, cell.metadata = f"cell-{number:02d}", nbformat.from_dict({})
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        # sliders live only while a kernel runs
        cell.outputs = [output for output in cell.outputs if WIDGETS not in output.get("data", {})]
        for output in cell.outputs:
            if "image/png" in output.get("data", {}):
                output.data["image/png"] = smaller(output.data["image/png"])
            if output.output_type == "stream" and output.name == "stderr":
                raise RuntimeError(f"cell {number} warns: {output.text.strip()}\n{cell.source}")
            if output.output_type == "execute_result":
                output.execution_count = count
    return notebook


def smaller(picture: str) -> str:
    """Return a PNG in base64 with a palette of 128 colours: a third of the size, and charts have few."""
    made = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB").quantize(128, dither=Image.Dither.NONE).save(
        made, format="png", optimize=True)
    return base64.b64encode(made.getvalue()).decode() + "\n"


def main(names: list[str]) -> None:
    """Run notebooks and write them back."""
    for path in notebooks(names):
        notebook = executed(path)
        nbformat.write(notebook, path)
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
