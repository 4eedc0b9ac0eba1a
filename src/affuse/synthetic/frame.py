"""Where a face sits in the picture, and the units that it is drawn in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.synthetic.canvas import Image, Points
from affuse.synthetic.identity import Identity

WIDTH, HEIGHT = 1280, 720
"""Size of every picture in pixels."""

REGION = (630, 696)
"""Width and height in pixels of the region around the head: the only one that changes."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a face sits in the picture.

    Attributes
    ----------
    origin : (2,) ndarray
        Pixel, in the region, of the point between the eyes.
    corner : (x, y)
        Pixel of the picture at which the region begins.
    scale_px : float
        Pixels per face unit.
    """

    origin: NDArray[np.float64]
    corner: tuple[int, int]
    scale_px: float

    def pixels(self, points: NDArray[np.float64]) -> Points:
        """Points (n, 2) in face units as pixels of the region.

        Parameters
        ----------
        points : (n, 2) float64
            In face units.

        Returns
        -------
        (n, 2) float64
        """
        return np.asarray(points * self.scale_px + self.origin)

    def units(self, step: int = 1) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Face units x and y (h, w) of the region's pixels, of every `step`-th one.

        Parameters
        ----------
        step : int

        Returns
        -------
        tuple of (h, w) float32
            x and y.
        """
        columns = np.arange(0, REGION[0], step, dtype=np.float32) + (step - 1) / 2
        rows = np.arange(0, REGION[1], step, dtype=np.float32) + (step - 1) / 2
        x, y = np.meshgrid(
            (columns - self.origin[0]) / self.scale_px, (rows - self.origin[1]) / self.scale_px
        )
        return x.astype(np.float32), y.astype(np.float32)

    def cut(self, picture: Image) -> Image:
        """View of the region in a whole picture.

        Parameters
        ----------
        picture : (720, 1280, 3) uint8

        Returns
        -------
        (h, w, 3) uint8
            A view.
        """
        x, y = self.corner
        return picture[y : y + REGION[1], x : x + REGION[0]]


def place(identity: Identity) -> Frame:
    """Frame for an identity's place and size in the picture.

    Parameters
    ----------
    identity : Identity
        Whose face it is.

    Returns
    -------
    Frame
    """
    x, y = identity.centre_px
    left = int(np.clip(x - REGION[0] / 2, 0, WIDTH - REGION[0]))
    top = int(np.clip(y - 0.475 * REGION[1], 0, HEIGHT - REGION[1]))
    return Frame(np.array([x - left, y - top]), (left, top), identity.scale_px)
