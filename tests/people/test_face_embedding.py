from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from drawn_faces import portrait
from onnx import helper
from tiny_encoders import write_graph, write_picture_means

from affuse.errors import ConfigError, WeightsError
from affuse.media.faces import face_crop
from affuse.media.tracking import FaceTracker
from affuse.media.video import sample_frames
from affuse.people.face_embedding import FaceEmbedder, OwnEmbedder, crop_for, face_embedder
from affuse.people.identity import people_of
from affuse.people.records import FaceLook
from affuse.people.shots import ShotDetector
from affuse.records import Box

FACES: dict[str, Any] = {
    "input": "picture", "view": "face", "size": [112, 112], "mean": 0.5, "deviation": 0.5,
    "threshold": 0.6,
}  # fmt: skip
BADGES = ((220, 30, 30), (30, 30, 220), (30, 200, 30))
WHO = (0, 1, 0, 2, 1, 0)
SHOT_S = 1.6


def write_corner(path: Path, described: dict[str, Any] | None = FACES) -> Path:
    """A graph that says what colour the top left corner of (n, 3, 112, 112) has: an oracle."""
    nodes = [
        helper.make_node("Slice", ["x", "first", "end", "axes"], ["corner"]),
        helper.make_node("GlobalAveragePool", ["corner"], ["means"]),
        helper.make_node("Flatten", ["means"], ["y"]),
    ]
    constants = {
        "first": np.int64([0, 0]), "end": np.int64([12, 12]), "axes": np.int64([2, 3])
    }  # fmt: skip
    return write_graph(path, nodes, ["n", 3, 112, 112], constants, described)


