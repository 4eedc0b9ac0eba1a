"""What an answer rests on: shares of voice and face, and the moments that tell most."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from recordings import RATE, Track, empty, fitted, small_portrait, spoken, write
from tiny_bundle import (
    constant_graph,
    face_member,
    linear_graph,
    pitch_graph,
    tiny_bundle,
    voice_member,
)

from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import outputs_of_members
from affuse.bundle.extractors import feature_source
from affuse.bundle.manifest import Agreement, Fusion, Manifest, Together
from affuse.bundle.member import FeatureSource, Member
from affuse.bundle.writer import make_bundle
from affuse.config import Config
from affuse.errors import ConfigError
from affuse.features.decoding import decoded
from affuse.features.sources import make_source
from affuse.media.audio import read_audio
from affuse.predict.answers import AnswerStore
from affuse.predict.explaining import refuse_unexplained
from affuse.predict.members import FACE_CROPS, VOICE
from affuse.predict.recogniser import Recogniser
from affuse.predict.settings import settings_of
from affuse.records import RAVDESS_EMOTIONS, Prediction

CHANCE = 1 / 8
UNSURE = [CHANCE] * 8


def sure(emotion: str, share: float) -> list[float]:
    """Probabilities that are even but for one emotion."""
    rest = (1 - share) / 7
    return [share if name == emotion else rest for name in RAVDESS_EMOTIONS]


def fixed(voice: list[float], face: list[float]) -> Recogniser:
    """One that gives these probabilities whatever it is given."""
    members = [
        (_member("voice", "audio", VOICE), constant_graph("log_mel", voice)),
        (_member("face", "video", FACE_CROPS), constant_graph("faces", face)),
    ]
    return Recogniser(tiny_bundle(members))


def _member(name: str, modality: str, source: str) -> Member:
    features = {modality: FeatureSource(name=source)}
    return Member(name=name, features=features, graph=f"{name}.onnx", classes=RAVDESS_EMOTIONS)


def total(found: Prediction) -> float:
    return found.explanation.chance + sum(found.explanation.contributions.values())


@pytest.fixture(scope="module")
def talking(tmp_path_factory):
    """A second and a half of a face that speaks."""
    track = Track([small_portrait()] * 15, sound=fitted(spoken()[RATE // 2 :], 1.5))
    return write(tmp_path_factory.mktemp("media") / "talking.mp4", track)


@pytest.fixture(scope="module")
def found(recogniser, talking):
    return recogniser.predict(talking)


def test_nothing_changes_without_being_asked(recogniser, talking, found):
    explained = recogniser.predict(talking, explain=True)
    assert found.explanation is None
    assert replace(explained, explanation=None) == found
    assert "explanation" not in repr(explained)


def test_shares_are_those_of_the_four_answers(recogniser, talking):
    found = recogniser.predict(talking, explain=True)
    explained, p = found.explanation, found.probabilities
    assert explained.emotion == found.emotion
    assert explained.chance == CHANCE
    assert total(found) == pytest.approx(found.confidence, abs=1e-9)
    voice, face, both = (p[source][found.emotion] for source in ("audio", "video", "fused"))
    expected = {
        "audio": ((voice - CHANCE) + (both - face)) / 2,
        "video": ((face - CHANCE) + (both - voice)) / 2,
    }
    assert explained.contributions == pytest.approx(expected, abs=1e-9)
    assert explained.reason == ""


def test_of_several_windows_too(recogniser, tmp_path):
    images = [empty(180, 320)] * 20 + [small_portrait()] * 40
    path = write(tmp_path / "late.mp4", Track(images, sound=fitted(spoken(), 6.0)))
    found = recogniser.predict(path, window_s=2, hop_s=1, explain=True)
    assert len(found.segments) == 5
    assert total(found) == pytest.approx(found.probabilities["fused"][found.emotion], abs=1e-9)
    assert found.explanation.moments["video"].start_s >= 2


def test_members_that_give_the_same_have_equal_shares(talking):
    found = fixed(sure("sad", 0.5), sure("sad", 0.5)).predict(talking, explain=True)
    shares = found.explanation.contributions
    assert found.emotion == "sad"
    assert shares["audio"] == pytest.approx(shares["video"], abs=1e-9)
    assert shares["audio"] > 0.3


@pytest.mark.parametrize("destroyed", ["audio", "video"])
def test_a_modality_that_knows_nothing_has_no_share(talking, destroyed):
    rows = (UNSURE, sure("sad", 0.6)) if destroyed == "audio" else (sure("sad", 0.6), UNSURE)
    found = fixed(*rows).predict(talking, explain=True)
    assert found.explanation.contributions[destroyed] == pytest.approx(0, abs=1e-6)
    assert total(found) == pytest.approx(0.6, abs=1e-6)


def test_what_contradicts_the_answer_counts_against_it(talking):
    """The voice is sad, the face still more surely happy."""
    recogniser = fixed(sure("sad", 0.6), sure("happy", 0.9))
    found = recogniser.predict(talking, explain=True)
    assert found.emotion == found.explanation.emotion == "happy"
    shares = found.explanation.contributions
    assert shares["audio"] < -0.05
    assert shares["video"] > 0.5
    assert total(found) == pytest.approx(found.confidence, abs=1e-9)
    # The same at every moment: no second of speech stands out.
    assert set(found.explanation.moments) == {"video"}
    assert not found.explanation.moments["video"].against


def test_an_abstention_is_explained_by_what_would_have_been_named(recogniser, talking, found):
    unsure = recogniser.predict(talking, threshold=0.999999, explain=True)
    assert unsure.emotion is None
    assert unsure.explanation.emotion == found.emotion
    assert total(unsure) == pytest.approx(found.confidence, abs=1e-9)


def test_emotions_that_compete_as_one_are_explained_as_they_are_named(talking):
    """Neutral and calm together are more than sad, each is less."""
    row = [0.24, 0.20, 0.01, 0.30, 0.15, 0.04, 0.03, 0.03]
    plain = fixed(row, [0.07, 0.07, *[0.86 / 6] * 6]).bundle
    fusion = Fusion(
        together=(Together(classes=("neutral", "calm"), divided_by="voice"),),
        agreement=Agreement(n_first=8, least=0, sure=1, foreign=0, shared=0),
    )
    manifest = plain.manifest.model_copy(update={"fusion": fusion})
    recogniser = Recogniser(make_bundle(manifest, plain.files))
    found = recogniser.predict(talking, threshold=0.9, explain=True)
    assert found.abstained.startswith("neutral is the most probable")
    assert found.explanation.emotion == "neutral"
    fused = found.probabilities["fused"]
    assert max(fused, key=fused.get) == "sad"
    assert total(found) == pytest.approx(fused["neutral"], abs=1e-9)


@pytest.mark.parametrize("modality", ["audio", "video"])
def test_one_modality_has_all_of_it(recogniser, tmp_path, modality):
    track = Track(sound=fitted(spoken(), 3.0), audio_codec="flac")
    path = tmp_path / ("voice.flac" if modality == "audio" else "face.mp4")
    write(path, track if modality == "audio" else Track([small_portrait()] * 20))
    found = recogniser.predict(path, explain=True)
    assert found.explanation.contributions == pytest.approx(
        {modality: found.confidence - CHANCE}, abs=1e-9
    )
    assert set(found.explanation.moments) <= {modality}


@pytest.mark.parametrize("member", [face_member, voice_member])
def test_a_bundle_of_one_modality(talking, member):
    found = Recogniser(tiny_bundle([member()])).predict(talking, explain=True)
    (share,) = found.explanation.contributions.values()
    assert share == pytest.approx(found.confidence - CHANCE, abs=1e-9)


def test_nobody_is_nothing_to_explain(recogniser, tmp_path):
    track = Track([empty(180, 320)] * 20, sound=np.zeros(2 * RATE, "f4"))
    found = recogniser.predict(write(tmp_path / "nothing.mkv", track), explain=True)
    explained = found.explanation
    assert (explained.emotion, explained.chance) == (None, None)
    assert (explained.contributions, explained.moments) == ({}, {})
    assert explained.reason == found.abstained == "no speech is detected, and no face is detected"


def test_the_planted_frame_is_found(tmp_path):
    """Dark faces are angry; one is darker than the others."""
    images = [
        np.uint8(small_portrait() * (0.3 if number in (14, 15) else 0.5)) for number in range(30)
    ]
    path = write(tmp_path / "dark.mp4", Track(images))
    found = Recogniser(tiny_bundle([face_member()])).predict(path, explain=True)
    assert found.emotion == "angry"
    moment = found.explanation.moments["video"]
    assert (moment.start_s, moment.end_s) == pytest.approx((1.4, 1.6))
    assert moment.without < found.confidence < moment.probability
    assert 0.3 < moment.box.left + moment.box.width / 2 < 0.7


@pytest.fixture
def high_second(tmp_path):
    """A sentence in which the second from 2 s on is louder, and high."""
    sound = 0.3 * fitted(spoken(), 5.0)
    times = np.arange(RATE) / RATE
    shaken = 0.5 * np.sin(2 * np.pi * 3500 * times) * (1 + np.sin(2 * np.pi * 4 * times)) / 2
    sound[2 * RATE : 3 * RATE] = shaken
    return write(tmp_path / "high.wav", Track(sound=sound, audio_codec="pcm_s16le"))


def test_the_planted_second_is_found(high_second):
    graph = pitch_graph(8)
    recogniser = Recogniser(tiny_bundle([(_member("voice", "audio", VOICE), graph)]))
    found = recogniser.predict(high_second, explain=True)
    explained = found.explanation
    moment = explained.moments["audio"]
    assert found.emotion == explained.emotion
    assert moment.probability == pytest.approx(found.confidence, abs=0.02)
    assert moment.without < moment.probability

    signal = read_audio(high_second, sample_rate=16_000).signal
    place = RAVDESS_EMOTIONS.index(found.emotion)

    def silent(start_s: float) -> float:
        quiet = signal.copy()
        quiet[round(start_s * 16_000) : round((start_s + 1) * 16_000)] = 0
        return recogniser.voices(quiet, 16_000)[place]

    left = {start_s: silent(start_s) for start_s in np.arange(0, 4.1, 0.5)}
    assert moment.start_s == min(left, key=left.get)
    assert moment.without == pytest.approx(min(left.values()), abs=1e-6)


def test_the_second_is_sought_in_the_window_that_tells_most(recogniser, tmp_path):
    sound = np.concatenate([fitted(spoken(speaker), 3.0) for speaker in (2, 1, 3)])
    path = write(tmp_path / "three.wav", Track(sound=sound, audio_codec="pcm_s16le"))
    found = recogniser.predict(path, window_s=3, hop_s=3, explain=True)
    evidence = [s.speech * s.probabilities["audio"][found.emotion] for s in found.segments]
    window = found.segments[int(np.argmax(evidence))]
    moment = found.explanation.moments["audio"]
    assert window.start_s <= moment.start_s < moment.end_s <= window.end_s
    assert moment.probability == pytest.approx(
        window.probabilities["audio"][found.emotion], abs=0.02
    )


def test_a_second_without_speech_tells_nothing(recogniser, tmp_path):
    """A loud tone that stands still drives the network, and is no voice."""
    sound = fitted(spoken(), 5.0)
    sound[3 * RATE :] = 0.5 * np.sin(2 * np.pi * 800 * np.arange(2 * RATE) / RATE)
    path = write(tmp_path / "tone.wav", Track(sound=sound, audio_codec="pcm_s16le"))
    found = recogniser.predict(path, explain=True)
    quiet = read_audio(path, sample_rate=16_000).signal.copy()
    quiet[3 * 16_000 : 4 * 16_000] = 0
    place = RAVDESS_EMOTIONS.index(found.emotion)
    assert recogniser.voices(quiet, 16_000)[place] < found.confidence / 2
    assert found.explanation.moments == {}


def test_a_voice_that_speaks_against_the_answer_has_its_second_too(high_second, tmp_path):
    """Against the face's emotion tells the second without which the voice would be nearer to it."""
    path = tmp_path / "both.mkv"
    sound = read_audio(high_second).signal
    write(path, Track([small_portrait()] * 30, sound=sound, audio_codec="pcm_s16le"))
    voice = (_member("voice", "audio", VOICE), pitch_graph(8))
    by_voice = Recogniser(tiny_bundle([voice])).predict(path).probabilities["audio"]
    least = min(by_voice, key=by_voice.get)
    graph = constant_graph("faces", sure(least, 0.999999))
    face = (_member("face", "video", FACE_CROPS), graph)
    found = Recogniser(tiny_bundle([voice, face])).predict(path, explain=True)
    assert found.emotion == least
    assert found.explanation.contributions["audio"] < 0
    moment = found.explanation.moments["audio"]
    assert moment.without > moment.probability
    assert moment.against
    assert not found.explanation.moments["video"].against


