"""The face network: training, going on, export."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from affuse.corpora.fer2013 import FaceSet, read_fer2013, without_copies
from affuse.errors import ConfigError
from affuse.models.face_training import FaceTraining, face_logits, train_faces
from affuse.models.training import probabilities
from affuse.pretraining import face
from affuse.pretraining.face import pretrain_face

torch = pytest.importorskip("torch")
QUICK = FaceTraining(
    epochs=2,
    batch_size=16,
    learning_rate=0.02,
    threads=1,
    small_size=32,
    calm_epochs=1,
    second_epochs=2,
)


@pytest.fixture(scope="module")
def faces() -> FaceSet:
    """Bright bars that stand (angry) or lie (disgust), on noise."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 120, (48, 48, 48)).astype(np.uint8)
    labels = np.arange(48) % 2
    images[labels == 0, :, 20:28] = 250
    images[labels == 1, 20:28, :] = 250
    return FaceSet(images, labels.astype(np.int64))


@pytest.fixture
def nothing():
    return lambda done, total, loss: None


class _Stopped(Exception):
    pass


@pytest.fixture(scope="module")
def whole(faces, tmp_path_factory):
    return train_faces(faces, QUICK, tmp_path_factory.mktemp("whole") / "w.npz", lambda *_: None)


@pytest.mark.parametrize("stopped_after", [2, 3, 4])
def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(
    faces, whole, stopped_after, tmp_path, nothing
):
    def stop(done, total, loss):
        if done == stopped_after:
            raise _Stopped

    with pytest.raises(_Stopped):
        train_faces(faces, QUICK, tmp_path / "cut.npz", stop)
    epochs = []
    again = train_faces(faces, QUICK, tmp_path / "cut.npz", lambda d, t, loss: epochs.append(d))
    assert epochs == list(range(stopped_after + 1, 6))
    assert np.array_equal(face_logits([whole], faces.images), face_logits([again], faces.images))


def test_another_setting_does_not_take_over_a_checkpoint(faces, tmp_path, nothing):
    train_faces(
        faces,
        FaceTraining(epochs=1, threads=1, batch_size=16, calm_epochs=0, second_epochs=0),
        tmp_path / "c",
        nothing,
    )
    epochs = []
    other = FaceTraining(epochs=1, threads=1, batch_size=24, calm_epochs=0, second_epochs=0)
    train_faces(faces, other, tmp_path / "c", lambda d, t, loss: epochs.append(d))
    assert epochs == [1]


def test_learning_rate_rises_once_in_each_course_and_falls_to_nothing():
    settings = FaceTraining()
    ends = (settings.epochs, settings.first_epochs, settings.all_epochs)
    for end, highest in zip(ends, (0.05, 0.01, 0.02), strict=True):
        assert settings.learning_rate_at(end - 1e-6) == pytest.approx(0, abs=1e-6)
        begin = (0, *ends)[ends.index(end)]
        rates = [settings.learning_rate_at(begin + i / 10) for i in range(10 * (end - begin))]
        assert max(rates) == pytest.approx(highest, rel=0.02)


@pytest.mark.slow
def test_what_is_shipped_says_what_the_network_says(faces, tmp_path, nothing):
    import cv2
    import onnxruntime

    for part in ("train", "val"):
        for number, (image, label) in enumerate(zip(faces.images, faces.labels, strict=True)):
            place = tmp_path / "fer" / part / ("angry", "disgust")[label]
            place.mkdir(parents=True, exist_ok=True)
            shifted = np.roll(image, number + (part == "val"), axis=(0, 1))
            cv2.imwrite(str(place / f"{number}.png"), shifted)
    figures = pretrain_face(tmp_path / "fer", tmp_path / "out", QUICK, report=nothing)
    written = json.loads((tmp_path / "out" / "face.json").read_text())
    assert written["accuracy"] == figures.accuracy
    assert np.trace(figures.confusion) / 48 == pytest.approx(figures.accuracy)
    assert figures.n_tested == 48
    assert len(figures.accuracies) == figures.n_networks == 2
    session = onnxruntime.InferenceSession(tmp_path / "out" / "face.onnx")
    grey = faces.images[:5, None].astype(np.float32)
    message, embedding = session.run(None, {"faces": grey})
    assert message.shape == (5, 7)
    assert embedding.shape == (5, 512)
    assert not np.allclose(embedding[:, :256], embedding[:, 256:])
    assert message.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    # 8-bit integers: 2.5 MB a network.
    assert (tmp_path / "out" / "face.onnx").stat().st_size < 6e6
    again = [tmp_path / "out" / f"face-checkpoint-{number}.npz" for number in (0, 1)]
    usable = without_copies(
        read_fer2013(tmp_path / "fer", "train"), read_fer2013(tmp_path / "fer", "val")
    )
    trained, _ = face._divided(usable, QUICK.seed)
    networks = [
        train_faces(trained, replace(QUICK, seed=seed), checkpoint, nothing)
        for seed, checkpoint in enumerate(again)
    ]
    logits = face_logits(networks, faces.images[:5], mirrored=False) / figures.temperature
    assert message == pytest.approx(probabilities(logits), abs=0.05)
    darker = session.run(None, {"faces": grey * 0.8 + 10})[0]
    assert np.abs(darker - message).max() < 0.1


def test_an_unknown_architecture_is_refused(tmp_path, nothing):
    with pytest.raises(ConfigError, match="architecture 'huge' was given; expected one of small"):
        pretrain_face(tmp_path, tmp_path, FaceTraining(architecture="huge"), report=nothing)


def test_no_network_is_refused(tmp_path, nothing):
    with pytest.raises(ConfigError, match="0 networks were asked for; expected at least 1"):
        pretrain_face(tmp_path, tmp_path, FaceTraining(), n_networks=0, report=nothing)
