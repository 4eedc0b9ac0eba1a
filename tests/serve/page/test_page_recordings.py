"""The page as people use it: give a recording, look at the result, take it with them."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import av
import pytest
from browsing import comes_true
from moving_files import beginning

from affuse.export.document import read_json
from affuse.export.timeline import tracks

Until = Callable[..., None]

JUDGED_S = 180
JUDGED_MS = 1000 * JUDGED_S
TIME = "document.getElementById('player').currentTime"
CUTS = """async (prediction) => {
    const { tracks } = await import("/static/moments.js");
    return [...tracks(prediction)].map(([face, cuts]) =>
        [face, cuts.map(({ start, end }) => [start, end])]);
}"""


@dataclass(frozen=True)
class Given:
    """A page that shows what was found in the clip."""

    page: Any
    found: Any


def give(page: Any, path: Path) -> str:
    """Upload a file and wait for its result; the job's id."""
    with page.expect_response("**/api/predict*") as answer:
        page.set_input_files("#files", path)
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    return str(answer.value.json()["id"])


def result_of(page: Any, server: str, job: str) -> Any:
    """What the server says of a job, as a document."""
    return page.request.get(f"{server}/api/jobs/{job}/result").json()


@pytest.fixture(scope="module")
def given(open_shared: Callable[..., Any], server: str, clip: Path) -> Given:
    """One page that was given the clip, for all tests that do nothing but look at its result."""
    page = open_shared()
    return Given(page, result_of(page, server, give(page, clip))["predictions"][0])


@pytest.fixture
def result(given: Given) -> Any:
    """That page with its result shown anew, as the server has it."""
    _show(given.page)
    return given.page


def _show(page: Any) -> None:
    with page.expect_response("**/result"):
        page.click(".job [aria-label^=Show]")
    comes_true(page, "document.activeElement.id === 'result-title'")


@contextmanager
def shown_with(page: Any, change: Callable[[Any], object]) -> Iterator[None]:
    """The result is shown as if the server had found something else."""

    def changed(route: Any) -> None:
        answer = route.fetch()
        document = answer.json()
        change(document["predictions"][0])
        route.fulfill(response=answer, json=document)

    page.route("**/result", changed)
    _show(page)
    try:
        yield
    finally:
        page.unroute("**/result")


def test_a_set_of_several_emotions_is_shown(result: Any) -> None:
    with shown_with(result, lambda found: found.update(set=["calm", "happy"])):
        assert result.inner_text("#result-words").endswith(" One of: calm, happy.")


@pytest.mark.slow
def test_a_recording_is_judged_and_shown(result: Any, given: Given, clip: Path) -> None:
    page, found = result, given.found
    title = page.inner_text("#result-title")
    if found["emotion"]:
        assert title.split()[0] == found["emotion"]
        assert f"{round(100 * found['confidence'])} %" in title
    else:
        assert "Undecided" in title
        assert found["abstained"][1:] in page.inner_text("#result-words")
    rows = page.locator("#moment tbody tr")
    shown = {row.split()[0]: int(row.split()[-1]) for row in rows.all_inner_texts()}
    expected = found["segments"][0]["probabilities"]["fused"]
    assert shown == {name: pytest.approx(100 * share, abs=0.51) for name, share in expected.items()}
    assert clip.name in page.inner_text("#result-name")


def test_what_an_answer_rests_on_is_shown(result: Any, given: Given) -> None:
    page, why = result, given.found["explanation"]
    shares = why["contributions"]
    assert set(shares) == {"audio", "video"}
    total = why["chance"] + sum(shares.values())
    caption = page.inner_text("#sum caption")
    assert caption == f"How {why['emotion']} comes to {100 * total:.1f} %"
    rows = [row.inner_text().split() for row in page.locator("#sum tbody tr").all()]
    assert [row[0] for row in rows] == ["Chance", "Voice", "Face", "Together"]
    figures = [float(row[1].replace("\N{MINUS SIGN}", "-")) for row in rows]
    parts = [why["chance"], shares["audio"], shares["video"], total]
    assert figures == pytest.approx([100 * part for part in parts], abs=0.051)
    bars = page.locator("#sum .step").evaluate_all("all => all.map(e => e.offsetWidth)")
    track = page.evaluate("document.querySelector('#sum .track').offsetWidth")
    assert bars == pytest.approx([track * abs(part) for part in parts], abs=2)


