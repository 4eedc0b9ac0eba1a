from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from drawn_faces import with_faces
from numpy.typing import NDArray
from yunet_graph import write_yunet_like

from affuse.media.cuts import CutDetector
from affuse.media.face_boxes import square_of
from affuse.media.face_detectors import YUNET_FILE_NAME, HaarDetector
from affuse.media.face_poses import PoseDetector, Scales
from affuse.media.face_surroundings import LostFace, carried, face_patch
from affuse.media.faces import FoundFace, grey
from affuse.media.small_pictures import brightened
from affuse.media.tracking import FaceTracker, Following, TrackedFace
from affuse.media.video import sample_frames
from affuse.media.wider_search import WiderSearch
from affuse.records import Box
from affuse.storage.cache import weights_folder

Image = NDArray[np.uint8]
MIDDLE = (320.0, 180.0)
WALL = np.full((360, 640, 3), 90, np.uint8)


@cache
def upright() -> Image:
    return with_faces(640, 360, {1: (180, 40, 280)})


def turned(degrees: float) -> Image:
    """Clockwise about the drawn face."""
    image = upright()
    turn = cv2.getRotationMatrix2D(MIDDLE, -degrees, 1.0)
    size = (image.shape[1], image.shape[0])
    return np.asarray(cv2.warpAffine(image, turn, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def searching(following: Following | None = None) -> FaceTracker:
    return FaceTracker(HaarDetector(), following, WiderSearch())


def shown(tracker: FaceTracker, images: list[Image], fps: float = 6) -> list[list[TrackedFace]]:
    """Faces that were found, picture by picture."""
    return [
        [face for face in tracker.update(at / fps, image) if face.found]
        for at, image in enumerate(images)
    ]


def numbers(faces: list[list[TrackedFace]]) -> list[list[int]]:
    return [[face.number for face in picture] for picture in faces]


@pytest.mark.parametrize("degrees", [-28, 28])
def test_head_that_is_turned_from_the_first_picture_on(degrees: float) -> None:
    image = turned(degrees)
    assert HaarDetector().detect(image) == ()
    (face,) = searching().update(0.0, image)
    assert face.roll_deg == pytest.approx(degrees, abs=10)
    x, y, side = square_of(face.box, 640, 360)
    assert (x, y) == pytest.approx(MIDDLE, abs=25)
    assert 100 < side < 220


def test_head_that_turns_is_followed_all_the_way() -> None:
    images = [turned(degrees) for degrees in range(0, 36, 3)]
    assert numbers(shown(FaceTracker(HaarDetector()), images))[-1] == []
    faces = shown(searching(), images)
    assert numbers(faces) == [[1]] * len(images)
    assert faces[-1][0].roll_deg > 15


@pytest.mark.parametrize("share", [0.05, 0.1])
def test_face_in_the_dark(share: float) -> None:
    image = np.rint(share * upright()).astype(np.uint8)
    assert HaarDetector().detect(image) == ()
    (face,) = searching().update(0.0, image)
    (bright,) = searching().update(0.0, upright())
    assert face.box.left == pytest.approx(bright.box.left, abs=0.03)


def test_small_face_in_a_large_picture() -> None:
    image = with_faces(1280, 720, {1: (500, 300, 150)})
    assert HaarDetector().detect(image) == ()
    (face,) = searching().update(0.0, image)
    assert square_of(face.box, 1280, 720)[:2] == pytest.approx((575, 375), abs=20)


def test_face_that_fills_the_picture() -> None:
    image = with_faces(720, 720, {1: (0, 0, 720)})[165:515, 165:515]
    assert HaarDetector().detect(image) == ()
    (face,) = searching().update(0.0, image)
    assert square_of(face.box, 350, 350)[:2] == pytest.approx((175, 175), abs=40)


def who_comes(degrees: float) -> list[Image]:
    """A head, turned, in the third picture and from then on; too small for a cut."""
    head = cv2.resize(turned(degrees)[40:320, 180:460], (150, 150), interpolation=cv2.INTER_AREA)
    later = WALL.copy()
    later[100:250, 60:210] = head
    cuts = CutDetector()
    assert [cuts.is_cut(picture) for picture in (WALL, later)] == [False, False]
    return [WALL] * 3 + [later] * 24


@pytest.mark.parametrize("degrees", [-26, 26])
def test_turned_head_that_comes_later_is_found_within_four_seconds(degrees: float) -> None:
    faces = numbers(shown(searching(), who_comes(degrees)))
    first = faces.index([1])
    assert 3 <= first < 25
    assert faces[first:] == [[1]] * (27 - first)


def test_whole_picture_is_searched_no_more_often_than_asked() -> None:
    rarely = FaceTracker(HaarDetector(), search=WiderSearch(every_s=600.0))
    assert numbers(shown(rarely, who_comes(26))) == [[]] * 27


def test_mirror_turns_places_round() -> None:
    picture = grey(with_faces(640, 360, {1: (60, 40, 240)}))
    scales = Scales(40, 300, step=1.2)
    (one,) = PoseDetector().squares(picture, scales, 3)
    swapped = np.ascontiguousarray(picture[:, ::-1])
    (other,) = PoseDetector(mirrored=True).squares(swapped, scales, 3)
    assert other == replace(one, x=640 - one.x)


def test_where_the_cascade_finds_all_faces_nothing_changes() -> None:
    both = [{1: (20 * at, 80, 240), 2: (390, 100, 240)} for at in range(6)]
    images = [with_faces(640, 360, dict(places)) for places in both]
    alone = FaceTracker(HaarDetector())
    with_search = searching()
    for at, image in enumerate(images):
        assert with_search.update(at / 6, image) == alone.update(at / 6, image)


def hidden(image: Image) -> Image:
    """With a bar over the eyes: no cascade takes it for a face, but most of it is like before."""
    covered = image.copy()
    covered[140:190, 230:410] = 120
    return covered


def test_face_that_no_cascade_finds_is_carried_for_a_second() -> None:
    assert searching().update(0.0, hidden(upright())) == ()
    faces = shown(searching(), [upright()] * 3 + [hidden(upright())] * 9)
    assert numbers(faces) == [[1]] * 9 + [[]] * 3
    at_first, at_last = faces[0][0].box, faces[8][0].box
    assert at_last.left == pytest.approx(at_first.left, abs=0.01)


def test_face_that_is_gone_is_not_carried() -> None:
    blank = WALL.copy()
    blank[::7] = 130
    assert numbers(shown(searching(), [upright()] * 3 + [blank] * 8)) == [[1]] * 3 + [[]] * 8


@dataclass
class Scripted:
    """A detector that finds what it is told to, picture after picture."""

    found: list[tuple[FoundFace, ...]]

    def detect(self, image: Image) -> tuple[FoundFace, ...]:
        return self.found.pop(0)


@pytest.mark.parametrize(("score", "n_pictures"), [(0.5, 3), (0.9, 9)])
def test_only_what_was_surely_a_face_is_carried(
    score: float, n_pictures: int, rng: np.random.Generator
) -> None:
    clouds = cv2.GaussianBlur(rng.uniform(0, 255, (360, 640)), (0, 0), 12)
    clouds = np.asarray(cv2.normalize(clouds, None, 0, 255, cv2.NORM_MINMAX), np.uint8)
    found = (FoundFace(Box(0.3, 0.3, 0.18, 0.32), score),)
    tracker = FaceTracker(Scripted([found] * 3 + [()] * 9), search=WiderSearch())
    faces = numbers(shown(tracker, [clouds] * 12))
    assert faces == [[1]] * n_pictures + [[]] * (12 - n_pictures)


def test_after_a_cut_what_nothing_confirms_waits_for_a_second_picture() -> None:
    """As anywhere but in the first picture of a recording."""
    wall, other_wall = WALL.copy(), WALL.copy()
    wall[:, :320], other_wall[:, 320:] = 230, 230
    found = (FoundFace(Box(0.1, 0.3, 0.18, 0.32), 0.9),)
    tracker = FaceTracker(Scripted([()] + [found] * 2), search=WiderSearch())
    assert numbers(shown(tracker, [wall, other_wall, other_wall])) == [[], [], [1]]


@pytest.mark.parametrize("left", [0.3, 0.0])
def test_carried_face_goes_where_its_likeness_is(left: float, rng: np.random.Generator) -> None:
    """Also a face that the left edge of the picture cuts in two."""
    noise = cv2.GaussianBlur(rng.uniform(0, 255, (200, 400)), (0, 0), 6)
    noise = np.asarray(cv2.normalize(noise, None, 0, 255, cv2.NORM_MINMAX), np.uint8)
    box = Box(left, 0.3, 0.12 if left == 0 else 0.2, 0.4)
    lost = LostFace(FoundFace(box, 0.9, roll_deg=7.0), face_patch(noise, box), 1.0)
    moved = np.roll(noise, (10, 24), axis=(0, 1))
    face = carried(moved, lost)
    assert face is not None
    assert face.carried
    assert face.roll_deg == 7.0
    assert face.score > 0.9
    assert (face.box.left, face.box.top) == pytest.approx((left + 0.06, 0.35), abs=0.01)
    assert (face.box.width, face.box.height) == (box.width, box.height)
    assert carried(noise[::-1, ::-1], lost) is None
    assert carried(np.full_like(noise, 80), lost) is None


def test_patch_is_no_window_into_memory_that_is_filled_anew() -> None:
    image = upright().copy()
    patch = face_patch(image, Box(0.3, 0.3, 0.4, 0.4))
    before = patch.copy()
    image[:] = 0
    np.testing.assert_array_equal(patch, before)


def scene(person: int, levels: tuple[int, int]) -> Image:
    """A face before a wall that has another level on either side."""
    image = with_faces(640, 360, {person: (180, 40, 280)})
    image[:, :180], image[:, 460:] = levels
    return image


def test_after_a_cut_the_face_in_the_same_place_is_another_one() -> None:
    one, other = scene(1, (20, 230)), scene(2, (240, 10))
    images = [one] * 3 + [other] * 3
    assert numbers(shown(FaceTracker(HaarDetector()), images)) == [[1]] * 6
    assert numbers(shown(searching(), images)) == [[1]] * 3 + [[2]] * 3


def test_nothing_is_carried_over_a_cut() -> None:
    one, other = scene(1, (20, 230)), hidden(scene(1, (240, 10)))
    assert numbers(shown(searching(), [one] * 3 + [hidden(one)])) == [[1]] * 4
    assert numbers(shown(searching(), [one] * 3 + [other])) == [[1]] * 3 + [[]]


def test_flash_or_fade_is_no_cut() -> None:
    one = scene(1, (20, 230))
    pictures = [one, np.rint(0.4 * one).astype(np.uint8), one, np.maximum(one, 140)]
    cuts = CutDetector()
    assert [cuts.is_cut(picture) for picture in pictures] == [False] * 4
    assert cuts.is_cut(scene(2, (240, 10)))


def test_bright_picture_stays_the_very_same() -> None:
    image = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert brightened(image) is image
    np.testing.assert_array_equal(
        brightened(image // 4), cv2.convertScaleAbs(image // 4, alpha=230 / 62)
    )


def test_noise_and_patterns_are_no_faces(rng: np.random.Generator) -> None:
    grain = rng.integers(0, 256, (360, 640, 3), dtype=np.uint8)
    blobs = np.asarray(cv2.GaussianBlur(grain, (0, 0), 9), np.uint8)
    blobs = np.asarray(cv2.normalize(blobs, None, 0, 255, cv2.NORM_MINMAX), np.uint8)
    checks = np.kron(np.indices((9, 16)).sum(axis=0) % 2, np.full((40, 40), 200)).astype(np.uint8)
    for image in (grain, blobs, checks, checks // 10):
        assert numbers(shown(searching(), [image] * 2, fps=1)) == [[]] * 2


def test_time_that_goes_backwards_is_no_crash() -> None:
    tracker = searching()
    for time_s in (5.0, 1.0, 1.0, 9.0):
        assert len(tracker.update(time_s, upright())) == 1
        tracker.update(time_s, WALL)


def test_cascade_has_the_wider_search_unless_another_detector_is_named() -> None:
    assert len(FaceTracker().update(0.0, turned(28))) == 1
    assert FaceTracker(HaarDetector()).update(0.0, turned(28)) == ()


def test_yunet_comes_first_where_it_was_downloaded(private_cache: Path) -> None:
    pytest.importorskip("onnx")
    weights_folder().mkdir(parents=True)
    write_yunet_like(weights_folder() / YUNET_FILE_NAME)
    image = np.zeros((320, 320, 3), np.uint8)
    image[64:96, 64:96] = 255
    (face,) = FaceTracker().update(0.0, image)
    assert face.score == pytest.approx(1.0)
    assert HaarDetector().detect(image) == ()
    dark = np.rint(0.1 * turned(28)).astype(np.uint8)
    assert len(searching().update(0.0, dark)) == 1
    assert FaceTracker().update(0.0, dark) == ()


def film(shared_data: Path, name: str, n_images: int | None = None) -> list[Image]:
    path = shared_data / "film" / name
    given = islice(sample_frames(path, per_s=6, short_side=480), n_images)
    return [frame.image for frame in given]


@pytest.mark.data
def test_real_face_that_turns_aside_is_found_in_every_picture(shared_data: Path) -> None:
    """In a third of the pictures it is seen from the side."""
    images = film(shared_data, "stranger_6.mp4", 20)
    alone = numbers(shown(FaceTracker(HaarDetector()), images))
    assert alone.count([1]) < 14
    faces = shown(searching(), images)
    assert numbers(faces) == [[1]] * 20
    for one, other in pairwise(faces):
        assert abs(one[0].box.left - other[0].box.left) < 0.3 * one[0].box.width
    in_a_mirror = shown(searching(), [np.ascontiguousarray(image[:, ::-1]) for image in images])
    assert numbers(in_a_mirror) == [[1]] * 20
    for (one,), (other,) in zip(faces, in_a_mirror, strict=True):
        left = 1 - other.box.left - other.box.width
        assert left == pytest.approx(one.box.left, abs=0.4 * one.box.width)


@pytest.mark.data
def test_real_film_without_a_face_has_none(shared_data: Path) -> None:
    assert numbers(shown(searching(), film(shared_data, "no_face.mp4"))) == [[]] * 25
    then_none = numbers(shown(searching(), film(shared_data, "face_then_none.mov")))
    assert then_none == [[1]] * 14 + [[]] * 25
