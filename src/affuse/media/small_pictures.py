"""Small copies of pictures for face detectors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from affuse.media.faces import Image

_BRIGHT_SHARE = 0.98
_DARK = 128
_WHITE = 230
_MOST_GAIN = 16.0


@contextmanager
def one_thread() -> Iterator[None]:
    """OpenCV on one thread: small pictures gain nothing from more, and processes share cores.

    To change the number takes as long as to shrink a picture; within another `one_thread` it stays.
    """
    before = cv2.getNumThreads()
    if before == 1:
        yield
        return
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def fitted(image: Image, side: int) -> Image:
    """The picture scaled so that its longer side has a given number of pixels.

    Parameters
    ----------
    image : (height, width, 3) or (height, width) uint8
    side : int
        In pixels.

    Returns
    -------
    uint8, of the same number of channels

    Examples
    --------
    >>> fitted(np.zeros((720, 1280), np.uint8), 320).shape
    (180, 320)
    """
    height, width = image.shape[:2]
    scale = side / max(height, width)
    shape = (max(round(width * scale), 1), max(round(height * scale), 1))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, shape, interpolation=interpolation), np.uint8)


def brightened(picture: Image) -> Image:
    """A dark picture with its levels scaled up to a usual brightness; others unchanged.

    Cascades reject windows of little contrast, whatever they show.

    Parameters
    ----------
    picture : (height, width) uint8
        Grey levels.

    Returns
    -------
    (height, width) uint8

    Examples
    --------
    >>> brightened(np.full((4, 4), 23, np.uint8))[0, 0].item()
    230
    """
    counts = np.bincount(picture.ravel(), minlength=256).cumsum()
    level = int(np.searchsorted(counts, _BRIGHT_SHARE * picture.size))
    if level >= _DARK:
        return picture
    gain = min(_WHITE / max(level, 1), _MOST_GAIN)
    return np.asarray(cv2.convertScaleAbs(picture, alpha=gain), np.uint8)


def turned(picture: Image, roll_deg: float) -> Image:
    """The picture rotated counterclockwise about its centre, on a canvas of the same size.

    Parameters
    ----------
    picture : (height, width) uint8
    roll_deg : float
        A head that is turned clockwise by this much is upright afterwards.

    Returns
    -------
    (height, width) uint8
        Corners repeat the edge.
    """
    height, width = picture.shape
    turn = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), roll_deg, 1.0)
    return np.asarray(
        cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
