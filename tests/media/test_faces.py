from __future__ import annotations

import pickle
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from drawn_faces import portrait, with_faces
from numpy.typing import NDArray
from yunet_graph import write_yunet_like

from affuse.errors import MediaError
from affuse.media.face_detectors import HaarDetector, YunetDetector
from affuse.media.faces import FoundFace, face_crop, largest, square_box
from affuse.records import Box

Image = NDArray[np.uint8]
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def middle(face: FoundFace) -> tuple[float, float]:
    return face.box.left + face.box.width / 2, face.box.top + face.box.height / 2


def test_drawn_face_is_found_where_it_was_drawn() -> None:
    (face,) = HaarDetector().detect(with_faces(1280, 720, {1: (700, 100, 400)}))
    assert middle(face) == pytest.approx((900 / 1280, 300 / 720), abs=0.03)
    assert face.box.width * 1280 == pytest.approx(face.box.height * 720)
    assert 180 < face.box.width * 1280 < 300
    assert 0.5 < face.score < 1
    assert face.landmarks is None


def test_ten_faces_in_one_picture_are_ten() -> None:
    places = {
        row * 5 + column + 1: (20 + 380 * column, 100 + 480 * row, 340)
        for row in range(2)
        for column in range(5)
    }
    found = HaarDetector().detect(with_faces(1920, 1080, places))
    seen = sorted((round(5 * x - 0.5), round(2 * y - 0.5)) for x, y in map(middle, found))
    assert seen == [(column, row) for column in range(5) for row in range(2)]


@pytest.mark.parametrize("side", [48, 100, 480, 2160])
def test_size_of_the_picture_does_not_matter(side: int) -> None:
    interpolation = cv2.INTER_AREA if side < 720 else cv2.INTER_LINEAR
    image = cv2.resize(portrait(2), (side, side), interpolation=interpolation)
    (face,) = HaarDetector().detect(np.asarray(image, np.uint8))
    assert middle(face) == pytest.approx((0.5, 0.5), abs=0.06)


def test_grey_picture_shows_the_same_as_its_colours() -> None:
    grey = np.asarray(cv2.cvtColor(portrait(3), cv2.COLOR_RGB2GRAY), np.uint8)
    assert HaarDetector().detect(grey) == HaarDetector().detect(portrait(3))


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 1, 3), (7, 9, 3), (2160, 3840, 3)])
@pytest.mark.parametrize("level", [0, 255])
def test_empty_scene_of_any_size_has_no_face(shape: tuple[int, ...], level: int) -> None:
    assert HaarDetector().detect(np.full(shape, level, np.uint8)) == ()


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((0, 10, 3), np.uint8),
        np.zeros((10, 10, 4), np.uint8),
        np.zeros((10, 10, 3), np.float32),
        np.zeros(10, np.uint8),
    ],
)
def test_array_that_is_no_picture_is_refused(array: Image) -> None:
    message = r"shape \(.*\) and type \w+ was given as a picture; expected .* of uint8, not empty"
    with pytest.raises(MediaError, match=message):
        HaarDetector().detect(array)
    with pytest.raises(MediaError, match=message):
        face_crop(array, WHOLE)


def test_detector_travels_to_other_processes_after_use() -> None:
    detector = HaarDetector()
    expected = detector.detect(portrait(1))
    sent = pickle.dumps(detector)
    assert len(sent) < 500
    received = pickle.loads(sent)
    assert received == detector
    assert received.detect(portrait(1)) == expected


def test_detection_leaves_the_threads_of_opencv_as_they_were() -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(3)
        HaarDetector().detect(portrait(1))
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)


def test_largest_of_no_faces_is_none() -> None:
    assert largest(()) is None


def gradient(width: int, height: int) -> Image:
    """Grey levels that rise to the right."""
    row = np.linspace(0, 255, width).astype(np.uint8)
    return np.repeat(row[None], height, axis=0)


def test_crop_is_the_square_area_averaged() -> None:
    image = np.zeros((100, 200), np.uint8)
    image[20:68, 50:98] = np.arange(48) * 5
    crop = face_crop(image, Box(0.25, 0.2, 0.24, 0.48))
    np.testing.assert_array_equal(crop, image[20:68, 50:98])
    halved = face_crop(image, Box(0.25, 0.2, 0.24, 0.48), size=24)
    np.testing.assert_allclose(halved[0], np.arange(24) * 10 + 2.5, atol=0.51)
    assert crop.dtype == halved.dtype == np.uint8


def test_fine_patterns_are_averaged_not_sampled() -> None:
    stripes = np.tile(np.array([0, 0, 0, 240], np.uint8), (192, 48))
    assert face_crop(stripes, WHOLE).tolist() == [[60] * 48] * 48


def test_colours_become_the_grey_of_opencv() -> None:
    image = np.zeros((60, 60, 3), np.uint8)
    image[..., 0] = 200
    assert face_crop(image, WHOLE).tolist() == [[60] * 48] * 48


@pytest.mark.parametrize("scale", [1, 4, 40])
def test_crop_shows_the_same_at_any_size_of_the_picture(scale: int) -> None:
    crop = face_crop(gradient(96 * scale, 54 * scale), Box(0.25, 1 / 9, 0.5, 8 / 9))
    # the ramp runs over the whole picture, the crop over its middle half
    np.testing.assert_allclose(crop[20], np.linspace(64, 191, 48), atol=3.5)


def test_what_the_picture_cuts_off_is_filled_from_its_edge() -> None:
    image = gradient(200, 100)
    # a square of 80 pixels whose left quarter lies beyond the picture
    box = square_box(x=20, y=50, side=80, width=200, height=100)
    assert box.width * 200 == pytest.approx(60)
    crop = face_crop(image, box, size=80)
    assert crop[:, :20].max() == 0
    np.testing.assert_allclose(crop[40, 20:], image[40, :60], atol=1)
    right = square_box(x=190, y=50, side=60, width=200, height=100)
    assert face_crop(image, right, size=60)[:, 42:].min() == 255


