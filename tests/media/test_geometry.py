"""Pictures come upright, as they were seen, whatever a file says of their shape."""

from __future__ import annotations

import itertools
import struct
import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from media_files import Media, set_display_matrix, set_pixel_aspect, write_media
from recordings import Track, portrait, write

from affuse.errors import MediaError
from affuse.export.video import annotate
from affuse.media.decode import probe
from affuse.media.split import split
from affuse.media.video import read_frames, sample_frames
from affuse.records import Clip, Prediction

MATRICES = [
    *((a, 0, 0, d) for a, d in itertools.product((1, -1), repeat=2)),
    *((0, b, c, 0) for b, c in itertools.product((1, -1), repeat=2)),
]
CORNERS = {(-1, -1): 250, (1, -1): 170, (-1, 1): 90, (1, 1): 10}


def four_corners(path: Path, matrix: tuple[float, float, float, float]) -> Path:
    """An mp4 whose quarters are of four greys, to be shown as its display matrix says."""
    image = np.zeros((240, 320, 3), np.uint8)
    for (x, y), grey in CORNERS.items():
        image[(y > 0) * 120 :, (x > 0) * 160 :] = grey
    write(path, Track([image] * 6, fps=30))
    set_display_matrix(path, matrix)
    return path


def as_seen(matrix: tuple[float, float, float, float]) -> dict[tuple[int, int], int]:
    """Grey of each corner of the picture as it is to be seen."""
    a, b, c, d = matrix
    seen = {(a * x + c * y, b * x + d * y): grey for (x, y), grey in CORNERS.items()}
    return {(round(x), round(y)): grey for (x, y), grey in seen.items()}


def corners(image: np.ndarray) -> dict[tuple[int, int], float]:
    rows, columns = np.array(image.shape[:2]) // 2
    return {
        (x, y): float(image[(y > 0) * rows :, (x > 0) * columns :][:rows, :columns].mean())
        for x, y in CORNERS
    }


@pytest.mark.parametrize("matrix", MATRICES, ids=str)
def test_a_picture_is_turned_and_mirrored_as_its_matrix_says(tmp_path, matrix):
    path = four_corners(tmp_path / "phone.mp4", matrix)
    for image in (
        next(read_frames(path, height=96)),
        next(sample_frames(path, per_s=5, short_side=96)).image,
    ):
        assert (image.shape[1] > image.shape[0]) == bool(matrix[0])
        assert corners(image) == pytest.approx(as_seen(matrix), abs=6)


@pytest.mark.parametrize("matrix", MATRICES, ids=str)
def test_the_annotated_video_is_upright_too(tmp_path, talk_nothing, matrix):
    path = four_corners(tmp_path / "phone.mp4", matrix)
    out = annotate(path, talk_nothing, tmp_path / "out.mp4")
    image, seen = next(read_frames(out, height=240)), as_seen(matrix)
    above = image[10:60]
    left, right = np.array_split(above, 2, axis=1)
    assert (left.mean(), right.mean()) == pytest.approx((seen[-1, -1], seen[1, -1]), abs=8)


@pytest.fixture
def talk_nothing() -> Prediction:
    """Nothing to draw but the frame of a timeline."""
    return Prediction("a", 0.2, None, None, {}, (), ("calm", "happy"), "nobody")


@pytest.mark.parametrize("matrix", MATRICES, ids=str)
def test_split_keeps_the_orientation_copied_or_compressed(tmp_path, matrix):
    path = four_corners(tmp_path / "phone.mp4", matrix)
    clips = [
        Clip("copied", "calm", "1", video=path),
        Clip("compressed", "calm", "1", video=path, start_s=0.05, end_s=0.2),
    ]
    assert split(clips, tmp_path / "out") == ()
    for clip in clips:
        image = next(read_frames(tmp_path / f"out/video_only/{clip.id}.mp4", height=96))
        assert corners(image) == pytest.approx(as_seen(matrix), abs=8)


@pytest.mark.parametrize(
    ("matrix", "rotation", "mirrored"),
    [((-1, 0, 0, 1), 0, True), ((1, 0, 0, -1), 180, True), ((0, 1, 1, 0), -90, True)],
    ids=["across", "down", "along the diagonal"],
)
def test_probe_tells_a_mirrored_picture_from_a_turned_one(tmp_path, matrix, rotation, mirrored):
    info = probe(four_corners(tmp_path / "phone.mp4", matrix))
    assert (info.rotation, info.mirrored) == (rotation, mirrored)


