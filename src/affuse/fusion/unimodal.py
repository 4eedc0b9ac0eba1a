"""One modality alone: what every fusion is compared with."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils.validation import check_is_fitted

from affuse.features.table import FeatureTable
from affuse.fusion.inputs import feature_rows, fit_model


class Unimodal(ClassifierMixin, BaseEstimator):
    """A model on the features of one modality of a FeatureTable.

    Parameters
    ----------
    model : classifier
        Over (n_clips, n_features), with ``predict_proba``.
    modality : str

    Attributes
    ----------
    classes_ : (n_classes,) int
        Labels that occur in the training clips.
    model_ : classifier
    """

    def __init__(self, model: Any, modality: str) -> None:
        self.model = model
        self.modality = modality

    def fit(self, table: FeatureTable) -> Self:
        """Learn from all clips of `table`; FeatureError if one lacks the modality."""
        rows = feature_rows(table, self.modality)
        self.model_ = fit_model(clone(self.model), rows, table)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, table: FeatureTable) -> NDArray[np.float64]:
        """Probabilities (n_clips, n_classes) over ``classes_``; rows sum to 1."""
        check_is_fitted(self)
        return np.asarray(self.model_.predict_proba(feature_rows(table, self.modality)), np.float64)