def pictures(badge: bool = True) -> Iterator[np.ndarray]:
    """People one after the other, all with the same drawn face where there are badges."""
    for number, who in enumerate(WHO):
        side, left = 360 - 30 * (number % 3), 100 + 60 * (number % 2)
        face = cv2.resize(portrait(1 if badge else 1 + who % 2), (side, side))
        if badge:
            face[: side // 3, : side // 3] = BADGES[who]
        for at in range(round(5 * SHOT_S)):
            picture = np.full((360, 640, 3), 90 + 3 * number, np.uint8)
            picture[:side, left + 2 * at : left + 2 * at + side] = face
            yield picture


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "badges.mp4"
    return written(path, pictures())


def written(path: Path, frames: Iterator[np.ndarray]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", Fraction(5), options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


def people_in(
    path: Path, embedder: FaceEmbedder, n_people: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Person of each look in a film, and who it truly is."""
    tracker, shots, looks = FaceTracker(), ShotDetector(), []
    for frame in sample_frames(path, per_s=5.0, short_side=360):
        shots.see(frame.time_s, frame.image)
        for face in tracker.update(frame.time_s, frame.image):
            if face.found:
                crop = crop_for(embedder, frame.image, face.box, face.roll_deg)
                row = embedder.embed([crop])[0]
                looks.append(FaceLook(frame.time_s, face.number, face.box, row))
    truth = np.array([WHO[int((look.time_s + 0.1) / SHOT_S)] for look in looks])
    numbers = people_of(looks, shots.cuts_s, n_people, threshold=embedder.threshold)
    return numbers, truth


def test_network_of_the_user_tells_people_apart_over_cuts(film: Path, tmp_path: Path) -> None:
    embedder = face_embedder(f"onnx:{write_corner(tmp_path / 'oracle.onnx')}")
    numbers, truth = people_in(film, embedder)
    assert len(truth) >= 0.9 * 5 * SHOT_S * len(WHO)
    # All three have one and the same face: nothing else tells them apart.
    assert (numbers == truth + 1).mean() >= 0.9


def test_own_embedding_tells_drawn_people_apart_over_cuts(tmp_path: Path) -> None:
    path = written(tmp_path / "two.mp4", pictures(badge=False))
    # Drawn faces are more alike than real ones.
    numbers, truth = people_in(path, OwnEmbedder(), n_people=2)
    assert (numbers == truth % 2 + 1).mean() >= 0.9


def test_own_rows_have_length_1_and_do_not_depend_on_what_is_beside_them() -> None:
    embedder = face_embedder()
    box = Box(0.2, 0.2, 0.6, 0.6)
    crops = [crop_for(embedder, portrait(person), box) for person in (1, 2, 3)]
    together = embedder.embed(crops)
    assert together.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(together[1], embedder.embed(crops[1:2])[0], atol=1e-5)
    assert embedder.embed([]).shape == (0, together.shape[1])


def test_grey_picture_has_an_embedding() -> None:
    embedder = face_embedder()
    crop = crop_for(embedder, portrait(1)[..., 1], Box(0.2, 0.2, 0.6, 0.6))
    assert crop.shape == (embedder.size, embedder.size, 3)
    assert np.isfinite(embedder.embed([crop])).all()


def test_crop_of_the_users_network_is_coloured_and_of_its_size(tmp_path: Path) -> None:
    embedder = face_embedder(f"onnx:{write_corner(tmp_path / 'oracle.onnx')}")
    crop = crop_for(embedder, portrait(1), Box(0.2, 0.2, 0.6, 0.6))
    assert crop.shape == (112, 112, 3)
    assert (embedder.size, embedder.coloured, embedder.threshold) == (112, True, 0.6)
    rows = embedder.embed([crop] * 40)
    assert rows.shape == (40, 3)
    assert embedder.embed([]).shape == (0, 3)


def test_graph_of_a_fixed_batch_is_filled_up(tmp_path: Path) -> None:
    path = tmp_path / "four.onnx"
    nodes = [helper.make_node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0)]
    write_graph(path, nodes, [4, 3, 112, 112], {}, FACES)
    crops = [np.full((112, 112, 3), level, np.uint8) for level in (0, 50, 90, 200, 250, 255)]
    rows = face_embedder(f"onnx:{path}").embed(crops)
    assert rows.shape == (6, 3)
    assert (rows[0] < 0).all()
    assert (rows[-1] > 0).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threshold": None}, "has no threshold; expected the cosine"),
        ({"threshold": 7}, "threshold: input should be less than or equal to 1"),
        ({"view": "frame"}, "expected a network of faces"),
    ],
)
def test_description_that_does_not_fit_is_refused(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    described = {key: value for key, value in {**FACES, **change}.items() if value is not None}
    path = write_corner(tmp_path / "oracle.onnx", described)
    with pytest.raises(WeightsError, match=message):
        face_embedder(f"onnx:{path}")


def test_graph_that_gives_a_map_is_refused(tmp_path: Path) -> None:
    described = {**FACES, "size": [16, 16], "axes": ["window", "feature", "a", "b"]}
    path = write_picture_means(tmp_path / "map.onnx", described)
    with pytest.raises(WeightsError, match="expected one embedding"):
        face_embedder(f"onnx:{path}")


@pytest.mark.parametrize("name", ["arcface.onnx", "onnx:", "arcface"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match=r"expected onnx:FILE, such as onnx:faces\.onnx"):
        face_embedder(name)


def test_threshold_does_not_change_the_name_of_stored_frames(tmp_path: Path) -> None:
    from affuse.extractors.encoders.graph import open_graph

    path = write_corner(tmp_path / "oracle.onnx")
    before = open_graph(path).digest
    path.with_suffix(".json").write_text(json.dumps({**FACES, "threshold": 0.1}))
    assert open_graph(path).digest == before


@pytest.mark.parametrize(
    "box",
    [Box(0.3, 0.3, 0.4, 0.4), Box(0.0, 0.6, 0.3, 0.4), Box(0.7, 0.0, 0.3, 0.2), Box(0, 0, 1, 1)],
)
@pytest.mark.parametrize("grey", [False, True])
def test_crop_is_that_of_the_face_network(box: Box, grey: bool) -> None:
    embedder = face_embedder()
    picture = cv2.GaussianBlur(portrait(2), (0, 0), 5)
    picture = picture[..., 1] if grey else picture
    crop = crop_for(embedder, picture, box)
    assert crop.shape == (120, 120, 3)
    wanted = face_crop(picture, box, 120, margin=1.5, coloured=True)
    wanted = np.repeat(wanted[..., None], 3, axis=2) if grey else wanted
    # To whole pixels: at the edges of a face a level or two.
    assert np.abs(crop.astype(int) - wanted).mean() < 2.0
    turned = crop_for(embedder, picture, box, roll_deg=20.0)
    assert np.abs(turned.astype(int) - wanted).mean() > 2.0
