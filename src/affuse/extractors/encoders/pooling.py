"""Frames of a clip -> one array of fixed shape."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from affuse.features.array_parts import StoredParts

Frames = NDArray[np.floating[Any]]
Sliceable = Frames | StoredParts
Pooling = Literal["statistics", "mean", "attentive", "none"]
OVER_TIME: tuple[Pooling, ...] = ("attentive", "none")
"""Frames are kept over time: nothing is made of them, or what is made is learned in each fold."""

_BLOCK = 1024
"""Frames that are read at once: a recording's may be larger than memory."""


def mean_and_deviation(
    frames: Sliceable, each: Callable[[Frames], Frames] = np.asarray
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation over the first axis, in double precision and bounded memory.

    Parameters
    ----------
    frames : (n_frames, ...) array, or one on disk
    each : callable
        What is made of each block of frames first.

    Returns
    -------
    mean, deviation : (...) float64

    Examples
    --------
    >>> mean_and_deviation(np.array([[1.0, 5.0], [3.0, 5.0]]))
    (array([2., 5.]), array([1., 0.]))
    """
    mean = _total(frames, each) / len(frames)
    squares = _total(frames, lambda block: (each(block) - mean) ** 2)
    return mean, np.sqrt(squares / len(frames))


def statistics(
    frames: Sliceable, each: Callable[[Frames], Frames], *, deviation: bool
) -> NDArray[np.float32]:
    """Mean over the first axis, then the deviation: numbers of each layer in one row.

    Parameters
    ----------
    frames : (n_frames, ...) array, or one on disk
    each : callable
        Makes ``(n, n_layers, n_features)`` of each block.
    deviation : bool
        Whether deviations follow the means.

    Returns
    -------
    (n_layers, n_features) float32
    """
    parts = mean_and_deviation(frames, each)[: 2 if deviation else 1]
    return np.concatenate(parts, axis=1).astype(np.float32)


def padded(frames: Frames, n_frames: int) -> NDArray[np.float32]:
    """So many frames: longer ones are cut, after the end of shorter ones is NaN.

    Parameters
    ----------
    frames : (n, ...) array
    n_frames : int

    Returns
    -------
    (n_frames, ...) float32
    """
    made = np.full((n_frames, *frames.shape[1:]), np.nan, np.float32)
    kept = frames[:n_frames]
    made[: len(kept)] = kept
    return made


def _total(frames: Sliceable, each: Callable[[Frames], Frames]) -> NDArray[np.float64]:
    starts = range(0, len(frames), _BLOCK)
    parts = (each(np.asarray(frames[at : at + _BLOCK])).sum(axis=0, dtype=float) for at in starts)
    total: NDArray[np.float64] = sum(parts, np.zeros(()))
    return total
