"""Every chart in every size and language: nothing cut off, nothing left in English, and each says what it shows."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.text import Text
from typer.testing import CliRunner

import vzmodel as vz
from vzmodel import charts
from vzmodel.charts import files, gallery, language, looks, names, style
from vzmodel.cli import app
from vzmodel.model._dataset import vocabulary
from vzmodel.scenarios import load_scenarios

mpl.use("Agg")
FOLDER = Path(charts.__file__).parent
SLOW = {"causes.counterfactual", "causes.gap", "causes.waterfall", "causes.forest", "evaluation.scoreboard",
        "evaluation.pit", "evaluation.coverage",
        "outages.causes", "remittances.sensitivities", "remittances.totals", "revenue.concepts", "evaluation.rivals",
        "outages.response"}
QUICK = sorted(set(gallery.CHARTS) - SLOW)
RUN = {"draws": 64, "months": 28}


@pytest.fixture(scope="module")
def one_run():
    """Let every chart read the same small run of its scenarios."""
    runs, whole = {}, gallery.Asked.dataset

    def dataset(self, keep=None):
        key = tuple(s.name for s in self.scenarios), keep is None
        if key not in runs:
            runs[key] = whole(self, None if keep is None else list(vocabulary()))
        return runs[key]

    patch = pytest.MonkeyPatch()
    patch.setattr(gallery.Asked, "dataset", dataset)
    yield
    patch.undo()


def drawn(name, size, tongue):
    chart = gallery.draw(name, size=size, language=tongue, **(RUN if gallery.CHARTS[name].scenarios else {}))
    mpl.pyplot.close("all")
    return chart


def cut_off(figure):
    """Return the texts that reach past the edge of a figure."""
    figure.set_dpi(100)
    figure.draw_without_rendering()
    edge, out, unseen = figure.bbox, [], _undrawn(figure)
    for text in figure.findobj(Text):
        box = text.get_window_extent()
        if not text.get_visible() or not text.get_text().strip() or text in unseen:
            continue
        if box.x0 < -2 or box.y0 < -2 or box.x1 > edge.width + 2 or box.y1 > edge.height + 2:
            out.append(text.get_text())
    return out


def _undrawn(figure):
    """Return the labels of ticks that lie outside their axis, which are never drawn."""
    found = []
    for axis in [axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)]:
        shown = axis._update_ticks()
        found += [label for tick in axis.majorTicks + axis.minorTicks for label in (tick.label1, tick.label2)
                  if tick not in shown]
    return found


def words(figure):
    return [t for t in figure.findobj(Text) if t.get_visible() and t.get_text().strip()]


def check_chart(name, size, tongue):
    with language.missed() as missed:
        chart = drawn(name, size, tongue)
    figure = looks.figure_of(chart)
    assert not cut_off(figure), (name, size, tongue)
    assert not set(missed) - set(load_scenarios()), name
    told = charts.alt_text(chart)
    assert re.search(r"\d", told), f"{name} says nothing of its numbers: {told}"
    assert any(re.match(r"(Sources?|Fuentes?|Terms|Términos):|.*(Source|Fuente)s?: ", t.get_text(), re.S)
               for t in words(figure)), f"{name} names no source"
    for text in words(figure):
        colour = mpl.colors.to_hex(text.get_color())
        assert colour == "#ffffff" or looks.contrast(colour) >= 4.5, (name, text.get_text(), colour)


# every fifth with the usual tests, which still meets every size; the others with the slow ones
SPANISH = [pytest.param(name, size, marks=[pytest.mark.slow] * bool(place % 5))
           for place, (name, size) in enumerate(zip(QUICK, itertools.cycle(["web", "report", "slide"])))]


@pytest.mark.parametrize(("name", "size"), SPANISH)
def test_a_chart_fits_its_sheet_and_speaks_spanish(one_run, name, size):
    check_chart(name, size, "es")


@pytest.mark.slow
@pytest.mark.parametrize("size", looks.SIZES)
@pytest.mark.parametrize("name", QUICK)
def test_a_chart_fits_every_sheet_in_english(one_run, name, size):
    check_chart(name, size, "en")


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SLOW))
def test_the_long_charts_fit_and_speak_spanish_too(one_run, name):
    check_chart(name, "report", "es")
    check_chart(name, "web", "en")


def public():
    """Return every chart function of the package by the name that asks for it."""
    found = {}
    for path in FOLDER.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and any(ast.unparse(d) == "style.chart" for d in node.decorator_list):
                found[node.name if path.stem in ("fans", "panels") else f"{path.stem}.{node.name}"] = node
    return found


def test_every_function_that_returns_axes_is_a_chart_of_the_house_and_can_be_asked_for_by_name():
    returning = set()
    for path in FOLDER.glob("*.py"):
        if path.stem in ("style", "labels", "finish"):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if (isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.returns is not None
                    and ast.unparse(node.returns) in ("Axes", "np.ndarray")):
                returning.add(node.name if path.stem in ("fans", "panels") else f"{path.stem}.{node.name}")
    assert returning == set(public()) == set(gallery.CHARTS)


def literal(node):
    """Return a text of the source with its gaps as braces, or None."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return None


