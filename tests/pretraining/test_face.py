"""FER2013 to the exported face network, its figures, its card and its place in the bundle."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from affuse.corpora.face_votes import VOTED_EMOTIONS
from affuse.corpora.fer2013 import read_fer2013
from affuse.errors import ConfigError, DatasetError
from affuse.models.face_network import ARCHITECTURES, FaceArchitecture
from affuse.models.face_settings import FaceTraining, FaceTrainingData
from affuse.models.face_training import face_logits, train_faces
from affuse.models.face_weights import read_face_weights
from affuse.models.training import probabilities
from affuse.pretraining.face import pretrain_face
from affuse.pretraining.face_parts import read_face_parts

torch = pytest.importorskip("torch")
QUICK = FaceTraining("tiny", epochs=6, batch_size=16, learning_rate=0.02, threads=1)
TINY = FaceArchitecture(((8,), (16, 16)), 32)


@pytest.fixture(scope="module", autouse=True)
def tiny():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(ARCHITECTURES, "tiny", TINY)
        yield


def nothing(done, total, loss):
    """No progress is shown."""


def bars(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Bright bars that stand (angry) or lie (disgust), on noise."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 120, (n, 48, 48)).astype(np.uint8)
    for number, image in enumerate(images):
        start = 16 + number // 2 % 8
        image[(slice(None), slice(start, start + 8))[:: 1 if number % 2 == 0 else -1]] = 250
    return images, np.arange(n) % 2


@pytest.fixture(scope="module")
def fer(tmp_path_factory):
    """FER2013 of bars, votes beside it; the first training face is marked as a test face."""
    folder = tmp_path_factory.mktemp("fer")
    lines = [f"file,copy_of_a_test_face,{','.join(VOTED_EMOTIONS)},not_a_face"]
    for seed, (part, count) in enumerate({"train": 64, "val": 24}.items()):
        for number, (image, label) in enumerate(zip(*bars(count, seed), strict=True)):
            place = folder / part / ("angry", "disgust")[label]
            place.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(place / f"{part}{number:02}.png"), image)
            if part == "train":
                shares = "0,0,0,0,10,0,0,0" if label == 0 else "0,0,0,0,0,10,0,0"
                lines.append(f"train{number:02}.png,{int(number == 0)},{shares},0")
    (folder / "votes.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_without_weights_to_start_from_some_training_faces_choose_the_temperature(fer):
    parts = read_face_parts(fer, fer / "votes.csv", None, (), seed=0)
    assert parts.n_copies == 1
    assert len(parts.data.faces) + len(parts.held_out) == 63
    assert len(parts.held_out) > 0
    assert parts.data.votes.voted.all()
    assert len(parts.data.votes.shares) == len(parts.data.faces)
    assert len(parts.calibration_rows) == len(parts.tested) == 24


def test_weights_to_start_from_may_have_met_all_training_faces(fer, checkpoint):
    start = read_face_weights(checkpoint)
    parts = read_face_parts(fer, None, start, (), seed=0)
    assert len(parts.data.faces) == 64
    assert np.array_equal(parts.held_out.images, parts.tested.images[::2])
    assert parts.calibration_rows.tolist() == list(range(1, 24, 2))


@pytest.fixture(scope="module")
def checkpoint(fer, tmp_path_factory, tiny):
    """Weights of one epoch."""
    path = tmp_path_factory.mktemp("checkpoint") / "face-checkpoint-0.npz"
    data = FaceTrainingData(read_fer2013(fer, "train"))
    train_faces(data, replace(QUICK, epochs=1), path, nothing)
    return path


@pytest.fixture(scope="module")
def trained(fer, tmp_path_factory, tiny):
    """Folder and figures of two networks that learned labels and votes."""
    out = tmp_path_factory.mktemp("trained")
    figures = pretrain_face(fer, out, QUICK, votes=fer / "votes.csv", n_networks=2, report=nothing)
    return out, figures


@pytest.mark.slow
def test_the_graph_says_what_the_networks_say(trained):
    import onnxruntime

    out, figures = trained
    paths = [out / f"face-checkpoint-{number}.npz" for number in (0, 1)]
    networks = [read_face_weights(path).network() for path in paths]
    images, _ = bars(6, seed=9)
    session = onnxruntime.InferenceSession(out / "face.onnx")
    message, embedding = session.run(None, {"faces": images[:, None].astype(np.float32)})
    logits = face_logits(networks, images, mirrored=False) / figures.temperature
    assert message == pytest.approx(probabilities(logits), abs=0.05)
    assert embedding.shape == (6, 64)
    assert not np.allclose(embedding[:, :32], embedding[:, 32:])
    darker = session.run(None, {"faces": images[:, None].astype(np.float32) * 0.8 + 10})[0]
    assert np.abs(darker - message).max() < 0.1


@pytest.mark.slow
def test_the_graph_computes_with_seven_bits_but_for_the_first_convolution(trained):
    import onnx

    graph = onnx.load(str(trained[0] / "face.onnx")).graph
    arrays = [onnx.numpy_helper.to_array(each) for each in graph.initializer]
    kernels = [a for a in arrays if a.ndim == 4]
    assert [a.shape[1] for a in kernels if a.dtype == np.float32] == [1, 1]
    integers = [a for a in arrays if a.dtype == np.int8 and a.ndim > 1]
    # Of two networks: two convolutions, the embedding, the head.
    assert len(integers) == 8
    assert max(int(np.abs(a.astype(int)).max()) for a in integers) == 64


@pytest.mark.slow
def test_figures_are_those_of_the_graph_and_say_what_was_learned(trained):
    out, figures = trained
    written = json.loads((out / "face.json").read_text())
    assert written["accuracy_unmirrored"] == figures.accuracy_unmirrored > 0.9
    assert np.sum(figures.confusion) == figures.n_tested == 24
    assert np.trace(figures.confusion) / 24 == pytest.approx(figures.accuracy)
    assert figures.n_voted == figures.n_trained
    assert figures.start is None
    assert len(figures.accuracies) == figures.n_networks == 2
    with np.load(out / "face-held-out.npz") as held:
        assert held["log_probabilities"].shape == (figures.n_held_out, 7)


@pytest.mark.slow
def test_weights_are_exported_and_shipped_without_an_epoch(fer, trained, tmp_path):
    from affuse.bundle.reader import read_bundle
    from affuse.extractors.networks.shipped import shipped_folder
    from affuse.pretraining.shipped import FACES, with_face

    path = trained[0] / "face-checkpoint-0.npz"
    settings = replace(QUICK, epochs=0)
    found = pretrain_face(
        fer, tmp_path, settings, start=path, origin="Bars, six epochs.", report=nothing
    )
    assert found.start == read_face_weights(path).origin
    assert found.accuracies[0] == trained[1].accuracies[0]
    before = read_bundle(shipped_folder())
    bundle = with_face(before, tmp_path)
    assert bundle.files["face.onnx"] == (tmp_path / "face.onnx").read_bytes()
    assert bundle.files["voice.onnx"] == before.files["voice.onnx"]
    assert bundle.manifest.member("face").prior == found.prior
    assert bundle.manifest.member("face").weight == before.manifest.member("face").weight
    assert bundle.manifest.member("voice") == before.manifest.member("voice")
    met = {part.corpus: part.n_clips for part in bundle.manifest.trained_on}
    assert met[FACES] == 64
    assert len(met) == len(before.manifest.trained_on)
    card = " ".join(bundle.files["MODEL_CARD.md"].decode().split())
    assert "started from the weights `face-checkpoint-0.npz`. Bars, six epochs." in card
    assert f"accuracy {found.accuracy_unmirrored:.1%}, as" in card
    for title in ("## The voice network", "## The face network", "## Fusion"):
        assert card.count(title) == 1


def test_figures_of_an_older_training_are_refused(tmp_path):
    from affuse.bundle.reader import read_bundle
    from affuse.extractors.networks.shipped import shipped_folder
    from affuse.pretraining.shipped import with_face

    bundle = read_bundle(shipped_folder())
    with pytest.raises(DatasetError, match=r"holds no face\.json; expected a folder of affuse tr"):
        with_face(bundle, tmp_path)
    (tmp_path / "face.json").write_text(json.dumps({"accuracy": 0.5}))
    with pytest.raises(DatasetError, match=r"was written by an older affuse, .*: train again"):
        with_face(bundle, tmp_path)


def test_a_bundle_without_a_face_network_cannot_get_another_one(tmp_path):
    from affuse.bundle.named import bundle_folder
    from affuse.bundle.reader import read_bundle
    from affuse.errors import BundleError
    from affuse.pretraining.shipped import with_face

    (tmp_path / "face.json").write_text(json.dumps({"teachers": []}))
    with pytest.raises(
        BundleError, match=r"has no face network .*\(its members: audio\); expected"
    ):
        with_face(read_bundle(bundle_folder("open")), tmp_path)


def test_a_voice_model_and_a_bundle_are_one_too_many(tmp_path):
    from affuse.cli.training import ship_and_print

    with pytest.raises(ConfigError, match="were given; expected one of them: without VOICE, that"):
        ship_and_print(tmp_path, tmp_path, tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("settings", "given", "message"),
    [
        (FaceTraining("huge"), {}, "architecture 'huge' was given; expected one of small, large"),
        (FaceTraining(), {"n_networks": 0}, "0 networks were asked for; expected at least 1"),
        (FaceTraining(epochs=0), {}, r"0 epochs were given; expected at least 1, .*\(--init\)"),
        (FaceTraining(device="tpu"), {}, "device 'tpu' was given; expected cpu or cuda"),
    ],
)
def test_what_cannot_be_trained_is_refused(settings, given, message, tmp_path):
    with pytest.raises(ConfigError, match=message):
        pretrain_face(tmp_path, tmp_path, settings, report=nothing, **given)


def test_weights_of_another_architecture_are_refused(fer, checkpoint, tmp_path):
    with pytest.raises(ConfigError, match=r"face-checkpoint-0.npz holds a .*: give --archi.* tiny"):
        pretrain_face(fer, tmp_path, FaceTraining("small"), start=checkpoint, report=nothing)


def test_the_command_passes_on_what_it_is_given(fer, checkpoint, tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from affuse.cli import training
    from affuse.cli.app import app

    asked = {}

    def stop(source, out, settings, **given):
        asked.update(given, source=source, settings=settings)
        raise ConfigError("stopped here")

    monkeypatch.setattr(training, "pretrain_face", stop)
    weights = str(checkpoint)
    words = ["train", "face", str(fer), "--out", str(tmp_path), "--votes", str(fer / "votes.csv")]
    words += ["--teacher", weights, "--teacher", weights, "--init", weights, "--device", "cuda"]
    words += ["--epochs", "0", "--architecture", "large", "--jobs", "1", "--learning-rate", "0.01"]
    assert CliRunner().invoke(app, words).exit_code == 2
    settings = asked["settings"]
    assert (settings.device, settings.architecture, settings.epochs) == ("cuda", "large", 0)
    assert (settings.threads, settings.learning_rate) == (1, 0.01)
    assert [str(path) for path in asked["teachers"]] == [weights, weights]
    assert str(asked["start"]) == weights
    assert asked["votes"] == fer / "votes.csv"
