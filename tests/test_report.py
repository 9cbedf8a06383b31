"""The report: whole or not there, readable offline, every number from the run."""

from __future__ import annotations

import json
import re
import zipfile

import matplotlib as mpl
import pandas as pd
import pytest

import vzmodel as vz
from vzmodel import charts, drivers, reporting
from vzmodel.charts import revenue
from vzmodel.reporting import blackouts, manifest, material, now, page, premise, printing, scoreboard, seed, workbook

SIZE = {"draws": 64, "months": 24, "seed": 5}
FEW = {**SIZE, "chapters": ("seed", "now", "claims", "assumptions"), "pdf": False}
OPTIONS = {"draws": 64, "months": 24, "seed": 5, "as_of": None}
OWN = vz.Scenario("my_case", "Brent at <50> & more", {"brent": {"start": 50}})


def light(chart, path, formats=("png", "svg", "pdf"), dpi=300):
    """Stand in for saving: the figures are drawn, but only the SVG is rendered."""
    path.parent.mkdir(parents=True, exist_ok=True)
    files = [path.with_name(f"{path.name}.{kind}") for kind in formats]
    for file in files:
        file.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    assert charts.style.figure_of(chart).axes
    return files


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target, shares = tmp_path_factory.mktemp("report") / "out", []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "save", light)
        index = vz.report(target, scenarios=[OWN], progress=shares.append, digest=target.parent / "docs", **FEW)
    assert index == target / "index.html"
    assert shares == sorted(shares) and shares[-1] == 1.0
    return target


def test_a_page_needs_no_network_and_fits_a_phone(folder):
    html = (folder / "index.html").read_text(encoding="utf-8")
    assert len(html) < 8_000_000 and 'name="viewport"' in html
    loaded = re.findall(r'<(?:img|script|link|iframe)[^>]+(?:src|href)="([^"]{0,12})', html)
    assert loaded and all(address.startswith("data:") for address in loaded)


def test_links_on_the_page_lead_to_files_of_the_folder(folder):
    html = (folder / "index.html").read_text(encoding="utf-8")
    for address in set(re.findall(r'href="((?:charts|csv)/[^"]+|vzmodel.xlsx|manifest.json)"', html)):
        assert (folder / address).is_file(), address
    names = set(re.findall(r'href="#([^"]+)"', html))
    assert names <= set(re.findall(r'id="([^"]+)"', html))


def test_the_digest_shows_the_findings_and_only_pictures_that_are_there(folder):
    docs = folder.parent / "docs"
    text = (docs / "digest.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", text)
    assert pictures and {name for _, name in pictures} == {f"digest/{p.name}" for p in (docs / "digest").iterdir()}
    assert all(re.search(r"\d", alt) and len(alt) > 60 for alt, _ in pictures), "alternative text has its numbers"
    page_says = re.findall(r"<li><a [^>]+>[^<]+</a> (.*?)</li>", (folder / "index.html").read_text(encoding="utf-8"))
    assert len(re.findall(r"^- \*\*", text, re.M)) == len(page_says) >= 8
    table = [line for line in text.splitlines() if line.startswith("| status_quo |")]
    assert len(table) == 1 and table[0].count("(") == 1
    for block in re.findall(r"(?:^\|.*\n)+", text, re.M):
        assert len({re.sub(r"\\\|", "", row).count("|") for row in block.splitlines()}) == 1


def test_a_digest_never_takes_the_place_of_a_file(tmp_path):
    (tmp_path / "docs").write_text("mine")
    with pytest.raises(NotADirectoryError, match="docs is a file"):
        vz.report(tmp_path / "out", digest=tmp_path / "docs", **FEW)
    assert [p.name for p in tmp_path.iterdir()] == ["docs"]


