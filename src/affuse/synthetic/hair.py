"""Hair: a shape of one texture, its hairline by style, with a shadow on the forehead."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

from affuse.synthetic.canvas import Image, blend, blurred, faded, mask, pixels_of, rgb, smooth
from affuse.synthetic.frame import REGION, Frame
from affuse.synthetic.head import head_mask
from affuse.synthetic.identity import Hair, Identity

_HAIRLINES: dict[Hair, tuple[tuple[float, float], ...]] = {
    "short": ((0.85, -0.1), (0.8, -0.45), (0.6, -0.74), (0.2, -0.78), (-0.25, -0.74)),
    "parted": ((0.86, -0.12), (0.8, -0.5), (0.66, -0.8), (0.42, -0.9), (-0.2, -0.66)),
    "cropped": ((0.82, -0.2), (0.74, -0.55), (0.5, -0.8), (0.0, -0.84), (-0.4, -0.8)),
    "tied": ((0.88, -0.15), (0.8, -0.5), (0.55, -0.8), (0.0, -0.93), (-0.5, -0.82)),
    "fringe": ((0.9, 0.02), (0.82, -0.4), (0.68, -0.62), (0.3, -0.68), (-0.3, -0.68)),
    "swept": ((0.9, -0.02), (0.8, -0.45), (0.55, -0.66), (0.1, -0.78), (-0.4, -0.88)),
}


def paint_hair(region: Image, identity: Identity, frame: Frame) -> None:
    """Draw the hair and the shadow it throws into the region (h, w, 3).

    Parameters
    ----------
    region : (h, w, 3) uint8
        Changed in place.
    identity : Identity
        Whose face it is.
    frame : Frame
        Where the face is.
    """
    top = [(0.0, -1.33), (0.34, -1.27), (0.67, -1.06), (0.89, -0.7), (0.955, -0.3), (0.93, -0.02)]
    crown = np.array([(-x, y) for x, y in reversed(top[1:])] + top)
    cropped = identity.hair == "cropped"
    if cropped:
        crown = crown * 0.94 - (0, 0.02)
    line = _HAIRLINES[identity.hair]
    hairline = [*line, (-0.66, -0.66), (-0.82, -0.42), (-line[0][0], line[0][1])]
    inner = smooth(np.array(hairline), 10)
    shape = np.concatenate([smooth(crown, 10), inner]) * (identity.width, identity.height)
    coverage = mask((REGION[1], REGION[0]), frame.pixels(shape), 3.0)
    shadow = np.minimum(blurred(np.roll(coverage, 8, axis=0), 9.0), head_mask(identity, frame))
    blend(region, faded(region, 0.7), shadow)
    blend(region, _texture(identity, frame), faded(coverage, 0.8) if cropped else coverage)


def _texture(identity: Identity, frame: Frame) -> Image:
    """Hair (h, w, 3): strands that run down from the crown, with a band of gloss."""
    x, y = frame.units()
    rng = np.random.default_rng(round(1e4 * identity.scale_px))
    strands = gaussian_filter1d(rng.standard_normal(720), 1.2, mode="wrap")
    strands = strands / strands.std()
    angle = np.arctan2(x, y + 1.75) / np.pi + 0.5
    bend = (angle * 1100 + 10 * np.sin(5 * y + 3 * x)).astype(np.int32) % 720
    radius = np.hypot(x, y + 0.1)
    gloss = np.exp(-(((radius - 0.98) / 0.12) ** 2)) * np.clip(-y, 0, 1)
    lit = 0.95 + 0.25 * x * np.sign(identity.light[0]) - 0.12 * np.clip(y, 0, 2)
    tone = lit + 0.09 * strands[bend] + 0.45 * gloss
    return pixels_of(tone[..., None] * rgb(identity.hair_colour) + 14 * gloss[..., None])
