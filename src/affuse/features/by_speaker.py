"""Extractors that depend on the clip's speaker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override

from affuse.features.source import Extractor, Learner, Provenance, Source
from affuse.records import Clip, Modality

if TYPE_CHECKING:
    from affuse.config import Config
    from affuse.corpora.index import Index


@dataclass(frozen=True, slots=True)
class BySpeaker(Source):
    """Source with one extractor for each speaker, such as one that adds other speakers' voices.

    Attributes
    ----------
    extractors : mapping of str to Extractor
        Speaker -> extractor; all of one name, modality and shape.
    """

    extractors: Mapping[str, Extractor]

    @property
    def any(self) -> Extractor:
        """One of the extractors, for what they have in common."""
        return next(iter(self.extractors.values()))

    @property
    @override
    def name(self) -> str:
        return self.any.name

    @property
    @override
    def modality(self) -> Modality:
        return self.any.modality

    @property
    @override
    def label(self) -> str:
        return self.any.label

    @property
    @override
    def axes(self) -> tuple[str, ...]:
        return self.any.axes

    @property
    @override
    def shape(self) -> tuple[int, ...]:
        return self.any.shape

    @property
    @override
    def columns(self) -> tuple[str, ...]:
        return self.any.columns

    @property
    @override
    def path(self) -> Path | None:
        return None

    @property
    @override
    def notes(self) -> tuple[str, ...]:
        return self.any.notes

    @property
    @override
    def provenance(self) -> tuple[Provenance, ...]:
        return self.any.provenance

    @override
    def settings(self) -> Mapping[str, object]:
        """Those of each speaker's extractor."""
        return {speaker: dict(each.settings()) for speaker, each in self.extractors.items()}

    @override
    def prepared(self, config: Config, index: Index) -> Config:
        return self.any.prepared(config, index)

    @override
    def learned(self, config: Config) -> Learner | None:
        return self.any.learned(config)

    @override
    def given(self, clips: Sequence[Clip]) -> None:
        return None

    @override
    def extractor_for(self, speaker: str) -> Extractor:
        return self.extractors[speaker]
