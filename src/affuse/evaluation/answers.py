"""Which emotions can be an answer: those that both training and test clips can show.

Probabilities of all others are shared out in proportion, so that no system is scored on an answer
that cannot be right.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.splits.fold import Fold
from affuse.splits.protocols import Protocol

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def among_shared(found: OutOfFold, table: FeatureTable, protocol: Protocol) -> OutOfFold:
    """Predictions across corpora, restricted to emotions that both sides of each fold show.

    Parameters
    ----------
    found : OutOfFold
    table : FeatureTable
        The one that `found` has rows of.
    protocol : Protocol
        That it was found under.

    Returns
    -------
    OutOfFold
        With its `answers`; the same one where numbers are predicted, or the protocol does not
        train on some corpora and test on others.
    """
    if table.targets or not protocol.across_corpora:
        return found
    shared = {fold.number: shared_emotions(table, fold) for fold in protocol.folds}
    return answered_among(found, np.stack([shared[number] for number in found.folds]))


def shared_emotions(table: FeatureTable, fold: Fold) -> Bools:
    """Which classes both the training and the test clips of a fold show: (n_classes,).

    Parameters
    ----------
    table : FeatureTable
    fold : Fold

    Returns
    -------
    (n_classes,) bool
    """
    classes = np.arange(len(table.classes))
    train, test = (np.isin(classes, table.labels[list(rows)]) for rows in (fold.train, fold.test))
    return np.asarray(train & test)


def answered_among(found: OutOfFold, can_be: Bools) -> OutOfFold:
    """Predictions restricted to some emotions.

    Parameters
    ----------
    found : OutOfFold
        Its outputs are probabilities.
    can_be : (n_classes,) or (n_scored, n_classes) bool

    Returns
    -------
    OutOfFold
        With its `answers`: those that could be before, and can be still.
    """
    answers = np.broadcast_to(can_be, found.outputs.shape)
    if found.answers is not None:
        answers = answers & found.answers
    return replace(found, outputs=masked(found.outputs, answers), answers=answers)


def masked(probabilities: Floats, can_be: Bools) -> Floats:
    """Probabilities restricted to some classes; each row sums to 1.

    Parameters
    ----------
    probabilities : (n_clips, n_classes) float64
    can_be : (n_clips, n_classes) bool

    Returns
    -------
    (n_clips, n_classes) float64
        Even where nothing that can be has a probability.

    Examples
    --------
    >>> masked(np.array([[0.5, 0.3, 0.2]]), np.array([[False, True, True]]))
    array([[0. , 0.6, 0.4]])
    """
    left = np.where(can_be, probabilities, 0.0)
    total = left.sum(axis=1, keepdims=True)
    evenly = can_be / can_be.sum(axis=1, keepdims=True)
    return np.where(total > 0, left / np.where(total > 0, total, 1.0), evenly)


def chance(truth: NDArray[np.int64], answers: Bools) -> float:
    """UAR of a uniform guess among each clip's possible answers.

    Parameters
    ----------
    truth : (n_clips,) int
    answers : (n_clips, n_classes) bool

    Returns
    -------
    float

    Examples
    --------
    >>> chance(np.array([0, 1]), np.array([[True, True, False], [True, True, True]]))
    0.41666666666666663
    """
    right = answers[np.arange(len(truth)), truth] / answers.sum(axis=1)
    return float(np.mean([right[truth == label].mean() for label in np.unique(truth)]))
