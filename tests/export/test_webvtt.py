"""WebVTT: its structure, and what a browser makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from affuse.export.formats.vtt import to_webvtt

TIMES = re.compile(
    r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3}) --> (\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})"
)


def cues(text: str) -> list[tuple[float, float, str]]:
    """Start, end and text of each cue; the parser of this test knows no mercy."""
    head, *blocks = text.rstrip("\n").split("\n\n")
    assert head == "WEBVTT"
    found = []
    for block in blocks:
        if block.startswith("NOTE\n"):
            assert "-->" not in block
            continue
        number, times, *lines = block.split("\n")
        assert int(number) == len(found) + 1
        h1, m1, s1, ms1, h2, m2, s2, ms2 = map(int, TIMES.fullmatch(times).groups())
        start = 3600 * h1 + 60 * m1 + s1 + ms1 / 1000
        end = 3600 * h2 + 60 * m2 + s2 + ms2 / 1000
        assert lines
        assert start < end
        found.append((start, end, "\n".join(lines)))
    return found


def test_a_cue_per_segment_one_at_a_time(talk):
    assert cues(to_webvtt(talk)) == [
        (0, 3, "happy 80 %\nvoice sad 50 %, face happy 60 %"),
        (3, 5, "calm 60 %\nvoice sad 50 %, face calm 60 %"),
        (5, 7, "undecided (20 % is under the threshold of 30 %)"),
        (7, 10, "angry 70 %\nvoice sad 50 %, face angry 60 %"),
    ]
    assert "NOTE\ncut short: 10.0 s of 12.0 s can be read\n" in to_webvtt(talk)


def test_cues_say_whose_face(couple):
    texts = [text.split("\n")[0] for _, _, text in cues(to_webvtt(couple))]
    assert texts == [
        "face 1: happy 80 %",
        "face 2: sad 90 %",
        "face 1: happy 70 %",
        "face 2: angry 50 %",
    ]


def test_hours(talk):
    late = replace(talk.segments[0], start_s=359_999.9996, end_s=360_000.5)
    ((start, end, _),) = cues(to_webvtt(replace(talk, segments=(late,))))
    assert (start, end) == (360_000, 360_000.5)


def test_no_text_can_break_out(talk):
    evil = "<b>x</b> & 00:00 --> 00:01\n\n9\nWEBVTT"
    segment = replace(talk.segments[2], abstained=evil)
    text = to_webvtt(replace(talk, segments=(segment,), notes=(evil,), recogniser=evil))
    ((_, _, cue),) = cues(text)
    assert cue == (r"undecided (&lt;b&gt;x&lt;/b&gt; &amp; 00:00 --&gt; 00:01\n\n9\nWEBVTT)")


def test_a_stretch_of_no_length_stays_a_cue(silence):
    instant = replace(silence.segments[0], end_s=0.0)
    ((start, end, _),) = cues(to_webvtt(replace(silence, segments=(instant,))))
    assert (start, end) == (0, 0.001)


@pytest.fixture
def page(start_chromium: Callable[..., Any]) -> Iterator[Any]:
    """A page of Debian's chromium."""
    page = start_chromium().new_page()
    yield page
    page.close()


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """Address of a server of the temporary folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=tmp_path)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


PAGE = '<video><track kind="subtitles" src="talk.vtt" srclang="en" default></video>'
CUES = """() => new Promise((resolve, reject) => {
    const track = document.querySelector("track");
    const read = () => resolve(Array.from(track.track.cues, cue =>
        [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent]));
    track.onload = read;
    track.onerror = () => reject("the browser does not read this track");
    if (track.readyState === 2) read();
    track.track.mode = "hidden";
})"""


@pytest.mark.slow
def test_a_browser_reads_the_same_cues(page, address, tmp_path, talk):
    """Chromium's `<track>` loads, with one cue per segment."""
    odd = replace(talk.segments[2], abstained='5 < 6 & "so" --> <i>on</i>')
    shown = replace(talk, segments=(*talk.segments[:2], odd, talk.segments[3]))
    (tmp_path / "talk.vtt").write_text(to_webvtt(shown), "utf-8")
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    page.goto(f"{address}/page.html")
    found = page.evaluate(CUES)
    assert [(start, end) for start, end, _ in found] == [(0, 3), (3, 5), (5, 7), (7, 10)]
    assert found[0][2] == "happy 80 %\nvoice sad 50 %, face happy 60 %"
    assert found[2][2] == 'undecided (5 < 6 & "so" --> <i>on</i>)'
