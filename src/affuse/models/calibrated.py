"""Probabilities for models that only score: temperature scaling on inner out-of-fold scores."""

from __future__ import annotations

import math
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import GroupKFold, StratifiedKFold
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]
Split = tuple[NDArray[np.int64], NDArray[np.int64]]

LOG_RANGE = 10.0
"""A temperature is sought within e^10 times the scores' own spread, either way."""


class TemperatureScaled(ClassifierMixin, BaseEstimator):
    """A model with its decisions kept and its scores turned into probabilities.

    ``softmax(scores / temperature)``, the temperature fitted by log loss on scores of rows that
    the model had not seen: inner folds of the training rows, whose speakers are kept apart.

    Parameters
    ----------
    estimator : classifier
        With ``decision_function`` or ``predict_log_proba``.
    n_folds : int
        Inner folds; fewer where there are fewer speakers (or rows of the rarest class).

    Attributes
    ----------
    classes_ : (n_classes,) array
    estimator_ : classifier
        Fitted on all training rows.
    temperature_ : float
        1 where the rows are too few to be divided.

    Notes
    -----
    The class with the highest probability is the one that the model predicts, always: where the
    model prefers another one than the highest score (libsvm breaks ties of votes by the order of
    classes), these two exchange their probabilities.

    Source: Guo, Pleiss, Sun & Weinberger 2017, "On calibration of modern neural networks"; the
    targets are smoothed as by Platt 1999, so that separable rows do not end in certainty.

    Examples
    --------
    >>> from affuse.models.kernel_svc import KernelSVC
    >>> X, y = np.arange(12.0)[:, None], np.repeat([0, 1, 2], 4)
    >>> TemperatureScaled(KernelSVC(C=10)).fit(X, y).predict_proba([[1.0]]).round(1)
    array([[0.8, 0.2, 0.1]])
    """

    def __init__(self, estimator: Any, n_folds: int = 3) -> None:
        self.estimator = estimator
        self.n_folds = n_folds

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Learn from X (n_clips, n_features), y (n_clips,) and the clips' speakers `groups`."""
        rows, labels = validate_data(self, X, y)
        check_classification_targets(labels)
        self.classes_, positions = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y holds one class, {self.classes_.tolist()}: a classifier needs rows of at "
                "least two"
            )
        self.temperature_ = self._temperature(rows, positions, groups)
        self.estimator_ = clone(self.estimator).fit(rows, labels)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Decision of the model itself: (n_clips,)."""
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False)
        return np.asarray(self.estimator_.predict(rows))

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probabilities (n_clips, n_classes) over ``classes_``; rows sum to 1."""
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False)
        scores = class_scores(self.estimator_, rows)
        probabilities = np.asarray(softmax(scores / self.temperature_, axis=1))
        decided = np.searchsorted(self.classes_, self.estimator_.predict(rows))
        return _with_maximum_at(probabilities, decided)

    def _temperature(
        self, rows: Floats, positions: NDArray[np.int64], groups: ArrayLike | None
    ) -> float:
        n_classes = len(self.classes_)
        scores = np.full((len(rows), n_classes), np.nan)
        for train, test in inner_folds(positions, groups, self.n_folds):
            # Scores of a model that does not know all classes are on another scale.
            if len(np.unique(positions[train])) == n_classes:
                model = clone(self.estimator).fit(rows[train], positions[train])
                scores[test] = class_scores(model, rows[test])
        seen = ~np.isnan(scores[:, 0])
        return fit_temperature(scores[seen], positions[seen]) if seen.any() else 1.0


def class_scores(estimator: Any, X: ArrayLike) -> Floats:
    """Score of each class, (n_clips, n_classes), from whatever a fitted classifier offers.

    Log probabilities enter by the logarithm of their distance to the row's best: naive Bayes adds
    up evidence that is not independent, and ends at distances from 1 to 10^12 that no one
    temperature brings to the same scale.
    """
    if not hasattr(estimator, "decision_function"):
        logs = np.asarray(estimator.predict_log_proba(X), np.float64)
        return np.asarray(-np.log1p(logs.max(axis=1, keepdims=True) - logs))
    scores = np.asarray(estimator.decision_function(X), np.float64)
    return np.stack([np.zeros_like(scores), scores], axis=1) if scores.ndim == 1 else scores


def fit_temperature(scores: ArrayLike, labels: ArrayLike) -> float:
    """Temperature at which ``softmax(scores / temperature)`` has the least log loss.

    Parameters
    ----------
    scores : (n_clips, n_classes) array
        Of clips that the scoring model has not seen.
    labels : (n_clips,) int
        Column of each clip's true class.

    Returns
    -------
    float
        Above 0.

    Examples
    --------
    >>> scores = [[4.0, 0.0], [4.0, 0.0], [4.0, 0.0], [4.0, 0.0]]
    >>> bool(fit_temperature(scores, [0, 0, 0, 1]) > 2)  # 98 % sure, 75 % right
    True
    """
    values = np.asarray(scores, np.float64)
    n, n_classes = values.shape
    targets = np.full((n, n_classes), 1.0)
    targets[np.arange(n), np.asarray(labels)] += n
    targets /= n + n_classes
    spread = float(values.std(axis=1).mean())
    if spread == 0:
        return 1.0

    def log_loss(log_temperature: float) -> float:
        logs = log_softmax(values / (spread * math.exp(log_temperature)), axis=1)
        return -float((targets * logs).sum()) / len(values)

    found = minimize_scalar(log_loss, bounds=(-LOG_RANGE, LOG_RANGE), method="bounded")
    return spread * math.exp(float(found.x))


def inner_folds(labels: NDArray[np.int64], groups: ArrayLike | None, n_folds: int) -> list[Split]:
    """Training and test rows of folds within the training rows; none where rows are too few.

    Speakers (`groups`) are kept apart where there are at least two; one speaker's rows are
    divided so that each fold has all classes.
    """
    blank = np.zeros((len(labels), 1))
    n_groups = 0 if groups is None else len(np.unique(np.asarray(groups)))
    if n_groups >= 2:
        grouped = GroupKFold(min(n_folds, n_groups))
        return list(grouped.split(blank, labels, np.asarray(groups)))
    n_splits = min(n_folds, int(np.unique(labels, return_counts=True)[1].min()))
    return list(StratifiedKFold(n_splits).split(blank, labels)) if n_splits >= 2 else []


def _with_maximum_at(probabilities: Floats, columns: NDArray[np.int64]) -> Floats:
    rows, top = np.arange(len(probabilities)), probabilities.argmax(axis=1)
    swapped = probabilities.copy()
    swapped[rows, top] = probabilities[rows, columns]
    swapped[rows, columns] = probabilities[rows, top]
    # Where temperatures are so high that classes share the maximum, argmax takes the first.
    tied = swapped.argmax(axis=1) != columns
    swapped[rows[tied], columns[tied]] = np.nextafter(swapped[rows[tied], columns[tied]], 2)
    return swapped
