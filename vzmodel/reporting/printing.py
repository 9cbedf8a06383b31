"""The report on paper: the page printed by a browser without a window, where one is installed."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
LONGEST = 240
"""Time the browser may take [s]."""
log = logging.getLogger(__name__)


def browser() -> str | None:
    """Return the browser that prints, or None where none of `BROWSERS` is installed."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def pdf(page: Path, target: Path) -> bool:
    """Print a page as PDF, if a browser is there; a log line says why if not.

    Parameters
    ----------
    page : Path
        The HTML file.
    target : Path
        The PDF file, written whole or not at all.

    Returns
    -------
    bool
        Whether it was written.
    """
    program = browser()
    if program is None:
        log.warning("no PDF: none of %s is installed; the page prints from any browser", ", ".join(BROWSERS))
        return False
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "page.pdf"
        call = [program, "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                "--no-pdf-header-footer", f"--user-data-dir={folder}/profile", f"--print-to-pdf={made}", page.as_uri()]
        if hasattr(os, "geteuid") and os.geteuid() == 0:  # Chromium refuses its sandbox to the superuser
            call.insert(1, "--no-sandbox")
        try:
            done = subprocess.run(call, capture_output=True, timeout=LONGEST, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            log.warning("no PDF: %s failed: %s", program, error)
            return False
        if not made.is_file() or not made.read_bytes().startswith(b"%PDF"):
            told = done.stderr.decode(errors="replace").strip().splitlines()
            log.warning("no PDF: %s ended with %s: %s", program, done.returncode, told[-1] if told else "no word")
            return False
        shutil.copyfile(made, target)
    return True
