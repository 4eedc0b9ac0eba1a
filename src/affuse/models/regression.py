"""A regressor on standardised numbers, its hyperparameters chosen in inner folds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.utils.validation import check_is_fitted, validate_data

from affuse.models.inner_folds import inner_folds
from affuse.tasks.agreement import ccc

if TYPE_CHECKING:
    from affuse.models.graphs.builder import GraphBuilder

Floats = NDArray[np.float64]
Relearn = Callable[[NDArray[np.int64]], ArrayLike]


class StandardisedTargets(RegressorMixin, BaseEstimator):
    """A regressor fitted to standardised targets, whatever their unit.

    Where a grid is given, every combination is tried in the same inner folds (speakers apart), and
    the one of the highest mean CCC is fitted on all rows.

    Parameters
    ----------
    estimator : regressor
        With ``predict`` for several targets.
    n_folds : int
        Inner folds; fewer where there are fewer speakers.
    grid : mapping of str to sequence, optional
        Parameter of `estimator` -> values to choose from.

    Attributes
    ----------
    estimator_ : regressor
        Fitted on all training rows.
    mean_, scale_ : (n_targets,) float64
        Of the training rows' numbers.
    chosen_ : dict of str to value
        Choice from the grid; the first of each where the rows are too few to be divided.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> X = np.arange(12.0)[:, None]
    >>> model = StandardisedTargets(Ridge(), 3, {"alpha": [1000.0, 0.001]}).fit(X, 100 * X)
    >>> model.chosen_, model.predict([[2.0]]).round()
    ({'alpha': 0.001}, array([[200.]]))
    """

    def __init__(
        self,
        estimator: Any,
        n_folds: int = 5,
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
    ) -> Self:
        """Learn from X (n_clips, n_features), y (n_clips, n_targets) and the clips' speakers.

        `relearn` as in `affuse.models.calibrated.TemperatureScaled.fit`.

        Parameters
        ----------
        X : (n_clips, n_features) array
        y : (n_clips, n_targets) array
        groups : (n_clips,) array, optional
            Speakers.
        relearn : callable, optional
            Learned features of inner folds.

        Returns
        -------
        Self
        """
        rows, truth = validate_data(self, X, y, multi_output=True, y_numeric=True)
        self.one_ = truth.ndim == 1
        columns = np.asarray(truth.reshape(len(rows), -1), np.float64)
        self.mean_, scale = columns.mean(axis=0), columns.std(axis=0)
        self.scale_ = np.where(scale > 0, scale, 1.0)
        standard = (columns - self.mean_) / self.scale_
        self.chosen_ = self._choice(rows, standard, groups, relearn or (lambda _: rows))
        self.estimator_ = self._candidate(self.chosen_).fit(rows, standard)
        return self

    def predict(self, X: ArrayLike) -> Floats:
        """Numbers (n_clips, n_targets), in their own unit.

        Parameters
        ----------
        X : (n_clips, n_features) array

        Returns
        -------
        (n_clips, n_targets) float64
        """
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False)
        made = np.asarray(self.estimator_.predict(rows)).reshape(len(rows), -1)
        numbers = made * self.scale_ + self.mean_
        return np.asarray(numbers[:, 0] if self.one_ else numbers)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that several targets can be learned at once."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def to_graph(self, graph: GraphBuilder, rows: str) -> str:
        """Numbers as a value of a graph: (n, n_targets) double, from rows (n, n_features).

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
        from affuse.models.graphs.classical import model_nodes

        made = model_nodes(graph, rows, self.estimator_)
        return graph.add(graph.multiply(made, self.scale_), self.mean_)

    def _candidate(self, choice: Mapping[str, Any]) -> Any:
        return clone(self.estimator).set_params(**choice)

    def _choice(
        self, rows: Floats, truth: Floats, groups: ArrayLike | None, relearn: Relearn
    ) -> dict[str, Any]:
        grid = dict(self.grid or {})
        choices = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
        folds = inner_folds(truth, groups, self.n_folds) if len(choices) > 1 else []
        if not folds:
            return choices[0]
        predicted = np.full((len(choices), *truth.shape), np.nan)
        for train, test in folds:
            learned = np.asarray(relearn(train))
            for number, choice in enumerate(choices):
                model = self._candidate(choice).fit(learned[train], truth[train])
                predicted[number, test] = model.predict(learned[test]).reshape(len(test), -1)
        agreement = [np.nan_to_num(ccc(truth, each)).mean() for each in predicted]
        return choices[int(np.argmax(agreement))]
