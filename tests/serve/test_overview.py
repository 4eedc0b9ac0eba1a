"""What is drawn under a recording: the face where it was seen, and nowhere else."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
import pytest
from recordings import Track, empty, portrait, write

from affuse.media.decode import MediaInfo
from affuse.predict.picture import FaceObservation, VideoAnalysis
from affuse.predict.recording import Recording
from affuse.predict.sound import VoiceActivity
from affuse.predict.windows import Span
from affuse.records import Box, TellingMoment
from affuse.serve.overview import TELLING_SIZE, ThumbnailTracker, overview_of, telling_face

INFO = MediaInfo(has_audio=False, has_video=True)
BOX = Box(0.2, 0.2, 0.4, 0.4)


def seen(times_s: list[float], duration_s: float, with_face: list[float]) -> Recording:
    """A silent recording with looks at these times."""
    observations = [FaceObservation(time_s, 1, BOX, None) for time_s in with_face]
    video = VideoAnalysis(5.0, observations, times_s, duration_s=duration_s, gaps=[Span(1.0, 20.0)])
    return Recording(Path("a.mp4"), None, video, INFO)


def test_a_face_is_not_drawn_while_the_camera_was_off():
    early, late = [n / 5 for n in range(5)], [20 + n / 5 for n in range(5)]
    found = overview_of(seen([*early, *late], 21.0, [*early, *late]), ThumbnailTracker())
    assert found.face == (pytest.approx((0.0, 1.0)), pytest.approx((20.0, 21.0)))


def test_a_face_that_is_gone_for_two_looks():
    times_s = [n / 5 for n in range(10)]
    found = overview_of(seen(times_s, 1.96, [*times_s[:4], *times_s[6:]]), ThumbnailTracker())
    assert found.face == (pytest.approx((0.0, 0.8)), pytest.approx((1.2, 1.96)))


def test_nothing_is_drawn_of_a_cover():
    """It was looked at before it was known to be one."""
    thumbnails = ThumbnailTracker()
    thumbnails.update(0.0, portrait())
    activity = VoiceActivity(np.ones(100, bool), duration_s=0.0)
    found = overview_of(Recording(Path("a.mp4"), activity, None, INFO, has_cover=True), thumbnails)
    assert (found.strip, found.face) == ((), ())


@pytest.fixture
def half_smile(tmp_path):
    """One second of black, one of a face, one of black."""
    images = [empty()] * 10 + [portrait()] * 10 + [empty()] * 10
    return write(tmp_path / "half.mp4", Track(images))


def decoded_jpeg(url: str) -> np.ndarray:
    coded = base64.b64decode(url.removeprefix("data:image/jpeg;base64,"))
    return cv2.imdecode(np.frombuffer(coded, np.uint8), cv2.IMREAD_COLOR)


def test_the_face_that_tells_most_is_that_of_its_frame(half_smile):
    box = Box(0.3, 0.1, 0.4, 0.8)
    image = decoded_jpeg(telling_face(half_smile, TellingMoment(1.4, 1.6, 0.9, None, box)))
    assert image.shape == (TELLING_SIZE, TELLING_SIZE, 3)
    part = portrait()[36:324, 192:448, ::-1]
    expected = cv2.resize(np.ascontiguousarray(part), (TELLING_SIZE, TELLING_SIZE))
    assert np.abs(image.astype(int) - expected).mean() < 8
    black = decoded_jpeg(telling_face(half_smile, TellingMoment(0.4, 0.6, 0.9, None, box)))
    assert black.mean() < 8


def test_no_face_is_shown_where_none_is_known(half_smile):
    assert telling_face(half_smile, TellingMoment(1.4, 1.6, 0.9)) is None
    late = TellingMoment(9.0, 9.2, 0.9, None, BOX)
    assert telling_face(half_smile, late) is None
