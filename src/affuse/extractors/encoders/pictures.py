"""Frames of a video -> crops of one size in batches: the face, the centre or the whole frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError
from affuse.features.decoding import VideoDecoding
from affuse.media.face_detectors import HaarDetector
from affuse.media.faces import face_crop, largest
from affuse.media.tracking import FaceTracker

Image = NDArray[np.uint8]
View = Literal["face", "centre", "frame"]

HEIGHT = 360
"""Pixels of the frames in which faces are looked for."""
FPS = 30.0


def picture_decoding(per_s: float, duration_s: float) -> VideoDecoding:
    """The frames that crops are made of.

    Parameters
    ----------
    per_s : float
        Crops in a second, at most 30.
    duration_s : float

    Returns
    -------
    VideoDecoding
    """
    return VideoDecoding(HEIGHT, FPS, max(round(FPS / per_s), 1), duration_s)


def crops(
    frames: Iterable[Image],
    view: View,
    size: tuple[int, int],
    *,
    seconds_apart: float,
    margin: float,
    batch: int,
) -> Iterator[NDArray[np.uint8]]:
    """A crop of each frame. Where no face is found the last one that was is held.

    Parameters
    ----------
    frames : iterable of (height, width, 3) uint8
        RGB.
    view : {"face", "centre", "frame"}
        The largest face, the square in the middle, or the whole frame.
    size : (int, int)
        Height and width of a crop in pixels.
    seconds_apart : float
        Between two frames.
    margin : float
        Around the face, as a share of its side.
    batch : int
        Crops at once.

    Yields
    ------
    (n, height, width, 3) uint8

    Raises
    ------
    FeatureError
        No frame has a face, where faces are asked for.
    """
    if view == "face":
        shown = _faces(frames, size, seconds_apart, margin)
    else:
        shown = (_resized(_centre(f) if view == "centre" else f, size) for f in frames)
    waiting: list[Image] = []
    for crop in shown:
        waiting.append(crop)
        if len(waiting) == batch:
            yield np.stack(waiting)
            waiting = []
    if waiting:
        yield np.stack(waiting)


def _faces(
    frames: Iterable[Image], size: tuple[int, int], seconds_apart: float, margin: float
) -> Iterator[Image]:
    # Always the same detector, so that features do not depend on what else was downloaded.
    tracker, held, n_before, number = FaceTracker(HaarDetector()), None, 0, 0
    for number, image in enumerate(frames, start=1):
        faces = tracker.update((number - 1) * seconds_apart, image)
        face = largest([each for each in faces if each.found])
        if face is not None:
            square = face_crop(
                image, face.box, max(size), roll_deg=face.roll_deg, margin=margin, coloured=True
            )
            held = _resized(square, size)
        if held is None:
            n_before += 1
            continue
        # Frames before the first face show it too, so that time is kept.
        yield from [held] * (1 + n_before)
        n_before = 0
    if held is None:
        raise FeatureError(
            f"no face was found in any of {number} frames; expected one: the clip's video is "
            "left out"
        )


def _centre(image: Image) -> Image:
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    return image[top : top + side, left : left + side]


def _resized(image: Image, size: tuple[int, int]) -> Image:
    if image.shape[:2] == size:
        return image
    shrinks = image.shape[0] >= size[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size[1], size[0]), interpolation=how), np.uint8)
