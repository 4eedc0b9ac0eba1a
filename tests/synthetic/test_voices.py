from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from affuse.synthetic.phonemes import PHONEMES, SENTENCES
from affuse.synthetic.voices import SAMPLE_RATE, Utterance, make_speaker, speak

N_TAKES = 3


def take(emotion: str, number: int, speaker: int = 1, *, sung: bool = False) -> Utterance:
    own, rng = make_speaker(speaker, seed=0), np.random.default_rng(number)
    return speak(emotion, "strong", "kids", own, rng, sung=sung)


@cache
def takes(emotion: str, speaker: int = 1, *, sung: bool = False) -> tuple[Utterance, ...]:
    return tuple(take(emotion, number, speaker, sung=sung) for number in range(N_TAKES))


def loudness(signal: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.sqrt(uniform_filter1d(np.square(signal, dtype=np.float64), SAMPLE_RATE // 30))


def pitches(signal: NDArray[np.float32]) -> NDArray[np.float64]:
    """F0 in Hz of the loud stretches, from the autocorrelation of the signal."""
    window = SAMPLE_RATE // 20
    level = loudness(signal)
    found = []
    for start in range(0, len(signal) - window, window // 2):
        piece = signal[start : start + window].astype(np.float64)
        if level[start + window // 2] < 0.5 * level.max():
            continue
        spectrum = np.abs(np.fft.rfft(piece * np.hanning(window), 4 * window)) ** 2
        lags = np.fft.irfft(spectrum)[: SAMPLE_RATE // 70]
        first = SAMPLE_RATE // 500
        found.append(SAMPLE_RATE / (first + int(np.argmax(lags[first:]))))
    return np.array(found)


def mean_pitch(emotion: str, speaker: int = 1) -> float:
    return float(np.mean([np.median(pitches(take.signal)) for take in takes(emotion, speaker)]))


def mean_level_db(emotion: str) -> float:
    return float(np.mean([20 * np.log10(loudness(t.signal).max()) for t in takes(emotion)]))


@pytest.mark.parametrize("statement", SENTENCES)
def test_sentences_are_made_of_known_sounds(statement: str) -> None:
    assert {sound.phoneme for sound in SENTENCES[statement]} <= set(PHONEMES)


def test_signal_is_clean_and_as_long_as_a_clip_of_ravdess() -> None:
    for take in takes("neutral"):
        assert take.signal.dtype == np.float32
        assert np.abs(take.signal).max() < 1
        assert 2.8 < len(take.signal) / SAMPLE_RATE < 4.6
        assert len(take.opening) == len(take.signal) * 30 // SAMPLE_RATE


def test_angry_is_higher_and_louder_than_sad() -> None:
    assert mean_pitch("angry") > 1.15 * mean_pitch("sad")
    assert mean_level_db("angry") > mean_level_db("sad") + 8


def test_fearful_is_the_highest_and_surprise_rises_at_the_end() -> None:
    assert mean_pitch("fearful") > 1.2 * mean_pitch("neutral")
    ends = {
        emotion: np.mean(
            [p[-3:].mean() / np.median(p) for p in (pitches(t.signal) for t in takes(emotion))]
        )
        for emotion in ("surprised", "disgust")
    }
    assert ends["surprised"] > ends["disgust"] + 0.1


def test_sad_is_slower_than_fearful() -> None:
    lengths = {
        emotion: np.mean([len(take.signal) for take in takes(emotion)])
        for emotion in ("sad", "fearful")
    }
    assert lengths["sad"] > 1.1 * lengths["fearful"]


def test_women_speak_higher_than_men() -> None:
    assert mean_pitch("neutral", speaker=2) > 1.3 * mean_pitch("neutral", speaker=1)


def test_song_is_slower_and_holds_its_vowels() -> None:
    spoken, sung = takes("calm"), takes("calm", sung=True)
    assert np.mean([len(t.signal) for t in sung]) > 1.2 * np.mean([len(t.signal) for t in spoken])
    voiced = [np.mean([len(pitches(t.signal)) for t in kind]) for kind in (sung, spoken)]
    assert voiced[0] > 1.5 * voiced[1]


def test_mouth_opens_when_there_is_sound() -> None:
    for take in takes("happy"):
        level = loudness(take.signal)[SAMPLE_RATE // 60 :: SAMPLE_RATE // 30][: len(take.opening)]
        assert np.corrcoef(np.sqrt(level), take.opening)[0, 1] > 0.5
        assert take.opening[:8].max() < 0.15


def test_same_seed_same_samples() -> None:
    first, again, other = (take("disgust", number) for number in (0, 0, 1))
    assert np.array_equal(first.signal, again.signal)
    assert not np.array_equal(first.signal[:50_000], other.signal[:50_000])
