"""Early fusion: the features of all modalities side by side, one model."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from affuse.config import FusionConfig, ModelConfig
from affuse.features.table import FeatureTable
from affuse.fusion.inputs import fit_model, fused_modalities, joined_rows
from affuse.models.registry import make_model


class EarlyFusion(ClassifierMixin, BaseEstimator):
    """Features of all modalities concatenated, one model on top.

    Parameters
    ----------
    model : classifier
        Over (n_clips, n_features), with ``predict_proba``.

    Attributes
    ----------
    classes_ : (n_classes,) int
        Labels that occur in the training clips.
    modalities_ : tuple of str
        What was fused, sorted: the order in a table changes nothing.
    n_features_in_ : int
        Of all modalities together.
    model_ : classifier

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from affuse.features.table import FeatureTable
    >>> present = np.ones(4, bool)
    >>> table = FeatureTable(
    ...     clips=np.array(["a", "b", "c", "d"]),
    ...     speakers=np.array(["1", "1", "2", "2"]),
    ...     labels=np.array([0, 1, 0, 1]),
    ...     classes=("calm", "angry"),
    ...     arrays={
    ...         "audio": np.array([[0.0], [1], [0], [1]], np.float32),
    ...         "video": np.array([[5.0], [7], [5], [7]], np.float32),
    ...     },
    ...     present={"audio": present, "video": present},
    ... )
    >>> EarlyFusion(GaussianNB()).fit(table).predict_proba(table).argmax(axis=1)
    array([0, 1, 0, 1])
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, table: FeatureTable) -> Self:
        """Learn from all clips of `table`; FeatureError if one lacks a modality."""
        self.modalities_ = fused_modalities(table)
        rows = joined_rows(table, self.modalities_)
        self.n_features_in_ = rows.shape[1]
        self.model_ = fit_model(clone(self.model), rows, table)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, table: FeatureTable) -> NDArray[np.float64]:
        """Probabilities (n_clips, n_classes) over ``classes_``; rows sum to 1."""
        check_is_fitted(self)
        rows = joined_rows(table, self.modalities_)
        return np.asarray(self.model_.predict_proba(rows), np.float64)


def early(model: ModelConfig, settings: FusionConfig, seed: int) -> EarlyFusion:
    """Early fusion as configured, unfitted."""
    return EarlyFusion(make_model(model, seed))
