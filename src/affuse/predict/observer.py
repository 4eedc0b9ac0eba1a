"""What follows a recording while it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from affuse.media.geometry import Image

if TYPE_CHECKING:
    from affuse.media.dense import DenseFrame
    from affuse.media.tracking import TrackedFace

Signal = NDArray[np.float32]

Take = Callable[[Signal], None]
"""Called with a recording's sound, piece by piece: (n_samples,) at 16 kHz."""


class Observer(Protocol):
    """Is shown the pictures of a recording and given its sound, each from a thread of its own."""

    def see(self, time_s: float, image: Image, faces: Sequence[TrackedFace]) -> None:
        """One sampled picture.

        Parameters
        ----------
        time_s : float
            Later than that of the picture before.
        image : (height, width, 3) uint8
            RGB.
        faces : sequence of TrackedFace
            Those that were found in it.
        """

    def see_between(self, frame: DenseFrame) -> None:
        """One of the many pictures between the sampled ones, or one of these once more.

        Parameters
        ----------
        frame : DenseFrame
            Not before the last sampled picture; valid during the call alone.
        """

    def take(self, piece: Signal) -> None:
        """The next piece of the sound.

        Parameters
        ----------
        piece : (n_samples,) float32
            Mono, at 16 kHz.
        """
