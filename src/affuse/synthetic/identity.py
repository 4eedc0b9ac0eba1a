"""Who is seen: everything about a face that does not move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from affuse.synthetic.canvas import Colour

Hair = Literal["short", "parted", "cropped", "tied", "fringe", "swept"]

_SKINS: tuple[Colour, ...] = (
    (236, 200, 174),
    (226, 186, 158),
    (216, 174, 144),
    (204, 160, 130),
)
_HAIRS: tuple[Colour, ...] = (
    (50, 38, 34),
    (64, 46, 36),
    (80, 56, 42),
    (76, 46, 36),
)
_IRISES: tuple[Colour, ...] = (
    (92, 60, 36),
    (74, 48, 30),
    (84, 116, 146),
    (98, 122, 88),
    (112, 92, 60),
)
_SHIRT: Colour = (44, 45, 50)
_BACKDROP: Colour = (219, 220, 222)
_LIGHT = (-0.35, -0.42, 0.8)
_MALE_HAIR: tuple[Hair, ...] = ("short", "parted", "cropped")
_FEMALE_HAIR: tuple[Hair, ...] = ("tied", "fringe", "swept")


@dataclass(frozen=True, slots=True)
class Identity:
    """What one speaker looks like. Lengths are in face units, colours RGB from 0 to 255.

    A face unit is roughly half the width of a face; shape factors are near 1.
    """

    female: bool
    skin: Colour
    hair_colour: Colour
    iris: Colour
    shirt: Colour
    backdrop: Colour
    hair: Hair
    width: float
    jaw: float
    height: float
    eye_size: float
    eye_gap: float
    brow_thickness: float
    nose_width: float
    mouth_width: float
    lip_thickness: float
    stubble: float
    glasses: bool
    scale_px: float
    centre_px: tuple[float, float]
    light: tuple[float, float, float]


def make_identity(speaker: int, seed: int) -> Identity:
    """Looks of a speaker; odd numbers are male and even ones female, as in RAVDESS.

    All are filmed alike, as in the studio of RAVDESS: same light and backdrop, a black shirt,
    hair short or tied back.

    Parameters
    ----------
    speaker : int
    seed : int

    Returns
    -------
    Identity

    Examples
    --------
    >>> make_identity(2, seed=0).female
    True
    """
    rng = np.random.default_rng([seed, speaker, 1])
    female = speaker % 2 == 0
    turn = (speaker - 1) // 2
    styles = _FEMALE_HAIR if female else _MALE_HAIR
    skin = _vary(_SKINS[(speaker * 5 + turn) % len(_SKINS)], 4, rng)
    hair = _vary(_HAIRS[(speaker + turn) % len(_HAIRS)], 4, rng)
    return Identity(
        female=female,
        skin=skin,
        hair_colour=hair,
        iris=_vary(_IRISES[int(rng.integers(len(_IRISES)))], 8, rng),
        shirt=_SHIRT,
        backdrop=_BACKDROP,
        hair=styles[turn % len(styles)],
        width=rng.uniform(0.97, 1.03) * (0.985 if female else 1.01),
        jaw=rng.uniform(0.95, 1.05) * (0.96 if female else 1.04),
        height=rng.uniform(0.98, 1.02),
        eye_size=rng.uniform(0.96, 1.05) * (1.05 if female else 1.0),
        eye_gap=rng.uniform(0.97, 1.03),
        brow_thickness=rng.uniform(0.9, 1.15) * (0.85 if female else 1.15),
        nose_width=rng.uniform(0.9, 1.12),
        mouth_width=rng.uniform(0.95, 1.05),
        lip_thickness=rng.uniform(0.9, 1.12) * (1.1 if female else 0.95),
        stubble=0.0 if female else float(rng.choice([0.0, 0.0, 0.15])),
        glasses=speaker % 8 == 7,
        scale_px=rng.uniform(209, 215),
        centre_px=(rng.uniform(637, 643), rng.uniform(329, 334)),
        light=_LIGHT,
    )


def _vary(colour: Colour, spread: float, rng: np.random.Generator) -> Colour:
    red, green, blue = np.clip(np.asarray(colour) + rng.uniform(-spread, spread), 0, 255)
    return float(red), float(green), float(blue)
