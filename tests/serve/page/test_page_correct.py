"""Corrections by hand: by mouse, by keyboard, kept by the server, saved with whose they are."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from late_answers import held, is_kept, settled

from affuse.corpora.annotations.documents import read_document

JUDGED_MS = 180_000
GUTTER = 84
OWN_LANE = 136 + 8 + 26 + 5 + 14
"""Pixels from the top of the timeline to the middle of the lane of corrections."""

ANOTHER_TAB = """() => new BroadcastChannel("affuse-corrections")
    .postMessage(location.hash.split("/")[1])"""
FIRST_IS_SLOW = """() => {
    const asked = window.fetch;
    window.fetch = async (path, options) => {
        const answer = await asked(path, options);
        return options?.method === "PUT" ? new Promise(() => {}) : answer;
    };
}"""
LAST_AND_GONE = """() => {
    const select = document.getElementById("correct-emotion");
    select.value = "surprised";
    select.dispatchEvent(new Event("change"));
    location.reload();
}"""

CHANGES = """async () => {
    const s = await import("/static/stretches.js");
    const list = [[0, 1, "sad"], [1, 2, null], [3, 4, "calm"]].map(([start_s, end_s, emotion]) =>
        ({ start_s, end_s, emotion, annotator: "recogniser" }));
    const short = (all) => all.map((one) => [one.start_s, one.end_s, one.emotion,
        one.annotator[0]]);
    return [s.named(list, 1, "happy"), s.moved(list, 0, "end_s", 1.4, 5),
        s.moved(list, 1, "end_s", 9, 5), s.moved(list, 0, "start_s", -3, 5),
        s.moved(list, 1, "start_s", 0, 5), s.split(list, 2, 3.25), s.joined(list, 1),
        s.split(list, 2, 3.01)].map(short);
}"""


@pytest.fixture(scope="module")
def shown(open_shared: Callable[..., Any], clip: Path) -> Iterator[Any]:
    """A page with a result of several windows."""
    page = open_shared(viewport={"width": 1280, "height": 900})
    page.click("details:has(#options) > summary")
    page.fill("[name=window]", "1")
    page.fill("[name=hop]", "1")
    page.set_input_files("#files", clip)
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    yield page
    page.click(".job [aria-label^=Remove]")


@pytest.fixture
def result(shown: Any) -> Iterator[Any]:
    """That page with the lane of corrections; nothing is corrected, nor will be."""
    with shown.expect_response("**/corrections"):
        shown.click(".job [aria-label^=Show]")
    shown.wait_for_selector("#correct", state="hidden")
    shown.click("#correct-open")
    yield shown
    # What has not been answered is sent once more as the page goes: after it was forgotten.
    settled(shown)
    origin, job = shown.url.split("#recordings/")
    assert shown.request.delete(f"{origin}api/jobs/{job}/corrections").ok


def which(page: Any) -> str:
    return str(page.inner_text("#correct-which"))


def kept(page: Any, once: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """What the server has, once that is so."""
    job = page.evaluate("location.hash").split("/")[1]
    origin = page.url.split("#")[0]
    end = time.monotonic() + 30
    while True:
        found: list[dict[str, Any]] = page.request.get(f"{origin}api/jobs/{job}/corrections").json()
        if once(found):
            return found
        assert time.monotonic() < end, found
        page.wait_for_timeout(50)


def first_ends(time_s: float) -> Callable[[list[dict[str, Any]]], bool]:
    return lambda found: bool(found) and abs(found[0]["end_s"] - time_s) < 0.02


def saved(page: Any, name: str, path: Path) -> Path:
    with page.expect_download() as download:
        page.click(f"#correct-files [data-corrected={name}]")
    assert ".corrected." in download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_each_change_is_a_new_list(shown: Any) -> None:
    r, p = "r", "p"
    assert shown.evaluate(CHANGES) == [
        [[0, 1, "sad", r], [1, 2, "happy", p], [3, 4, "calm", r]],
        [[0, 1.4, "sad", p], [1.4, 2, None, p], [3, 4, "calm", r]],
        [[0, 1, "sad", r], [1, 3, None, p], [3, 4, "calm", r]],
        [[0, 1, "sad", r], [1, 2, None, r], [3, 4, "calm", r]],
        [[0, 0.05, "sad", p], [0.05, 2, None, p], [3, 4, "calm", r]],
        [[0, 1, "sad", r], [1, 2, None, r], [3, 3.25, "calm", p], [3.25, 4, "calm", p]],
        [[0, 1, "sad", r], [1, 4, None, p]],
        [[0, 1, "sad", r], [1, 2, None, r], [3, 4, "calm", r]],
    ]


def test_an_edge_is_dragged(result: Any) -> None:
    timeline = result.locator("#timeline")
    timeline.scroll_into_view_if_needed()
    box = timeline.bounding_box()
    duration = float(timeline.get_attribute("aria-valuemax"))
    y = box["y"] + OWN_LANE
    across = (box["width"] - GUTTER) / duration
    x = box["x"] + GUTTER
    result.mouse.move(x + across, y)
    assert "on-edge" in timeline.get_attribute("class")
    result.mouse.down()
    result.mouse.move(x + 1.2 * across, y, steps=3)
    result.mouse.move(x + 1.51 * across, y, steps=3)
    result.mouse.up()
    assert which(result) == "Stretch 1 of 3: 0:00.0 to 0:01.5, yours"
    first, second, *_ = kept(result, first_ends(1.5))
    assert first["end_s"] == second["start_s"]
    assert first["annotator"] == second["annotator"] == "person"
    result.click("#correct-undo")
    assert kept(result, first_ends(1.0))[0]["annotator"] == "recogniser"


def test_by_keyboard_alone_to_a_file_that_says_whose_each_label_is(
    result: Any, tmp_path: Path
) -> None:
    result.locator("#correct-next").press("Enter")
    assert which(result).startswith("Stretch 2 of ")
    result.locator("#correct-emotion").focus()
    result.keyboard.press("End")
    assert result.input_value("#correct-emotion") == "surprised"
    assert which(result).endswith("yours")
    result.locator("#correct-to").fill("1.75")
    # The server's answer to the first change comes while the second is being typed.
    kept(result, lambda found: any(one["annotator"] == "person" for one in found))
    settled(result)
    result.locator("#correct-to").press("Enter")
    whose = ["recogniser", "person", "person"]
    document = saved(result, "json", tmp_path / "talk.json")
    segments = json.loads(document.read_text())["predictions"][0]["segments"]
    assert [part["annotator"] for part in segments[:3]] == whose
    assert (segments[1]["emotion"], segments[1]["end_s"]) == ("surprised", 1.75)
    assert segments[2]["start_s"] == 1.75
    (read,) = read_document(document)
    assert read.tiers[0].stretches[1].label == "surprised"
    table = saved(result, "csv", tmp_path / "talk.csv").read_text()
    assert [row["annotator"] for row in csv.DictReader(table.splitlines())][:3] == whose
    assert '<TIER LINGUISTIC_TYPE_REF="default-lt" TIER_ID="annotator">' in (
        saved(result, "eaf", tmp_path / "talk.eaf").read_text()
    )


def test_corrections_come_back_and_can_be_forgotten(result: Any) -> None:
    result.press("#timeline", "ArrowRight")
    result.click("#correct-split")
    assert which(result).startswith("Stretch 2 of ")
    n_stretches = len(kept(result, first_ends(0.5)))
    result.reload()
    result.wait_for_selector("#correct:visible")
    assert f"of {n_stretches}: 0:00.0 to 0:00.5, yours" in which(result)
    result.click("#correct-forget")
    assert which(result).endswith("as recognised")
    assert kept(result, lambda found: found == []) == []
    result.click("#correct-open")
    assert result.is_hidden("#correct")


def test_nothing_is_corrected_before_what_was_corrected_is_there(shown: Any) -> None:
    with held(shown, "**/corrections") as late:
        shown.reload()
        shown.wait_for_selector("#result:visible")
        late.wait()
        assert shown.is_disabled("#correct-open")
        late.release()
    shown.wait_for_selector("#correct-open:enabled")


def test_an_answer_from_before_a_change_does_not_undo_it(result: Any) -> None:
    with held(result, "**/corrections") as late:
        result.evaluate(ANOTHER_TAB)
        late.wait()
        with result.expect_response(is_kept):
            result.select_option("#correct-emotion", "surprised")
        late.release()
    assert result.input_value("#correct-emotion") == "surprised"
    assert which(result).endswith("yours")


def test_a_server_that_is_silent_undoes_nothing(result: Any) -> None:
    with result.expect_response(is_kept):
        result.select_option("#correct-emotion", "surprised")
    settled(result)
    result.route("**/corrections", lambda route: route.fulfill(status=404, body="{}"))
    with result.expect_response("**/corrections"):
        result.evaluate(ANOTHER_TAB)
    settled(result)
    result.unroute("**/corrections")
    assert result.input_value("#correct-emotion") == "surprised"


def test_the_last_change_is_kept_where_one_before_it_is_still_on_its_way(result: Any) -> None:
    result.evaluate(FIRST_IS_SLOW)
    with result.expect_response(is_kept):
        result.select_option("#correct-emotion", "sad")
    with result.expect_navigation():
        result.evaluate(LAST_AND_GONE)
    kept(result, lambda found: bool(found) and found[0]["emotion"] == "surprised")
