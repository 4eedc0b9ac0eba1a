"""The lecture's learned feature: a layer of 21 neurons on every frame of the frozen trunk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from affuse.config import FeatureLayerConfig
from affuse.errors import FeatureError
from affuse.features.array import FeatureArray, feature_array
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.loss_terms import LossTerms
from affuse.models.optimisers import adam
from affuse.models.training import (
    BATCH_NORM_EPS,
    BATCH_NORM_MOMENTUM,
    PREDICTION_ROWS,
    Batch,
    BatchSource,
    batch_terms,
    import_torch,
    initialise,
    outputs,
    seeded_single_thread,
    shuffled_batches,
    train,
)

if TYPE_CHECKING:
    import torch

Frames = NDArray[np.floating[Any]] | FeatureArray
"""(n_clips, n_frames, ...): numbers of each frame of each clip."""


class FeatureLayer(TransformerMixin, BaseEstimator):
    """Frames -> outputs of a dense layer that was trained, with a softmax on top, on emotions.

    Flatten, BatchNorm, Dense `n_features` ReLU (the feature layer), softmax; every frame is a
    training row with the label of its clip. Whatever learns from labels leaks when it has seen
    the test clips: fit it on training clips only.

    Parameters
    ----------
    n_features : int
        Neurons of the feature layer.
    epochs, batch_size : int
        A batch holds frames of all clips, shuffled.
    learning_rate : float
        Of Adam.
    random_state : int or None

    Attributes
    ----------
    classes_ : (n_classes,) array
    network_ : torch.nn.Sequential
    losses_ : (epochs,) array
        Mean training loss of each epoch.
    frame_shape_ : tuple of int

    Notes
    -----
    Frames are read batch by batch, in training and after: with stored arrays the memory does not
    grow with the number of clips.

    Examples
    --------
    >>> frames, y = np.repeat(np.eye(4), 6, axis=0).reshape(4, 6, 4), [0, 0, 1, 1]
    >>> FeatureLayer(n_features=3, epochs=2, random_state=0).fit_transform(frames, y).shape
    (4, 6, 3)
    """

    def __init__(
        self,
        n_features: int = 21,
        epochs: int = 20,
        batch_size: int = 128,
        learning_rate: float = 1e-4,
        random_state: int | None = None,
    ) -> None:
        self.n_features = n_features
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X: Frames, y: ArrayLike, terms: LossTerms | None = None) -> Self:
        """Learn from frames X (n_clips, n_frames, ...) and the clips' y (n_clips,).

        Parameters
        ----------
        X : (n_clips, n_frames, ...) array
            In memory or stored.
        y : (n_clips,) int
            Labels.
        terms : LossTerms, optional
            Of the clips, a column for each label.

        Returns
        -------
        Self
        """
        array = _frames(X)
        self.classes_, positions = np.unique(np.asarray(y), return_inverse=True)
        self.frame_shape_ = array.shape[2:]
        with seeded_single_thread(self.random_state):
            network = self._network()
            own = None if terms is None else terms.of_classes(self.classes_)
            batches = _frame_batches(array, positions, self.batch_size, own)
            optimiser = adam(network.parameters(), self.learning_rate)
            self.losses_ = train(network, batches, self.epochs, optimiser)
        self.network_ = network
        return self

    def transform(self, X: Frames) -> NDArray[np.float32]:
        """Feature layer of every frame: (n_clips, n_frames, n_features).

        Parameters
        ----------
        X : (n_clips, n_frames, ...) array
            In memory or stored.

        Returns
        -------
        (n_clips, n_frames, n_features) float32

        Raises
        ------
        FeatureError
            Frames of another shape than those it was fitted on.
        """
        check_is_fitted(self)
        array = _frames(X)
        if array.shape[2:] != self.frame_shape_:
            raise FeatureError(
                f"frames of shape {array.shape[2:]} were given, but the feature layer was "
                f"fitted on {self.frame_shape_}: extract both with the same settings"
            )
        n_clips, n_frames = array.shape[:2]
        feature_layer = self.network_[:-1]
        features = np.empty((n_clips, n_frames, self.n_features), np.float32)
        for rows, frames in array.batches(max(1, PREDICTION_ROWS // n_frames)):
            by_frame = frames.reshape(-1, *self.frame_shape_)
            features[rows] = outputs(feature_layer, by_frame).reshape(len(rows), n_frames, -1)
        return features

    def features_to_graph(self, graph: GraphBuilder, frames: str, n_frames: int) -> str:
        """As `transform`, in a graph and flat: frames (n, n_frames, ...) -> (n, n_outputs).

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        frames : str
            Name of the frames.
        n_frames : int

        Returns
        -------
        str
            Name of the value.
        """
        from affuse.models.graphs.networks import layers

        n_inputs = int(np.prod(self.frame_shape_))
        rows = graph.node("Reshape", frames, graph.constant([-1, n_inputs], np.int64))
        learned = layers(graph, rows, [*self.network_][:-1])
        n_features = n_frames * self.n_features
        return graph.node("Reshape", learned, graph.constant([-1, n_features], np.int64))

    def _network(self) -> torch.nn.Sequential:
        nn = import_torch().nn
        n_inputs = int(np.prod(self.frame_shape_))
        network: torch.nn.Sequential = nn.Sequential(
            nn.Flatten(),
            nn.BatchNorm1d(n_inputs, eps=BATCH_NORM_EPS, momentum=BATCH_NORM_MOMENTUM),
            nn.Linear(n_inputs, self.n_features),
            nn.ReLU(),
            nn.Linear(self.n_features, len(self.classes_)),
        )
        initialise(network)
        return network


def feature_layer(settings: FeatureLayerConfig, seed: int) -> FeatureLayer:
    """The transformer as configured, unfitted.

    Parameters
    ----------
    settings : FeatureLayerConfig
    seed : int

    Returns
    -------
    FeatureLayer
    """
    return FeatureLayer(
        settings.n_features,
        settings.epochs,
        settings.batch_size,
        settings.learning_rate,
        random_state=seed,
    )


def _frame_batches(
    array: FeatureArray, labels: NDArray[np.int64], batch_size: int, terms: LossTerms | None
) -> BatchSource:
    torch = import_torch()
    n_clips, n_frames = array.shape[:2]

    def batches() -> Iterator[Batch]:
        for chosen in shuffled_batches(n_clips * n_frames, batch_size):
            clips, frames = np.divmod(chosen, n_frames)
            inputs = torch.from_numpy(array.positions(clips, frames))
            yield inputs, torch.from_numpy(labels[clips]), *batch_terms(terms, clips)

    return batches


def _frames(X: Frames) -> FeatureArray:
    if X.ndim < 3 or 0 in X.shape:
        raise FeatureError(
            f"an array of shape {tuple(X.shape)} was given to the feature layer; expected "
            "(n_clips, n_frames, ...), such as the output of an extractor that works by frames"
        )
    return feature_array(X)
