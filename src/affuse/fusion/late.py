"""Late fusion: each modality's own network, their embeddings combined, an MLP that decides."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from affuse.config import Combination, FusionConfig, ModelConfig
from affuse.errors import ConfigError
from affuse.features.table import FeatureTable
from affuse.fusion.inputs import feature_rows, fused_modalities
from affuse.models.mlp import EmbeddingMLP
from affuse.models.registry import make_model


class LateFusion(ClassifierMixin, BaseEstimator):
    """Embeddings of one network per modality, combined, and an MLP on top.

    As the lecture has it: each network is trained by itself on the training clips; its layer of 128
    neurons is the clip's embedding; the MLP is trained on the embeddings of the same clips.

    Parameters
    ----------
    network : scaler and network in a Pipeline
        The last step has ``embed``; a clone of it is fitted for each modality.
    mlp : EmbeddingMLP
        Its ``combination`` says how the embeddings are combined.

    Attributes
    ----------
    classes_ : (n_classes,) int
        Labels that occur in the training clips.
    modalities_ : tuple of str
        What was fused, sorted: the order in a table changes nothing.
    networks_ : dict of modality to fitted network
    mlp_ : EmbeddingMLP
    """

    def __init__(self, network: Any, mlp: EmbeddingMLP) -> None:
        self.network = network
        self.mlp = mlp

    def fit(self, table: FeatureTable) -> Self:
        """Learn from all clips of `table`; FeatureError if one lacks a modality."""
        self.modalities_ = fused_modalities(table)
        self.networks_ = {
            modality: clone(self.network).fit(feature_rows(table, modality), table.labels)
            for modality in self.modalities_
        }
        self.mlp_ = clone(self.mlp).fit(self.embed(table), table.labels)
        self.classes_ = self.mlp_.classes_
        return self

    def embed(self, table: FeatureTable) -> NDArray[np.float32]:
        """Embedding of each clip by each network: (n_clips, n_modalities, n_embedding) float32."""
        embeddings = [
            network[-1].embed(network[:-1].transform(feature_rows(table, modality)))
            for modality, network in self.networks_.items()
        ]
        return np.stack(embeddings, axis=1)

    def predict_proba(self, table: FeatureTable) -> NDArray[np.float64]:
        """Probabilities (n_clips, n_classes) over ``classes_``; rows sum to 1."""
        check_is_fitted(self)
        return np.asarray(self.mlp_.predict_proba(self.embed(table)))


def concatenate(model: ModelConfig, settings: FusionConfig, seed: int) -> LateFusion:
    """Late fusion of the embeddings side by side, unfitted."""
    return _late("concatenate", model, settings, seed)


def add(model: ModelConfig, settings: FusionConfig, seed: int) -> LateFusion:
    """Late fusion of the sum of the embeddings, unfitted."""
    return _late("add", model, settings, seed)


def multiply(model: ModelConfig, settings: FusionConfig, seed: int) -> LateFusion:
    """Late fusion of the product of the embeddings, unfitted."""
    return _late("multiply", model, settings, seed)


def weighted(model: ModelConfig, settings: FusionConfig, seed: int) -> LateFusion:
    """Late fusion of the embeddings' average with learned weights, unfitted."""
    return _late("weighted", model, settings, seed)


def _late(
    combination: Combination, model: ModelConfig, settings: FusionConfig, seed: int
) -> LateFusion:
    network = make_model(model, seed)
    if not hasattr(getattr(network, "steps", [("", None)])[-1][1], "embed"):
        raise ConfigError(
            f"late fusion was given model {model.name!r}, which has no embedding; expected a "
            "network: 'cnn1d'"
        )
    mlp = EmbeddingMLP(combination, epochs=settings.late_epochs, random_state=seed)
    return LateFusion(network, mlp)
