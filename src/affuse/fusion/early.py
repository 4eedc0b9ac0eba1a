"""Early fusion: the features of all modalities side by side, one model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from affuse.features.table import FeatureTable
from affuse.fusion.balance import balanced
from affuse.fusion.graphs import Inputs, SystemGraphs, feature_rows, one_member
from affuse.fusion.inputs import (
    JointOutputs,
    Rows,
    fit_model,
    model_outputs,
    output_columns,
    presence,
    present_rows,
    require_all,
    with_dropout,
)
from affuse.fusion.unimodal import out_of_fold_rows
from affuse.models.fit_cache import FitCache
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.graphs.classical import model_nodes

Balancing = Literal["none", "weights", "components"]
Means = Mapping[str, NDArray[np.float32]]


class EarlyFusion(JointOutputs, ClassifierMixin, BaseEstimator):
    """Features of all modalities concatenated, one model on top.

    Parameters
    ----------
    model : classifier
        Over (n_clips, n_features), with ``predict_proba``.
    modality_dropout : bool
        Learn from each clip with each of its modalities alone as well, so that a clip that lacks
        one can be predicted. Always so where training clips lack one. An absent modality is
        replaced by its mean over the training clips, and one column per modality marks whether it
        is there.
    balance : {"none", "weights", "components"}
        Bring the modalities to the same total variance, with a weight of each (or a number of
        principal components) chosen in inner folds; `model` is then a `TemperatureScaled`.

    Attributes
    ----------
    classes_ : (n_classes,) int
        Labels that occur in the training clips; of numbers, positions of the targets.
    modalities_ : tuple of str
        What was fused, sorted: the order in a table changes nothing.
    n_features_in_ : int
        Of all modalities together.
    dropout_ : bool
        Whether clips that lack a modality can be predicted.
    means_ : dict of modality to (n_features,) float32
        Values in the place of an absent modality.
    model_ : classifier
    out_of_fold_ : (n_clips, n_classes) float64 or None
        As `Unimodal.out_of_fold_`.

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

    def __init__(
        self, model: Any, modality_dropout: bool = False, balance: Balancing = "none"
    ) -> None:
        self.model = model
        self.modality_dropout = modality_dropout
        self.balance = balance

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
        EarlyFusion
            Itself.

        Raises
        ------
        FeatureError
            The table has one modality; a clip lacks every modality, or has numbers that are not
            finite.
        """
        training = self._begin(table)
        if self.dropout_:
            training = with_dropout(training, self.modalities_)
        self.means_ = _means(training, self.modalities_)
        widths = [len(self.means_[name]) for name in self.modalities_]
        self.n_features_in_ = sum(widths)
        self.model_ = fit_model(self._model(widths), training, self._rows, fit_cache or FitCache())
        self.classes_ = output_columns(self.model_, table)
        self.numbers_ = bool(table.targets)
        self.out_of_fold_ = out_of_fold_rows(self.model_, table)
        return self

    def _outputs(self, table: FeatureTable) -> NDArray[np.float64]:
        if not self.dropout_:
            require_all(table, self.modalities_)
        rows = self._filled(table, self.means_)
        return model_outputs(self.model_, rows)

    def to_graphs(self, inputs: Inputs) -> SystemGraphs:
        """One graph; an absent modality is replaced by its mean, beside columns that mark it.

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
        blocks, indicators = [], []
        for modality in self.modalities_:
            rows, present = feature_rows(graph, modality, inputs)
            if self.dropout_:
                mean = graph.constant(self.means_[modality], np.float32)
                rows = graph.node("Where", present, rows, mean)
                indicators.append(graph.cast(present, "FLOAT"))
            blocks.append(rows)
        output = model_nodes(graph, graph.side_by_side([*blocks, *indicators]), self.model_)
        needs_all = not self.dropout_
        return one_member(graph, output, self.classes_, self.modalities_, needs_all=needs_all)

    def _model(self, widths: list[int]) -> Any:
        model = clone(self.model)
        if self.balance == "none":
            return model
        return balanced(model, widths, reduce=self.balance == "components")

    def _rows(self, table: FeatureTable, learn_from: Rows) -> NDArray[np.float32]:
        return self._filled(table, _means(table.take(learn_from), self.modalities_))

    def _filled(self, table: FeatureTable, means: Means) -> NDArray[np.float32]:
        present = presence(table, self.modalities_)
        blocks = [
            np.where(has[:, None], present_rows(table, name), means[name])
            for name, has in zip(self.modalities_, present.T, strict=True)
        ]
        indicators = [present.astype(np.float32)] if self.dropout_ else []
        return np.concatenate([*blocks, *indicators], axis=1)


def _means(table: FeatureTable, modalities: tuple[str, ...]) -> Means:
    """Mean of each modality over the clips that have it; zeros where no clip has."""
    means = {}
    for name in modalities:
        rows = present_rows(table, name)[table.present[name]]
        empty = np.zeros(rows.shape[1])
        means[name] = (rows.mean(axis=0, dtype=np.float64) if len(rows) else empty).astype(
            np.float32
        )
    return means
