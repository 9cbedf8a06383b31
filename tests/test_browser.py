"""The report in a real browser: every picture shows, nothing runs off a phone or the paper, nothing is fetched."""

import shutil

import pytest

import vzmodel as vz

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_reads_offline_and_on_a_phone(tmp_path_factory, width):
    play = pytest.importorskip("playwright.sync_api")
    page_file = tmp_path_factory.getbasetemp() / "browser-report" / "index.html"
    if not page_file.is_file():
        page_file = vz.report(page_file.parent, draws=128)
    with play.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=BROWSER, args=FLAGS)
        page = browser.new_page(viewport={"width": width, "height": 844})
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(page_file.as_uri())
        broken = page.evaluate("[...document.images].filter(i => !i.complete || !i.naturalWidth).length")
        pictures = page.evaluate("document.images.length + document.querySelectorAll('svg').length")
        overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        unnamed = page.evaluate("[...document.images].filter(i => !i.alt).length")
        small = page.evaluate("[...document.images].filter(i => i.width < 500).length")
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 1000, "height": 900})
        paper = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        browser.close()
    assert broken == 0 and unnamed == 0 and pictures >= 45
    assert small == 0, "a chart shrunk to a phone's width cannot be read; it scrolls inside its frame instead"
    assert paper <= 0, f"{paper} px run off a landscape sheet"
    assert overflow <= 0, f"{overflow} px run off a screen of {width}"
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_the_page_is_printed_and_linked(tmp_path):
    page = vz.report(tmp_path / "out", chapters=("now", "assumptions"), draws=64, months=24)
    assert (tmp_path / "out" / "report.pdf").read_bytes().startswith(b"%PDF")
    assert 'href="report.pdf"' in page.read_text(encoding="utf-8")
