"""The voice model: one graph that says what the pairs of all folds say together."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import cv2
import numpy as np
import onnxruntime
import pytest
import soundfile
from scipy.special import log_softmax, softmax

from affuse.cli import main
from affuse.corpora.index import Index
from affuse.corpora.registry import read_all
from affuse.errors import ConfigError, DatasetError, WeightsError
from affuse.models.checkpoint import MEANING, save_checkpoint
from affuse.models.face_training import FaceTraining
from affuse.models.face_weights import read_face_weights
from affuse.models.voice_network import VoiceArchitecture, voice_network
from affuse.models.voice_weights import read_voice_weights
from affuse.models.waveform_training import WaveformTraining, weights_of
from affuse.pretraining import voice_networks
from affuse.pretraining.cards import voice_section
from affuse.pretraining.face import pretrain_face
from affuse.pretraining.shipped import with_voice
from affuse.pretraining.voice import pretrain_voice
from affuse.pretraining.voice_clips import read_voice_clips
from affuse.pretraining.voice_figures import fit_shares
from affuse.pretraining.voice_networks import folds_of
from affuse.records import FER2013_EMOTIONS, Clip

torch = pytest.importorskip("torch")
TINY = WaveformTraining(
    architecture=VoiceArchitecture((4, 4, 4, 8), (1, 1, 1, 1), 8, 4, 8),
    epochs=1,
    batch_size=16,
    stretch_s=0.5,
)
SPEAKERS = range(1, 7)
OTHERS = {"03": "FWN", "08": "WFT"}


def test_the_better_model_has_the_larger_share(rng):
    labels = rng.integers(8, size=400)
    good = log_softmax(2 * np.eye(8)[labels] + rng.normal(0, 0.5, (400, 8)), axis=1)
    noise = log_softmax(rng.normal(0, 1, (400, 8)), axis=1)
    shares = fit_shares(good, noise, labels)
    assert shares[0] > 0.8
    assert shares[1] < 0.2


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    """RAVDESS's names for six speakers of four emotions each, EMO-DB's for two speakers."""
    folder, rng = tmp_path_factory.mktemp("corpora"), np.random.default_rng(0)
    names = [
        f"ravdess/03-01-{emotion:02}-01-01-01-{speaker:02}.wav"
        for speaker in SPEAKERS
        for emotion in range(1 + speaker // 2 % 2, 9, 2)
    ]
    names += [f"emodb/{who}a01{letter}a.wav" for who, own in OTHERS.items() for letter in own]
    for name in names:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        times = np.arange(12_000) / 16_000
        tone = np.sin(2 * np.pi * rng.uniform(100, 300) * times) + rng.normal(0, 0.1, 12_000)
        soundfile.write(path, 0.2 * tone, 16_000)
    return read_all([folder / "ravdess", folder / "emodb"])


@pytest.fixture(scope="module")
def training(corpora, tmp_path_factory):
    out = tmp_path_factory.mktemp("voice")
    return out, pretrain_voice(corpora, out, TINY, without=["EMO-DB"], jobs=1)


@pytest.fixture
def no_graph(monkeypatch):
    """No graph is written: to export one takes longer than to train these networks."""
    monkeypatch.setattr("affuse.pretraining.voice.export_pairs", lambda *pairs: None)


@pytest.mark.slow
def test_the_whole_training_writes_graph_and_figures(training):
    out, figures = training
    told = json.loads((out / "voice.json").read_text("utf-8"))
    assert told["uar_speech"] == figures.uar_speech
    assert told["training"]["seed"] == 0
    graph = (out / "voice.onnx").read_bytes()
    assert b'File "' not in graph
    assert str(out).encode() not in graph
    assert not list(out.glob("*-epochs.npz"))
    assert figures.n_trained_on == {"EMO-DB": 6, "RAVDESS": 24}
    assert figures.trained_on["EMO-DB"] == ("03", "08")
    assert [(group.name, group.n_classes) for group in figures.unheard_corpora] == [("EMO-DB", 4)]
    assert {group.name for group in figures.by_sex} >= {"RAVDESS, female", "RAVDESS, male"}
    assert figures.of_two_sexes == ()
    assert figures.start is None
    assert np.sum(figures.confusion_speech) == 24


@pytest.mark.slow
def test_the_graph_says_what_network_and_linear_model_say(training, rng):
    import onnxruntime

    out, figures = training
    weights = {}
    for name in ("voice-shipped.npz", "voice-shipped-linear.npz"):
        with np.load(out / name) as stored:
            weights.update({key: stored[key] for key in stored.files})
    given = {
        "log_mel": rng.uniform(-1, 1, (1, 77, 64)).astype(np.float32),
        "statistics": rng.normal(0, 1, (1, 519)).astype(np.float32),
    }
    with torch.inference_mode():
        logits = voice_networks.network_of(weights, TINY)(torch.from_numpy(given["log_mel"]))
    network = log_softmax(logits.numpy(), axis=1)
    linear = log_softmax(
        given["statistics"] @ weights["linear.matrix"].T + weights["linear.bias"], axis=1
    )
    shares = figures.shares
    joint, embedding = onnxruntime.InferenceSession(out / "voice.onnx").run(None, given)
    expected = softmax(shares[0] * network + shares[1] * linear, axis=1)
    np.testing.assert_allclose(joint, expected, atol=1e-4)
    assert embedding.shape == (1, TINY.architecture.n_embedding)


@pytest.mark.slow
@pytest.mark.usefixtures("no_graph")
def test_a_training_starts_from_a_stored_network_and_says_whom_that_had_met(
    training, corpora, tmp_path
):
    out, _ = training
    shutil.copytree(out / "features", tmp_path / "features")
    still = replace(TINY, learning_rate=1e-9, weight_decay=0.0)
    begun = out / "voice-fold-0.npz"
    figures = pretrain_voice(corpora, tmp_path, still, start=begun, jobs=1)
    with np.load(begun) as stored, np.load(tmp_path / "voice-shipped.npz") as found:
        for name in stored.files:
            if name.startswith("network.") and "running" not in name and "num_" not in name:
                np.testing.assert_allclose(found[name], stored[name], atol=2e-3)
    start = read_voice_weights(begun)
    assert "RAVDESS/1" not in start.speakers
    assert figures.start.met["RAVDESS"] == ("2", "3", "4", "5", "6")
    told = json.loads((tmp_path / "voice.json").read_text("utf-8"))
    card = voice_section(told)
    assert "All of them started from `voice-fold-0.npz` (SHA-256 " in card
    assert "RAVDESS: 2, 3, 4, 5, 6" in " ".join(card.split())
    # What starts from one of these has met whom its own start had met as well.
    again = read_voice_weights(tmp_path / "voice-fold-1.npz")
    assert set(start.speakers) <= set(again.speakers)


def test_what_is_no_stored_voice_network_is_refused(tmp_path, capsys):
    wrong = tmp_path / "other.npz"
    np.savez(wrong, embedding=np.zeros(3))
    for path, message in (
        (tmp_path / "none.npz", "none.npz is no file; expected a voice-NAME.npz of affuse train"),
        (wrong, "holds no voice network that names its training speakers (its arrays: embedding)"),
    ):
        with pytest.raises(WeightsError, match=re.escape(message)):
            read_voice_weights(path)
    torn = tmp_path / "torn.npz"
    torn.write_bytes(wrong.read_bytes()[:60])
    with pytest.raises(WeightsError, match="cannot be read as npz; expected a voice-NAME"):
        read_voice_weights(torn)


@pytest.mark.parametrize("read", [read_voice_weights, read_face_weights])
def test_a_damaged_file_of_weights_is_refused_in_a_line(read, tmp_path):
    """Whichever of its bytes are wrong: those of the zip, of what is packed, of a header."""
    values = np.random.default_rng(0).integers(0, 9, 300)
    path = tmp_path / "weights.npz"
    np.savez_compressed(path, **{"network.a": values, "network.b": values[::-1]})
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    for seed in range(120):
        random = np.random.default_rng(seed)
        content = whole.copy()
        content[random.integers(len(whole), size=3)] ^= np.uint8(1 << random.integers(8))
        path.write_bytes(content.tobytes())
        with pytest.raises(WeightsError, match=r"weights\.npz .*expected"):
            read(path)


@pytest.mark.parametrize(
    "meaning", ["{", "null", "[1]", "{}", '{"speakers": 3}', '{"speakers": ["a"], "start": [1]}']
)
def test_weights_that_do_not_name_their_speakers_are_refused(meaning, tmp_path):
    path = tmp_path / "voice.npz"
    text = np.frombuffer(meaning.encode(), np.uint8)
    np.savez(path, **{"network.a": np.zeros(3), MEANING: text})
    with pytest.raises(WeightsError, match="does not name the network's training speakers"):
        read_voice_weights(path)


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    np.savez(tmp_path / "text.npz", **{"network.a": np.array(["x"])})
    with pytest.raises(WeightsError, match=r"no numbers in its array network\.a; expected"):
        read_voice_weights(tmp_path / "text.npz")


def test_a_network_of_another_architecture_is_refused(tmp_path):
    network = voice_network(TINY.architecture, 8)
    weights = {f"network.{name}": a for name, a in weights_of(network).items()}
    save_checkpoint(tmp_path / "small.npz", {"speakers": ["RAVDESS/1"]}, weights)
    start = read_voice_weights(tmp_path / "small.npz")
    start.copy_into(voice_network(TINY.architecture, 8))
    larger = replace(TINY.architecture, n_embedding=16)
    with pytest.raises(
        WeightsError, match=r"small\.npz holds an array of shape .* for the layer .*another archit"
    ):
        start.copy_into(voice_network(larger, 8))


@pytest.mark.parametrize("what", ["face", "voice"])
def test_a_file_in_the_place_of_the_folder(what, tmp_path, capsys):
    out = tmp_path / "taken.zip"
    out.write_bytes(b"")
    with pytest.raises(SystemExit) as ended:
        main(["train", what, str(tmp_path), "--out", str(out)])
    assert ended.value.code == 2
    message = " ".join(capsys.readouterr().err.split())
    expected = "taken.zip is a file; expected a folder, new or of an earlier call, that receives"
    assert expected in message


@pytest.mark.slow
@pytest.mark.usefixtures("no_graph")
def test_finished_networks_are_not_trained_again(training, corpora, monkeypatch):
    out, figures = training
    monkeypatch.setattr(voice_networks, "train_on_waveforms", None)
    again = pretrain_voice(corpora, out, TINY, without=["EMO-DB"], jobs=1)
    assert again == figures


@pytest.fixture
def faces(tmp_path, rng):
    """FER2013's folders with two pictures of noise for each emotion."""
    for number, emotion in enumerate(FER2013_EMOTIONS * 2):
        path = tmp_path / "val" / emotion / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), rng.integers(0, 255, (48, 48), np.uint8))
    return tmp_path


