"""The speaker network: who is kept apart, what is written, and that it is read again."""

from __future__ import annotations

import json
import re

import numpy as np
import onnx
import pytest
import soundfile

from affuse.cli import main
from affuse.corpora.index import Index
from affuse.corpora.registry import read_all
from affuse.errors import DatasetError, WeightsError
from affuse.models.onnx_export import halve_weights
from affuse.models.speaker_network import SpeakerArchitecture
from affuse.models.speaker_training import SpeakerTraining
from affuse.people.voice_embedding import ShippedVoices
from affuse.pretraining.speaker import pretrain_speaker
from affuse.pretraining.speaker_clips import kept_apart, read_speaker_clips
from affuse.pretraining.speaker_figures import equal_error

pytest.importorskip("torch")
TINY = SpeakerTraining(
    architecture=SpeakerArchitecture(8, (1,), 8, 4, 96),
    epochs=1,
    batch_size=16,
    shortest_s=0.5,
    longest_s=0.5,
)
SPEAKERS = range(1, 7)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """RAVDESS's names: three women, three men, eight clips of one hum each."""
    folder, rng = tmp_path_factory.mktemp("corpus"), np.random.default_rng(0)
    for speaker in SPEAKERS:
        for emotion in range(1, 9):
            times = np.arange(12_000) / 16_000
            tone = np.sin(2 * np.pi * (80 + 60 * speaker) * times) + rng.normal(0, 0.1, 12_000)
            name = f"03-01-{emotion:02}-01-01-01-{speaker:02}.wav"
            soundfile.write(folder / name, 0.2 * tone, 16_000)
    return folder


@pytest.fixture(scope="module")
def training(corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("speaker")
    return out, pretrain_speaker(read_all([corpus]), out, TINY, jobs=1)


def test_every_fourth_woman_and_man_is_kept_apart(corpus, tmp_path):
    clips = read_speaker_clips(read_all([corpus]), tmp_path, 1)
    assert kept_apart(clips) == ("RAVDESS/6", "RAVDESS/5")
    few = Index(tuple(clip for clip in clips.clips if clip.speaker in {"1", "2", "3", "4"}))
    assert kept_apart(read_speaker_clips(few, tmp_path, 1)) == ("RAVDESS/4", "RAVDESS/3")


def test_the_training_writes_a_network_that_is_read_again(training, rng):
    out, figures = training
    assert figures.kept_apart == {"RAVDESS": ("5", "6")}
    assert figures.trained_on == {"RAVDESS": ("1", "2", "3", "4")}
    assert figures.n_trained_on == {"RAVDESS": 32}
    facts = json.loads((out / "speaker.json").read_text("utf-8"))
    assert facts["threshold"] == figures.threshold
    assert not (out / "speaker-epochs.npz").exists()
    embedder = ShippedVoices(out)
    assert embedder.threshold == figures.threshold
    rows = embedder.embed(rng.standard_normal((3, 24_000)).astype(np.float32))
    assert rows.shape == (3, 96)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    graph = (out / "speaker.onnx").read_bytes()
    assert b'File "' not in graph
    assert str(out).encode() not in graph


def test_the_card_says_who_was_met_and_who_was_not(training):
    out, figures = training
    card = (out / "MODEL_CARD.md").read_text("utf-8")
    assert "RAVDESS: 32 clips of 4 speakers (1, 2, 3, 4)" in card
    assert "- RAVDESS: 5, 6" in card
    assert f"groups of four of them {figures.groups:.1%}" in card
    assert "(1 epochs, seed 0)" in card


def test_a_graph_that_was_changed_is_refused(training, tmp_path):
    out, _ = training
    with pytest.raises(WeightsError, match=r"holds no speaker\.onnx and speaker\.json; expected"):
        ShippedVoices(tmp_path)
    for name in ("speaker.onnx", "speaker.json"):
        (tmp_path / name).write_bytes((out / name).read_bytes())
    (tmp_path / "speaker.onnx").write_bytes((out / "speaker.onnx").read_bytes() + b"x")
    with pytest.raises(WeightsError, match=re.escape("is not the graph that speaker.json tells")):
        ShippedVoices(tmp_path)


def test_halved_weights_give_nearly_the_same_and_take_half_the_room():
    import onnxruntime

    rng = np.random.default_rng(0)
    weights = rng.standard_normal((64, 64)).astype(np.float32)
    stored = [onnx.numpy_helper.from_array(weights, "weights")]
    shape = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 64])
    made = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 64])
    node = onnx.helper.make_node("MatMul", ["x", "weights"], ["y"])
    model = onnx.helper.make_model(
        onnx.helper.make_graph([node], "product", [shape], [made], stored),
        opset_imports=[onnx.helper.make_opsetid("", 18)],
        ir_version=9,
    )
    whole = model.SerializeToString()
    halved = halve_weights(whole)
    assert len(halved) < 0.6 * len(whole)
    given = {"x": rng.standard_normal((3, 64)).astype(np.float32)}
    one, two = (onnxruntime.InferenceSession(each).run(None, given)[0] for each in (whole, halved))
    np.testing.assert_allclose(two, one, atol=0.05)
    np.testing.assert_allclose(two, given["x"] @ weights.astype(np.float16).astype(np.float32),
                               rtol=1e-4, atol=1e-4)  # fmt: skip


def test_too_few_speakers_are_refused(corpus, tmp_path):
    index = read_all([corpus])
    two = Index(tuple(clip for clip in index if clip.speaker in {"1", "2"}))
    with pytest.raises(
        DatasetError, match="16 clips with sound of 2 speakers were given; expected"
    ):
        read_speaker_clips(two, tmp_path, 1)


def test_the_command_refuses_a_file_as_folder(corpus, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    with pytest.raises(SystemExit) as caught:
        main(["train", "speaker", str(corpus), "--out", str(tmp_path / "file")])
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert "is a file; expected a folder, new or of an earlier call, that receives" in message


def test_equal_error_is_where_both_errors_meet():
    likeness = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    same = np.array([True, True, False, True, False, False])
    # At 0.7: one of three pairs of one speaker lies below, one of three others above.
    assert equal_error(likeness, same) == pytest.approx((1 / 3, 0.7))
    assert equal_error(likeness, np.ones(6, bool)) == (0.0, 0.0)
