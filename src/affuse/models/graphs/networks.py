"""Fitted torch layers -> nodes of a graph. Imports torch, so import it only with a network."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

import numpy as np
from torch import Tensor, nn

from affuse.models.graphs.builder import GraphBuilder, NotExportable, ToGraph


def layers(graph: GraphBuilder, value: str, network: Iterable[nn.Module]) -> str:
    """Output of a sequence of layers in evaluation mode, in single precision.

    Parameters
    ----------
    graph : GraphBuilder
    value : str
        Input of the first layer, (n, ...) float.
    network : iterable of torch.nn.Module

    Returns
    -------
    str
        Value of the graph, float.

    Raises
    ------
    NotExportable
        No graph stands for a layer.
    """
    for layer in network:
        value = layer_nodes(layer, graph, value)
    return value


def class_probabilities(graph: GraphBuilder, rows: str, network: Iterable[nn.Module]) -> str:
    """Probabilities of a network that ends in logits.

    Parameters
    ----------
    graph : GraphBuilder
    rows : str
        (n, ...) float.
    network : iterable of torch.nn.Module

    Returns
    -------
    str
        (n, n_classes) double.

    Raises
    ------
    NotExportable
        No graph stands for a layer.
    """
    logits = layers(graph, rows, network)
    return graph.node("Softmax", graph.cast(logits, "DOUBLE"), axis=1)


def single(graph: GraphBuilder, tensor: Tensor) -> str:
    """A tensor as a constant in single precision.

    Parameters
    ----------
    graph : GraphBuilder
    tensor : torch.Tensor

    Returns
    -------
    str
    """
    return graph.constant(tensor.detach().numpy(), np.float32)


@singledispatch
def layer_nodes(layer: Any, graph: GraphBuilder, value: str) -> str:
    """Output of one layer; register others' classes, give your own a ``to_graph``.

    Parameters
    ----------
    layer : torch.nn.Module
    graph : GraphBuilder
    value : str
        (n, ...) float.

    Returns
    -------
    str

    Raises
    ------
    NotExportable
        No graph stands for it.
    """
    if isinstance(layer, ToGraph):
        return layer.to_graph(graph, value)
    raise NotExportable(f"no graph stands for the layer {type(layer).__name__}")


@layer_nodes.register
def _relu(layer: nn.ReLU, graph: GraphBuilder, value: str) -> str:
    return graph.node("Relu", value)


@layer_nodes.register
def _tanh(layer: nn.Tanh, graph: GraphBuilder, value: str) -> str:
    return graph.node("Tanh", value)


@layer_nodes.register
def _flatten(layer: nn.Flatten, graph: GraphBuilder, value: str) -> str:
    return graph.node("Flatten", value, axis=1)


@layer_nodes.register
def _dropout(layer: nn.Dropout, graph: GraphBuilder, value: str) -> str:
    return value


@layer_nodes.register
def _convolution(layer: nn.Conv1d, graph: GraphBuilder, value: str) -> str:
    before = (layer.kernel_size[0] - 1) // 2
    after = layer.kernel_size[0] - 1 - before
    kernel = single(graph, layer.weight)
    parts = [kernel] if layer.bias is None else [kernel, single(graph, layer.bias)]
    return graph.node("Conv", value, *parts, pads=[before, after])


@layer_nodes.register
def _pooling(layer: nn.MaxPool1d, graph: GraphBuilder, value: str) -> str:
    return graph.node("MaxPool", value, kernel_shape=[layer.kernel_size], strides=[layer.stride])


@layer_nodes.register
def _normalisation(layer: nn.BatchNorm1d, graph: GraphBuilder, value: str) -> str:
    learned: Any = (layer.weight, layer.bias, layer.running_mean, layer.running_var)
    parts = [single(graph, network) for network in learned]
    return graph.node("BatchNormalization", value, *parts, epsilon=layer.eps)


@layer_nodes.register
def _dense(layer: nn.Linear, graph: GraphBuilder, value: str) -> str:
    weight, bias = single(graph, layer.weight), single(graph, layer.bias)
    return graph.node("Gemm", value, weight, bias, transB=1)


@layer_nodes.register
def _unflatten(layer: nn.Unflatten, graph: GraphBuilder, value: str) -> str:
    sizes: Any = layer.unflattened_size
    return graph.node("Reshape", value, graph.constant([-1, *sizes], np.int64))
