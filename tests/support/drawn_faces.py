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


def drawn_crops(n_faces: int) -> NDArray[np.float32]:
    """Faces of 48 pixels with brows, eyes and a mouth, all different: (n_faces, 48, 48)."""
    rng = np.random.default_rng(0)
    faces = np.full((n_faces, 192, 192), 60.0, np.float32)
    for face in faces:
        skin, dark = rng.uniform(140, 220), rng.uniform(20, 70)
        cv2.ellipse(face, (96, 96), (70, 88), 0, 0, 360, skin, -1)
        for side in (-1, 1):
            x = int(96 + side * rng.uniform(28, 34))
            cv2.ellipse(face, (x, 72), (13, int(rng.uniform(4, 9))), 0, 0, 360, dark, -1)
            cv2.line(face, (x - 16, 54), (x + 16, int(rng.uniform(46, 58))), dark, 5)
        cv2.ellipse(face, (96, 132), (26, int(rng.uniform(3, 14))), 0, 0, 360, dark, -1)
    return np.stack([cv2.resize(face, (48, 48), interpolation=cv2.INTER_AREA) for face in faces])