@pytest.mark.parametrize(
    ("exif", "matrix"),
    [(1, (1, 0, 0, 1)), (3, (-1, 0, 0, -1)), (6, (0, 1, -1, 0)), (8, (0, -1, 1, 0))],
)
def test_a_photograph_with_exif_is_upright(tmp_path, exif, matrix):
    """Decoders hand on more beside a picture than PyAV has names for."""
    image = np.zeros((240, 320, 3), np.uint8)
    for (x, y), grey in CORNERS.items():
        image[(y > 0) * 120 :, (x > 0) * 160 :] = grey
    content = cv2.imencode(".jpg", image)[1].tobytes()
    tag = struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, exif, 0, 0)
    segment = b"Exif\0\0MM\0*" + struct.pack(">I", 8) + tag
    path = tmp_path / "photo.jpg"
    path.write_bytes(
        content[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + content[2:]
    )
    assert corners(next(sample_frames(path, per_s=5, short_side=96)).image) == pytest.approx(
        as_seen(matrix), abs=12
    )


def test_a_matrix_that_turns_by_some_degrees_counts_as_the_nearest_quarter(tmp_path):
    tilted = (np.cos(1.5), np.sin(1.5), -np.sin(1.5), np.cos(1.5))
    image = next(read_frames(four_corners(tmp_path / "tilted.mp4", tilted), height=96))
    assert corners(image) == pytest.approx(as_seen((0, 1, -1, 0)), abs=6)


@pytest.mark.parametrize(
    ("pixel", "shape"),
    [
        ((16, 11), (120, 232)),
        ((1, 2), (120, 80)),
        ((1000, 1), (120, 160)),
        ((1, 1000), (120, 160)),
        ((1 << 30, 1), (120, 160)),
        ((0, 0), (120, 160)),
    ],
    ids=str,
)
def test_pixels_are_made_square_where_their_shape_can_be(tmp_path, pixel, shape):
    path = write_media(tmp_path / "wide.mp4", Media(duration_s=0.2, has_audio=False))
    set_pixel_aspect(path, *pixel)
    tracemalloc.start()
    try:
        assert next(read_frames(path, height=120)).shape[:2] == shape
        assert min(next(sample_frames(path, per_s=5, short_side=120)).image.shape[:2]) == 120
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


@pytest.mark.parametrize("shape", [(1, 6000), (6000, 1), (2, 300)], ids=str)
def test_a_line_is_no_picture(tmp_path, shape):
    path = tmp_path / "line.png"
    cv2.imwrite(str(path), np.full(shape, 200, np.uint8))
    message = rf"line\.png has a picture of {shape[1]} x {shape[0]} pixels; expected no side more"
    for reading in (read_frames(path, height=64), sample_frames(path, per_s=5, short_side=480)):
        with pytest.raises(MediaError, match=message):
            next(reading)


def test_a_panorama_is_a_picture(tmp_path):
    path = tmp_path / "panorama.png"
    cv2.imwrite(str(path), np.full((20, 300), 200, np.uint8))
    assert next(read_frames(path, height=10)).shape == (10, 150, 3)


def test_a_format_that_cannot_be_converted_is_an_error_of_this_file(tmp_path):
    path = tmp_path / "packed.nut"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("rawvideo", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "rgb4"
        frame = av.VideoFrame(64, 48, "rgb4")
        frame.pts, frame.time_base = 0, Fraction(1, 10)
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(MediaError, match=r"packed\.nut has pictures that cannot be converted"):
        next(read_frames(path, height=24))


def test_a_mirrored_selfie_has_its_face(tmp_path):
    from affuse.media.face_detectors import HaarDetector

    path = write(tmp_path / "selfie.mp4", Track([portrait()] * 3))
    set_display_matrix(path, (-1, 0, 0, 1))
    image = next(sample_frames(path, per_s=5, short_side=360)).image
    assert len(HaarDetector().detect(image)) == 1


@pytest.mark.parametrize("name", ["huge.png", "huge.nut"])
def test_a_picture_larger_than_any_camera_takes_is_refused_before_it_takes_memory(tmp_path, name):
    path = tmp_path / name
    if name == "huge.png":
        cv2.imwrite(str(path), np.zeros((9000, 9000), np.uint8))
    else:
        with av.open(str(path), "w") as container:
            stream = container.add_stream("png", rate=Fraction(10))
            stream.width, stream.height, stream.pix_fmt = 9000, 9000, "gray"
            container.mux(stream.encode(av.VideoFrame(9000, 9000, "gray")))
            container.mux(stream.encode())
    expected = r"9,000 x 9,000 pixels; expected at most 67,108,864|none of it can be decoded"
    with pytest.raises(MediaError, match=expected):
        next(sample_frames(path, per_s=5, short_side=480))
