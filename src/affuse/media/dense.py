"""The pictures of `sample_frames`, and beside them many more in grey, of one decoding."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from affuse.media.decode import open_media, video_stream
from affuse.media.geometry import Image, Orientation, orientation
from affuse.media.grid import Grid
from affuse.media.shown import shown_on
from affuse.media.video import (
    DECODING_THREADS,
    SampledFrame,
    Sampling,
    decode_in_threads,
)
from affuse.records import Box

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

DENSE_PER_S = 25.0
"""As many as a usual camera takes: lips open and close up to six times a second."""

_ENOUGH = 2
"""Rows and columns that each pixel of a crop is the mean of; more take longer and show no more."""

_WITH_BRIGHTNESS = frozenset(
    ("gray", "nv12", "nv21", "yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p")
)
"""Formats whose first plane is brightness, a byte each: it is taken as it lies there."""


@dataclass(frozen=True, slots=True)
class DenseFrame:
    """One picture in grey levels, as it is stored: converted only where somebody looks.

    Attributes
    ----------
    time_s : float
        When it comes, from the file's common origin.
    stored : (height, width) uint8
        Brightness, not turned upright. Valid until the next picture is asked for.
    turn : Orientation
        What brings it upright.
    """

    time_s: float
    stored: Image
    turn: Orientation

    def crop(self, box: Box, width: int, height: int) -> Image:
        """A part of the upright picture, scaled.

        Parameters
        ----------
        box : Box
            In the upright picture; what lies beyond it repeats the edge.
        width, height : int
            Of the crop, in pixels.

        Returns
        -------
        (height, width) uint8

        Examples
        --------
        >>> half = np.repeat(np.array([[10, 200]], np.uint8), 40, axis=1).repeat(60, axis=0)
        >>> frame = DenseFrame(0.0, half, Orientation(flips_across=True))
        >>> frame.crop(Box(0.0, 0.0, 0.5, 1.0), 4, 4).max().item()
        200
        """
        shape = (height, width) if self.turn.transposed else (width, height)
        part = _part(self.stored, _stored_box(box, self.turn))
        stride = max(min(part.shape[0] // shape[1], part.shape[1] // shape[0]) // _ENOUGH, 1)
        part = part[stride // 2 :: stride, stride // 2 :: stride]
        kind = cv2.INTER_AREA if part.shape[0] >= shape[1] else cv2.INTER_LINEAR
        return self.turn.upright(np.asarray(cv2.resize(part, shape, interpolation=kind), np.uint8))


def dense_frames(
    path: str | Path,
    *,
    per_s: float,
    dense_per_s: float = DENSE_PER_S,
    short_side: int,
    n_threads: int = DECODING_THREADS,
) -> Iterator[SampledFrame | DenseFrame]:
    """The pictures of `sample_frames`, to the last bit, and between them dense ones in grey.

    Only in a damaged file may single ones differ: where the damage is in a picture that
    `sample_frames` passes over, the decoder mends others by what is left of it.

    A picture that is both comes as a `SampledFrame` first: who tracks faces has them when the
    dense ones come.

    Parameters
    ----------
    path : str or Path
        Any file with pictures.
    per_s : float
        Positions per second of the sampled pictures.
    dense_per_s : float
        Dense pictures in a second, at most; a file with fewer gives each of its own once.
    short_side : int
        Of the sampled pictures, as in `sample_frames`.
    n_threads : int
        What decodes; the pictures are the same.

    Yields
    ------
    SampledFrame or DenseFrame
        By time.

    Raises
    ------
    MediaError
        Not a media file, or no picture.
    CutShort
        The file is cut short; all that could be decoded has been given.
    """
    with open_media(path, only="picture") as container:
        stream = video_stream(container)
        decode_in_threads(stream, n_threads)
        sampled = Sampling(container.name, stream.sample_aspect_ratio, per_s, short_side)
        grids = (sampled.grid, Grid(0.0, dense_per_s, None, 1))
        for time_s, (coarse, dense) in shown_on(container, stream, grids):
            if coarse is not None:
                yield sampled(coarse)
            if dense is not None and dense.end > dense.first:
                yield DenseFrame(time_s, _brightness(dense.frame), orientation(dense.frame))


def _brightness(frame: VideoFrame) -> Image:
    if frame.format.name not in _WITH_BRIGHTNESS:
        return np.asarray(frame.reformat(format="gray").to_ndarray(), np.uint8)
    plane = frame.planes[0]
    lines = np.frombuffer(plane, np.uint8)  # type: ignore[call-overload]
    return np.asarray(lines.reshape(-1, plane.line_size)[: frame.height, : frame.width])


def _stored_box(box: Box, turn: Orientation) -> Box:
    """Where a part of the upright picture lies in the stored one."""
    left = 1 - box.left - box.width if turn.flips_across else box.left
    top = 1 - box.top - box.height if turn.flips_down else box.top
    if turn.transposed:
        return Box(top, left, box.height, box.width)
    return Box(left, top, box.width, box.height)


def _part(image: Image, box: Box) -> Image:
    """Whole pixels around a box; beyond the picture its edge goes on."""
    height, width = image.shape
    left, top = math.floor(box.left * width), math.floor(box.top * height)
    right = max(math.ceil((box.left + box.width) * width), left + 1)
    bottom = max(math.ceil((box.top + box.height) * height), top + 1)
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return image[top:bottom, left:right]
    rows = np.clip(np.arange(top, bottom), 0, height - 1)
    columns = np.clip(np.arange(left, right), 0, width - 1)
    return np.asarray(image[np.ix_(rows, columns)])
