"""Statistics of one utterance: timbre, pitch, energy, spectral shape, rhythm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct

from affuse.features.voices.pitch import PitchTrack, pitch

Floats = NDArray[np.floating[Any]]

SAMPLE_RATE = 16_000
N_FFT = 512
WINDOW = 400
HOP = 160
N_MELS = 40
N_MFCC = 20

ACTIVE_RANGE_DB = 30
"""A frame counts as speech when it is within this of the loud ones: the level of the recording
drops out, so that a quiet microphone is not a sad voice."""

PERCENTILES = (5, 25, 50, 75, 95)
MODULATION_BANDS_HZ = ((0.5, 1.5), (1.5, 3), (3, 5), (5, 8), (8, 12), (12, 20))


@dataclass(frozen=True, slots=True)
class _Utterance:
    """The common basis of all statistics, cut to the stretch that holds speech.

    power : (n_frames, n_bins); mel_db : (N_MELS, n_frames); level_db, active : (n_frames,)
    """

    power: Floats
    mel_db: Floats
    level_db: Floats
    active: NDArray[np.bool_]
    track: PitchTrack


def voice_statistics(signal: NDArray[np.float32]) -> dict[str, float]:
    """Statistics of one utterance by name.

    Parameters
    ----------
    signal : (n_samples,) float32
        Mono, at 16 kHz.

    Returns
    -------
    dict of str to float
        Always the same names in the same order; finite whatever the signal.

    Notes
    -----
    The choice follows what carries emotion in the voice (Banse & Scherer 1996; Juslin & Laukka
    2003) and how the field summarises it (Schuller et al. 2009; Eyben et al. 2016): means,
    deviations and percentiles of contours, over speech only, no speaker's average removed.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 220 * np.arange(16000) / 16000).astype(np.float32)
    >>> statistics = voice_statistics(tone)
    >>> round(2 ** statistics["pitch mean"])
    219
    """
    utterance = _analyse(signal)
    pairs = (
        *_cepstral(utterance),
        *_spectral_balance(utterance),
        *_shape(utterance),
        *_pitch(utterance.track),
        *_energy(utterance),
        *_rhythm(utterance),
        *_modulation(utterance),
    )
    return {name: float(value) for name, value in pairs}


def _analyse(signal: NDArray[np.float32]) -> _Utterance:
    padded = np.pad(signal.astype(np.float64), (0, max(0, WINDOW - len(signal))))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    power = np.abs(np.fft.rfft(frames * np.hamming(WINDOW), N_FFT)) ** 2
    level = _decibel(power.sum(axis=1))
    active = level > np.percentile(level, 95) - ACTIVE_RANGE_DB
    spoken = np.flatnonzero(active)
    cut = slice(spoken[0], spoken[-1] + 1)
    track = pitch(signal, SAMPLE_RATE)
    return _Utterance(
        power[cut],
        _decibel(power[cut] @ _mel_filters().T).T,
        level[cut],
        active[cut],
        PitchTrack(track.octaves[cut], track.strength[cut]),
    )


def _cepstral(utterance: _Utterance) -> Iterator[tuple[str, float]]:
    mfcc = dct(utterance.mel_db, axis=0, norm="ortho")[:N_MFCC]
    delta = _slope_over(mfcc)
    voiced = utterance.active.copy()
    n_tracked = len(utterance.track.octaves)
    voiced[:n_tracked] &= np.isfinite(utterance.track.octaves)
    voiced[n_tracked:] = False
    if voiced.sum() < 5:
        voiced = utterance.active
    yield from _contours("mfcc", mfcc[:, utterance.active], PERCENTILES)
    yield from _contours("mfcc delta", delta)
    yield from _contours("mfcc delta delta", _slope_over(delta))
    yield from _contours("mfcc voiced", mfcc[:, voiced])


def _spectral_balance(utterance: _Utterance) -> Iterator[tuple[str, float]]:
    mel = utterance.mel_db[:, utterance.active]
    yield from _contours("mel", mel - mel.mean())


def _shape(utterance: _Utterance) -> Iterator[tuple[str, float]]:
    power = utterance.power[utterance.active] + 1e-12
    hz = np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE)
    share = power / power.sum(axis=1, keepdims=True)
    cumulated = np.cumsum(share, axis=1)
    shapes = {
        "centroid": share @ hz,
        **{f"rolloff {q}": hz[(cumulated > q).argmax(axis=1)] for q in (0.25, 0.5, 0.85, 0.95)},
        "flatness": np.log(power).mean(axis=1) - np.log(power.mean(axis=1)),
        "alpha ratio": _band_db(power, hz, 1000, 5000) - _band_db(power, hz, 50, 1000),
        "hammarberg": _peak_db(power, hz, 0, 2000) - _peak_db(power, hz, 2000, 5000),
        "slope low": _spectral_slope(power, hz, 60, 500),
        "slope high": _spectral_slope(power, hz, 500, 5000),
        "flux": np.append(0, np.linalg.norm(np.diff(np.sqrt(share), axis=0), axis=1)),
    }
    for name, contour in shapes.items():
        yield from _contours(name, contour[None], PERCENTILES)


def _pitch(track: PitchTrack) -> Iterator[tuple[str, float]]:
    voiced = np.isfinite(track.octaves)
    enough = voiced.sum() > 5
    octaves = track.octaves[voiced] if enough else np.zeros(6)
    strength = track.strength[voiced] if enough else np.zeros(6)
    when_s = np.flatnonzero(voiced) * 0.01 if enough else np.arange(6.0)
    step = np.diff(octaves)
    yield from _contours("pitch", octaves[None], PERCENTILES)
    yield from _contours("pitch strength", strength[None])
    yield "pitch range", np.ptp(octaves)
    yield "pitch slope", np.polyfit(when_s, octaves, 1)[0]
    yield "pitch step size", np.abs(step).mean()
    yield "pitch step deviation", step.std()
    yield "pitch rising", (step > 0).mean()
    yield "voiced share", voiced.mean()
    for part, octaves_of_part in enumerate(np.array_split(octaves, 5)):
        yield f"pitch fifth {part} mean", octaves_of_part.mean()
        yield f"pitch fifth {part} deviation", octaves_of_part.std()


def _energy(utterance: _Utterance) -> Iterator[tuple[str, float]]:
    level = utterance.level_db
    yield from _contours("level", level[None], PERCENTILES)
    yield from _contours("level of speech", level[None, utterance.active])
    step = np.abs(np.diff(level, prepend=level[0]))
    yield from _contours("level step", step[None])
    yield "level peak", level.max() - np.median(level)
    for part, of_part in enumerate(np.array_split(level, 5)):
        yield (
            f"level fifth {part}",
            (of_part.mean() if len(of_part) else level.mean()) - level.mean(),
        )


def _rhythm(utterance: _Utterance) -> Iterator[tuple[str, float]]:
    duration_s = len(utterance.level_db) * HOP / SAMPLE_RATE
    yield "duration", duration_s
    yield "active share", utterance.active.mean()
    voiced = _run_lengths(np.isfinite(utterance.track.octaves))
    for name, runs in (("voiced", voiced), ("pause", _run_lengths(~utterance.active))):
        yield f"{name} runs", len(runs) if runs.any() else 0
        yield f"{name} mean length", runs.mean()
        yield f"{name} longest", runs.max()
        yield f"{name} length deviation", runs.std()
        yield f"{name} runs per second", (len(runs) if runs.any() else 0) / duration_s


def _modulation(utterance: _Utterance) -> Iterator[tuple[str, float]]:
    """Power of slow changes in eight groups of mel bands: syllables, tremor, stress."""
    bands = utterance.mel_db.reshape(8, N_MELS // 8, -1).mean(axis=1)
    bands = (bands - bands.mean(axis=1, keepdims=True)) * np.hanning(bands.shape[1])
    n_fft = max(512, bands.shape[1])
    power = np.abs(np.fft.rfft(bands, n_fft)) ** 2 / bands.shape[1]
    hz = np.fft.rfftfreq(n_fft, HOP / SAMPLE_RATE)
    for low, high in MODULATION_BANDS_HZ:
        inside = power[:, (hz >= low) & (hz < high)].mean(axis=1)
        for band, value in enumerate(np.log(inside + 1e-6)):
            yield f"modulation {low}-{high} Hz band {band}", value


def _contours(
    name: str, contours: Floats, percentiles: Sequence[int] = ()
) -> Iterator[tuple[str, float]]:
    """Mean, deviation and percentiles over time of contours (n_contours, n_frames)."""
    rows = [contours.mean(axis=1), contours.std(axis=1)]
    rows += list(np.percentile(contours, list(percentiles), axis=1)) if percentiles else []
    for row, kind in zip(rows, ("mean", "deviation", *map(str, percentiles)), strict=True):
        for position, value in enumerate(row):
            yield (f"{name} {kind}" if len(row) == 1 else f"{name} {position} {kind}"), value


def _slope_over(contours: Floats, half: int = 4) -> Floats:
    """Regression slope over nine frames, edges repeated."""
    weights = np.arange(-half, half + 1) / np.square(np.arange(-half, half + 1)).sum()
    padded = np.pad(contours, ((0, 0), (half, half)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=1)
    return np.asarray(windows @ weights)


def _run_lengths(mask: NDArray[np.bool_]) -> Floats:
    """Lengths in seconds of the runs of True; one run of 0 s where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    runs = (edges[1::2] - edges[::2]) * HOP / SAMPLE_RATE
    return runs if len(runs) else np.zeros(1)


def _spectral_slope(power: Floats, hz: Floats, low: float, high: float) -> Floats:
    inside = (hz >= low) & (hz < high)
    return np.asarray(np.polyfit(hz[inside] / 1000, _decibel(power[:, inside]).T, 1)[0])


def _band_db(power: Floats, hz: Floats, low: float, high: float) -> Floats:
    return _decibel(power[:, (hz >= low) & (hz < high)].sum(axis=1))


def _peak_db(power: Floats, hz: Floats, low: float, high: float) -> Floats:
    return _decibel(power[:, (hz >= low) & (hz < high)].max(axis=1))


def _decibel(power: Floats) -> Floats:
    return np.asarray(10 * np.log10(power + 1e-10))


def _mel_filters() -> Floats:
    """Triangular filters (N_MELS, n_bins) between 50 Hz and half the sample rate."""
    low, high = 2595 * np.log10(1 + np.array([50, SAMPLE_RATE / 2]) / 700)
    edges = 700 * (10 ** (np.linspace(low, high, N_MELS + 2) / 2595) - 1)
    hz = np.fft.rfftfreq(N_FFT, 1 / SAMPLE_RATE)
    rising = (hz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hz) / np.diff(edges)[1:, None]
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))
