from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from drawn_faces import with_faces
from moving_files import beginning
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.face_detectors import HaarDetector
from affuse.media.faces import FoundFace
from affuse.media.tracking import FaceTracker, Following, TrackedFace
from affuse.media.video import sample_frames
from affuse.records import Box

Image = NDArray[np.uint8]
BLACK = np.zeros((90, 160, 3), np.uint8)
SHARP = Following(smooth_s=0.0)


def at(x: float, y: float = 0.5, side: float = 0.2, roll_deg: float = 0.0) -> FoundFace:
    return FoundFace(Box(x - side / 2, y - side / 2, side, side), 0.9, None, roll_deg)


@dataclass
class Scripted:
    """A detector that finds what it is told to, look after look."""

    sampled: Sequence[Sequence[FoundFace]]
    n_sampled: int = field(default=0)

    def detect(self, image: Image) -> tuple[FoundFace, ...]:
        self.n_sampled += 1
        return tuple(self.sampled[self.n_sampled - 1])


def followed(
    sampled: Sequence[Sequence[FoundFace]], fps: float = 10.0, following: Following = SHARP
) -> list[tuple[TrackedFace, ...]]:
    tracker = FaceTracker(Scripted(sampled), following)
    return [tracker.update(at / fps, BLACK) for at in range(len(sampled))]


def numbers(shown: Sequence[Sequence[TrackedFace]]) -> list[list[int]]:
    return [[face.number for face in faces] for faces in shown]


def test_only_picture_of_a_recording_shows_its_faces() -> None:
    assert numbers(followed([[at(0.2), at(0.7)]])) == [[1, 2]]


def test_face_that_appears_later_is_shown_from_its_second_look_on() -> None:
    assert numbers(followed([[], [at(0.5)], [at(0.5)], [at(0.5)]])) == [[], [], [1], [1]]


def test_what_is_found_once_is_no_face() -> None:
    sampled = [[at(0.3)], [at(0.3), at(0.8)], [at(0.3)], [at(0.3)], [at(0.3), at(0.6)], [at(0.3)]]
    assert numbers(followed(sampled)) == [[1]] * 6


@pytest.mark.parametrize(("gap", "confirmed"), [(1, True), (30, True), (40, False)])
def test_second_look_confirms_within_half_a_second(gap: int, confirmed: bool) -> None:
    """At 60 looks per second a detector may miss a face in most of them."""
    shown = numbers(followed([[]] + [[at(0.5)]] + [[]] * (gap - 1) + [[at(0.5)]], fps=60))
    assert shown[-1] == ([1] if confirmed else [])
    assert shown[:-1] == [[]] * (gap + 1)


def test_what_is_found_in_the_first_picture_alone_is_gone_with_the_next() -> None:
    assert numbers(followed([[at(0.3)], [], []])) == [[1], [], []]


def test_face_missed_after_the_first_picture_keeps_its_number() -> None:
    assert numbers(followed([[at(0.3)], [], [at(0.3)], [at(0.3)]])) == [[1], [], [1], [1]]


def test_moving_face_is_followed_and_its_box_is_the_one_found() -> None:
    sampled = [[at(0.1 + 0.02 * step, side=0.2 + 0.01 * step)] for step in range(30)]
    shown = followed(sampled)
    assert numbers(shown) == [[1]] * 30
    assert [faces[0].box for faces in shown] == [faces[0].box for faces in sampled]


def test_faces_that_pass_near_each_other_keep_their_numbers() -> None:
    sampled = [[at(0.1 + 0.02 * step, y=0.3), at(0.9 - 0.02 * step, y=0.6)] for step in range(40)]
    # found in any order
    shown = followed([faces[::-1] if step % 2 else faces for step, faces in enumerate(sampled)])
    assert numbers(shown) == [[1, 2]] * 40
    assert [faces[0].box.top for faces in shown] == pytest.approx([0.2] * 40)


def test_small_face_before_a_large_one_is_another_face() -> None:
    sampled = [[at(0.5, side=0.6)], [at(0.5, side=0.2)], [at(0.5, side=0.2)]]
    assert numbers(followed(sampled))[-1] == [2]


def test_short_gap_is_held_and_a_longer_one_is_not() -> None:
    shown = followed([[at(0.5)]] * 3 + [[]] * 8, fps=10)
    assert numbers(shown) == [[1]] * 8 + [[]] * 3
    assert [faces[0].found for faces in shown[:8]] == [True] * 3 + [False] * 5
    assert shown[7][0].box == at(0.5).box


@pytest.mark.parametrize(("gap_s", "number"), [(1.0, 1), (2.5, 1), (4.0, 2)])
def test_face_that_returns_soon_keeps_its_number(gap_s: float, number: int) -> None:
    gone = [[]] * round(gap_s * 10)
    shown = numbers(followed([[at(0.5)]] * 3 + gone + [[at(0.55)]] * 2))
    assert shown[-1] == [number]
    assert shown[-2] == ([1] if number == 1 else [])


def test_face_that_returns_elsewhere_is_another_one() -> None:
    assert numbers(followed([[at(0.2)]] * 3 + [[]] * 10 + [[at(0.8)]] * 2))[-1] == [2]


