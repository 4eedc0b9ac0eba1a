"""Zoom and scroll in time, an hour of it; the answer of voice or face alone; what About says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browsing import comes_true

from affuse.predict.recogniser import load

Until = Callable[..., None]

JUDGED_MS = 180_000
HOUR_S = 3600
HOP_S = 0.5
GUTTER = 84
PIECES = """async ([count, hop, from, to, least]) => {
    const { pieces } = await import("/static/moments.js");
    const happy = { happy: 0.75, sad: 0.25 }, sad = { happy: 0.25, sad: 0.75 };
    const found = Array.from({ length: count }, (_, place) => {
        const shares = { fused: happy, audio: happy, video: place % 4 ? happy : sad };
        return { start: hop * place, end: hop * (place + 1),
            segment: { emotion: place % 4 ? "happy" : null, probabilities: shares } };
    });
    return pieces(found, from, to, least);
}"""

REPORTS = """() => {
    const player = document.querySelector("#player");
    for (const name of ["timeupdate", "seeked"]) player.dispatchEvent(new Event(name));
}"""


@pytest.fixture(scope="module")
def result(open_shared: Callable[..., Any], clip: Path) -> Any:
    """A page that shows the clip's result; tests leave it as they found it."""
    page = open_shared(viewport={"width": 1280, "height": 900})
    page.set_input_files("#files", clip)
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    return page


def value(page: Any, name: str = "aria-valuenow") -> float:
    return float(page.get_attribute("#timeline", name))


def click_at(page: Any, share: float) -> None:
    """Click on the timeline, at a share of what is shown."""
    box = page.locator("#timeline").bounding_box()
    page.locator("#timeline").click(
        position={"x": GUTTER + share * (box["width"] - GUTTER - 1), "y": 30}
    )


def test_neighbours_too_narrow_to_be_seen_are_one_with_their_means(result: Any) -> None:
    one, *others = result.evaluate(PIECES, [8, 0.5, 0, 4, 2])
    assert [one["start"], one["end"]] == [0, 2]
    assert len(others) == 1
    assert one["segment"]["emotion"] == "happy"
    assert one["segment"]["probabilities"]["video"] == pytest.approx({"happy": 0.625, "sad": 0.375})
    assert one["apart"] == pytest.approx(0.25), "a disagreement is not lost among its neighbours"
    single = result.evaluate(PIECES, [8, 0.5, 1, 2, 0.01])
    assert [(each["start"], each["end"]) for each in single] == [(1, 1.5), (1.5, 2)]
    assert len(result.evaluate(PIECES, [7200, 0.5, 0, 3600, 9])) == 400


def test_zooming_and_scrolling_by_mouse_and_keys(result: Any) -> None:
    result.click("#zoom-all", force=True)
    result.press("#timeline", "Home")
    whole = value(result, "aria-valuemax")
    assert result.is_hidden("#along-part")
    assert result.is_disabled("#zoom-out")
    result.press("#timeline", "+")
    click_at(result, 0.5)
    assert value(result) == pytest.approx(max(whole / 4, 1.0), abs=0.1)
    result.locator("#along").focus()
    result.press("#along", "End")
    click_at(result, 1.0)
    assert value(result) == pytest.approx(whole, abs=0.1)
    result.press("#timeline", "Home")
    click_at(result, 0.0)
    assert value(result) == pytest.approx(0.0, abs=0.05), "what is sought is shown"
    result.press("#timeline", "0")
    assert result.is_hidden("#along-part")
    result.locator("#timeline").hover(position={"x": GUTTER + 1, "y": 30})
    result.keyboard.down("Control")
    result.mouse.wheel(0, -100)
    result.keyboard.up("Control")
    result.wait_for_selector("#along-part:visible")
    assert result.get_attribute("#along", "aria-valuetext").startswith("0:00.0 to 0:0")
    result.press("#timeline", "0")


