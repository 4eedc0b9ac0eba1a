"""Conformal sets: sets of emotions that contain the true one with a guaranteed coverage.

An emotion is in the set of a clip where its probability is high enough. How high is calibrated on
clips of other speakers outside the model's training, so that the set holds the true emotion with
the coverage that is asked for, each speaker counting alike. If a new speaker is drawn as those
were, and a clip of theirs, then the true emotion is in its set with at least this probability,
however good the model: a bad one has large sets.

Source: split conformal prediction (Papadopoulos et al. 2002; Lei et al. 2018) with the score of
Sadinle, Lei & Wasserman 2019 (one minus the probability of the true class: the smallest sets on
average), over groups as Lee, Barber & Willett 2023, "Distribution-free inference with hierarchical
data", have it: every calibration speaker has the weight 1 / (n + 1), shared out among their clips,
and the new one stands at infinity.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SEPARATOR = "|"
"""Between the emotions of a set in a cell of a table."""


def least_speakers(coverage: float) -> int:
    """Number of speakers needed to calibrate sets of a coverage.

    Parameters
    ----------
    coverage : float
        In (0, 1).

    Returns
    -------
    int

    Examples
    --------
    >>> least_speakers(0.9), least_speakers(0.8)
    (9, 4)
    """
    # 0.9 / 0.1 is 9.000000000000002 in floating point.
    return math.ceil(coverage / (1 - coverage) - 1e-9)


def least_probability(
    probabilities: ArrayLike, labels: ArrayLike, speakers: ArrayLike, coverage: float
) -> float:
    """Least probability with which an emotion is in the set.

    Parameters
    ----------
    probabilities : (n_clips, n_classes) array
        Of clips whose speakers the model was not trained on.
    labels : (n_clips,) int
        Column of each clip's true class.
    speakers : (n_clips,) str
    coverage : float
        With which the set is to hold the true class; in (0, 1).

    Returns
    -------
    float
        0 where the speakers are too few (`least_speakers`): then the set holds every class.

    Examples
    --------
    >>> probabilities = np.repeat([[0.7, 0.3], [0.4, 0.6]], 6, axis=0)
    >>> speakers = [f"{n}" for n in range(12)]
    >>> least_probability(probabilities, np.zeros(12, int), speakers, 0.9)
    0.4
    """
    rows, true = np.asarray(probabilities, np.float64), np.asarray(labels, np.int64)
    _, of_clip, n_clips = np.unique(np.asarray(speakers), return_inverse=True, return_counts=True)
    right = rows[np.arange(len(rows)), true]
    order = np.argsort(-right, kind="stable")
    # What is covered where the sets reach down to each probability, the new speaker left out.
    covered = np.cumsum(1 / n_clips[of_clip[order]]) / (len(n_clips) + 1)
    enough = np.flatnonzero(covered >= coverage - 1e-9)
    return float(right[order[enough[0]]]) if len(enough) else 0.0


def conformal_sets(probabilities: ArrayLike, least: ArrayLike) -> NDArray[np.bool_]:
    """Which classes are in the set of each clip; the most probable one always is.

    Parameters
    ----------
    probabilities : (n_clips, n_classes) array
    least : float or (n_clips,) array
        As `least_probability` gives it.

    Returns
    -------
    (n_clips, n_classes) bool

    Examples
    --------
    >>> conformal_sets([[0.5, 0.4, 0.1], [0.2, 0.2, 0.6]], 0.3)
    array([[ True,  True, False],
           [False, False,  True]])
    """
    rows = np.asarray(probabilities, np.float64)
    floor = np.minimum(np.reshape(least, (-1, 1)), rows.max(axis=1, keepdims=True))
    return np.asarray(rows >= floor)
