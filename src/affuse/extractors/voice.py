"""Features of the voice: what the shipped voice model gives for a clip's sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from affuse.extractors.networks.shipped import shipped_hash, shipped_outputs, shipped_provenance
from affuse.features.decoding import AudioDecoding
from affuse.features.source import ExtractorDefaults, Provenance
from affuse.features.voices.log_mel import SAMPLE_RATE
from affuse.features.voices.voice_input import voice_input

if TYPE_CHECKING:
    from affuse.config import Config
    from affuse.media.audio import Sound

GRAPH = "voice.onnx"
N_EMBEDDING = 128


@dataclass(frozen=True, slots=True)
class VoiceEmbedding(ExtractorDefaults):
    """Extractor: the penultimate layers of the shipped voice model.

    It was trained on RAVDESS: rows of results that rest on it are marked leaky there. To evaluate
    the same network on RAVDESS without a leak, take ``voice_network``, which is trained anew in
    each fold.

    Attributes
    ----------
    limit_s : float
        Seconds after which a longer clip is cut.
    """

    limit_s: float = 30.0

    name = "voice"
    modality: Literal["audio"] = "audio"
    version = 2
    axes = ("feature",)
    dtype = "float32"
    label = "voice model"

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_features,)``."""
        return (N_EMBEDDING,)

    @property
    def decoding(self) -> AudioDecoding:
        """The sound that `extract` needs."""
        return AudioDecoding(sample_rate=SAMPLE_RATE, duration_s=self.limit_s)

    @property
    def provenance(self) -> tuple[Provenance, ...]:
        """Corpora and speakers that the model was trained on."""
        return tuple(part for part in shipped_provenance() if part[1])

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
        return {"graph": shipped_hash(GRAPH)}

    def extract(self, decoded: Sound) -> NDArray[np.float32]:
        """Features of one sound, `shape`.

        Parameters
        ----------
        decoded : Sound

        Returns
        -------
        (n_features,) float32
        """
        given = voice_input(decoded.signal)
        inputs = {"log_mel": given.log_mel[None], "statistics": given.statistics[None]}
        (embedding,) = shipped_outputs(GRAPH, inputs, ["embedding"])
        return np.asarray(embedding[0], np.float32)


def make(config: Config) -> VoiceEmbedding:
    """The extractor that a configuration asks for.

    Parameters
    ----------
    config : Config

    Returns
    -------
    VoiceEmbedding
    """
    shipped_hash(GRAPH)
    return VoiceEmbedding(config.features.voice_statistics.limit_s)
