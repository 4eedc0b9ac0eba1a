"""A network of one hidden layer that predicts numbers; torch is imported when it is fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from affuse.models.network_target import NetworkTarget
from affuse.models.optimisers import adam
from affuse.models.training import (
    import_torch,
    initialise,
    outputs,
    row_batches,
    seeded_single_thread,
    train,
)

if TYPE_CHECKING:
    from affuse.models.graphs.builder import GraphBuilder


class DenseRegressor(RegressorMixin, BaseEstimator):
    """Dense layer with ReLU, Dropout, and a dense layer of one neuron for each target.

    Parameters
    ----------
    n_hidden : int
        Neurons of the hidden layer.
    epochs, batch_size : int
    learning_rate : float
        Of Adam.
    weight_decay : float
        How hard weights are pulled to 0.
    dropout : float
        Share of the hidden neurons dropped in a training step.
    random_state : int or None

    Attributes
    ----------
    target_ : NetworkTarget
    losses_ : (epochs,) array
        Mean squared error of standardised numbers, by epoch.
    network_ : torch.nn.Sequential

    Examples
    --------
    >>> X = np.repeat(np.eye(4), 4, axis=0)
    >>> DenseRegressor(epochs=2, random_state=0).fit(X, X[:, :2]).predict(X).shape
    (16, 2)
    """

    def __init__(
        self,
        n_hidden: int = 64,
        epochs: int = 60,
        batch_size: int = 16,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-3,
        dropout: float = 0.2,
        random_state: int | None = None,
    ) -> None:
        self.n_hidden = n_hidden
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from X (n_clips, n_features) and y (n_clips, n_targets).

        Parameters
        ----------
        X : (n_clips, n_features) array
        y : (n_clips, n_targets) array

        Returns
        -------
        Self
        """
        rows, truth = validate_data(self, X, y, dtype=np.float32, multi_output=True, y_numeric=True)
        self.one_ = truth.ndim == 1
        columns = truth.reshape(len(rows), -1)
        self.target_ = NetworkTarget.of(columns)
        with seeded_single_thread(self.random_state):
            network = self._network(rows.shape[1])
            batches = row_batches(rows, self.target_.encoded(columns), self.batch_size)
            groups = [{"params": network.parameters(), "weight_decay": self.weight_decay}]
            self.losses_ = train(network, batches, self.epochs, adam(groups, self.learning_rate))
        self.network_ = network
        return self

    def predict(self, X: ArrayLike) -> NDArray[np.float64]:
        """Numbers (n_clips, n_targets).

        Parameters
        ----------
        X : (n_clips, n_features) array

        Returns
        -------
        (n_clips, n_targets) float64
        """
        check_is_fitted(self)
        rows = np.asarray(validate_data(self, X, dtype=np.float32, reset=False))
        made = self.target_.decoded(outputs(self.network_, rows))
        return made[:, 0] if self.one_ else made

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that several targets can be learned at once."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def to_graph(self, graph: GraphBuilder, rows: str) -> str:
        """Numbers as a value of a graph, from features (n, n_features).

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        rows : str
            Name of its features, (n, n_features).

        Returns
        -------
        str
            Name of the value, (n, n_targets) double.
        """
        check_is_fitted(self)
        return self.target_.nodes(graph, graph.cast(rows, "FLOAT"), self.network_)

    def _network(self, n_features: int) -> Any:
        nn: Any = import_torch().nn
        network = nn.Sequential(
            nn.Linear(n_features, self.n_hidden),
            nn.ReLU(),
            nn.Dropout(self.dropout),
            nn.Linear(self.n_hidden, self.target_.n_outputs),
        )
        initialise(network)
        return network
