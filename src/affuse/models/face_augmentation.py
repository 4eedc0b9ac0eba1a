"""Faces as they might also have been: turned, shifted, mirrored, lit otherwise, partly hidden."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from affuse.models.training import import_torch

if TYPE_CHECKING:
    from torch import Tensor

TURN_RAD = math.radians(15)
ZOOM = 0.2
SHIFT = 0.12
"""Share of the picture."""
CONTRAST = 0.3
BRIGHTNESS = 30.0
"""Grey levels."""
HIDDEN = (0.1, 0.4)
"""Side of the hidden rectangle, as a share of the picture's."""
HIDE_SHARE = 0.5


def augmented(faces: Tensor, size: int, strength: float = 1.0) -> Tensor:
    """Random variants of faces (n, 1, 48, 48) float32, as (n, 1, size, size).

    `strength`: share of each change's range; mirroring stays, whatever it is.

    torch's current seed decides. Grey levels may leave [0, 255]: what follows standardises them.

    Parameters
    ----------
    faces : (n, 1, 48, 48) float32 tensor
        Grey levels.
    size : int
        Pixels of a side of what is given back.
    strength : float

    Returns
    -------
    (n, 1, size, size) float32 tensor
    """
    torch = import_torch()
    grid = torch.nn.functional.affine_grid(
        _transforms(len(faces), strength), [len(faces), 1, size, size], align_corners=False
    )
    moved = torch.nn.functional.grid_sample(
        faces, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    return _hidden(_relit(moved, strength), strength)


def _transforms(n: int, strength: float) -> Tensor:
    """Random similarity transforms with mirroring, (n, 2, 3)."""
    torch = import_torch()
    angle = (torch.rand(n) * 2 - 1) * TURN_RAD * strength
    zoom = 1 + (torch.rand(n) * 2 - 1) * ZOOM * strength
    mirror = torch.where(torch.rand(n) < 0.5, -1.0, 1.0)
    shift = (torch.rand(n, 2) * 2 - 1) * 2 * SHIFT * strength
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    rows = torch.stack([cos * mirror, -sin, sin * mirror, cos], 1).view(n, 2, 2)
    transforms: Tensor = torch.cat([rows, shift[:, :, None]], 2)
    return transforms


def _relit(faces: Tensor, strength: float) -> Tensor:
    torch = import_torch()
    n = len(faces)
    contrast = 1 + (torch.rand(n, 1, 1, 1) * 2 - 1) * CONTRAST * strength
    brightness = (torch.rand(n, 1, 1, 1) * 2 - 1) * BRIGHTNESS * strength
    # A light from one side: a slope of grey levels across the picture.
    slope = torch.linspace(-1, 1, faces.shape[-1]) * BRIGHTNESS * strength
    tilt = (torch.rand(n, 1, 1, 1) * 2 - 1) * slope
    lit: Tensor = faces * contrast + brightness + tilt
    return lit


def _hidden(faces: Tensor, strength: float) -> Tensor:
    """Half of the faces with a rectangle of random grey."""
    torch = import_torch()
    n, size = len(faces), faces.shape[-1]
    low, high = HIDDEN
    sides = (low + (high - low) * torch.rand(n, 2)) * size
    sides *= (torch.rand(n, 1) < HIDE_SHARE * strength).float()
    starts = torch.rand(n, 2) * (size - sides)
    at = torch.arange(size)
    inside = (at >= starts[..., None]) & (at < (starts + sides)[..., None])
    hidden = inside[:, 0, :, None] & inside[:, 1, None, :]
    grey = torch.rand(n, 1, 1, 1) * 255
    result: Tensor = torch.where(hidden[:, None], grey, faces)
    return result
