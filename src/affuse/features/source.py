"""Source of features: an extractor, which computes them from recordings, or a table of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from affuse.features.decoding import Decoding
from affuse.records import Clip, Modality

if TYPE_CHECKING:
    from affuse.config import Config
    from affuse.corpora.index import Index

Met = tuple[str, tuple[str, ...]]
"""A corpus, and speakers of it that a network was trained on (none: it has none to name)."""
Learner = Callable[[int], Any]
"""Seed -> unfitted transformer of a FeatureArray; it pickles."""


class Source(Protocol):
    """Where the features of one modality come from. A frozen object that pickles."""

    @property
    def name(self) -> str:
        """As registered."""

    @property
    def modality(self) -> Modality:
        """Which of a clip's files it is about."""

    @property
    def label(self) -> str:
        """What results show."""

    @property
    def axes(self) -> tuple[str, ...]:
        """Name of each axis of `shape`: "time", "channel", "height", "width", "feature" ...

        Where the first of several is "time" or "variant", arrays stay on disk until they are
        needed.
        """

    @property
    def shape(self) -> tuple[int, ...]:
        """Of every clip's array."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the features, where each has one."""

    @property
    def path(self) -> Path | None:
        """The file of a table of features; None where they are computed from recordings."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that a reader of results must know."""

    @property
    def provenance(self) -> tuple[Met, ...]:
        """Corpora and speakers that its network has met in training."""

    def settings(self) -> Mapping[str, object]:
        """All that steers the numbers beside what is decoded, ready for JSON."""

    def prepared(self, config: Config, index: Index) -> Config:
        """The configuration with what the source must know of the clips before it begins.

        It looks at no label. What it gives becomes part of the run's configuration, so that the
        run can be repeated.

        Parameters
        ----------
        config : Config
            By which the source was made.
        index : Index

        Returns
        -------
        Config
            The same one where nothing is to be known.
        """

    def learned(self, config: Config) -> Learner | None:
        """Makes the transformer that is fitted on the features in each fold; None without one.

        Parameters
        ----------
        config : Config

        Returns
        -------
        callable or None
            Seed -> unfitted transformer.
        """

    def given(self, clips: Sequence[Clip]) -> NDArray[np.float32] | None:
        """Arrays of these clips, ``(n_clips, *shape)``, NaN where there is none.

        None where an extractor has to compute them.

        Parameters
        ----------
        clips : sequence of Clip

        Returns
        -------
        (n_clips, *shape) float32, or None
        """

    def extractor_for(self, speaker: str) -> Extractor:
        """What computes the arrays of a speaker's clips.

        Parameters
        ----------
        speaker : str

        Returns
        -------
        Extractor

        Raises
        ------
        FeatureError
            They come from a table.
        """


class Extractor(Source, Protocol):
    """Source that makes an array of a decoded clip. Fixed: it never sees a label.

    One is a small frozen dataclass on top of `ExtractorDefaults` that says its `name`, `modality`,
    `version`, `label`, `axes`, `shape`, `decoding`, `settings` and `extract`.
    """

    @property
    def version(self) -> int:
        """Raised whenever the same settings give other numbers than before."""

    @property
    def dtype(self) -> str:
        """In which arrays are stored: "float32", or "float16" where they are many."""

    @property
    def decoding(self) -> Decoding:
        """What `extract` wants decoded."""

    def extract(self, decoded: Any) -> NDArray[np.floating[Any]]:
        """Array of `shape` from what was decoded for `decoding`.

        Parameters
        ----------
        decoded : Sound or iterable of (height, width, 3) uint8
            A clip's sound, or its frames one by one.

        Returns
        -------
        array of `shape`

        Raises
        ------
        FeatureError
            There is nothing in it to compute features from: the clip is left out, with the reason.
        """


class ExtractorDefaults:
    """What an extractor is that has no more to say of itself than how it makes an array."""

    __slots__ = ()

    columns: tuple[str, ...] = ()
    path: Path | None = None
    notes: tuple[str, ...] = ()

    @property
    def dtype(self) -> str:
        """In which arrays are stored."""
        return "float32"

    @property
    def provenance(self) -> tuple[Met, ...]:
        """Whom its network has met: nobody."""
        return ()

    def prepared(self, config: Config, index: Index) -> Config:
        """The same configuration: the clips need not be known.

        Parameters
        ----------
        config : Config
        index : Index

        Returns
        -------
        Config
        """
        return config

    def learned(self, config: Config) -> Learner | None:
        """None: the features are used as they are.

        Parameters
        ----------
        config : Config

        Returns
        -------
        callable or None
            Seed -> unfitted transformer.
        """
        return None

    def given(self, clips: Sequence[Clip]) -> None:
        """None: arrays are computed from recordings.

        Parameters
        ----------
        clips : sequence of Clip
        """

    def extractor_for(self, speaker: str) -> Self:
        """The extractor itself, whoever speaks.

        Parameters
        ----------
        speaker : str

        Returns
        -------
        Extractor
        """
        return self
