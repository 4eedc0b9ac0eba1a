"""Source of features: what an extractor is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from affuse.features.decoding import Decoding
from affuse.records import Modality


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
