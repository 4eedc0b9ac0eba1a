"""Support vector regression of several numbers on one kernel matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.svm import SVR
from sklearn.utils.validation import check_is_fitted, validate_data

from affuse.models.kernels import kernel_matrix, kernel_nodes, kernel_width

if TYPE_CHECKING:
    from affuse.models.graphs.builder import GraphBuilder

Floats = NDArray[np.float64]


class KernelSVR(RegressorMixin, BaseEstimator):
    """Support vector regression, linear or RBF, each target separately.

    Parameters
    ----------
    kernel : {"rbf", "linear"}
    C : float
        Cost of a training row outside the tube.
    epsilon : float
        Half the width of the tube, in the unit of the targets.
    gamma : float or "scale"
        As in `affuse.models.kernel_svc.KernelSVC`.

    Attributes
    ----------
    support_vectors_ : (n_support, n_features) float64
        Of all targets.
    coef_ : (n_support, n_targets) float64
    intercept_ : (n_targets,) float64
    gamma_ : float

    Notes
    -----
    Source: Smola & Schölkopf 2004; Chang & Lin 2011 (libsvm), which solves.

    Examples
    --------
    >>> X = np.arange(6.0)[:, None]
    >>> KernelSVR("linear", C=100.0).fit(X, X[:, 0]).predict([[2.0]]).round(1)
    array([2.])
    """

    def __init__(
        self,
        kernel: Literal["rbf", "linear"] = "rbf",
        C: float = 1.0,
        epsilon: float = 0.1,
        gamma: float | Literal["scale"] = "scale",
    ) -> None:
        self.kernel = kernel
        self.C = C
        self.epsilon = epsilon
        self.gamma = gamma

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from X (n_clips, n_features) and y (n_clips,) or (n_clips, n_targets).

        Parameters
        ----------
        X : (n_clips, n_features) array
        y : (n_clips,) or (n_clips, n_targets) array

        Returns
        -------
        Self

        Raises
        ------
        ValueError
            Another kernel.
        """
        rows, truth = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        if self.kernel not in ("rbf", "linear"):
            raise ValueError(f"kernel {self.kernel!r} was given; expected 'rbf' or 'linear'")
        self.one_ = truth.ndim == 1
        columns = truth.reshape(len(rows), -1)
        self.gamma_ = kernel_width(self.gamma, rows)
        matrix = kernel_matrix(self.kernel, self.gamma_, rows, rows)
        coef, self.intercept_ = np.zeros(columns.shape), np.zeros(columns.shape[1])
        for number, column in enumerate(columns.T):
            solver = SVR(kernel="precomputed", C=self.C, epsilon=self.epsilon).fit(matrix, column)
            coef[solver.support_, number] = solver.dual_coef_[0]
            self.intercept_[number] = solver.intercept_[0]
        support = np.flatnonzero(coef.any(axis=1))
        self.support_vectors_, self.coef_ = rows[support], coef[support]
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Numbers, of the shape that was learned: (n_clips,) or (n_clips, n_targets).

        Parameters
        ----------
        X : (n_clips, n_features) array

        Returns
        -------
        (n_clips,) or (n_clips, n_targets) float64
        """
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        kernel = kernel_matrix(self.kernel, self.gamma_, rows, self.support_vectors_)
        made = kernel @ self.coef_ + self.intercept_
        return np.asarray(made[:, 0] if self.one_ else made)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that several targets can be learned at once."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def to_graph(self, graph: GraphBuilder, rows: str) -> str:
        """Numbers as a value of a graph, (n, n_targets), from rows (n, n_features).

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        rows : str
            Name of its features, (n, n_features).

        Returns
        -------
        str
            Name of the value.
        """
        weighted = kernel_nodes(
            graph, rows, self.kernel, self.gamma_, self.support_vectors_, self.coef_
        )
        return graph.add(weighted, self.intercept_)
