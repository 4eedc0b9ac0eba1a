"""Which emotion is named of what voice, face and both say."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_bundle import face_member, tiny_bundle, voice_member

from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import Agreement, Fusion, Together
from affuse.bundle.reader import read_bundle
from affuse.extractors.networks.shipped import shipped_folder
from affuse.predict.judging import Judgement, judge
from affuse.records import FER2013_EMOTIONS, RAVDESS_EMOTIONS

JOINED = Fusion(
    together=(Together(classes=("neutral", "calm"), divided_by="voice"),),
    agreement=Agreement(n_first=2, least=0.2, sure=0.4, foreign=0.2, shared=0.1),
)


def spread(classes: tuple[str, ...], **probabilities: float) -> np.ndarray:
    """Probabilities: those given, and equal parts of the rest."""
    rest = (1 - sum(probabilities.values())) / (len(classes) - len(probabilities))
    return np.array([probabilities.get(name, rest) for name in classes])


def voice(**probabilities: float) -> np.ndarray:
    return spread(RAVDESS_EMOTIONS, **probabilities)


def face(**probabilities: float) -> np.ndarray:
    return spread(FER2013_EMOTIONS, **probabilities)


@pytest.fixture(scope="module")
def shipped() -> Bundle:
    return read_bundle(shipped_folder())


@pytest.fixture(scope="module")
def joined() -> Bundle:
    member, graph = face_member()
    alone = {"neutral": {"neutral": 1.0, "calm": 0.0}}
    plain = tiny_bundle([(member.model_copy(update={"share": alone}), graph), voice_member()])
    manifest = plain.manifest.model_copy(update={"fusion": JOINED})
    return Bundle(manifest, plain.files)


def judgement_of(bundle: Bundle, threshold: float = 0.3, **probabilities: np.ndarray) -> Judgement:
    return judge(bundle, probabilities, threshold, "nothing is there")


def test_a_happy_face_and_a_calm_voice_are_no_disgust(shipped):
    """A rare emotion of the faces' training was lifted sixtyfold."""
    found = judgement_of(shipped, face=face(happy=0.89), voice=voice(calm=0.45, disgust=0.29))
    assert found.emotion == "happy"
    assert found.disagreement == "voice calm, face happy"


def test_what_neither_holds_likely_is_not_named(joined):
    """The product of two small parts can be the largest of all."""
    found = judgement_of(
        joined,
        face=face(happy=0.45, sad=0.36, angry=0.19, fear=0.0, surprise=0.0, neutral=0.0),
        voice=voice(fearful=0.45, disgust=0.36, angry=0.19, happy=0.0, sad=0.0, neutral=0, calm=0),
    )
    assert found.probabilities["fused"]["angry"] < 0.5
    assert found.emotion != "angry"


def test_nobody_is_sure_of_anything(joined):
    found = judgement_of(joined, 0.0, face=face(happy=0.16), voice=voice(sad=0.14))
    assert found.emotion is None
    assert found.abstained == "neither the voice nor the face is sure of any emotion"


def test_neutral_and_calm_do_not_take_from_each_other(joined):
    probabilities = {"neutral": 0.26, "calm": 0.28, "happy": 0.46}
    found = judgement_of(joined, face=face(neutral=0.5, happy=0.5), voice=voice(**probabilities))
    assert found.emotion == "calm"
    fused = found.probabilities["fused"]
    assert fused["calm"] / fused["neutral"] == pytest.approx(0.28 / 0.26)
    assert fused["calm"] + fused["neutral"] == pytest.approx(0.54)


def test_a_voice_alone_is_told_as_it_tells_itself(joined):
    found = judgement_of(joined, voice=voice(neutral=0.3, calm=0.25, happy=0.45))
    assert found.emotion == "happy"


