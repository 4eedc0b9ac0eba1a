"""The report in a real browser: nothing leaves, nothing overflows, nobody is shut out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_transfer import FOUND

from affuse.config import load_config
from affuse.report.compare import comparison_html
from affuse.report.document import write_report
from affuse.report.transfer_report import transfer_html

WIDTHS = (1280, 390)
EMOTIONS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
ELSEWHERE = shutil.ignore_patterns("robustness.csv", "training.csv", "map.csv")
"""Of charts that the report of the run has too."""
TALLEST = 6000
"""Pixels of a report as it opens on a desk."""
SCROLLED = """[...document.querySelectorAll("main *")].filter((e) => !e.closest("svg"))
  .filter((e) => ["auto", "scroll"].includes(getComputedStyle(e).overflowX))
  .filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.outerHTML.slice(0, 200))"""


def unfold(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")


@pytest.fixture(scope="module")
def browser(start_chromium: Callable[..., Any]) -> Any:
    return start_chromium()


@pytest.fixture(scope="module")
def tab(browser: Any) -> Iterator[Any]:
    """One for all tests, each of which goes to its page anew."""
    tab = browser.new_page()
    yield tab
    tab.close()


@pytest.fixture
def go(tab: Any) -> Iterator[Callable[..., tuple[Any, list[str]]]]:
    """Goes to a file at a width and in a theme; notes what it asks for and complains of."""
    noted: list[str] = []
    handlers = {
        "console": lambda message: noted.append(message.text),
        "pageerror": lambda error: noted.append(str(error)),
        "request": lambda request: noted.append(request.url),
    }
    for event, handler in handlers.items():
        tab.on(event, handler)

    def go_to(path: Path, width: int = 1280, theme: str = "light") -> tuple[Any, list[str]]:
        tab.set_viewport_size({"width": width, "height": 900})
        tab.emulate_media(color_scheme=theme, media="screen")
        tab.goto(path.as_uri())
        return tab, [item for item in noted if not item.startswith(("file:", "data:"))]

    yield go_to
    for event, handler in handlers.items():
        tab.remove_listener(event, handler)


@pytest.fixture
def opened(go: Callable[..., Any], run_folder: Path) -> Callable[..., tuple[Any, list[str]]]:
    """Goes to the report."""
    return partial(go, run_folder / "report.html")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_is_fit_for_everybody(opened, width, theme):
    """Each width and each theme once: faults of layout are the one's, of contrast the other's."""
    checker = pytest.importorskip("axe_playwright_python.sync_playwright")
    page, noted = opened(width, theme)
    assert noted == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = checker.Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []


@pytest.fixture(scope="module")
def mapped(run_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run with occlusion maps of eight emotions, of sound and of faces.

    It has no other charts: those are in the report of the run.
    """
    folder = tmp_path_factory.mktemp("mapped") / "run"
    shutil.copytree(run_folder, folder, ignore=ELSEWHERE)
    rng = np.random.default_rng(0)
    rows = [
        ("best", modality, emotion, 5, f"{row} of {n_rows}", f"{column} of {n_columns}",
         rng.normal(0, 0.1), share)
        for modality, n_rows, n_columns, share in (("audio", 3, 4, None), ("video", 3, 3, 0.6))
        for emotion in EMOTIONS
        for row in range(n_rows)
        for column in range(n_columns)
    ]  # fmt: skip
    names = ("system", "modality", "emotion", "n_clips", "row", "column", "drop", "face_share")
    pd.DataFrame(rows, columns=names).to_csv(folder / "occlusion.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        for part in ("paired_charts", "examples"):
            patch.setattr(f"affuse.report.document.{part}", lambda run: ())
        patch.setattr("affuse.report.sections.confusion_charts", lambda run: ())
        for part in ("class_recall_chart", "speaker_chart", "reliability_chart"):
            patch.setattr(f"affuse.report.sections.{part}", lambda run: None)
        return write_report(folder, tmp_path_factory.mktemp("mapped") / "report.html")


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_occlusion_maps_are_fit_for_everybody(go, mapped, width, theme):
    checker = pytest.importorskip("axe_playwright_python.sync_playwright")
    page, noted = go(mapped, width, theme)
    assert noted == []
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    part = "section[aria-labelledby=occlusion]"
    charts = page.locator(f"{part} svg")
    assert charts.count() == 2
    ends = charts.evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().right)")
    assert max(ends) <= width
    assert "darkest" not in page.locator(part).text_content(), "the brightest, in the dark"
    found = checker.Axe().run(page, part).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_emotions_with_endless_names_stay_on_the_screen(go, run_folder, tmp_path, width):
    text = (run_folder / "report.html").read_text("utf-8")
    path = tmp_path / "report.html"
    path.write_text(text.replace("angry", "angry" + 300 * "x"), "utf-8")
    page, _ = go(path, width)
    unfold(page)
    assert 300 * "x" in page.content()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_table_is_sorted_by_the_keyboard(opened):
    page, _ = opened()
    button = page.get_by_role("button", name="accuracy %").first
    button.focus()
    page.keyboard.press("Enter")
    ranked = page.locator(".ranked").first
    column = ranked.locator("tbody tr td:nth-child(7)")
    falling = [float(text) for text in column.all_text_contents()]
    assert len(falling) > 6
    assert falling == sorted(falling, reverse=True)
    assert len(ranked.locator("tbody").first.locator("tr").all()) == 5
    page.keyboard.press("Enter")
    assert [float(text) for text in column.all_text_contents()] == falling[::-1]
    # Both parts of the table say so: the first five, and the rest on demand.
    assert ranked.locator("th[aria-sort=ascending]").count() == 2


