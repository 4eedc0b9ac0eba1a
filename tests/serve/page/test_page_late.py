"""Answers and events that come late undo nothing of what somebody has done meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import comes_true
from late_answers import LOOK, held, settled

Until = Callable[..., None]

JUDGED_MS = 180_000
NAMES = ("first.mp4", "second.mp4")
KEYS = """(keys) => {
    document.getElementById("player").load();
    for (const key of keys) {
        const pressed = new KeyboardEvent("keydown", { key, bubbles: true });
        document.getElementById("timeline").dispatchEvent(pressed);
    }
}"""
SLOW_TO_ANSWER = """() => {
    window.XMLHttpRequest = class {
        constructor() { this.upload = {}; window.sent = this; }
        open() {}
        send() { this.upload.onload?.(); }
        abort() { this.onabort(); }
    };
}"""
ANSWERS = """() => {
    Object.assign(window.sent, { status: 202, responseText: '{"id": "none"}' });
    window.sent.onload();
}"""
STREAMS = """() => {
    const { mediaDevices } = navigator, open = mediaDevices.getUserMedia.bind(mediaDevices);
    window.streams = [];
    mediaDevices.getUserMedia = async (wish) => {
        const stream = await open(wish);
        window.streams.push(stream);
        return stream;
    };
}"""
OPEN = "window.streams.filter((stream) => stream.active).length"
CLICKS = "(ids) => ids.forEach((id) => document.getElementById(id).click())"


@pytest.fixture(scope="module")
def two(
    open_shared: Callable[..., Any], word: Path, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A page with two results, the first of which is shown."""
    page, folder = open_shared(), tmp_path_factory.mktemp("two")
    for name in NAMES:
        (folder / name).write_bytes(word.read_bytes())
    page.set_input_files("#files", sorted(folder.glob("*.mp4")))
    for name in NAMES:
        page.wait_for_selector(f"[aria-label='Show {name}']", timeout=JUDGED_MS)
    return page


def show(page: Any, name: str) -> None:
    page.click(f"[aria-label='Show {name}']")
    page.wait_for_selector(f"#result-name:has-text('{name}')")


def test_a_result_that_is_not_wanted_any_more_is_not_announced(two: Any) -> None:
    show(two, "second.mp4")
    with held(two, "**/result") as late:
        two.click("[aria-label='Show first.mp4']")
        late.wait()
        two.click("[aria-label='Show second.mp4']")
        comes_true(two, "document.activeElement.id === 'result-title'")
        two.locator("#timeline").focus()
        late.release()
    assert two.inner_text("#result-name").startswith("second.mp4")
    assert (two.text_content("#announcer") or "").startswith("second.mp4")
    assert two.evaluate("document.activeElement.id") == "timeline"


def test_a_list_from_before_a_job_ended_does_not_overwrite_what_came_out(two: Any) -> None:
    def earlier(route: Any) -> None:
        answer = route.fetch()
        jobs = [{**job, "state": "running", "emotion": "surprised"} for job in answer.json()]
        route.fulfill(response=answer, json=jobs)

    rows = two.locator(".job-state b")
    had = rows.all_inner_texts()
    two.route("**/api/jobs", earlier)
    with two.expect_response("**/api/jobs"):
        two.evaluate(LOOK)
    settled(two)
    two.unroute("**/api/jobs")
    assert rows.all_inner_texts() == had


def test_play_that_is_taken_back_before_it_began_is_no_fault_of_the_recording(two: Any) -> None:
    two.evaluate(KEYS, [" ", " "])
    settled(two)
    comes_true(two, "document.getElementById('player').readyState > 1")
    assert two.is_hidden("#player-note")
    assert two.is_visible("#player")


def test_a_place_asked_for_before_the_recording_is_there_is_kept(two: Any) -> None:
    two.evaluate(KEYS, ["ArrowRight"])
    comes_true(two, "document.getElementById('player').readyState > 1")
    comes_true(two, "Math.abs(document.getElementById('player').currentTime - 0.5) < 0.1")
    two.evaluate(KEYS, ["ArrowRight"])
    show(two, "first.mp4")
    comes_true(two, "document.getElementById('player').readyState > 1")
    assert two.evaluate("document.getElementById('player').currentTime") == 0


def test_a_file_that_comes_late_leaves_the_keyboard_where_it_is(two: Any) -> None:
    with held(two, "**/exports/json") as late:
        two.click("#downloads [data-format=json]")
        late.wait()
        two.locator("#timeline").focus()
        with two.expect_download():
            late.release()
    two.wait_for_selector("#downloads [data-format=json]:enabled")
    assert two.evaluate("document.activeElement.id") == "timeline"


def test_a_result_to_compare_that_was_removed_meanwhile_is_not_compared(two: Any) -> None:
    """Neither does it come back by a list that was asked for before."""
    with held(two, "**/result") as result, held(two, "**/api/jobs") as jobs:
        two.click("[aria-label='Compare second.mp4']")
        two.evaluate(LOOK)
        for late in (result, jobs):
            late.wait()
        with two.expect_response(lambda answer: answer.request.method == "DELETE"):
            two.click("[aria-label='Remove second.mp4']")
        for late in (result, jobs):
            late.release()
    assert two.is_hidden("#beside")
    assert two.locator(".job").count() == 1
    two.click("[aria-label='Remove first.mp4']")


def test_a_cancelled_job_of_which_the_server_has_all_is_removed_there(
    page: Any, word: Path
) -> None:
    page.evaluate(SLOW_TO_ANSWER)
    page.set_input_files("#files", word)
    comes_true(page, "Boolean(window.sent)")
    page.click(".job [aria-label^=Cancel]")
    with page.expect_request(lambda asked: asked.method == "DELETE") as removed:
        page.evaluate(ANSWERS)
    assert removed.value.url.endswith("/api/jobs/none")
    assert page.locator(".job").count() == 0


@pytest.mark.slow
def test_live_stopped_and_started_at_once_goes_on_with_one_camera(page: Any, until: Until) -> None:
    page.click("nav a[href='#live']")
    page.evaluate(STREAMS)
    page.evaluate(CLICKS, 3 * ["live-toggle"])
    page.wait_for_selector("#live-word .swatch", timeout=JUDGED_MS)
    until(f"window.streams.length === 2 && {OPEN} === 1")
    # The connection that is left closes when the next one is there.
    page.evaluate(CLICKS, 2 * ["live-toggle"])
    page.wait_for_selector("#live-state:has-text('s behind')", timeout=JUDGED_MS)
    assert page.is_hidden("#live-error")
    page.click("#live-toggle")
    until(f"{OPEN} === 0")


@pytest.mark.slow
def test_what_is_thrown_away_is_not_given_and_each_camera_is_let_go(
    page: Any, until: Until
) -> None:
    page.evaluate(STREAMS)
    page.evaluate(CLICKS, 3 * ["record-open"])
    until(f"window.streams.length === 2 && {OPEN} === 1")
    page.click("#record-toggle:enabled")
    until("document.getElementById('record-clock').textContent >= '0:01'")
    page.evaluate(CLICKS, ["record-close", "record-open"])
    page.wait_for_selector("#record-toggle:enabled")
    settled(page)
    assert page.locator(".job").count() == 0
    page.click("#record-close")
    until(f"{OPEN} === 0")
