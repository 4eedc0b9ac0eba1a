"""Image quality of a face crop, as the face network takes it."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

DETAIL = (3.0, 12.0)
"""Cycles over the width of a face: brows, eyes, mouth and folds. Blur takes them first."""
NOISE_FROM = 16.0
"""Beyond, faces of 48 pixels hold little but noise."""
LEAST = 1e-6


def face_quality(crops: ArrayLike) -> Floats:
    """Share of a face's variance that is detail rather than noise.

    Blur, enlargement and compression take the detail, darkness and noise cover it: all lower it.
    The light of a face does not matter.

    Parameters
    ----------
    crops : (n, size, size) array
        Grey levels.

    Returns
    -------
    (n,) float64
        Of the squares of the cosine transform but its mean, those of 3 to 12 cycles a face less
        the noise among them, which is taken to be as strong everywhere as beyond 16 cycles.
        In (0, 1]; a flat picture has the least, 1e-6.

    Examples
    --------
    >>> face = np.random.default_rng(0).normal(128, 20, (1, 12, 12)).repeat(4, 1).repeat(4, 2)
    >>> np.all(face_quality(face) > face_quality(face + np.arange(48)))
    np.True_
    """
    faces = np.asarray(crops, np.float64)
    size = faces.shape[-1]
    cosines, cycles = _cosines(size), _cycles(size)
    squares = np.square(cosines @ faces @ cosines.T)
    detail = (cycles >= DETAIL[0]) & (cycles < DETAIL[1])
    noise = squares[:, cycles >= NOISE_FROM].mean(axis=1) * detail.sum()
    shown = squares[:, cycles > 0].sum(axis=1)
    share = (squares[:, detail].sum(axis=1) - noise) / np.maximum(shown, LEAST)
    return np.asarray(np.maximum(share, LEAST))


@cache
def _cosines(size: int) -> Floats:
    """The orthonormal cosine transform (DCT-II) of a line, (size, size)."""
    at, wave = np.meshgrid(np.arange(size), np.arange(size))
    rows = np.cos(np.pi * (at + 0.5) * wave / size) * np.sqrt(2 / size)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows)


@cache
def _cycles(size: int) -> Floats:
    """Spatial frequency of each coefficient, in cycles per width, (size, size)."""
    across, down = np.meshgrid(np.arange(size), np.arange(size))
    return np.asarray(np.hypot(across, down) / 2)