def test_a_late_report_of_a_place_does_not_scroll_back_to_it(result: Any) -> None:
    result.click("#zoom-all", force=True)
    result.press("#timeline", "Home")
    result.press("#timeline", "+")
    comes_true(result, "!document.querySelector('#player').seeking")
    result.press("#along", "End")
    shown = result.get_attribute("#along", "aria-valuetext")
    result.evaluate(REPORTS)
    assert result.get_attribute("#along", "aria-valuetext") == shown
    result.press("#timeline", "Home")
    assert result.get_attribute("#along", "aria-valuetext") != shown, "a place asked for is shown"
    result.press("#timeline", "0")


def test_voice_or_face_alone(result: Any) -> None:
    both = result.locator("#result-said > span").all_inner_texts()
    whole = result.inner_text("#result-title")
    assert result.is_visible("#explanation")
    for modality, name, silent in (("audio", "Voice", "Face"), ("video", "Face", "Voice")):
        result.check(f"[name=by][value={modality}]")
        result.wait_for_selector(f"#result-said > span:has-text('{silent}: nothing to go by')")
        (alone,) = (" ".join(text.split()) for text in both if text.startswith(name))
        title = result.inner_text("#result-title").split()
        if title[0] != "Undecided":
            assert f"{name}: {title[0]}, {title[1]} %" == alone
        assert result.is_hidden("#explanation")
        assert "voice and face together" in result.inner_text("#download-note")
    result.check("[name=by][value='']")
    result.wait_for_selector("#explanation:visible")
    assert result.inner_text("#result-title") == whole
    assert result.is_hidden("#download-note")


def _an_hour(document: Any) -> Any:
    """The first segment again and again, for an hour."""
    (found,) = document["predictions"]
    first, last = found["segments"][0], found["segments"][-1]
    found["duration_s"] = HOUR_S
    found["segments"] = [
        {
            **(last if place % 7 == 0 else first),
            "start_s": HOP_S * place,
            "end_s": HOP_S * place + 1,
        }
        for place in range(int(HOUR_S / HOP_S) - 1)
    ]
    return document


def test_an_hour_stays_quick_and_small(page: Any, word: Path) -> None:
    def document(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=_an_hour(answer.json()))

    def overview(route: Any) -> None:
        answer = route.fetch()
        found = answer.json()
        found["waveform"]["step_s"] *= HOUR_S / found["duration_s"]
        route.fulfill(response=answer, json={**found, "duration_s": HOUR_S})

    page.route("**/result", document)
    page.route("**/overview", overview)
    page.set_input_files("#files", word)
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    # The file is as short as before: what cannot be played can be looked through all the same.
    page.evaluate(
        "() => { const v = document.getElementById('player'); v.removeAttribute('src'); v.load(); }"
    )
    assert page.locator("#cuts tbody tr").count() == 200
    assert "first 200 of 7199" in page.text_content("#cuts-more")
    page.press("#timeline", "End")
    for _ in range(5):
        page.press("#timeline", "+")
    assert page.get_attribute("#along", "aria-valuetext") == "58:07.5 to 1:00:00.0"
    page.locator("#along").press("Home")
    assert page.get_attribute("#along", "aria-valuetext") == "0:00.0 to 1:52.5"
    click_at(page, 0.5)
    assert value(page) == pytest.approx(56.25, abs=0.5)
    page.press("#timeline", "+")
    page.click("#result details summary")
    assert page.locator("#cuts tbody tr").count() < 120
    assert page.is_hidden("#cuts-more")


def test_about_says_how_good_it_is_and_what_the_law_says(page: Any) -> None:
    page.click("#to-about")
    figures = load().bundle.manifest.figures
    rows = [row.inner_text().split("\t") for row in page.locator("#figures tbody tr").all()]
    assert [row[0] for row in rows] == [each.system for each in figures]
    for row, each in zip(rows, figures, strict=True):
        assert row[1].startswith(each.protocol)
        assert row[2].startswith(f"{100 * each.uar:.1f}")
        assert row[5] == f"{each.n_clips:,}"
    links = page.locator("#law a").evaluate_all("all => all.map(e => e.href)")
    assert [link.rsplit("/", 3)[1:] for link in links] == [
        ["2016", "679", "oj"],
        ["2024", "1689", "oj"],
    ]
