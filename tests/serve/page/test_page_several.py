"""Several recordings side by side, and as a zip; what examples meant; how far the video is."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from late_answers import held

Until = Callable[..., None]

JUDGED_MS = 180_000


@pytest.fixture(scope="module")
def two(
    open_shared: Callable[..., Any], word: Path, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    """A page with two results."""
    page, folder = open_shared(), tmp_path_factory.mktemp("two")
    for name in ("first.mp4", "second.mp4"):
        (folder / name).write_bytes(word.read_bytes())
    page.set_input_files("#files", sorted(folder.glob("*.mp4")))
    for name in ("first.mp4", "second.mp4"):
        page.wait_for_selector(f"[aria-label='Show {name}']", timeout=JUDGED_MS)
    return page


def test_all_files_come_as_a_zip(two: Any, tmp_path: Path) -> None:
    with two.expect_download() as download:
        two.click("#all-files")
    path = tmp_path / download.value.suggested_filename
    assert path.name == "affuse-results.zip"
    download.value.save_as(path)
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        assert {"first/first.json", "second/second.eaf"} <= set(archive.namelist())


def test_results_stand_side_by_side(two: Any) -> None:
    assert two.is_hidden("#beside")
    for name in ("first.mp4", "second.mp4"):
        two.locator(f"[aria-label='Compare {name}']").press("Enter")
        two.wait_for_selector(f"#beside h3:has-text('{name}')")
    cards = two.locator("#beside-cards > li")
    assert cards.count() == 2
    left, right = (cards.nth(place).bounding_box() for place in (0, 1))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] < right["x"]
    title = two.inner_text("#result-title").split()
    words = cards.nth(0).locator(".beside-word").inner_text().strip()
    assert words.startswith(f"{title[0]}, {title[1]} %" if title[1:] else "undecided")
    painted = two.evaluate(
        """() => Array.from(document.querySelectorAll("#beside canvas[role=img]"), (canvas) =>
            canvas.getContext("2d").getImageData(0, 0, canvas.width, 10).data.some(Number))"""
    )
    assert painted == [True, True]
    cards.nth(1).locator("button").click()
    two.wait_for_selector("#result-name:has-text('second.mp4')")
    two.click("[aria-label='Compare first.mp4']")
    assert cards.count() == 1
    two.click("[aria-label='Remove second.mp4']")
    assert two.is_hidden("#beside")
    two.click("[aria-label='Remove first.mp4']")


@pytest.mark.slow
def test_an_example_says_what_was_meant_also_after_a_reload(page: Any) -> None:
    page.click("#examples summary")
    assert page.locator("#gallery button").count() == 8
    page.click("#gallery [data-meant=happy]")
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    page.wait_for_selector("#result-said:has-text('Meant: happy')")
    page.reload()
    page.wait_for_selector("#result-said:has-text('Meant: happy')")
    assert "meant: happy" in page.inner_text(".job-state")
    assert page.inner_text("#result-name").startswith("Sample, happy")


def test_the_video_says_how_far_it_is(page: Any, word: Path) -> None:
    page.set_input_files("#files", word)
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)

    def half(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "video": 0.42})

    page.route("**/api/jobs/*", half)
    with (
        page.expect_download(timeout=JUDGED_MS) as download,
        held(page, "**/exports/video") as late,
    ):
        page.click("[data-format=video]")
        page.wait_for_selector("[data-format=video]:has-text('42 %')")
        late.release()
    assert download.value.suggested_filename.endswith(".mp4")
    page.wait_for_selector("[data-format=video]:enabled")
    assert page.inner_text("[data-format=video]") == "Video with timeline"
