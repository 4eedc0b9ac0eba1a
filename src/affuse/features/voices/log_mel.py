"""Log-mel spectrogram of an utterance, independent of its level and of silence around it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft

Floats = NDArray[np.float32]

SAMPLE_RATE = 16_000
N_BANDS = 64
WINDOW = 512
HOP = 256
LOW_HZ, HIGH_HZ = 60.0, 7600.0
RANGE_DB = 70.0
ACTIVE_RANGE_DB = 35.0
MARGIN_FRAMES = 6
MIN_FRAMES = 32


def log_mel(signal: NDArray[np.floating]) -> Floats:
    """Log-mel spectrogram of the stretch that holds speech.

    Parameters
    ----------
    signal : (n_samples,) float
        Mono, at 16 kHz.

    Returns
    -------
    (n_frames, 64) float32
        Frames every 16 ms, at least 32 of them; decibels below the utterance's loud frames, from
        -1 (70 dB or more below) to about 1: the level of the recording drops out.

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal(16000)
    >>> log_mel(noise).shape
    (61, 64)
    >>> bool(np.allclose(log_mel(noise), log_mel(noise / 1000), atol=1e-4))
    True
    """
    frames = _frames(np.asarray(signal, np.float64))
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(WINDOW + 1)[:-1])))
    level = _decibel(power.sum(axis=1))
    mel = _decibel(power @ mel_filters().T)[_spoken(level)]
    reference = np.percentile(mel.max(axis=1), 95)
    scaled = 1 + 2 * np.clip(mel - reference, -RANGE_DB, None) / RANGE_DB
    missing = max(MIN_FRAMES - len(scaled), 0)
    padded = np.pad(scaled, ((0, missing), (0, 0)), constant_values=-1.0)
    return np.asarray(padded, np.float32)


def log_mel_of_windows(windows: NDArray[np.floating]) -> Floats:
    """Log-mel spectrograms of sounds of one length, each of the whole of its sound.

    Parameters
    ----------
    windows : (n, n_samples) float
        Mono, at 16 kHz; 512 samples at least.

    Returns
    -------
    (n, n_frames, 64) float32
        As `log_mel` has them, nothing left out at the ends.

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal((2, 24000))
    >>> log_mel_of_windows(noise).shape
    (2, 92, 64)
    >>> bool(np.allclose(log_mel_of_windows(noise)[0], log_mel(noise[0]), atol=1e-3))
    True
    """
    sounds = np.asarray(windows, np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(sounds, WINDOW, axis=1)[:, ::HOP]
    spectrum = rfft(frames * np.hanning(WINDOW + 1)[:-1].astype(np.float32), axis=2)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    mel = _decibel(power @ mel_filters().T.astype(np.float32))
    reference = np.percentile(mel.max(axis=2), 95, axis=1)[:, None, None]
    scaled = 1 + 2 * np.clip(mel - reference, -RANGE_DB, None) / RANGE_DB
    return np.asarray(scaled, np.float32)


def speech_samples(signal: NDArray[np.floating]) -> slice:
    """The stretch of a sound that `log_mel` describes.

    Parameters
    ----------
    signal : (n_samples,) float
        Mono, at 16 kHz.

    Returns
    -------
    slice
        Of its samples: from the first to the last frame that is loud enough, with a margin.

    Examples
    --------
    >>> speech = np.random.default_rng(0).standard_normal(8000)
    >>> speech_samples(np.concatenate([np.zeros(16000), speech, np.zeros(16000)]))
    slice(14080, 25856, None)
    """
    frames = _frames(np.asarray(signal, np.float64))
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(WINDOW + 1)[:-1])))
    spoken = _spoken(_decibel(power.sum(axis=1)))
    return slice(spoken.start * HOP, (min(spoken.stop, len(frames)) - 1) * HOP + WINDOW)


@lru_cache(maxsize=1)
def mel_filters() -> NDArray[np.float64]:
    """Triangular filters on O'Shaughnessy's mel scale, (64, 257), each with a peak of 1."""
    low, high = 2595 * np.log10(1 + np.array([LOW_HZ, HIGH_HZ]) / 700)
    edges = 700 * (10 ** (np.linspace(low, high, N_BANDS + 2) / 2595) - 1)
    hz = np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE)
    rising = (hz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hz) / np.diff(edges)[1:, None]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))


def _frames(signal: NDArray[np.float64]) -> NDArray[np.float64]:
    padded = np.pad(signal, (0, max(WINDOW - len(signal), 0)))
    return np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]


def _spoken(level: NDArray[np.float64]) -> slice:
    """From the first to the last frame that is loud enough, with a margin."""
    active = np.flatnonzero(level > np.percentile(level, 95) - ACTIVE_RANGE_DB)
    if not len(active):
        return slice(0, len(level))
    return slice(max(int(active[0]) - MARGIN_FRAMES, 0), int(active[-1]) + 1 + MARGIN_FRAMES)


def _decibel(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(10 * np.log10(power + 1e-12))