def test_five_rows_come_first_and_the_rest_on_demand(opened, small_run):
    page, _ = opened()
    ranked = page.locator(".ranked").first
    seen = ranked.locator("tbody tr:visible")
    assert seen.count() == 5
    ranked.locator("summary").focus()
    page.keyboard.press("Enter")
    assert seen.count() == len(small_run.honest)
    assert page.locator(".apart tbody tr:visible").count() == 0


def test_the_first_screen_answers_and_the_page_ends_soon(opened):
    page, _ = opened()
    for name in ("What was tested", "How good is it", "Can it be trusted"):
        box = page.get_by_role("region", name=name).bounding_box()
        assert box["y"] + box["height"] < 900
    assert page.evaluate("document.documentElement.scrollHeight") < TALLEST


def test_three_questions_fit_the_first_screen_of_a_telephone(opened):
    page, _ = opened(390)
    ends = page.evaluate(
        "[...document.querySelectorAll('.answers > section')]"
        ".map((part) => part.getBoundingClientRect().bottom)"
    )
    assert len(ends) == 3
    assert ends[-1] <= 844
    assert page.locator("#summary").text_content() == "Summary", "there for who hears the page"


@pytest.mark.parametrize("kind", ["transfer", "comparison"])
def test_other_pages_are_fit_for_everybody(go, run_folder, small_run, tmp_path, kind):
    checker = pytest.importorskip("axe_playwright_python.sync_playwright")
    if kind == "transfer":
        text = transfer_html(FOUND, load_config(run_folder / "config.toml"))
    else:
        text = comparison_html([small_run] * 2)
    (tmp_path / "page.html").write_text(text, "utf-8")
    page, _ = go(tmp_path / "page.html", 390, "dark")
    assert page.locator(".answers h3").all_inner_texts() == [
        "What was tested", "How good is it", "Can it be trusted"
    ]  # fmt: skip
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    found = checker.Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []


def test_rows_are_cards_on_a_telephone(opened):
    page, _ = opened(390)
    unfold(page)
    assert page.evaluate(SCROLLED) == []
    row = page.locator(".ranked tbody tr").first
    assert page.locator("thead:visible").count() == 0
    cells = row.locator("th, td")
    left = [cell.bounding_box()["x"] for cell in cells.all()]
    assert len(set(map(round, left))) <= 3
    label = "(cell) => getComputedStyle(cell, '::before').content"
    assert row.locator("td").nth(0).evaluate(label) == '"UAR %"'
    # They are rows of a table to those who hear the page.
    assert page.get_by_role("row").count() >= 5
    assert page.get_by_role("rowheader").first.is_visible()
    widest = "Math.max(...[...document.querySelectorAll('svg')].map((s) => s.clientWidth))"
    assert page.evaluate(widest) <= 390


@pytest.fixture(scope="module")
def scriptless(browser: Any, run_folder: Path) -> Iterator[Any]:
    """The report in a browser that runs no scripts."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((run_folder / "report.html").as_uri())
    yield page
    context.close()


def test_reads_without_script(scriptless):
    assert scriptless.get_by_role("heading", name="Summary").is_visible()
    assert scriptless.locator("table.sortable tbody tr").count() > 4


def test_prints_the_same_without_script(scriptless):
    scriptless.emulate_media(media="print")
    rest = scriptless.locator(".ranked details tbody tr").last
    assert rest.bounding_box()["height"] > 0
    scriptless.emulate_media(media="screen")


def test_prints_with_all_that_is_folded_away(opened):
    page, _ = opened()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("nav").is_hidden()
    assert len(page.pdf()) > 10_000
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details[open]").count() == 0


def test_nothing_is_cut_off_at_the_edge_of_a_page(opened):
    """An A4 page within its margins."""
    page, _ = opened(690)
    page.emulate_media(media="print")
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 690
