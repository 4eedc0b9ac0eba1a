"""Support vector classifier whose kernel matrix is one matrix product.

libsvm evaluates its kernels pair by pair; on 2,520 features that is nearly all of its time. Here
BLAS computes the whole kernel matrix and libsvm solves on it, which gives `SVC`'s decisions
several times sooner. What is learned is kept as plain arrays, so that a decision is two products of
matrices without scikit-learn.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.svm import SVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from affuse.models.graphs.builder import GraphBuilder
from affuse.models.graphs.classical import ClassScores
from affuse.models.kernels import kernel_matrix, kernel_nodes, kernel_width

Floats = NDArray[np.float64]


class KernelSVC(ClassifierMixin, BaseEstimator):
    """Support vector classifier, linear or RBF, with the decisions of `sklearn.svm.SVC`.

    Parameters
    ----------
    kernel : {"rbf", "linear"}
    C : float
        Cost of a training row on the wrong side.
    gamma : float or "scale"
        Width of the RBF kernel ``exp(-gamma * distance**2)``; "scale" is
        ``1 / (n_features * X.var())``.

    Attributes
    ----------
    classes_ : (n_classes,) array
    support_vectors_ : (n_support, n_features) float64
    pair_coef_ : (n_support, n_pairs) float64
        Weight of each support vector in each pair of classes (0,1), (0,2) ... (1,2) ...
    pair_intercept_ : (n_pairs,) float64
    gamma_ : float

    Notes
    -----
    One against one, as libsvm has it: each pair of classes votes; the class with the most votes
    wins, the first of `classes_` where votes tie.

    Source: Cortes & Vapnik 1995; Chang & Lin 2011 (libsvm), which solves.

    Examples
    --------
    >>> KernelSVC("linear").fit([[0.0], [1.0], [5.0], [6.0]], [0, 0, 1, 1]).predict([[0.5], [7.0]])
    array([0, 1])
    """

    def __init__(
        self,
        kernel: Literal["rbf", "linear"] = "rbf",
        C: float = 1.0,
        gamma: float | Literal["scale"] = "scale",
    ) -> None:
        self.kernel = kernel
        self.C = C
        self.gamma = gamma

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from X (n_clips, n_features) and y (n_clips,).

        Parameters
        ----------
        X : (n_clips, n_features) float
        y : (n_clips,) int or str

        Returns
        -------
        self

        Raises
        ------
        ValueError
            Another kernel, or y holds one class.
        """
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        if self.kernel not in ("rbf", "linear"):
            raise ValueError(f"kernel {self.kernel!r} was given; expected 'rbf' or 'linear'")
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError(
                f"y holds one class, {self.classes_.tolist()}: a classifier needs rows of at "
                "least two"
            )
        self.gamma_ = kernel_width(self.gamma, rows)
        solver = SVC(kernel="precomputed", C=self.C)
        solver.fit(kernel_matrix(self.kernel, self.gamma_, rows, rows), labels)
        self.support_vectors_ = rows[solver.support_]
        self.pair_coef_, self.pair_intercept_ = _pairwise(solver)
        return self

    def decision_function(self, X: ArrayLike) -> Floats:
        """Score of each class: votes, plus less than 1/3 for the margins of the pairs.

        Returns (n_clips, n_classes), or (n_clips,) with two classes (above 0: the second), the
        same numbers as `SVC.decision_function`.

        Parameters
        ----------
        X : (n_clips, n_features) float

        Returns
        -------
        (n_clips, n_classes) or (n_clips,) float64

        Raises
        ------
        NotFittedError
            `fit` was not called.
        """
        pairs = self._pair_decisions(X)
        if len(self.classes_) == 2:
            return -pairs[:, 0]
        margins = np.zeros((len(pairs), len(self.classes_)))
        for k, (first, second) in enumerate(combinations(range(len(self.classes_)), 2)):
            margins[:, first] += pairs[:, k]
            margins[:, second] -= pairs[:, k]
        return np.asarray(self._votes(pairs) + margins / (3 * (np.abs(margins) + 1)))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Class with most votes of the pairs, the first among ties: (n_clips,).

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
        votes = self._votes(self._pair_decisions(X))
        return np.asarray(self.classes_[votes.argmax(axis=1)])

    def scores_to_graph(self, graph: GraphBuilder, rows: str) -> ClassScores:
        """Votes and margins as values of a graph, from rows (n, n_features).

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        rows : str
            Name of its features, (n, n_features).

        Returns
        -------
        ClassScores
        """
        weighted = kernel_nodes(
            graph, rows, self.kernel, self.gamma_, self.support_vectors_, self.pair_coef_
        )
        pairs = graph.add(weighted, self.pair_intercept_)
        n_classes = len(self.classes_)
        if n_classes == 2:
            score = graph.multiply(pairs, -1.0)
            return ClassScores(graph.side_by_side([graph.multiply(score, 0.0), score]))
        first, second = np.zeros((2, len(self.pair_intercept_), n_classes))
        for k, (i, j) in enumerate(combinations(range(n_classes), 2)):
            first[k, i] = second[k, j] = 1
        wins = graph.cast(graph.node("Greater", pairs, graph.constant(0.0)), "DOUBLE")
        votes = graph.add(graph.times(wins, first - second), second.sum(axis=0))
        margins = graph.times(pairs, first - second)
        bounded = graph.multiply(graph.add(graph.node("Abs", margins), 1.0), 3.0)
        return ClassScores(graph.add(votes, graph.divide(margins, bounded)), votes)

    def _pair_decisions(self, X: ArrayLike) -> Floats:
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        kernel = kernel_matrix(self.kernel, self.gamma_, rows, self.support_vectors_)
        return np.asarray(kernel @ self.pair_coef_ + self.pair_intercept_)

    def _votes(self, pairs: Floats) -> Floats:
        votes = np.zeros((len(pairs), len(self.classes_)))
        for k, (first, second) in enumerate(combinations(range(len(self.classes_)), 2)):
            wins = pairs[:, k] > 0
            votes[:, first] += wins
            votes[:, second] += ~wins
        return votes


def _pairwise(solver: SVC) -> tuple[Floats, Floats]:
    """Libsvm's compact dual coefficients, spread to one column per pair of classes."""
    n_classes = len(solver.classes_)
    if n_classes == 2:  # scikit-learn turns the sign of the only pair around
        return -solver.dual_coef_.T, -solver.intercept_
    ends = np.cumsum(solver.n_support_)
    stretches = [slice(end - n, end) for end, n in zip(ends, solver.n_support_, strict=True)]
    coef = np.zeros((len(solver.support_), n_classes * (n_classes - 1) // 2))
    for k, (first, second) in enumerate(combinations(range(n_classes), 2)):
        coef[stretches[first], k] = solver.dual_coef_[second - 1, stretches[first]]
        coef[stretches[second], k] = solver.dual_coef_[first, stretches[second]]
    return coef, np.asarray(solver.intercept_)
