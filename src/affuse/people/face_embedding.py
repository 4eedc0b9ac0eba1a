"""Faces -> embeddings that are alike where they show one person."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.errors import WeightsError
from affuse.extractors.encoders.chain import run
from affuse.extractors.encoders.feeding import given
from affuse.extractors.encoders.graph import Graph
from affuse.media.face_boxes import square_of
from affuse.media.faces import Image, face_crop, grey
from affuse.people.appearance import MARGIN, N_COLOURS, SIDE, colours
from affuse.people.embeddings import finite_rows, graph_named, unit_rows
from affuse.records import Box
from affuse.storage.onnx_sessions import open_session

Embeddings = NDArray[np.float32]

_BATCH = 32

_FACE = 48
_FACE_SHARE = 0.65
"""How much of the likeness of two faces is that of the faces; the rest is that of colours."""


class FaceEmbedder(Protocol):
    """Says of faces what tells people apart."""

    @property
    def size(self) -> int:
        """Side of its crops in pixels."""

    @property
    def coloured(self) -> bool:
        """Whether they are RGB; grey otherwise."""

    @property
    def margin(self) -> float:
        """Around the face, as a share of its side."""

    @property
    def threshold(self) -> float:
        """Cosine of two mean embeddings from which they are taken for one person."""

    def embed(self, crops: Sequence[Image]) -> Embeddings:
        """Embeddings of faces.

        Parameters
        ----------
        crops : sequence of (size, size) or (size, size, 3) uint8
            As `crop_for` makes them.

        Returns
        -------
        (n, n_dimensions) float32
            Rows of length 1.
        """


def crop_for(embedder: FaceEmbedder, image: Image, box: Box, roll_deg: float = 0.0) -> Image:
    """A face in a picture as an embedder wants it.

    Parameters
    ----------
    embedder : FaceEmbedder
    image : (height, width, 3) or (height, width) uint8
    box : Box
        Of the face.
    roll_deg : float
        Turn of the head, clockwise, to be undone.

    Returns
    -------
    (size, size) uint8, or (size, size, 3)
    """
    if roll_deg:
        crop = face_crop(
            image,
            box,
            embedder.size,
            roll_deg=roll_deg,
            margin=embedder.margin,
            coloured=embedder.coloured,
        )
    else:
        crop = _upright(image, box, embedder)
    if embedder.coloured and crop.ndim == 2:
        return np.repeat(crop[..., None], 3, axis=2)
    return crop


def _upright(image: Image, box: Box, embedder: FaceEmbedder) -> Image:
    """As `face_crop`, to whole pixels: a quarter of the time, with a wide margin."""
    height, width = image.shape[:2]
    x, y, side = square_of(box, width, height)
    n = max(round(side * (1 + embedder.margin)), 1)
    left, top = round(x - n / 2), round(y - n / 2)
    first, end = _within(left, n, width)
    upper, lower = _within(top, n, height)
    edges = (upper - top, top + n - lower, first - left, left + n - end)
    around = _continued(image[upper:lower, first:end], edges)
    small = _resized(around, (embedder.size, embedder.size))
    return small if embedder.coloured else grey(small)


def _continued(part: Image, edges: tuple[int, int, int, int]) -> Image:
    """A part of a picture with its edge repeated above, below, before and after."""
    if max(edges) <= 0:
        return part
    above, below, before, after = (max(edge, 0) for edge in edges)
    wide = cv2.copyMakeBorder(part, above, below, before, after, cv2.BORDER_REPLICATE)
    return np.asarray(wide, np.uint8)


def _within(first: int, length: int, n_pixels: int) -> tuple[int, int]:
    """The pixels of a stretch that are in the picture, at least one."""
    low = min(max(first, 0), n_pixels - 1)
    return low, min(max(first + length, low + 1), n_pixels)


class OwnEmbedder:
    """affuse's own: a small network of the face, beside the colours around it.

    Colours serve within one recording alone, where people keep their clothes and the light is
    theirs: embeddings of two recordings are not to be compared.
    """

    size = SIDE
    margin = MARGIN
    coloured = True
    threshold = 0.69
    n_of_face = 64
    """The first dimensions are the network's."""

    def __init__(self) -> None:
        network = files("affuse.people").joinpath("networks", "face.onnx").read_bytes()
        self._session = open_session(network)

    def embed(self, crops: Sequence[Image]) -> Embeddings:
        """Embeddings of faces.

        Parameters
        ----------
        crops : sequence of (120, 120, 3) uint8

        Returns
        -------
        (n, 172) float32
            Rows of length 1.
        """
        if not len(crops):
            return np.zeros((0, self.n_of_face + N_COLOURS), np.float32)
        first = (SIDE - _FACE) // 2
        middle = slice(first, first + _FACE)
        faces = np.stack([grey(crop[middle, middle]) for crop in crops])[:, None]
        (of_faces,) = self._session.run(None, {"faces": faces.astype(np.float32)})
        around = np.stack([colours(crop) for crop in crops])
        shares = np.hstack([np.sqrt(_FACE_SHARE) * of_faces, np.sqrt(1 - _FACE_SHARE) * around])
        return np.asarray(unit_rows(shares), np.float32)


