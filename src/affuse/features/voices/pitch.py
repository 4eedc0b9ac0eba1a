"""Pitch of a voice over time: autocorrelation candidates, the best path by dynamic programming."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WINDOW_S = 0.064
HOP_S = 0.010
N_CANDIDATES = 6

# Costs in units of autocorrelation, after Boersma 1993: what a frame without voice is worth,
# what an octave of jump costs, what it costs to start or stop voicing.
UNVOICED_STRENGTH = 0.45
OCTAVE_JUMP_COST = 0.35
VOICING_COST = 0.14
OCTAVE_COST = 0.01


@dataclass(frozen=True, slots=True)
class PitchTrack:
    """Pitch in octaves and its strength, one value per 10 ms.

    Attributes
    ----------
    octaves : (n_frames,) float64
        log2 of the fundamental frequency in Hz; NaN where there is no voice.
    strength : (n_frames,) float64
        Normalised autocorrelation at that pitch, about 1 for a perfect period; NaN likewise.
    """

    octaves: Floats
    strength: Floats


def pitch(
    signal: NDArray[np.float32], sample_rate: int, *, low_hz: float = 60, high_hz: float = 600
) -> PitchTrack:
    """Pitch of one voice.

    Parameters
    ----------
    signal : (n_samples,) float32
        Mono.
    sample_rate : int
        Hz.
    low_hz, high_hz : float
        Range that is searched.

    Returns
    -------
    PitchTrack

    Notes
    -----
    Boersma 1993, "Accurate short-term analysis of the fundamental frequency ...": the
    autocorrelation of each windowed frame is divided by that of the window, its peaks are
    candidates, and the path with the best sum of strengths minus costs of jumps is chosen.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 220 * np.arange(16000) / 16000).astype(np.float32)
    >>> round(float(2 ** np.nanmedian(pitch(tone, 16000).octaves)))
    219
    """
    frames = _frames(signal, round(WINDOW_S * sample_rate), round(HOP_S * sample_rate))
    first_lag, last_lag = int(sample_rate / high_hz), int(sample_rate / low_hz)
    correlation, power = _autocorrelation(frames, last_lag + 2)
    octaves, strengths = _candidates(correlation, first_lag, last_lag, sample_rate)
    path = _best_path(octaves, np.column_stack([strengths, _unvoiced_strength(power)]))
    voiced = path < N_CANDIDATES
    rows = np.arange(len(path))
    chosen = np.minimum(path, N_CANDIDATES - 1)
    return PitchTrack(
        np.where(voiced, octaves[rows, chosen], np.nan),
        np.where(voiced, strengths[rows, chosen], np.nan),
    )


def _frames(signal: NDArray[np.float32], length: int, hop: int) -> Floats:
    padded = np.pad(signal.astype(np.float64), (0, max(0, length - len(signal))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop]
    return np.asarray(frames - frames.mean(axis=1, keepdims=True))


def _autocorrelation(frames: Floats, n_lags: int) -> tuple[Floats, Floats]:
    """Autocorrelation (n_frames, n_lags), 1 at lag 0, and mean power of each frame."""
    length = frames.shape[1]
    window = np.hanning(length)
    spectrum = np.abs(np.fft.rfft(frames * window, 2 * length)) ** 2
    raw = np.fft.irfft(spectrum)[:, :n_lags]
    of_window = np.fft.irfft(np.abs(np.fft.rfft(window, 2 * length)) ** 2)[:n_lags]
    power = raw[:, :1]
    # The window's own correlation tends to 0 at long lags: a floor keeps noise down there.
    normal = raw / (power + 1e-9) / (of_window / of_window[0] + 1e-3)
    return normal, power[:, 0] / length


def _candidates(
    correlation: Floats, first_lag: int, last_lag: int, sample_rate: int
) -> tuple[Floats, Floats]:
    """The strongest peaks of each frame: octaves and strengths, (n_frames, N_CANDIDATES)."""
    lags = np.arange(first_lag, last_lag)
    here = correlation[:, lags]
    peak = (here > correlation[:, lags - 1]) & (here >= correlation[:, lags + 1])
    worth = np.where(peak, here - OCTAVE_COST * np.log2(lags / first_lag), -1.0)
    best = np.argsort(-worth, axis=1, kind="stable")[:, :N_CANDIDATES]
    return np.log2(sample_rate / lags[best]), np.take_along_axis(worth, best, axis=1)


def _unvoiced_strength(power: Floats) -> Floats:
    """Strength of the unvoiced candidate: greater in frames far below the loud ones."""
    level = 10 * np.log10(power + 1e-12)
    below = np.percentile(level, 98) - level
    return np.asarray(UNVOICED_STRENGTH + 0.5 * np.clip((below - 25) / 20, 0, 1))


def _best_path(octaves: Floats, strengths: Floats) -> NDArray[np.intp]:
    """Viterbi path over the candidates; the last column of `strengths` is the unvoiced one."""
    n_frames, n_states = strengths.shape
    score = strengths[0].copy()
    came_from = np.zeros((n_frames, n_states), np.intp)
    for frame in range(1, n_frames):
        cost = np.zeros((n_states, n_states))
        jump = np.abs(octaves[frame][:, None] - octaves[frame - 1][None, :])
        cost[:-1, :-1] = OCTAVE_JUMP_COST * jump
        cost[:-1, -1] = cost[-1, :-1] = VOICING_COST
        total = score[None, :] - cost
        came_from[frame] = total.argmax(axis=1)
        score = strengths[frame] + total.max(axis=1)
    path = np.empty(n_frames, np.intp)
    path[-1] = score.argmax()
    for frame in range(n_frames - 1, 0, -1):
        path[frame - 1] = came_from[frame, path[frame]]
    return path
