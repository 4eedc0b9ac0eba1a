"""Degradations of pictures: out of focus, too dark, or frames lost.

All of it works frame by frame, and a frame that holds stays one and the same array, so that an
extractor that runs each frame once still does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_DROPPED_OF = 20


@dataclass(frozen=True, slots=True)
class Blur:
    """Gaussian blur.

    Attributes
    ----------
    sigma : float
        Standard deviation as a share of the picture's height, so that it means the same at any
        size: 0.02 is 2.6 pixels at height 128.

    Examples
    --------
    >>> edge = np.repeat(np.array([[0, 200]], np.uint8), 50, axis=1)[:, :, None].repeat(3, axis=2)
    >>> (blurred,) = Blur(sigma=0.02)([edge.repeat(100, axis=0)])
    >>> blurred[0, 46:54, 0].tolist()
    [8, 20, 45, 80, 120, 155, 180, 192]
    """

    sigma: float

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the blur.

        Returns
        -------
        mapping of str to object
        """
        return {"degradation": "blur", "version": 1, "sigma": self.sigma}

    def __call__(self, frames: Iterable[Image]) -> Iterator[Image]:
        """The frames, blurred."""
        return _each(frames, self._blurred)

    def _blurred(self, frame: Image) -> Image:
        sigma = self.sigma * frame.shape[0]
        return np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8)


@dataclass(frozen=True, slots=True)
class Darken:
    """Every grey level multiplied by a factor and rounded, as in too little light.

    Attributes
    ----------
    factor : float
        0 gives black, 1 changes nothing.

    Examples
    --------
    >>> next(Darken(factor=0.25)([np.full((2, 2, 3), 200, np.uint8)]))[0, 0].tolist()
    [50, 50, 50]
    """

    factor: float

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the darkness.

        Returns
        -------
        mapping of str to object
        """
        return {"degradation": "dark", "version": 1, "factor": self.factor}

    def __call__(self, frames: Iterable[Image]) -> Iterator[Image]:
        """The frames, darker."""
        return _each(frames, self._darker)

    def _darker(self, frame: Image) -> Image:
        levels = np.rint(self.factor * np.arange(256)).astype(np.uint8)
        darker: Image = levels[frame]
        return darker


@dataclass(frozen=True, slots=True)
class DropFrames:
    """Frames lost at random: the one before is repeated. The first is never lost.

    Which ones are lost follows from the first frame. Of every 20 frames the same number is lost.

    Attributes
    ----------
    share : float
        Of all frames; exact for multiples of 0.05.

    Examples
    --------
    >>> frames = [np.full((1, 1, 3), number, np.uint8) for number in range(20)]
    >>> len({int(frame[0, 0, 0]) for frame in DropFrames(share=0.75)(frames)})
    5
    """

    share: float

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the losses.

        Returns
        -------
        mapping of str to object
        """
        return {"degradation": "dropped frames", "version": 1, "share": self.share}

    def __call__(self, frames: Iterable[Image]) -> Iterator[Image]:
        """As many frames, fewer of them different."""
        held: Image | None = None
        lost: Iterator[bool] = iter(())
        for frame in frames:
            if held is None:
                lost = self._lost(frame)
            if not next(lost) or held is None:
                held = frame
            yield held

    def _lost(self, first: Image) -> Iterator[bool]:
        """Whether each frame is lost, endlessly; the first is not."""
        digest = hashlib.sha256(np.ascontiguousarray(first).tobytes()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "little"))
        n_lost = round(self.share * _DROPPED_OF)
        drawn = 1 + rng.permutation(_DROPPED_OF - 1)[:n_lost]
        while True:
            for position in range(_DROPPED_OF):
                yield position in drawn
            drawn = rng.permutation(_DROPPED_OF)[:n_lost]


def _each(frames: Iterable[Image], change: Callable[[Image], Image]) -> Iterator[Image]:
    """Each frame changed; a repeated frame is changed once."""
    before: Image | None = None
    changed: Image | None = None
    for frame in frames:
        if changed is None or frame is not before:
            before, changed = frame, change(frame)
        yield changed