def test_every_note_written_in_a_chart_has_its_spanish():
    known = {re.sub(r"{\w+}", "{}", key) for key in language.table()}
    shapes = [re.compile(re.escape(key).replace(r"\{\}", ".*?")) for key in known]
    for name, function in public().items():
        for call in ast.walk(function):
            if not isinstance(call, ast.Call) or ast.unparse(call.func) not in ("style.heading", "style.notes"):
                continue
            for text in filter(None, map(literal, call.args)):
                for sentence in language.sentences(" ".join(text.split())):
                    bare = sentence.strip().removesuffix(" {}")
                    if re.search(r"[a-z]{3}", bare):
                        assert any(s.fullmatch(bare) for s in shapes), f"{name}: {sentence!r} has no Spanish"


def test_every_variable_has_a_short_name_and_a_unit_in_both_languages():
    assert set(names.NAMES) == set(vocabulary())
    for variable, row in vocabulary().items():
        assert names.NAMES[variable] in language.table(), variable
        assert row["unit"] in language.table(), row["unit"]


def test_gaps_of_a_phrase_are_the_same_in_both_languages():
    for english, spanish in language.table().items():
        assert set(re.findall(r"{\w+}", english)) == set(re.findall(r"{\w+}", spanish)), english


def test_spanish_numbers_keep_their_size():
    assert language.said("sold for cash 1,234,567") == "vendido de contado 1.234.567"
    assert language.said("median") == "mediana"
    assert language.said("inflow 12.5") == "ingreso 12,5"
    assert "0.1.0" in language.said("Source: vzmodel 0.1.0, from 2026-09, 4,000 draws, seed 2019.")
    assert language.said("07 Mar 2019") == "07 mar 2019" and language.said("August 2017") == "agosto de 2017"


def test_english_is_left_as_written():
    assert language.said("sold for cash 1,234", "en") == "sold for cash 1,234"


def test_size_and_language_are_seen_in_the_signature_and_the_docstring():
    for chart in (charts.fan, charts.balance.uses, charts.evaluation.rivals, charts.outages.deferred):
        seen = inspect.signature(chart).parameters
        assert {"size", "language"} <= set(seen) and "look" not in seen
        assert 'size : {"report", "slide", "web"}' in chart.__doc__


def fan(one_run, **more):
    p = gallery.Asked(tuple(load_scenarios()[n] for n in ("status_quo",)), None, RUN).dataset()
    return charts.fan(p, "dollar_inflow", "status_quo", ax=charts.sheet(), **more)


def test_a_slide_is_16_by_9_and_a_phone_gets_a_narrow_sheet(one_run):
    sizes = {size: looks.figure_of(fan(one_run, size=size)).get_size_inches() for size in looks.SIZES}
    assert sizes["slide"][0] / sizes["slide"][1] == pytest.approx(16 / 9, rel=0.01)
    assert sizes["web"][0] < sizes["web"][1] and tuple(sizes["report"]) == style.SIZE
    # 7.2 points on 3.9 inches shown 390 px wide
    smallest = min(t.get_fontsize() for t in words(looks.figure_of(fan(one_run, size="web"))))
    assert smallest * 390 / (72 * sizes["web"][0]) >= 8.8


