"""Results come back: after a reload, in another tab, by back and forward; to this browser alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Until = Callable[..., None]

JUDGED_MS = 180_000
SHOWN = "#recordings/"


def give(page: Any, path: Path) -> str:
    """Upload a file and wait for its result; the job's id."""
    with page.expect_response("**/api/predict*") as answer:
        page.set_input_files("#files", path)
    job = str(answer.value.json()["id"])
    page.wait_for_selector(".job [aria-label^=Show]", timeout=JUDGED_MS)
    return job


def reload(page: Any) -> None:
    page.reload()
    page.wait_for_selector("html[data-ready]")


def shown(page: Any) -> str:
    """File name of the result that is shown."""
    page.wait_for_selector("#result:visible")
    return str(page.inner_text("#result-name").split(" · ")[0])


@pytest.fixture(scope="module")
def voices(word: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A second of the clip under two names."""
    folder = tmp_path_factory.mktemp("voices")
    for name in ("first.mp4", "second.mp4"):
        (folder / name).write_bytes(word.read_bytes())
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def two(open_shared: Callable[..., Any], voices: list[Path]) -> Any:
    """A page with both results; tests leave them there."""
    page = open_shared()
    for path in voices:
        give(page, path)
    page.wait_for_selector("[aria-label='Show second.mp4']", timeout=JUDGED_MS)
    return page


def test_a_reload_brings_list_and_result_back_and_plays(
    page: Any, until: Until, voices: list[Path]
) -> None:
    job = give(page, voices[0])
    assert shown(page) == "first.mp4"
    title = page.inner_text("#result-title").split()
    assert page.evaluate("location.hash") == SHOWN + job
    reload(page)
    assert shown(page) == "first.mp4"
    assert page.inner_text("#result-title").split() == title
    line = page.inner_text(".job-state").strip()
    assert line.startswith(f"{title[0]}, {title[1]} %" if title[1:] else "undecided")
    assert "kept for 15 min more" in line
    until("document.getElementById('player').readyState > 1")
    page.press("#timeline", "ArrowRight")
    until("Math.abs(document.getElementById('player').currentTime - 0.5) < 0.1")
    page.click(".job [aria-label^=Remove]")
    reload(page)
    assert page.is_hidden("#jobs-part")
    assert page.is_hidden("#jobs-note")


def test_a_reload_during_a_job_shows_its_progress_again(
    page: Any, until: Until, clip: Path, tmp_path: Path
) -> None:
    for name in ("first.mp4", "second.mp4"):
        (tmp_path / name).write_bytes(clip.read_bytes())
    with page.expect_response("**/api/predict*"):
        page.set_input_files("#files", sorted(tmp_path.iterdir()))
    page.wait_for_selector(".job-state:has-text('%')")
    reload(page)
    assert page.locator(".job").count() >= 1
    until(
        "document.querySelectorAll('.job [aria-label^=Show]').length >= 1", seconds=JUDGED_MS / 1000
    )
    assert shown(page) in ("first.mp4", "second.mp4")


def test_two_tabs_list_the_same(page: Any, until: Until, voices: list[Path]) -> None:
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.wait_for_selector("html[data-ready]")
    job = give(page, voices[0])
    tab.wait_for_selector(".job [aria-label='Show first.mp4']", timeout=JUDGED_MS)
    tab.click("[aria-label='Show first.mp4']")
    assert shown(tab) == "first.mp4"
    assert page.locator(".job").count() == tab.locator(".job").count() == 1
    tab.click("[aria-label='Remove first.mp4']")
    until("document.querySelectorAll('.job').length === 0")
    assert page.is_hidden("#result")
    page.goto(page.url.split("#")[0] + SHOWN + job)
    page.reload()
    page.wait_for_selector("#jobs-note:visible")
    assert "not here any more" in page.inner_text("#jobs-note")


def test_back_and_forward_lead_through_what_was_shown(two: Any) -> None:
    page = two
    page.click("[aria-label='Show first.mp4']")
    page.wait_for_selector("#result-name:has-text('first.mp4')")
    page.click("[aria-label='Show second.mp4']")
    page.wait_for_selector("#result-name:has-text('second.mp4')")
    page.click("#to-about")
    page.wait_for_selector("#view-about:visible")
    page.go_back()
    assert shown(page) == "second.mp4"
    page.go_back()
    page.wait_for_selector("#result-name:has-text('first.mp4')")
    page.go_forward()
    page.wait_for_selector("#result-name:has-text('second.mp4')")
    page.click(".brand")
    page.wait_for_selector("#result", state="hidden")
    assert page.is_visible("#jobs-part")


def test_another_browser_sees_nothing_of_it(
    two: Any, server: str, open_elsewhere: Callable[..., Any]
) -> None:
    (job, *_) = [one["id"] for one in two.request.get(f"{server}/api/jobs").json()]
    other = open_elsewhere(SHOWN + job)
    assert other.locator(".job").count() == 0
    assert "not here any more" in other.inner_text("#jobs-note")
    assert other.is_hidden("#result")


def test_who_comes_again_loads_none_of_its_files_again(page: Any) -> None:
    page.reload()
    page.wait_for_selector("html[data-ready]")
    sent = page.evaluate(
        "performance.getEntriesByType('resource').map((one) => [one.name, one.transferSize])"
    )
    files = {name: size for name, size in sent if "/static/" in name}
    assert len(files) > 20
    assert set(files.values()) == {0}
