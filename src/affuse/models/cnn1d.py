"""The lecture's 1D CNN as a scikit-learn classifier; torch is imported when it is fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from affuse.errors import FeatureError
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.loss_terms import LossTerms
from affuse.models.network_target import NetworkTarget
from affuse.models.optimisers import adam
from affuse.models.training import (
    BATCH_NORM_EPS,
    BATCH_NORM_MOMENTUM,
    import_torch,
    initialise,
    outputs,
    row_batches,
    seeded_single_thread,
    train,
)

if TYPE_CHECKING:
    import torch

N_CHANNELS = 32
N_EMBEDDING = 128
MIN_FEATURES = 4
"""Two poolings by 2 leave nothing of fewer columns."""


class CNN1D(ClassifierMixin, BaseEstimator):
    """One-dimensional convolutional network over a row of features.

    Conv1D(32, 3, same, ReLU), MaxPool 2, the same again, Flatten, BatchNorm, Dense 128 ReLU,
    Dropout, softmax.

    Parameters
    ----------
    epochs, batch_size : int
    learning_rate : float
        Of Adam.
    dropout : float
        Share of the 128 neurons dropped in a training step.
    random_state : int or None
        The same number gives the same network on one machine, whatever the number of threads
        and whatever else uses torch.

    Attributes
    ----------
    classes_ : (n_classes,) array
        Where it has learned labels.
    target_ : NetworkTarget
    losses_ : (epochs,) array
        Mean training loss of each epoch.
    network_ : torch.nn.Sequential

    Notes
    -----
    The architecture is the lecture's; its Keras layers start as here (Glorot uniform, zero
    biases). Batch normalisation differs on purpose: see `training.BATCH_NORM_MOMENTUM`.

    Examples
    --------
    >>> X, y = np.repeat(np.eye(8), 4, axis=0), np.repeat([0, 1], 16)
    >>> CNN1D(epochs=2, random_state=0).fit(X, y).embed(X).shape
    (32, 128)
    """

    n_embedding = N_EMBEDDING

    def __init__(
        self,
        epochs: int = 10,
        batch_size: int = 8,
        learning_rate: float = 1e-4,
        dropout: float = 0.2,
        random_state: int | None = None,
    ) -> None:
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, terms: LossTerms | None = None) -> Self:
        """Learn from X (n_clips, n_features), at least 4 columns, and y.

        y are labels (n_clips,), or numbers (n_clips, n_targets): then the last layer gives those,
        and the loss is the mean squared error of the standardised numbers.

        Parameters
        ----------
        X : (n_clips, n_features) array
        y : (n_clips,) int or (n_clips, n_targets) float
            Labels or numbers.
        terms : LossTerms, optional
            Of the clips, a column for each label.

        Returns
        -------
        Self

        Raises
        ------
        FeatureError
            Fewer than 4 columns.
        ValueError
            y holds one class.
        MissingDependency
            torch is not installed.
        """
        several = np.ndim(y) == 2
        rows, truth = validate_data(
            self, X, y, dtype=np.float32, ensure_min_samples=2, multi_output=several
        )
        if not several:
            check_classification_targets(truth)
        if rows.shape[1] < MIN_FEATURES:
            raise FeatureError(
                f"the 1D CNN was given {rows.shape[1]} features a clip; it pools twice by 2 and "
                f"needs at least {MIN_FEATURES}: choose a classical model"
            )
        self.target_ = NetworkTarget.of(truth, terms)
        if self.target_.classes is not None:
            self.classes_ = self.target_.classes
        with seeded_single_thread(self.random_state):
            network = cnn_network(rows.shape[1], self.target_.n_outputs, self.dropout)
            optimiser = adam(network.parameters(), self.learning_rate)
            aims, own = self.target_.encoded(truth), self.target_.terms(terms)
            batches = row_batches(rows, aims, self.batch_size, own)
            self.losses_ = train(network, batches, self.epochs, optimiser)
        self.network_ = network
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probabilities (n_clips, n_classes) over ``classes_``; rows sum to 1.

        Parameters
        ----------
        X : (n_clips, n_features) array

        Returns
        -------
        (n_clips, n_classes) float64
        """
        return self.target_.decoded(outputs(self._fitted_network(), self._rows(X)))

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Class with the highest probability, (n_clips,); or numbers (n_clips, n_targets).

        Parameters
        ----------
        X : (n_clips, n_features) array

        Returns
        -------
        (n_clips,) int or (n_clips, n_targets) float64
        """
        made = self.target_.decoded(outputs(self._fitted_network(), self._rows(X)))
        classes = self.target_.classes
        return made if classes is None else np.asarray(classes[made.argmax(axis=1)])

    def embed(self, X: ArrayLike) -> NDArray[np.float32]:
        """Output of the dense layer of 128 neurons, after its ReLU: (n_clips, 128) float32.

        Parameters
        ----------
        X : (n_clips, n_features) float

        Returns
        -------
        (n_clips, 128) float32

        Raises
        ------
        NotFittedError
            `fit` was not called.
        """
        return outputs(self._fitted_network()[:-2], self._rows(X))

    def to_graph(self, graph: GraphBuilder, rows: str) -> str:
        """Probabilities or numbers as a value of a graph, from features (n, n_features).

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        rows : str
            Name of its features, (n, n_features).

        Returns
        -------
        str
            Name of the value, (n, n_outputs) double.
        """
        return self.target_.nodes(graph, graph.cast(rows, "FLOAT"), self._fitted_network())

    def embedding_to_graph(self, graph: GraphBuilder, rows: str) -> str:
        """As `embed`, in a graph: (n, 128) float.

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
        from affuse.models.graphs.networks import layers

        # The embedding is what the last layer but the dropout and the one of classes gives.
        return layers(graph, graph.cast(rows, "FLOAT"), self._fitted_network()[:-2])

    def _fitted_network(self) -> Any:
        check_is_fitted(self)
        return self.network_

    def _rows(self, X: ArrayLike) -> NDArray[np.float32]:
        return np.asarray(validate_data(self, X, dtype=np.float32, reset=False))


def cnn_network(n_features: int, n_classes: int, dropout: float = 0.2) -> torch.nn.Sequential:
    """The layers, initialised; logits for rows (n_clips, n_features) float32.

    Parameters
    ----------
    n_features : int
        At least 4.
    n_classes : int
    dropout : float

    Returns
    -------
    torch.nn.Sequential
        (n_clips, n_features) float32 -> (n_clips, n_classes) logits.

    Raises
    ------
    MissingDependency
        torch is not installed.
    """
    nn = import_torch().nn
    n_flat = N_CHANNELS * (n_features // 2 // 2)
    network: torch.nn.Sequential = nn.Sequential(
        nn.Unflatten(1, (1, n_features)),
        nn.Conv1d(1, N_CHANNELS, 3, padding="same"),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(N_CHANNELS, N_CHANNELS, 3, padding="same"),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Flatten(),
        nn.BatchNorm1d(n_flat, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM),
        nn.Linear(n_flat, N_EMBEDDING),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(N_EMBEDDING, n_classes),
    )
    initialise(network)
    return network
