"""How the presets of `affuse.mfcc` frame a signal and divide its spectrum into mel bands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft, sparse

from affuse.errors import FeatureError

Preset = Literal["librosa", "lecture"]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Analysis:
    """How a preset frames a signal and weights its spectrum.

    Attributes
    ----------
    n_fft, window_length, hop : int
        Samples.
    window : {"hann", "hamming"}
    centred : bool
        Frames stand around their times, with zeros around the signal.
    pre_emphasis : float
        Share of the sample before that is taken away; 0: none.
    n_mels : int
        Mel bands.
    slaney : bool
        Mel after Slaney, bands of one area; otherwise after O'Shaughnessy, of one height.
    """

    n_fft: int
    window_length: int
    window: str
    hop: int
    centred: bool
    pre_emphasis: float
    n_mels: int
    slaney: bool

    def n_frames(self, n_samples: int) -> int:
        """Number of frames of a signal with so many samples.

        Parameters
        ----------
        n_samples : int

        Returns
        -------
        int
        """
        if self.centred:
            return 1 + n_samples // self.hop
        return 1 + max(n_samples - self.window_length, 0) // self.hop


def analysis_of(preset: Preset, sample_rate: int, n_mfcc: int) -> Analysis:
    """The analysis of a preset at a sample rate.

    Parameters
    ----------
    preset : {"librosa", "lecture"}
    sample_rate : int
        Hz.
    n_mfcc : int
        Coefficients; at least so many mel bands.

    Returns
    -------
    Analysis

    Raises
    ------
    FeatureError
        There is no such preset.
    """
    if preset == "librosa":
        return Analysis(2048, 2048, "hann", 512, True, 0.0, 128, True)
    if preset == "lecture":
        window = max(round(0.025 * sample_rate), 1)
        hop = max(round(0.010 * sample_rate), 1)
        n_fft = max(fft.next_fast_len(window, real=True), 512)
        return Analysis(n_fft, window, "hamming", hop, False, 0.97, max(n_mfcc, 40), False)
    raise FeatureError(f"preset {preset!r} was given; expected 'librosa' or 'lecture'")


@lru_cache(maxsize=8)
def mel_bands(sample_rate: int, n_fft: int, n_mels: int, slaney: bool) -> sparse.csr_array:
    """Triangular filters from 0 Hz to half the sample rate.

    Parameters
    ----------
    sample_rate : int
        Hz.
    n_fft, n_mels : int
    slaney : bool
        As in `Analysis`.

    Returns
    -------
    (n_mels, 1 + n_fft // 2) sparse array
        Exact in any number of threads, and most of it is zero.
    """
    to_mel, to_hertz = (_slaney_mel, _slaney_hertz) if slaney else (_htk_mel, _htk_hertz)
    edges = to_hertz(np.linspace(0.0, float(to_mel(sample_rate / 2)), n_mels + 2))
    bins = np.fft.rfftfreq(n_fft, 1 / sample_rate)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    bands = np.maximum(np.minimum(rising, falling), 0.0)
    if slaney:
        bands *= 2 / (edges[2:] - edges[:-2])[:, None]
    return sparse.csr_array(bands)


_LINEAR_HERTZ = 200 / 3
_LOG_FROM_HERTZ = 1000.0
_LOG_FROM_MEL = _LOG_FROM_HERTZ / _LINEAR_HERTZ
_LOG_STEP = np.log(6.4) / 27


def _slaney_mel(hertz: float) -> float:
    if hertz < _LOG_FROM_HERTZ:
        return hertz / _LINEAR_HERTZ
    return float(_LOG_FROM_MEL + np.log(hertz / _LOG_FROM_HERTZ) / _LOG_STEP)


def _slaney_hertz(mel: Floats) -> Floats:
    logarithmic = _LOG_FROM_HERTZ * np.exp(_LOG_STEP * (mel - _LOG_FROM_MEL))
    return np.asarray(np.where(mel < _LOG_FROM_MEL, mel * _LINEAR_HERTZ, logarithmic))


def _htk_mel(hertz: float) -> float:
    return float(2595 * np.log10(1 + hertz / 700))


def _htk_hertz(mel: Floats) -> Floats:
    return np.asarray(700 * (10 ** (mel / 2595) - 1))
