"""How loud a recording is, a hundred times a second."""

from __future__ import annotations

from array import array

import numpy as np
from numpy.typing import NDArray

from affuse.media.speech import FRAME_S, SAMPLE_RATE

_HOP = round(FRAME_S * SAMPLE_RATE)
_LOWEST_POWER = 1e-8


class SoundEnvelope:
    """Level of a sound that arrives piece by piece; four bytes are kept for each 10 ms.

    Examples
    --------
    >>> envelope = SoundEnvelope()
    >>> for piece in np.split(np.full(16_000, 0.1, np.float32), [5, 333, 9000]):
    ...     envelope.take(piece)
    >>> envelope.values().shape, round(float(envelope.values()[50]))
    ((100,), -20)
    """

    def __init__(self) -> None:
        self._powers: array[float] = array("f")
        self._rest = np.zeros(0, np.float32)

    def take(self, piece: NDArray[np.float32]) -> None:
        """The next piece.

        Parameters
        ----------
        piece : (n_samples,) float32
            At 16 kHz, in [-1, 1].
        """
        samples = np.concatenate([self._rest, piece])
        n_whole = len(samples) // _HOP
        blocks = samples[: n_whole * _HOP].reshape(n_whole, _HOP)
        self._powers.extend(np.square(blocks, dtype=np.float64).mean(axis=1).tolist())
        self._rest = samples[n_whole * _HOP :]

    def values(self) -> NDArray[np.float32]:
        """Level of all that was taken.

        Returns
        -------
        (n_frames,) float32
            In dB of full scale, over 20 ms around the beginning of each 10 ms.
        """
        powers = np.array(self._powers, np.float64)
        before = np.concatenate([powers[:1], powers[:-1]])
        level = 10 * np.log10((powers + before) / 2 + _LOWEST_POWER)
        return np.asarray(level, np.float32)
