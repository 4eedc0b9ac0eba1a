"""The still part of a picture: everything but eyes, brows and mouth, painted once a person."""

from __future__ import annotations

import numpy as np

from affuse.synthetic.body import paint_body, paint_ears
from affuse.synthetic.canvas import Image, blend, pixels_of, rgb
from affuse.synthetic.frame import HEIGHT, WIDTH, Frame
from affuse.synthetic.hair import paint_hair
from affuse.synthetic.head import head_mask
from affuse.synthetic.identity import Identity
from affuse.synthetic.skin import paint_nose, shaded_skin


def paint(identity: Identity, frame: Frame) -> Image:
    """Picture (720, 1280, 3) of a face at rest without eyes, brows and mouth.

    Parameters
    ----------
    identity : Identity
        Whose face it is.
    frame : Frame

    Returns
    -------
    (720, 1280, 3) uint8
    """
    picture = _backdrop(identity)
    region = frame.cut(picture)
    paint_body(picture, identity, frame)
    paint_ears(region, identity, frame)
    blend(region, shaded_skin(identity, frame), head_mask(identity, frame))
    paint_nose(region, identity, frame)
    paint_hair(region, identity, frame)
    return picture


def _backdrop(identity: Identity) -> Image:
    x = np.linspace(-1, 1, WIDTH, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, HEIGHT, dtype=np.float32)[:, None]
    glow = 1.06 - 0.13 * (x * x + 0.6 * (y + 0.2) ** 2) + 0.03 * x * np.sign(identity.light[0])
    return pixels_of(glow[..., None] * rgb(identity.backdrop))
