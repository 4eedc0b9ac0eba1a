"""Degradations of faces: by camera, light and transmission."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Face = NDArray[np.uint8]
Degradation = Callable[[Face, np.random.Generator], Face]


def _out_of_focus(face: Face, rng: np.random.Generator) -> Face:
    """Gaussian blur of half a pixel to six, of 48 per face."""
    return _levels(cv2.GaussianBlur(face, (0, 0), rng.uniform(0.5, 6.0), borderType=_EDGE))


def _in_motion(face: Face, rng: np.random.Generator) -> Face:
    """Motion blur: the mean along a line of 3 to 20 pixels, in any direction."""
    length, angle = rng.uniform(3.0, 20.0), rng.uniform(0.0, np.pi)
    places = np.linspace(-length / 2, length / 2, 201)
    kernel = np.zeros((21, 21), np.float32)
    row, column = (np.rint(10 + places * way(angle)).astype(int) for way in (np.sin, np.cos))
    np.add.at(kernel, (row, column), 1 / len(places))
    return _levels(cv2.filter2D(face, -1, kernel, borderType=_EDGE))


def _tiny(face: Face, rng: np.random.Generator) -> Face:
    """Faces reduced to 5 to 32 pixels, and enlarged again."""
    side = int(rng.integers(5, 33))
    how = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[rng.integers(2)]
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    return _levels(cv2.resize(small, face.shape[::-1], interpolation=how))


def _compressed(face: Face, rng: np.random.Generator) -> Face:
    """Faces of 16 to 48 pixels, stored as JPEG of quality 1 to 24."""
    side, quality = int(rng.integers(16, 49)), int(rng.integers(1, 25))
    small = cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA)
    _, stored = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, quality])
    again = np.asarray(cv2.imdecode(stored, cv2.IMREAD_GRAYSCALE))
    return _levels(cv2.resize(again, face.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _in_the_dark(face: Face, rng: np.random.Generator) -> Face:
    """Half to a 128th of the light, with up to two grey levels of noise."""
    light, noise = 2 ** rng.uniform(-7.0, -1.0), rng.uniform(0.0, 2.0)
    return _levels(face * light + rng.normal(0.0, noise, face.shape))


def _noisy(face: Face, rng: np.random.Generator) -> Face:
    """Noise of 10 to 90 grey levels, half of the time of a pixel's size and larger."""
    grains = _levels(face + rng.normal(0.0, rng.uniform(10.0, 90.0), face.shape))
    if rng.random() < 0.5:
        return grains
    return _levels(cv2.GaussianBlur(grains, (0, 0), rng.uniform(0.4, 1.2), borderType=_EDGE))


DEGRADATIONS: dict[str, Degradation] = {
    "out of focus": _out_of_focus,
    "in motion": _in_motion,
    "tiny": _tiny,
    "compressed": _compressed,
    "in the dark": _in_the_dark,
    "noisy": _noisy,
}
"""Degradations of a face, each of a random strength, by the name that reports use."""

_EDGE = cv2.BORDER_REPLICATE


def degraded(faces: NDArray[np.uint8], name: str, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Faces, each degraded by a random strength.

    Parameters
    ----------
    faces : (n, size, size) uint8
    name : str
        Of `DEGRADATIONS`.
    rng : numpy.random.Generator

    Returns
    -------
    (n, size, size) uint8
    """
    return np.stack([DEGRADATIONS[name](face, rng) for face in faces])


def _levels(values: NDArray[np.generic]) -> Face:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
