"""The voice network: what it learns, and that no clip's features know its label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from affuse.errors import FeatureError
from affuse.evaluation.learned_features import LearnedFeatures
from affuse.extractors.voice_network import VoiceVariants
from affuse.features.voices.voice_input import VoiceInput, packed, unpacked
from affuse.media.audio import Sound
from affuse.models.cross_fitted_voice import CrossFittedVoice

pytest.importorskip("torch")


def utterance(emotion: int, rng: np.random.Generator) -> VoiceInput:
    """Noise with a loud band, low or high, and a statistic that says the same."""
    spectrogram = rng.normal(-0.5, 0.2, (int(rng.integers(30, 60)), 64)).astype(np.float32)
    spectrogram[:, 10 + 30 * emotion : 20 + 30 * emotion] += 1
    statistics = rng.normal(emotion, 0.5, 519).astype(np.float32)
    return VoiceInput(np.clip(spectrogram, -0.99, 1), statistics)


@pytest.fixture
def voices(make_table, rng):
    """Six speakers, two emotions, two variants of each clip."""
    made = make_table(n_speakers=6, classes=("calm", "angry"), n_takes=4, shapes={"audio": (4,)})
    rows = [[packed(utterance(label, rng)) for _ in range(2)] for label in made.labels]
    return replace(made, arrays={"audio": np.array(rows, np.float32)})


def network(epochs: int = 16) -> CrossFittedVoice:
    return CrossFittedVoice(n_folds=2, epochs=epochs, random_state=0)


def test_packing_keeps_what_was_packed(rng):
    given = utterance(1, rng)
    spectrograms, lengths, statistics = unpacked(packed(given)[None])
    assert lengths.tolist() == [len(given.log_mel)]
    assert np.abs(spectrograms[0, : lengths[0]] - given.log_mel).max() < 1e-3
    assert np.abs(statistics[0] - given.statistics).max() < 0.01


@pytest.mark.slow
def test_emotions_of_new_speakers_are_told(voices):
    train = voices.speakers != voices.speakers[0]
    fitted = network().fit(
        voices.arrays["audio"][train], voices.labels[train], groups=voices.speakers[train]
    )
    features = fitted.transform(voices.arrays["audio"][~train])
    assert features.shape == ((~train).sum(), 4)
    for columns in (features[:, :2], features[:, 2:]):
        assert (columns.argmax(axis=1) == voices.labels[~train]).mean() > 0.9


@pytest.mark.slow
def test_a_training_clip_is_described_by_those_who_have_not_heard_its_speaker(voices, rng):
    """With labels that mean nothing, features of training clips know nothing of them."""
    shuffled = rng.permutation(voices.labels)
    fitted = network().fit(voices.arrays["audio"], shuffled, groups=voices.speakers)
    agrees = (fitted.out_of_fold_[:, 2:].argmax(axis=1) == shuffled).mean()
    assert 0.3 < agrees < 0.7


@pytest.mark.slow
def test_in_a_fold_training_clips_have_their_out_of_fold_features(voices):
    found = LearnedFeatures(voices, lambda _: network(epochs=3), {"audio"})
    learn, use = np.arange(8, len(voices)), np.arange(len(voices))
    features = found.features("audio", learn, use)
    fitted = network(epochs=3).fit(
        voices.arrays["audio"][learn], voices.labels[learn], groups=voices.speakers[learn]
    )
    np.testing.assert_allclose(features[8:], fitted.out_of_fold_, rtol=1e-4)
    np.testing.assert_allclose(found.losses["audio"], fitted.losses_, rtol=1e-4)
    assert fitted.losses_.shape == (3,)
    assert fitted.losses_[-1] < fitted.losses_[0]
    np.testing.assert_allclose(
        features[:8], fitted.transform(voices.arrays["audio"][:8]), rtol=1e-4
    )
    assert found(voices, learn[:20]).arrays["audio"] is voices.arrays["audio"]


def test_one_clip_of_each_emotion_is_too_few(voices):
    rows = [int(np.flatnonzero(voices.labels == label)[0]) for label in (0, 1)]
    with pytest.raises(FeatureError, match="2 clips were given to the voice network"):
        network().fit(voices.arrays["audio"][rows], voices.labels[rows], groups=["1", "1"])


def test_variants_follow_from_the_sound_alone(rng):
    extractor = VoiceVariants(n_variants=1)
    sound = Sound(rng.normal(0, 0.1, 16_000).astype(np.float32), 16_000)
    one, again = extractor.extract(sound), extractor.extract(sound)
    assert one.shape == extractor.shape
    assert np.array_equal(one, again)
    assert not np.array_equal(one[0], one[1])