def test_a_house_sets_the_look_of_all_charts_inside_and_gives_it_back(one_run):
    with charts.house(size="slide", language="es"):
        ax = fan(one_run)
        with charts.house(language="en"):
            assert "Dollar inflow" in fan(one_run).get_title(loc="left")
    assert ax.get_title(loc="left").startswith("Ingreso de divisas")
    assert looks.look() == ("report", "en")


def test_an_unknown_look_is_refused_with_those_there_are(one_run):
    with pytest.raises(ValueError, match="no size 'poster'; there are report, slide, web"):
        fan(one_run, size="poster")
    with pytest.raises(ValueError, match="no language 'fr'; there are en, es"):
        fan(one_run, language="fr")
    with pytest.raises(TypeError, match="colour"):
        fan(one_run, colour="red")


def test_the_words_of_a_fan_are_its_last_median_and_band(one_run):
    ax = fan(one_run)
    p = gallery.Asked((load_scenarios()["status_quo"],), None, RUN).dataset()
    values = p["dollar_inflow"].sel(scenario="status_quo").isel(month=-1).to_numpy()
    told = charts.alt_text(ax)
    for share in (0.1, 0.5, 0.9):
        assert f"{np.quantile(values, share):,.0f}" in told
    assert charts.alt_text(charts.sheet()) == ""


@pytest.mark.parametrize("tongue", ["en", "es"])
def test_files_carry_title_and_words_and_are_the_same_byte_for_byte(one_run, tmp_path, tongue):
    made = []
    for turn in ("a", "b"):
        chart = fan(one_run, language=tongue)
        made.append(charts.save(chart, tmp_path / turn / "fan", dpi=60))
    for one, other in zip(*made):
        assert one.read_bytes() == other.read_bytes(), one.suffix
    png, svg, pdf = made[0]
    text = svg.read_text(encoding="utf-8")
    assert f"<desc>{charts.alt_text(chart)}</desc>" in text and 'role="img"' in text
    assert f"<title>{files.title_of(looks.figure_of(chart))}</title>" in text
    assert b"Description" in png.read_bytes() and b"/Subject" in pdf.read_bytes()


@pytest.mark.slow
def test_a_hindcast_forecasts_nothing():
    p = vz.hindcast("2018-01", "2019-12", draws=64, keep=["storage", "production", "exports", "sales"])
    readings, capacity = gallery.records.tanks(vz.load_tables())
    ax = charts.balance.storage(p, "history", readings, charts.sheet(), capacity=capacity)
    assert not [t for t in ax.texts if "forecast" in t.get_text()]
    seen = charts.fan(p, "production", "history", vz.load_history(), charts.sheet())
    assert any(t.get_text() == "as measured" for t in seen.texts)
    assert not [line for line in seen.lines if line.get_color() == style.VERMILION]


def test_labels_stand_beside_their_values_after_the_scale_has_changed(one_run):
    ax = charts.sheet()
    ax.set_ylim(0, 10)
    style.label_right(ax, [(5.0, "half", style.BLUE)])
    ax.set_ylim(0, 20)
    charts.labels.set_apart(ax)
    assert ax.texts[0].xy == (1, 0.25)


def test_panels_of_one_variable_share_a_scale_that_holds_every_band(one_run):
    panels = gallery.draw("small_multiples", ["status_quo", "investment_recovery"], **RUN)
    p = gallery.Asked(tuple(load_scenarios()[n] for n in ("status_quo", "investment_recovery")), None, RUN).dataset()
    top = float(p["dollar_inflow"].quantile(0.95, "draw").max())
    assert all(ax.get_ylim()[1] >= top for ax in panels) and len({ax.get_ylim() for ax in panels}) == 1


