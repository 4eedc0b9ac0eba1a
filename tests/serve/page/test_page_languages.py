"""The page in the reader's language: the browser's, or a chosen one that is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recordings import Track, empty, write

from affuse.serve.about import LANGUAGES

JUDGED_MS = 180_000
ENGLISH, GERMAN = (
    json.loads((LANGUAGES / f"{code}.json").read_text("utf-8")) for code in ("en", "de")
)
SHOWN = """() => Array.from(document.querySelectorAll("body *:not(noscript):not(script)"))
    .flatMap((element) => [
        ...["aria-label", "aria-valuetext"].map((name) => element.getAttribute(name)),
        ...Array.from(element.childNodes, (node) => node.nodeType === 3 ? node.data : "")])
    .filter(Boolean).map((text) => text.trim()).filter(Boolean)"""


def strays(page: Any) -> list[str]:
    """Texts of the page that are keys, or sentences of another language."""
    keys = (key for key in ENGLISH if key != "language.name")
    other = {ENGLISH[key] for key in keys if ENGLISH[key] != GERMAN[key]} - set(GERMAN.values())
    return [text for text in page.evaluate(SHOWN) if text in ENGLISH or text in other]


def test_it_follows_the_browser_and_everything_is_said_in_that_language(
    open_page: Callable[..., Any], word: Path
) -> None:
    page = open_page(locale="de-AT", viewport={"width": 1280, "height": 900})
    assert page.evaluate("document.documentElement.lang") == "de"
    assert page.inner_text("#recordings-title") == "Gefühlsausdruck aus Stimme und Gesicht"
    page.set_input_files("#files", word)
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    page.click("#correct-open")
    emotions = {GERMAN[key] for key in GERMAN if key.startswith("emotion.")}
    shown = page.inner_text("#result-title").split()[0]
    assert shown in emotions | {"Unentschieden"}
    assert "Stimme:" in page.inner_text("#result-said")
    for view in ("recordings", "live", "runs", "about"):
        page.click(f"#to-{view}")
        page.wait_for_selector(f"#view-{view}:visible")
        assert strays(page) == [], view
        assert page.evaluate("document.documentElement.scrollWidth") == 1280
    assert "15 min, nachdem" in page.inner_text("#view-about")
    page.wait_for_selector("#runs table", state="attached")
    assert page.locator("#runs td").nth(3).text_content() == "70,1"


def test_what_the_server_says_is_said_in_that_language(
    open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(locale="de-DE")
    page.set_input_files("#files", write(tmp_path / "grey.mp4", Track([empty()] * 20)))
    page.wait_for_selector("#result:visible", timeout=JUDGED_MS)
    no_sound, no_face = GERMAN["message.sound.none"], GERMAN["message.face.none"]
    words = page.inner_text("#result-words")
    assert words[0] == "D"
    assert words.lower() == f"{no_sound}{GERMAN['message.and']}{no_face}.".lower()
    (note,) = page.locator("#result-notes li").all()
    expected = GERMAN["message.note.picture"].replace("{why}", no_sound)
    assert note.inner_text().lower() == expected.lower()
    assert note.get_attribute("lang") is None
    (tmp_path / "text.mp4").write_text("no recording")
    page.set_input_files("#files", tmp_path / "text.mp4")
    page.wait_for_selector(".job.failed", timeout=JUDGED_MS)
    reason = page.inner_text(".job.failed .job-state")
    first = GERMAN["message.media.unreadable"].split("({reason}")[0]
    assert reason.startswith(first.replace("{file}", "text.mp4").replace("{n_bytes}", "12"))
    for name in ("grey.mp4", "text.mp4"):
        page.click(f"[aria-label='Entfernen: {name}']")


def test_a_chosen_language_is_kept(open_page: Callable[..., Any]) -> None:
    page = open_page(locale="fr-FR")
    assert page.evaluate("document.documentElement.lang") == "en", "there is no French yet"
    page.select_option("#language", "de")
    page.wait_for_selector("#recordings-title:has-text('Gefühlsausdruck')")
    page.reload()
    page.wait_for_selector("#recordings-title:has-text('Gefühlsausdruck')")
    page.select_option("#language", "en")
    page.wait_for_selector("#recordings-title:has-text('Emotion')")


def test_german_fits(open_page: Callable[..., Any]) -> None:
    page = open_page(locale="de-DE")
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for view in ("recordings", "live", "runs", "about"):
            page.click(f"#to-{view}")
            page.wait_for_selector(f"#view-{view}:visible")
            found = page.evaluate("document.documentElement.scrollWidth")
            assert found == width, view