def test_a_moment_leads_to_its_place_and_shows_the_face(result: Any, given: Given) -> None:
    page, why = result, given.found["explanation"]
    comes_true(page, "document.getElementById('player').readyState > 1")
    found = page.locator("#moments li")
    assert found.count() == len(why["contributions"])
    face = found.filter(has=page.locator("img"))
    assert face.locator("img").get_attribute("src").startswith("data:image/jpeg;base64,")
    comes_true(page, "document.querySelector('#moments img').naturalWidth === 128")
    moment = why["moments"]["video"]
    assert f"{round(100 * moment['probability'])} %" in face.inner_text()
    face.locator("button").click()
    comes_true(page, f"Math.abs({TIME} - {moment['start_s']}) < 0.05")


def test_where_nothing_is_explained_the_place_is_hidden(result: Any) -> None:
    assert result.is_visible("#explanation")
    with shown_with(result, lambda found: found.pop("explanation")):
        assert result.is_hidden("#explanation")


def test_a_reason_stands_in_the_place_of_the_sum(result: Any) -> None:
    def change(found: Any) -> None:
        found["explanation"].update(contributions={}, moments={}, reason="neither can be left out")
        found["familiarity"] = {"audio": 0.34}

    with shown_with(result, change):
        assert result.inner_text("#explanation-words") == "neither can be left out."
        assert result.is_hidden("#sum")
        assert result.locator("#moments li").count() == 0
        assert result.inner_text("#nearness") == (
            "Voice: nearer to training than 34 % of clips kept apart from it."
        )


@pytest.mark.slow
@pytest.mark.data
def test_a_real_face_and_voice(page: Any, server: str, shared_data: Path, tmp_path: Path) -> None:
    whole = sorted((shared_data / "clips").glob("*.mp4"))[0]
    real = beginning(whole, tmp_path / whole.name, 1.5)
    (found,) = result_of(page, server, give(page, real))["predictions"]
    assert (found["emotion"] or "Undecided") in page.inner_text("#result-title")


@pytest.mark.slow
def test_a_place_asked_for_while_the_far_end_is_sought_is_kept(result: Any) -> None:
    comes_true(result, "document.getElementById('player').readyState > 1")
    result.evaluate(
        """() => {
        const player = document.getElementById("player");
        Object.defineProperty(player, "duration", { value: Infinity, configurable: true });
        player.dispatchEvent(new Event("loadedmetadata"));
        delete player.duration;
        const key = new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true });
        document.getElementById("timeline").dispatchEvent(key);
        window.sought = 0;
        player.addEventListener("seeked", () => { window.sought += 1; });
    }"""
    )
    comes_true(result, "window.sought >= 2")
    assert result.evaluate(TIME) == pytest.approx(0.5, abs=0.15)


@pytest.mark.slow
def test_seeking_by_mouse_and_keys(result: Any) -> None:
    page = result
    comes_true(page, "document.getElementById('player').readyState > 1")
    timeline = page.locator("#timeline")
    box = timeline.bounding_box()
    timeline.click(position={"x": 84 + (box["width"] - 84) / 2, "y": 30})
    middle = float(timeline.get_attribute("aria-valuemax")) / 2
    assert page.evaluate(TIME) == pytest.approx(middle, abs=0.15)
    timeline.press("ArrowRight")
    assert page.evaluate(TIME) == pytest.approx(middle + 0.5, abs=0.15)
    timeline.press("Home")
    assert page.evaluate(TIME) == 0
    message = timeline.get_attribute("aria-valuetext")
    assert re.match(r"0:00\.0 of 0:0\d\.\d: .+; voice .+; face .+", message)
    assert page.inner_text("#moment caption b") == "At 0:00.0"
    timeline.press("End")
    assert float(timeline.get_attribute("aria-valuenow")) == pytest.approx(2 * middle, abs=0.1)


def _is_json(data: bytes) -> bool:
    return bool(json.loads(data)["predictions"][0]["segments"])


def _is_csv(data: bytes) -> bool:
    return bool(list(csv.DictReader(io.StringIO(data.decode()))))


def _is_eaf(data: bytes) -> bool:
    return ElementTree.fromstring(data).tag == "ANNOTATION_DOCUMENT"


