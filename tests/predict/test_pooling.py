"""A second of anger is not lost among neutral moments; windows support their neighbours."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from recordings import Track, fitted, spoken, write
from tiny_bundle import face_and_voice

from affuse.bundle.bundle import Bundle
from affuse.bundle.manifest import Manifest, Pooling
from affuse.predict.pooling import at_rest, pooled, pooled_faces, supported
from affuse.predict.recogniser import Recogniser
from affuse.records import FER2013_EMOTIONS

PLAIN = face_and_voice().manifest


def pooling(power: float = 2.0, neighbour: float = 0.0) -> Manifest:
    given = Pooling(
        resting=("neutral", "calm"), resting_share=0.5, power=power, neighbour=neighbour
    )
    return PLAIN.model_copy(update={"pooling": given})


def face(emotion: str, probability: float) -> np.ndarray:
    row = np.full(7, (1 - probability) / 6)
    row[FER2013_EMOTIONS.index(emotion)] = probability
    return row


@dataclass
class Part:
    number: int
    probabilities: dict
    weights: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.weights = self.weights or dict.fromkeys(self.probabilities, 1.0)


def test_an_apex_is_not_lost_among_neutral_moments():
    moments = [face("neutral", 0.6)] * 20 + [face("angry", 0.9)] * 5
    assert (
        FER2013_EMOTIONS[pooled_faces(PLAIN, "face", moments, [1.0] * len(moments)).argmax()]
        == "neutral"
    )
    found = pooled_faces(pooling(), "face", moments, [1.0] * len(moments))
    assert FER2013_EMOTIONS[found.argmax()] == "angry"
    assert found.sum() == pytest.approx(1)


def test_neutral_moments_stay_neutral():
    moments = [face("neutral", 0.6)] * 20 + [face("neutral", 0.4)] * 5
    assert (
        FER2013_EMOTIONS[pooled_faces(pooling(), "face", moments, [1.0] * len(moments)).argmax()]
        == "neutral"
    )


def test_moments_alike_give_themselves():
    moments = np.tile(face("sad", 0.5), (4, 1))
    assert pooled(pooling(), "face", moments, [1, 2, 3, 4]) == pytest.approx(moments[0])


def test_without_power_or_pooling_it_is_the_weighted_mean():
    rows, weights = np.stack([face("sad", 0.5), face("happy", 0.9)]), [1.0, 3.0]
    expected = np.average(rows, axis=0, weights=weights)
    assert pooled(PLAIN, "face", rows, weights) == pytest.approx(expected)
    assert pooled(pooling(power=0.0), "face", rows, weights) == pytest.approx(expected)
    assert (
        pooled_faces(PLAIN, "face", list(rows), [1.0] * len(rows)).tolist()
        == np.mean(rows, axis=0).tolist()
    )
    assert pooled_faces(pooling(), "face", [], []) is None


@pytest.mark.parametrize("manifest", [PLAIN, pooling()])
def test_a_moment_that_can_hardly_be_seen_counts_little(manifest):
    clear, unseen = face("sad", 0.5), face("angry", 0.9)
    found = pooled_faces(manifest, "face", [clear, clear, unseen], [1.0, 1.0, 1e-6])
    assert found == pytest.approx(clear, abs=1e-4)
    alike = pooled_faces(manifest, "face", [clear, clear, unseen], [0.2] * 3)
    assert alike == pytest.approx(pooled_faces(manifest, "face", [clear, clear, unseen]))


def test_rest_is_neutral_and_calm():
    resting = at_rest(pooling(), PLAIN.member("voice"))
    assert resting[:2].tolist() == [0.25, 0.25]
    assert resting[2:] == pytest.approx(0.5 / 6)
    assert at_rest(pooling(), PLAIN.member("face"))[6] == 0.5


def test_the_others_are_as_frequent_as_in_training():
    prior = dict(zip(FER2013_EMOTIONS, (0.1, 0.02, 0.1, 0.3, 0.2, 0.08, 0.2), strict=True))
    member = PLAIN.member("face").model_copy(update={"prior": prior})
    assert at_rest(pooling(), member) == pytest.approx(
        [0.5 * share / 0.8 for share in (0.1, 0.02, 0.1, 0.3, 0.2, 0.08)] + [0.5]
    )


def test_neighbours_support_a_weak_window():
    sure, unsure = face("happy", 0.8), face("sad", 0.2)
    windows = [[Part(1, {"face": sure})], [Part(1, {"face": unsure})], [Part(1, {"face": sure})]]
    found = supported(pooling(neighbour=0.25), windows, 1, windows[1][0])["face"]
    assert found == pytest.approx((unsure + 0.5 * sure) / 1.5)
    assert supported(PLAIN, windows, 1, windows[1][0]) is windows[1][0].probabilities
    first = supported(pooling(neighbour=0.25), windows, 0, windows[0][0])["face"]
    assert first == pytest.approx((sure + 0.25 * unsure) / 1.25)


def test_a_window_with_little_speech_leans_on_its_neighbours():
    loud, faint = np.eye(8)[2], np.eye(8)[3]
    windows = [
        [Part(1, {"voice": loud}, {"voice": 4.0})],
        [Part(2, {"voice": faint}, {"voice": 1.0})],
    ]
    found = supported(pooling(neighbour=0.5), windows, 1, windows[1][0])["voice"]
    assert found.round(6).tolist() == (loud * 2 / 3 + faint / 3).round(6).tolist()


def test_another_face_is_no_support():
    windows = [[Part(1, {"face": face("happy", 0.9)})], [Part(2, {"face": face("sad", 0.9)})]]
    found = supported(pooling(neighbour=0.5), windows, 1, windows[1][0])["face"]
    assert found == pytest.approx(face("sad", 0.9))


def test_who_rests_is_a_class():
    with pytest.raises(ValueError, match=r"'bored'.* rest, but are no classes"):
        Manifest.model_validate(
            {
                **PLAIN.model_dump(),
                "pooling": {"resting": ["bored"], "resting_share": 0.5, "power": 1},
            }
        )


def test_segments_are_supported_and_the_whole_is_not(tmp_path):
    """Twelve seconds of a voice: each segment is the mean of what its windows say alone."""
    path = write(
        tmp_path / "talk.wav", Track(sound=fitted(spoken(), 12.0), audio_codec="pcm_s16le")
    )
    alone, with_others = (
        Recogniser(Bundle(pooling(power=0.0, neighbour=neighbour), face_and_voice().files)).predict(
            path
        )
        for neighbour in (0.0, 0.5)
    )
    assert len(alone.segments) >= 3
    rows = [np.array(list(each.probabilities["audio"].values())) for each in alone.segments]
    weights = [each.speech * (each.end_s - each.start_s) for each in alone.segments]
    expected = np.average(rows[:3], axis=0, weights=np.array(weights[:3]) * [0.5, 1, 0.5])
    found = with_others.segments[1].probabilities["audio"]
    assert list(found.values()) == pytest.approx(expected.tolist())
    assert with_others.probabilities == alone.probabilities