def test_returning_face_does_not_take_the_number_of_one_that_is_there() -> None:
    two_then_one = [[at(0.3), at(0.5)]] * 2 + [[at(0.5)]] * 10
    shown = followed([*two_then_one, [at(0.31), at(0.5)]])
    assert [(face.number, round(face.box.left, 2)) for face in shown[-1]] == [(1, 0.21), (2, 0.4)]
    # the one that is there has moved, to nearer where the other one was
    assert numbers(followed([*two_then_one, [at(0.39)]]))[-1] == [2]


def test_face_that_returns_is_shown_where_it_is_now() -> None:
    slow = Following(smooth_s=1.0)
    shown = followed([[at(0.5)]] * 3 + [[]] * 10 + [[at(0.6)]], following=slow)
    assert shown[-1][0].box == at(0.6).box


def test_ten_faces_that_come_and_go() -> None:
    all_ten = [at(0.05 + 0.1 * place, side=0.08) for place in range(10)]
    sampled = [all_ten, all_ten[::-1], all_ten[5:], all_ten[5:], all_ten, []]
    assert numbers(followed(sampled)) == [list(range(1, 11))] * 6


@pytest.mark.parametrize("fps", [8.0, 25.0, 30.0, 60.0])
def test_smoothing_takes_the_same_time_at_any_frame_rate(fps: float) -> None:
    n_before, n_after = round(fps), round(0.5 * fps)
    sampled = [[at(0.3)]] * n_before + [[at(0.4)]] * (n_after + 1)
    shown = followed(sampled, fps, Following(smooth_s=0.25))
    assert numbers(shown) == [[1]] * len(sampled)
    x = [faces[0].box.left + 0.1 for faces in shown]
    assert x[:n_before] == pytest.approx([0.3] * n_before)
    # the step is seen for the first time one frame after the last look at the old place
    passed_s = (n_after + 1) / fps
    assert x[-1] == pytest.approx(0.4 - 0.1 * np.exp(-passed_s / 0.25))


def test_smoothing_makes_the_jitter_of_a_detector_smaller(rng: np.random.Generator) -> None:
    sampled = [[at(0.5 + 0.01 * noise)] for noise in rng.standard_normal(300)]
    raw, smooth = (
        np.diff([faces[0].box.left for faces in followed(sampled, 30, following)]).std()
        for following in (SHARP, Following())
    )
    assert smooth < 0.3 * raw


def test_roll_is_smoothed_the_short_way_round() -> None:
    shown = followed([[at(0.5, roll_deg=170)], [at(0.5, roll_deg=-170)]], 10, Following())
    assert 170 < shown[1][0].roll_deg < 190


@pytest.mark.parametrize(("fps", "n_sampled"), [(8.0, 8), (25.0, 9), (30.0, 10), (60.0, 10)])
def test_detector_looks_no_more_often_than_asked_and_boxes_hold_between(
    fps: float, n_sampled: int
) -> None:
    detector = Scripted([[at(0.3 + 0.01 * look)] for look in range(20)])
    tracker = FaceTracker(detector, Following(every_s=0.1, smooth_s=0.0))
    shown = [tracker.update(frame / fps, BLACK) for frame in range(round(fps))]
    assert detector.n_sampled == n_sampled
    assert numbers(shown) == [[1]] * round(fps)
    assert len({faces[0].box for faces in shown}) == n_sampled
    assert all(faces[0].found for faces in shown)


def test_time_that_goes_backwards_is_no_crash() -> None:
    tracker = FaceTracker(Scripted([[at(0.5)]] * 3), Following(every_s=1.0))
    assert numbers([tracker.update(time_s, BLACK) for time_s in (5.0, 1.0, 1.0)]) == [[1]] * 3


def test_array_that_is_no_picture_is_refused_at_every_time() -> None:
    tracker = FaceTracker(Scripted([[]]), Following(every_s=1.0))
    tracker.update(0.0, BLACK)
    with pytest.raises(MediaError, match="was given as a picture; expected"):
        tracker.update(0.1, BLACK[..., :2])


def test_drawn_faces_are_followed_through_a_scene() -> None:
    """First nobody, then one who walks, then a second one who leaves again."""
    one = {1: (0, 80, 240)}
    scenes: list[Mapping[int, tuple[int, int, int]]] = [{}, {}, one, one]
    scenes += [{1: (20 * step, 80, 240)} for step in range(1, 6)]
    both = {1: (100, 80, 240), 2: (390, 100, 240)}
    scenes += [both] * 3 + [{1: (100, 80, 240)}] * 5
    tracker = FaceTracker(HaarDetector())
    shown = [
        tracker.update(at / 5, with_faces(640, 360, dict(scene))) for at, scene in enumerate(scenes)
    ]
    found = [[face.number for face in faces if face.found] for faces in shown]
    assert found == [[]] * 3 + [[1]] * 7 + [[1, 2]] * 2 + [[1]] * 5
    assert numbers(shown)[-5:] == [[1, 2], [1, 2], [1], [1], [1]]


@pytest.mark.slow
@pytest.mark.data
def test_real_clips_have_one_face_from_first_to_last_picture(
    shared_data: Path, tmp_path: Path
) -> None:
    """Of their first two seconds."""
    for whole in sorted((shared_data / "clips").glob("*.mp4")):
        path = beginning(whole, tmp_path / whole.name, 2.0)
        tracker = FaceTracker(HaarDetector())
        shown = [
            tracker.update(look.time_s, look.image)
            for look in sample_frames(path, per_s=5.0, short_side=480)
        ]
        assert numbers(shown) == [[1]] * len(shown), path.name
        assert np.mean([faces[0].found for faces in shown]) >= 0.95
