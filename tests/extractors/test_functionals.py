"""Pitch and utterance statistics on signals whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.features.voices.functionals import voice_statistics
from affuse.features.voices.pitch import pitch

RATE = 16_000


def voice(hz, duration_s: float = 1.5):
    """A buzz with falling harmonics; `hz` may be an array of one value per sample."""
    n = round(RATE * duration_s)
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(hz, n)) / RATE
    return (0.1 * sum(np.sin(k * phase) / k for k in range(1, 8))).astype(np.float32)


@pytest.mark.parametrize("hz", [75, 110, 220, 350, 550])
def test_pitch_of_a_steady_voice(hz):
    track = pitch(voice(hz), RATE)
    assert np.isfinite(track.octaves).mean() > 0.98
    assert np.nanmedian(track.octaves) == pytest.approx(np.log2(hz), abs=0.02)
    assert np.nanmin(track.strength) > 0.9


def test_pitch_follows_a_glide_without_octave_jumps():
    glide = np.geomspace(110, 330, round(1.5 * RATE))
    track = pitch(voice(glide), RATE)
    assert np.nanmax(np.abs(np.diff(track.octaves))) < 0.1
    elapsed_s = 0.01 * (len(track.octaves) - 10)
    risen = track.octaves[-5] - track.octaves[5]
    assert risen == pytest.approx(np.log2(3) * elapsed_s / 1.5, abs=0.05)


def test_noise_and_silence_have_no_pitch(rng):
    assert np.isnan(pitch(rng.normal(size=RATE).astype(np.float32), RATE).octaves).all()
    assert np.isnan(pitch(np.zeros(RATE, np.float32), RATE).octaves).all()


def test_statistics_tell_high_from_low_and_lively_from_flat():
    low, high = voice_statistics(voice(110)), voice_statistics(voice(220))
    assert high["pitch mean"] - low["pitch mean"] == pytest.approx(1, abs=0.02)
    lively = voice_statistics(voice(180 * 2 ** (0.5 * np.sin(np.arange(24000) / 1600))))
    assert lively["pitch range"] > 0.8 > 0.1 > low["pitch range"]


def test_timbre_does_not_depend_on_the_recording_level():
    loud, quiet = voice_statistics(voice(150)), voice_statistics(0.2 * voice(150))
    for name in loud:
        if not name.startswith(("level", "mfcc 0", "mfcc voiced 0")):
            assert quiet[name] == pytest.approx(loud[name], rel=1e-3, abs=1e-3), name
    assert loud["level mean"] - quiet["level mean"] == pytest.approx(20 * np.log10(5), abs=0.01)


@pytest.mark.parametrize(
    "signal",
    [
        np.zeros(RATE),
        np.zeros(100),
        np.ones(800),
        np.r_[np.zeros(8000), voice(150), np.zeros(8000)],
    ],
    ids=["silence", "shorter than a frame", "constant", "speech between pauses"],
)
def test_same_finite_names_for_any_signal(signal):
    statistics = voice_statistics(signal.astype(np.float32))
    assert list(statistics) == list(voice_statistics(voice(150)))
    assert np.isfinite(list(statistics.values())).all()
    assert len(statistics) == 519


def test_pauses_are_counted():
    pause = np.zeros(4000, np.float32)
    word = voice(150, 0.4)
    statistics = voice_statistics(np.concatenate([word, pause, word, pause, word]))
    assert statistics["pause runs"] == 2
    assert statistics["pause longest"] == pytest.approx(0.25, abs=0.04)
    assert statistics["voiced runs"] == 3
