"""Calibrated probabilities and hyperparameters, both chosen on inner folds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.pipeline import Pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from affuse.errors import FeatureError
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.inner_folds import Split, inner_folds
from affuse.models.loss_terms import LossTerms, learn

Floats = NDArray[np.float64]
Relearn = Callable[[NDArray[np.int64]], ArrayLike]
"""Training rows of an inner fold -> all rows, with features learned from those rows alone."""

LOG_RANGE = 10.0
"""A temperature is sought within e^10 times the scores' own spread, either way."""


class TemperatureScaled(ClassifierMixin, BaseEstimator):
    """A model with its decisions kept and its scores turned into calibrated probabilities.

    ``softmax(scores / temperature)``, the temperature fitted by log loss on scores of rows that
    the model had not seen: inner folds of the training rows, whose speakers are kept apart. With
    a `grid`, every choice of hyperparameters is scored in the same inner folds, each at its own
    temperature, and the one of least log loss is fitted on all rows.

    Parameters
    ----------
    estimator : classifier
        With ``decision_function`` or ``predict_log_proba``.
    n_folds : int
        Inner folds; fewer where there are fewer speakers (or rows of the rarest class).
    grid : mapping of str to sequence, optional
        Parameter of `estimator` -> values to choose from; every combination is tried.

    Attributes
    ----------
    classes_ : (n_classes,) array
    estimator_ : classifier
        Fitted on all training rows.
    temperature_ : float
        1 where the rows are too few to be divided.
    chosen_ : dict of str to value
        Choice from the grid; the first of each where the rows are too few to be divided.
    out_of_fold_ : (n_clips, n_classes) float64
        Probabilities of the training rows from inner folds that had not seen them; NaN for rows
        that no inner fold could score.

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

    def __init__(
        self,
        estimator: Any,
        n_folds: int = 3,
        grid: Mapping[str, Sequence[Any]] | None = None,
    ) -> None:
        self.estimator = estimator
        self.n_folds = n_folds
        self.grid = grid

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        groups: ArrayLike | None = None,
        relearn: Relearn | None = None,
        terms: LossTerms | None = None,
    ) -> Self:
        """Learn from X (n_clips, n_features), y (n_clips,) and the clips' speakers `groups`.

        Where X holds features that were learned with labels, `relearn` gives them as learned from
        the training rows of an inner fold alone.

        Parameters
        ----------
        X : (n_clips, n_features) float
        y : (n_clips,) int or str
        groups : (n_clips,) array, optional
            Speakers, kept apart in inner folds.
        relearn : callable, optional
            Training rows of an inner fold -> all rows of features as learned from those alone.
        terms : LossTerms, optional
            Of the clips; reach the model as far as it can have them.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            y holds one class.
        FeatureError
            Features are constant within each class, as a label would be.
        """
        rows, labels = validate_data(self, X, y)
        check_classification_targets(labels)
        own = LossTerms() if terms is None else terms
        self.classes_ = own.classes(labels)
        positions = np.searchsorted(self.classes_, labels)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y holds one class, {self.classes_.tolist()}: a classifier needs rows of at "
                "least two"
            )
        if _lacks_scatter(self.estimator, rows, positions):
            raise FeatureError(
                f"all features are the same within each of {len(self.classes_)} emotions "
                f"({len(rows)} clips to train on), as a label is; expected measured features: "
                "`affuse audit` names the columns"
            )
        folds = inner_folds(positions, groups, self.n_folds)
        relearned = relearn if relearn is not None else lambda _: rows
        shares = own.of_classes(self.classes_).shares
        scores = self._scores(positions, folds, relearned, own)
        self._choose(scores, positions if shares is None else shares)
        self.estimator_ = learn(self._candidate(self.chosen_), rows, labels, own)
        return self

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Decision of the wrapped model: (n_clips,).

        Parameters
        ----------
        X : (n_clips, n_features) float

        Returns
        -------
        (n_clips,) array
            Members of ``classes_``.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        """
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False)
        return np.asarray(self.estimator_.predict(rows))

    def predict_proba(self, X: ArrayLike) -> Floats:
        """Probabilities (n_clips, n_classes) over ``classes_``; rows sum to 1.

        Parameters
        ----------
        X : (n_clips, n_features) float

        Returns
        -------
        (n_clips, n_classes) float64
            Over ``classes_``; rows sum to 1.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        """
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False)
        scores = class_scores(self.estimator_, rows)
        probabilities = np.asarray(softmax(scores / self.temperature_, axis=1))
        decided = np.searchsorted(self.classes_, self.estimator_.predict(rows))
        return _with_maximum_at(probabilities, decided)

    def to_graph(self, graph: GraphBuilder, rows: str) -> str:
        """Probabilities as a value of a graph, from features (n, n_features) double.

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        rows : str
            Name of its features, (n, n_features) double.

        Returns
        -------
        str
            Name of the value, (n, n_classes) double.
        """
        from affuse.models.graphs.classical import class_score_nodes

        found = class_score_nodes(graph, rows, self.estimator_)
        tempered = graph.divide(found.scores, self.temperature_)
        made = graph.node("Softmax", tempered, axis=1)
        if found.votes is None:
            return made
        return _nodes_with_maximum_at(graph, made, found.votes, len(self.classes_))

    def _choices(self) -> list[dict[str, Any]]:
        grid = dict(self.grid or {})
        return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]

    def _candidate(self, choice: Mapping[str, Any]) -> Any:
        return clone(self.estimator).set_params(**choice) if choice else clone(self.estimator)

    def _scores(
        self,
        positions: NDArray[np.int64],
        folds: Sequence[Split],
        relearned: Relearn,
        terms: LossTerms,
    ) -> Floats:
        """Scores from inner folds, (n_choices, n_clips, n_classes); NaN where there are none."""
        choices, n_classes = self._choices(), len(self.classes_)
        scores = np.full((len(choices), len(positions), n_classes), np.nan)
        for train, test in folds:
            # Scores of a model that does not know all classes are on another scale, and one row a
            # class is too few to learn a spread from.
            own = terms.of_classes(self.classes_).take(train)
            known = len(own.classes(positions[train]))
            if known < n_classes or len(train) == known:
                continue
            rows = np.asarray(relearned(train))
            if _lacks_scatter(self.estimator, rows[train], positions[train]):
                continue
            for number, choice in enumerate(choices):
                model = learn(self._candidate(choice), rows[train], positions[train], own)
                scores[number, test] = class_scores(model, rows[test])
        return scores

    def _choose(self, scores: Floats, aims: NDArray[Any]) -> None:
        """Hyperparameters, temperature and out-of-fold probabilities from inner scores.

        Aims are positions of classes, or shares of votes for each.
        """
        choices = self._choices()
        seen = ~np.isnan(scores[0, :, 0])
        self.chosen_, self.temperature_ = choices[0], 1.0
        self.out_of_fold_ = np.full(scores.shape[1:], np.nan)
        if not seen.any():
            return
        truth = aims[seen]
        temperatures = [fit_temperature(rows[seen], truth) for rows in scores]
        losses = [
            _log_loss(log_softmax(rows[seen] / temperature, axis=1), truth)
            for rows, temperature in zip(scores, temperatures, strict=True)
        ]
        best = int(np.argmin(losses))
        self.chosen_, self.temperature_ = choices[best], temperatures[best]
        self.out_of_fold_[seen] = softmax(scores[best, seen] / self.temperature_, axis=1)


