"""What surrounds a face: shoulders in a shirt, the throat, the ears."""

from __future__ import annotations

import numpy as np

from affuse.synthetic.canvas import (
    Image,
    Points,
    blend,
    mask,
    pixels_of,
    rgb,
    smooth,
    soft_fill,
    stroke,
    tinted,
)
from affuse.synthetic.frame import Frame
from affuse.synthetic.identity import Identity


def paint_body(picture: Image, identity: Identity, frame: Frame) -> None:
    """Draw shoulders, shirt and throat into the picture (720, 1280, 3).

    Parameters
    ----------
    picture : (720, 1280, 3) uint8
        Changed in place.
    identity : Identity
        Whose face it is.
    frame : Frame
        Where the face is.
    """

    def at(points: list[tuple[float, float]]) -> Points:
        return frame.pixels(np.array(points)) + frame.corner

    broad = 0.92 if identity.female else 1.06
    neck = 0.40 if identity.female else 0.50
    shoulders = [(-2.3, 3.2), (-2.15, 2.1), (-1.7, 1.82), (-0.9, 1.62), (-0.5, 1.45)]
    shoulders = [(x * broad, y) for x, y in shoulders]
    body = shoulders + [(-x, y) for x, y in reversed(shoulders)]
    throat = [(-neck, 0.8), (-neck * 1.02, 1.35), (-neck * 1.3, 1.58), (0.0, 1.95)]
    throat += [(-x, y) for x, y in reversed(throat[:-1])]
    soft_fill(picture, at(body), identity.shirt, 2.0)
    collar = at([(x * 1.1, y + 0.05) for x, y in throat if y > 1.4])
    soft_fill(picture, collar, tinted(identity.shirt, 0.6), 3.0)
    _paint_throat(picture, identity, at(throat), neck * frame.scale_px)
    for side in (-1, 1):
        fold = smooth(at([(side * 0.55, 1.62), (side * 0.95, 1.95), (side * 1.1, 2.4)]))
        stroke(picture, fold, tinted(identity.shirt, 0.85), 2)


def _paint_throat(picture: Image, identity: Identity, outline: Points, half_px: float) -> None:
    left, top = np.floor(outline.min(axis=0)).astype(int)
    right, bottom = np.ceil(outline.max(axis=0)).astype(int)
    patch = picture[top:bottom, left:right]
    across = (np.arange(patch.shape[1]) + left - outline[:, 0].mean()) / half_px
    tone = np.clip(0.9 - 0.3 * across**2 + 0.08 * across * np.sign(identity.light[0]), 0.5, 1)
    down = np.linspace(0, 1, patch.shape[0])[:, None]
    under_chin = 1 - 0.5 * np.clip(1 - np.abs(down - 0.38) / 0.3, 0, 1) * (1 - 0.4 * across**2)
    warm = rgb(identity.skin) * (1 - (1 - under_chin[..., None]) * np.array([0.0, 0.12, 0.16]))
    layer = pixels_of((tone * under_chin)[..., None] * warm)
    blend(patch, layer, mask(patch.shape[:2], outline - (left, top), 1.5))


def paint_ears(region: Image, identity: Identity, frame: Frame) -> None:
    """Draw both ears into the region (h, w, 3).

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
        ear = [(0.84, -0.12), (0.95, -0.16), (1.0, -0.02), (0.97, 0.2), (0.9, 0.34), (0.82, 0.3)]
        points = np.array(ear) * (side * identity.width, 1)
        soft_fill(
            region, frame.pixels(smooth(points, closed=True)), tinted(identity.skin, 0.8), 1.2
        )
        inner = np.array([(0.89, -0.04), (0.94, -0.06), (0.93, 0.16), (0.88, 0.22)])
        shape = frame.pixels(smooth(inner * (side * identity.width, 1), closed=True))
        soft_fill(region, shape, tinted(identity.skin, 0.6), 3.0, 0.8)