def test_calm_is_not_named_where_only_the_face_speaks_for_it(joined):
    """Of neutral and calm, the one that voice or face holds likely is named."""
    found = judgement_of(
        joined, face=face(neutral=0.9), voice=voice(happy=0.5, angry=0.3, calm=0.12, neutral=0.08)
    )
    assert found.emotion == "neutral"
    assert found.probabilities["fused"]["calm"] == 0


def test_a_contradiction_is_said_and_the_surer_one_named(joined):
    found = judgement_of(joined, face=face(happy=0.9), voice=voice(sad=0.6))
    assert (found.emotion, found.disagreement) == ("happy", "voice sad, face happy")
    found = judgement_of(joined, face=face(happy=0.5), voice=voice(sad=0.9))
    assert (found.emotion, found.disagreement) == ("sad", "voice sad, face happy")


def test_a_contradiction_names_no_third_emotion(joined):
    face_row = face(happy=0.45, fear=0.44, angry=0.08)
    voice_row = voice(sad=0.42, disgust=0.4, angry=0.09)
    found = judgement_of(joined, 0.2, face=face_row, voice=voice_row)
    assert found.disagreement == "voice sad, face happy"
    assert found.emotion in ("sad", "happy")
    assert judgement_of(joined, 0.9, face=face_row, voice=voice_row).emotion is None


def test_common_ground_is_no_contradiction(joined):
    """Second in both, and first of the product."""
    face_row, voice_row = face(happy=0.45, angry=0.4), voice(sad=0.45, angry=0.4)
    found = judgement_of(joined, face=face_row, voice=voice_row)
    assert (found.emotion, found.disagreement) == ("angry", "")


def test_agreement_is_no_contradiction(joined):
    found = judgement_of(joined, face=face(neutral=0.8), voice=voice(calm=0.8))
    assert (found.emotion, found.disagreement) == ("calm", "")
    unsure = judgement_of(joined, face=face(happy=0.35, sad=0.3), voice=voice(sad=0.5, happy=0.3))
    assert (unsure.emotion, unsure.disagreement) == ("sad", "")


def test_below_the_threshold_the_sum_counts(joined):
    """The threshold is for what competes: here neutral and calm together."""
    probabilities = {"face": face(neutral=0.4, happy=0.3), "voice": voice(neutral=0.25, calm=0.21)}
    fused = judgement_of(joined, 0.0, **probabilities).probabilities["fused"]
    both = fused["neutral"] + fused["calm"]
    assert judgement_of(joined, both - 0.01, **probabilities).emotion == "neutral"
    found = judgement_of(joined, both + 0.01, **probabilities)
    assert found.emotion is None
    assert f"neutral is the most probable with {both:.0%}" in found.abstained


def test_bundles_of_runs_are_as_before(joined):
    """Without rules of agreement the most probable class is named, whatever each says alone."""
    plain = tiny_bundle([face_member(), voice_member()])
    found = judgement_of(
        plain, face=face(neutral=0.9), voice=voice(happy=0.5, calm=0.3, neutral=0.1)
    )
    assert found.emotion == "calm"
    assert found.disagreement == ""


@pytest.mark.parametrize("seed", range(20))
def test_what_is_named_is_among_the_first_and_likely_in_one_of_both(shipped, seed):
    rng = np.random.default_rng(seed)
    for sharpness in rng.uniform(0.2, 2, 20):
        voice_row, face_row = (rng.dirichlet(np.full(n, sharpness)) for n in (8, 7))
        found = judgement_of(shipped, 0.0, voice=voice_row, face=face_row)
        assert sum(found.probabilities["fused"].values()) == pytest.approx(1)
        alone = [found.probabilities["audio"], found.probabilities["video"]]
        firsts = [sorted(row, key=row.__getitem__, reverse=True)[:2] for row in alone]
        if found.emotion is not None:
            assert any(found.emotion in first for first in firsts)
            assert any(row[found.emotion] >= 0.2 for row in alone)
            assert found.confidence == found.probabilities["fused"][found.emotion]
