"""Skin of a face at rest: a head's roundness and relief, lit from one side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affuse.synthetic.canvas import Image, pixels_of, rgb, smooth, soft_fill, tinted
from affuse.synthetic.frame import Frame
from affuse.synthetic.identity import Identity

# (x, y, width, height, relief): bumps and hollows of a face at rest, right half mirrored.
_RELIEF = (
    (0.0, 0.2, 0.13, 0.34, 0.07),
    (0.0, 0.46, 0.14, 0.12, 0.11),
    (0.14, 0.5, 0.08, 0.07, 0.035),
    (0.42, 0.0, 0.24, 0.16, -0.06),
    (0.36, -0.3, 0.34, 0.13, 0.035),
    (0.5, 0.36, 0.26, 0.2, 0.06),
    (0.0, 0.7, 0.06, 0.09, -0.02),
    (0.0, 0.86, 0.34, 0.13, 0.04),
    (0.0, 1.02, 0.22, 0.06, -0.03),
    (0.0, 1.16, 0.2, 0.13, 0.055),
)


def shaded_skin(identity: Identity, frame: Frame) -> Image:
    """Skin (h, w, 3) lit from one side: a head's roundness and relief, warm in the shadows.

    Parameters
    ----------
    identity : Identity
        Whose face it is.
    frame : Frame

    Returns
    -------
    (h, w, 3) uint8
    """
    x, y = frame.units()
    lit = _light_on(identity, x, y)
    rosy = np.exp(-(((np.abs(x) - 0.5) / 0.24) ** 2) - ((y - 0.36) / 0.18) ** 2)
    rosy = rosy + 0.8 * np.exp(-((x / 0.14) ** 2) - ((y - 0.5) / 0.1) ** 2)
    bearded = identity.stubble * np.clip((y - 0.55) / 0.35, 0, 1) * np.clip(np.abs(x) + 0.5, 0, 1)
    dark = np.array([0.50, 0.40, 0.36], np.float32)
    bright = np.array([1.07, 1.05, 1.03], np.float32)
    tone = dark + (bright - dark) * lit[..., None]
    tone = tone * (1 - rosy[..., None] * np.array([0.0, 0.09, 0.07]))
    tone = tone * (1 - 0.6 * bearded[..., None] * np.array([1.0, 0.95, 0.85]))
    gloss = 34 * np.clip(lit - 0.86, 0, 1)[..., None] / 0.14
    return pixels_of(tone * rgb(identity.skin) + gloss)


def _light_on(
    identity: Identity, x: NDArray[np.float32], y: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Share of light (h, w) that reaches each point of the face, 0 to 1."""
    relief = np.zeros_like(x)
    for centre, middle, width, height, depth in _RELIEF:
        for side in (1,) if centre == 0 else (-1, 1):
            nose = identity.nose_width if middle > 0.4 and centre < 0.2 else 1.0
            across = (x - side * centre * nose) / (width * nose)
            relief += depth * np.exp(-(across**2) - ((y - middle) / height) ** 2)
    slope_y, slope_x = np.gradient(relief, 1 / identity.scale_px)
    normal_x = x / (0.98 * identity.width) - 1.1 * slope_x
    normal_y = 0.75 * (y - 0.05) / 1.25 - 1.1 * slope_y
    normal_z = np.sqrt(np.clip(1.15 - normal_x**2 * 0.8 - normal_y**2 * 0.8, 0.08, None))
    length = np.sqrt(normal_x**2 + normal_y**2 + normal_z**2)
    light = np.asarray(identity.light) / np.linalg.norm(identity.light)
    facing = (normal_x * light[0] + normal_y * light[1] + normal_z * light[2]) / length
    lit = np.clip(0.24 + 0.68 * facing, 0, 1)
    return np.asarray(lit * lit * (3 - 2 * lit), np.float32)


def paint_nose(region: Image, identity: Identity, frame: Frame) -> None:
    """Draw nostrils and the wings of the nose into the region (h, w, 3).

    Parameters
    ----------
    region : (h, w, 3) uint8
        Changed in place.
    identity : Identity
        Whose face it is.
    frame : Frame
        Where the face is.
    """
    for side in (-1, 1):
        across = np.array([side * identity.nose_width, 1])
        nostril = np.array([(0.035, 0.575), (0.085, 0.55), (0.125, 0.565), (0.08, 0.59)])
        shape = frame.pixels(smooth(nostril * across, closed=True))
        soft_fill(region, shape, tinted(identity.skin, 0.28), 2.0, 0.75)
        wing = np.array([(0.165, 0.45), (0.2, 0.52), (0.165, 0.585), (0.185, 0.52)])
        shape = frame.pixels(smooth(wing * across, closed=True))
        soft_fill(region, shape, tinted(identity.skin, 0.4), 2.5, 0.55)
