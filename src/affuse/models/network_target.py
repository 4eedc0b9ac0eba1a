"""Targets of a small network: class probabilities, or numbers on one scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.models.training import probabilities

if TYPE_CHECKING:
    from torch import nn

    from affuse.models.graphs.builder import GraphBuilder
    from affuse.models.loss_terms import LossTerms

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class NetworkTarget:
    """How the truth becomes the target of a loss, and outputs become predictions.

    Attributes
    ----------
    classes : (n_classes,) array or None
        None: the network learns numbers.
    mean, scale : (n_targets,) float64
        Of the training clips' numbers, which the network learns standardised; empty for classes.
    """

    classes: NDArray[Any] | None
    mean: Floats
    scale: Floats

    @classmethod
    def of(cls, truth: ArrayLike, terms: LossTerms | None = None) -> Self:
        """The target of labels (n_clips,), or of numbers (n_clips, n_targets).

        Parameters
        ----------
        truth : (n_clips,) int or (n_clips, n_targets) float
        terms : LossTerms, optional
            Whose shares may hold classes that are nobody's label.

        Returns
        -------
        Self

        Raises
        ------
        ValueError
            Labels of one class.

        Examples
        --------
        >>> NetworkTarget.of([[1.0], [3.0]]).encoded([[1.0], [3.0]]).ravel()
        array([-1.,  1.], dtype=float32)
        """
        values = np.asarray(truth)
        if values.ndim == 2:
            scale = values.std(axis=0)
            return cls(None, values.mean(axis=0), np.where(scale > 0, scale, 1.0))
        classes = np.unique(values) if terms is None else terms.classes(values)
        if len(classes) < 2:
            raise ValueError(
                f"y holds one class, {classes.tolist()}: a classifier needs rows of at least two"
            )
        return cls(classes, np.zeros(0), np.zeros(0))

    @property
    def n_outputs(self) -> int:
        """Neurons of the last layer."""
        return len(self.mean) if self.classes is None else len(self.classes)

    def encoded(self, truth: ArrayLike) -> NDArray[Any]:
        """Target of the loss: positions of classes (n_clips,) int64, or standardised numbers.

        Parameters
        ----------
        truth : as `of` takes it

        Returns
        -------
        (n_clips,) int64 or (n_clips, n_targets) float32
        """
        values = np.asarray(truth)
        if self.classes is None:
            return np.asarray((values - self.mean) / self.scale, np.float32)
        return np.asarray(np.searchsorted(self.classes, values), np.int64)

    def terms(self, terms: LossTerms | None) -> LossTerms | None:
        """The loss terms with columns for `classes` only.

        Parameters
        ----------
        terms : LossTerms or None

        Returns
        -------
        LossTerms or None
        """
        if terms is None or self.classes is None:
            return terms
        return terms.of_classes(self.classes)

    def decoded(self, outputs: NDArray[np.float32]) -> Floats:
        """Probabilities (n_clips, n_classes), or numbers (n_clips, n_targets).

        Parameters
        ----------
        outputs : (n_clips, n_outputs) float32
            Of the last layer.

        Returns
        -------
        (n_clips, n_outputs) float64
        """
        if self.classes is None:
            return np.asarray(outputs.astype(np.float64) * self.scale + self.mean)
        return probabilities(outputs)

    def nodes(self, graph: GraphBuilder, rows: str, network: Iterable[nn.Module]) -> str:
        """Decoded outputs of a network in a graph, from rows (n, ...) float: (n, n_outputs) double.

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        rows : str
            Name of what the network takes, (n, ...).
        network : iterable of torch.nn.Module
            Its layers.

        Returns
        -------
        str
            Name of the value, (n, n_outputs) double.
        """
        from affuse.models.graphs.networks import layers

        return self.decoded_nodes(graph, layers(graph, rows, network))

    def decoded_nodes(self, graph: GraphBuilder, outputs: str) -> str:
        """As `decoded`, in a graph.

        Parameters
        ----------
        graph : GraphBuilder
            Grows by the nodes.
        outputs : str
            Name of the last layer's outputs, (n, n_outputs) float.

        Returns
        -------
        str
            Name of the value, (n, n_outputs) double.
        """
        precise = graph.cast(outputs, "DOUBLE")
        if self.classes is not None:
            return graph.node("Softmax", precise, axis=1)
        return graph.add(graph.multiply(precise, self.scale), self.mean)