def test_without_a_browser_there_is_no_pdf_and_the_log_says_so(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(printing.shutil, "which", lambda name: None)
    assert not printing.pdf(tmp_path / "index.html", tmp_path / "report.pdf")
    assert "no PDF: none of chromium" in caplog.text and list(tmp_path.iterdir()) == []


def test_a_browser_that_fails_leaves_no_pdf_and_is_named(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(printing.shutil, "which", lambda name: "/bin/false")
    (tmp_path / "index.html").write_text("x")
    assert not printing.pdf(tmp_path / "index.html", tmp_path / "report.pdf")
    assert "/bin/false ended with 1" in caplog.text and not (tmp_path / "report.pdf").exists()


def test_text_of_a_users_scenario_is_escaped_and_in_the_charts(folder):
    html = (folder / "index.html").read_text(encoding="utf-8")
    assert "Brent at &lt;50&gt; &amp; more" in html and "Brent at <50>" not in html
    of_one = {"dollar_inflow", "dollar_inflow_parts", "debt_service", "imports"}
    of_many = {"dollar_inflow_scenarios", "dollar_inflow_yearly", "production_scenarios", "differences"}
    for slug in of_one | of_many:
        rows = pd.read_csv(folder / "csv" / f"{slug}.csv")
        assert "my_case" in set(rows["scenario"]), slug


def test_findings_are_sentences_with_a_number_and_stand_first(folder):
    html = (folder / "index.html").read_text(encoding="utf-8")
    sentences = re.findall(r"<li>(.*?)</li>", html.split('id="findings"')[1].split("</section>")[0], re.S)
    assert len(sentences) >= 8
    assert all(re.search(r"\d", text) and text.strip().endswith(".") for text in sentences)
    assert html.index('id="findings"') < html.index("<figure>")


def test_every_chart_has_three_pictures_and_its_data(folder):
    slugs = {path.stem for path in (folder / "charts").glob("*.svg")}
    assert len(slugs) >= 15
    for slug in slugs:
        assert (folder / "charts" / f"{slug}.png").is_file() and (folder / "charts" / f"{slug}.pdf").is_file()
        assert len(pd.read_csv(folder / "csv" / f"{slug}.csv")) > 0


def test_the_manifest_names_scenarios_seed_versions_and_every_file(folder):
    told = json.loads((folder / "manifest.json").read_text())
    assert told["call"]["seed"] == 5 and told["call"]["draws"] == 64
    assert "brent" in told["runs"]["now"]["scenarios"]["my_case"]
    assert told["runs"]["seed"]["as_of"].startswith("2019-04-01")
    assert {"python", "numpy", "matplotlib"} <= set(told["versions"])
    present = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()} - {"manifest.json"}
    assert set(told["files"]) == present
    assert told["files"]["index.html"] == manifest.sha256(folder / "index.html")


def test_the_workbook_has_yearly_quantiles_of_both_chapters(folder):
    sheets = pd.read_excel(folder / "vzmodel.xlsx", sheet_name=None)
    assert {"findings", "yearly now", "yearly seed", "scenarios", "assumptions now", "sources"} <= set(sheets)
    rows = sheets["yearly now"]
    inflow = rows[(rows["variable"] == "dollar_inflow") & (rows["scenario"] == "status_quo")]
    assert (inflow["p10"] <= inflow["p50"]).all() and len(inflow)
    assert {"grade", "source"} <= set(sheets["assumptions now"])


def test_a_report_is_replaced_whole_or_stays_as_it_was(folder, monkeypatch):
    before = {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()}

    def fail(*args, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(charts, "save", light)
    monkeypatch.setattr(workbook, "write", fail)
    with pytest.raises(OSError, match="No space left"):
        vz.report(folder, **{**FEW, "chapters": "now"})
    assert {p: p.read_bytes() for p in folder.rglob("*") if p.is_file()} == before
    assert sorted(p.name for p in folder.parent.iterdir()) == ["docs", folder.name]


def test_files_that_are_not_a_report_are_never_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not a report"):
        vz.report(tmp_path, **SIZE)
    with pytest.raises(NotADirectoryError, match="is a file"):
        vz.report(tmp_path / "thesis.txt", **SIZE)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot write the report to .*file.*out"):
        vz.report(tmp_path / "file" / "out", **SIZE)


def test_too_short_a_horizon_and_a_misspelt_scenario_are_refused_before_any_work(tmp_path):
    with pytest.raises(ValueError, match="months is 6; the report needs 24"):
        vz.report(tmp_path / "out", months=6)
    with pytest.raises(ValueError, match="status_quo"):
        vz.report(tmp_path / "out", scenarios=["status_qo"])
    with pytest.raises(ValueError, match="there are seed, now.*did you mean dollars"):
        vz.report(tmp_path / "out", chapters="dolars")
    with pytest.raises(ValueError, match="no chapter asked for"):
        vz.report(tmp_path / "out", chapters=[])
    assert list(tmp_path.iterdir()) == []


def test_a_scenario_joins_the_chapter_of_its_day(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('[late]\ndescription = "x"\nas_of = "2020-03-01"\n[then]\nextends = "seed_2019_base"\n[today]\n'
                    'extends = "status_quo"\n')
    groups, own = material.groups(None, file, None, {reporting.SEED_DAY: seed.NAMES})
    assert own == ["late", "then", "today"]
    assert groups["2020-03-01"][0].name == "late"
    assert "then" in [s.name for s in groups["2019-04-01"]]
    assert groups[""][-1].name == "today"


def test_a_fan_that_holds_everything_scores_full_and_one_beside_it_nothing():
    p = vz.project(["seed_2019_base"], months=24, draws=64)
    middle = charts.fan_table(p, "production", "seed_2019_base")[0.5]
    held = seed.score(p, pd.DataFrame({"production": middle}))
    beside = seed.score(p, pd.DataFrame({"production": 10 * middle}))
    assert held["inside_80_pct"].tolist() == [100.0] and held["median_error_pct"].abs().max() < 1e-9
    assert beside["inside_80_pct"].tolist() == [0.0]


def test_whether_a_premise_came_about_is_read_from_the_facts():
    months = pd.period_range("2019-04", periods=24, freq="M")
    scenarios = vz.load_scenarios()
    base, history = scenarios["seed_2019_base"], pd.DataFrame({"brent": 60.0}, index=months.to_timestamp())
    fell = premise.supposed(scenarios["price_shock"], base, months, history)
    assert fell[["supposed", "in_fact", "held"]].values.tolist() == [[41, 60, 0]]
    assert "brent was supposed at 41 from 2019-10 on and was 60" in premise.told("price_shock", fell, None)
    came = premise.supposed(scenarios["price_shock"], base, months, history.assign(brent=42.0))
    assert premise.told("price_shock", came, None) == ""
    assert premise.supposed(base, base, months, history).empty
    lifted = premise.supposed(scenarios["seed_2019_transition"], base, months, history).set_index("lever")
    assert lifted.loc["access_volume_us", "held"] == 0, "the United States bought nothing from May 2019 to 2022"
    events = vz.load_tables()["events"]
    assert "GL 8 renewed" in premise.told("gl8_lapses", came, events)


def test_a_band_that_holds_every_month_is_called_too_wide_and_early_months_stand_apart():
    p = vz.project(["seed_2019_base"], months=24, draws=64)
    seen = charts.fan_table(p, "production", "seed_2019_base")[0.5].copy()
    held = seed.score(p, pd.DataFrame({"production": seen})).iloc[0]
    seen.iloc[:12] *= 10
    late = seed.score(p, pd.DataFrame({"production": seen})).iloc[0]
    assert (late["inside_80_months_1_12"], late["inside_80_months_13_on"], late["inside_80_pct"]) == (0, 100, 50)
    assert held["last_band_pct"] > 0 and late["crps_pct"] > held["crps_pct"]
    run = seed.with_all_exports(p)
    says = [seed.findings(run, "seed_2019_base", pd.DataFrame([row]), {})[0] for row in (held, late)]
    assert "too wide for a band that held every month" in says[0] and "too wide from month 13 on" in says[1]


def test_a_hundred_dollars_of_gross_are_told_to_the_last_dollar_those_that_stay_first():
    base = material.Material([vz.load_scenarios()["status_quo"]], [], OPTIONS)
    table = revenue.waterfall_table(base.markets, base.base)
    gross, arrives = table["mean"]["Gross export value"], table["mean"]["Oil dollars that arrive"]
    stay, *legs = [float(part.split()[0]) for part in now.spent(table).split("; ")]
    assert stay == pytest.approx(100 * arrives / gross, abs=1) and stay + sum(legs) == 100
    assert min(legs) >= 1
    assert {"Held in escrow", "Not collected, or paid late", "Fuel and diluent for cash"} <= set(table.index)


def test_thirds_of_a_hundred_dollars_add_up_to_a_hundred():
    steps = {"Gross export value": 300, "Held in escrow": -100, "Freight and intermediaries": -100,
             "Oil dollars that arrive": 100}
    told = [int(part.split()[0]) for part in now.spent(pd.DataFrame({"mean": steps})).split("; ")]
    assert sorted(told) == [33, 33, 34]


def test_what_a_recovery_spends_over_the_base_is_that_of_its_scenario():
    scenarios = vz.load_scenarios()
    m = material.Material([scenarios["status_quo"], scenarios["investment_recovery"]], [], OPTIONS)
    more = m.spending("investment_recovery", 2027) - m.spending("status_quo", 2027)
    low, middle, high = scenarios["investment_recovery"].changes["investment"]["2026-10"]
    assert pd.Series(m.spending("investment_recovery", 2027)).median() == pytest.approx(middle, rel=0.05)
    assert (more > 0).all() and low - 5 < pd.Series(more).median() < high


def test_blackouts_stand_beside_the_fall_against_the_month_before_in_days_of_the_months():
    output = pd.Series([1100.0, 1000, 700, 740, 700], pd.date_range("2019-01-01", periods=5, freq="MS"))
    text = blackouts._beside(output, {"first": "2019-02", "last": "2019-05"}, 60)
    fall = 1100 - (28 * 1000 + 31 * 700 + 30 * 740 + 31 * 700) / 120
    assert f"{fall:,.0f} kb/d" in text and f"{100 * 60 / fall:.0f} %" in text and "January 2019" in text
    assert blackouts._beside(output.iloc[1:], {"first": "2019-02", "last": "2019-05"}, 60) == ""


def test_the_last_years_trend_is_told_where_it_was_nearer_than_ours_and_theirs():
    row = pd.Series({"trend_mae_pct": 15.5, "no_change_mae_pct": 51.7, "published_mae_pct": 20.5, "ours_mae_pct": 24.4})
    assert "15.5 %, nearer than the published ones and ours; no change by 51.7 %" in scoreboard._simple(row)
    assert "nearer than ours;" in scoreboard._simple(row.replace(15.5, 22.0))
    assert "nearer" not in scoreboard._simple(row.replace(15.5, 30.0))


def test_no_fact_served_to_april_2019_cites_an_edition_of_later_years():
    facts = vz.load_tables(as_of="2019-04-01")["levers"]
    assert not facts["source"].str.contains("Statistical Review 20(?:19|2\\d)").any()
    rows = vz.load_assumptions(as_of="2019-04-01").table
    assert "2018-21" not in rows.loc["returns", "source"]
    assert vz.load_tables()["levers"]["source"].str.contains("Statistical Review 2025").any()


def test_every_probability_is_a_judgement_with_its_reason(folder):
    stated = {name: s for name, s in vz.load_scenarios().items() if s.probability is not None}
    assert sum(s.probability for s in stated.values()) == pytest.approx(1)
    assert all("Probability (judgement): " in s.source for s in stated.values())
    listed = pd.read_excel(folder / "vzmodel.xlsx", sheet_name="scenarios").set_index("scenario")
    assert listed.loc["status_quo", "probability"] == stated["status_quo"].probability
    assert listed.loc["status_quo", "grade"] == "judgement"


def test_text_that_looks_like_a_formula_stays_text(tmp_path):
    workbook.write(tmp_path / "x.xlsx", {"s": pd.DataFrame({"a": ["=1+1", "b\x07"]})})
    with zipfile.ZipFile(tmp_path / "x.xlsx") as book:
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()


def test_cells_of_the_page_link_only_to_the_web():
    assert page.cell("javascript:alert(1)").link == "" and page.cell("https://a.org/x").link


def test_what_only_judgement_decides_rests_on_judgement_and_pinned_judgement_moves_nothing():
    grades = drivers.spread_by_grade("status_quo", ["other_exports"], months=30, draws=256)
    row = grades.loc[("other_exports", 2027)]
    table = vz.load_assumptions().table.loc["other_exports"]
    assert row.loc[str(table["grade"]), "total"] == pytest.approx(1, abs=0.15)
    assert row.drop([str(table["grade"]), "judgement and scenario"])["total"].max() < 0.05


def test_alone_is_not_above_total_beyond_its_error_and_a_grade_within_a_larger_group_weighs_no_more():
    grades = drivers.spread_by_grade("status_quo", ["dollar_inflow"], months=30, draws=512)
    assert (grades["alone"] <= grades["total"] + 3 * (grades["alone_error"] + grades["total_error"])).all()
    row = grades.loc[("dollar_inflow", 2027)]
    assert row.loc["judgement", "total"] <= row.loc["judgement and scenario", "total"] + 0.1
    assert row.loc["chance", "assumptions"] == 0 < row.loc["judgement", "assumptions"]
    with pytest.raises(ValueError, match="2040 is not a complete year of this run: 2027"):
        drivers.spread_by_grade("status_quo", years=[2040], months=24, draws=32)
    with pytest.raises(ValueError, match="draws is 8"):
        drivers.spread_by_grade("status_quo", draws=8)


@pytest.mark.slow
def test_a_whole_report_draws_real_pictures(tmp_path):
    from matplotlib.image import imread

    index = vz.report(tmp_path / "out", scenarios=[OWN], **SIZE)
    html = index.read_text(encoding="utf-8")
    places = [html.index(f'<section id="{slug}">') for slug in reporting.CHAPTERS]
    assert places == sorted(places) and len(list((tmp_path / "out" / "charts").glob("*.png"))) >= 45
    assert "nan" not in re.sub(r"<[^>]+>", " ", html.split('id="findings"')[1].split("</section>")[0]).lower().split()
    assert 500_000 < index.stat().st_size < 16_000_000
    for slug in ("dollar_inflow", "production", "crude_uses", "deferred_production", "markets", "storage", "brent",
                 "gross_to_cash", "remittances", "migrant_stocks", "debt_service", "imports", "differences"):
        rows = pd.read_csv(tmp_path / "out" / "csv" / f"{slug}.csv")
        assert "my_case" in set(rows["scenario"]), slug
    picture = imread(tmp_path / "out" / "charts" / "dollar_inflow.png")
    assert picture.shape[1] > 1500
    assert mpl.rcParams["svg.hashsalt"] != "vzmodel"
