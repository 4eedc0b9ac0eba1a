"""Pictures with drawn faces at known places."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.synthetic.action_units import intensities
from affuse.synthetic.faces import make_face
from affuse.synthetic.identity import make_identity

Image = NDArray[np.uint8]


@cache
def portrait(person: int) -> Image:
    """(720, 720, 3) RGB: one face in the middle, about 0.6 of the picture wide."""
    picture = make_face(make_identity(person, seed=0)).draw(intensities({}))
    return picture[:, 280:1000]


def with_faces(width: int, height: int, places: dict[int, tuple[int, int, int]]) -> Image:
    """A picture with portraits, of three people in turn, each at (left, top, side) in pixels."""
    picture = np.full((height, width, 3), 90, np.uint8)
    for person, (left, top, side) in places.items():
        small = cv2.resize(portrait(1 + person % 3), (side, side), interpolation=cv2.INTER_AREA)
        picture[top : top + side, left : left + side] = small
    return picture
