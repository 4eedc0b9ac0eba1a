"""Small faces are searched for only now and then; what is followed is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from drawn_faces import with_faces
from numpy.typing import NDArray

from affuse.media.face_detectors import HaarDetector
from affuse.media.faces import FoundFace
from affuse.media.repeated_detection import RepeatedDetection
from affuse.media.tracking import FaceTracker
from affuse.media.wider_search import WiderSearch
from affuse.records import Box

Image = NDArray[np.uint8]
NEAR = {1: (40, 20, 320)}
NEAR_AND_FAR = {**NEAR, 2: (440, 60, 96)}
BOTH = {1: (60, 40, 280), 2: (440, 60, 116)}


@dataclass(frozen=True)
class Counting(HaarDetector):
    """The cascade, which notes whether it searched the whole picture."""

    whole: list[bool] = field(default_factory=list)

    def detect(self, image: Image, beside: Sequence[Box] = ()) -> tuple[FoundFace, ...]:
        self.whole.append(not beside)
        return super().detect(image, beside)


def moved(faces: dict[int, tuple[int, int, int]], by: int) -> Image:
    return with_faces(640, 360, {face: (x + by, y, side) for face, (x, y, side) in faces.items()})


def test_a_face_that_stays_is_found_as_a_whole_search_finds_it() -> None:
    counting = Counting()
    repeated = RepeatedDetection(counting)
    for at in range(9):
        image = moved(NEAR, 3 * at)
        assert repeated.faces(at / 5, image) == HaarDetector().detect(image)
    assert counting.whole == [True, False, False, False, True, False, False, False, True]


def test_two_faces_of_which_one_is_small_both_stay() -> None:
    counting = Counting()
    repeated = RepeatedDetection(counting)
    for at in range(4):
        image = moved(BOTH, 2 * at)
        found = repeated.faces(at / 5, image)
        assert len(found) == 2
        assert found == HaarDetector().detect(image)
    assert counting.whole == [True, False, False, False]


def test_a_small_face_that_comes_is_seen_within_the_time() -> None:
    repeated = RepeatedDetection(HaarDetector())
    pictures = [NEAR, *[NEAR_AND_FAR] * 5]
    seen = [len(repeated.faces(at / 5, moved(faces, 0))) for at, faces in enumerate(pictures)]
    assert seen == [1, 1, 1, 1, 2, 2]


@pytest.mark.parametrize("then", [{}, {2: (440, 60, 116)}])
def test_where_a_face_is_missing_the_whole_picture_is_searched_at_once(
    then: dict[int, tuple[int, int, int]],
) -> None:
    next_image = moved(then, 0)
    counting = Counting()
    repeated = RepeatedDetection(counting)
    repeated.faces(0.0, moved(NEAR, 0))
    assert repeated.faces(0.2, next_image) == HaarDetector().detect(next_image)
    assert counting.whole == [True, False, True]


def test_a_cut_and_time_that_runs_back_begin_anew() -> None:
    counting = Counting()
    repeated = RepeatedDetection(counting)
    repeated.faces(1.0, moved(NEAR, 0))
    repeated.faces(1.2, moved(NEAR, 0), is_cut=True)
    repeated.faces(0.0, moved(NEAR, 0))
    assert counting.whole == [True, True, True]


def test_faces_that_are_followed_are_the_same() -> None:
    """By the tracker that prediction uses, beside one that searches every picture wholly."""
    plain = FaceTracker(HaarDetector(), search=WiderSearch())
    tracker = FaceTracker()
    scenes = [*[NEAR] * 6, *[NEAR_AND_FAR] * 5, *[{}] * 3, *[NEAR_AND_FAR] * 4]
    seen = []
    for at, faces in enumerate(scenes):
        image = moved(faces, at)
        seen.append((tracker.update(at / 5, image), plain.update(at / 5, image)))
    counts = [tuple(len(faces) for faces in both) for both in seen]
    # The small face that comes beside the larger one is there 0.4 s later; the larger one is same.
    assert counts[:11] == [(1, 1)] * 7 + [(1, 2)] * 2 + [(2, 2)] * 2
    assert [one[:1] for one, _ in seen] == [other[:1] for _, other in seen]
