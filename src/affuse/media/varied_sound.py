"""Augmentation of utterances: pitch, rate, room, noise, microphone."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import fftconvolve

Signal = NDArray[np.float32]

SPEED = 0.10
"""Of pitch and rate together, either way."""
SNR_DB = (5.0, 30.0)
REVERBERATION_S = (0.1, 0.7)
"""Time until the room has decayed by 60 dB."""
DIRECT_DB = (0.0, 12.0)
"""Level of the direct sound over the room's."""
TILT_DB = 6.0
"""Of the spectrum over an octave-wide scale between 60 and 8,000 Hz, either way."""


def varied(signal: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    """One random variant of an utterance, (n_samples,) float32; its length may differ.

    Another speed always; each of the other changes in about two of three variants.

    Parameters
    ----------
    signal : (n_samples,) float32
        In [-1, 1].
    sample_rate : int
        Hz.
    rng : numpy.random.Generator

    Returns
    -------
    (n_samples,) float32
    """
    signal = _other_speed(signal, sample_rate, rng)
    for step in (_in_a_room, _through_a_microphone, _with_noise):
        if rng.random() < 2 / 3:
            signal = step(signal, sample_rate, rng)
    return np.asarray(signal, np.float32)


def _other_speed(signal: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    factor = 1 + rng.uniform(-SPEED, SPEED)
    return np.asarray(soxr.resample(signal, sample_rate, sample_rate / factor), np.float32)


def _in_a_room(signal: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Diffuse reverberation: noise that decays exponentially, after the direct sound."""
    decay_s, direct_db = rng.uniform(*REVERBERATION_S), rng.uniform(*DIRECT_DB)
    times = np.arange(int(decay_s * sample_rate)) / sample_rate
    room = rng.standard_normal(len(times)) * 10 ** (-3 * times / decay_s)
    room *= 10 ** (-direct_db / 20) / np.linalg.norm(room)
    room[0] = 1.0
    return np.asarray(fftconvolve(signal, room)[: len(signal)], np.float32)


def _through_a_microphone(signal: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    """A tilt and a slow wave of the frequency response."""
    spectrum = np.fft.rfft(signal)
    hz = np.linspace(0, sample_rate / 2, len(spectrum))
    place = np.log2(np.maximum(hz, 60) / 60) / np.log2(8000 / 60)
    gain_db = rng.uniform(-TILT_DB, TILT_DB) * (2 * place - 1)
    gain_db += rng.uniform(0, TILT_DB / 2) * np.sin(2 * np.pi * (2 * place + rng.random()))
    return np.fft.irfft(spectrum * 10 ** (gain_db / 20), len(signal)).astype(np.float32)


def _with_noise(signal: Signal, sample_rate: int, rng: np.random.Generator) -> Signal:
    """Noise between white and brown."""
    spectrum = np.fft.rfft(rng.standard_normal(len(signal)))
    spectrum /= np.maximum(np.arange(len(spectrum)), 1.0) ** rng.uniform(0, 1)
    noise = np.fft.irfft(spectrum, len(signal))
    loud = np.square(signal) > np.square(signal).mean() / 10
    level = np.sqrt(np.square(signal[loud]).mean()) if loud.any() else 0.0
    scale = level / max(float(noise.std()), 1e-12) * 10 ** (-rng.uniform(*SNR_DB) / 20)
    return np.asarray(signal + scale * noise, np.float32)
