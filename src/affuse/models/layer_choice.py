"""The layer of an encoder that tells most of a fold's training clips, chosen on their speakers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from affuse.errors import FeatureError
from affuse.features.array import FeatureArray, feature_array
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.inner_folds import inner_folds

_AXES = ("clip", "layer", "feature")
_ALPHA = 100.0


class LayerChoice(TransformerMixin, BaseEstimator):
    """Features of several layers -> those of the layer with the best UAR in inner folds.

    Each layer is scored by ridge regression on the labels, fitted on the other speakers of the
    training clips. Nothing but training clips is used; between equal layers the lower one is taken.

    Parameters
    ----------
    layers : tuple of int
        What they are called, in their order on the axis.
    n_folds : int
        Inner folds of speakers.

    Attributes
    ----------
    classes_ : (n_classes,) array
    scores_ : (n_layers,) array
        UAR of each layer in the inner folds; zeros where the clips are too few for any.
    layer_ : int
        Place of the chosen layer.

    Notes
    -----
    Which layers hold what was found by probing each of them, as in Pasad et al. 2021, "Layer-wise
    analysis of a self-supervised speech representation model".

    Examples
    --------
    >>> X = np.zeros((8, 2, 1), np.float32)
    >>> X[:, 1, 0] = y = np.tile([0, 1], 4)
    >>> LayerChoice((0, 6)).fit(X, y, groups=np.repeat([1, 2, 3, 4], 2)).layer_
    1
    """

    grouped = True
    """Its `fit` takes the clips' speakers."""

    def __init__(self, layers: Sequence[int] = (), n_folds: int = 3) -> None:
        self.layers = layers
        self.n_folds = n_folds

    def fit(
        self, X: FeatureArray | NDArray[Any], y: ArrayLike, groups: ArrayLike | None = None
    ) -> Self:
        """Choose by labelled clips.

        Parameters
        ----------
        X : (n_clips, n_layers, n_features) array
        y : (n_clips,) int
        groups : (n_clips,) array, optional
            Speakers.

        Returns
        -------
        Self
        """
        array, labels = self._checked(X), np.asarray(y)
        self.classes_ = np.unique(labels)
        self.feature_shape_ = array.shape[1:]
        folds = inner_folds(labels, groups, self.n_folds) if len(self.classes_) > 1 else []
        values = array.flat().reshape(array.shape)
        scored = [_uar(values[:, n], labels, folds) for n in range(array.shape[1])]
        self.scores_ = np.array(scored)
        self.layer_ = int(np.argmax(self.scores_))
        return self

    def transform(self, X: FeatureArray | NDArray[Any]) -> NDArray[np.float32]:
        """Features of the chosen layer: (n_clips, n_features).

        Parameters
        ----------
        X : (n_clips, n_layers, n_features) array

        Returns
        -------
        (n_clips, n_features) float32

        Raises
        ------
        FeatureError
            Layers or features of another number.
        """
        check_is_fitted(self)
        array = self._checked(X)
        if array.shape[1:] != self.feature_shape_:
            raise FeatureError(
                f"features of shape {array.shape[1:]} were given, but the layer was chosen of "
                f"{self.feature_shape_}: extract both with the same settings"
            )
        chosen: NDArray[np.float32] = array.flat().reshape(array.shape)[:, self.layer_]
        return chosen

    def features_to_graph(self, graph: GraphBuilder, frames: str, n_frames: int) -> str:
        """As `transform`, in a graph.

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        frames : str
            Name of the layers' features, (n, n_layers, n_features).
        n_frames : int
            Layers.

        Returns
        -------
        str
            Name of the value, (n, n_features).
        """
        place = graph.constant(self.layer_, np.int64)
        return graph.node("Gather", frames, place, axis=1)

    def _checked(self, X: FeatureArray | NDArray[Any]) -> FeatureArray:
        array = X if isinstance(X, FeatureArray) else feature_array(np.asarray(X), _AXES)
        if array.axes != _AXES or 0 in array.shape[1:]:
            raise FeatureError(
                f"features with the axes {', '.join(array.axes)} were given; expected "
                f"{', '.join(_AXES)}, as an encoder gives them whose layer is to be chosen"
            )
        return array


def layer_choice(layers: Sequence[int], seed: int) -> LayerChoice:
    """The transformer, unfitted; nothing in it is random.

    Parameters
    ----------
    layers : sequence of int
    seed : int

    Returns
    -------
    LayerChoice
    """
    return LayerChoice(tuple(layers))


def _uar(values: NDArray[Any], labels: NDArray[Any], folds: Sequence[tuple[Any, Any]]) -> float:
    """UAR of a linear model over all inner test clips together."""
    predicted, tested = [], []
    for train, test in folds:
        if len(np.unique(labels[train])) < 2:
            continue
        linear = make_pipeline(StandardScaler(), RidgeClassifier(_ALPHA))
        predicted.append(linear.fit(values[train], labels[train]).predict(values[test]))
        tested.append(labels[test])
    if not tested:
        return 0.0
    return float(balanced_accuracy_score(np.concatenate(tested), np.concatenate(predicted)))