def _is_database(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return any(name.endswith("db.yaml") for name in archive.namelist())


def _is_video(data: bytes) -> bool:
    with av.open(io.BytesIO(data)) as container:
        return sum(1 for _ in container.decode(video=0)) > 10


PARSERS: dict[str, Callable[[bytes], bool]] = {
    "json": _is_json,
    "csv": _is_csv,
    "vtt": lambda data: data.startswith(b"WEBVTT\n") and b"-->" in data,
    "eaf": _is_eaf,
    "textgrid": lambda data: b"IntervalTier" in data,
    "audformat": _is_database,
    "video": _is_video,
}


@pytest.mark.slow
def test_every_export_can_be_taken_and_read(result: Any, tmp_path: Path) -> None:
    page = result
    offered = page.locator("#downloads button").evaluate_all(
        "all => all.map(e => e.dataset.format)"
    )
    assert set(offered) <= set(PARSERS)
    assert {"json", "csv", "vtt", "eaf", "textgrid", "video"} <= set(offered)
    for name in offered:
        with page.expect_download(timeout=JUDGED_MS) as download:
            page.click(f"#downloads [data-format={name}]")
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        assert PARSERS[name](path.read_bytes()), name
    assert read_json(next(tmp_path.glob("*.json")))[0].segments
    assert page.is_hidden("#download-error")


@pytest.mark.slow
def test_the_page_cuts_windows_as_the_exports_do(
    page: Any, server: str, clip: Path, tmp_path: Path
) -> None:
    page.click("details:has(#options) > summary")
    page.fill("[name=window]", "1")
    page.fill("[name=hop]", "0.5")
    document = result_of(page, server, give(page, clip))
    path = tmp_path / "whole.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    (prediction,) = read_json(path)
    assert len(prediction.segments) > 2
    ours = [[t.face, [[c.start_s, c.end_s] for c in t.cuts]] for t in tracks(prediction)]
    theirs = page.evaluate(CUTS, document["predictions"][0])
    assert [face for face, _ in theirs] == [face for face, _ in ours]
    for (_, mine), (_, its) in zip(ours, theirs, strict=True):
        assert [pytest.approx(pair) for pair in mine] == its
    assert page.locator("#cuts tbody tr").count() == len(theirs[0][1])


@pytest.mark.slow
def test_several_at_once_and_the_sample(page: Any, until: Until, word: Path) -> None:
    page.set_input_files("#files", [word, word])
    page.click("#sample")
    until("document.querySelectorAll('.job [aria-label^=Show]').length === 3", seconds=2 * JUDGED_S)
    page.click("[aria-label='Show Sample, disgust']")
    until("document.getElementById('result-name').innerText.startsWith('Sample, disgust')")
    page.click("[aria-label='Remove Sample, disgust']")
    assert page.is_hidden("#result")
    assert page.locator(".job").count() == 2


@pytest.mark.slow
def test_a_job_can_be_cancelled(page: Any, server: str, clip: Path) -> None:
    with page.expect_response("**/api/predict*") as answer:
        page.set_input_files("#files", clip)
    job = answer.value.json()["id"]
    with page.expect_response(lambda response: response.request.method == "DELETE") as removed:
        # At once: `click` waits until the list no longer moves, and the job may have ended by then.
        page.eval_on_selector(".job button[aria-label^=Cancel]", "button => button.click()")
    assert removed.value.status == 204
    assert page.locator(".job").count() == 0
    assert page.request.get(f"{server}/api/jobs/{job}").status == 404


def test_what_cannot_be_read_is_said_plainly(page: Any, until: Until, tmp_path: Path) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"this is not a recording" * 100)
    (tmp_path / "nothing.mp4").write_bytes(b"")
    page.set_input_files("#files", [tmp_path / "broken.mp4", tmp_path / "nothing.mp4"])
    until("document.querySelectorAll('.job.failed').length === 2", seconds=JUDGED_S)
    nothing, broken = page.locator(".job-state").all_inner_texts()
    assert nothing.startswith("The file is empty")
    assert "broken.mp4" in broken
    assert str(tmp_path) not in broken
    assert page.is_hidden("#result")


@pytest.mark.slow
def test_a_kind_that_the_browser_cannot_play_still_has_its_timeline(
    page: Any, word: Path, tmp_path: Path
) -> None:
    strange = tmp_path / "old.mkv"
    with av.open(str(word)) as source, av.open(str(strange), "w") as target:
        stream = target.add_stream("mpeg2video", rate=30)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for frame in source.decode(video=0):
            target.mux(stream.encode(frame.reformat(320, 180, "yuv420p")))
        target.mux(stream.encode(None))
    give(page, strange)
    page.wait_for_selector("#player-note:visible")
    assert "cannot play" in page.inner_text("#player-note")
    page.press("#timeline", "ArrowRight")
    assert page.inner_text("#moment caption b") == "At 0:00.5"


@pytest.mark.slow
def test_recording_from_camera_and_microphone(page: Any, until: Until) -> None:
    page.click("#record-open")
    until("document.getElementById('record-preview').videoWidth === 320")
    until("document.getElementById('record-level').style.getPropertyValue('--level') > '0.2'")
    page.click("#record-toggle:enabled")
    until("document.getElementById('record-clock').textContent >= '0:01'")
    page.click("#record-toggle")
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    assert "recording-1.webm" in page.inner_text("#result-name")
    assert page.is_hidden("#recorder")
    until("document.getElementById('player').duration < 60")
    page.press("#timeline", "ArrowRight")
    until(f"Math.abs({TIME} - 0.5) < 0.15")
