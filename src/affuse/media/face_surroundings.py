"""A face's surroundings, in which it is searched for in the next picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from affuse.media.face_boxes import square_of
from affuse.media.face_poses import FaceSquare
from affuse.media.faces import FoundFace, Image, face_crop, grey, square_box
from affuse.records import Box

FACE_SIDE = 48
_MARGIN = 1.2
_SIDE = round((1 + _MARGIN) * FACE_SIDE)

_LIKENESS = 0.7
_LEAST_CONTRAST = 4.0
"""Grey levels: below it a picture has nothing that could be like anything."""


@dataclass(frozen=True, slots=True)
class LostFace:
    """A face that was seen a moment ago and that the detector does not find now.

    Attributes
    ----------
    face : FoundFace
        As it was last seen.
    patch : (height, width, 3) or (height, width) uint8
        The part of the picture that it filled when a detector last found it (`face_patch`).
    best_score : float
        Of all times that a detector found it.
    """

    face: FoundFace
    patch: Image
    best_score: float


def face_patch(image: Image, box: Box) -> Image:
    """The part of a picture that a face fills, for `LostFace`.

    Parameters
    ----------
    image : (height, width, 3) or (height, width) uint8
        RGB or grey.
    box : Box

    Returns
    -------
    (height, width, 3) or (height, width) uint8
        A copy: a picture's memory may be filled anew.
    """
    height, width = image.shape[:2]
    left, right = _pixels(box.left, box.width, width)
    top, bottom = _pixels(box.top, box.height, height)
    return image[top:bottom, left:right].copy()


def surroundings(image: Image, box: Box) -> Image:
    """A face and its surroundings, scaled so that the face in the middle has `FACE_SIDE` pixels.

    Parameters
    ----------
    image : (height, width, 3) or (height, width) uint8
        RGB or grey.
    box : Box
        Of the face.

    Returns
    -------
    (106, 106) uint8
        Grey levels.
    """
    return face_crop(image, box, _SIDE, margin=_MARGIN)


def carried(image: Image, lost: LostFace) -> FoundFace | None:
    """A lost face at the place near its last one where the picture correlates best with it.

    Parameters
    ----------
    image : (height, width, 3) or (height, width) uint8
        RGB or grey.
    lost : LostFace

    Returns
    -------
    FoundFace or None
        None where nothing near is like it.

    Notes
    -----
    The likeness is the normalised cross-correlation of Lewis 1995, Fast template matching.
    """
    box, near = lost.face.box, surroundings(image, lost.face.box)
    scale = FACE_SIDE / max(lost.patch.shape[:2])
    patch = cv2.resize(grey(lost.patch), None, None, scale, scale, interpolation=cv2.INTER_AREA)
    if min(near.std(), patch.std()) < _LEAST_CONTRAST:
        return None
    _, likeness, _, (left, top) = cv2.minMaxLoc(
        cv2.matchTemplate(near, patch, cv2.TM_CCOEFF_NORMED)
    )
    if likeness < _LIKENESS:
        return None
    # The part that is seen moves: where the picture cuts the face off, that is less than a square.
    height, width = image.shape[:2]
    x, y, side = square_of(box, width, height)
    moved = Box(
        (x + (left - _SIDE / 2) * side / FACE_SIDE) / width,
        (y + (top - _SIDE / 2) * side / FACE_SIDE) / height,
        box.width,
        box.height,
    )
    return FoundFace(moved, min(likeness, 1.0), roll_deg=lost.face.roll_deg, carried=True)


def box_near(image: Image, around: Box, square: FaceSquare) -> Box:
    """The box of a square that was found in a face's surroundings.

    Parameters
    ----------
    image : (height, width, 3) or (height, width) uint8
        Of which they are a part.
    around : Box
        Of the face.
    square : FaceSquare
        In pixels of the surroundings.

    Returns
    -------
    Box
        In the picture; of no width or height where it lies beyond it.
    """
    height, width = image.shape[:2]
    x, y, side = square_of(around, width, height)
    scale = side / FACE_SIDE
    return square_box(
        x + (square.x - _SIDE / 2) * scale,
        y + (square.y - _SIDE / 2) * scale,
        square.side * scale,
        width,
        height,
    )


def _pixels(low: float, length: float, n_pixels: int) -> tuple[int, int]:
    first = min(max(round(low * n_pixels), 0), n_pixels - 1)
    return first, min(max(round((low + length) * n_pixels), first + 1), n_pixels)