class GraphEmbedder:
    """A user's network in ONNX, with the JSON beside it that says how to feed it.

    Parameters
    ----------
    graph : Graph
        Of faces, one vector for each; its description has a `threshold`.
    """

    coloured = True

    def __init__(self, graph: Graph) -> None:
        described, name = graph.described, graph.path.with_suffix(".json").name
        if described.input != "picture" or described.view != "face":
            raise WeightsError(
                f"{name} says input {described.input!r} and view {described.view!r}; expected a "
                'network of faces, "picture" and "face": name another file, or mend them'
            )
        if described.threshold is None:
            raise WeightsError(
                f"{name} has no threshold; expected the cosine from which two faces are one "
                'person, such as "threshold": 0.4: python benchmarks/identity.py fits one'
            )
        if graph.per_window != 1 or graph.axes != ("time", "feature"):
            raise WeightsError(
                f"{graph.path} gives {graph.per_window} rows with the axes "
                f"{', '.join(graph.axes[1:])} for a face; expected one embedding: mend axes or "
                f"output in {name}"
            )
        assert described.size is not None
        self._graph, self._shape = graph, described.size
        self.size = max(described.size)
        self.margin = described.margin
        self.threshold = described.threshold

    def embed(self, crops: Sequence[Image]) -> Embeddings:
        """Embeddings of faces.

        Parameters
        ----------
        crops : sequence of (size, size, 3) uint8

        Returns
        -------
        (n, n_dimensions) float32
            Rows of length 1.

        Raises
        ------
        FeatureError
            The graph does not run on them, or gives NaN or infinity.
        """
        graph = self._graph
        batch = graph.fixed_batch or _BATCH
        rows = [np.zeros((0, *graph.shape), np.float32)]
        for at in range(0, len(crops), batch):
            part = np.stack([_resized(crop, self._shape) for crop in crops[at : at + batch]])
            short = max(graph.fixed_batch - len(part), 0)
            fed = given(graph.described, part)
            filled = np.pad(fed, ((0, short), *((0, 0),) * (fed.ndim - 1)))
            found = run(graph.path, graph.described, graph.device, filled)[: len(part)]
            rows.append(finite_rows(found, part, graph.path))
        return unit_rows(np.concatenate(rows))


def face_embedder(name: str = "") -> FaceEmbedder:
    """The embedder of a name.

    Parameters
    ----------
    name : str
        ``onnx:FILE`` for a network of the user's; affuse's own where it is empty.

    Returns
    -------
    FaceEmbedder

    Raises
    ------
    ConfigError
        No such embedder.
    WeightsError
        The file or its description does not fit.
    """
    if not name:
        return OwnEmbedder()
    return GraphEmbedder(graph_named(name, "face"))


def _resized(crop: Image, shape: tuple[int, int]) -> Image:
    if crop.shape[:2] == shape:
        return crop
    how = cv2.INTER_AREA if crop.shape[0] >= shape[0] else cv2.INTER_LINEAR
    resized = cv2.resize(crop, (shape[1], shape[0]), interpolation=how)
    return np.asarray(resized, np.uint8)
