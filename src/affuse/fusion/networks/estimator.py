"""A network over the steps of several modalities, as an estimator over a FeatureTable."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin

from affuse.features.memory import refuse_larger_than_memory
from affuse.features.table import FeatureTable
from affuse.fusion.graphs import Inputs, SystemGraphs, one_member, open_ended_rows
from affuse.fusion.inputs import (
    JointOutputs,
    presence,
    require_all,
    with_dropout,
)
from affuse.fusion.networks.architecture import Architecture
from affuse.fusion.networks.settings import architecture_of
from affuse.fusion.networks.steps import Steps, extent_of, steps_of
from affuse.models.fit_cache import FitCache
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.loss_terms import LossTerms, loss_terms
from affuse.models.network_target import NetworkTarget
from affuse.models.optimisers import adam
from affuse.models.training import (
    PREDICTION_ROWS,
    BatchSource,
    batch_terms,
    import_torch,
    seeded_single_thread,
    shuffled_batches,
    train,
)

if TYPE_CHECKING:
    from affuse.fusion.networks.joint import JointNetwork

StepsOf = Mapping[str, Steps]
AfterEpoch = Callable[[], bool]
"""Called after an epoch of training; whether to stop there."""

_BYTES_A_WEIGHT = 16
"""Itself, its gradient, and two moments of Adam."""


class NetworkFusion(JointOutputs, ClassifierMixin, BaseEstimator):
    """A network over the steps in time of several modalities, learned from whole clips.

    Parameters
    ----------
    architecture : str or Architecture
        Name of a fusion, such as "cross_attention", or a frozen record with settings of its own,
        such as ``affuse.fusion.families.cross_attention.CrossAttention(n_heads=4)``.
    width : int
        Numbers by which a step or clip is described.
    dropout : float
        Share of numbers dropped in a training step.
    epochs, batch_size : int
    learning_rate : float
        Of Adam.
    weight_decay : float
        How hard weights are pulled to 0.
    modality_dropout : bool
        Learn from each clip with each of its modalities alone as well, so that a clip that lacks
        one can be predicted. Always so where training clips lack one.
    random_state : int or None

    Attributes
    ----------
    classes_ : (n_classes,) int
        Labels that occur in the training clips; of numbers, positions of the targets.
    modalities_ : tuple of str
        What was fused, sorted.
    dropout_ : bool
        Whether clips that lack a modality can be predicted.
    extents_ : dict of modality to Extent
    losses_ : (n_epochs,) float64
        Mean training loss of each epoch.
    network_ : JointNetwork

    Notes
    -----
    Modalities may have different numbers of steps: what a step says of its time is the share of the
    clip that has passed. A clip that is shorter than the array has steps of NaN at its end; how
    many of them there are changes no answer.

    Examples
    --------
    >>> import affuse
    >>> clips = [affuse.Clip(str(n), ["calm", "angry"][n % 2], "Ann") for n in range(8)]
    >>> X = np.repeat([[0.0], [1.0]], 3, axis=1)[[0, 1] * 4]
    >>> table = affuse.FeatureTable.from_arrays(affuse.Index(tuple(clips)), audio=X, video=X)
    >>> NetworkFusion("gated", random_state=0).fit(table).predict(table)
    array([0, 1, 0, 1, 0, 1, 0, 1])
    """

    def __init__(
        self,
        architecture: Architecture | str,
        width: int = 32,
        dropout: float = 0.2,
        epochs: int = 40,
        batch_size: int = 32,
        learning_rate: float = 3e-3,
        weight_decay: float = 1e-4,
        modality_dropout: bool = False,
        random_state: int | None = None,
    ) -> None:
        self.architecture = architecture
        self.width = width
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.modality_dropout = modality_dropout
        self.random_state = random_state

    def fit(self, table: FeatureTable, fit_cache: FitCache | None = None) -> Self:
        """Learn from all clips of a table.

        Parameters
        ----------
        table : FeatureTable
            Of the training clips; their order has no effect.
        fit_cache : FitCache, optional
            Not needed: nothing is shared with other systems.

        Returns
        -------
        NetworkFusion
            Itself.

        Raises
        ------
        FeatureError
            The table has one modality; a clip lacks every modality, or has numbers that are not
            finite.
        MissingDependency
            torch is not installed.
        """
        return self.fit_until(table)

    def fit_until(self, table: FeatureTable, after_epoch: AfterEpoch | None = None) -> Self:
        """As `fit`, asking after each epoch whether to stop; it can predict from then on.

        Parameters
        ----------
        table : FeatureTable
        after_epoch : callable, optional
            Gives True to stop.

        Returns
        -------
        NetworkFusion
            Itself.

        Raises
        ------
        FeatureError, MissingDependency
            As `fit`.
        """
        training = self._begin(table)
        if self.dropout_:
            training = with_dropout(training, self.modalities_)
        steps = {name: steps_of(training, name) for name in self.modalities_}
        self.extents_ = {name: extent_of(training, name, own) for name, own in steps.items()}
        terms = loss_terms(training)
        self.target_ = NetworkTarget.of(training.truth, terms)
        self.numbers_ = bool(table.targets)
        known = self.target_.classes
        self.classes_ = np.arange(self.target_.n_outputs) if known is None else known
        with seeded_single_thread(self.random_state):
            self.network_ = self._network()
            batches = self._batches(steps, training, self.target_.terms(terms))
            # What is learned from ends with the longest clip; these end where one may.
            del steps
            parts = [{"params": self.network_.parameters(), "weight_decay": self.weight_decay}]
            optimiser = adam(parts, self.learning_rate)
            self.losses_ = train(
                self.network_, batches, self.epochs, optimiser, after_epoch=after_epoch
            )
        return self

    def _outputs(self, table: FeatureTable) -> NDArray[np.float64]:
        if self.dropout_:
            presence(table, self.modalities_)
        else:
            require_all(table, self.modalities_)
        steps = {name: steps_of(table, name) for name in self.modalities_}
        return self.target_.decoded(self._logits(steps, len(table)))

    def to_graphs(self, inputs: Inputs) -> SystemGraphs:
        """One graph, which takes the features of all modalities as they come.

        Parameters
        ----------
        inputs : Inputs

        Returns
        -------
        SystemGraphs

        Raises
        ------
        NotExportable
            Features are learned by something that no graph stands for.
        """
        from affuse.fusion.networks.nodes import GraphBackend

        graph = GraphBuilder()
        steps = {name: self._steps_in(graph, name, inputs) for name in self.modalities_}
        made = self.network_.outputs(GraphBackend(graph), steps)
        decoded = self.target_.decoded_nodes(graph, made)
        needs_all = not self.dropout_
        return one_member(graph, decoded, self.classes_, self.modalities_, needs_all=needs_all)

    def _steps_in(self, graph: GraphBuilder, modality: str, inputs: Inputs) -> str:
        """Steps of a modality in a graph, NaN where it is absent: (n, n_steps, n_numbers)."""
        rows, present = open_ended_rows(graph, modality, inputs)
        rows = graph.node("Where", present, rows, graph.constant(np.nan, np.float32))
        extent = self.extents_[modality]
        if extent.time_first is not None:
            whole = graph.constant([-1, *extent.shape], np.int64)
            rows = graph.node("Reshape", rows, whole)
            rows = graph.node("Transpose", rows, perm=list(extent.time_first))
        shape = graph.constant([-1, extent.n_steps, extent.n_numbers], np.int64)
        return graph.node("Reshape", rows, shape)

    def _network(self) -> JointNetwork:
        torch, architecture = import_torch(), architecture_of(self.architecture)
        asked = (self.extents_, self.target_.n_outputs, self.width, self.dropout)
        # On the meta device weights have a shape and take no memory.
        with torch.device("meta"):
            weights = list(architecture.network(*asked).parameters())
        n_bytes = _BYTES_A_WEIGHT * sum(each.numel() for each in weights)
        refuse_larger_than_memory(f"a network of width {self.width}", n_bytes)
        return architecture.network(*asked)

    def _batches(self, steps: StepsOf, table: FeatureTable, terms: LossTerms | None) -> BatchSource:
        torch = import_torch()
        tensors = {
            name: torch.from_numpy(np.array(own[:, : self.extents_[name].longest]))
            for name, own in steps.items()
        }
        aims = torch.from_numpy(self.target_.encoded(table.truth))

        def batches() -> Iterator[Any]:
            for rows in shuffled_batches(len(table), self.batch_size):
                own = {name: tensor[rows] for name, tensor in tensors.items()}
                yield own, aims[rows], *batch_terms(terms, rows)

        return batches

    def _logits(self, steps: StepsOf, n_clips: int) -> NDArray[np.float32]:
        made = []
        with seeded_single_thread(0) as torch, torch.inference_mode():
            for start in range(0, n_clips, PREDICTION_ROWS):
                rows = slice(start, start + PREDICTION_ROWS)
                own = {name: torch.from_numpy(np.array(each[rows])) for name, each in steps.items()}
                made.append(self.network_(own).numpy())
        return np.concatenate(made) if made else np.zeros((0, self.target_.n_outputs), np.float32)
