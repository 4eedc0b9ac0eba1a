"""An extractor behind a degradation: the same features of a worse recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from affuse.features.decoding import Decoding
from affuse.features.source import Extractor, ExtractorDefaults, Learner, Met
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.config import Config


class Degradation(Protocol):
    """Decoded sound or frames -> the same, worse. A small frozen object that pickles."""

    def settings(self) -> Mapping[str, object]:
        """All that steers it, ready for JSON."""

    def __call__(self, decoded: Any, /) -> Any:
        """What was decoded, worse."""


@dataclass(frozen=True, slots=True)
class Degraded(ExtractorDefaults):
    """Extractor: what another one makes of a degraded recording.

    Attributes
    ----------
    extractor : Extractor
    degradation : Degradation
        Of the extractor's modality.
    """

    extractor: Extractor
    degradation: Degradation

    @property
    def name(self) -> str:
        """That of the extractor: the settings tell them apart."""
        return self.extractor.name

    @property
    def modality(self) -> Modality:
        """Which of a clip's files it reads."""
        return self.extractor.modality

    @property
    def version(self) -> int:
        """That of the extractor."""
        return self.extractor.version

    @property
    def label(self) -> str:
        """What results show."""
        return f"{self.extractor.label}, degraded"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of every clip's array."""
        return self.extractor.shape

    @property
    def dtype(self) -> str:
        """In which the array is stored."""
        return self.extractor.dtype

    @property
    def axes(self) -> tuple[str, ...]:
        """Name of each axis of `shape`."""
        return self.extractor.axes

    @property
    def provenance(self) -> tuple[Met, ...]:
        """Whom the extractor's network has met."""
        return self.extractor.provenance

    def learned(self, config: Config) -> Learner | None:
        """What is fitted on the extractor's features.

        Parameters
        ----------
        config : Config

        Returns
        -------
        callable or None
            Seed -> unfitted transformer.
        """
        return self.extractor.learned(config)

    @property
    def decoding(self) -> Decoding:
        """What the extractor wants decoded."""
        return self.extractor.decoding

    def settings(self) -> Mapping[str, object]:
        """The extractor's settings beside the degradation's, so that no key meets a clean one.

        Returns
        -------
        mapping of str to object
        """
        return {**self.extractor.settings(), "degraded by": dict(self.degradation.settings())}

    def extract(self, decoded: Any) -> NDArray[np.floating[Any]]:
        """Features of what was decoded, after it was degraded.

        Parameters
        ----------
        decoded : Sound or iterable of (height, width, 3) uint8

        Returns
        -------
        array of `shape`
        """
        return self.extractor.extract(self.degradation(decoded))
