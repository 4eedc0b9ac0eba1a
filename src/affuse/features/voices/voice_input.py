"""The input of the voice network: a log-mel spectrogram and statistics of the utterance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.features.voices.functionals import voice_statistics
from affuse.features.voices.log_mel import N_BANDS, log_mel

Floats = NDArray[np.float32]

N_STATISTICS = 519
MAX_FRAMES = 250
"""4 s. A longer utterance is cut around its middle."""

LOUDNESS = 0.05
"""Root mean square of the loud samples, to which every utterance is brought."""
_LOUD = 0.1
_LARGEST = 6e4
_PADDING = -1.0


@dataclass(frozen=True, slots=True)
class VoiceInput:
    """One utterance as input of the network.

    Attributes
    ----------
    log_mel : (n_frames, 64) float32
    statistics : (519,) float32
    """

    log_mel: Floats
    statistics: Floats


def voice_input(signal: NDArray[np.floating]) -> VoiceInput:
    """Spectrogram and statistics of one utterance, independent of its level.

    Parameters
    ----------
    signal : (n_samples,) float
        Mono, at 16 kHz.

    Returns
    -------
    VoiceInput

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal(16000)
    >>> voice_input(noise).log_mel.shape, voice_input(noise).statistics.shape
    ((61, 64), (519,))
    """
    level = levelled(signal)
    statistics = np.array(list(voice_statistics(level).values()), np.float32)
    return VoiceInput(log_mel(level), np.clip(statistics, -_LARGEST, _LARGEST))


def levelled(signal: NDArray[np.floating]) -> Floats:
    """The sound brought to one loudness; silence stays as it is.

    Parameters
    ----------
    signal : (n_samples,) float

    Returns
    -------
    (n_samples,) float32
    """
    magnitude = np.abs(signal)
    loud = magnitude > _LOUD * magnitude.max(initial=0.0)
    if not loud.any():
        return np.asarray(signal, np.float32)
    scale = LOUDNESS / np.sqrt(np.square(signal[loud], dtype=np.float64).mean())
    return np.asarray(signal * scale, np.float32)


def packed(given: VoiceInput) -> NDArray[np.float16]:
    """Both in one row of fixed length, for storage: (MAX_FRAMES * 64 + 519,) float16.

    Parameters
    ----------
    given : VoiceInput

    Returns
    -------
    (MAX_FRAMES * 64 + 519,) float16
    """
    frames = given.log_mel
    surplus = max(len(frames) - MAX_FRAMES, 0)
    frames = frames[surplus // 2 :][:MAX_FRAMES]
    missing = MAX_FRAMES - len(frames)
    padded = np.pad(frames, ((0, missing), (0, 0)), constant_values=_PADDING)
    return np.concatenate([padded.ravel(), given.statistics]).astype(np.float16)


def unpacked(rows: NDArray[np.floating]) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Spectrograms (n, MAX_FRAMES, 64), their lengths (n,) and statistics (n, 519).

    Parameters
    ----------
    rows : (n, MAX_FRAMES * 64 + 519) float

    Returns
    -------
    spectrograms : (n, MAX_FRAMES, 64) float32
    lengths : (n,) int
    statistics : (n, 519) float32
    """
    cut = MAX_FRAMES * N_BANDS
    spectrograms = np.asarray(rows[:, :cut], np.float32).reshape(len(rows), MAX_FRAMES, N_BANDS)
    sounding = spectrograms.max(axis=2) > _PADDING
    last = MAX_FRAMES - sounding[:, ::-1].argmax(axis=1)
    lengths = np.where(sounding.any(axis=1), last, MAX_FRAMES)
    return spectrograms, lengths, np.asarray(rows[:, cut:], np.float32)
