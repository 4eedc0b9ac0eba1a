"""Eyes and brows: drawn anew in every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.synthetic.action_units import AU, MAX_INTENSITY
from affuse.synthetic.canvas import (
    Colour,
    Image,
    Points,
    blend,
    disc,
    mask,
    pixels_of,
    smooth,
    soft_fill,
    stroke,
    tinted,
)
from affuse.synthetic.frame import Frame
from affuse.synthetic.identity import Identity
from affuse.synthetic.muscles import Pose, carry

EYE_X, EYE_Y = 0.405, 0.0
_HALF_WIDTH = 0.185
_SCLERA: Colour = (236, 232, 228)


@dataclass(frozen=True, slots=True)
class Lids:
    """Heights of the lids above and below the middle of the eye, and the slant of the upper one."""

    upper: float
    lower: float
    slant: float


def lids(units: NDArray[np.float64]) -> Lids:
    """Lids of one frame from its action units (17,).

    Parameters
    ----------
    units : (17,) float64
        Intensities of the action units, 0 to 5.

    Returns
    -------
    Lids
    """
    share = units / MAX_INTENSITY
    upper = 0.082 + 0.052 * share[AU["AU05"]] - 0.03 * share[AU["AU07"]]
    upper -= 0.018 * share[AU["AU06"]] + 0.012 * share[AU["AU04"]]
    lower = 0.062 - 0.038 * share[AU["AU07"]] - 0.034 * share[AU["AU06"]]
    lower -= 0.015 * share[AU["AU09"]]
    slant = 0.05 * share[AU["AU04"]] - 0.075 * share[AU["AU01"]]
    closed = min(1.0, share[AU["AU45"]])
    lower = max(lower, 0.012)
    return Lids(upper * (1 - closed) - 0.05 * closed, lower, slant * (1 - closed))


def draw_eyes(
    region: Image, identity: Identity, frame: Frame, units: NDArray[np.float64], pose: Pose
) -> None:
    """Draw both eyes into the region (h, w, 3).

    Parameters
    ----------
    region : (h, w, 3) uint8
        Changed in place.
    identity : Identity
        Whose face it is.
    frame : Frame
        Where the face is.
    units : (17,) float64
        Intensities of the action units, 0 to 5.
    pose : Pose
        Of the head.
    """
    for side in (-1, 1):
        _draw_eye(region, identity, frame, lids(units), pose, side)


def draw_brows(
    region: Image, identity: Identity, frame: Frame, units: NDArray[np.float64], pose: Pose
) -> None:
    """Draw both eyebrows into the region (h, w, 3).

    Parameters
    ----------
    region : (h, w, 3) uint8
        Changed in place.
    identity : Identity
        Whose face it is.
    frame : Frame
        Where the face is.
    units : (17,) float64
        Intensities of the action units, 0 to 5.
    pose : Pose
        Of the head.
    """
    for side in (-1, 1):
        outline = frame.pixels(carry(_brow(identity, units) * (side, 1), pose))
        colour = tinted(identity.hair_colour, 0.75)
        soft_fill(region, smooth(outline, 6, closed=True), colour, 1.8, 0.9)


def draw_glasses(region: Image, identity: Identity, frame: Frame, pose: Pose) -> None:
    """Draw a pair of glasses into the region (h, w, 3).

    Parameters
    ----------
    region : (h, w, 3) uint8
        Changed in place.
    identity : Identity
        Whose face it is.
    frame : Frame
        Where the face is.
    pose : Pose
        Of the head.
    """
    angle = np.linspace(0, 2 * np.pi, 40)
    rim = np.column_stack([0.275 * np.cos(angle), 0.225 * np.sin(angle) + 0.03])
    dark = (46, 40, 40)
    for side in (-1, 1):
        points = rim * (1, 1) + (side * EYE_X * identity.eye_gap, 0)
        stroke(region, frame.pixels(carry(points, pose)), dark, 4)
        temple = np.array([(side * 0.68, -0.03), (side * 0.9, -0.06)])
        stroke(region, frame.pixels(carry(temple, pose)), dark, 4)
    bridge = smooth(np.array([(-0.14, 0.0), (0.0, -0.05), (0.14, 0.0)]))
    stroke(region, frame.pixels(carry(bridge, pose)), dark, 4)


def _brow(identity: Identity, units: NDArray[np.float64]) -> Points:
    """Outline (n, 2) of the right brow in face units."""
    share = units / MAX_INTENSITY
    inner, outer, knit = share[AU["AU01"]], share[AU["AU02"]], share[AU["AU04"]]
    spine = np.array([(0.15, -0.235), (0.28, -0.28), (0.44, -0.305), (0.58, -0.275), (0.68, -0.21)])
    weight_in = np.array([1.0, 0.75, 0.3, 0.05, 0.0])
    weight_out = np.array([0.0, 0.25, 0.75, 1.0, 0.85])
    spine[:, 1] -= 0.15 * inner * weight_in + 0.14 * outer * weight_out
    knit_down = knit * (1 - 0.85 * min(1.0, 1.5 * inner))
    spine[:, 1] += knit_down * (0.13 * weight_in + 0.035) + 0.03 * share[AU["AU09"]] * weight_in
    spine[:, 0] -= 0.06 * knit * weight_in
    spine[:, 0] *= identity.eye_gap
    half = identity.brow_thickness * np.array([0.028, 0.038, 0.036, 0.026, 0.005])
    upper, lower = spine.copy(), spine[::-1].copy()
    upper[:, 1] -= half
    lower[:, 1] += half[::-1]
    return np.concatenate([upper, lower])


def _draw_eye(
    region: Image, identity: Identity, frame: Frame, shape: Lids, pose: Pose, side: int
) -> None:
    centre = np.array([side * EYE_X * identity.eye_gap, EYE_Y])
    upper, lower = _lid_curves(identity, shape, side)
    crease = upper * (1.06, 1) - (0, 0.045 + 0.02 * (0.1 - shape.upper))
    upper, lower, crease = (
        frame.pixels(carry(curve + centre, pose)) for curve in (upper, lower, crease)
    )
    lid = np.concatenate([crease, upper[::-1]])
    soft_fill(region, lid, tinted(identity.skin, 0.84), 1.5, 0.75)
    if shape.upper > -0.8 * shape.lower:
        opening = np.concatenate([upper, lower[::-1]])
        middle = frame.pixels(carry(centre[None] * (1, 0.6), pose))[0]
        _fill_opening(region, identity, opening, middle, frame.scale_px)
    stroke(region, crease[3:-3], tinted(identity.skin, 0.55), 2)
    stroke(region, lower, tinted(identity.skin, 0.62), 2)
    lash = 5 if identity.female else 4
    stroke(region, upper, tinted(identity.hair_colour, 0.35), lash)
    if identity.female:
        wing = np.array([upper[-1 if side > 0 else 0], upper[-1 if side > 0 else 0]])
        wing[1] += (side * 6, -5)
        stroke(region, wing, tinted(identity.hair_colour, 0.35), 3)


def _lid_curves(identity: Identity, shape: Lids, side: int) -> tuple[Points, Points]:
    """Upper and lower lid (n, 2), from left to right, about the middle of the eye."""
    t = np.linspace(-1, 1, 25)
    half = _HALF_WIDTH * identity.eye_size
    bow = (1 - t * t) ** 0.75
    slanted = -shape.slant * side * t * 0.9 + shape.slant * 0.35
    corner = -0.014 * side * t
    rise = np.maximum(shape.upper * identity.eye_size - slanted, -shape.lower) * bow
    upper = np.column_stack([half * t, corner - rise])
    lower = np.column_stack([half * t, corner + shape.lower * identity.eye_size * bow])
    return upper, lower


def _fill_opening(
    region: Image, identity: Identity, opening: Points, middle: Points, scale_px: float
) -> None:
    left, top = np.floor(opening.min(axis=0) - 3).astype(int)
    right, bottom = np.ceil(opening.max(axis=0) + 3).astype(int)
    patch = region[top:bottom, left:right]
    ball = np.full_like(patch, 0)
    ball[...] = np.asarray(_SCLERA, np.uint8)
    centre = middle - (left, top)
    radius = 0.098 * scale_px * identity.eye_size
    for factor, tone in ((1.0, 0.45), (0.9, 0.9), (0.72, 1.15)):
        disc(ball, centre, radius * factor, tinted(identity.iris, tone))
    disc(ball, centre, radius * 0.44, (14, 12, 12))
    disc(ball, centre - 0.34 * radius, radius * 0.2, (255, 255, 255))
    shadow = mask(ball.shape[:2], opening - (left, top) + (0, 7), 3.0)
    covered = mask(ball.shape[:2], opening - (left, top))
    dimmed = pixels_of(ball * np.array([0.66, 0.62, 0.62]))
    blend(dimmed, ball, shadow)
    blend(patch, dimmed, covered)
