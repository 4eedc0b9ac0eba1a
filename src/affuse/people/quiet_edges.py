"""Quiet beginnings and ends of what is said, which the speech detector leaves out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from affuse.media.speech import (
    ABOVE_BACKGROUND_DB,
    DIGITAL_SILENCE_DB,
    FRAME_S,
    LOWEST_BACKGROUND_DB,
    REACH_S,
    SAMPLE_RATE,
)

Mask = NDArray[np.bool_]

FRAME = round(FRAME_S * SAMPLE_RATE)
"""Samples of a frame: 10 ms at 16 kHz."""
EDGE_FRAMES = 30
"""An edge is of 0.3 s at most."""
_SMOOTHED_FRAMES = 5
_BACKGROUND_FRAMES = 2 * round(REACH_S / FRAME_S) + 1


class FrameLevels:
    """Level of a sound that arrives piece by piece, every 10 ms: 1.4 MB of an hour.

    Examples
    --------
    >>> levels = FrameLevels()
    >>> noise = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    >>> levels.take(0.001 * noise[:9000])
    >>> levels.take(0.1 * noise[9000:])
    >>> found = levels.audible()
    >>> len(found), bool(found[:50].any()), bool(found[60:].all())
    (100, False, True)
    """

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)
        self._powers: list[NDArray[np.float32]] = []

    def take(self, piece: NDArray[np.float32]) -> None:
        """Take the next piece.

        Parameters
        ----------
        piece : (n_samples,) float32
            Mono, at 16 kHz, in [-1, 1].
        """
        joined = np.concatenate([self._rest, piece])
        n_whole = len(joined) // FRAME * FRAME
        self._powers.append(np.square(joined[:n_whole]).reshape(-1, FRAME).mean(axis=1))
        self._rest = joined[n_whole:].copy()

    def audible(self) -> Mask:
        """Whether the sound stands out of its background, for every 10 ms of what was taken.

        The detector listens to 200 to 4000 Hz alone, and takes what is 45 dB below the loudest
        voice nearby for background. Here the whole sound counts, and the background is the
        quietest moment within 4 s on either side, digital silence apart.

        Returns
        -------
        (n_frames,) bool
        """
        powers = np.concatenate([np.zeros(0, np.float32), *self._powers]).astype(np.float64)
        if not len(powers):
            return np.zeros(0, bool)
        level = 10 * np.log10(np.maximum(uniform_filter1d(powers, _SMOOTHED_FRAMES), 1e-12))
        recorded = np.where(level < DIGITAL_SILENCE_DB, np.inf, level)
        background = np.maximum(
            minimum_filter1d(recorded, _BACKGROUND_FRAMES), LOWEST_BACKGROUND_DB
        )
        return np.asarray(level > background + ABOVE_BACKGROUND_DB)


def with_quiet_edges(speech: Mask, audible: Mask) -> Mask:
    """Speech, and up to 0.3 s before and after it for as long as something is heard.

    Parameters
    ----------
    speech, audible : (n_frames,) bool
        For every 10 ms.

    Returns
    -------
    (n_frames,) bool

    Examples
    --------
    >>> speech, audible = np.zeros(8, bool), np.ones(8, bool)
    >>> speech[4], audible[1] = True, False
    >>> with_quiet_edges(speech, audible).astype(int).tolist()
    [0, 0, 1, 1, 1, 1, 1, 1]
    """
    found = speech.copy()
    for _ in range(EDGE_FRAMES):
        beside = np.zeros_like(found)
        beside[1:] |= found[:-1]
        beside[:-1] |= found[1:]
        found |= beside & audible
    return found
