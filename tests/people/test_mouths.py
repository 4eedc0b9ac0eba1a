"""How fast mouths open, measured on drawn heads whose lips are known, and on a real film."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable

import cv2
import numpy as np
import pytest

from affuse.media.dense import DenseFrame, dense_frames
from affuse.media.geometry import Orientation
from affuse.media.tracking import FaceTracker, TrackedFace
from affuse.media.video import SampledFrame
from affuse.people.mouths import MouthReader, mouths_of_people
from affuse.people.records import FaceLook, MouthTrack
from affuse.records import Box

FACE = Box(0.3, 0.25, 0.4, 0.5)
SIDE = 300
FPS = 25
FACE_PIXELS = 0.5 * SIDE


@pytest.fixture(scope="module")
def skin() -> np.ndarray:
    rng = np.random.default_rng(3)
    fine = cv2.GaussianBlur(rng.uniform(0, 255, (SIDE, SIDE)).astype(np.float32), (0, 0), 4)
    return cv2.normalize(fine, None, 30, 220, cv2.NORM_MINMAX)


def drawn(skin: np.ndarray, jaw: float, across: float = 0.0, down: float = 0.0) -> np.ndarray:
    """A head whose jaw is so many pixels down, the whole moved by others."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    y, x = y - np.float32(down), x - np.float32(across)
    lip = (0.25 + 0.5 * 0.7) * SIDE
    share = np.clip((y - lip) / (0.03 * SIDE), 0, 1) * np.float32(jaw)
    return cv2.remap(skin, x, y - share, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT).astype(
        np.uint8
    )


def read(pictures: Iterable[np.ndarray], fps: float = FPS, **known: object) -> MouthTrack:
    reader = MouthReader()
    for number, picture in enumerate(pictures):
        reader.see(number / fps, picture, [TrackedFace(1, FACE, True)])
    (track,) = reader.tracks()
    return track


@pytest.mark.parametrize("fps", [12.0, 25.0])
def test_opening_is_how_fast_the_jaw_goes_down(skin, fps):
    times_s = np.arange(40) / fps
    jaw = 5 - 5 * np.cos(2 * np.pi * times_s)
    track = read((drawn(skin, down) for down in jaw), fps)
    true = np.diff(jaw) * fps / FACE_PIXELS
    opening = track.motion[1:, 0]
    assert np.isnan(track.motion[0, 0])
    assert track.times_s == pytest.approx(times_s)
    assert np.corrcoef(opening, true)[0, 1] > 0.97
    assert np.abs(opening).mean() == pytest.approx(np.abs(true).mean(), rel=0.4)


@pytest.mark.parametrize("moved", [(0.8, 0.3), (5.0, -3.0)], ids=["trembling", "swaying"])
def test_a_head_that_moves_as_a_whole_opens_no_mouth(skin, moved):
    shares = np.sin(np.arange(40) / 3)
    still = read(drawn(skin, 0, moved[0] * share, moved[1] * share) for share in shares)
    talking = read(drawn(skin, 5 * share) for share in shares)
    assert np.abs(still.motion[1:]).mean() < 0.1 * np.abs(talking.motion[1:]).mean()


def test_a_jaw_is_measured_in_a_head_that_moves(skin):
    shares = np.arange(50) / FPS
    jaw = 5 * np.sin(2 * np.pi * 2 * shares)
    sway = 8 * np.sin(2 * np.pi * 0.7 * shares)
    track = read(drawn(skin, j, s, s / 2) for j, s in zip(jaw, sway, strict=True))
    assert np.corrcoef(track.motion[1:, 0], np.diff(jaw))[0, 1] > 0.9


@pytest.mark.parametrize(
    ("turn", "stored"),
    [
        (Orientation(flips_across=True, flips_down=True), lambda image: image[::-1, ::-1]),
        (Orientation(transposed=True, flips_across=True), lambda image: np.rot90(image)),
        (Orientation(transposed=True), lambda image: image.T),
    ],
)
def test_a_picture_that_is_stored_turned(
    skin, turn: Orientation, stored: Callable[[np.ndarray], np.ndarray]
):
    pictures = [drawn(skin, 4 * np.sin(number)) for number in range(10)]
    expected, reader = read(pictures), MouthReader()
    for number, picture in enumerate(pictures):
        frame = DenseFrame(number / FPS, np.ascontiguousarray(stored(picture)), turn)
        np.testing.assert_array_equal(turn.upright(frame.stored), picture)
        reader.see(number / FPS, frame, [TrackedFace(1, FACE, True)])
    np.testing.assert_allclose(reader.tracks()[0].motion, expected.motion, atol=0.05)