@pytest.mark.slow
def test_the_bundle_rests_on_what_was_left_out(training, faces):
    from affuse.bundle.reader import read_bundle
    from affuse.extractors.networks.shipped import shipped_folder

    out, _ = training
    before = read_bundle(shipped_folder())
    with np.load(out / "voice-out-of-fold.npz") as arrays:
        assert set(arrays["corpora"].tolist()) == {"EMO-DB"}
    with pytest.raises(DatasetError, match="no voice of fearful, disgust, surprised was given"):
        with_voice(before, faces, out)


def test_folds_hold_each_speaker_of_each_corpus_once(training, corpora):
    out, _ = training
    clips = read_voice_clips(corpora, out, 1)
    folds = [set(clips.speakers[part.held_out].tolist()) for part in folds_of(clips, 0)]
    assert folds[0] == {"RAVDESS/1", "EMO-DB/03"}
    assert folds[1] == {"RAVDESS/2", "EMO-DB/08"}
    assert sum(map(len, folds)) == 8
    assert set().union(*folds) == set(clips.speakers.tolist())


def test_a_corpus_has_the_emotions_that_occur(training, corpora):
    out, _ = training
    known = read_voice_clips(corpora, out, 1).utterances.known
    assert known.sum(1).tolist() == [8] * 24 + [4] * 6


