"""Extractors that depend on whose clip it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from affuse.features.source import Extractor


@dataclass(frozen=True, slots=True)
class BySpeaker:
    """One extractor for each speaker, where what is done to a clip depends on whose it is.

    Attributes
    ----------
    extractors : mapping of str to Extractor
        Speaker -> extractor; all of one modality and shape.
    """

    extractors: Mapping[str, Extractor]

    @property
    def any(self) -> Extractor:
        """One of them, for what they have in common."""
        return next(iter(self.extractors.values()))
