"""The outline of a head."""

from __future__ import annotations

import numpy as np

from affuse.synthetic.canvas import Image, Points, mask, smooth
from affuse.synthetic.frame import REGION, Frame
from affuse.synthetic.identity import Identity

_OUTLINE = (
    (-1.13, 0.0),
    (-1.08, 0.34),
    (-0.9, 0.63),
    (-0.55, 0.83),
    (-0.1, 0.885),
    (0.25, 0.86),
    (0.55, 0.79),
    (0.82, 0.67),
    (1.02, 0.52),
    (1.17, 0.35),
    (1.26, 0.17),
    (1.285, 0.0),
)


def head_outline(identity: Identity) -> Points:
    """Closed outline (n, 2) of the head in face units.

    Parameters
    ----------
    identity : Identity
        Whose face it is.

    Returns
    -------
    (n, 2) float64
    """
    half = np.array([(width, y) for y, width in _OUTLINE])
    lower = np.clip((half[:, 1] - 0.1) / 0.9, 0, 1)
    half[:, 0] *= identity.width * (1 + (identity.jaw - 1) * lower * lower * (3 - 2 * lower))
    half[:, 1] *= identity.height
    right = smooth(half, 8)
    return np.concatenate([right, right[-2:0:-1] * (-1, 1)])


def head_mask(identity: Identity, frame: Frame) -> Image:
    """Share of each pixel of the region (h, w) that the head covers, 0 to 255.

    Parameters
    ----------
    identity : Identity
        Whose face it is.
    frame : Frame

    Returns
    -------
    (h, w) uint8
    """
    return mask((REGION[1], REGION[0]), frame.pixels(head_outline(identity)), 1.0)
