"""Mel-frequency cepstral coefficients of one signal, and the extractor made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.extractors.cepstra.analysis import Preset, analysis_of
from affuse.extractors.cepstra.steps import mfcc_steps
from affuse.features.decoding import AudioDecoding
from affuse.features.source import ExtractorDefaults
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.config import Config
    from affuse.media.audio import Sound


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
    return mfcc_steps(signal, sample_rate, n_mfcc, preset=preset).mfcc


@dataclass(frozen=True, slots=True)
class Mfcc(ExtractorDefaults):
    """Extractor: MFCCs of the first seconds of a clip, padded with silence where it is shorter.

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
        """Samples of every clip, padding included."""
        return round(self.duration_s * self.sample_rate)

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_mfcc, n_frames)``."""
        analysis = analysis_of(self.preset, self.sample_rate, self.n_mfcc)
        return (self.n_mfcc, analysis.n_frames(self.n_samples))

    @property
    def decoding(self) -> AudioDecoding:
        """The sound that `extract` needs."""
        return AudioDecoding(sample_rate=self.sample_rate, duration_s=self.duration_s)

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
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
