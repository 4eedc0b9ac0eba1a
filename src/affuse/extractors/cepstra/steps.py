"""Every step from a signal to its MFCCs, each as an array that can be drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft

from affuse.errors import FeatureError
from affuse.extractors.cepstra.analysis import Analysis, Floats, Preset, analysis_of, mel_bands
from affuse.media.signals import refuse_unusable

_MAX_MFCC = 128
_LEAST_POWER = 1e-10
_RANGE_DB = 80.0


@dataclass(frozen=True)
class MfccSteps:
    """A signal on its way to cepstral coefficients, in the order of the steps.

    Attributes
    ----------
    analysis : Analysis
        Lengths of windows and hops in samples, number of mel bands.
    sample_rate : int
        Hz.
    emphasised : (n_samples,) float64
        The signal, high frequencies raised where the preset does so.
    frames : (n_frames, window_length) float64
        Overlapping stretches of it; a view that may not be written to.
    windowed : (n_frames, window_length) float64
        The same faded out at both ends.
    power : (n_bins, n_frames) float64
        Squared magnitude of each frame's Fourier transform.
    mel : (n_mels, n_frames) float64
        Power in bands that are as wide as hearing has them.
    log_mel : (n_mels, n_frames) float64
        Its logarithm: dB of preset ``librosa``, natural of preset ``lecture``.
    cepstrum : (n_mels, n_frames) float64
        Its cosine transform, all coefficients.
    mfcc : (n_mfcc, n_frames) float32
        The first of them, as `affuse.mfcc` gives them.

    Examples
    --------
    >>> steps = mfcc_steps(np.sin(np.arange(32_000) / 10), 8000)
    >>> steps.frames.shape, steps.power.shape, steps.log_mel.shape, steps.mfcc.shape
    ((63, 2048), (1025, 63), (128, 63), (40, 63))
    """

    analysis: Analysis
    sample_rate: int
    emphasised: NDArray[np.float64]
    frames: Floats
    windowed: Floats
    power: Floats
    mel: Floats
    log_mel: Floats
    cepstrum: Floats
    mfcc: NDArray[np.float32]

    @property
    def window(self) -> Floats:
        """The window that each frame is multiplied by, (window_length,)."""
        return _window(self.analysis)

    @property
    def bands(self) -> Floats:
        """Weight of each frequency in each mel band, (n_mels, n_bins)."""
        own = self.analysis
        return mel_bands(self.sample_rate, own.n_fft, own.n_mels, own.slaney).toarray()

    @property
    def frequencies_hz(self) -> Floats:
        """Frequency of each bin of `power`, (n_bins,)."""
        return np.asarray(fft.rfftfreq(self.analysis.n_fft, 1 / self.sample_rate))

    @property
    def times_s(self) -> Floats:
        """Centre of each frame, (n_frames,)."""
        first = 0.0 if self.analysis.centred else self.analysis.window_length / 2
        return (first + self.analysis.hop * np.arange(len(self.frames))) / self.sample_rate


def mfcc_steps(
    signal: ArrayLike, sample_rate: int, n_mfcc: int = 40, *, preset: Preset = "librosa"
) -> MfccSteps:
    """Each step from a mono signal to the coefficients that `affuse.mfcc` gives.

    Parameters
    ----------
    signal : (n_samples,) float
        Mono, in [-1, 1].
    sample_rate : int
        Hz.
    n_mfcc : int
        Coefficients, 1 to 128, from the lowest on.
    preset : {"librosa", "lecture"}
        As in `affuse.mfcc`.

    Returns
    -------
    MfccSteps

    Raises
    ------
    FeatureError
        As `affuse.mfcc`.

    Examples
    --------
    >>> steps = mfcc_steps(np.sin(np.arange(32_000) / 10), 8000, 13, preset="lecture")
    >>> steps.analysis.window_length, steps.analysis.hop, steps.mfcc.shape
    (200, 80, (13, 398))
    """
    samples = _checked(signal, sample_rate, n_mfcc)
    analysis = analysis_of(preset, sample_rate, n_mfcc)
    emphasised = _emphasised(samples, analysis.pre_emphasis)
    frames = _frames(emphasised, analysis)
    windowed = frames * _window(analysis)
    spectrum = fft.rfft(windowed, analysis.n_fft, axis=1)
    power = np.ascontiguousarray((spectrum.real**2 + spectrum.imag**2).T)
    mel = mel_bands(sample_rate, analysis.n_fft, analysis.n_mels, analysis.slaney) @ power
    log_mel = _decibels(mel) if preset == "librosa" else np.log(np.maximum(mel, _LEAST_POWER))
    cepstrum = fft.dct(log_mel, type=2, axis=0, norm="ortho")
    first = np.ascontiguousarray(cepstrum[:n_mfcc], np.float32)
    return MfccSteps(
        analysis, sample_rate, emphasised, frames, windowed, power, mel, log_mel, cepstrum, first
    )


def _checked(signal: ArrayLike, sample_rate: int, n_mfcc: int) -> NDArray[np.float64]:
    samples = np.asarray(signal)
    if samples.ndim != 1:
        raise FeatureError(
            f"a signal of shape {samples.shape} was given; expected one channel, (n_samples,): "
            "take the mean of the channels"
        )
    if not np.issubdtype(samples.dtype, np.floating):
        raise FeatureError(
            f"a signal of {samples.dtype} was given; expected floating point in [-1, 1]: "
            "divide whole numbers by their full scale (32768 for int16)"
        )
    if not len(samples):
        raise FeatureError("an empty signal was given; expected one sample at least")
    refuse_unusable(samples, sample_rate)
    if not 1 <= n_mfcc <= _MAX_MFCC:
        raise FeatureError(f"n_mfcc={n_mfcc} was given; expected 1 to {_MAX_MFCC}")
    return samples.astype(np.float64)


def _emphasised(samples: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    return np.append(samples[0], samples[1:] - share * samples[:-1]) if share else samples


def _frames(samples: NDArray[np.float64], analysis: Analysis) -> Floats:
    """Overlapping frames, zero-padded where they reach beyond the signal."""
    length, n_frames = analysis.window_length, analysis.n_frames(len(samples))
    before = length // 2 if analysis.centred else 0
    after = max((n_frames - 1) * analysis.hop + length - before - len(samples), 0)
    padded = np.pad(samples, (before, after))
    return np.lib.stride_tricks.sliding_window_view(padded, length)[:: analysis.hop][:n_frames]


def _window(analysis: Analysis) -> Floats:
    length = analysis.window_length
    return np.hanning(length + 1)[:-1] if analysis.window == "hann" else np.hamming(length)


def _decibels(power: Floats) -> Floats:
    decibels = 10 * np.log10(np.maximum(power, _LEAST_POWER))
    return np.asarray(np.maximum(decibels, decibels.max() - _RANGE_DB))
