"""FER2013 from folders and zips."""

from __future__ import annotations

import zipfile

import cv2
import numpy as np
import pytest

from affuse.corpora.fer2013 import FaceSet, read_fer2013, without_copies
from affuse.errors import DatasetError


@pytest.fixture
def folder(tmp_path, rng):
    """Two faces of each of two emotions in train, one of each in val."""
    for part, count in (("train", 2), ("val", 1)):
        for emotion in ("neutral", "angry"):
            place = tmp_path / "fer2013" / part / emotion
            place.mkdir(parents=True)
            for number in range(count):
                image = rng.integers(0, 255, (48, 48), np.uint8)
                cv2.imwrite(str(place / f"{number}.png"), image)
    return tmp_path / "fer2013"


def test_a_folder_and_a_zip_of_it_are_the_same(folder, tmp_path):
    packed = tmp_path / "faces.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(folder.rglob("*.png")):
            archive.write(file, file.relative_to(tmp_path))
    one, other = read_fer2013(folder, "train"), read_fer2013(packed, "train")
    assert one.images.shape == (4, 48, 48)
    assert one.labels.tolist() == [0, 0, 6, 6]
    assert np.array_equal(one.images, other.images)
    assert one.names.tolist() == other.names.tolist() == [
        "angry/0.png", "angry/1.png", "neutral/0.png", "neutral/1.png"
    ]  # fmt: skip
    assert len(read_fer2013(packed, "val")) == 2


def test_copies_and_mirror_images_of_test_faces_are_left_out(rng):
    images = rng.integers(0, 255, (4, 48, 48)).astype(np.uint8)
    copies = np.stack([images[1], images[2][:, ::-1]])
    tested = FaceSet(copies, np.zeros(2, np.int64), np.array(["t", "u"]))
    left = without_copies(FaceSet(images, np.arange(4), np.array(list("abcd"))), tested)
    assert left.labels.tolist() == [0, 3]
    assert left.names.tolist() == ["a", "d"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train/happy/broken.jpg", b"no picture", "holds no picture; expected a picture of 48x48"),
        ("train/happy/empty.jpg", b"", "holds no picture"),
        ("train/joy/0.jpg", b"", "in the folder 'joy'; expected one of angry, disgust"),
    ],
)
def test_a_bad_face_is_named(folder, name, content, message):
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        read_fer2013(folder, "train")


def test_a_face_of_another_size_is_named(folder):
    cv2.imwrite(str(folder / "val" / "angry" / "large.png"), np.zeros((96, 64), np.uint8))
    with pytest.raises(DatasetError, match="64x96 pixels; expected a picture of 48x48"):
        read_fer2013(folder, "val")


def test_what_is_no_fer2013_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="does not exist; expected FER2013"):
        read_fer2013(tmp_path / "none.zip", "train")
    (tmp_path / "text.zip").write_text("text")
    with pytest.raises(DatasetError, match="neither a folder nor a zip file"):
        read_fer2013(tmp_path / "text.zip", "train")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="holds no faces under train/"):
        read_fer2013(tmp_path / "empty", "train")


@pytest.mark.data
def test_the_real_faces_are_all_there(shared_data):
    tested = read_fer2013(shared_data / "fer2013.zip", "val")
    assert np.bincount(tested.labels).tolist() == [467, 56, 496, 895, 653, 415, 607]
