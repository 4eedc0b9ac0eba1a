"""The face network: training, teachers, going on, weights from files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.corpora.face_votes import FaceVotes
from affuse.corpora.fer2013 import FaceSet
from affuse.errors import WeightsError
from affuse.models.face_network import ARCHITECTURES, FaceArchitecture, standardised
from affuse.models.face_settings import FaceTraining, FaceTrainingData
from affuse.models.face_training import face_logits, train_faces
from affuse.models.face_weights import read_face_weights

torch = pytest.importorskip("torch")
QUICK = FaceTraining("tiny", epochs=4, batch_size=16, learning_rate=0.02, threads=1)
TINY = FaceArchitecture(((8,), (16, 16), (24, 24)), 32)


@pytest.fixture(scope="module", autouse=True)
def tiny():
    """A network that learns bars in no time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ARCHITECTURES, "tiny", TINY)
        yield


@pytest.fixture(scope="module")
def faces() -> FaceSet:
    """Bright bars that stand (angry) or lie (disgust), on noise."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 120, (48, 48, 48)).astype(np.uint8)
    labels = np.arange(48) % 2
    images[labels == 0, :, 20:28] = 250
    images[labels == 1, 20:28, :] = 250
    names = np.array([f"angry/{number}" for number in range(48)])
    return FaceSet(images, labels.astype(np.int64), names)


@pytest.fixture(scope="module")
def votes(faces) -> FaceVotes:
    """All people say anger (4) of standing bars, fear (6) of lying ones."""
    shares = np.eye(8, dtype=np.float32)[np.where(faces.labels == 0, 4, 6)]
    return FaceVotes(shares, np.ones(48, np.bool_), np.zeros(48, np.bool_))


def nothing(done, total, loss):
    """No progress is shown."""


class _Stopped(Exception):
    pass


@pytest.fixture(scope="module")
def checkpoint(faces, votes, tmp_path_factory):
    """Of a training on faces and votes that is over."""
    path = tmp_path_factory.mktemp("whole") / "face-checkpoint-0.npz"
    train_faces(FaceTrainingData(faces, votes), QUICK, path, nothing)
    return path


@pytest.mark.parametrize("stopped_after", [1, 3])
def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(
    faces, votes, checkpoint, stopped_after, tmp_path
):
    def stop(done, total, loss):
        if done == stopped_after:
            raise _Stopped

    data = FaceTrainingData(faces, votes)
    with pytest.raises(_Stopped):
        train_faces(data, QUICK, tmp_path / "cut.npz", stop)
    epochs = []
    train_faces(data, QUICK, tmp_path / "cut.npz", lambda d, t, loss: epochs.append(d))
    assert epochs == list(range(stopped_after + 1, 5))
    one, again = read_face_weights(checkpoint), read_face_weights(tmp_path / "cut.npz")
    assert all(np.array_equal(again.arrays[name], one.arrays[name]) for name in one.arrays)


def test_it_goes_on_with_other_threads_but_not_with_other_settings(faces, tmp_path):
    data, one = FaceTrainingData(faces), replace(QUICK, epochs=1)
    train_faces(data, one, tmp_path / "c", nothing)
    epochs = []
    train_faces(data, replace(one, threads=2), tmp_path / "c", lambda d, t, loss: epochs.append(d))
    assert epochs == []
    train_faces(
        data, replace(one, batch_size=24), tmp_path / "c", lambda d, t, loss: epochs.append(d)
    )
    assert epochs == [1]
    torch.set_num_threads(1)


def test_learning_rate_rises_and_falls_to_nothing():
    settings = FaceTraining()
    rates = [
        settings.rate_with_linear_warm_up(step / 10) for step in range(10 * settings.epochs + 1)
    ]
    assert rates[0] == 0
    assert max(rates) == pytest.approx(settings.learning_rate)
    assert rates[-1] == pytest.approx(0, abs=1e-9)
    assert np.argmax(rates) == pytest.approx(10 * 0.05 * settings.epochs)


def test_the_last_epochs_are_quiet():
    settings = FaceTraining(epochs=20)
    assert [epoch for epoch in range(20) if settings.is_quiet(epoch)] == [17, 18, 19]


@pytest.fixture(scope="module")
def learned(faces, votes, tmp_path_factory):
    """Weights that have learned bars and votes: a teacher."""
    path = tmp_path_factory.mktemp("learned") / "teacher.npz"
    train_faces(FaceTrainingData(faces, votes), replace(QUICK, epochs=12), path, nothing)
    return read_face_weights(path)


def test_labels_and_votes_are_learned_by_heads_of_their_own(faces, votes, learned):
    network = learned.network()
    assert (face_logits([network], faces.images).argmax(1) == faces.labels).mean() > 0.9
    inputs = torch.from_numpy(faces.images[:, None].astype(np.float32))
    with torch.inference_mode():
        said = network(standardised(inputs))[1].argmax(1).numpy()
    assert (said == votes.shares.argmax(1)).mean() > 0.9


def test_a_student_learns_from_teachers_what_labels_do_not_say(faces, learned, tmp_path):
    # Labels without meaning: all that can be learned comes from the teacher.
    blind = FaceSet(faces.images, np.arange(48) // 7 % 7, faces.names)
    settings = replace(QUICK, epochs=12, label_smoothing=1.0)
    data = FaceTrainingData(blind, teachers=(learned,))
    student = train_faces(data, settings, tmp_path / "s", nothing)
    alone = train_faces(FaceTrainingData(blind), settings, tmp_path / "a", nothing)
    right = [
        (face_logits([each], faces.images).argmax(1) == faces.labels).mean()
        for each in (student, alone)
    ]
    assert right[0] > 0.9
    assert right[1] < 0.7


def test_without_votes_there_is_no_head_for_them(faces, tmp_path):
    path = tmp_path / "face-checkpoint-0.npz"
    train_faces(FaceTrainingData(faces), replace(QUICK, epochs=1), path, nothing)
    assert not read_face_weights(path).voted


def test_no_epochs_leave_the_weights_as_they_were(faces, learned, tmp_path):
    data = FaceTrainingData(faces, start=learned)
    found = train_faces(data, replace(QUICK, epochs=0), tmp_path / "c", nothing)
    expected = face_logits([learned.network()], faces.images)
    np.testing.assert_allclose(face_logits([found], faces.images), expected, atol=1e-4)


def test_a_training_starts_from_weights(faces, votes, learned, tmp_path):
    data = FaceTrainingData(faces, votes, start=learned)
    one = replace(QUICK, epochs=1, learning_rate=1e-4)
    found = train_faces(data, one, tmp_path / "c", nothing)
    assert (face_logits([found], faces.images).argmax(1) == faces.labels).mean() > 0.9


def test_state_dicts_of_other_names_and_mixed_precision_are_read(faces, learned, tmp_path):
    path = tmp_path / "other.npz"
    names = {"embedding.": "emb.", "emotions.": "fer.", "votes.": "plus."}
    arrays = {}
    for name, array in learned.arrays.items():
        for own, other in names.items():
            name = name.replace(own, other)
        arrays[name] = array.astype(np.float16) if array.dtype == np.float32 else array
    np.savez(path, **arrays)
    found = read_face_weights(path)
    assert found.voted
    assert found.architecture == replace(TINY, dropout=found.architecture.dropout)
    one, other = (face_logits([each.network()], faces.images) for each in (learned, found))
    np.testing.assert_allclose(one, other, atol=0.05)


def test_what_is_no_network_is_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"none\.npz is no file; expected the npz of a state"):
        read_face_weights(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("weights")
    with pytest.raises(WeightsError, match=r"text\.npz cannot be read as npz; expected"):
        read_face_weights(tmp_path / "text.npz")
    np.savez(tmp_path / "voice.npz", a=np.zeros(3), b=np.zeros(3))
    with pytest.raises(WeightsError, match=r"holds no trunk, .* \(its arrays begin with a, b\)"):
        read_face_weights(tmp_path / "voice.npz")
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(WeightsError, match=r"one\.npy cannot be read as npz"):
        read_face_weights(tmp_path / "one.npy")


def test_a_network_without_a_layer_is_refused(learned):
    lacking = {k: v for k, v in learned.arrays.items() if k != "emotions.bias"}
    with pytest.raises(WeightsError, match=r"holds nothing for the layer emotions\.bias; expected"):
        replace(learned, arrays=lacking).network()
    shorter = {**learned.arrays, "trunk.0.weight": np.zeros((8, 1, 5, 5), np.float32)}
    with pytest.raises(WeightsError, match=r"\(8, 1, 5, 5\) for the layer trunk\.0\.weight"):
        replace(learned, arrays=shorter).network()


@pytest.mark.data
def test_the_stored_network_is_read(shared_data):
    path = shared_data.parent / "models" / "face_large_distilled.npz"
    if not path.is_file():
        pytest.skip("no stored weights")
    found = read_face_weights(path)
    assert found.architecture.blocks == ((64, 64), (128, 128), (192,) * 3, (256,) * 3)
    assert found.voted
    found.network()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_trains_from_the_same_variants(faces, votes, tmp_path):
    data = FaceTrainingData(faces, votes)
    found = train_faces(data, replace(QUICK, epochs=12, device="cuda"), tmp_path / "g", nothing)
    assert (face_logits([found], faces.images).argmax(1) == faces.labels).mean() > 0.9
    # What was begun there goes on here.
    epochs = []
    train_faces(data, replace(QUICK, epochs=12), tmp_path / "g", lambda d, t, x: epochs.append(d))
    assert epochs == []
