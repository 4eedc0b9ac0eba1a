"""Mel-frequency cepstral coefficients of one signal, and the extractor made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import fft, sparse

from affuse.errors import FeatureError
from affuse.features.decoding import AudioDecoding
from affuse.features.source import ExtractorDefaults
from affuse.media.signals import refuse_unusable
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.config import Config
    from affuse.media.audio import Sound

Preset = Literal["librosa", "lecture"]
Floats = NDArray[np.floating[Any]]

_MAX_MFCC = 128


@dataclass(frozen=True, slots=True)
class _Analysis:
    """How a preset cuts and weighs the spectrum; lengths in samples."""

    n_fft: int
    window_length: int
    window: str
    hop: int
    centred: bool
    pre_emphasis: float
    n_mels: int
    slaney: bool

    def n_frames(self, n_samples: int) -> int:
        """Frames that a signal of so many samples gives."""
        if self.centred:
            return 1 + n_samples // self.hop
        return 1 + max(n_samples - self.window_length, 0) // self.hop


def mfcc(
    signal: ArrayLike, sample_rate: int, n_mfcc: int = 40, *, preset: Preset = "librosa"
) -> NDArray[np.float32]:
    """Mel-frequency cepstral coefficients of a mono signal, frame by frame.

    Parameters
    ----------
    signal : (n_samples,) float
        Mono, in [-1, 1].
    sample_rate : int
        Hz.
    n_mfcc : int
        Coefficients, 1 to 128, from the lowest on.
    preset : {"librosa", "lecture"}
        ``librosa``: the defaults of librosa 0.11: Hann window of 2048 samples, hop 512, centred
        with zeros around; power of 128 Slaney mel bands in dB, at most 80 dB below the loudest;
        orthonormal DCT-II.
        ``lecture``: pre-emphasis 0.97; Hamming windows of 25 ms every 10 ms, not centred, so that
        the frames overlap by 15 ms; DFT; power in 40 mel bands (or `n_mfcc`, if more) after
        O'Shaughnessy's formula; natural logarithm; orthonormal DCT-II, first coefficients kept.

    Returns
    -------
    (n_mfcc, n_frames) float32

    Raises
    ------
    FeatureError
        The signal is empty, not finite, not float or not mono, or a number is out of range.

    Notes
    -----
    Davis & Mermelstein 1980, "Comparison of parametric representations for monosyllabic word
    recognition in continuously spoken sentences". ``librosa`` agrees with that library to 1e-3
    (see the tests) without needing it.

    Examples
    --------
    >>> import numpy as np
    >>> mfcc(np.sin(np.arange(32_000) / 10), 8000).shape
    (40, 63)
    >>> mfcc(np.sin(np.arange(32_000) / 10), 8000, 13, preset="lecture").shape
    (13, 398)
    """
    samples = _checked(signal, sample_rate, n_mfcc)
    analysis = _analysis(preset, sample_rate, n_mfcc)
    power = _power(samples, analysis)
    mel = _mel_bands(sample_rate, analysis.n_fft, analysis.n_mels, analysis.slaney) @ power
    logarithm = _decibels(mel) if preset == "librosa" else np.log(np.maximum(mel, 1e-10))
    coefficients = fft.dct(logarithm, type=2, axis=0, norm="ortho")[:n_mfcc]
    return np.ascontiguousarray(coefficients, np.float32)


@dataclass(frozen=True, slots=True)
class Mfcc(ExtractorDefaults):
    """Extractor: MFCCs of the first seconds of a clip, silence added where it is shorter.

    Attributes
    ----------
    preset, n_mfcc, sample_rate
        As in `mfcc`.
    duration_s : float
        Seconds of every clip.
    """

    preset: Preset = "librosa"
    n_mfcc: int = 40
    sample_rate: int = 8000
    duration_s: float = 4.0

    name = "mfcc"
    modality: ClassVar[Modality] = "audio"
    version = 2
    axes = ("channel", "time")
    dtype = "float32"

    @property
    def label(self) -> str:
        """What results show."""
        return "MFCC" if self.preset == "librosa" else f"MFCC ({self.preset})"

    @property
    def n_samples(self) -> int:
        """Samples of every clip, silence included."""
        return round(self.duration_s * self.sample_rate)

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_mfcc, n_frames)``."""
        analysis = _analysis(self.preset, self.sample_rate, self.n_mfcc)
        return (self.n_mfcc, analysis.n_frames(self.n_samples))

    @property
    def decoding(self) -> AudioDecoding:
        """The sound that `extract` wants."""
        return AudioDecoding(sample_rate=self.sample_rate, duration_s=self.duration_s)

    def settings(self) -> Mapping[str, object]:
        """All that steers the numbers."""
        return {"preset": self.preset, "n_mfcc": self.n_mfcc}

    def extract(self, decoded: Sound) -> NDArray[np.float32]:
        """MFCCs of one sound, ``(n_mfcc, n_frames)``.

        Parameters
        ----------
        decoded : Sound

        Returns
        -------
        (n_mfcc, n_frames) float32
        """
        signal = decoded.signal[: self.n_samples]
        padded = np.pad(signal, (0, self.n_samples - len(signal)))
        return mfcc(padded, decoded.sample_rate, self.n_mfcc, preset=self.preset)


def make(config: Config) -> Mfcc:
    """The extractor that a configuration asks for.

    Parameters
    ----------
    config : Config

    Returns
    -------
    Mfcc
    """
    settings = config.features.mfcc
    return Mfcc(settings.preset, settings.n_mfcc, settings.sample_rate, config.media.duration_s)


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


def _analysis(preset: Preset, sample_rate: int, n_mfcc: int) -> _Analysis:
    if preset == "librosa":
        return _Analysis(2048, 2048, "hann", 512, True, 0.0, 128, True)
    if preset == "lecture":
        window = max(round(0.025 * sample_rate), 1)
        hop = max(round(0.010 * sample_rate), 1)
        n_fft = max(fft.next_fast_len(window, real=True), 512)
        return _Analysis(n_fft, window, "hamming", hop, False, 0.97, max(n_mfcc, 40), False)
    raise FeatureError(f"preset {preset!r} was given; expected 'librosa' or 'lecture'")


def _power(samples: NDArray[np.float64], analysis: _Analysis) -> Floats:
    """Power spectrum, (1 + n_fft // 2, n_frames)."""
    if analysis.pre_emphasis:
        samples = np.append(samples[0], samples[1:] - analysis.pre_emphasis * samples[:-1])
    length, n_frames = analysis.window_length, analysis.n_frames(len(samples))
    before = length // 2 if analysis.centred else 0
    after = max((n_frames - 1) * analysis.hop + length - before - len(samples), 0)
    padded = np.pad(samples, (before, after))
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[:: analysis.hop][:n_frames]
    window = np.hanning(length + 1)[:-1] if analysis.window == "hann" else np.hamming(length)
    spectrum = fft.rfft(frames * window, analysis.n_fft, axis=1)
    return np.ascontiguousarray((spectrum.real**2 + spectrum.imag**2).T)


def _decibels(power: Floats, floor: float = 1e-10, range_db: float = 80.0) -> Floats:
    decibels = 10 * np.log10(np.maximum(power, floor))
    return np.asarray(np.maximum(decibels, decibels.max() - range_db))


@lru_cache(maxsize=8)
def _mel_bands(sample_rate: int, n_fft: int, n_mels: int, slaney: bool) -> sparse.csr_array:
    """Triangles from 0 Hz to half the sample rate, (n_mels, 1 + n_fft // 2).

    Sparse: exact in any number of threads, and most of it is zero.
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
