"""The backend of a bundle. Imports torch, so import it only with a network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from typing_extensions import override

from affuse.fusion.networks.backend import Backend, Value
from affuse.models.graphs.builder import GraphBuilder
from affuse.models.graphs.networks import single


class GraphBackend(Backend):
    """Nodes of an ONNX graph in single precision.

    Parameters
    ----------
    graph : GraphBuilder
        Grows by the nodes.
    """

    def __init__(self, graph: GraphBuilder) -> None:
        self.graph = graph

    @override
    def constant(self, tensor: torch.Tensor) -> Value:
        return single(self.graph, tensor)

    @override
    def known(self, value: Value) -> Value:
        there = self.graph.node("Not", self.graph.node("IsNaN", value))
        return self.graph.cast(there, "FLOAT")

    @override
    def where(self, known: Value, value: Value, other: Value) -> Value:
        return self.graph.node("Where", self.graph.cast(known, "BOOL"), value, other)

    @override
    def linear(self, layer: torch.nn.Linear, value: Value) -> Value:
        made = self.graph.node("MatMul", value, self.constant(layer.weight.T))
        return made if layer.bias is None else self.add(made, self.constant(layer.bias))

    @override
    def normalised(self, layer: torch.nn.LayerNorm, value: Value) -> Value:
        scale, bias = self.constant(layer.weight), self.constant(layer.bias)
        return self.graph.node("LayerNormalization", value, scale, bias, axis=-1, epsilon=layer.eps)

    @override
    def dropout(self, layer: torch.nn.Dropout, value: Value) -> Value:
        return value

    @override
    def relu(self, value: Value) -> Value:
        return self.graph.node("Relu", value)

    @override
    def tanh(self, value: Value) -> Value:
        return self.graph.node("Tanh", value)

    @override
    def sine(self, value: Value) -> Value:
        return self.graph.node("Sin", value)

    @override
    def root(self, value: Value) -> Value:
        return self.graph.node("Sqrt", value)

    @override
    def softmax(self, value: Value, axis: int) -> Value:
        return self.graph.node("Softmax", value, axis=axis)

    @override
    def add(self, value: Value, other: Value) -> Value:
        return self.graph.node("Add", value, other)

    @override
    def multiply(self, value: Value, other: Value) -> Value:
        return self.graph.node("Mul", value, other)

    @override
    def divide(self, value: Value, other: Value) -> Value:
        return self.graph.node("Div", value, other)

    @override
    def matmul(self, value: Value, other: Value) -> Value:
        return self.graph.node("MatMul", value, other)

    @override
    def total(self, value: Value, axis: int) -> Value:
        return self.graph.node("ReduceSum", value, self._whole([axis]))

    @override
    def largest(self, value: Value, axis: int) -> Value:
        return self.graph.node("ReduceMax", value, self._whole([axis]))

    @override
    def cut(self, value: Value, least: int) -> Value:
        known = self.known(self.part(value, 0, 1, axis=2))
        some = self.graph.node("ReduceMax", known, self._whole([0, 2]), keepdims=0)
        last = self.graph.node("ArgMax", some, axis=0, keepdims=1, select_last_index=1)
        # Where no clip has a step, the last of the largest is the last of all.
        any_known = self.graph.node("ReduceMax", some, self._whole([0]), keepdims=1)
        longest = self.multiply(
            self.add(last, self._whole([1])), self.graph.cast(any_known, "INT64")
        )
        end = self.graph.node("Max", longest, self._whole([least]))
        return self.graph.node("Slice", value, self._whole([0]), end, self._whole([1]))

    @override
    def places(self, value: Value) -> Value:
        n_steps = self.graph.node("Shape", value, start=1, end=2)
        ends = (self.graph.constant(0, np.int64), self.graph.node("Squeeze", n_steps))
        counted = self.graph.node("Range", *ends, self.graph.constant(1, np.int64))
        shaped = self.reshape(counted, (1, -1, 1))
        return self.graph.cast(shaped, "FLOAT")

    @override
    def part(self, value: Value, start: int, end: int, axis: int) -> Value:
        return self.graph.node("Slice", value, *(self._whole([n]) for n in (start, end, axis)))

    @override
    def reshape(self, value: Value, shape: Sequence[int]) -> Value:
        return self.graph.node("Reshape", value, self._whole(shape))

    @override
    def unsqueeze(self, value: Value, axis: int) -> Value:
        return self.graph.node("Unsqueeze", value, self._whole([axis]))

    @override
    def split_heads(self, value: Value, n_heads: int) -> Value:
        # 0 keeps a length.
        return self.graph.node("Reshape", value, self._whole([0, 0, n_heads, -1]))

    @override
    def join_heads(self, value: Value) -> Value:
        return self.graph.node("Reshape", value, self._whole([0, 0, -1]))

    @override
    def transpose(self, value: Value, axes: Sequence[int]) -> Value:
        return self.graph.node("Transpose", value, perm=list(axes))

    @override
    def concat(self, values: Sequence[Value], axis: int) -> Value:
        return self.graph.node("Concat", *values, axis=axis)

    def _whole(self, numbers: Sequence[int]) -> str:
        return self.graph.constant(list(numbers), np.int64)
