"""Heads in other poses than upright and frontal, for the cascades that come with OpenCV."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray

from affuse.media.faces import Image
from affuse.media.small_pictures import turned

FRONTAL_CASCADE = "haarcascade_frontalface_alt2.xml"
PROFILE_CASCADE = "haarcascade_profileface.xml"

ROLL_DEG = 22.0
"""The frontal cascade finds heads turned by up to 12 degrees: these two turns reach to 34."""


@dataclass(frozen=True, slots=True)
class Framing:
    """From a detector's square to the frame of FER2013.

    Attributes
    ----------
    enlargement : float
        Side of the frame in sides of the square.
    down : float
        Shift of the centre in sides of the square.
    across : float
        Shift of the centre to the right, the same.
    """

    enlargement: float = 1.0
    down: float = 0.0
    across: float = 0.0


# Median over FER2013 `val`, faces enlarged and put into a larger picture, of where the cascade's
# square lies in the frame: `benchmarks/face_framing.py`.
FRONTAL_FRAMING = Framing(enlargement=1.04, down=0.0)

# Median over 78 faces of film that both cascades found: the profile's square has the ear in it.
PROFILE_FRAMING = Framing(enlargement=0.96, down=0.015, across=-0.157)


@dataclass(frozen=True, slots=True)
class FaceSquare:
    """A cascade's detection, framed as in FER2013, in pixels of the picture searched.

    Attributes
    ----------
    x, y : float
        Centre.
    side : float
    neighbours : int
        Windows around it in which the cascade found the same.
    """

    x: float
    y: float
    side: float
    neighbours: int


@dataclass(frozen=True, slots=True)
class Scales:
    """Sizes at which a cascade searches a picture.

    Attributes
    ----------
    least, most : int
        Sides of the window, in pixels.
    step : float
        From one size to the next.
    """

    least: int
    most: int
    step: float


@dataclass(frozen=True)
class PoseDetector:
    """A cascade for heads in one pose; loaded on first use, not for several threads at once.

    Attributes
    ----------
    cascade : str
        File among OpenCV's.
    framing : Framing
    roll_deg : float
        Turn of the head, clockwise.
    mirrored : bool
        The picture is searched as in a mirror: the profile cascade knows faces that are turned to
        the picture's left.

    Notes
    -----
    Method of Viola & Jones 2001, trees of Lienhart & Maydt 2002; profile by Bradley 2003.
    """

    cascade: str = FRONTAL_CASCADE
    framing: Framing = FRONTAL_FRAMING
    roll_deg: float = 0.0
    mirrored: bool = False

    @cached_property
    def _classifier(self) -> cv2.CascadeClassifier:
        # pyproject pins OpenCV below 5, whose wheel has no cascades.
        return cv2.CascadeClassifier(cv2.data.haarcascades + self.cascade)

    def squares(
        self, picture: Image, scales: Scales, least_neighbours: int
    ) -> tuple[FaceSquare, ...]:
        """Faces in a small grey picture.

        Parameters
        ----------
        picture : (height, width) uint8
        scales : Scales
        least_neighbours : int
            Below it, what was found is none.

        Returns
        -------
        tuple of FaceSquare
            Surest first.
        """
        posed = turned(picture, self.roll_deg) if self.roll_deg else picture
        if self.mirrored:
            posed = np.ascontiguousarray(posed[:, ::-1])
        found, neighbours = self._classifier.detectMultiScale2(
            posed,
            scales.step,
            least_neighbours,
            minSize=(scales.least, scales.least),
            maxSize=(scales.most, scales.most),
        )
        squares = [
            self._unposed(np.asarray(place, np.int32), int(n), picture.shape)
            for place, n in zip(found, neighbours, strict=True)
        ]
        return tuple(sorted(squares, key=_neighbours, reverse=True))

    def _unposed(
        self, place: NDArray[np.int32], neighbours: int, shape: tuple[int, ...]
    ) -> FaceSquare:
        """A detection framed as in FER2013, and mapped back to the picture as given."""
        height, width = shape
        left, top, side = (float(value) for value in place[:3])
        x = left + side * (0.5 + self.framing.across)
        y = top + side * (0.5 + self.framing.down)
        if self.mirrored:
            x = width - x
        angle = math.radians(self.roll_deg)
        right, down = x - width / 2, y - height / 2
        return FaceSquare(
            width / 2 + right * math.cos(angle) - down * math.sin(angle),
            height / 2 + right * math.sin(angle) + down * math.cos(angle),
            self.framing.enlargement * side,
            neighbours,
        )


def pose_detectors() -> tuple[PoseDetector, ...]:
    """One new detector for each pose: upright, both profiles, and tilted to either side.

    Returns
    -------
    tuple of PoseDetector
    """
    return (
        PoseDetector(),
        PoseDetector(PROFILE_CASCADE, PROFILE_FRAMING),
        PoseDetector(PROFILE_CASCADE, PROFILE_FRAMING, mirrored=True),
        PoseDetector(roll_deg=ROLL_DEG),
        PoseDetector(roll_deg=-ROLL_DEG),
    )


def _neighbours(square: FaceSquare) -> int:
    return square.neighbours
