"""The part of a frame that VGG16 is given: all of it, the central square, or the largest face."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.features.decoding import VideoDecoding
from affuse.media.face_detectors import HaarDetector
from affuse.media.faces import face_crop, largest
from affuse.media.tracking import FaceTracker, Following

if TYPE_CHECKING:
    from affuse.config import Config

Image = NDArray[np.uint8]
Crop = Literal["none", "centre", "face"]

ENLARGED = 3
"""Frames are decoded so many times as high where the face is looked for."""

FACE_MARGIN = 0.4
"""Around the face, as a share of its side: hair and chin, as VGG16-Face was trained with."""

_EVERY_S = 0.2


BGR_MEANS = {
    "vgg-face": (93.5940, 104.7624, 129.1863),
    "imagenet": (103.939, 116.779, 123.68),
}
"""What each set of published weights expects to be subtracted."""


@dataclass(frozen=True, slots=True)
class View:
    """How decoded frames are framed for the trunk.

    The canvas is 16:9 whatever the clip (227x128 for height 128), or square where it is cropped.

    Attributes
    ----------
    preprocessing : str
        Key of `BGR_MEANS`.
    decoding : VideoDecoding
    crop : {"none", "centre", "face"}
    """

    preprocessing: str
    decoding: VideoDecoding
    crop: Crop = "none"

    @property
    def height(self) -> int:
        """Of the canvas, in pixels."""
        return self.decoding.height // (ENLARGED if self.crop == "face" else 1)

    @property
    def width(self) -> int:
        """Of the canvas, in pixels."""
        return self.height * 16 // 9 if self.crop == "none" else self.height

    def framed(self, decoded: Iterable[Image]) -> Iterator[Image]:
        """The canvas of each frame, (height, width, 3).

        Parameters
        ----------
        decoded : iterable of (height, width, 3) uint8

        Yields
        ------
        (height, width, 3) uint8
        """
        means = BGR_MEANS[self.preprocessing]
        if self.crop == "face":
            apart_s = self.decoding.frame_step / self.decoding.fps
            yield from faces_in(decoded, apart_s, self.height, means)
            return
        held = shown = None
        for image in decoded:
            if shown is None or image is not held:
                held, shown = image, on_canvas(image, self.width, means)
            yield shown


def configured_view(config: Config) -> View:
    """The view that ``media`` and ``features.vgg_face`` of a configuration ask for.

    Parameters
    ----------
    config : Config

    Returns
    -------
    View
    """
    settings, media = config.features.vgg_face, config.media
    height = media.height * (ENLARGED if settings.crop == "face" else 1)
    decoding = VideoDecoding(height, media.fps, settings.frame_step, media.duration_s)
    return View(settings.preprocessing, decoding, settings.crop)


def on_canvas(image: Image, width: int, bgr_means: tuple[float, float, float]) -> Image:
    """An RGB image cropped or padded evenly to a width; padding is the mean colour.

    >>> on_canvas(np.ones((2, 1, 3), np.uint8), 3, (30.0, 20.0, 10.0))[0].tolist()
    [[10, 20, 30], [1, 1, 1], [10, 20, 30]]

    Parameters
    ----------
    image : (height, width, 3) uint8
    width : int
        Pixels.
    bgr_means : (blue, green, red) float

    Returns
    -------
    (height, width, 3) uint8
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
    """The largest face of each frame, (size, size, 3); the centre where there is none.

    A frame that holds over several positions gives one and the same array.

    Parameters
    ----------
    frames : iterable of (height, width, 3) uint8
    seconds_apart : float
    size : int
        Pixels of a side.
    bgr_means : (blue, green, red) float

    Yields
    ------
    (size, size, 3) uint8
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
                given = face_crop(image, found.box, size, margin=FACE_MARGIN, coloured=True)
            held = image
        yield given
