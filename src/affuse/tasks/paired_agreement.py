"""Paired differences of CCCs, and their uncertainty."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from affuse.tasks.agreement import ccc_of
from affuse.tasks.resampling import speaker_moments
from affuse.tasks.significance import CHUNK, TIE, Tested, swaps
from affuse.tasks.task import Pair

Floats = NDArray[np.float64]


def difference_test(pair: Pair) -> Tested:
    """Whether the first system has the higher mean CCC, for new speakers.

    Parameters
    ----------
    pair : Pair
        Of numbers: (n_clips, n_targets) each.

    Returns
    -------
    Tested
        Bounds NaN and `p` 1 with one speaker, who says nothing about others.

    Notes
    -----
    The jackknife over speakers (Efron 1982; MacKinnon, Nielsen & Webb 2023 advise it for few
    clusters) gives the standard error of the difference, which is held against Student's t with
    one degree of freedom less than there are speakers, or than speakers of equal size that would
    weigh as much (Kish 1965).

    Examples
    --------
    >>> truth, speakers = np.arange(8.0)[:, None], np.repeat(list("abcd"), 2)
    >>> exact, level = Pair(truth, truth, truth, speakers), truth * 0 + 3.5
    >>> difference_test(exact).p, difference_test(exact._replace(second=level)).difference
    (1.0, 1.0)
    """
    sums = _sums(pair)
    difference = float(_ahead(sums.sum(axis=1)))
    n_speakers = sums.shape[1]
    if n_speakers < 2:
        return Tested(difference, float("nan"), float("nan"), 1.0)
    without = _ahead(sums.sum(axis=1, keepdims=True) - sums)
    error = float(np.sqrt((n_speakers - 1) * np.var(without)))
    if error == 0:
        return Tested(difference, difference, difference, 1.0)
    shares = sums[0, :, 0, 0] / sums[0, :, 0, 0].sum()
    freedom = max(1 / float(np.sum(shares**2)) - 1, 0.05)
    reach = float(stdtrit(freedom, 0.975)) * error
    p = 2 * float(stdtr(freedom, -abs(difference) / error))
    low, high = max(difference - reach, -2.0), min(difference + reach, 2.0)
    return Tested(difference, low, high, p)


def swap_p_value(pair: Pair, names: NDArray[np.str_], n_draws: int, seed: int) -> float:
    """Share of the swaps of whole speakers that give at least as large a difference.

    Parameters
    ----------
    pair : Pair
    names : (n_speakers,) str
        Speakers of all pairs that are compared together: they are swapped alike.
    n_draws, seed : int
        Used where there are too many speakers to count all swaps.

    Returns
    -------
    float
        Never 0 where swaps are drawn.
    """
    sums = _sums(pair)
    there = np.isin(names, pair.speakers)
    signs, exact = swaps(len(names), n_draws, seed)
    reached = abs(float(_ahead(sums.sum(axis=1)))) - TIE
    n_reached = 0
    for start in range(0, len(signs), CHUNK):
        swapped = signs[start : start + CHUNK][:, there].astype(np.float64)
        stayed = 1 - swapped
        first = np.tensordot(stayed, sums[0], axes=1) + np.tensordot(swapped, sums[1], axes=1)
        second = np.tensordot(stayed, sums[1], axes=1) + np.tensordot(swapped, sums[0], axes=1)
        n_reached += int((np.abs(_ahead(np.stack([first, second]))) >= reached).sum())
    return n_reached / len(signs) if exact else (n_reached + 1) / (n_draws + 1)


def _sums(pair: Pair) -> Floats:
    """Sums of each speaker by the first system and by the second: (2, n_speakers, n_targets, 6)."""
    return np.stack(
        [speaker_moments(pair.truth, given, pair.speakers) for given in (pair.first, pair.second)]
    )


def _ahead(sums: Floats) -> Floats:
    """First minus second mean CCC of sums (2, ..., n_targets, 6): (...)."""
    first, second = np.nan_to_num(ccc_of(sums)).mean(axis=-1)
    return np.asarray(first - second)
