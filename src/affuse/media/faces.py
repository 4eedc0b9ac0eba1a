"""Faces in a picture: detections, and crops for a face network.

A face's box is the same whichever detector found it: the square that FER2013 would have cut,
from the middle of the forehead to the chin. What of it lies beyond the picture is cut off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.errors import MediaError
from affuse.media.face_boxes import holds_centre, square_of
from affuse.records import Box

Image = NDArray[np.uint8]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class FoundFace:
    """One face as a detector found it in one picture.

    Attributes
    ----------
    box : Box
        Framed like FER2013.
    score : float
        How sure the detector is, in [0, 1]; comparable within one detector only.
    landmarks : tuple of (x, y) or None
        Right eye, left eye, tip of the nose, right and left corner of the mouth (the person's own
        right and left), as shares of the picture's width and height.
    roll_deg : float
        How far the line of the eyes is turned clockwise; 0 where there are no landmarks.
    carried : bool
        No detector found it: it is the place where the picture matches a face of a moment ago.
    """

    box: Box
    score: float
    landmarks: tuple[Point, ...] | None = None
    roll_deg: float = 0.0
    carried: bool = False


class FaceDetector(Protocol):
    """Finds faces in single pictures, without state between them."""

    def detect(self, image: Image) -> tuple[FoundFace, ...]:
        """Faces in a picture by descending score, an empty tuple if there is none.

        Parameters
        ----------
        image : (height, width, 3) or (height, width) uint8
            RGB, or grey levels.

        Returns
        -------
        tuple of FoundFace

        Raises
        ------
        MediaError
            The image is not a picture.
        """


class _Boxed(Protocol):
    @property
    def box(self) -> Box: ...


Face = TypeVar("Face", bound=_Boxed)


def largest(faces: Sequence[Face]) -> Face | None:
    """The largest face, None where there is none.

    Parameters
    ----------
    faces : sequence of Face

    Returns
    -------
    Face or None

    Examples
    --------
    >>> near, far = FoundFace(Box(0, 0, 0.4, 0.4), 0.9), FoundFace(Box(0.5, 0, 0.2, 0.2), 1.0)
    >>> largest((far, near)) is near
    True
    """
    return max(faces, key=lambda face: face.box.width * face.box.height, default=None)


def distinct(faces: Sequence[FoundFace]) -> tuple[FoundFace, ...]:
    """The faces by descending score, without those whose centre lies in a better one.

    A cascade sees faces in mouths.

    Parameters
    ----------
    faces : sequence of FoundFace

    Returns
    -------
    tuple of FoundFace

    Examples
    --------
    >>> face, mouth = FoundFace(Box(0, 0, 0.4, 0.4), 0.9), FoundFace(Box(0.1, 0.2, 0.2, 0.2), 0.5)
    >>> distinct((mouth, face)) == (face,)
    True
    """
    kept: list[FoundFace] = []
    for face in sorted(faces, key=lambda face: face.score, reverse=True):
        if not any(holds_centre(other.box, face.box) for other in kept):
            kept.append(face)
    return tuple(kept)


def face_crop(
    image: Image,
    box: Box,
    size: int = 48,
    *,
    roll_deg: float = 0.0,
    margin: float = 0.0,
    coloured: bool = False,
) -> Image:
    """A face as input of a face network: square, upright, grey unless colour is asked for.

    Parameters
    ----------
    image : (height, width, 3) or (height, width) uint8
        RGB or grey.
    box : Box
        Of the face. Where the picture cuts it off, it is completed to a square, filled with the
        pixels of the edge.
    size : int
        Side of the crop in pixels.
    roll_deg : float
        Turn of the head, clockwise, to be undone.
    margin : float
        What is added to the square, as a share of its side.
    coloured : bool
        Keep red, green and blue of an RGB image.

    Returns
    -------
    (size, size) uint8, or (size, size, 3)

    Raises
    ------
    MediaError
        The image is not a picture.

    Examples
    --------
    >>> image = np.zeros((90, 160, 3), np.uint8)
    >>> image[30:60, 60:90] = 200
    >>> face_crop(image, Box(60 / 160, 30 / 90, 30 / 160, 30 / 90)).mean().item()
    200.0
    """
    height, width = checked(image).shape[:2]
    x, y, side = square_of(box, width, height)
    side *= 1 + margin
    # Half a diagonal around the centre, kept within the picture: nothing else can be seen.
    reach = 0.75 * side + 1.0
    left, right = _within(x - reach, x + reach, width)
    top, bottom = _within(y - reach, y + reach, height)
    around = image[top:bottom, left:right] if coloured else grey(image[top:bottom, left:right])
    n_pixels = max(round(side), 1)
    to_image = _turned(x - left, y - top, side / n_pixels, n_pixels, roll_deg)
    square = cv2.warpAffine(
        around,
        to_image,
        (n_pixels, n_pixels),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    interpolation = cv2.INTER_AREA if n_pixels >= size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(square, (size, size), interpolation=interpolation), np.uint8)


def square_box(x: float, y: float, side: float, width: int, height: int) -> Box:
    """Box of the part of a square within the picture; centre and side in pixels.

    Parameters
    ----------
    x : float
        Of its centre, in pixels.
    y : float
        Of its centre, in pixels.
    side : float
        In pixels.
    width : int
        Of the picture, in pixels.
    height : int
        Of the picture, in pixels.

    Returns
    -------
    Box

    Examples
    --------
    >>> square_box(x=10, y=50, side=50, width=200, height=100)
    Box(left=0.0, top=0.25, width=0.175, height=0.5)
    """
    left, right = np.clip([(x - side / 2) / width, (x + side / 2) / width], 0.0, 1.0).tolist()
    top, bottom = np.clip([(y - side / 2) / height, (y + side / 2) / height], 0.0, 1.0).tolist()
    return Box(left, top, right - left, bottom - top)


def checked(image: Image) -> Image:
    """The image, after its shape and type have been checked.

    Parameters
    ----------
    image : array
        What is to be one.

    Returns
    -------
    (height, width, 3) or (height, width) uint8

    Raises
    ------
    MediaError
        It is not (height, width) or (height, width, 3) of bytes, or has no pixels.
    """
    fits = image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)
    if not fits or image.dtype != np.uint8 or image.size == 0:
        raise MediaError(
            f"an array of shape {image.shape} and type {image.dtype} was given as a picture; "
            "expected (height, width, 3) RGB or (height, width) grey of uint8, not empty: "
            "convert it, or decode the file with affuse.media.video.read_frames"
        )
    return image


def grey(image: Image) -> Image:
    """The image in grey levels, (height, width).

    Parameters
    ----------
    image : (height, width, 3) or (height, width) uint8
        RGB, or grey levels.

    Returns
    -------
    (height, width) uint8
    """
    if image.ndim == 2:
        return image
    return np.asarray(cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY), np.uint8)


def _within(low: float, high: float, length: int) -> tuple[int, int]:
    """Whole pixels that cover a stretch, at least one."""
    first = min(max(int(np.floor(low)), 0), length - 1)
    return first, min(max(int(np.ceil(high)), first + 1), length)


def _turned(
    x: float, y: float, scale: float, n_pixels: int, roll_deg: float
) -> NDArray[np.floating[Any]]:
    """Map (2, 3) from a crop's pixels to those of the picture, centre to centre."""
    angle = np.deg2rad(roll_deg)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle = np.full(2, (n_pixels - 1) / 2)
    shift = np.array([x - 0.5, y - 0.5]) - turn @ middle
    return np.column_stack([turn, shift])
