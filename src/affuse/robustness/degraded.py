"""An extractor behind a degradation: its features of a degraded recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from affuse.features.decoding import Decoding
from affuse.features.source import Extractor, ExtractorDefaults, Learner, Provenance
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.config import Config


class Degradation(Protocol):
    """Decoded sound or frames -> the same, degraded. A small frozen object that pickles."""

    def settings(self) -> Mapping[str, object]:
        """All settings that affect it, ready for JSON.

        Returns
        -------
        mapping of str to object
        """

    def __call__(self, decoded: Any, /) -> Any:
        """What was decoded, degraded."""


@dataclass(frozen=True, slots=True)
class Degraded(ExtractorDefaults):
    """Extractor: another extractor's features of a degraded recording.

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
        """Name of the extractor: the settings distinguish the two."""
        return self.extractor.name

    @property
    def modality(self) -> Modality:
        """Which of a clip's files it reads."""
        return self.extractor.modality

    @property
    def version(self) -> int:
        """Version of the extractor."""
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
    @override
    def dtype(self) -> str:
        return self.extractor.dtype

    @property
    def axes(self) -> tuple[str, ...]:
        """Name of each axis of `shape`."""
        return self.extractor.axes

    @property
    @override
    def provenance(self) -> tuple[Provenance, ...]:
        return self.extractor.provenance

    @override
    def learned(self, config: Config) -> Learner | None:
        return self.extractor.learned(config)

    @property
    def decoding(self) -> Decoding:
        """The decoding that the extractor needs."""
        return self.extractor.decoding

    def settings(self) -> Mapping[str, object]:
        """Settings of extractor and degradation, so that no key equals a clean one.

        Returns
        -------
        mapping of str to object
        """
        return {**self.extractor.settings(), "degraded by": dict(self.degradation.settings())}

    def extract(self, decoded: Any) -> NDArray[np.floating[Any]]:
        """Features of what was decoded, after degradation.

        Parameters
        ----------
        decoded : Sound or iterable of (height, width, 3) uint8

        Returns
        -------
        array of `shape`
        """
        return self.extractor.extract(self.degradation(decoded))