def test_ravdess_without_enough_speakers_is_refused(tmp_path):
    index = Index((Clip("a", "happy", "1", audio=tmp_path / "a.wav", corpus="RAVDESS"),))
    with pytest.raises(DatasetError, match="1 speaker and 1 emotion of RAVDESS were given; exp"):
        pretrain_voice(index, tmp_path / "out", TINY, jobs=1)
    assert not (tmp_path / "out").exists()


def test_a_corpus_that_is_not_there_cannot_be_left_out(corpora, tmp_path):
    expected = "'EMOVO' was given as a corpus to be left out; .* beside RAVDESS: EMO-DB"
    with pytest.raises(DatasetError, match=expected):
        pretrain_voice(corpora, tmp_path / "out", TINY, without=["EMOVO"], jobs=1)


@pytest.mark.parametrize(
    ("device", "message"),
    [("tpu", "device 'tpu' was given; expected cpu or cuda"), ("cuda", "torch finds no GPU here")],
)
def test_a_device_that_is_not_there_is_refused_before_any_work(corpora, tmp_path, device, message):
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ConfigError, match=message):
        pretrain_voice(corpora, tmp_path / "out", replace(TINY, device=device), jobs=1)
    with pytest.raises(ConfigError, match=message):
        pretrain_face(tmp_path, tmp_path / "out", FaceTraining(device=device), report=print)
    assert not (tmp_path / "out").exists()


def test_distances_of_clips_that_were_left_out(training):
    from affuse.pretraining.held_out import left_out_voices

    out, _ = training
    clips = left_out_voices(out)("")
    assert clips.distances.shape == clips.labels.shape
    assert (clips.distances > 0).all()
    with np.load(out / "voice-out-of-fold.npz") as arrays:
        # Spoken clips of all folds: 6 speakers of 4 emotions and the 6 clips of EMO-DB.
        assert len(arrays["known_distances"]) == 30
    session = onnxruntime.InferenceSession(out / "voice-distance.onnx")
    (distance,) = session.run(["distance"], {"embedding": np.zeros((3, 8), np.float32)})
    assert distance.shape == (3,)
    assert (distance > 0).all()