def test_nothing_is_compared_across_an_absence_or_with_another_place(skin):
    reader, picture = MouthReader(), drawn(skin, 0)
    elsewhere = Box(0.4, 0.25, 0.4, 0.5)
    for time_s, box in ((0.0, FACE), (0.04, FACE), (0.9, FACE), (0.94, FACE), (0.98, elsewhere)):
        reader.see(time_s, picture, [TrackedFace(1, box, True)])
    assert np.isnan(reader.tracks()[0].motion[:, 0]).tolist() == [True, False, True, False, True]


def test_a_picture_of_the_same_time_is_passed_over(skin):
    reader = MouthReader()
    for time_s in (0.0, 0.04, 0.04, 0.0, 0.08):
        reader.see(time_s, drawn(skin, 0), [TrackedFace(1, FACE, True)])
    (track,) = reader.tracks()
    assert track.times_s.tolist() == [0.0, 0.04, 0.08]
    assert np.isfinite(track.motion[1:]).all()


def test_faces_that_are_gone_leave_only_their_numbers(skin):
    reader, picture = MouthReader(), drawn(skin, 0)
    reader.see(0.0, picture, [TrackedFace(0, FACE, True)])
    tracemalloc.start()
    for number in range(1, 61):
        reader.see(float(number), picture, [TrackedFace(number, FACE, True)])
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(reader.tracks()) == 61
    assert kept < 500_000, "crops of 60 faces are 2 MB"


def test_a_face_that_is_held_is_not_measured_and_each_has_a_track(skin):
    reader = MouthReader()
    faces = [TrackedFace(7, FACE, True), TrackedFace(3, FACE, True), TrackedFace(5, FACE, False)]
    reader.see(0.0, drawn(skin, 0), faces)
    assert [(track.track, track.motion.shape) for track in reader.tracks()] == [
        (3, (1, 1)),
        (7, (1, 1)),
    ]


@pytest.mark.parametrize("box", [Box(0, 0, 0.01, 0.01), Box(0.95, 0.9, 0.05, 0.1)])
def test_a_tiny_face_and_one_at_the_edge_give_numbers(skin, box):
    reader = MouthReader()
    for number in range(4):
        reader.see(number / FPS, drawn(skin, number), [TrackedFace(1, box, True)])
    assert np.isfinite(reader.tracks()[0].motion).sum() <= 3


def test_mouths_go_to_the_person_of_the_look_before():
    views = [FaceLook(0.2 * number, 1 + number % 2, FACE) for number in range(8)]
    people = [1, 2, 1, 2, 2, 1, 0, 1]
    times_s = np.arange(40) / 25.0
    tracks = [MouthTrack(n, times_s, np.full((40, 1), n, np.float32)) for n in (1, 2, 9)]
    found = mouths_of_people(tracks, views, people)
    assert sorted(found) == [1, 2]
    first, second = found[1]
    # Track 1 is looked at every 0.4 s, and is that of nobody from 1.2 s on.
    assert (first.track, first.times_s[-1]) == (1, pytest.approx(0.76))
    assert (second.track, second.times_s[0]) == (2, pytest.approx(1.0))
    assert found[2][0].times_s == pytest.approx(times_s[20:30])


def test_no_looks_no_people():
    track = MouthTrack(1, np.zeros(1), np.zeros((1, 1), np.float32))
    assert mouths_of_people([track], [], []) == {}


def test_lips_move_while_a_person_speaks_and_rest_after(shared_data):
    """The sound of this film is speech from 0.47 s to 2.03 s."""
    tracker, reader = FaceTracker(), MouthReader()
    faces: tuple[TrackedFace, ...] = ()
    for frame in dense_frames(shared_data / "film" / "stranger_2.mp4", per_s=5.0, short_side=360):
        if isinstance(frame, SampledFrame):
            faces = tracker.update(frame.time_s, frame.image)
        else:
            reader.see(frame.time_s, frame, faces)
    (track,) = reader.tracks()
    rate = np.abs(np.nan_to_num(track.motion[:, 0]))
    speaks = (track.times_s > 0.5) & (track.times_s < 2.0)
    assert rate[speaks].mean() > 10 * rate[track.times_s > 2.15].mean()
