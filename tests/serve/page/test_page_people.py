"""Several people on the page: a lane each, faces out of the film, names, turns to hear."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import comes_true
from late_answers import held, is_kept
from two_people import side_by_side

JUDGED_MS = 180_000
TIME = "document.getElementById('player').currentTime"

PAINTED = """(kind) => Array.from(document.querySelectorAll(kind), (canvas) =>
    canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data
        .reduce((sum, one) => sum + one))"""
RESULT = "fetch(`/api/jobs/${location.hash.split('/')[1]}/result`).then((answer) => answer.json())"


@pytest.fixture(scope="module")
def two_people(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One who speaks, and one who listens."""
    return side_by_side(drawn, tmp_path_factory.mktemp("people") / "two.mp4")


@pytest.fixture(scope="module")
def given(open_shared: Callable[..., Any], two_people: Path) -> Any:
    """The page with the result of the two."""
    page = open_shared()
    page.check("input[name=people]")
    with page.expect_request("**/api/predict*") as asked:
        page.set_input_files("#files", two_people)
    assert "people=0" in asked.value.url
    page.wait_for_selector("#people:visible", timeout=JUDGED_MS)
    return page


def saved(page: Any, name: str, folder: Path) -> str:
    with page.expect_download() as download:
        page.click(f"[data-format={name}]")
    download.value.save_as(folder / name)
    return (folder / name).read_text("utf-8")


def test_each_has_a_lane_with_a_face_out_of_the_film(given):
    assert given.locator(".person").count() == 2
    comes_true(given, "document.querySelectorAll('.portrait canvas:not([hidden])').length === 2")
    faces, lanes = (given.evaluate(PAINTED, kind) for kind in (".portrait canvas", ".lane canvas"))
    assert min(*faces, *lanes) > 0
    assert faces[0] != faces[1]
    words = given.locator(".person .who .hint").all_inner_texts()
    assert re.fullmatch(r"seen (9\d|100) % of the time · speaks for \d\.\d s", words[0])
    assert re.fullmatch(r"seen (9\d|100) % of the time · does not speak", words[1])
    assert given.locator("#face option").all_inner_texts() == ["person 1", "person 2"]
    assert given.inner_text("#face-choice span") == "Person"


def test_a_click_on_a_lane_plays_the_turn_there_and_stops_at_its_end(given):
    given.select_option("#face", "2")
    lane = given.locator(".person").first.locator(".lane canvas")
    lane.click(position={"x": lane.bounding_box()["width"] / 2, "y": 10})
    comes_true(given, f"{TIME} > 0 && document.getElementById('player').paused")
    assert given.input_value("#face") == "1"
    found = given.evaluate(RESULT)
    turns = found["predictions"][0]["people"][0]["turns"]
    assert any(abs(given.evaluate(TIME) - end) < 0.3 for _, end in turns)
    middle = sum(turns[0]) / 2
    given.evaluate(f"document.getElementById('player').currentTime = {middle}")
    comes_true(given, "document.querySelector('.person').classList.contains('speaks')")
    assert not given.evaluate(
        "document.querySelectorAll('.person')[1].classList.contains('speaks')"
    )


def test_turns_are_heard_by_keyboard(given):
    button = given.locator(".person").first.get_by_role("button", name="Hear a turn")
    given.evaluate(f"{TIME} = 0")
    button.press("Enter")
    comes_true(given, f"{TIME} > 0")
    comes_true(given, "document.getElementById('player').paused")
    assert (
        not given.locator(".person").nth(1).get_by_role("button", name="Hear a turn").is_visible()
    )


def test_a_name_is_in_every_file_and_there_after_a_reload(given, tmp_path):
    first = given.get_by_label("Name of person 1")
    first.fill("Anna <b>")
    first.press("Enter")
    given.wait_for_selector(
        "#announcer:has-text('Person 1 is now called Anna <b>.')", state="attached"
    )
    assert "<v Anna &lt;b&gt;>" in saved(given, "vtt", tmp_path)
    assert 'name = "fused@Anna <b>"' in saved(given, "textgrid", tmp_path)
    assert (
        json.loads(saved(given, "json", tmp_path))["predictions"][0]["people"][0]["name"]
        == "Anna <b>"
    )
    assert given.locator("#face option").all_inner_texts()[0] == "Anna <b>"
    second = given.get_by_label("Name of person 2")
    second.fill("anna <B>")
    second.press("Enter")
    given.wait_for_selector("#people-error:has-text('expected names that tell them apart')")
    assert second.input_value() == ""
    given.reload()
    given.wait_for_selector("#people:visible")
    assert given.get_by_label("Name of person 1").input_value() == "Anna <b>"
    comes_true(given, "document.querySelectorAll('.portrait canvas:not([hidden])').length === 2")


def test_what_is_typed_while_another_name_is_sent_stays(given):
    first, second = (given.get_by_label(f"Name of person {number}") for number in (1, 2))
    with held(given, "**/names", "PUT") as late:
        first.fill("Berta")
        first.press("Tab")
        second.fill("Car")
        late.release()
    given.wait_for_selector("#announcer:has-text('is now called Berta')", state="attached")
    assert second.input_value() == "Car"
    second.fill("")


def test_a_person_has_corrections_of_their_own(given, tmp_path):
    given.select_option("#face", "2")
    given.click("#correct-open")
    other = "sad" if given.input_value("#correct-emotion") != "sad" else "calm"
    with given.expect_response(is_kept) as answer:
        given.select_option("#correct-emotion", other)
    kept = answer.value.json()
    assert {one["annotator"] for one in kept if one["person"] == 2} == {"person"}
    assert {one["annotator"] for one in kept if one["person"] == 1} == {"recogniser"}
    given.reload()
    given.wait_for_selector("#correct:visible")
    given.select_option("#face", "2")
    assert given.input_value("#correct-emotion") == other


@pytest.mark.slow
def test_no_serious_fault_of_access(given):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for width, scheme in ((1280, "light"), (390, "dark")):
        given.set_viewport_size({"width": width, "height": 900})
        given.emulate_media(color_scheme=scheme)
        found = axe.run(given).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
        assert given.evaluate("document.documentElement.scrollWidth") == width
