"""The extractor whose output the voice network is trained on: an utterance and variants of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from affuse.features.decoding import AudioDecoding
from affuse.features.source import ExtractorDefaults, Learner
from affuse.features.voices.log_mel import N_BANDS, SAMPLE_RATE, log_mel
from affuse.features.voices.voice_input import MAX_FRAMES, N_STATISTICS, packed, voice_input
from affuse.media.varied_sound import varied

if TYPE_CHECKING:
    from affuse.config import Config
    from affuse.media.audio import Sound


@dataclass(frozen=True, slots=True)
class VoiceVariants(ExtractorDefaults):
    """Extractor: the voice network's input for the clip as it is and for variants of it.

    The variants follow from the sound itself, so that a clip has the same wherever it lies. They
    are of the spectrogram; statistics are always those of the clip as it is.

    Attributes
    ----------
    n_variants : int
        Beside the clip as it is, which comes first.
    limit_s : float
        Seconds after which a longer clip is cut.
    """

    n_variants: int = 3
    limit_s: float = 30.0

    name = "voice_network"
    modality: Literal["audio"] = "audio"
    version = 2
    axes = ("variant", "feature")
    dtype = "float16"
    label = "voice network (learned in each fold)"

    @property
    def shape(self) -> tuple[int, ...]:
        """``(1 + n_variants, n_numbers)``."""
        return (1 + self.n_variants, MAX_FRAMES * N_BANDS + N_STATISTICS)

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
        return {"n_variants": self.n_variants}

    def learned(self, config: Config) -> Learner:
        """Makes the networks that are trained on the variants in each fold.

        Parameters
        ----------
        config : Config

        Returns
        -------
        callable
            Seed -> unfitted transformer.
        """
        from affuse.models.cross_fitted_voice import cross_fitted_voice

        return partial(cross_fitted_voice, config.features.voice_network)

    def extract(self, decoded: Sound) -> NDArray[np.float16]:
        """The clip and its variants, `shape`.

        Parameters
        ----------
        decoded : Sound

        Returns
        -------
        (1 + n_variants, n_numbers) float16
        """
        signal = decoded.signal
        digest = hashlib.sha256(np.ascontiguousarray(signal).tobytes()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
        clean = voice_input(signal)
        variants = (varied(signal, SAMPLE_RATE, rng) for _ in range(self.n_variants))
        others = [replace(clean, log_mel=log_mel(variant)) for variant in variants]
        return np.stack([packed(each) for each in (clean, *others)])


def make(config: Config) -> VoiceVariants:
    """The extractor that a configuration asks for.

    Parameters
    ----------
    config : Config

    Returns
    -------
    VoiceVariants
    """
    return VoiceVariants(limit_s=config.features.voice_statistics.limit_s)
