"""Features that are learned and the system that decides on them, as one estimator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from affuse.errors import FeatureError
from affuse.evaluation.learned_features import LearnedFeatures, fitted_layer, layer_features
from affuse.features.table import FeatureTable
from affuse.fusion.inputs import TableOutputs, in_clip_order
from affuse.models.fit_cache import FitCache


class TablePipeline(TableOutputs, ClassifierMixin, BaseEstimator):
    """Layers that learn features, then a system over them; nothing but `fit` ever sees a label.

    Where the system makes inner folds (to calibrate, to weigh modalities), features are learned
    anew from each inner fold's training clips, as in a run.

    Parameters
    ----------
    layers : mapping of str to transformer
        Modality -> `FeatureLayer` or alike, unfitted. A table need not have all of the modalities.
    system : Unimodal, EarlyFusion, LateFusion or DecisionFusion
        Unfitted.

    Attributes
    ----------
    classes_ : (n_classes,) int
        Labels that occur in the training clips; of numbers, positions of the targets.
    layers_ : dict of str to fitted transformer
    system_ : fitted system

    Examples
    --------
    >>> import affuse
    >>> emotions = ["calm", "angry"] * 4
    >>> clips = [affuse.Clip(str(n), emotion, "Ann") for n, emotion in enumerate(emotions)]
    >>> frames = np.repeat(np.eye(2), 3, axis=0).reshape(2, 3, 2)[[0, 1] * 4]
    >>> table = affuse.FeatureTable.from_arrays(affuse.Index(tuple(clips)), video=frames)
    >>> layer = affuse.FeatureLayer(n_features=2, epochs=100, batch_size=8, random_state=0)
    >>> system = affuse.Unimodal(affuse.model("svm_linear"), "video")
    >>> TablePipeline({"video": layer}, system).fit(table).predict(table)
    array([0, 1, 0, 1, 0, 1, 0, 1])
    """

    def __init__(self, layers: Mapping[str, Any], system: Any) -> None:
        self.layers = layers
        self.system = system

    def fit(self, table: FeatureTable) -> Self:
        """Learn features, then the system, from all clips of a table.

        Parameters
        ----------
        table : FeatureTable
            Of the training clips, with features as the extractors give them; their order has no
            effect.

        Returns
        -------
        TablePipeline
            Itself.

        Raises
        ------
        FeatureError
            The table has none of the modalities of `layers`; otherwise as the system's own.
        """
        training = in_clip_order(table)
        learned = sorted(set(self.layers) & set(table.modalities))
        if not learned:
            raise FeatureError(
                f"layers for {', '.join(self.layers) or 'nothing'} were given, and a table of "
                f"{', '.join(table.modalities)}; expected a layer for one of the table's modalities"
            )
        rows = np.arange(len(training))
        self.layers_ = {m: fitted_layer(self._layer(m), training, m, rows) for m in learned}
        cache = FitCache(LearnedFeatures(training, self._layer, learned))
        self.system_ = clone(self.system).fit(self._with_features(training), cache)
        self.classes_, self.numbers_ = self.system_.classes_, self.system_.numbers_
        return self

    def can_decide(self, table: FeatureTable) -> NDArray[np.bool_]:
        """For which clips there is a prediction.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips,) bool

        Raises
        ------
        FeatureError
            The table lacks a modality that the system was fitted on.
        """
        decided: NDArray[np.bool_] = self.system_.can_decide(self._with_features(table))
        return decided

    def _layer(self, modality: str) -> Any:
        return clone(self.layers[modality])

    def _with_features(self, table: FeatureTable) -> FeatureTable:
        own = set(self.layers_) & set(table.modalities)
        return table.with_arrays({m: layer_features(self.layers_[m], table, m) for m in own})

    def _outputs(self, table: FeatureTable) -> NDArray[np.float64]:
        own = self._with_features(table)
        asked = self.system_.predict_values if self.numbers_ else self.system_.predict_proba
        return np.asarray(asked(own))