def _log_loss(logs: Floats, truth: NDArray[Any]) -> float:
    """Mean log loss of positions (n_clips,), or cross-entropy with shares (n_clips, n_classes)."""
    if truth.ndim == 2:
        return -float((truth * logs).sum(axis=1).mean())
    return -float(logs[np.arange(len(truth)), truth].mean())


def _lacks_scatter(estimator: Any, rows: Floats, positions: NDArray[np.int64]) -> bool:
    """Whether no feature varies within a class, for LDA, which divides by that scatter."""
    model = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(model, LinearDiscriminantAnalysis):
        return False
    return not any(np.ptp(rows[positions == k], axis=0).any() for k in np.unique(positions))


def class_scores(estimator: Any, X: ArrayLike) -> Floats:
    """Score of each class, (n_clips, n_classes), from whichever method a classifier has.

    Log probabilities enter by the logarithm of their distance to the row's best: naive Bayes adds
    up evidence that is not independent, and ends at distances from 1 to 10^12 that no one
    temperature brings to the same scale.

    Parameters
    ----------
    estimator : fitted classifier
        With ``decision_function`` or ``predict_log_proba``.
    X : (n_clips, n_features) float

    Returns
    -------
    (n_clips, n_classes) float64
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
    labels : (n_clips,) int or (n_clips, n_classes) float
        Column of each clip's true class, or the share of each class among people's votes.

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
    truth = np.asarray(labels)
    targets = np.full((n, n_classes), 1.0)
    if truth.ndim == 2:
        targets += n * truth
    else:
        targets[np.arange(n), truth] += n
    targets /= n + n_classes
    spread = float(values.std(axis=1).mean())
    if spread == 0:
        return 1.0

    def log_loss(log_temperature: float) -> float:
        logs = log_softmax(values / (spread * math.exp(log_temperature)), axis=1)
        return -float((targets * logs).sum()) / len(values)

    found = minimize_scalar(log_loss, bounds=(-LOG_RANGE, LOG_RANGE), method="bounded")
    return spread * math.exp(float(found.x))


def _with_maximum_at(probabilities: Floats, columns: NDArray[np.int64]) -> Floats:
    rows, top = np.arange(len(probabilities)), probabilities.argmax(axis=1)
    swapped = probabilities.copy()
    swapped[rows, top] = probabilities[rows, columns]
    swapped[rows, columns] = probabilities[rows, top]
    # Where temperatures are so high that classes share the maximum, argmax takes the first.
    tied = swapped.argmax(axis=1) != columns
    swapped[rows[tied], columns[tied]] = np.nextafter(swapped[rows[tied], columns[tied]], 2)
    return swapped


def _nodes_with_maximum_at(graph: GraphBuilder, made: str, votes: str, n_classes: int) -> str:
    """The probabilities in a graph, with their maximum moved to the class that has most votes."""
    top = graph.cast(graph.best_column(made, n_classes), "DOUBLE")
    decided = graph.cast(graph.best_column(votes, n_classes), "DOUBLE")
    gap = graph.subtract(graph.row_maximum(made), graph.row_sum(graph.multiply(made, decided)))
    return graph.add(made, graph.multiply(graph.subtract(decided, top), gap))
