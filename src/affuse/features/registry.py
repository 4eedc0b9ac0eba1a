"""Extractors by name. A new one is a file with a `make` function, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from affuse.config import Config
from affuse.errors import ConfigError
from affuse.features.decoding import Decoding
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.features.precomputed import Precomputed

EXTRACTORS: Mapping[str, str] = {
    "expression": "affuse.features.expression:make",
    "mfcc": "affuse.features.mfcc:make",
    "vgg_face": "affuse.features.vgg_face:make",
    "voice": "affuse.features.voice_embedding:make",
    "voice_network": "affuse.features.voice_variants:make",
    "voice_statistics": "affuse.features.voice:make",
}
"""Name -> ``module:function``; the function takes the `Config` and gives the `Extractor`."""


class Extractor(Protocol):
    """Decoded clip -> array, fixed: it never sees a label. A small frozen object that pickles."""

    @property
    def name(self) -> str:
        """As registered."""

    @property
    def modality(self) -> Modality:
        """Which of a clip's files it reads."""

    @property
    def version(self) -> int:
        """Raised whenever the same settings give other numbers than before."""

    @property
    def label(self) -> str:
        """What results show."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of every clip's array."""

    @property
    def dtype(self) -> str:
        """In which the array is stored: "float32" or "float16"."""

    @property
    def frame_level(self) -> bool:
        """Whether the first axis of `shape` is time, and arrays stay on disk until needed.

        Arrays of the other kind are flattened into one row of the feature table.
        """

    @property
    def decoding(self) -> Decoding:
        """What `extract` wants decoded."""

    def settings(self) -> Mapping[str, object]:
        """All that steers the numbers beside `decoding`, ready for JSON."""

    def extract(self, decoded: Any) -> NDArray[np.floating[Any]]:
        """Array of `shape` from what was decoded for `decoding`."""


def make_extractor(name: str, modality: Modality, config: Config) -> Extractor | Precomputed:
    """The extractor of that name, or the table of features at that path, for one modality.

    Raises
    ------
    ConfigError
        No extractor of that modality has the name; lists those there are.
    FeatureError
        The table or the weights do not fit.

    Examples
    --------
    >>> make_extractor("mfcc", "audio", Config()).shape
    (40, 63)
    """
    if name.lower().endswith(".csv"):
        # Tables need pandas, which prediction does without.
        from affuse.features.precomputed import read_precomputed

        return read_precomputed(Path(name), modality)
    if name not in EXTRACTORS:
        raise ConfigError(
            f"extractor {name!r} was given for {modality}; expected one of "
            f"{', '.join(sorted(EXTRACTORS))}, or the path of a .csv file of features"
        )
    module, _, function = EXTRACTORS[name].partition(":")
    extractor: Extractor = getattr(import_module(module), function)(config)
    if extractor.modality != modality:
        raise ConfigError(
            f"extractor {name!r} was given for {modality}, but it reads {extractor.modality}: "
            f"set features.{extractor.modality} = {name!r} instead"
        )
    return extractor
