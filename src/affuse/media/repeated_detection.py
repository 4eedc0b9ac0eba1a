"""The cascade from picture to picture: where larger faces stay, small ones wait a moment."""

from __future__ import annotations

import math
from collections.abc import Sequence

from affuse.media.face_boxes import holds_centre
from affuse.media.face_detectors import HaarDetector
from affuse.media.faces import FoundFace, Image
from affuse.records import Box

_ROUNDING_S = 1e-6
"""Time stamps are rounded: a difference this much too small is none."""


class RepeatedDetection:
    """Detects faces in the pictures of one recording, small ones only now and then.

    Most of what a cascade costs is the search for the smallest faces. Where all faces of the last
    picture are found again, none that is much smaller was searched for; the whole picture is
    searched every `whole_s`, after a cut, and when one of them is missing.

    Parameters
    ----------
    detector : HaarDetector
    whole_s : float
        Between two whole searches.

    Examples
    --------
    >>> import numpy as np
    >>> RepeatedDetection(HaarDetector()).faces(0.0, np.zeros((90, 160), np.uint8))
    ()
    """

    def __init__(self, detector: HaarDetector, whole_s: float = 0.8) -> None:
        self._detector = detector
        self._whole_s = whole_s
        self._searched_s = -math.inf
        self._before: tuple[Box, ...] = ()

    def faces(self, time_s: float, image: Image, *, is_cut: bool = False) -> tuple[FoundFace, ...]:
        """Faces in the next picture, surest first.

        Parameters
        ----------
        time_s : float
            Of the picture.
        image : (height, width, 3) or (height, width) uint8
            RGB or grey.
        is_cut : bool
            Another shot begins with this picture.

        Returns
        -------
        tuple of FoundFace

        Raises
        ------
        MediaError
            The image is not a picture.
        """
        found: tuple[FoundFace, ...] = ()
        is_recent = 0 <= time_s - self._searched_s < self._whole_s - _ROUNDING_S
        if self._before and is_recent and not is_cut:
            found = self._detector.detect(image, beside=self._before)
        if not _all_again(self._before, found):
            found, self._searched_s = self._detector.detect(image), time_s
        self._before = tuple(face.box for face in found)
        return found


def _all_again(before: Sequence[Box], found: Sequence[FoundFace]) -> bool:
    """Whether there were some, and each is where it was, more or less."""
    return bool(before) and all(
        any(holds_centre(box, face.box) and holds_centre(face.box, box) for face in found)
        for box in before
    )
