"""The sliders in a real JupyterLab in a real browser: one is moved by keyboard, and chart and table answer."""

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]
CELL = 'import vzmodel as vz\nvz.explore("status_quo", months=18, draws=64)'
PATIENCE = 180
"""Longest wait for a server, a kernel or a first answer on a busy machine [second]."""


@pytest.fixture
def lab(tmp_path):
    """Yield the address of a JupyterLab with its token, over a folder with one notebook; it is stopped afterwards."""
    pytest.importorskip("jupyterlab")
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)], metadata={
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}})
    (tmp_path / "work").mkdir()
    nbformat.write(notebook, tmp_path / "work" / "sliders.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    own = {name: str(tmp_path / name.lower()) for name in
           ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "JUPYTERLAB_SETTINGS_DIR",
            "JUPYTERLAB_WORKSPACES_DIR")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.port={port}",
               "--ServerApp.port_retries=0", "--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={token}",
               f"--ServerApp.root_dir={tmp_path / 'work'}", "--allow-root",
               "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with (tmp_path / "lab.log").open("wb") as log:
        server = subprocess.Popen(command, env={**os.environ, **own}, stdout=log, stderr=log, start_new_session=True)
    try:
        yield _answering(f"http://127.0.0.1:{port}", token, server, tmp_path / "lab.log")
    finally:
        _stopped(server)


def _answering(address, token, server, log):
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api?token={token}", timeout=5):
            return f"{address}/lab/tree/sliders.ipynb?token={token}&reset"
        time.sleep(0.3)
    raise AssertionError(f"JupyterLab did not come up:\n{log.read_text(errors='replace')[-2000:]}")


def _stopped(server):
    # the server stops its kernels when it is told to end; what is left of its group is ended with it
    for how in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(20)
    assert server.poll() is not None


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_a_slider_moved_by_keyboard_changes_chart_and_table(lab):
    play = pytest.importorskip("playwright.sync_api")
    with play.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        page.set_default_timeout(PATIENCE * 1000)
        page.goto(lab)
        page.locator(".jp-Notebook .jp-CodeCell .cm-content").first.click()
        page.wait_for_selector(".jp-NotebookPanel-toolbar, .jp-Toolbar-kernelName")
        _kernel_is_ready(page)
        page.keyboard.press("Shift+Enter")
        chart, table = page.locator(".widget-image").first, page.locator(".jp-OutputArea table").first
        chart.wait_for()
        table.wait_for()
        before = _bytes(page, chart), table.inner_text()
        assert re.search(r"Dollar inflow by calendar year", before[1])
        brent = page.locator(".widget-hslider", has_text="Brent [USD/bbl]")
        brent.locator(".noUi-handle").focus()
        for _ in range(10):
            page.keyboard.press("ArrowLeft")
        page.wait_for_function("([old, at]) => document.querySelector(at).innerText !== old",
                               arg=[before[1], ".jp-OutputArea table"])
        page.wait_for_timeout(1500)
        after = _bytes(page, chart), table.inner_text()
        shown = float(brent.locator(".widget-readout").inner_text())
        browser.close()
    assert before[0][:4] == after[0][:4] == [0x89, 0x50, 0x4E, 0x47]
    assert before[0] != after[0] and before[1] != after[1]
    assert shown < 73, "Brent stands at 73 in the status quo and was moved down"
    differences = re.findall(r"\n\d{4}\t[^\t]+\t[^\t]+\t([\u2212+]?[\d,]+)", after[1])
    assert differences and all(text.startswith("\u2212") for text in differences), after[1]


def _kernel_is_ready(page):
    page.wait_for_function("() => { const e = document.querySelector('.jp-Notebook-ExecutionIndicator');"
                           " return e && ['idle', 'unknown'].includes(e.dataset.status); }")


def _bytes(page, image):
    return page.evaluate("async (e) => Array.from(new Uint8Array(await (await fetch(e.src)).arrayBuffer()))",
                         image.element_handle())
