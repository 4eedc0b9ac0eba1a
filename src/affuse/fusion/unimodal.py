"""One modality by itself, the baseline of every fusion."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from affuse.features.table import FeatureTable
from affuse.fusion.graphs import Inputs, SystemGraphs, one_member
from affuse.fusion.graphs import feature_rows as graph_rows
from affuse.fusion.inputs import (
    Rows,
    TableOutputs,
    feature_rows,
    fit_model,
    in_clip_order,
    model_outputs,
    output_columns,
)
from affuse.models.fit_cache import FitCache
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.graphs.classical import model_nodes


class Unimodal(TableOutputs, ClassifierMixin, BaseEstimator):
    """A model on the features of one modality of a FeatureTable.

    Parameters
    ----------
    model : classifier or regressor
        Over (n_clips, n_features), with ``predict_proba``, or ``predict`` for numbers.
    modality : str

    Attributes
    ----------
    classes_ : (n_classes,) int
        Labels that occur in the training clips; of numbers, positions of the targets.
    model_ : classifier
    out_of_fold_ : (n_clips, n_classes) float64 or None
        Probabilities of the training clips from inner folds that had not seen them, where the
        model makes them.

    Examples
    --------
    >>> import affuse
    >>> clips = [affuse.Clip(str(n), ["calm", "angry"][n % 2], "Ann") for n in range(4)]
    >>> index = affuse.Index(tuple(clips))
    >>> table = affuse.FeatureTable.from_arrays(index, audio=np.array([[0.0], [7], [1], [8]]))
    >>> Unimodal(affuse.model("lda"), "audio").fit(table).predict(table)
    array([0, 1, 0, 1])
    """

    def __init__(self, model: Any, modality: str) -> None:
        self.model = model
        self.modality = modality

    def fit(self, table: FeatureTable, fit_cache: FitCache | None = None) -> Self:
        """Learn from all clips of a table.

        Parameters
        ----------
        table : FeatureTable
            Of the training clips; their order has no effect.
        fit_cache : FitCache, optional
            Where fits that others need as well are found again.

        Returns
        -------
        Unimodal
            Itself.

        Raises
        ------
        FeatureError
            A clip lacks the modality, or has numbers that are not finite.
        """
        self.model_ = fit_model(
            clone(self.model), in_clip_order(table), self._rows, fit_cache or FitCache()
        )
        self.classes_ = output_columns(self.model_, table)
        self.numbers_ = bool(table.targets)
        self.out_of_fold_ = out_of_fold_rows(self.model_, table)
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
        return table.select([self.modality]).present[self.modality]

    def _outputs(self, table: FeatureTable) -> NDArray[np.float64]:
        return model_outputs(self.model_, feature_rows(table, self.modality))

    def to_graphs(self, inputs: Inputs) -> SystemGraphs:
        """One graph, which needs the modality.

        Parameters
        ----------
        inputs : Inputs

        Returns
        -------
        SystemGraphs

        Raises
        ------
        NotExportable
            No graph stands for the model.
        """
        graph = GraphBuilder()
        rows, _ = graph_rows(graph, self.modality, inputs)
        output = model_nodes(graph, rows, self.model_)
        return one_member(graph, output, self.classes_, (self.modality,))

    def _rows(self, table: FeatureTable, learn_from: Rows) -> NDArray[np.float32]:
        return feature_rows(table, self.modality)


def out_of_fold_rows(model: Any, table: FeatureTable) -> NDArray[np.float64] | None:
    """A model's inner out-of-fold outputs, if it made any, in the order of a table's clips.

    Parameters
    ----------
    model : fitted estimator
        Fitted on the clips in the order of their ids, copies of clips after them.
    table : FeatureTable

    Returns
    -------
    (n_clips, n_outputs) float64 or None
    """
    made = getattr(model, "out_of_fold_", None)
    if made is None:
        return None
    placed = np.empty((len(table), made.shape[1]))
    placed[np.argsort(table.clips, kind="stable")] = made[: len(table)]
    return placed
