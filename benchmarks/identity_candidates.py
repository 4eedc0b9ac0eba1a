"""Ways of telling faces apart that affuse does not ship, to compare with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affuse.bundle.reader import read_bundle
from affuse.extractors.networks.shipped import shipped_folder
from affuse.media.faces import Image
from affuse.models.graphs.builder import EMBEDDING
from affuse.people.appearance import MARGIN, SIDE, colours
from affuse.people.embeddings import unit_rows
from affuse.people.face_embedding import FaceEmbedder, OwnEmbedder

Rows = NDArray[np.float32]

_CELLS = 6
_ROUND = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))


class Trunk:
    """The embedding of the shipped face network, which was trained to tell expressions apart."""

    size, margin, coloured, threshold = 48, 0.0, False, 0.5

    def __init__(self) -> None:
        self._bundle = read_bundle(shipped_folder())
        self._member = next(m for m in self._bundle.manifest.members if "video" in m.modalities)

    def embed(self, crops: Sequence[Image]) -> Rows:
        """Rows of length 1."""
        faces = np.stack(crops)[:, None].astype(np.float32)
        (rows,) = self._bundle.outputs(self._member.graph, {"faces": faces}, (EMBEDDING,))
        return unit_rows(rows)


class BinaryPatterns:
    """Histograms of uniform local binary patterns in 6 x 6 cells (Ahonen et al. 2006)."""

    size, margin, coloured, threshold = 48, 0.0, False, 0.9

    def embed(self, crops: Sequence[Image]) -> Rows:
        """Rows of length 1; their product is a Bhattacharyya coefficient."""
        return unit_rows(np.stack([_patterns(crop) for crop in crops]))


class Colours:
    """The colours around the face alone."""

    size, margin, coloured, threshold = SIDE, MARGIN, True, 0.9

    def embed(self, crops: Sequence[Image]) -> Rows:
        """Rows of length 1."""
        return np.stack([colours(crop) for crop in crops])


class OwnFace(OwnEmbedder):
    """affuse's own network without the colours."""

    def embed(self, crops: Sequence[Image]) -> Rows:
        """Rows of length 1."""
        return unit_rows(super().embed(crops)[:, : self.n_of_face])


def candidates() -> dict[str, FaceEmbedder]:
    """All of them by name."""
    return {
        "own network alone": OwnFace(),
        "colours alone": Colours(),
        "local binary patterns": BinaryPatterns(),
        "emotion network's trunk": Trunk(),
    }


def _patterns(face: Image) -> NDArray[np.float64]:
    levels = face.astype(np.int16)
    middle = levels[1:-1, 1:-1]
    codes = np.zeros(middle.shape, np.intp)
    for bit, (down, across) in enumerate(_ROUND):
        shifted = levels[
            1 + down : levels.shape[0] - 1 + down, 1 + across : levels.shape[1] - 1 + across
        ]
        codes |= (shifted >= middle).astype(np.intp) << bit
    labels = _UNIFORM[codes]
    side = labels.shape[0] // _CELLS
    cells = np.arange(_CELLS * side) // side
    place = (cells[:, None] * _CELLS + cells[None]) * 59
    counts = np.bincount(
        (place + labels[: len(cells), : len(cells)]).ravel(), minlength=_CELLS**2 * 59
    )
    return np.sqrt(counts / side**2)


def _uniform() -> NDArray[np.intp]:
    """Label of each pattern: its own where at most two bits change around it, else one for all."""
    changes = [bin(code ^ ((code >> 1) | ((code & 1) << 7))).count("1") for code in range(256)]
    labels = np.full(256, 58, np.intp)
    labels[[code for code in range(256) if changes[code] <= 2]] = np.arange(58)
    return labels


_UNIFORM = _uniform()
