"""A face counts as seen while it was filmed, and at no other time."""

from __future__ import annotations

import io
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from recordings import RATE, Track, empty, fitted, small_portrait, spoken, write, write_into

TENTHS = tuple(n / 10 for n in range(10))


def filmed(path: Path, times_s: tuple[float, ...], sound_s: float = 4.0, **known: object) -> Path:
    """A portrait at these times, beside so much silence."""
    silence = np.zeros(round(sound_s * RATE), np.float32)
    images = [small_portrait()] * len(times_s)
    return write(path, Track(images, times_s=times_s, sound=silence, **known))  # type: ignore[arg-type]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_picture_that_ends_early(recogniser, tmp_path, suffix):
    found = recogniser.predict(filmed(tmp_path / f"early{suffix}", TENTHS))
    assert found.face_seen == pytest.approx(0.25, abs=0.02)
    (note,) = found.notes
    assert note.startswith("its picture ends after 1.0")
    assert note.endswith("s of sound")


def test_a_picture_that_begins_late(recogniser, tmp_path):
    late = tuple(10 + time_s for time_s in (*TENTHS, *(1 + t for t in TENTHS)))
    found = recogniser.predict(filmed(tmp_path / "late.mkv", late, 12.0))
    assert found.duration_s == pytest.approx(12.0, abs=0.1)
    assert [segment.face_seen for segment in found.segments if segment.end_s <= 10] == [0.0] * 3
    assert all("video" not in s.probabilities for s in found.segments if s.end_s <= 10)
    assert found.segments[-1].face_seen > 0.3
    assert found.face_seen == pytest.approx(2 / 12, abs=0.02)
    assert "its picture begins at 10.0 s: before that there is no face to see" in found.notes


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".ts"])
def test_a_camera_that_was_off_in_between(recogniser, tmp_path, suffix):
    times_s = (*TENTHS, *(31 + time_s for time_s in TENTHS))
    found = recogniser.predict(filmed(tmp_path / f"off{suffix}", times_s, 32.0))
    inner = [segment for segment in found.segments if segment.start_s >= 2 and segment.end_s <= 31]
    assert len(inner) > 8
    assert {segment.face_seen for segment in inner} == {0.0}
    assert "its picture is missing for 29.1 s in all, first at 1.9 s" in found.notes


@pytest.mark.parametrize("name", ["cover.m4a", "cover.mp4", "cover.mkv", "cover.avi"])
def test_one_still_picture_is_a_cover(recogniser, tmp_path, name):
    path = tmp_path / name
    track = Track([small_portrait()], sound=fitted(spoken(), 4.0))
    with av.open(str(path), "w", format="mp4" if name == "cover.m4a" else None) as container:
        write_into(container, track)
    found = recogniser.predict(path)
    assert found.face_seen is None
    assert set(found.probabilities) == {"audio", "fused"}
    assert found.notes == (
        "the file has only one still picture, a cover: predicted from the sound alone",
    )


def test_one_still_picture_without_sound_is_looked_at(recogniser, tmp_path):
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), small_portrait()[..., ::-1])
    found = recogniser.predict(path)
    assert found.face_seen == 1.0
    assert found.emotion is not None


@pytest.mark.parametrize("spacing_s", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(("name", "fps"), [("screen.mp4", None), ("screen.mkv", 10.0)])
def test_few_pictures_a_second_are_enough(recogniser, tmp_path, spacing_s, name, fps):
    times_s = tuple(n * spacing_s for n in range(round(8 / spacing_s)))
    found = recogniser.predict(filmed(tmp_path / name, times_s, 8.0, fps=fps or 1 / spacing_s))
    assert found.face_seen == 1.0
    assert found.notes == ()


def test_a_gif(recogniser, tmp_path):
    """Few pictures at uneven times, no sound."""
    path = tmp_path / "moving.gif"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("gif", rate=5)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "rgb8"
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(small_portrait(), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="rgb8")))
        container.mux(stream.encode())
    found = recogniser.predict(path)
    assert found.duration_s == pytest.approx(2.0, abs=0.25)
    assert found.face_seen == 1.0


def test_pictures_of_a_browser_that_stutters(recogniser, tmp_path, rng):
    """Pictures that come when they can, up to 0.9 s apart, in a file that states nothing."""
    times_s, now_s = [], 0.0
    while now_s < 8:
        times_s.append(now_s)
        now_s += float(rng.choice([0.1, 0.1, 0.1, 0.9]))
    track = Track(
        [small_portrait()] * len(times_s),
        times_s=times_s,
        sound=fitted(spoken(), 8.0),
        video_codec="libvpx",
        audio_codec="libopus",
    )
    content = io.BytesIO()
    with av.open(content, "w", format="webm") as container:
        write_into(container, track)
    path = tmp_path / "browser.webm"
    path.write_bytes(content.getvalue())
    found = recogniser.predict(path)
    assert found.face_seen > 0.97
    assert found.notes == ()


def test_the_last_window_is_that_of_what_is_left(recogniser, tmp_path):
    """The picture fills the first of two windows and none of the second."""
    path = filmed(tmp_path / "half.mp4", tuple(n / 10 for n in range(40)), 8.0)
    found = recogniser.predict(path, window_s=4.0, hop_s=4.0)
    assert [segment.face_seen for segment in found.segments] == [1.0, 0.0]
    assert found.face_seen == 0.5


def test_nothing_but_an_empty_room(recogniser, tmp_path):
    path = write(tmp_path / "room.mp4", Track([empty()] * 10, sound=fitted(spoken(), 4.0)))
    found = recogniser.predict(path)
    assert found.face_seen == 0.0
