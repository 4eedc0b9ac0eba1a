"""The page for everybody: by keyboard, screen reader, in the dark, on a phone, a slow line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FIRST_PAINT_BYTES = 200_000
JUDGED_MS = 180_000
MOST_TABS = 40


def tab_to(page: Any, selector: str) -> None:
    """Press the tab key until an element has the focus."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate(f"document.activeElement.matches({json.dumps(selector)})"):
            return
    pytest.fail(f"{selector} cannot be reached with the tab key")


def faults(page: Any) -> list[tuple[str, str]]:
    """What axe finds serious or critical: (rule, first element)."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page).response["violations"]
    return [
        (fault["id"], fault["nodes"][0]["html"])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]


@pytest.mark.slow
def test_keyboard_alone_from_load_to_export(page: Any, tmp_path: Path) -> None:
    tab_to(page, "#sample")
    page.keyboard.press("Enter")
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    tab_to(page, "#timeline")
    page.keyboard.press("ArrowRight")
    assert page.get_attribute("#timeline", "aria-valuenow") == "0.5"
    tab_to(page, "[data-format=json]")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    download.value.save_as(tmp_path / "result.json")
    assert json.loads((tmp_path / "result.json").read_text())["predictions"]
    assert page.evaluate("document.activeElement.dataset.format") == "json"


def test_files_are_chosen_by_keyboard(page: Any) -> None:
    tab_to(page, "#files")
    outline = page.evaluate(
        "getComputedStyle(document.querySelector('label[for=files]')).outlineStyle"
    )
    assert outline == "solid"
    # A browser asks for files when it clicks on the field itself; its window is left shut.
    page.evaluate(
        "document.querySelector('#files').addEventListener('click', (event) => {"
        " event.preventDefault(); window.clickedByBrowser = event.isTrusted; })"
    )
    page.keyboard.press("Enter")
    page.wait_for_function("window.clickedByBrowser === true")
    assert page.evaluate("document.querySelector('#files').multiple")


@pytest.mark.slow
def test_no_serious_fault_of_access(page: Any) -> None:
    def check() -> None:
        # Each width and each scheme once: faults of layout are the one's, of contrast the other's.
        for width, scheme in ((1280, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            assert faults(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") == width

    check()
    page.click("#sample")
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    page.click("#result details summary")
    page.click("#examples summary")
    page.click("#correct-open")
    page.click("#zoom-in")
    page.evaluate("document.querySelector('.beside-button').click()")
    page.wait_for_selector("#beside:visible")
    check()
    for view in ("live", "runs", "about"):
        page.click(f"nav a[href='#{view}']")
        page.wait_for_selector(f"#view-{view}:visible")
        check()


def test_runs_lead_to_their_reports(page: Any) -> None:
    page.click("nav a[href='#runs']")
    page.wait_for_selector(".runs tbody tr")
    assert page.inner_text(".runs tbody tr").split("\t")[-2:] == ["product of SVMs", "70.1"]
    page.click(".runs a")
    page.wait_for_url("**/runs/first/report.html")
    assert page.inner_text("h1") == "Report"


def test_the_first_paint_needs_little(page: Any) -> None:
    sizes = page.evaluate(
        """() => ["navigation", "resource"].flatMap((kind) => performance.getEntriesByType(kind))
            .map((entry) => entry.decodedBodySize)"""
    )
    assert len(sizes) > 10
    assert sum(sizes) <= FIRST_PAINT_BYTES


def test_what_is_said_stays_text(page: Any, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>.mp4"
    (tmp_path / name).write_bytes(b"no recording")
    page.set_input_files("#files", tmp_path / name)
    page.wait_for_selector(".job.failed", timeout=JUDGED_MS)
    assert page.inner_text(".job-name") == name
    assert page.locator(".job img").count() == 0
