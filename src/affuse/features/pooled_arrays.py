"""Frames that stay on disk, each clip's as long as it is, and are pooled as they are read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from affuse.features.array import Rows
from affuse.features.array_parts import stored_parts
from affuse.features.source import Extractor
from affuse.features.stored_arrays import StoredArrays


@dataclass(frozen=True, eq=False)
class PooledArrays(StoredArrays):
    """StoredArrays whose files hold what an extractor still has to pool.

    Attributes
    ----------
    extractor : Extractor
        Its ``pooled`` makes arrays of `item_shape` of what is stored.
    """

    extractor: Extractor = field(kw_only=True)

    @override
    def digest(self, order: ArrayLike) -> str:
        """As of stored arrays, with the settings of the pooling."""
        settings = json.dumps(dict(self.extractor.settings()), sort_keys=True)
        return hashlib.sha256(f"{settings} {super().digest(order)}".encode()).hexdigest()

    @override
    def _loaded(self, path: Path) -> NDArray[np.floating[Any]]:
        return self.extractor.pooled(stored_parts(path))

    @override
    def _positions(self, path: Path | None, positions: Rows) -> NDArray[np.floating[Any]]:
        if path is None:
            return np.full((len(positions), *self.item_shape[1:]), np.nan, np.float32)
        return self._loaded(path)[positions]
