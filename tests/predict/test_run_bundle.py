"""A bundle whose graphs take the features of extractors, as those of a run do."""

from __future__ import annotations

import numpy as np
import pytest
from media_files import cut
from recordings import RATE, Track, fitted, portrait, spoken, write
from tiny_bundle import linear_graph, tiny_bundle

from affuse.bundle.decision import decide, outputs_of_members
from affuse.bundle.extractors import feature_source
from affuse.bundle.member import Member
from affuse.config import Config
from affuse.errors import BundleError, ConfigError
from affuse.features.decoding import decoded
from affuse.features.sources import make_source
from affuse.predict.recogniser import Recogniser
from affuse.records import RAVDESS_EMOTIONS

pytestmark = pytest.mark.usefixtures("undrawn_charts")

CONFIG = Config.model_validate({"features": {"mfcc": {"n_mfcc": 13}}})


def source(name: str):
    return feature_source(make_source(name, "audio", CONFIG), CONFIG)


def flat_graph(shape: tuple[int, ...]) -> bytes:
    """Takes features in the shape of the extractor, as graphs of a run do."""
    from onnx import TensorProto, helper, numpy_helper

    width = int(np.prod(shape))
    rng = np.random.default_rng(0)
    weights = (rng.standard_normal((width, 8)) / 1000).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", ["audio"], ["flat"]),
        helper.make_node("MatMul", ["flat", "w"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "flat",
        [helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["n", *shape])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 8])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 8
    return bytes(model.SerializeToString())


@pytest.fixture(scope="module")
def bundle():
    """Two members, each on an extractor of its own kind of bundle: MFCC."""
    mfcc = source("mfcc")
    members = [
        Member(
            name=name,
            features={"audio": mfcc},
            graph=f"{name}.onnx",
            classes=RAVDESS_EMOTIONS,
        )
        for name in ("first", "second")
    ]
    return tiny_bundle([(member, flat_graph(mfcc.shape)) for member in members])


@pytest.fixture
def voice(tmp_path):
    return write(tmp_path / "v.wav", Track(sound=fitted(spoken(), 3.0), audio_codec="pcm_s16le"))


def test_a_clip_is_judged_by_the_features_that_training_had(bundle, voice):
    found = Recogniser(bundle).predict(voice)
    extractor = make_source("mfcc", "audio", CONFIG)
    features = extractor.extract(decoded(voice, extractor.decoding))[None]
    expected = decide(bundle, outputs_of_members(bundle, {"audio": features}))[0]
    assert list(found.probabilities["audio"].values()) == pytest.approx(expected, abs=1e-6)


def test_a_long_recording_has_a_timeline(bundle, tmp_path):
    track = Track(sound=fitted(spoken(), 9.0), audio_codec="pcm_s16le")
    found = Recogniser(bundle).predict(write(tmp_path / "long.wav", track), window_s=3, hop_s=3)
    assert len(found.segments) == 3
    assert all(segment.emotion for segment in found.segments)


def test_a_cut_file_is_judged_up_to_there(bundle, tmp_path):
    track = Track([portrait()] * 60, sound=fitted(spoken(), 6.0))
    whole = write(tmp_path / "whole.mp4", track, movflags="faststart")
    found = Recogniser(bundle).predict(cut(whole, tmp_path / "cut.mp4", 0.6), window_s=2, hop_s=2)
    assert found.notes[0].startswith("the file is cut short or damaged")
    last = found.segments[-1]
    assert last.end_s == found.duration_s < 5
    assert last.speech > 0.5
    assert last.emotion is not None


def test_a_member_that_needs_both_is_silent_without_one(voice):
    both = Member(
        name="early",
        features={"audio": source("voice_statistics"), "video": source("voice_statistics")},
        graph="early.onnx",
        classes=RAVDESS_EMOTIONS,
    )
    graph = linear_graph(["audio", "video"], [519, 519], 8)
    silent = Recogniser(tiny_bundle([(both, graph)])).predict(voice)
    assert silent.emotion is None
    assert silent.abstained == "the voice alone is not enough, and the file has no picture"


def test_features_of_another_affuse_are_refused(voice):
    old = source("voice_statistics").model_copy(update={"version": 0})
    member = Member(name="old", features={"audio": old}, graph="old.onnx", classes=RAVDESS_EMOTIONS)
    recogniser = Recogniser(tiny_bundle([(member, linear_graph(["audio"], [519], 8))]))
    with pytest.raises(
        BundleError, match=r"has version \d+; the bundle was trained with version 0"
    ):
        recogniser.predict(voice)


def test_features_are_those_of_the_track_that_is_heard(bundle, voice, tmp_path):
    import av

    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("pcm_s16le", rate=RATE) for _ in range(2)]
        for stream in streams:
            stream.layout = "mono"
        for stream, sound in zip(streams, (np.zeros(3 * RATE), fitted(spoken(), 3.0)), strict=True):
            samples = np.rint(np.clip(sound, -1, 1) * 32767).astype(np.int16)[None]
            frame = av.AudioFrame.from_ndarray(samples, layout="mono")
            frame.sample_rate, frame.pts = RATE, 0
            container.mux([*stream.encode(frame), *stream.encode()])
    alone = Recogniser(bundle).predict(voice).probabilities["audio"]
    chosen = Recogniser(bundle).predict(path, audio_track=2).probabilities["audio"]
    assert chosen == pytest.approx(alone, abs=1e-4)


def test_people_are_not_told_apart_by_features_of_whole_windows(bundle, voice):
    with pytest.raises(ConfigError, match=r"whole windows \(first, second\), in which people"):
        Recogniser(bundle).predict(voice, people=True)
