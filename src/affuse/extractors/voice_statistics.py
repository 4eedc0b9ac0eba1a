"""The extractor of utterance statistics of the voice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from affuse.features.decoding import AudioDecoding
from affuse.features.source import ExtractorDefaults
from affuse.features.voices.functionals import SAMPLE_RATE, voice_statistics

if TYPE_CHECKING:
    from affuse.config import Config
    from affuse.media.audio import Sound


@dataclass(frozen=True, slots=True)
class VoiceStatistics(ExtractorDefaults):
    """Extractor: statistics of the whole clip, without padding.

    Attributes
    ----------
    limit_s : float
        Seconds after which a longer clip is cut.
    """

    limit_s: float = 30.0

    name = "voice_statistics"
    modality: Literal["audio"] = "audio"
    version = 2
    axes = ("feature",)
    dtype = "float32"
    label = "voice statistics"

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the statistics."""
        return statistic_names()

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_statistics,)``."""
        return (len(statistic_names()),)

    @property
    def decoding(self) -> AudioDecoding:
        """The sound that `extract` needs."""
        return AudioDecoding(sample_rate=SAMPLE_RATE, duration_s=self.limit_s)

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
        return {}

    def extract(self, decoded: Sound) -> NDArray[np.float32]:
        """Statistics of one sound, in the order of `statistic_names`: ``(n_statistics,)``.

        Parameters
        ----------
        decoded : Sound

        Returns
        -------
        (n_statistics,) float32
        """
        return np.array(list(voice_statistics(decoded.signal).values()), np.float32)


@lru_cache(maxsize=1)
def statistic_names() -> tuple[str, ...]:
    """Names of the statistics, in their order.

    Examples
    --------
    >>> len(statistic_names()), statistic_names()[0]
    (519, 'mfcc 0 mean')
    """
    return tuple(voice_statistics(np.zeros(SAMPLE_RATE, np.float32)))


def make(config: Config) -> VoiceStatistics:
    """The extractor that a configuration asks for.

    Parameters
    ----------
    config : Config

    Returns
    -------
    VoiceStatistics
    """
    return VoiceStatistics(config.features.voice_statistics.limit_s)