def extracted(modality: str):
    """A quick extractor of that modality."""
    name = {"audio": "voice_statistics", "video": "expression"}[modality]
    return make_source(name, modality, Config())


def widths() -> list[int]:
    """Features of both."""
    return [extracted(modality).shape[0] for modality in ("audio", "video")]


def features_member(name: str, *modalities: str, needs_all: bool = True) -> Member:
    """A member on features of those extractors."""
    return Member(
        name=name,
        features={m: feature_source(extracted(m), Config()) for m in modalities},
        graph=f"{name}.onnx",
        classes=RAVDESS_EMOTIONS,
        needs_all=needs_all,
    )


def test_what_is_joined_before_it_decides_is_said(talking):
    graph = linear_graph(["audio", "video"], widths(), 8)
    early = features_member("early", "audio", "video")
    found = Recogniser(tiny_bundle([(early, graph)])).predict(talking, explain=True)
    assert found.emotion is not None
    assert found.explanation.emotion == found.emotion
    assert found.explanation.contributions == {}
    assert found.explanation.reason == (
        "this recogniser joins voice and face before it decides: neither can be left out, so how "
        "much each moved the answer is not known"
    )


def test_a_joined_member_beside_others_is_shared(talking):
    graph = linear_graph(["audio", "video"], widths(), 8)
    early = features_member("early", "audio", "video")
    bundle = tiny_bundle([face_member(), voice_member(), (early, graph)])
    found = Recogniser(bundle).predict(talking, explain=True)
    p = found.probabilities
    voice, face, both = (p[source][found.emotion] for source in ("audio", "video", "fused"))
    assert found.explanation.contributions["audio"] == pytest.approx(
        ((voice - CHANCE) + (both - face)) / 2, abs=1e-9
    )


