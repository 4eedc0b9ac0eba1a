"""What VGG16 sees of a frame: all of it, the square in its centre, or the largest face."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.media.face_detectors import HaarDetector
from affuse.media.faces import face_crop, largest
from affuse.media.tracking import FaceTracker, Following

Image = NDArray[np.uint8]
Crop = Literal["none", "centre", "face"]

ENLARGED = 3
"""Frames are decoded so many times as high where the face is looked for."""

_MARGIN = 0.4
"""Around the face, as a share of its side: hair and chin, as VGG16-Face was trained with."""

_EVERY_S = 0.2


def on_canvas(image: Image, width: int, bgr_means: tuple[float, float, float]) -> Image:
    """An RGB image brought to a width: sides cut, or the mean colour added, evenly.

    >>> on_canvas(np.ones((2, 1, 3), np.uint8), 3, (30.0, 20.0, 10.0))[0].tolist()
    [[10, 20, 30], [1, 1, 1], [10, 20, 30]]
    """
    surplus = image.shape[1] - width
    if surplus >= 0:
        return image[:, surplus // 2 : surplus // 2 + width]
    canvas = np.empty((image.shape[0], width, 3), np.uint8)
    canvas[:] = np.rint(bgr_means[::-1])
    left = -surplus // 2
    canvas[:, left : left + image.shape[1]] = image
    return canvas


def faces_in(
    frames: Iterable[Image], seconds_apart: float, size: int, bgr_means: tuple[float, float, float]
) -> Iterator[Image]:
    """The largest face of each frame, (size, size, 3); the centre of it where there is none.

    A frame that holds over several positions gives one and the same array.
    """
    # Always the same detector, so that features do not depend on what else was downloaded.
    tracker = FaceTracker(HaarDetector(), Following(every_s=_EVERY_S))
    held: Image | None = None
    given = np.empty(0, np.uint8)
    for number, image in enumerate(frames):
        if image is not held:
            found = largest(tracker.update(number * seconds_apart, image))
            if found is None:
                square = on_canvas(image, image.shape[0], bgr_means)
                given = np.asarray(cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA))
            else:
                given = face_crop(image, found.box, size, margin=_MARGIN, coloured=True)
            held = image
        yield given
