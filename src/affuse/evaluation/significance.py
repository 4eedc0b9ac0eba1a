"""P values of paired differences, and of many of them together."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

EXACT_SPEAKERS = 14
"""Up to here all 2^n ways to swap are counted; beyond, some are drawn."""

CHUNK = 4096
"""Swaps that are held in memory at a time, for all comparisons."""

TIE = 1e-9
"""Share of a sum's terms that rounding may move: equal differences must count as equal."""


def holm(p_values: ArrayLike) -> Floats:
    """P values of tests that were made together, as Holm 1979 corrects them: (n_tests,).

    ``max over the i smallest of (n - i + 1) * p_i``, at most 1: the chance of one false alarm
    or more among all tests stays below the level that each is held against.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    given = np.asarray(p_values, np.float64)
    order = np.argsort(given, kind="stable")
    raised = np.maximum.accumulate(given[order] * np.arange(len(given), 0, -1))
    corrected = np.empty_like(given)
    corrected[order] = np.minimum(raised, 1)
    return corrected


def swap_p_values(contributions: ArrayLike, *, n_draws: int = 10_000, seed: int = 0) -> Floats:
    """Two-sided p values of sums whose terms may each have either sign: (n_tests,).

    Parameters
    ----------
    contributions : (n_speakers, n_tests) array
        What each speaker adds to each difference; swapping the systems turns its sign.
    n_draws, seed : int
        Used from 15 speakers on; up to 14, all swaps are counted.

    Returns
    -------
    (n_tests,) float64
        Share of swaps whose sum is at least as far from 0; ``(b + 1) / (n_draws + 1)`` where
        they are drawn, so that it is never 0.

    Examples
    --------
    >>> swap_p_values([[0.1], [0.2], [0.1], [0.3], [0.2]])  # the least that five speakers give
    array([0.0625])
    """
    values = np.asarray(contributions, np.float64)
    n = len(values)
    reached = np.abs(values.sum(axis=0)) - TIE * np.abs(values).sum(axis=0)
    if n <= EXACT_SPEAKERS:
        swaps = (np.arange(2**n)[:, None] >> np.arange(n)) & 1
    else:
        swaps = np.random.default_rng(seed).integers(2, size=(n_draws, n))
    n_reached = np.zeros(values.shape[1])
    for start in range(0, len(swaps), CHUNK):
        sums = (1.0 - 2.0 * swaps[start : start + CHUNK]) @ values
        n_reached += (np.abs(sums) >= reached).sum(axis=0)
    return n_reached / len(swaps) if n <= EXACT_SPEAKERS else (n_reached + 1) / (n_draws + 1)
