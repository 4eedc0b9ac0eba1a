"""When the steps of a clip are, as numbers: modalities of different rates have one time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

N_WAVES = 6
"""Sines and cosines of a step's time: the quickest has eight periods in a clip."""


def time_apart(n_own: int, n_others: int) -> NDArray[np.float32]:
    """How far steps of two modalities are apart, as a share of the clip.

    Parameters
    ----------
    n_own, n_others : int

    Returns
    -------
    (1, 1, n_own, n_others) float32

    Examples
    --------
    >>> time_apart(3, 2)[0, 0].tolist()
    [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
    """
    own, others = np.linspace(0, 1, n_own), np.linspace(0, 1, n_others)
    return np.abs(own[:, None] - others).astype(np.float32)[None, None]


def waves(n_steps: int) -> NDArray[np.float32]:
    """When each step is, as a share of the clip, in sines and cosines.

    Modalities of different rates thereby have one time.

    Parameters
    ----------
    n_steps : int

    Returns
    -------
    (n_steps, 2 * N_WAVES) float32

    Examples
    --------
    >>> waves(3)[:, 0].round(2)
    array([0.  , 0.71, 1.  ], dtype=float32)
    """
    share = np.linspace(0, 1, n_steps)[:, None] * np.pi / 2 * 2.0 ** np.arange(N_WAVES)
    return np.concatenate([np.sin(share), np.cos(share)], axis=1).astype(np.float32)
