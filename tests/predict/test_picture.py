"""Faces are looked at a few times a second, and one of several is followed."""

from __future__ import annotations

import numpy as np
import pytest
from recordings import Track, crowd, empty, head, small_portrait, write

from affuse.bundle.familiarity import MeasuredRows
from affuse.media import video
from affuse.media.decode import video_stream
from affuse.media.tracking import FaceTracker, TrackedFace
from affuse.predict.picture import FollowedFace, analyse_video
from affuse.predict.windows import Span
from affuse.records import Box


def seen(path, faces="largest", sampled_fps=5.0):
    crops = []

    def classify(batch):
        crops.extend(batch)
        return MeasuredRows(np.tile([[0.25, 0.75]], (len(batch), 1)), np.full(len(batch), 0.5))

    found = analyse_video(path, FaceTracker(), classify, faces=faces, sampled_fps=sampled_fps)
    return found, crops


def tracked(number: int, side: float) -> TrackedFace:
    return TrackedFace(number, Box(0.0, 0.0, side, side), True, 1.0)


@pytest.fixture
def two(tmp_path):
    """Two seconds of a large face at the left and a small one at the right; 12 frames a second."""
    image = empty(360, 640, 90)
    image[30:330, 20:320] = head(300)
    image[100:244, 440:584] = head(144, speaker=2)
    return write(tmp_path / "two.mp4", Track([image] * 24, fps=12))


def test_one_face_per_look_and_it_is_the_largest(two):
    found, crops = seen(two)
    assert found.times_s == pytest.approx(np.arange(10) / 5)
    assert found.duration_s == pytest.approx(2.0)
    assert len(found.observations) == len(crops) == 10
    assert len({observation.number for observation in found.observations}) == 1
    assert all(
        observation.box.left + observation.box.width / 2 < 0.5 for observation in found.observations
    )
    assert all(crop.shape == (48, 48) and crop.std() > 10 for crop in crops)
    assert found.n_faces == 2


def test_all_faces_keep_their_numbers(two):
    found, crops = seen(two, "all")
    by_number = {}
    for observation in found.observations:
        by_number.setdefault(observation.number, set()).add(observation.box.left > 0.5)
    assert sorted(by_number) == [1, 2]
    assert sorted(by_number.values(), key=min) == [{False}, {True}]
    assert len(crops) == len(found.observations) == 20


def test_stretches(two):
    found, _ = seen(two)
    assert found.n_sampled(Span(0.5, 1.5)) == 5
    assert [observation.time_s for observation in found.within(Span(0.5, 1.1))] == [0.6, 0.8, 1.0]


def test_a_picture_that_is_held_stands_for_many_looks_and_is_classified_once(tmp_path):
    track = Track([small_portrait(), empty(180, 320), small_portrait()], times_s=(0.0, 2.0, 3.0))
    found, crops = seen(write(tmp_path / "slides.mkv", track))
    early = [observation for observation in found.observations if observation.time_s < 2]
    assert len(early) == 10
    assert len(crops) == 2
    assert not found.within(Span(2.05, 2.95))
    assert found.n_sampled(Span(2.0, 3.0)) == 5


def test_ten_faces(tmp_path):
    path = write(tmp_path / "ten.mp4", Track([crowd(5, 2)] * 5))
    found, _ = seen(path, "all")
    assert found.n_faces == 10
    assert {observation.number for observation in found.observations} == set(range(1, 11))
    largest, crops = seen(path)
    assert len(largest.observations) == len(crops) == 3


def test_without_a_network_faces_are_still_seen(two):
    found = analyse_video(two, FaceTracker(), None, faces="largest", sampled_fps=5.0)
    assert len(found.observations) == 10
    assert all(observation.probabilities is None for observation in found.observations)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_the_picture_is_decoded_on_so_many_threads_and_stays_the_same(two, monkeypatch, n_threads):
    used = []

    def noted(container):
        used.append(video_stream(container))
        return used[-1]

    monkeypatch.setattr(video, "video_stream", noted)
    asked = {"faces": "largest", "sampled_fps": 5.0}
    usual = analyse_video(two, FaceTracker(), None, **asked)
    found = analyse_video(two, FaceTracker(), None, **asked, n_threads=n_threads)
    assert found.observations == usual.observations
    assert [stream.codec_context.thread_count for stream in used] == [2, n_threads]


def test_the_followed_face_is_left_only_for_one_that_is_clearly_larger():
    follow = FollowedFace()
    small, like, large = tracked(1, 0.30), tracked(2, 0.33), tracked(3, 0.5)
    assert follow.chosen(()) == ()
    assert [face.number for face in follow.chosen((small,))] == [1]
    assert [face.number for face in follow.chosen((small, like))] == [1]
    assert [face.number for face in follow.chosen((small, like, large))] == [3]
    assert [face.number for face in follow.chosen((like,))] == [2]
    assert [face.number for face in follow.chosen((small, like))] == [2]
