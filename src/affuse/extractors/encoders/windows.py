"""Sound -> windows of equal length, in batches and bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from affuse.media.audio import Sound

Signal = NDArray[np.float32]

_LEAST_VARIANCE = 1e-7
"""Added to a variance, so that silence stays silence."""


def blocks_of(decoded: Sound | Iterable[Sound]) -> Iterator[Signal]:
    """The signal of a sound in blocks, whether it came whole or as a stream.

    Parameters
    ----------
    decoded : Sound or iterable of Sound

    Yields
    ------
    (n_samples,) float32
    """
    for block in (decoded,) if isinstance(decoded, Sound) else decoded:
        yield block.signal


def stretches(blocks: Iterable[Signal], size: int, hop: int) -> Iterator[Signal]:
    """Windows one after the other; the last one is shorter where samples are left over.

    Parameters
    ----------
    blocks : iterable of (n_samples,) float32
    size, hop : int
        Samples of a window, and from the beginning of one to the next.

    Yields
    ------
    (size,) float32
        Or fewer samples, in the last one: those that no window before it has, and what overlaps.
    """
    kept, n_new = np.zeros(0, np.float32), 0
    for block in blocks:
        kept = np.concatenate([kept, block])
        n_new += len(block)
        while len(kept) >= size:
            yield kept[:size]
            n_new = len(kept) - size
            kept = kept[hop:]
    if n_new > 0 and len(kept):
        yield kept


def windows(
    blocks: Iterable[Signal], size: int, hop: int, batch: int, *, normalise: bool = False
) -> Iterator[Signal]:
    """Windows in batches: the last one ends in silence where the sound ends within it.

    Parameters
    ----------
    blocks : iterable of (n_samples,) float32
    size, hop : int
        Samples.
    batch : int
        Windows at once.
    normalise : bool
        Whether each is brought to mean 0 and deviation 1, before silence fills it up.

    Yields
    ------
    (n, size) float32

    Examples
    --------
    >>> [each.tolist() for each in windows([np.arange(5, dtype=np.float32)], 3, 2, 8)]
    [[[0.0, 1.0, 2.0], [2.0, 3.0, 4.0]]]
    >>> [each.tolist() for each in windows([np.ones(4, np.float32)], 3, 3, 8)]
    [[[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]]]
    """
    waiting: list[Signal] = []
    for stretch in stretches(blocks, size, hop):
        own = _normalised(stretch) if normalise else stretch
        waiting.append(np.pad(own, (0, size - len(stretch))))
        if len(waiting) == batch:
            yield np.stack(waiting)
            waiting = []
    if waiting:
        yield np.stack(waiting)


def _normalised(signal: Signal) -> Signal:
    exact = signal.astype(np.float64)
    return np.asarray((exact - exact.mean()) / np.sqrt(exact.var() + _LEAST_VARIANCE), np.float32)
