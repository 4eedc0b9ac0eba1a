"""Sources of features: extractors, which compute them from recordings, and tables of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from affuse.features.array_parts import StoredParts
from affuse.features.decoding import Decoding
from affuse.records import Clip, Modality

if TYPE_CHECKING:
    from affuse.config import Config
    from affuse.corpora.index import Index

Provenance = tuple[str, tuple[str, ...]]
"""A corpus, and speakers of it that a network was trained on (none: all of it, whoever speaks)."""
Learner = Callable[[int], Any]
"""Seed -> unfitted transformer of a FeatureArray; it pickles."""


class Source(Protocol):
    """Where the features of one modality come from. A frozen object that pickles."""

    @property
    def name(self) -> str:
        """As registered."""

    @property
    def modality(self) -> Modality:
        """Modality of the files it reads."""

    @property
    def label(self) -> str:
        """What results show."""

    @property
    def axes(self) -> tuple[str, ...]:
        """Name of each axis of `shape`: "time", "channel", "height", "width", "feature" ...

        Where the first of several is "time" or "variant", large arrays stay on disk until they
        are needed.
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
        """Notes for readers of the results."""

    @property
    def provenance(self) -> tuple[Provenance, ...]:
        """Corpora and speakers that its network was trained on; no speaker: the whole corpus."""

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers beside what is decoded, ready for JSON.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """

    def prepared(self, config: Config, index: Index) -> Config:
        """The configuration, completed with what the source must know of the clips beforehand.

        It uses no label. The result becomes part of the run's configuration, so that the
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
        """Makes the transformer that is fitted on the features in each fold; None if there is none.

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
        """The extractor of a speaker's clips.

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
    """Source that computes an array from a decoded clip. It is fixed: it never sees a label.

    One is a small frozen dataclass on top of `ExtractorDefaults` that says its `name`, `modality`,
    `version`, `label`, `axes`, `shape`, `decoding`, `settings` and `extract`.
    """

    @property
    def version(self) -> int:
        """To be raised whenever the same settings give other numbers than before."""

    @property
    def argument(self) -> str:
        """What its name is followed by, after a colon: a file, say; empty where it is complete."""

    @property
    def dtype(self) -> str:
        """Type of the stored arrays: "float32", or "float16" for large ones."""

    @property
    def decoding(self) -> Decoding:
        """The decoding that `extract` needs."""

    @property
    def stored(self) -> Extractor:
        """The extractor whose arrays are stored: itself, or one whose frames it pools.

        Its first axis may have the length -1: as many frames as the clip has.
        """

    def pooled(self, array: NDArray[np.floating[Any]] | StoredParts) -> NDArray[np.floating[Any]]:
        """Array of `shape` from an array of `stored`.

        Parameters
        ----------
        array : array of the shape of `stored`, or one on disk

        Returns
        -------
        array of `shape`
        """

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


@runtime_checkable
class SeesPictures(Protocol):
    """What an extractor of pictures has beside: the pictures as its network is given them.

    Its ``extract`` is ``described(seen(decoded))``.
    """

    @property
    def face_share(self) -> float:
        """Side of the face, as a share of a picture's; 0 where pictures are no crops of faces."""

    def seen(self, decoded: Iterable[NDArray[np.uint8]]) -> list[NDArray[np.uint8]]:
        """The pictures of a clip that its network is given, all of one size.

        Parameters
        ----------
        decoded : iterable of (height, width, 3) uint8

        Returns
        -------
        list of (height, width) or (height, width, 3) uint8
            A picture that holds is one and the same array.

        Raises
        ------
        FeatureError
            There is none in it.
        """

    def described(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.floating[Any]]:
        """The extractor's array from such pictures.

        Parameters
        ----------
        pictures : sequence of (height, width) or (height, width, 3) uint8

        Returns
        -------
        array of the extractor's `shape`
        """


class SourceDefaults:
    """Defaults of a source without a trained network and without learned features."""

    __slots__ = ()

    @property
    def provenance(self) -> tuple[Provenance, ...]:
        """None: by default there is no trained network."""
        return ()

    def prepared(self, config: Config, index: Index) -> Config:
        """The configuration unchanged: the clips need not be known.

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


class ExtractorDefaults(SourceDefaults):
    """Defaults of an extractor that need not say more than how it computes an array."""

    __slots__ = ()

    path: Path | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """None: the features have no names."""
        return ()

    @property
    def notes(self) -> tuple[str, ...]:
        """None: there is nothing to note."""
        return ()

    @property
    def dtype(self) -> str:
        """Type of the stored arrays."""
        return "float32"

    @property
    def stored(self) -> Extractor:
        """Itself: its arrays are stored as it gives them."""
        return cast("Extractor", self)

    def pooled(self, array: NDArray[np.floating[Any]] | StoredParts) -> NDArray[np.floating[Any]]:
        """The array as it is stored.

        Parameters
        ----------
        array : array of `shape`

        Returns
        -------
        array of `shape`
        """
        return np.asarray(array[:])

    def given(self, clips: Sequence[Clip]) -> None:
        """None: arrays are computed from recordings.

        Parameters
        ----------
        clips : sequence of Clip
        """

    @property
    def argument(self) -> str:
        """What its name is followed by, after a colon: a file, say; empty where it is complete."""
        return ""

    def extractor_for(self, speaker: str) -> Self:
        """The extractor itself, whoever the speaker.

        Parameters
        ----------
        speaker : str

        Returns
        -------
        Extractor
        """
        return self
