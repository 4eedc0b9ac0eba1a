"""Late fusion's network, which decides on the combined embeddings of the modalities."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from affuse.errors import ConfigError
from affuse.models.combination import COMBINATIONS, Combination
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.loss_terms import LossTerms
from affuse.models.network_target import NetworkTarget
from affuse.models.optimisers import adam
from affuse.models.training import (
    BATCH_NORM_EPS,
    BATCH_NORM_MOMENTUM,
    BatchSource,
    import_torch,
    initialise,
    outputs,
    row_batches,
    seeded_single_thread,
    train,
)

WEIGHT_LEARNING_RATE = 1e-2
"""Of the modalities' weights: at the network's own rate two numbers would hardly move."""


class EmbeddingMLP(ClassifierMixin, BaseEstimator):
    """Combination of embeddings, Flatten, BatchNorm, Dense 16 ReLU twice, Dropout, softmax.

    Parameters
    ----------
    combination : {"concatenate", "add", "multiply", "weighted"}
        "weighted" is a weighted average over the modalities whose weights (from 0, summing to 1,
        equal at first) are learned with the network.
    epochs, batch_size : int
    learning_rate : float
        Of Adam.
    dropout : float
    random_state : int or None

    Attributes
    ----------
    classes_ : (n_classes,) array
    network_ : torch.nn.Sequential
    weights_ : (n_modalities,) float64
        With "weighted" only.

    Notes
    -----
    An embedding of NaN says that the clip lacks the modality. In its place stands one that is
    learned with the network, from the mean of that modality's embeddings on; only a network that
    was fitted on such clips can tell about them.

    Examples
    --------
    >>> X, y = np.repeat(np.eye(8), 2, axis=0).reshape(8, 2, 8), np.repeat([0, 1], 4)
    >>> mlp = EmbeddingMLP("weighted", epochs=2, random_state=0).fit(X, y)
    >>> mlp.predict_proba(X).shape, float(mlp.weights_.sum().round(6))
    ((8, 2), 1.0)
    """

    def __init__(
        self,
        combination: Combination = "concatenate",
        epochs: int = 50,
        batch_size: int = 8,
        learning_rate: float = 1e-4,
        dropout: float = 0.1,
        random_state: int | None = None,
    ) -> None:
        self.combination = combination
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.dropout = dropout
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, terms: LossTerms | None = None) -> Self:
        """Learn from embeddings X (n_clips, n_modalities, n_embedding) and y.

        y are labels (n_clips,), or numbers (n_clips, n_targets).

        Parameters
        ----------
        X : (n_clips, n_modalities, n_embedding) array
            NaN where a modality is absent.
        y : (n_clips,) int or (n_clips, n_targets) float
            Labels or numbers.
        terms : LossTerms, optional
            Of the clips, a column for each label.

        Returns
        -------
        Self

        Raises
        ------
        ConfigError
            There is no such combination.
        MissingDependency
            torch is not installed.
        """
        if self.combination not in COMBINATIONS:
            raise ConfigError(
                f"combination {self.combination!r} was given; expected one of "
                f"{', '.join(COMBINATIONS)}"
            )
        rows = np.asarray(X, np.float32)
        self.target_ = NetworkTarget.of(y, terms)
        if self.target_.classes is not None:
            self.classes_ = self.target_.classes
        with seeded_single_thread(self.random_state):
            network = self._network(rows)
            aims, own = self.target_.encoded(y), self.target_.terms(terms)
            batches = row_batches(rows, aims, self.batch_size, own)
            if self.combination == "weighted":
                self.losses_ = self._train_weighted(network, batches)
                self.weights_ = _weights(network)
            else:
                optimiser = adam(network.parameters(), self.learning_rate)
                self.losses_ = train(network, batches, self.epochs, optimiser)
        self.network_ = network
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probabilities (n_clips, n_classes) over ``classes_``; rows sum to 1.

        Parameters
        ----------
        X : (n_clips, n_modalities, n_embedding) float

        Returns
        -------
        (n_clips, n_classes) float64
            Over ``classes_``; rows sum to 1.

        Raises
        ------
        NotFittedError
            `fit` was not called.
        """
        return self._decoded(X)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Class with the highest probability, or numbers where it has learned numbers.

        Parameters
        ----------
        X : (n_clips, n_modalities, n_embedding) array
            NaN where a modality is absent.

        Returns
        -------
        (n_clips,) int or (n_clips, n_targets) float64
        """
        made, classes = self._decoded(X), self.target_.classes
        return made if classes is None else np.asarray(classes[made.argmax(axis=1)])

    def _decoded(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probabilities or numbers, (n_clips, n_outputs)."""
        check_is_fitted(self)
        return self.target_.decoded(outputs(self.network_, np.asarray(X, np.float32)))

    def to_graph(self, graph: GraphBuilder, rows: str) -> str:
        """Probabilities or numbers as a value of a graph.

        From embeddings (n, n_modalities, n_embedding).

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        rows : str
            Name of the embeddings.

        Returns
        -------
        str
            Name of the value, (n, n_outputs) double.
        """
        return self.target_.nodes(graph, rows, self.network_)

    def _network(self, rows: NDArray[np.float32]) -> Any:
        nn: Any = import_torch().nn
        from affuse.models.embedding_layers import CombineEmbeddings

        _, n_modalities, n_embedding = rows.shape
        n_inputs = n_embedding * (n_modalities if self.combination == "concatenate" else 1)
        network: Any = nn.Sequential(
            CombineEmbeddings(self.combination, n_modalities, _absent(rows)),
            nn.Flatten(),
            nn.BatchNorm1d(n_inputs, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM),
            nn.Linear(n_inputs, 16),
            nn.ReLU(),
            nn.Linear(16, 16),
            nn.ReLU(),
            nn.Dropout(self.dropout),
            nn.Linear(16, self.target_.n_outputs),
        )
        initialise(network)
        return network

    def _train_weighted(self, network: Any, batches: BatchSource) -> NDArray[np.float64]:
        """Train with the modalities' weights kept summing to 1; returns the losses."""
        torch = import_torch()
        weight = network[0].weight
        rest = [parameter for parameter in network.parameters() if parameter is not weight]
        groups = [{"params": [weight], "lr": WEIGHT_LEARNING_RATE}, {"params": rest}]

        def keep_average() -> None:
            with torch.no_grad():
                weight.add_((1 - weight.sum()) / weight.numel()).clamp_(min=0)
                weight.div_(weight.sum())

        return train(network, batches, self.epochs, adam(groups, self.learning_rate), keep_average)


def _weights(network: Any) -> NDArray[np.float64]:
    """Weight of each modality in the combination: (n_modalities,)."""
    return np.asarray(network[0].weight.detach().numpy().ravel(), np.float64)


def _absent(rows: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Mean embedding of each modality, (n_modalities, n_embedding); None if no clip lacks one."""
    known = ~np.isnan(rows)
    if known.all():
        return None
    total = np.where(known, rows, 0).sum(axis=0, dtype=np.float64)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1), np.float32)
