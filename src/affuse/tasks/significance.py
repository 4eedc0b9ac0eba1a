"""Paired differences of UARs: their uncertainty, alone and among many."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

Floats = NDArray[np.float64]

SIGNIFICANT = 0.05
"""P values below are no chance, as far as anybody says so."""

EXACT_SPEAKERS = 14
"""Up to here all 2^n ways to swap are counted; beyond, some are drawn."""

CHUNK = 4096
"""Swaps that are held in memory at a time, for all comparisons."""

TIE = 1e-9
"""Share of a sum's terms that rounding may move: equal differences must count as equal."""


_LEAST_FREEDOM = 0.05
"""Of a speaker who has nearly all clips: the interval then leaves out nothing."""


class Tested(NamedTuple):
    """A difference, the bounds of its 95 % interval, and the p value that goes with them.

    Attributes
    ----------
    difference, low, high : float
        0.01 is a point.
    p : float
        Two-sided.
    """

    difference: float
    low: float
    high: float
    p: float


def difference_test(gains: ArrayLike, labels: ArrayLike, speakers: ArrayLike) -> Tested:
    """Whether one system has the higher UAR, for new speakers and clips.

    Parameters
    ----------
    gains : (n_clips,) array
        1: right where the other system is wrong; -1: the other way round; 0: both alike.
    labels, speakers : (n_clips,) array
        Emotion and speaker of each clip.

    Returns
    -------
    Tested
        Bounds NaN and `p` 1 with one speaker, who says nothing about others.

    Notes
    -----
    A mixed model: the gain of a clip is the mean gain on its emotion, plus what is the speaker's
    own, plus what is the clip's own. Its two standard errors are estimated by moments, one from
    speaker to speaker (each left out in turn: Efron 1982, as MacKinnon, Nielsen & Webb 2023
    advise for few clusters), one from clip to clip within each emotion, and the larger one is
    taken: the speakers' part is never less than nothing. The difference over that error is held
    against Student's t with one degree of freedom less than there are speakers; where some have
    far more clips, less than the number of equal ones that would weigh as much (Kish 1965).

    Examples
    --------
    >>> gains, labels = [1, 0, 1, 1, 0, 1, 1, 1], [0, 1] * 4
    >>> tested = difference_test(gains, labels, ["Ann"] * 4 + ["Ben"] * 4)
    >>> tested.difference, tested.p > 0.1  # two speakers can hardly show anything
    (0.75, True)
    """
    gain = np.asarray(gains, np.float64)
    _, emotion = np.unique(np.asarray(labels), return_inverse=True)
    names, speaker = np.unique(np.asarray(speakers), return_inverse=True)
    n_clips, total = np.zeros((2, len(names), emotion.max(initial=-1) + 1))
    np.add.at(n_clips, (speaker, emotion), 1)
    np.add.at(total, (speaker, emotion), gain)
    difference = float((total.sum(axis=0) / n_clips.sum(axis=0)).mean())
    if len(names) < 2:
        return Tested(difference, float("nan"), float("nan"), 1.0)
    error = max(_error_over_speakers(n_clips, total), _error_over_clips(gain, emotion))
    if error == 0:
        return Tested(difference, difference, difference, 1.0)
    shares = (n_clips / n_clips.sum(axis=0)).mean(axis=1)
    freedom = max(1 / np.sum(shares**2) - 1, _LEAST_FREEDOM)
    reach = float(stdtrit(freedom, 0.975)) * error
    p = 2 * float(stdtr(freedom, -abs(difference) / error))
    return Tested(difference, max(difference - reach, -1.0), min(difference + reach, 1.0), p)


def _error_over_speakers(n_clips: Floats, total: Floats) -> float:
    """Standard error of a difference by leaving out each speaker in turn (jackknife)."""
    left, gained = n_clips.sum(axis=0) - n_clips, total.sum(axis=0) - total
    # An emotion that one speaker alone has shown is not there without that one.
    there = left > 0
    recalls = np.divide(gained, left, out=np.zeros_like(gained), where=there)
    without = recalls.sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return float(np.sqrt((len(without) - 1) * without.var()))


def _error_over_clips(gain: Floats, emotion: NDArray[np.intp]) -> float:
    """Standard error of a difference if only clips varied.

    To each emotion one clip without a difference is added, so that a few that agree by luck are
    not taken for certain (as Laplace has it).
    """
    counts = np.bincount(emotion)
    sums, squares = (np.bincount(emotion, gain**power) for power in (1, 2))
    variances = squares / counts - sums**2 / (counts * (counts + 1))
    return float(np.sqrt(np.sum(variances / (counts + 1)))) / len(counts)


def holm(p_values: ArrayLike) -> Floats:
    """P values of tests that were made together, corrected by Holm 1979: (n_tests,).

    ``max over the i smallest of (n - i + 1) * p_i``, at most 1: the chance of one false alarm
    or more among all tests stays below the level that each is held against.

    Parameters
    ----------
    p_values : (n_tests,) array

    Returns
    -------
    (n_tests,) float64
        In the order given.

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


def least_swap_p(n_speakers: int, n_draws: int = 10_000) -> float:
    """The least p value that swaps of so many speakers can give, however large a difference.

    Parameters
    ----------
    n_speakers : int
    n_draws : int
        Swaps that are drawn where there are too many to try all.

    Returns
    -------
    float

    Examples
    --------
    >>> least_swap_p(6)
    0.03125
    """
    return 2 / 2**n_speakers if n_speakers <= EXACT_SPEAKERS else 1 / (n_draws + 1)


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
    reached = np.abs(values.sum(axis=0)) - TIE * np.abs(values).sum(axis=0)
    swapped, exact = swaps(len(values), n_draws, seed)
    n_reached = np.zeros(values.shape[1])
    for start in range(0, len(swapped), CHUNK):
        sums = (1.0 - 2.0 * swapped[start : start + CHUNK]) @ values
        n_reached += (np.abs(sums) >= reached).sum(axis=0)
    return n_reached / len(swapped) if exact else (n_reached + 1) / (n_draws + 1)


def swaps(n_speakers: int, n_draws: int, seed: int) -> tuple[NDArray[np.int64], bool]:
    """Ways to swap two systems for whole speakers, and whether these are all there are.

    Parameters
    ----------
    n_speakers : int
    n_draws : int
        How many are drawn where there are too many to list.
    seed : int
        Of the draws.

    Returns
    -------
    (n_swaps, n_speakers) int, bool
        1 where a speaker's predictions change hands.
    """
    if n_speakers <= EXACT_SPEAKERS:
        return (np.arange(2**n_speakers)[:, None] >> np.arange(n_speakers)) & 1, True
    return np.random.default_rng(seed).integers(2, size=(n_draws, n_speakers)), False
