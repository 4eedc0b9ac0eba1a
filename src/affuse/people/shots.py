"""Where the shots of a recording begin, from its sampled pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.media.faces import Image, checked

Picture = NDArray[Any]

_ROWS = 90
_THUMBNAIL = (64, 36)

_BINS, _RANGES = [8, 12, 12], [0, 256, 64, 192, 64, 192]
"""Lightness, and the two colours of CIELAB, where all but garish ones lie."""

_SHARE_OF_EDGES, _LEAST_GRADIENT = 0.15, 40.0
_NEAR = np.ones((5, 5), np.uint8)

_WINDOW = cv2.createHanningWindow(_THUMBNAIL, cv2.CV_32F)
_CLEAR = 0.3
"""Response of the phase correlation of two pictures of one pan: 0.5 or more."""
_FARTHEST = 0.35
"""Share of the picture by which a camera may have panned."""

# Over 35 films, five pictures a second: 1 of 759 pairs within a shot lies above, 598 of 600 pairs
# of shots of different people, 95 % of one person at another zoom, 5 % where the light changes by
# up to a half, 1 % where the camera pans by up to 15 % of the picture. Without colour: 95 % of
# the shots of different people.
_LEAST_CHANGE = 0.2


@dataclass(frozen=True, slots=True)
class _Sketch:
    """What is compared of a picture: its colours, where it has edges, and how light it is."""

    histogram: Picture
    edges: Picture
    lightness: Picture


class ShotDetector:
    """Finds the cuts of one recording; every recording needs a new one.

    A cut changes both the colours and the places of edges: light changes the colours alone, a
    face that moves the edges alone, and a camera that pans moves all edges by as much. A picture
    after which everything is as before is a flash. What is kept are two sketches of pictures and
    the times of the cuts.

    Notes
    -----
    Histogram intersection of Swain & Ballard 1991, Color indexing; edges that enter and leave of
    Zabih, Miller & Mai 1995, A feature-based algorithm for detecting and classifying scene breaks,
    moved by the phase correlation of Kuglin & Hines 1975, The phase correlation image alignment
    method.

    Examples
    --------
    >>> ramp = np.arange(576, dtype=np.uint8).reshape(18, 32).repeat(4, 0).repeat(4, 1)
    >>> shots = ShotDetector()
    >>> for number, picture in enumerate((ramp, ramp, ramp.T // 3, ramp.T // 3)):
    ...     shots.see(number / 5, picture)
    >>> shots.cuts_s
    (0.4,)
    """

    def __init__(self) -> None:
        self._cuts_s: list[float] = []
        self._before: _Sketch | None = None
        self._two_before: _Sketch | None = None
        self._last_s = -math.inf

    def see(self, time_s: float, image: Image) -> None:
        """Compare the next picture with those before it.

        Parameters
        ----------
        time_s : float
            Later than that of the picture before.
        image : (height, width, 3) or (height, width) uint8
            RGB or grey.

        Raises
        ------
        MediaError
            The image is not a picture.
        """
        sketch = _sketch(checked(image))
        if self._before is not None and _change(self._before, sketch) > _LEAST_CHANGE:
            if self._was_flash(sketch):
                self._cuts_s.pop()
            else:
                self._cuts_s.append(time_s)
        self._two_before, self._before, self._last_s = self._before, sketch, time_s

    @property
    def cuts_s(self) -> tuple[float, ...]:
        """When a shot begins that is not the first: the time of its first picture."""
        return tuple(self._cuts_s)

    def _was_flash(self, sketch: _Sketch) -> bool:
        """Whether the picture before was alone between two that are alike."""
        if self._two_before is None or not self._cuts_s or self._cuts_s[-1] != self._last_s:
            return False
        return _change(self._two_before, sketch) <= _LEAST_CHANGE


def _sketch(image: Image) -> _Sketch:
    # Every so many pixels: averaging all of them would take longer than all the rest.
    stride = max(image.shape[0] // _ROWS, 1)
    few = np.ascontiguousarray(image[::stride, ::stride])
    small = cv2.resize(few, _THUMBNAIL, interpolation=cv2.INTER_AREA)
    coloured = small if small.ndim == 3 else cv2.cvtColor(small, cv2.COLOR_GRAY2RGB)
    lab = cv2.cvtColor(coloured, cv2.COLOR_RGB2LAB)
    counts = cv2.calcHist([lab], [0, 1, 2], None, _BINS, _RANGES).ravel()
    return _Sketch(
        counts / max(counts.sum(), 1.0), _edges(lab[..., 0]), lab[..., 0].astype(np.float32)
    )


def _edges(lightness: Picture) -> Picture:
    """1 at the strongest edges: as many in a dull picture as in a sharp one."""
    across = cv2.Sobel(lightness, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(lightness, cv2.CV_32F, 0, 1)
    strength = cv2.magnitude(across, down)
    least = max(float(np.quantile(strength, 1 - _SHARE_OF_EDGES)), _LEAST_GRADIENT)
    return (strength > least).astype(np.uint8)


def _change(one: _Sketch, other: _Sketch) -> float:
    """Geometric mean of the shares of colours and of edges that are not in both.

    Edges are compared again where the camera may have panned in between.
    """
    colours = max(1.0 - float(np.minimum(one.histogram, other.histogram).sum()), 0.0)
    change = math.sqrt(colours * _edge_change(one.edges, other.edges))
    if change <= _LEAST_CHANGE:
        return change
    across, down = _shift(one.lightness, other.lightness)
    if across == 0 and down == 0:
        return change
    return math.sqrt(colours * _edge_change(*_overlap(one.edges, other.edges, across, down)))


def _edge_change(one: Picture, other: Picture) -> float:
    return max(_gone(one, other), _gone(other, one))


def _shift(one: Picture, other: Picture) -> tuple[int, int]:
    """How far a camera has panned, in pixels; nothing where that is not clear."""
    (across, down), response = cv2.phaseCorrelate(one, other, _WINDOW)
    height, width = one.shape
    if response < _CLEAR or abs(across) > _FARTHEST * width or abs(down) > _FARTHEST * height:
        return 0, 0
    return round(across), round(down)


def _overlap(one: Picture, other: Picture, across: int, down: int) -> tuple[Picture, Picture]:
    """What two pictures both show, the second moved by so many pixels."""
    height, width = one.shape
    first = one[max(-down, 0) : height - max(down, 0), max(-across, 0) : width - max(across, 0)]
    second = other[max(down, 0) : height + min(down, 0), max(across, 0) : width + min(across, 0)]
    return first, second


def _gone(edges: Picture, others: Picture) -> float:
    """Share of the edges that have none of the others near them."""
    n_edges = int(edges.sum())
    if n_edges == 0:
        return 0.0
    near = cv2.dilate(others, _NEAR)
    return 1.0 - int((edges & near).sum()) / n_edges
