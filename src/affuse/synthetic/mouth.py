"""The mouth: lips, teeth and tongue, drawn anew in every frame."""

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
    fill,
    mask,
    soft_fill,
    stroke,
    tinted,
)
from affuse.synthetic.frame import Frame
from affuse.synthetic.identity import Identity
from affuse.synthetic.muscles import Pose, carry

MOUTH_Y = 0.86
_DARK: Colour = (58, 18, 22)
_TEETH: Colour = (238, 234, 226)
_TONGUE: Colour = (176, 84, 84)


@dataclass(frozen=True)
class Lips:
    """Four curves (n, 2) from the left corner to the right, in face units.

    Attributes
    ----------
    top, bottom : (n, 2) ndarray
        Outer edges of the upper and of the lower lip.
    upper, lower : (n, 2) ndarray
        Edges of the opening; equal where the mouth is shut.
    """

    top: Points
    upper: Points
    lower: Points
    bottom: Points

    @property
    def opening(self) -> float:
        """Height of the opening in its middle, in face units."""
        middle = len(self.upper) // 2
        return float(self.lower[middle, 1] - self.upper[middle, 1])


def lips(identity: Identity, units: NDArray[np.float64]) -> Lips:
    """Lips of one frame from its action units (17,).

    Parameters
    ----------
    identity : Identity
        Whose face it is.
    units : (17,) float64
        Intensities of the action units, 0 to 5.

    Returns
    -------
    Lips
    """
    share = units / MAX_INTENSITY
    thin = 1 - 0.6 * share[AU["AU23"]] - 0.25 * share[AU["AU20"]] - 0.15 * share[AU["AU12"]]
    thick = 0.075 * identity.lip_thickness * max(thin, 0.3)
    corner_x, corner_y = _corner(identity, share)
    part, jaw = share[AU["AU25"]], share[AU["AU26"]]
    raised = 0.095 * share[AU["AU10"]] + 0.05 * share[AU["AU09"]] + 0.02 * share[AU["AU12"]]
    pushed = 0.06 * share[AU["AU17"]]
    seam_upper = MOUTH_Y - raised - 0.035 * part
    seam_lower = MOUTH_Y - pushed + 0.06 * part + 0.26 * jaw * (0.35 + 0.65 * min(1.0, 2 * part))
    seam_lower = max(seam_lower, seam_upper)
    if part + jaw < 0.05:
        seam_upper = seam_lower = 0.5 * (seam_upper + seam_lower)
    t = np.linspace(-1, 1, 33)
    x = corner_x * t
    flat = np.abs(t) ** (2.0 + 1.2 * share[AU["AU10"]])
    bow = 1 - flat

    def curve(middle: float | NDArray[np.float64], start: float = corner_y) -> Points:
        return np.column_stack([x, start + (middle - start) * bow])

    cupid = 0.018 * np.exp(-((t / 0.12) ** 2)) * identity.lip_thickness
    top = curve(seam_upper - thick * 0.85 + cupid, corner_y)
    bottom = curve(seam_lower + thick * 1.15, corner_y)
    return Lips(top, curve(seam_upper), curve(seam_lower), bottom)


def draw_mouth(
    region: Image, identity: Identity, frame: Frame, units: NDArray[np.float64], pose: Pose
) -> None:
    """Draw the mouth into the region (h, w, 3).

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
    shape = lips(identity, units)
    top, upper, lower, bottom = (
        frame.pixels(carry(curve, pose))
        for curve in (shape.top, shape.upper, shape.lower, shape.bottom)
    )
    red = _lip_colour(identity)
    below = bottom + _down(0.035 * frame.scale_px)
    soft_fill(region, np.concatenate([lower, below[::-1]]), tinted(identity.skin, 0.62), 6.0, 0.6)
    soft_fill(region, np.concatenate([top, upper[::-1]]), tinted(red, 0.86), 1.2)
    soft_fill(region, np.concatenate([lower, bottom[::-1]]), red, 1.2)
    inner = slice(8, -8)
    gleam = 0.55 * lower[inner] + 0.45 * bottom[inner]
    soft_fill(
        region,
        np.concatenate([gleam, gleam[::-1] + _down(0.018 * frame.scale_px)]),
        tinted(red, 1.35),
        3.0,
        0.6,
    )
    if shape.opening > 0.008:
        teeth = min(1.0, 0.2 + (units[AU["AU12"]] + units[AU["AU10"]] + units[AU["AU20"]]) / 6)
        _draw_inside(region, upper, lower, frame.scale_px, teeth)
    stroke(region, upper, tinted(red, 0.45), 2)
    for corner, side in ((upper[0], -1), (upper[-1], 1)):
        tick = np.array([corner, corner + np.array([side * 4, 1])])
        stroke(region, tick, tinted(identity.skin, 0.5), 3)


def _corner(identity: Identity, share: NDArray[np.float64]) -> tuple[float, float]:
    x = 0.335 * identity.mouth_width
    x += 0.1 * share[AU["AU12"]] + 0.1 * share[AU["AU20"]] + 0.04 * share[AU["AU14"]]
    x -= 0.07 * share[AU["AU23"]] + 0.03 * share[AU["AU17"]] + 0.05 * share[AU["AU26"]]
    y = MOUTH_Y - 0.14 * share[AU["AU12"]] + 0.13 * share[AU["AU15"]] + 0.03 * share[AU["AU20"]]
    y += 0.03 * share[AU["AU26"]] + 0.02 * share[AU["AU17"]] - 0.01 * share[AU["AU14"]]
    return float(x), float(y)


def _draw_inside(
    region: Image, upper: Points, lower: Points, scale_px: float, teeth: float
) -> None:
    opening = np.concatenate([upper, lower[::-1]])
    left, top = np.floor(opening.min(axis=0) - 3).astype(int)
    right, bottom = np.ceil(opening.max(axis=0) + 3).astype(int)
    patch = region[top:bottom, left:right]
    inside = np.empty_like(patch)
    inside[...] = np.asarray(_DARK, np.uint8)
    offset = np.array([left, top])
    gap = float((lower[:, 1] - upper[:, 1]).max())
    middle = lower[len(lower) // 2] - offset
    tongue = np.linspace(0, 2 * np.pi, 24)
    bulge = np.column_stack([0.16 * np.cos(tongue), 0.09 * np.sin(tongue)]) * scale_px
    soft_fill(inside, bulge + middle - _down(0.01 * scale_px), _TONGUE, 3.0, 0.9)
    row = min(0.075 * scale_px, 0.62 * gap) * teeth
    upper_row = np.concatenate([upper, upper[::-1] + _down(row)]) - offset
    fill(inside, upper_row, _TEETH)
    if gap > 0.1 * scale_px and teeth > 0.7:
        depth = 0.03 * scale_px
        fill(
            inside,
            np.concatenate([lower, lower[::-1] - _down(depth)]) - offset,
            tinted(_TEETH, 0.85),
        )
    blend(patch, inside, mask(patch.shape[:2], opening - offset))


def _down(pixels: float) -> Points:
    return np.array([0.0, pixels])


def _lip_colour(identity: Identity) -> Colour:
    red, green, blue = identity.skin
    rosy = 0.5 if identity.female else 0.32
    return 0.93 * red * (1 - rosy) + 190 * rosy, 0.72 * green, 0.74 * blue
