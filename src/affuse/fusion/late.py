"""Late fusion: each modality's own network, their embeddings combined, an MLP that decides."""

from __future__ import annotations

from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from affuse.errors import FeatureError
from affuse.features.table import FeatureTable
from affuse.fusion.graphs import Inputs, SystemGraphs, feature_rows, one_member
from affuse.fusion.inputs import (
    JointOutputs,
    differs,
    model_outputs,
    output_columns,
    presence,
    present_rows,
    require_all,
    with_dropout,
)
from affuse.fusion.unimodal import Unimodal
from affuse.models.fit_cache import FitCache
from affuse.models.graphs.builder import GraphBuilder, NotExportable
from affuse.models.graphs.classical import scaled_rows
from affuse.models.loss_terms import loss_terms
from affuse.models.mlp import EmbeddingMLP


@runtime_checkable
class EmbeddingToGraph(Protocol):
    """A fitted network whose embedding can be written as nodes of a graph."""

    def embedding_to_graph(self, graph: GraphBuilder, rows: str) -> str:
        """Embedding (n, n_embedding) float, from features (n, n_features) double.

        Parameters
        ----------
        graph : GraphBuilder
        rows : str

        Returns
        -------
        str
        """


class LateFusion(JointOutputs, ClassifierMixin, BaseEstimator):
    """Embeddings of one network per modality, combined, and an MLP on top.

    As the lecture has it: each network is trained by itself on the training clips; its layer of 128
    neurons is the clip's embedding; the MLP is trained on the embeddings of the same clips.

    Parameters
    ----------
    network : scaler and network in a Pipeline
        The last step has ``embed``; a clone of it is fitted for each modality.
    mlp : EmbeddingMLP
        Its ``combination`` says how the embeddings are combined.
    modality_dropout : bool
        Let the MLP learn from each clip with each of its modalities alone as well, so that a clip
        that lacks one can be predicted. Always so where training clips lack one. In place of an
        absent embedding stands one that is learned.

    Attributes
    ----------
    classes_ : (n_classes,) int
        Labels that occur in the training clips; of numbers, positions of the targets.
    modalities_ : tuple of str
        What was fused, sorted: the order in a table changes nothing.
    dropout_ : bool
        Whether clips that lack a modality can be predicted.
    networks_ : dict of modality to fitted network
    mlp_ : EmbeddingMLP

    Examples
    --------
    >>> import affuse
    >>> emotions = ["calm", "angry"] * 4
    >>> clips = [affuse.Clip(str(n), emotion, "Ann") for n, emotion in enumerate(emotions)]
    >>> X = np.repeat([[0.0], [1.0]], 8, axis=1)[[0, 1] * 4]
    >>> table = affuse.FeatureTable.from_arrays(affuse.Index(tuple(clips)), audio=X, video=X)
    >>> late = LateFusion(affuse.model("cnn1d", epochs=2), EmbeddingMLP("add", epochs=2))
    >>> late.fit(table).predict_proba(table).shape
    (8, 2)
    """

    def __init__(self, network: Any, mlp: EmbeddingMLP, modality_dropout: bool = False) -> None:
        self.network = network
        self.mlp = mlp
        self.modality_dropout = modality_dropout

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
        LateFusion
            Itself.

        Raises
        ------
        FeatureError
            The table has one modality; a clip lacks every modality; the clips that have one of
            them are too few or too alike to train a network on.
        """
        training = self._begin(table)
        self.networks_ = self._fitted_networks(training, fit_cache or FitCache())
        if self.dropout_:
            training = with_dropout(training, self.modalities_)
        embeddings = self.embed(training)
        self.mlp_ = clone(self.mlp).fit(embeddings, training.truth, terms=loss_terms(training))
        self.classes_ = output_columns(self.mlp_, table)
        self.numbers_ = bool(table.targets)
        return self

    def embed(self, table: FeatureTable) -> NDArray[np.float32]:
        """Embedding of each clip by each network.

        Parameters
        ----------
        table : FeatureTable

        Returns
        -------
        (n_clips, n_modalities, n_embedding) float32
            NaN where a clip lacks the modality.

        Raises
        ------
        FeatureError
            The table lacks a modality, or has numbers that are not finite.
        """
        embeddings = []
        for modality, network in self.networks_.items():
            rows = present_rows(table, modality)
            present = np.flatnonzero(table.present[modality])
            embedding = np.full((len(table), network[-1].n_embedding), np.nan, np.float32)
            if len(present):
                embedding[present] = network[-1].embed(network[:-1].transform(rows[present]))
            embeddings.append(embedding)
        return np.stack(embeddings, axis=1)

    def _outputs(self, table: FeatureTable) -> NDArray[np.float64]:
        if self.dropout_:
            presence(table, self.modalities_)
        else:
            require_all(table, self.modalities_)
        return model_outputs(self.mlp_, self.embed(table))

    def to_graphs(self, inputs: Inputs) -> SystemGraphs:
        """One graph: embeddings of all networks, NaN where a modality is absent, the MLP on top.

        Parameters
        ----------
        inputs : Inputs

        Returns
        -------
        SystemGraphs

        Raises
        ------
        NotExportable
            No graph stands for a network's embedding.
        """
        graph = GraphBuilder()
        embeddings = []
        for modality, network in self.networks_.items():
            rows, present = feature_rows(graph, modality, inputs)
            scaled = scaled_rows(graph, graph.cast(rows, "DOUBLE"), network)
            if not isinstance(network[-1], EmbeddingToGraph):
                raise NotExportable(f"no graph stands for the model {type(network[-1]).__name__}")
            embedding = network[-1].embedding_to_graph(graph, scaled)
            if self.dropout_:
                absent = graph.constant(np.nan, np.float32)
                embedding = graph.node("Where", present, embedding, absent)
            embeddings.append(graph.node("Unsqueeze", embedding, graph.constant([1], np.int64)))
        output = self.mlp_.to_graph(graph, graph.side_by_side(embeddings))
        needs_all = not self.dropout_
        return one_member(graph, output, self.classes_, self.modalities_, needs_all=needs_all)

    def _fitted_networks(self, training: FeatureTable, fit_cache: FitCache) -> dict[str, Any]:
        networks = {}
        for name in self.modalities_:
            own = training.select([name]).take(training.present[name])
            if not differs(own, np.arange(len(own))):
                of = "all with the same numbers" if own.targets else "of fewer than two emotions"
                raise FeatureError(
                    f"{len(own)} training clips have {name}, {of}; late "
                    "fusion trains a network on each modality: add clips, or choose another fusion"
                )
            networks[name] = fit_cache.fitted(Unimodal(clone(self.network), name), own).model_
        return networks


def has_embedding(network: Any) -> bool:
    """Whether a model has an embedding, so that late fusion can be made with it.

    Parameters
    ----------
    network : scaler and model in a Pipeline, or a model that calibrates one

    Returns
    -------
    bool
    """
    steps = getattr(network, "steps", None)
    return steps is not None and hasattr(steps[-1][1], "embed")
