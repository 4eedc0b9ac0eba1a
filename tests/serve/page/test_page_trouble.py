"""A browser that keeps nothing, two tabs at once, pages left too early, a server that is silent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import comes_true
from late_answers import LOOK, is_kept, settled
from recordings import Track, crowd, fitted, spoken, write
from serving import until

JUDGED_MS = 180_000
NOTHING_KEPT = """Object.defineProperty(window, "localStorage", { get() {
    throw new DOMException("denied", "SecurityError"); } });"""
LEAVES = "dispatchEvent(new Event('beforeunload', { cancelable: true }))"
"""False: the browser asks first."""


@pytest.fixture(scope="module")
def two_faces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    track = Track([crowd(2, 1)] * 30, sound=fitted(spoken(), 3.0))
    return write(tmp_path_factory.mktemp("faces") / "faces.mp4", track)


@pytest.fixture(scope="module")
def faces(open_shared: Callable[..., Any], two_faces: Path) -> Any:
    """A page with timelines of two faces, being corrected."""
    page = open_shared()
    page.click("details:has(#options) > summary")
    page.fill("[name=window]", "1")
    page.fill("[name=hop]", "1")
    page.select_option("[name=faces]", "all")
    page.set_input_files("#files", two_faces)
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    page.click("#correct-open")
    yield page
    for button in page.locator(".job [aria-label^=Remove]").all():
        button.click()


def which(page: Any) -> str:
    return str(page.inner_text("#correct-which"))


def choose(page: Any) -> str:
    """Another emotion for the first stretch, and the server's answer."""
    had = page.input_value("#correct-emotion")
    emotion = "calm" if had != "calm" else "happy"
    with page.expect_response(is_kept) as answer:
        page.select_option("#correct-emotion", emotion)
    assert answer.value.status == 200
    return emotion


def test_each_face_is_corrected_by_itself_and_other_tabs_follow(faces: Any) -> None:
    page = faces
    first, second = page.locator("#face option").evaluate_all("all => all.map(o => o.value)")[-2:]
    tab = page.context.new_page()
    tab.goto(page.url)
    tab.wait_for_selector("#result:visible")
    page.select_option("#face", first)
    chosen = [choose(page)]
    page.select_option("#face", second)
    assert which(page).endswith("as recognised")
    assert page.is_disabled("#correct-undo"), "each has its own"
    chosen.append(choose(page))
    tab.wait_for_selector("#correct:visible")
    for face, emotion in zip((first, second), chosen, strict=True):
        tab.select_option("#face", face)
        comes_true(tab, f"document.getElementById('correct-emotion').value === '{emotion}'")
        assert which(tab).endswith("yours")
    page.select_option("#face", first)
    page.click("#correct-undo")
    tab.select_option("#face", first)
    comes_true(tab, "document.getElementById('correct-which').innerText.endsWith('recognised')")
    tab.close()


def test_a_change_just_before_the_page_goes_is_kept(faces: Any) -> None:
    before = faces.input_value("#correct-emotion")
    emotion = "sad" if before != "sad" else "angry"
    with faces.expect_navigation():
        faces.evaluate(f"""() => {{
            const select = document.getElementById("correct-emotion");
            select.value = "{emotion}";
            select.dispatchEvent(new Event("change"));
            location.reload();
        }}""")
    origin, job = faces.url.split("#recordings/")
    asked = f"{origin}api/jobs/{job}/corrections"
    until(lambda: emotion in [one["emotion"] for one in faces.request.get(asked).json()])
    faces.reload()
    faces.wait_for_selector("#correct:visible")
    assert faces.input_value("#correct-emotion") == emotion
    assert which(faces).endswith("yours")


def test_a_field_that_is_emptied_moves_nothing(faces: Any) -> None:
    end = faces.input_value("#correct-to")
    faces.fill("#correct-to", "")
    faces.locator("#correct-to").press("Enter")
    assert faces.input_value("#correct-to") == end


def test_a_reload_that_names_no_result_shows_the_newest(faces: Any) -> None:
    faces.goto(faces.url.split("#")[0])
    faces.wait_for_selector("#result:visible")
    assert "faces.mp4" in faces.inner_text("#result-name")


def test_results_stay_in_a_browser_that_keeps_no_cookies(page: Any, word: Path) -> None:
    page.context.clear_cookies()
    page.set_input_files("#files", word)
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    with page.expect_response(lambda answer: "/api/jobs/" in answer.url):
        page.evaluate(LOOK)
    settled(page)
    assert page.locator(".job").count() == 1
    assert page.is_visible("#result")
    job = page.evaluate("location.hash").split("/")[1]
    page.request.delete(f"{page.url.split('#')[0]}api/jobs/{job}")
    page.evaluate(LOOK)
    page.wait_for_selector("#jobs-note:visible")
    assert "not here any more" in page.inner_text("#jobs-note")
    assert page.locator(".job").count() == 0


def test_a_browser_that_keeps_nothing_opens_the_page_and_changes_its_language(
    open_page: Callable[..., Any],
) -> None:
    page = open_page(script=NOTHING_KEPT)
    page.wait_for_selector("html[data-ready][lang=en]")
    page.select_option("#language", "de")
    page.wait_for_selector("html[data-ready][lang=de]")


def test_who_leaves_while_something_is_sent_is_asked(page: Any, word: Path) -> None:
    assert page.evaluate(LEAVES)
    page.route("**/api/predict*", lambda route: None)
    page.set_input_files("#files", word)
    page.wait_for_selector(".job")
    assert not page.evaluate(LEAVES)
    page.click(".job [aria-label^=Cancel]")
    assert page.evaluate(LEAVES)


def test_a_job_outlives_a_server_that_is_silent_for_a_moment(
    browser: Any, server: str, word: Path
) -> None:
    page = browser.new_page()
    page.goto(server)
    page.wait_for_selector("html[data-ready]")
    page.route("**/api/jobs/*", lambda route: route.abort())
    page.set_input_files("#files", word)
    page.wait_for_selector(".job-state:has-text('does not answer')", timeout=JUDGED_MS)
    page.unroute("**/api/jobs/*")
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    page.click(".job [aria-label^=Remove]")
    page.close()