def test_a_joined_member_that_does_without_one_is_asked_anew(talking):
    early = features_member("early", "audio", "video", needs_all=False)
    bundle = tiny_bundle([(early, forgiving_graph())])
    found = Recogniser(bundle).predict(talking, explain=True)
    place, span = RAVDESS_EMOTIONS.index(found.emotion), (0.0, found.duration_s)
    alone = {}
    for modality in ("audio", "video"):
        extractor = extracted(modality)
        rows = extractor.extract(decoded(talking, extractor.decoding, *span))[None]
        alone[modality] = outputs_of_members(bundle, {modality: rows})["early"][0, place]
    both = found.confidence
    expected = {
        "audio": ((alone["audio"] - CHANCE) + (both - alone["video"])) / 2,
        "video": ((alone["video"] - CHANCE) + (both - alone["audio"])) / 2,
    }
    assert found.explanation.contributions == pytest.approx(expected, abs=1e-5)
    assert min(map(abs, expected.values())) > 0.001


def forgiving_graph() -> bytes:
    """Features of both modalities -> probabilities; NaN counts as 0."""
    from onnx import TensorProto, helper, numpy_helper

    rng, nodes, weights = np.random.default_rng(0), [], []
    known = dict(zip(("audio", "video"), widths(), strict=True))
    for name, width in known.items():
        drawn = rng.standard_normal((width, 8)) / (3000 if name == "audio" else 30)
        weights.append(numpy_helper.from_array(drawn.astype(np.float32), f"{name}_w"))
        nodes += [
            helper.make_node("IsNaN", [name], [f"{name}_absent"]),
            helper.make_node("Where", [f"{name}_absent", "zero", name], [f"{name}_there"]),
            helper.make_node("MatMul", [f"{name}_there", f"{name}_w"], [f"{name}_logits"]),
        ]
    nodes += [
        helper.make_node("Add", ["audio_logits", "video_logits"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=-1),
    ]
    graph = helper.make_graph(
        nodes,
        "forgiving",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", width])
            for name, width in known.items()
        ],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", 8])],
        [*weights, numpy_helper.from_array(np.float32(0), "zero")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 8
    return bytes(model.SerializeToString())


def test_features_of_windows_tell_by_the_window(tmp_path):
    track = Track(sound=fitted(spoken(), 9.0), audio_codec="pcm_s16le")
    path = write(tmp_path / "long.wav", track)
    voice = (features_member("voice", "audio"), linear_graph(["audio"], [519], 8))
    recogniser = Recogniser(tiny_bundle([voice]))
    found = recogniser.predict(path, window_s=3, hop_s=3, explain=True)
    moment, emotion = found.explanation.moments["audio"], found.emotion
    shares = [segment.probabilities["audio"][emotion] for segment in found.segments]
    assert moment.probability == pytest.approx(max(shares), abs=1e-6)
    assert moment.end_s - moment.start_s == pytest.approx(3)
    assert moment.box is None
    assert recogniser.predict(path, window_s=9, explain=True).explanation.moments == {}


def test_numbers_are_refused():
    member = features_member("voice", "audio").model_copy(update={"classes": ("valence",)})
    manifest = Manifest(format=3, affuse="0", name="tiny", targets=("valence",), members=(member,))
    with pytest.raises(ConfigError, match=r"numbers \(valence\); expected one that names emotions"):
        refuse_unexplained(manifest)
    with pytest.raises(ConfigError, match="leave --explain out"):
        Recogniser(Bundle(manifest, {})).predict("any.wav", explain=True)


def test_what_is_kept_comes_back_and_keys_of_before_stay(recogniser, talking, tmp_path):
    store, plain = AnswerStore(tmp_path / "kept"), settings_of()
    found = recogniser.predict(talking, explain=True)
    asked = store.key(str(talking), "tiny", settings_of(explain=True))
    assert asked != store.key(str(talking), "tiny", plain)
    store.save(asked, found)
    assert store.load(asked) == found


@pytest.mark.data
def test_a_real_face_and_voice(shared_data):
    import affuse

    path = sorted((shared_data / "clips").glob("W036*.mp4"))[0]
    found = affuse.load().predict(path, explain=True)
    assert total(found) == pytest.approx(found.confidence, abs=1e-9)
    assert set(found.explanation.contributions) == {"audio", "video"}
    for moment in found.explanation.moments.values():
        assert 0 <= moment.start_s < moment.end_s <= found.duration_s + 0.2
