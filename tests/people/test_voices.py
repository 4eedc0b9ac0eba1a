"""The voices of a recording that arrives in pieces, by networks in ONNX made here."""

from __future__ import annotations

import json
import re

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from affuse.errors import ConfigError, WeightsError
from affuse.people.voice_embedding import open_voice_embedder
from affuse.people.voices import VoiceStream

RATE = 16_000
DESCRIBED = {"input": "waveform", "window_s": 1.5, "threshold": 0.9}


def graph_of_pitch(path, *, described=DESCRIBED, n_samples="n_samples", axes=(1,)):
    """Energy of a sound and of its differences: a low hum and a high one differ by angle."""
    last = np.array([2**31 - 1], np.int64)
    constants = {
        "one": np.array([1], np.int64), "zero": np.array([0], np.int64), "last": last,
        "minus": np.array([-1], np.int64), "time": np.array(axes, np.int64),
        "often": np.array([6.0], np.float32),
    }  # fmt: skip
    nodes = [
        helper.make_node("Slice", ["sound", "one", "last", "one"], ["later"]),
        helper.make_node("Slice", ["sound", "zero", "minus", "one"], ["sooner"]),
        helper.make_node("Sub", ["later", "sooner"], ["steps"]),
        helper.make_node("Mul", ["steps", "often"], ["louder"]),
        *(
            node
            for name, to in (("sound", "low"), ("louder", "high"))
            for node in (
                helper.make_node("Mul", [name, name], [f"{to}_power"]),
                helper.make_node("ReduceMean", [f"{to}_power", "time"], [to], keepdims=1),
            )
        ),
        helper.make_node("Concat", ["low", "high"], ["embedding"], axis=1),
    ]
    nodes[0].input[3:] = ["one"]
    nodes[1].input[3:] = ["one"]
    inputs = [helper.make_tensor_value_info("sound", TensorProto.FLOAT, ["n", n_samples])]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 2])]
    stored = [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "pitch", inputs, outputs, stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, path)
    path.with_suffix(".json").write_text(json.dumps(described))
    return f"onnx:{path}"


@pytest.fixture
def humming(tmp_path):
    return open_voice_embedder(graph_of_pitch(tmp_path / "pitch.onnx"))


def hums(*parts):
    """A sound of hums: (hertz, seconds) each, 0 Hz for a pause."""
    sounds = []
    for hertz, seconds in parts:
        times = np.arange(round(seconds * RATE)) / RATE
        sounds.append(0.3 * np.sin(2 * np.pi * hertz * times))
    return np.concatenate(sounds).astype(np.float32)


LOW, HIGH, PAUSE = (120, 3.0), (900, 3.0), (0, 0.4)
DIALOGUE = hums(LOW, PAUSE, HIGH, PAUSE, LOW, PAUSE, HIGH)


def turns(embedder, sound, n_voices=None, size=5000):
    stream = VoiceStream(embedder)
    for at in range(0, len(sound), size):
        stream.take(sound[at : at + size])
    speech = np.abs(sound[: len(sound) // 160 * 160].reshape(-1, 160)).max(axis=1) > 0.01
    return stream.turns(speech, n_voices)


def test_a_network_of_the_users_tells_two_voices_apart(humming):
    found = turns(humming, DIALOGUE)
    assert [turn.voice for turn in found] == [1, 2, 1, 2]
    for turn, start in zip(found, (0.0, 3.4, 6.8, 10.2), strict=True):
        # A tenth of a second of quiet before and after speech belongs to a turn.
        assert turn.start_s == pytest.approx(max(start - 0.1, 0), abs=0.02)
        assert turn.end_s == pytest.approx(min(start + 3.1, 13.2), abs=0.02)


def test_a_voice_that_dies_away_is_followed_until_it_is_quiet(humming, rng):
    sound = DIALOGUE + 0.0002 * rng.standard_normal(len(DIALOGUE)).astype(np.float32)
    sound[3 * RATE :][:2700] = 0.03 * DIALOGUE[:2700]
    first, second, *_ = turns(humming, sound)
    assert first.end_s == pytest.approx(3.18, abs=0.03)
    assert second.start_s == pytest.approx(3.3, abs=0.02)


def test_how_the_sound_is_cut_into_pieces_changes_nothing(humming):
    whole = turns(humming, DIALOGUE, size=len(DIALOGUE))
    for size in (160, 777, 24_000):
        assert turns(humming, DIALOGUE, size=size) == whole


def test_asked_again_with_another_number_it_divides_the_same_sound(humming):
    stream = VoiceStream(humming)
    stream.take(DIALOGUE)
    speech = np.ones(len(DIALOGUE) // 160, bool)
    assert {turn.voice for turn in stream.turns(speech, 1)} == {1}
    assert {turn.voice for turn in stream.turns(speech)} == {1, 2}
    assert stream.turns(speech, 2) == stream.turns(speech, 2)


def test_silence_has_no_embeddings_and_a_moment_of_speech_has_one(humming):
    stream = VoiceStream(humming)
    stream.take(np.zeros(10 * RATE, np.float32))
    assert stream.turns(np.zeros(1000, bool)) == []
    # What is called speech where there is no sound at all is one voice: nothing says otherwise.
    assert len(stream.turns(np.ones(1000, bool))) == 1
    assert VoiceStream(humming).turns(np.zeros(0, bool)) == []
    found = turns(humming, hums((120, 0.4)))
    assert [(turn.start_s, turn.end_s, turn.voice) for turn in found] == [(0.0, 0.4, 1)]


def test_what_is_kept_of_an_hour_is_little(humming):
    stream = VoiceStream(humming)
    minute = hums(*[(120, 3.0)] * 20)
    for _ in range(3):
        stream.take(minute)
    kept = sum(each.nbytes for each in stream._found)
    kept += stream._kept.nbytes + sum(each.nbytes for each in stream._waiting)
    # 180 s: 720 embeddings of two numbers, and less than two batches of windows.
    assert kept < 720 * 2 * 4 + 16 * 24_000 * 4 + 24_000 * 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"threshold": None},
            "has no threshold; expected the mean cosine from which stretches are",
        ),
        ({"sample_rate": 8000}, "says input 'waveform' and 8000 Hz; expected a network of sound"),
        ({"window_s": 12.0}, "says window_s 12; expected 10 at most, as a window is to hold one"),
    ],
)
def test_a_network_that_does_not_fit_is_refused_in_a_line(change, message, tmp_path):
    described = {k: v for k, v in {**DESCRIBED, **change}.items() if v is not None}
    name = graph_of_pitch(tmp_path / "pitch.onnx", described=described)
    with pytest.raises(WeightsError, match=re.escape(message)) as caught:
        open_voice_embedder(name)
    assert "\n" not in str(caught.value)


def test_a_network_of_another_shape_is_refused_in_a_line(tmp_path):
    name = graph_of_pitch(tmp_path / "pitch.onnx", n_samples=8000)
    with pytest.raises((WeightsError, ConfigError)) as caught:
        open_voice_embedder(name)
    assert "\n" not in str(caught.value)
    layers = {**DESCRIBED, "axes": ["window", "layer"]}
    name = graph_of_pitch(tmp_path / "layers.onnx", described=layers)
    with pytest.raises(WeightsError, match="gives rows with the axes layer; expected one emb"):
        open_voice_embedder(name)


def test_an_unknown_name_is_refused():
    for name in ("resemblyzer", "onnx:"):
        with pytest.raises(ConfigError, match=f"voice embedding '{name}' was given; expected onnx"):
            open_voice_embedder(name)
