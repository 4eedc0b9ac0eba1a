"""The report in a real browser: nothing leaves, nothing overflows, nobody is shut out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def browser(start_chromium: Callable[..., Any]) -> Any:
    return start_chromium()


@pytest.fixture
def opened(browser: Any, run_folder: Path) -> Any:
    """Opens the report at a width and in a theme; notes what it asks for and complains of."""
    pages = []

    def open_it(width: int = 1280, theme: str = "light") -> tuple[Any, list[str]]:
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
        pages.append(page)
        noted: list[str] = []
        page.on("console", lambda message: noted.append(message.text))
        page.on("pageerror", lambda error: noted.append(str(error)))
        page.on("request", lambda request: noted.append(request.url))
        page.goto((run_folder / "report.html").as_uri())
        return page, [item for item in noted if not item.startswith(("file:", "data:"))]

    yield open_it
    for page in pages:
        page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_is_fit_for_everybody(opened, width, theme):
    checker = pytest.importorskip("axe_playwright_python.sync_playwright")
    page, noted = opened(width, theme)
    assert noted == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    found = checker.Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []


def test_table_is_sorted_by_the_keyboard(opened):
    page, _ = opened()
    button = page.get_by_role("button", name="accuracy %").first
    button.focus()
    page.keyboard.press("Enter")
    column = page.locator("table.sortable").first.locator("tbody tr td:nth-child(7)")
    falling = [float(text) for text in column.all_inner_texts()]
    assert falling == sorted(falling, reverse=True)
    page.keyboard.press("Enter")
    assert [float(text) for text in column.all_inner_texts()] == falling[::-1]
    assert page.locator("th[aria-sort=ascending]").count() == 1


def test_reads_without_script(browser, run_folder):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((run_folder / "report.html").as_uri())
    assert page.get_by_role("heading", name="What was found").is_visible()
    assert page.locator("table.sortable tbody tr").count() > 4
    context.close()


def test_prints_with_all_that_is_folded_away(opened):
    page, _ = opened()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert page.locator("nav").is_hidden()
    assert len(page.pdf()) > 10_000
