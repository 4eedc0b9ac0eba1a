"""A fitted system -> the ONNX graphs of its members, and how their outputs are combined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from affuse.models.graphs.builder import PROBABILITIES, GraphBuilder, NotExportable


@dataclass(frozen=True)
class Inputs:
    """Inputs of a graph.

    Attributes
    ----------
    shapes : mapping of modality to tuple of int
        Of one clip's array, as the extractor gives it.
    feature_layers : mapping of modality to fitted transformer
        What learned features from it, where features are learned; see `FeaturesToGraph`.
    """

    shapes: Mapping[str, tuple[int, ...]]
    feature_layers: Mapping[str, Any]


@dataclass(frozen=True)
class MemberGraph:
    """One member of a system, as a graph.

    Attributes
    ----------
    name : str
        Of the modality, or "joint".
    modalities : tuple of str
        Modalities that it needs, the inputs of the graph.
    labels : tuple of int
        That it tells, in the order of its output.
    content : bytes
        The graph.
    needs_all : bool
        Whether it has no output for a clip that lacks one of its modalities.
    weight : float
        In a rule that takes weights.
    holds_clips : bool
        Whether the graph holds features of single training clips.
    """

    name: str
    modalities: tuple[str, ...]
    labels: tuple[int, ...]
    content: bytes
    needs_all: bool = True
    weight: float = 1.0
    holds_clips: bool = False


@dataclass(frozen=True)
class SystemGraphs:
    """A whole system, as graphs.

    Attributes
    ----------
    members : tuple of MemberGraph
    rule : str
        That combines them.
    stackers : mapping of tuple of str to bytes
        Names of members -> the graph that decides where exactly these have outputs.
    """

    members: tuple[MemberGraph, ...]
    rule: str = "product"
    stackers: Mapping[tuple[str, ...], bytes] = field(default_factory=dict)

    @property
    def holds_clips(self) -> bool:
        """Whether a graph contains features of single training clips."""
        return any(member.holds_clips for member in self.members)


@runtime_checkable
class ToGraphs(Protocol):
    """A fitted estimator over a FeatureTable that can be written as graphs."""

    def to_graphs(self, inputs: Inputs) -> SystemGraphs:
        """Its members' graphs, and how they become one.

        Parameters
        ----------
        inputs : Inputs

        Returns
        -------
        SystemGraphs

        Raises
        ------
        NotExportable
            It has a part that no graph stands for: says which.
        """


@runtime_checkable
class FeaturesToGraph(Protocol):
    """A fitted transformer of frames that can be written as nodes of a graph."""

    def features_to_graph(self, graph: GraphBuilder, frames: str, n_frames: int) -> str:
        """Learned features, frame after frame.

        Parameters
        ----------
        graph : GraphBuilder
        frames : str
            Value of the graph, (n, n_frames, ...) float.
        n_frames : int

        Returns
        -------
        str
            (n, n_frames * n_features) float.
        """


def system_graphs(estimator: Any, inputs: Inputs) -> SystemGraphs:
    """Graphs of a fitted estimator over a FeatureTable.

    Parameters
    ----------
    estimator : fitted estimator
    inputs : Inputs

    Returns
    -------
    SystemGraphs

    Raises
    ------
    NotExportable
        It has a part that no graph stands for, or no graph stands for it at all: says which.
    MissingDependency
        The package onnx is not installed.
    """
    if not isinstance(estimator, ToGraphs):
        raise NotExportable(f"no graph stands for the system {type(estimator).__name__}")
    return estimator.to_graphs(inputs)


def one_member(
    graph: GraphBuilder,
    output: str,
    classes: NDArray[np.int64],
    modalities: tuple[str, ...],
    *,
    needs_all: bool = True,
) -> SystemGraphs:
    """A system that is a single graph.

    Parameters
    ----------
    graph : GraphBuilder
        With an input for each modality, such as `feature_rows` makes.
    output : str
        Value of the graph: probabilities (n, n_classes).
    classes : (n_classes,) int
        Labels in the order of the output.
    modalities : tuple of str
    needs_all : bool
        Whether it has no output for a clip that lacks a modality.

    Returns
    -------
    SystemGraphs
    """
    labels = tuple(int(label) for label in classes)
    content = graph.finish({PROBABILITIES: (output, ["n", len(labels)])})
    name = modalities[0] if len(modalities) == 1 else "joint"
    member = MemberGraph(
        name, modalities, labels, content, needs_all=needs_all, holds_clips=graph.holds_clips
    )
    return SystemGraphs((member,))


def feature_rows(graph: GraphBuilder, modality: str, inputs: Inputs) -> tuple[str, str]:
    """Features of one modality, flat, from an input of the graph; 0 after a clip's end.

    Parameters
    ----------
    graph : GraphBuilder
    modality : str
        Name of the input.
    inputs : Inputs

    Returns
    -------
    rows : str
        (n, n_features) float; learned ones where features are learned.
    present : str
        Whether each clip has the modality, (n, 1) bool.
    """
    rows, present = open_ended_rows(graph, modality, inputs)
    is_learned = inputs.feature_layers.get(modality) is not None
    if is_learned or len(inputs.shapes[modality]) == 1:
        return rows, present
    ended = graph.node("And", graph.node("IsNaN", rows), present)
    return graph.node("Where", ended, graph.constant(0, np.float32), rows), present


def open_ended_rows(graph: GraphBuilder, modality: str, inputs: Inputs) -> tuple[str, str]:
    """As `feature_rows`, with NaN after a clip's end.

    Parameters
    ----------
    graph : GraphBuilder
    modality : str
    inputs : Inputs

    Returns
    -------
    rows : str
        (n, n_features) float.
    present : str
        (n, 1) bool.
    """
    shape = inputs.shapes[modality]
    given = graph.input(modality, ["n", *shape])
    flat = graph.node("Flatten", given, axis=1)
    present = graph.node("Not", graph.node("IsNaN", graph.columns(flat, 0, 1)))
    layer = inputs.feature_layers.get(modality)
    if layer is None:
        return flat, present
    return layer.features_to_graph(graph, given, shape[0]), present
