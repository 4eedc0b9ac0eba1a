"""Face detectors: the cascade that comes with OpenCV, and YuNet once downloaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import cv2.data
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from affuse.errors import MediaError
from affuse.media.face_boxes import square_of
from affuse.media.face_poses import FRONTAL_CASCADE, FRONTAL_FRAMING, Framing
from affuse.media.faces import (
    FaceDetector,
    FoundFace,
    Image,
    checked,
    distinct,
    grey,
    square_box,
)
from affuse.media.small_pictures import fitted, one_thread
from affuse.records import Box
from affuse.storage.cache import weights_folder

YUNET_FILE_NAME = "face_detection_yunet_2023mar.onnx"

# Steps of 1.1 cost twice as much and found no further face in real clips, one with ten faces too.
_SCALE_STEP = 1.2
_LEAST_NEIGHBOURS = 3
_LEAST_SIDE = 24
# The windows that make up one face differ in size by as much: in 249 pictures of 13 films each face
# that was there before was found with the same box; with 2.0 two had another, with 1.45 a third.
_MUCH_SMALLER = 2.4
_HALF_SURE = 5.0
"""Neighbours at which a score is 0.5: real faces had 7 to 50, what is none rarely above 5."""

_YUNET_THRESHOLD = 0.7
_YUNET_OVERLAP = 0.3

# Where FER2013 has eyes and mouth, as shares of its frame (medians of `benchmarks/face_framing.py`
# over the faces of `val` in which OpenCV's cascades for eyes and mouth see them).
_EYES_APART = 0.382
_EYES_TO_MOUTH = 0.42
_EYES_TO_CENTRE = 0.5 - 0.378


@dataclass(frozen=True)
class HaarDetector(FaceDetector):
    """OpenCV's cascade for frontal faces, on a small grey copy of the picture.

    Upright faces seen from the front, from a thirteenth of the picture's longer side on; what that
    costs stands in docs/faces.md. The cascade is loaded on first use and is not for several threads
    at once: give each its own detector.

    Attributes
    ----------
    side : int
        Longer side of the copy, in pixels.
    framing : Framing
        What makes of the cascade's square the frame of FER2013.

    Notes
    -----
    Method of Viola & Jones 2001, trees of Lienhart & Maydt 2002.

    Examples
    --------
    >>> HaarDetector().detect(np.zeros((720, 1280, 3), np.uint8))
    ()
    """

    side: int = 320
    framing: Framing = FRONTAL_FRAMING

    @cached_property
    def _cascade(self) -> cv2.CascadeClassifier:
        # pyproject pins OpenCV below 5, whose wheel has no cascades.
        return cv2.CascadeClassifier(cv2.data.haarcascades + FRONTAL_CASCADE)

    def __getstate__(self) -> Mapping[str, Any]:
        return {"side": self.side, "framing": self.framing}

    @override
    def detect(self, image: Image, beside: Sequence[Box] = ()) -> tuple[FoundFace, ...]:
        """Faces in a picture, (height, width, 3) RGB or (height, width) grey, surest first.

        Parameters
        ----------
        image : (height, width, 3) or (height, width) uint8
            RGB, or grey levels.
        beside : sequence of Box
            Of faces that were there a moment ago: none much smaller than the smallest of them is
            searched for, which takes a quarter of the time.

        Returns
        -------
        tuple of FoundFace
            With boxes in pixels.

        Raises
        ------
        MediaError
            The image is not a picture.
        """
        with one_thread():
            small = fitted(grey(checked(image)), self.side)
            height, width = small.shape
            least = self._least_side(beside, width, height)
            squares, neighbours = self._cascade.detectMultiScale2(
                small, _SCALE_STEP, _LEAST_NEIGHBOURS, minSize=(least, least)
            )
        found = [
            FoundFace(self._box(square, width, height), float(n / (n + _HALF_SURE)))
            for square, n in zip(squares, neighbours, strict=True)
        ]
        return distinct(found)

    def _least_side(self, beside: Sequence[Box], width: int, height: int) -> int:
        """Of squares in the small copy, in pixels."""
        sides = [square_of(box, width, height)[2] for box in beside]
        smallest = min(sides, default=0.0) / self.framing.enlargement
        return max(round(smallest / _MUCH_SMALLER), _LEAST_SIDE)

    def _box(self, square: Sequence[int], width: int, height: int) -> Box:
        left, top, side, _ = (float(value) for value in square)
        y = top + side / 2 + self.framing.down * side
        return square_box(left + side / 2, y, self.framing.enlargement * side, width, height)


@dataclass(frozen=True)
class YunetDetector(FaceDetector):
    """YuNet through OpenCV: also finds profiles and rotated faces, and gives landmarks.

    The network is loaded on first use and is not for several threads at once.

    Attributes
    ----------
    model : Path
        As `affuse download yunet` leaves it.
    side : int
        Longer side of the copy that is searched, in pixels.

    Notes
    -----
    Wu, Peng & Yu 2023, YuNet: A Tiny Millisecond-level Face Detector.
    """

    model: Path
    side: int = 320

    @cached_property
    def _network(self) -> Any:
        if not self.model.is_file():
            raise MediaError(
                f"{self.model} is not a file; expected the network {YUNET_FILE_NAME}: "
                "fetch it with affuse download yunet"
            )
        try:
            return cv2.FaceDetectorYN.create(
                str(self.model), "", (self.side, self.side), _YUNET_THRESHOLD, _YUNET_OVERLAP
            )
        except cv2.error as error:
            raise self._unfit(error) from error

    def __getstate__(self) -> Mapping[str, Any]:
        return {"model": self.model, "side": self.side}

    @override
    def detect(self, image: Image) -> tuple[FoundFace, ...]:
        """Faces with their landmarks.

        Raises
        ------
        MediaError
            The image is not a picture, or the model is not YuNet.
        """
        conversion = cv2.COLOR_GRAY2BGR if checked(image).ndim == 2 else cv2.COLOR_RGB2BGR
        network = self._network
        with one_thread():
            small = cv2.cvtColor(fitted(image, self.side), conversion)
            height, width = small.shape[:2]
            network.setInputSize((width, height))
            try:
                _, rows = network.detect(small)
            except cv2.error as error:
                raise self._unfit(error) from error
        found = () if rows is None else (_with_landmarks(row, width, height) for row in rows)
        seen = (face for face in found if face.box.width > 0 and face.box.height > 0)
        return distinct(tuple(seen))

    def _unfit(self, error: cv2.error) -> MediaError:
        return MediaError(
            f"{self.model} does not work as YuNet ({error.err or 'OpenCV cannot read it'}); "
            f"expected {YUNET_FILE_NAME}: remove it and run affuse download yunet"
        )


def default_detector() -> FaceDetector:
    """YuNet where `affuse download yunet` has fetched it, else the cascade.

    Returns
    -------
    FaceDetector

    Examples
    --------
    >>> default_detector().detect(np.zeros((48, 48), np.uint8))
    ()
    """
    model = weights_folder() / YUNET_FILE_NAME
    return YunetDetector(model) if model.is_file() else HaarDetector()


def _with_landmarks(row: NDArray[np.float32], width: int, height: int) -> FoundFace:
    """One row of YuNet's: box (4), five points (10), score; pixels of the small picture."""
    points = row[4:14].reshape(5, 2).astype(float)
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    across = points[1] - points[0]
    # Of two lengths the longer: a head that turns aside or nods foreshortens but one of them.
    side = max(
        np.hypot(*across) / _EYES_APART,
        np.hypot(*(mouth - eyes)) / _EYES_TO_MOUTH,
    )
    roll = np.arctan2(across[1], across[0])
    x, y = eyes + _EYES_TO_CENTRE * side * np.array([-np.sin(roll), np.cos(roll)])
    landmarks = tuple((float(at[0]), float(at[1])) for at in points / (width, height))
    box = square_box(float(x), float(y), float(side), width, height)
    return FoundFace(box, float(np.clip(row[14], 0, 1)), landmarks, float(np.rad2deg(roll)))