def test_face_wider_than_the_picture_is_no_crash() -> None:
    crop = face_crop(gradient(60, 200), Box(0.0, 0.2, 1.0, 0.5))
    assert crop.shape == (48, 48)


@pytest.mark.parametrize("roll_deg", [-30.0, 20.0, 90.0])
def test_turned_head_is_turned_back(roll_deg: float) -> None:
    upright = portrait(1)
    turn = cv2.getRotationMatrix2D((359.5, 359.5), -roll_deg, 1.0)
    turned = cv2.warpAffine(upright, turn, (720, 720), borderMode=cv2.BORDER_REPLICATE)
    box = Box(0.25, 0.25, 0.5, 0.5)
    expected = face_crop(upright, box).astype(int)
    mended = face_crop(np.asarray(turned, np.uint8), box, roll_deg=roll_deg).astype(int)
    left_turned = face_crop(np.asarray(turned, np.uint8), box).astype(int)
    assert np.abs(mended - expected).mean() < 2
    assert np.abs(left_turned - expected).mean() > 10


@pytest.fixture(scope="module")
def yunet(tmp_path_factory: pytest.TempPathFactory) -> YunetDetector:
    pytest.importorskip("onnx")
    return YunetDetector(write_yunet_like(tmp_path_factory.mktemp("yunet") / "y.onnx"))


def test_yunet_rows_become_framed_faces(yunet: YunetDetector) -> None:
    image = np.zeros((640, 1280, 3), np.uint8)
    image[128:256, 256:384] = 255  # cell (2, 1) of 32 pixels in the copy of 320 by 160
    (face,) = yunet.detect(image)
    assert face.score == pytest.approx(1.0)
    assert face.landmarks is not None
    assert face.landmarks[0] == pytest.approx(((64 + 0.3 * 32) / 320, (32 + 0.3 * 32) / 160))
    assert face.roll_deg == pytest.approx(0)
    # eyes 12.8 pixels apart, mouth 12.8 below: the frame is the longer of the two sides
    side = 12.8 / 0.382
    assert face.box.width == pytest.approx(side / 320)
    assert face.box.height == pytest.approx(side / 160)
    assert middle(face)[0] == pytest.approx(80 / 320)
    # eyes lie where FER2013 has them
    assert (face.landmarks[0][1] - face.box.top) / face.box.height == pytest.approx(0.378, abs=2e-3)


def test_yunet_takes_pictures_of_changing_size_grey_and_without_faces(yunet: YunetDetector) -> None:
    grey = np.zeros((100, 60), np.uint8)
    assert yunet.detect(grey) == ()
    grey[:20, :] = 255
    assert len(yunet.detect(grey)) > 0
    assert yunet.detect(np.zeros((2160, 3840, 3), np.uint8)) == ()


def test_yunet_says_how_far_the_head_is_turned(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    # right eye, left eye, nose, mouth of a head turned clockwise by a quarter
    points = ((0.6, 0.3), (0.6, 0.7), (0.5, 0.5), (0.2, 0.35), (0.2, 0.65))
    detector = YunetDetector(write_yunet_like(tmp_path / "y.onnx", points))
    image = np.zeros((320, 320, 3), np.uint8)
    image[160:192, 160:192] = 255
    (face,) = detector.detect(image)
    assert face.roll_deg == pytest.approx(90)
    assert middle(face)[0] * 320 < 160 + 0.6 * 32
    assert middle(face)[1] * 320 == pytest.approx(176)


def test_face_within_a_face_is_none(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    # landmarks far apart: the frame of one cell's face covers the next cell
    points = ((-0.3, 0.3), (1.3, 0.3), (0.5, 0.5), (0.1, 0.7), (0.9, 0.7))
    detector = YunetDetector(write_yunet_like(tmp_path / "y.onnx", points))
    image = np.zeros((320, 320, 3), np.uint8)
    image[160:192, 128:160], image[160:192, 160:192] = 255, 240
    (face,) = detector.detect(image)
    assert middle(face)[0] * 320 == pytest.approx(144)


def test_missing_or_foreign_network_is_named(tmp_path: Path) -> None:
    image = portrait(1)
    with pytest.raises(MediaError, match=r"none\.onnx is not a file; .*affuse download yunet"):
        YunetDetector(tmp_path / "none.onnx").detect(image)
    (tmp_path / "text.onnx").write_text("not a network")
    with pytest.raises(MediaError, match=r"text\.onnx does not work as YuNet .*remove it and run"):
        YunetDetector(tmp_path / "text.onnx").detect(image)


@pytest.mark.data
def test_real_face_is_framed_like_fer2013(shared_data: Path) -> None:
    """Eyes of real crops lie where those of FER2013's faces do."""
    eyes = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_eye.xml")
    places = []
    for path in sorted((shared_data / "clips").glob("*.mp4")):
        with av.open(str(path)) as container:
            image = next(container.decode(video=0)).to_ndarray(format="rgb24")
        (face,) = HaarDetector().detect(image)
        crop = face_crop(image, face.box, size=192)
        found = eyes.detectMultiScale(crop[:115], 1.05, 6, minSize=(28, 28), maxSize=(80, 80))
        if len(found) == 2:
            centres = found[:, :2] + found[:, 2:] / 2
            places.append([*centres.mean(axis=0), np.ptp(centres[:, 0])])
    assert len(places) >= 3
    x, y, apart = np.median(places, axis=0) / 192
    assert (x, y, apart) == pytest.approx((0.5, 0.378, 0.382), abs=0.06)
