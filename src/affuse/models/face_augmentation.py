"""Augmentation of faces: turned, shifted, mirrored, relit, partly hidden.

What varies is drawn on the processor and computed where the faces are, all of a batch at once: a
seed means the same variants on a processor and on a GPU.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from affuse.models.training import import_torch

if TYPE_CHECKING:
    import torch
    from torch import Tensor

TURN_RAD = math.radians(20)
ZOOM = 0.2
STRETCH = 0.08
"""Of the width against the height."""
SHIFT = 0.1
"""Share of the picture."""
CONTRAST = 0.35
BRIGHTNESS = 30.0
"""Grey levels."""
BLURRED_SHARE = 0.2
NOISY_SHARE = 0.3
NOISE = 10.0
"""Grey levels of deviation."""
HIDDEN = (0.1, 0.4)
"""Side of the hidden rectangle, as a share of the picture's."""
HIDDEN_SHARE = 0.5


class Draws:
    """Random numbers for a batch, drawn on the CPU and moved to where they are used.

    Parameters
    ----------
    seed : int
    device : str
    """

    def __init__(self, seed: int, device: str) -> None:
        self._generator: torch.Generator = import_torch().Generator().manual_seed(seed)
        self._device = device

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Numbers between two bounds.

        Parameters
        ----------
        *shape : int
        low, high : float

        Returns
        -------
        float32 tensor of that shape
        """
        drawn: Tensor = import_torch().rand(*shape, generator=self._generator)
        return (low + (high - low) * drawn).to(self._device)

    def around(self, *shape: int, most: float) -> Tensor:
        """Numbers around zero.

        Parameters
        ----------
        *shape : int
        most : float
            The largest, and minus the smallest.

        Returns
        -------
        float32 tensor of that shape
        """
        return self.uniform(*shape, low=-most, high=most)

    def normal(self, *shape: int) -> Tensor:
        """Numbers of the standard normal distribution.

        Parameters
        ----------
        *shape : int

        Returns
        -------
        float32 tensor of that shape
        """
        drawn: Tensor = import_torch().randn(*shape, generator=self._generator)
        return drawn.to(self._device)

    def order(self, n: int) -> Tensor:
        """The numbers from 0 to n - 1 in random order.

        Parameters
        ----------
        n : int

        Returns
        -------
        (n,) int64 tensor
        """
        drawn: Tensor = import_torch().randperm(n, generator=self._generator)
        return drawn.to(self._device)


def augmented(faces: Tensor, strength: float, draws: Draws) -> Tensor:
    """Random variants of faces.

    Grey levels may leave [0, 255]: what follows standardises them.

    Parameters
    ----------
    faces : (n, 1, size, size) float32 tensor
        Grey levels.
    strength : float
        Share of each change's range, and of how often there is one; mirroring stays, whatever it
        is.
    draws : Draws
        On the device of the faces.

    Returns
    -------
    (n, 1, size, size) float32 tensor
    """
    functional = import_torch().nn.functional
    grid = functional.affine_grid(
        _transforms(len(faces), strength, draws), list(faces.shape), align_corners=False
    )
    moved = functional.grid_sample(
        faces, grid, mode="bilinear", padding_mode="border", align_corners=False
    )
    lit = _lit(moved, strength, draws)
    return _hidden(_noisy(_blurred(lit, strength, draws), strength, draws), strength, draws)


def _transforms(n: int, strength: float, draws: Draws) -> Tensor:
    """Random affine transforms: rotation, zoom, stretch, shift, mirroring, (n, 2, 3)."""
    torch = import_torch()
    angle = draws.around(n, most=TURN_RAD * strength)
    zoom = 1 + draws.around(n, most=ZOOM * strength)
    stretch = 1 + draws.around(n, most=STRETCH * strength)
    mirror = torch.where(draws.uniform(n) < 0.5, -1.0, 1.0)
    # Coordinates go from -1 to 1.
    shift = draws.around(n, 2, most=2 * SHIFT * strength)
    cos, sin = angle.cos() * zoom, angle.sin() * zoom
    rows = torch.stack([cos * mirror * stretch, -sin, sin * mirror, cos / stretch], 1)
    transforms: Tensor = torch.cat([rows.view(n, 2, 2), shift[:, :, None]], 2)
    return transforms


def _lit(faces: Tensor, strength: float, draws: Draws) -> Tensor:
    torch = import_torch()
    n = len(faces)
    contrast = 1 + draws.around(n, 1, 1, 1, most=CONTRAST * strength)
    brightness = draws.around(n, 1, 1, 1, most=BRIGHTNESS * strength)
    # A light from one side: a slope of grey levels across the picture.
    slope = torch.linspace(-1, 1, faces.shape[-1], device=faces.device) * BRIGHTNESS * strength
    lit: Tensor = faces * contrast + brightness + draws.around(n, 1, 1, 1, most=1.0) * slope
    return lit


def _blurred(faces: Tensor, strength: float, draws: Draws) -> Tensor:
    """Some faces at half their resolution, as of small faces in real video."""
    torch = import_torch()
    functional = torch.nn.functional
    low = functional.interpolate(faces, scale_factor=0.5, mode="area")
    blurred = functional.interpolate(
        low, size=list(faces.shape[2:]), mode="bilinear", align_corners=False
    )
    chosen = draws.uniform(len(faces), 1, 1, 1) < BLURRED_SHARE * strength
    result: Tensor = torch.where(chosen, blurred, faces)
    return result


def _noisy(faces: Tensor, strength: float, draws: Draws) -> Tensor:
    """Some faces with noise, as in dark pictures."""
    chosen = draws.uniform(len(faces), 1, 1, 1) < NOISY_SHARE
    deviation = draws.uniform(len(faces), 1, 1, 1, high=NOISE * strength) * chosen
    return faces + draws.normal(*faces.shape) * deviation


def _hidden(faces: Tensor, strength: float, draws: Draws) -> Tensor:
    """Half of the faces with a rectangle of random grey levels."""
    torch = import_torch()
    n, size = len(faces), faces.shape[-1]
    low, high = HIDDEN
    sides = draws.uniform(n, 2, low=low, high=high) * size
    sides = sides * (draws.uniform(n, 1) < HIDDEN_SHARE * strength)
    starts = draws.uniform(n, 2) * (size - sides)
    at = torch.arange(size, device=faces.device)
    inside = (at >= starts[..., None]) & (at < (starts + sides)[..., None])
    hidden = inside[:, 0, :, None] & inside[:, 1, None, :]
    result: Tensor = torch.where(hidden[:, None], draws.uniform(n, 1, 1, 1, high=255.0), faces)
    return result
