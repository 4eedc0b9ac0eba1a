"""Where one shot of a recording ends and the next begins."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.media.faces import Image, grey

_ROWS = 60
_THUMBNAIL = (32, 18)

# Over 33 clips, six pictures a second: within a shot 15 levels and a correlation of 0.77 or more,
# between shots of different people 16 levels and 0.63 or less.
_LEAST_CHANGE = 12.0
_LEAST_LIKENESS = 0.65
_FLAT = 1.0


class CutDetector:
    """Compares each picture with the one before, at thumbnail size.

    A cut changes the levels and what lies where; a flash or a fade changes the levels alone, a
    face that comes near changes little of either.

    Examples
    --------
    >>> black, ramp = np.zeros((18, 32), np.uint8), np.arange(576, dtype=np.uint8).reshape(18, 32)
    >>> cuts = CutDetector()
    >>> [cuts.is_cut(picture) for picture in (ramp, ramp, black, black)]
    [False, False, True, False]
    """

    def __init__(self) -> None:
        self._before: NDArray[np.float64] | None = None

    def is_cut(self, image: Image) -> bool:
        """Whether this picture belongs to another shot than the one before.

        Parameters
        ----------
        image : (height, width, 3) or (height, width) uint8
            RGB or grey.

        Returns
        -------
        bool
            False for the first picture.
        """
        before, self._before = self._before, _thumbnail(image)
        if before is None or np.abs(self._before - before).mean() < _LEAST_CHANGE:
            return False
        return _likeness(before, self._before) < _LEAST_LIKENESS


def _thumbnail(image: Image) -> NDArray[np.float64]:
    # Every so many pixels: averaging all of them would take longer than a tenth of the detector.
    stride = max(image.shape[0] // _ROWS, 1)
    small = grey(image[::stride, ::stride])
    return cv2.resize(small, _THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float64)


def _likeness(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Correlation of two thumbnails; 0 where one of them is uniform."""
    if min(one.std(), other.std()) < _FLAT:
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
