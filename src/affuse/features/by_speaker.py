"""Extractors that depend on the clip's speaker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from affuse.features.source import Extractor, Learner, Met
from affuse.records import Clip, Modality

if TYPE_CHECKING:
    from affuse.config import Config
    from affuse.corpora.index import Index


@dataclass(frozen=True, slots=True)
class BySpeaker:
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
    def name(self) -> str:
        """That of the extractors."""
        return self.any.name

    @property
    def modality(self) -> Modality:
        """Which of a clip's files they read."""
        return self.any.modality

    @property
    def label(self) -> str:
        """What results show."""
        return self.any.label

    @property
    def axes(self) -> tuple[str, ...]:
        """Name of each axis of `shape`."""
        return self.any.axes

    @property
    def shape(self) -> tuple[int, ...]:
        """Of every clip's array."""
        return self.any.shape

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the features."""
        return self.any.columns

    @property
    def path(self) -> Path | None:
        """None: no file holds them."""
        return None

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a reader of results must know."""
        return self.any.notes

    @property
    def provenance(self) -> tuple[Met, ...]:
        """Whom their network has met."""
        return self.any.provenance

    def settings(self) -> Mapping[str, object]:
        """Those of each speaker's extractor.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
        return {speaker: dict(each.settings()) for speaker, each in self.extractors.items()}

    def prepared(self, config: Config, index: Index) -> Config:
        """As one of the extractors prepares it.

        Parameters
        ----------
        config : Config
        index : Index

        Returns
        -------
        Config
        """
        return self.any.prepared(config, index)

    def learned(self, config: Config) -> Learner | None:
        """As of one of the extractors.

        Parameters
        ----------
        config : Config

        Returns
        -------
        callable or None
            Seed -> unfitted transformer.
        """
        return self.any.learned(config)

    def given(self, clips: Sequence[Clip]) -> None:
        """None: arrays are computed from recordings.

        Parameters
        ----------
        clips : sequence of Clip
        """
        return None

    def extractor_for(self, speaker: str) -> Extractor:
        """The speaker's extractor.

        Parameters
        ----------
        speaker : str

        Returns
        -------
        Extractor
        """
        return self.extractors[speaker]
