"""Frozen records of faces, mouths and voices within one recording."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affuse.records import Box, Stretch


@dataclass(frozen=True, slots=True)
class FaceLook:
    """One face in one sampled frame.

    Attributes
    ----------
    time_s : float
    track : int
        Number under which the tracker follows it, from 1.
    box : Box
    embedding : (n_dimensions,) float32 or float16, or None
        Of length 1; None: none was computed.
    weight : float
        How much it counts of what it would if it could be seen well, in [0, 1].
    """

    time_s: float
    track: int
    box: Box
    embedding: NDArray[np.floating] | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch in which one voice speaks.

    Attributes
    ----------
    start_s, end_s : float
    voice : int
        From 1, in the order in which the voices are first there.
    """

    start_s: float
    end_s: float
    voice: int


@dataclass(frozen=True, slots=True)
class MouthTrack:
    """What the mouth of one tracked face does.

    Attributes
    ----------
    track : int
        Number under which the tracker follows the face.
    times_s : (n,) float64
        Of the pictures that were measured, ascending.
    motion : (n, n_features) float32
        What was measured in each.
    """

    track: int
    times_s: NDArray[np.float64]
    motion: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SpokenBy:
    """The speech of one person.

    Attributes
    ----------
    person : int
        Number of the face's person; 0: nobody who is seen, a voice without a face.
    voice : int
        Number of the voice; 0: a face without a voice, or speech that no voice was told for.
    turns : tuple of (start_s, end_s)
        When the person speaks, by time; none overlap.
    """

    person: int
    voice: int
    turns: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Speech:
    """Whose the speech of a recording is.

    Attributes
    ----------
    spoken : tuple of SpokenBy
        One for each person who speaks, and one for each voice without a face.
    unattributed : tuple of (start_s, end_s)
        Speech of which it cannot be told whose it is.
    """

    spoken: tuple[SpokenBy, ...]
    unattributed: tuple[Stretch, ...] = ()