@pytest.mark.parametrize(("name", "scenario", "more", "said"), [
    ("fann", None, {}, "did you mean fan"),
    ("fan", "status_qo", {}, "did you mean status_quo"),
    ("fan", None, {"variable": "brnt"}, "did you mean brent"),
    ("fan", None, {"variable": "realised_price"}, "does not add up"),
    ("fan", ["status_quo", "relapse"], {}, "shows one scenario"),
    ("balance.uses", None, {"variable": "brent"}, "takes no variable"),
    ("production.history", "status_quo", {}, "takes no scenario"),
    ("fan", None, {"size": "poster"}, "report, slide, web"),
    ("small_multiples", ["history", "status_quo"], {}, "history is of the past, the others are of the future"),
    ("fan", "history", {"months": 6}, "no use for months: history is run from 2018-01 to 2022-12"),
    ("fan", "history", {"as_of": "2019-04-01"}, "no use for as_of: .* takes draws and seed"),
    ("outages.night_lights", None, {"as_of": "2019-04-01"}, "no use for as_of: it is of the record"),
    ("production.history", None, {"draws": 64}, "no use for draws: .* takes as_of"),
    ("remittances.senders", None, {"months": 3}, "no complete calendar year among 3 months"),
    ("claims.imports", None, {"months": 3}, "no complete calendar year among 3 months"),
])
def test_bad_asking_is_refused_before_anything_runs(monkeypatch, name, scenario, more, said):
    monkeypatch.setattr(gallery.Asked, "dataset", lambda *_: pytest.fail("it ran"))
    with pytest.raises(ValueError, match=said):
        gallery.draw(name, scenario, **more)


def test_the_command_writes_a_file_and_says_what_it_shows(tmp_path, monkeypatch):
    def command(*words):
        return CliRunner().invoke(app, ["chart", *words])

    monkeypatch.chdir(tmp_path)
    done = command("production.history", "--language", "es", "--out", "output.svg", "--json")
    answer = json.loads(done.stdout)
    assert (tmp_path / "output.svg").exists() and answer["chart"] == "production.history"
    assert answer["text"].startswith("Producción de crudo")
    refused = command("fan", "--out", "x.gif")
    assert refused.exit_code == 2 and "png, svg or pdf" in refused.stderr


def test_a_chart_is_written_whole_under_the_very_name_given(tmp_path, monkeypatch):
    ax = charts.sheet()
    assert files.save_as(ax, tmp_path / "X.PNG") == tmp_path / "X.PNG"
    assert [f.name for f in tmp_path.iterdir()] == ["X.PNG"]
    before = (tmp_path / "X.PNG").read_bytes()

    def broken(file, **_):
        Path(file).write_bytes(b"half")
        raise OSError("no space left")

    monkeypatch.setattr(looks.figure_of(ax), "savefig", broken)
    with pytest.raises(OSError, match="no space"):
        files.save_as(ax, tmp_path / "X.PNG")
    assert (tmp_path / "X.PNG").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_a_chart_of_the_record_shows_what_was_known_on_its_day():
    known = gallery.ask("production.history", as_of="2019-04-01")[1].known
    assert str(known.index[-1])[:7] < "2019-04"


def test_the_past_beside_a_forecast_of_2019_is_what_was_known_then(monkeypatch):
    asked = {}
    monkeypatch.setattr(gallery.model, "hindcast", lambda *months, **run: asked.update(run, months=months))
    _, found = gallery.ask("remittances.totals", "seed_2019_base", seed=7)
    gallery._before(found)
    assert asked["months"] == ("2018-01", "2018-12") and asked["as_of"] == "2019-04-01" and asked["seed"] == 7


def test_axes_given_are_the_axes_returned(one_run):
    ax = charts.sheet()
    p = gallery.Asked((load_scenarios()["status_quo"],), None, RUN).dataset()
    assert charts.balance.uses(p, "status_quo", ax, size="slide", language="es") is ax and isinstance(ax, Axes)


def test_a_chart_in_one_corner_leaves_the_others_of_a_callers_figure_alone(one_run):
    left, right = charts.sheet(1, 2)
    note = left.text(0, 0, "median", color="#c9d0d4")
    p = gallery.Asked((load_scenarios()["status_quo"],), None, RUN).dataset()
    charts.balance.trade(p, "status_quo", ax=right, size="slide", language="es")
    assert note.get_text() == "median" and note.get_color() == "#c9d0d4"
    assert looks.figure_of(right).get_size_inches().tolist() == list(style.SIZE)
    assert right.get_title(loc="left").startswith("Producción")
