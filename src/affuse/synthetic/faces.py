"""A talking head drawn from action units: still portrait, moving skin, eyes, brows, mouth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.synthetic.canvas import Image
from affuse.synthetic.eyes import draw_brows, draw_eyes, draw_glasses
from affuse.synthetic.frame import Frame, place
from affuse.synthetic.identity import Identity
from affuse.synthetic.mouth import draw_mouth
from affuse.synthetic.muscles import Muscles, Pose, make_muscles
from affuse.synthetic.portrait import paint


@dataclass(frozen=True)
class Face:
    """One person, ready to be drawn with any expression.

    Attributes
    ----------
    identity : Identity
        Who it is.
    frame : Frame
        Where the face sits in the picture.
    muscles : Muscles
        How its skin moves.
    still : (720, 1280, 3) uint8
        Portrait without eyes, brows and mouth.
    """

    identity: Identity
    frame: Frame
    muscles: Muscles
    still: Image

    def draw(self, units: NDArray[np.float64], pose: Pose | None = None) -> Image:
        """Picture (720, 1280, 3) RGB of the face with action units (17,) of 0 to 5.

        Parameters
        ----------
        units : (17,) float64
            Intensities of the action units, 0 to 5.
        pose : Pose, optional
            Of the head; straight ahead by default.

        Returns
        -------
        (720, 1280, 3) uint8
            RGB.
        """
        at = pose or Pose()
        picture = self.still.copy()
        region = self.frame.cut(picture)
        region[...] = self.muscles.deform(self.frame.cut(self.still), units, at)
        draw_eyes(region, self.identity, self.frame, units, at)
        draw_brows(region, self.identity, self.frame, units, at)
        draw_mouth(region, self.identity, self.frame, units, at)
        if self.identity.glasses:
            draw_glasses(region, self.identity, self.frame, at)
        return picture


def make_face(identity: Identity) -> Face:
    """Face of an identity.

    Parameters
    ----------
    identity : Identity
        Whose face it is.

    Returns
    -------
    Face

    Examples
    --------
    >>> from affuse.synthetic.action_units import intensities
    >>> from affuse.synthetic.identity import make_identity
    >>> face = make_face(make_identity(1, seed=0))
    >>> face.draw(intensities({6: 4, 12: 5})).shape
    (720, 1280, 3)
    """
    frame = place(identity)
    return Face(identity, frame, make_muscles(identity, frame), paint(identity, frame))
