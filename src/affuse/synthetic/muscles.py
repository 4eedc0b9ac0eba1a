"""How action units move the skin and change its light, as fields over the face.

Each unit is a sum of soft pushes (a point of the face, a reach, a movement) and of bulges
and creases (a change of relief that catches the light). All are linear in the intensity,
so that a frame costs one weighted sum of fields at a third of the resolution.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.synthetic.action_units import ACTION_UNITS, MAX_INTENSITY
from affuse.synthetic.canvas import Image, Points, smooth
from affuse.synthetic.frame import REGION, Frame
from affuse.synthetic.head import head_mask
from affuse.synthetic.identity import Identity

STEP = 3
"""Pixels between neighbouring points of the fields."""

Push = tuple[float, float, float, float, float, float]
Crease = tuple[float, float, float, float, float]

# x, y, reach in x, reach in y, movement in x, movement in y: at full intensity, face units,
# for the right half of the picture; mirrored where x > 0.
_PUSHES: dict[str, tuple[Push, ...]] = {
    "AU01": ((0.2, -0.34, 0.22, 0.2, 0.0, -0.11),),
    "AU02": ((0.55, -0.34, 0.24, 0.2, 0.0, -0.11),),
    "AU04": ((0.22, -0.28, 0.2, 0.16, -0.05, 0.1),),
    "AU06": ((0.5, 0.3, 0.26, 0.16, 0.0, -0.07),),
    "AU09": ((0.15, 0.48, 0.15, 0.13, 0.0, -0.08),),
    "AU10": ((0.2, 0.62, 0.18, 0.14, 0.02, -0.07),),
    "AU12": ((0.44, 0.74, 0.24, 0.22, 0.08, -0.1), (0.5, 0.5, 0.2, 0.2, 0.02, -0.04)),
    "AU14": ((0.42, 0.84, 0.18, 0.16, 0.05, -0.01),),
    "AU15": ((0.38, 0.96, 0.2, 0.18, 0.02, 0.09),),
    "AU17": ((0.0, 1.1, 0.26, 0.16, 0.0, -0.08),),
    "AU20": ((0.45, 0.88, 0.24, 0.2, 0.09, 0.02),),
    "AU23": ((0.3, 0.86, 0.2, 0.16, -0.05, 0.0),),
}
# x, y, reach in x, reach in y, relief (negative: a crease).
_CREASES: dict[str, tuple[Crease, ...]] = {
    "AU01": ((0.0, -0.62, 0.34, 0.03, -0.055), (0.0, -0.5, 0.34, 0.03, -0.055)),
    "AU02": ((0.5, -0.6, 0.2, 0.03, -0.05), (0.5, -0.48, 0.2, 0.03, -0.05)),
    "AU04": ((0.075, -0.24, 0.022, 0.1, -0.09), (0.2, -0.2, 0.1, 0.06, 0.06)),
    "AU06": ((0.46, 0.26, 0.26, 0.13, 0.06), (0.42, 0.14, 0.2, 0.03, -0.045)),
    "AU09": ((0.07, 0.06, 0.03, 0.1, -0.08), (0.0, 0.0, 0.1, 0.025, -0.06)),
    "AU12": ((0.46, 0.46, 0.22, 0.18, 0.05),),
    "AU14": ((0.43, 0.84, 0.03, 0.07, -0.1),),
    "AU15": ((0.38, 1.02, 0.05, 0.08, -0.06),),
    "AU17": ((0.0, 1.13, 0.14, 0.09, 0.08), (0.0, 1.03, 0.2, 0.03, -0.07)),
    "AU20": ((0.5, 0.95, 0.04, 0.14, -0.05),),
    "AU23": ((0.0, 0.76, 0.24, 0.03, -0.04), (0.0, 0.97, 0.2, 0.03, -0.04)),
}
# From the wing of the nose round the mouth: the fold that deepens with these units.
_FOLD = ((0.2, 0.5), (0.29, 0.58), (0.37, 0.68), (0.43, 0.8))
_FOLD_DEPTH = {"AU09": 0.03, "AU10": 0.045, "AU12": 0.045}
_JAW_DROP = 0.24


@dataclass(frozen=True, slots=True)
class Pose:
    """Head position in one frame (face units, radians); turn and nod move near things more."""

    x: float = 0.0
    y: float = 0.0
    roll: float = 0.0
    turn: float = 0.0
    nod: float = 0.0


@dataclass(frozen=True)
class Muscles:
    """Fields of one identity: the action units' and those that carry the head along.

    Attributes
    ----------
    frame : Frame
        Place of the face.
    fields : (17, h * w * 3) float32
        Per unit of intensity: movement in x and y (face units), change of light.
    stiffness : (h, w) float32
        Share of the head's motion that a point follows: 1 on the head, 0 at the edge.
    depth : (h, w) float32
        Nearness to the camera, greatest at the tip of the nose.
    rest : (h', w', 2) float32
        Pixel x and y of every pixel of the region.
    """

    frame: Frame
    fields: NDArray[np.float32]
    stiffness: NDArray[np.float32]
    depth: NDArray[np.float32]
    rest: NDArray[np.float32]

    def deform(self, portrait: Image, units: NDArray[np.float64], pose: Pose) -> Image:
        """Region (h, w, 3) of a still portrait with the face moved and relit.

        Parameters
        ----------
        portrait : (h, w, 3) uint8
        units : (17,) float64
            Intensities of the action units, 0 to 5.
        pose : Pose

        Returns
        -------
        (h, w, 3) uint8
        """
        size = (REGION[1] // STEP, REGION[0] // STEP)
        # einsum, not a matrix product: BLAS would wake all cores for a millisecond's work
        field = np.einsum("k,kn->n", units.astype(np.float32), self.fields).reshape(*size, 3)
        x, y = self.frame.units(STEP)
        carried_x = pose.x - pose.roll * (y - 0.9) + pose.turn * self.depth
        carried_y = pose.y + pose.roll * x + pose.nod * self.depth
        scale = np.float32(self.frame.scale_px)
        shift = np.empty((*size, 2), np.float32)
        shift[..., 0] = -scale * (field[..., 0] + self.stiffness * np.float32(carried_x))
        shift[..., 1] = -scale * (field[..., 1] + self.stiffness * np.float32(carried_y))
        origin = cv2.add(cv2.resize(shift, REGION, interpolation=cv2.INTER_LINEAR), self.rest)
        moved = cv2.remap(
            portrait,
            origin,
            self.rest[:0],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        light = np.clip(128 * (1 + field[..., 2]), 40, 170).astype(np.uint8)
        light = cv2.resize(light, REGION, interpolation=cv2.INTER_LINEAR)
        relit = cv2.multiply(moved, cv2.merge((light, light, light)), scale=1 / 128)
        return np.asarray(relit, np.uint8)


def carry(points: Points, pose: Pose) -> Points:
    """Points (n, 2) of a face at rest, in face units, where the head's pose puts them.

    Parameters
    ----------
    points : (n, 2) float64
    pose : Pose

    Returns
    -------
    (n, 2) float64
    """
    x, y = points[:, 0], points[:, 1]
    near = _depth(x, y)
    moved_x = x + pose.x - pose.roll * (y - 0.9) + pose.turn * near
    moved_y = y + pose.y + pose.roll * x + pose.nod * near
    return np.column_stack([moved_x, moved_y])


def make_muscles(identity: Identity, frame: Frame) -> Muscles:
    """Fields for an identity, lit as its portrait is.

    Parameters
    ----------
    identity : Identity
        Whose face it is.
    frame : Frame

    Returns
    -------
    Muscles
    """
    x, y = frame.units(STEP)
    fields = np.stack([_field(name, identity, x, y) for name in ACTION_UNITS])
    head = head_mask(identity, frame)
    fields[..., 2] *= head[STEP // 2 :: STEP, STEP // 2 :: STEP] / np.float32(255)
    inside = np.hypot(x / 1.25, (y + 0.02) / 1.45)
    edge = np.clip((1.22 - inside) / 0.3, 0, 1)
    edge *= np.clip(np.minimum(1.46 - np.abs(x), y + 1.6) / 0.12, 0, 1)
    stiffness = edge * edge * (3 - 2 * edge)
    return Muscles(
        frame,
        fields.reshape(len(ACTION_UNITS), -1).astype(np.float32) / np.float32(MAX_INTENSITY),
        stiffness.astype(np.float32),
        _depth(x, y).astype(np.float32),
        np.dstack(np.meshgrid(*(np.arange(n, dtype=np.float32) for n in REGION))),
    )


def _field(
    name: str, identity: Identity, x: NDArray[np.float32], y: NDArray[np.float32]
) -> NDArray[np.float32]:
    field = np.zeros((*x.shape, 3), np.float32)
    for push in _PUSHES.get(name, ()):
        for side in (1,) if push[0] == 0 else (-1, 1):
            reach = np.exp(
                -(((x - side * push[0]) / push[2]) ** 2) - ((y - push[1]) / push[3]) ** 2
            )
            field[..., 0] += side * push[4] * reach
            field[..., 1] += push[5] * reach
    if name == "AU26":
        down = np.clip((y - 0.5) / 0.6, 0, 1) * np.clip((1.75 - y) / 0.45, 0, 1)
        field[..., 1] += _JAW_DROP * down * np.clip((0.95 - np.abs(x)) / 0.4, 0, 1)
    relief = _relief(name, x, y)
    slope_y, slope_x = np.gradient(relief, float(x[0, 1] - x[0, 0]))
    light = np.asarray(identity.light) / np.linalg.norm(identity.light)
    field[..., 2] = np.clip(
        -(slope_x * light[0] + slope_y * light[1]) + 2.0 * np.minimum(relief, 0), -0.45, 0.25
    )
    return field


def _relief(name: str, x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    relief = np.zeros_like(x)
    for crease in _CREASES.get(name, ()):
        for side in (1,) if crease[0] == 0 else (-1, 1):
            across, along = (x - side * crease[0]) / crease[2], (y - crease[1]) / crease[3]
            relief += crease[4] * np.exp(-(across**2) - along**2)
    if name in _FOLD_DEPTH:
        points = smooth(np.array(_FOLD), 4).astype(np.float32)
        fade = np.sin(np.linspace(0.25, np.pi - 0.25, len(points), dtype=np.float32))
        for side in (-1, 1):
            near = [
                np.log(weight) - ((x - side * a) / 0.04) ** 2 - ((y - b) / 0.05) ** 2
                for (a, b), weight in zip(points, fade, strict=True)
            ]
            relief -= _FOLD_DEPTH[name] * np.exp(np.max(near, axis=0))
    return relief


def _depth(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.floating]:
    round_head = np.clip(1 - (x / 1.0) ** 2 - ((y - 0.1) / 1.4) ** 2, 0, 1)
    return round_head * 0.8 + 0.35 * np.exp(-((x / 0.16) ** 2) - ((y - 0.45) / 0.2) ** 2)
