"""Figures of merit: pure functions of labels, truth first; all but `ece` of the confusion matrix.

Labels are columns 0 ... n_classes - 1. `uar_of`, `accuracy_of` and `macro_f1_of` take stacks of
confusion matrices (..., n_classes, n_classes), so that resampling costs one product of matrices.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.errors import FeatureError

Floats = NDArray[np.float64]


def confusion(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> NDArray[np.int64]:
    """Counts (n_classes, n_classes) of clips, true class by row, predicted class by column.

    Parameters
    ----------
    truth, predicted : (n_clips,) int
        Labels.
    n_classes : int
        Labels are below it.

    Returns
    -------
    (n_classes, n_classes) int64

    Raises
    ------
    FeatureError
        The two are not of one length, or a label is not below `n_classes`.

    Examples
    --------
    >>> confusion([0, 0, 1], [0, 1, 1], n_classes=2)
    array([[1, 1],
           [0, 1]])
    """
    true, given = _labels(truth, predicted)
    if true.size and not (
        0 <= min(true.min(), given.min()) <= max(true.max(), given.max()) < n_classes
    ):
        raise FeatureError(
            f"labels from {min(true.min(), given.min())} to {max(true.max(), given.max())} were "
            f"given for {n_classes} classes; expected 0 to {n_classes - 1}"
        )
    counts = np.bincount(true * n_classes + given, minlength=n_classes**2)
    return counts.reshape(n_classes, n_classes)


def uar(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Unweighted average recall: the mean, over classes that occur in `truth`, of their recalls.

    ``recall_c = n(true c and predicted c) / n(true c)``. 0.5 is chance for two classes however
    many clips each has.

    Parameters
    ----------
    truth, predicted : (n_clips,) int
        Labels.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    FeatureError
        The two are not of one length, or there is no clip.

    Examples
    --------
    >>> uar([0, 0, 0, 1], [0, 0, 0, 0])
    0.5
    """
    return float(uar_of(_square(truth, predicted)))


def accuracy(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Share of clips that are right (weighted average recall): ``n(right) / n``.

    Parameters
    ----------
    truth, predicted : (n_clips,) int
        Labels.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    FeatureError
        The two are not of one length, or there is no clip.

    Examples
    --------
    >>> accuracy([0, 0, 0, 1], [0, 0, 0, 0])
    0.75
    """
    return float(accuracy_of(_square(truth, predicted)))


def macro_f1(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Mean over classes of ``2 TP / (2 TP + FP + FN)``, classes that occur in neither left out.

    Parameters
    ----------
    truth, predicted : (n_clips,) int
        Labels.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    FeatureError
        The two are not of one length, or there is no clip.

    Examples
    --------
    >>> round(macro_f1([0, 0, 0, 1], [0, 0, 0, 0]), 3)
    0.429
    """
    return float(macro_f1_of(_square(truth, predicted)))


def per_class_recall(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> Floats:
    """Recall of each class, (n_classes,) float64; NaN for a class that is not in `truth`.

    Parameters
    ----------
    truth, predicted : (n_clips,) int
        Labels.
    n_classes : int
        Labels are below it.

    Returns
    -------
    (n_classes,) float64

    Examples
    --------
    >>> per_class_recall([0, 0, 2], [0, 1, 2], n_classes=3)
    array([0.5, nan, 1. ])
    """
    return _recalls(confusion(truth, predicted, n_classes))


def ece(truth: ArrayLike, probabilities: ArrayLike, n_bins: int = 15) -> float:
    """Expected calibration error: how far, on average, confidence is from being right.

    ``sum over bins of n_bin / n * |accuracy_bin - mean confidence_bin|``, a clip's confidence its
    highest probability, bins of equal width, closed above.

    Parameters
    ----------
    truth : (n_clips,) int
    probabilities : (n_clips, n_classes) array
        Rows sum to 1.
    n_bins : int

    Returns
    -------
    float
        0 is best.

    Raises
    ------
    FeatureError
        The two are not of one length, or there is no clip.

    Notes
    -----
    Source: Naeini, Cooper & Hauskrecht 2015; Guo et al. 2017 (15 bins).

    Examples
    --------
    >>> round(ece([0, 1], [[0.9, 0.1], [0.8, 0.2]]), 2)  # 0.1 off, and 0.8 off
    0.45
    """
    table = np.asarray(probabilities, np.float64)
    true, given = _labels(truth, table.argmax(axis=1))
    confidence = table.max(axis=1)
    bins = np.clip(np.ceil(confidence * n_bins).astype(int) - 1, 0, n_bins - 1)
    gaps = np.bincount(bins, weights=(true == given) - confidence, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(true))


def uar_of(counts: ArrayLike) -> Floats:
    """UAR of each confusion matrix: (...,) float64, NaN for a matrix without clips.

    Parameters
    ----------
    counts : (..., n_classes, n_classes) int
        As `confusion` gives them.

    Returns
    -------
    (...) float64
    """
    recalls = _recalls(np.asarray(counts))
    occurs = ~np.isnan(recalls)
    return _ratio(np.where(occurs, recalls, 0).sum(axis=-1), occurs.sum(axis=-1))


def accuracy_of(counts: ArrayLike) -> Floats:
    """Accuracy of each confusion matrix: (...,) float64, NaN for a matrix without clips.

    Parameters
    ----------
    counts : (..., n_classes, n_classes) int
        As `confusion` gives them.

    Returns
    -------
    (...) float64
    """
    matrices = np.asarray(counts)
    return _ratio(np.trace(matrices, axis1=-2, axis2=-1), matrices.sum(axis=(-2, -1)))


def macro_f1_of(counts: ArrayLike) -> Floats:
    """Macro F1 of each confusion matrix: (...,) float64, NaN for a matrix without clips.

    Parameters
    ----------
    counts : (..., n_classes, n_classes) int
        As `confusion` gives them.

    Returns
    -------
    (...) float64
    """
    matrices = np.asarray(counts)
    right = np.diagonal(matrices, axis1=-2, axis2=-1)
    involved = matrices.sum(axis=-1) + matrices.sum(axis=-2)
    scores = np.where(involved > 0, 2 * right / np.maximum(involved, 1), 0)
    return _ratio(scores.sum(axis=-1), (involved > 0).sum(axis=-1))


def _recalls(matrices: NDArray[np.generic]) -> Floats:
    return _ratio(np.diagonal(matrices, axis1=-2, axis2=-1), matrices.sum(axis=-1))


def _ratio(numerator: ArrayLike, denominator: ArrayLike) -> Floats:
    above, below = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    undefined = np.full(above.shape, np.nan)
    return np.asarray(np.divide(above, below, out=undefined, where=below > 0))


def _square(truth: ArrayLike, predicted: ArrayLike) -> NDArray[np.int64]:
    true, given = _labels(truth, predicted)
    return confusion(true, given, int(max(true.max(), given.max())) + 1)


def _labels(truth: ArrayLike, predicted: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    true, given = np.asarray(truth, np.int64), np.asarray(predicted, np.int64)
    if true.ndim != 1 or true.shape != given.shape or not true.size:
        raise FeatureError(
            f"true labels of shape {true.shape} and predicted ones of shape {given.shape} were "
            "given; expected one of each for at least one clip"
        )
    return true, given
