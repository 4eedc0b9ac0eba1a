"""The steps to the MFCCs, each by its own definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import fft

import affuse


@pytest.fixture
def signal(rng):
    return 0.1 * rng.standard_normal(8000)


@pytest.mark.parametrize("preset", ["librosa", "lecture"])
def test_the_last_step_is_what_mfcc_gives(signal, preset):
    steps = affuse.mfcc_steps(signal, 8000, 13, preset=preset)
    assert np.array_equal(steps.mfcc, affuse.mfcc(signal, 8000, 13, preset=preset))
    assert np.array_equal(steps.mfcc, steps.cepstrum[:13].astype(np.float32))


def test_each_step_follows_from_the_one_before(signal):
    steps = affuse.mfcc_steps(signal, 8000, 13, preset="lecture")
    assert np.allclose(steps.emphasised[1:], signal[1:] - 0.97 * signal[:-1])
    assert np.array_equal(steps.frames[3], steps.emphasised[3 * 80 : 3 * 80 + 200])
    assert np.allclose(steps.windowed, steps.frames * np.hamming(200))
    assert np.allclose(steps.power[:, 5], np.abs(fft.rfft(steps.windowed[5], 512)) ** 2)
    assert np.allclose(steps.mel, steps.bands @ steps.power)
    assert np.allclose(steps.log_mel, np.log(steps.mel))
    assert np.allclose(steps.cepstrum, fft.dct(steps.log_mel, axis=0, norm="ortho"))


def test_axes_are_in_seconds_and_hertz():
    tone = np.sin(2 * np.pi * 1000 * np.arange(8000) / 8000)
    for preset, at in (("librosa", 0.512), ("lecture", 0.5125)):
        steps = affuse.mfcc_steps(tone, 8000, preset=preset)
        frame = int(np.argmin(np.abs(steps.times_s - at)))
        assert steps.times_s[frame] == pytest.approx(at)
        assert steps.frequencies_hz[steps.power[:, frame].argmax()] == pytest.approx(1000)
        assert steps.times_s.shape == (steps.power.shape[1],)
