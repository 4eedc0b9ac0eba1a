"""A fitted system -> its members' graphs, and how they become one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from affuse.bundle.model_graphs import last_step, layers, model_probabilities, scaled_rows
from affuse.bundle.onnx_builder import GraphBuilder, NotExportable
from affuse.bundle.reading import PROBABILITIES
from affuse.fusion.stacking import FLOOR as STACKING_FLOOR


@dataclass(frozen=True)
class Inputs:
    """What graphs are told by.

    Attributes
    ----------
    shapes : mapping of modality to tuple of int
        Of one clip's array, as the extractor gives it.
    feature_layers : mapping of modality to fitted FeatureLayer
        Where features come frame by frame.
    """

    shapes: Mapping[str, tuple[int, ...]]
    feature_layers: Mapping[str, Any]


@dataclass(frozen=True)
class MemberGraph:
    """One member: what it is told by, the labels that it tells, its graph."""

    name: str
    modalities: tuple[str, ...]
    labels: tuple[int, ...]
    content: bytes
    needs_all: bool = True
    weight: float = 1.0


@dataclass(frozen=True)
class SystemGraphs:
    """A whole system.

    Attributes
    ----------
    members : tuple of MemberGraph
    rule : str
    stackers : mapping of tuple of str to bytes
        Names of members -> the graph that decides where exactly these speak.
    """

    members: tuple[MemberGraph, ...]
    rule: str = "product"
    stackers: Mapping[tuple[str, ...], bytes] = field(default_factory=dict)


def system_graphs(estimator: Any, inputs: Inputs) -> SystemGraphs:
    """Graphs of a fitted estimator over a FeatureTable.

    Parameters
    ----------
    estimator : Unimodal, EarlyFusion, LateFusion or DecisionFusion
    inputs : Inputs

    Raises
    ------
    NotExportable
        It has a part that no graph stands for.
    MissingDependency
        The package onnx is not installed.
    """
    if type(estimator).__name__ != "DecisionFusion":
        return SystemGraphs((_member(_name(estimator), estimator, inputs),))
    names = tuple(estimator.members_)
    weights = np.ones(len(names)) if estimator.rule_.weights_ is None else estimator.rule_.weights_
    members = tuple(
        _member(name, estimator.members_[name], inputs, float(weight))
        for name, weight in zip(names, weights, strict=True)
    )
    stackers = dict(_stackers(estimator, names))
    return SystemGraphs(members, estimator.rule, stackers)


def _name(estimator: Any) -> str:
    return str(getattr(estimator, "modality", "joint"))


def _member(name: str, estimator: Any, inputs: Inputs, weight: float = 1.0) -> MemberGraph:
    kind = type(estimator).__name__
    if kind not in _KINDS:
        raise NotExportable(f"no graph stands for the system {kind}")
    graph = GraphBuilder()
    probabilities = _KINDS[kind](graph, estimator, inputs)
    labels = tuple(int(label) for label in estimator.classes_)
    return MemberGraph(
        name=name,
        modalities=_modalities(estimator),
        labels=labels,
        content=graph.finish({PROBABILITIES: (probabilities, ["n", len(labels)])}),
        needs_all=not getattr(estimator, "dropout_", False),
        weight=weight,
    )


def _modalities(estimator: Any) -> tuple[str, ...]:
    single = getattr(estimator, "modality", None)
    return tuple(estimator.modalities_) if single is None else (single,)


def _unimodal(graph: GraphBuilder, estimator: Any, inputs: Inputs) -> str:
    rows, _ = _feature_rows(graph, estimator.modality, inputs)
    return model_probabilities(graph, rows, estimator.model_)


def _early(graph: GraphBuilder, estimator: Any, inputs: Inputs) -> str:
    """Features side by side; an absent modality at its mean, beside columns that say so."""
    blocks, indicators = [], []
    for modality in estimator.modalities_:
        rows, present = _feature_rows(graph, modality, inputs)
        if estimator.dropout_:
            mean = graph.constant(estimator.means_[modality], np.float32)
            rows = graph.node("Where", present, rows, mean)
            indicators.append(graph.cast(present, "FLOAT"))
        blocks.append(rows)
    return model_probabilities(graph, graph.side_by_side([*blocks, *indicators]), estimator.model_)


def _late(graph: GraphBuilder, estimator: Any, inputs: Inputs) -> str:
    """Embeddings of all networks, NaN where a modality is absent, and the network on top."""
    embeddings = []
    for modality, pipeline in estimator.networks_.items():
        rows, present = _feature_rows(graph, modality, inputs)
        scaled = graph.cast(scaled_rows(graph, graph.cast(rows, "DOUBLE"), pipeline), "FLOAT")
        # The embedding is what the last layer but the dropout and the one of classes gives.
        embedding = layers(graph, scaled, last_step(pipeline).network_[:-2])
        if estimator.dropout_:
            absent = graph.constant(np.nan, np.float32)
            embedding = graph.node("Where", present, embedding, absent)
        embeddings.append(graph.node("Unsqueeze", embedding, graph.constant([1], np.int64)))
    logits = layers(graph, graph.side_by_side(embeddings), estimator.mlp_.network_)
    return graph.node("Softmax", graph.cast(logits, "DOUBLE"), axis=1)


def _feature_rows(graph: GraphBuilder, modality: str, inputs: Inputs) -> tuple[str, str]:
    """Flat features of one modality (n, n_features), and whether each clip has it (n, 1)."""
    shape = inputs.shapes[modality]
    given = graph.input(modality, ["n", *shape])
    flat = graph.node("Flatten", given, axis=1)
    present = graph.node("Not", graph.node("IsNaN", graph.columns(flat, 0, 1)))
    layer = inputs.feature_layers.get(modality)
    if layer is None:
        return flat, present
    n_inputs = int(np.prod(shape[1:]))
    frames = graph.node("Reshape", given, graph.constant([-1, n_inputs], np.int64))
    learned = layers(graph, frames, layer.network_[:-1])
    n_features = shape[0] * layer.n_features
    rows = graph.node("Reshape", learned, graph.constant([-1, n_features], np.int64))
    return rows, present


def _stackers(estimator: Any, names: Sequence[str]) -> Iterator[tuple[tuple[str, ...], bytes]]:
    n_classes = len(estimator.classes_)
    for positions, stacker in estimator.rule_.stackers_.items():
        model = stacker.model
        chosen = tuple(names[position] for position in positions)
        graph = GraphBuilder()
        logarithms = [_logarithms(graph, name, n_classes) for name in chosen]
        told = model_probabilities(graph, graph.side_by_side(logarithms), model)
        spread = graph.times(told, np.eye(n_classes)[model.classes_])
        yield chosen, graph.finish({PROBABILITIES: (spread, ["n", n_classes])})


def _logarithms(graph: GraphBuilder, name: str, n_classes: int) -> str:
    """Logarithms of a member's probabilities less their mean, as stacking learned from them."""
    given = graph.input(name, ["n", n_classes], "DOUBLE")
    logs = graph.node("Log", graph.maximum(given, STACKING_FLOOR))
    return graph.subtract(logs, graph.divide(graph.row_sum(logs), float(n_classes)))


Kind = Callable[[GraphBuilder, Any, Inputs], str]

_KINDS: Mapping[str, Kind] = {"Unimodal": _unimodal, "EarlyFusion": _early, "LateFusion": _late}
