"""Log-mel spectrograms of utterances."""

from __future__ import annotations

import numpy as np
import pytest

from affuse.features.voices.log_mel import MIN_FRAMES, N_BANDS, log_mel


@pytest.fixture
def voice(rng):
    """Half a second of a buzzing tone."""
    times = np.arange(16_000) / 16_000
    return (np.sin(2 * np.pi * 150 * times) > 0.9).astype(np.float64)


def test_level_and_silence_around_drop_out(voice):
    alone = log_mel(voice)
    silence = np.zeros(12_800)
    around = log_mel(0.01 * np.concatenate([silence, voice, silence]))
    margin = (len(around) - len(alone)) // 2
    middle = around[margin + 2 : margin + len(alone) - 2]
    assert len(alone) < len(around) < len(alone) + 20
    assert np.abs(middle - alone[2:-2]).mean() < 0.05


@pytest.mark.parametrize("signal", [np.zeros(0), np.zeros(5), np.zeros(16_000), np.ones(3)])
def test_whatever_the_signal_numbers_come_out(signal):
    spectrogram = log_mel(signal)
    assert spectrogram.dtype == np.float32
    assert spectrogram.shape[1] == N_BANDS
    assert len(spectrogram) >= MIN_FRAMES
    assert np.isfinite(spectrogram).all()
    assert spectrogram.min() >= -1


def test_a_higher_tone_lies_in_a_higher_band():
    times = np.arange(16_000) / 16_000
    low, high = (
        log_mel(np.sin(2 * np.pi * hz * times)).mean(axis=0).argmax() for hz in (300, 3000)
    )
    assert low < high
