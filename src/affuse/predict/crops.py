"""Images of faces -> input of the face network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.errors import FeatureError
from affuse.predict.members import FACE_SIZE

Grey = NDArray[np.uint8]


def face_images(images: Sequence[ArrayLike] | NDArray[np.uint8]) -> list[Grey]:
    """Images of faces as grey ones of 48 by 48 pixels.

    Parameters
    ----------
    images : (n, h, w) or (n, h, w, 3) uint8, or a sequence of such images of any sizes

    Returns
    -------
    list of (48, 48) uint8
        Grey, in the order of the images.

    Raises
    ------
    FeatureError
        Another shape or type; says which image.

    Examples
    --------
    >>> [face.shape for face in face_images(np.zeros((2, 96, 80, 3), np.uint8))]
    [(48, 48), (48, 48)]
    """
    if isinstance(images, np.ndarray) and (images.ndim == 2 or _is_one_in_colour(images)):
        raise FeatureError(
            f"one image of shape {images.shape} was given; expected several, (n, h, w) or "
            "(n, h, w, 3): give image[None] for a single one"
        )
    return [_prepared(np.asarray(image), number) for number, image in enumerate(images)]


def _is_one_in_colour(images: NDArray[np.uint8]) -> bool:
    return images.ndim == 3 and images.shape[2] == 3


def _prepared(image: NDArray[np.uint8], number: int) -> Grey:
    shape, is_colour = image.shape, image.ndim == 3 and image.shape[-1] == 3
    if image.dtype != np.uint8 or not (image.ndim == 2 or is_colour) or 0 in shape:
        raise FeatureError(
            f"image {number} has shape {shape} and type {image.dtype}; expected (h, w) or "
            "(h, w, 3), uint8 from 0 to 255: convert it before"
        )
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) if is_colour else image
    if shape[:2] == (FACE_SIZE, FACE_SIZE):
        return cast(Grey, grey)
    shrinks = min(shape[:2]) >= FACE_SIZE
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return cast(Grey, cv2.resize(grey, (FACE_SIZE, FACE_SIZE), interpolation=how))
