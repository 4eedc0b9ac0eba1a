"""Arithmetic in which a network is written once: tensors of torch, or nodes of a graph.

Training computes with `TensorBackend`, a bundle is written with `GraphBackend`; the network itself
does not know with which. Imports torch, so import it only with a network.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from typing_extensions import override

from affuse.models.graphs.builder import GraphBuilder
from affuse.models.graphs.networks import single

Value = Any
"""A tensor, or the name of a value of a graph: (n_clips, ...)."""

FAR = -1e9
"""Added to scores of what must have no share in a softmax; minus infinity makes rows of NaN."""


class Backend(ABC):
    """The operations of the networks that join modalities; axis 0 is that of the clips."""

    @abstractmethod
    def constant(self, tensor: torch.Tensor) -> Value:
        """Numbers of the network itself, learned or fixed.

        Parameters
        ----------
        tensor : torch.Tensor

        Returns
        -------
        Value
        """

    @abstractmethod
    def known(self, value: Value) -> Value:
        """1.0 where a number is there, 0.0 where it is NaN.

        Parameters
        ----------
        value : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def where(self, known: Value, value: Value, other: Value) -> Value:
        """`value` where `known` is above 0.5, otherwise `other`.

        Parameters
        ----------
        known, value, other : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def linear(self, layer: torch.nn.Linear, value: Value) -> Value:
        """A dense layer along the last axis.

        Parameters
        ----------
        layer : torch.nn.Linear
        value : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def normalised(self, layer: torch.nn.LayerNorm, value: Value) -> Value:
        """A layer normalisation along the last axis.

        Parameters
        ----------
        layer : torch.nn.LayerNorm
        value : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def dropout(self, layer: torch.nn.Dropout, value: Value) -> Value:
        """Dropout in training, nothing otherwise.

        Parameters
        ----------
        layer : torch.nn.Dropout
        value : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def relu(self, value: Value) -> Value:
        """The positive part.

        Parameters
        ----------
        value : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def tanh(self, value: Value) -> Value:
        """The hyperbolic tangent.

        Parameters
        ----------
        value : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def root(self, value: Value) -> Value:
        """The square root.

        Parameters
        ----------
        value : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def softmax(self, value: Value, axis: int) -> Value:
        """Shares along an axis.

        Parameters
        ----------
        value : Value
        axis : int

        Returns
        -------
        Value
        """

    @abstractmethod
    def add(self, value: Value, other: Value) -> Value:
        """Sum; lengths of 1 are spread, as everywhere below.

        Parameters
        ----------
        value, other : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def multiply(self, value: Value, other: Value) -> Value:
        """Product, number by number.

        Parameters
        ----------
        value, other : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def divide(self, value: Value, other: Value) -> Value:
        """Quotient, number by number.

        Parameters
        ----------
        value, other : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def matmul(self, value: Value, other: Value) -> Value:
        """Product of matrices, the last two axes.

        Parameters
        ----------
        value, other : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def total(self, value: Value, axis: int) -> Value:
        """Sum along an axis, which stays with the length 1.

        Parameters
        ----------
        value : Value
        axis : int

        Returns
        -------
        Value
        """

    @abstractmethod
    def largest(self, value: Value, axis: int) -> Value:
        """Maximum along an axis, which stays with the length 1.

        Parameters
        ----------
        value : Value
        axis : int

        Returns
        -------
        Value
        """

    @abstractmethod
    def part(self, value: Value, start: int, end: int, axis: int) -> Value:
        """From `start` to before `end` along an axis.

        Parameters
        ----------
        value : Value
        start, end, axis : int

        Returns
        -------
        Value
        """

    @abstractmethod
    def reshape(self, value: Value, shape: Sequence[int]) -> Value:
        """Another shape, -1 standing for the clips.

        Parameters
        ----------
        value : Value
        shape : sequence of int

        Returns
        -------
        Value
        """

    @abstractmethod
    def unsqueeze(self, value: Value, axis: int) -> Value:
        """One more axis, of length 1.

        Parameters
        ----------
        value : Value
        axis : int

        Returns
        -------
        Value
        """

    @abstractmethod
    def split_heads(self, value: Value, n_heads: int) -> Value:
        """(n_clips, n_steps, width) -> (n_clips, n_steps, n_heads, width / n_heads).

        Parameters
        ----------
        value : Value
        n_heads : int

        Returns
        -------
        Value
        """

    @abstractmethod
    def join_heads(self, value: Value) -> Value:
        """(n_clips, n_steps, n_heads, n) -> (n_clips, n_steps, n_heads * n).

        Parameters
        ----------
        value : Value

        Returns
        -------
        Value
        """

    @abstractmethod
    def transpose(self, value: Value, axes: Sequence[int]) -> Value:
        """Axes in another order.

        Parameters
        ----------
        value : Value
        axes : sequence of int

        Returns
        -------
        Value
        """

    @abstractmethod
    def concat(self, values: Sequence[Value], axis: int) -> Value:
        """Side by side along an axis.

        Parameters
        ----------
        values : sequence of Value
        axis : int

        Returns
        -------
        Value
        """

    def minus(self, value: Value, other: Value) -> Value:
        """Difference, from sum and product.

        Parameters
        ----------
        value, other : Value

        Returns
        -------
        Value
        """
        return self.add(value, self.multiply(other, self.number(-1.0)))

    def number(self, value: float) -> Value:
        """One number, of as many axes as it meets.

        Parameters
        ----------
        value : float

        Returns
        -------
        Value
        """
        return self.constant(torch.tensor(value))


class TensorBackend(Backend):
    """Tensors, through which torch can derive."""

    @override
    def constant(self, tensor: torch.Tensor) -> Value:
        return tensor

    @override
    def known(self, value: Value) -> Value:
        return (~torch.isnan(value)).to(torch.float32)

    @override
    def where(self, known: Value, value: Value, other: Value) -> Value:
        return torch.where(known > 0.5, value, other)

    @override
    def linear(self, layer: torch.nn.Linear, value: Value) -> Value:
        return layer(value)

    @override
    def normalised(self, layer: torch.nn.LayerNorm, value: Value) -> Value:
        return layer(value)

    @override
    def dropout(self, layer: torch.nn.Dropout, value: Value) -> Value:
        return layer(value)

    @override
    def relu(self, value: Value) -> Value:
        return torch.relu(value)

    @override
    def tanh(self, value: Value) -> Value:
        return torch.tanh(value)

    @override
    def root(self, value: Value) -> Value:
        return torch.sqrt(value)

    @override
    def softmax(self, value: Value, axis: int) -> Value:
        return torch.softmax(value, axis)

    @override
    def add(self, value: Value, other: Value) -> Value:
        return value + other

    @override
    def multiply(self, value: Value, other: Value) -> Value:
        return value * other

    @override
    def divide(self, value: Value, other: Value) -> Value:
        return value / other

    @override
    def matmul(self, value: Value, other: Value) -> Value:
        return value @ other

    @override
    def total(self, value: Value, axis: int) -> Value:
        return value.sum(axis, keepdim=True)

    @override
    def largest(self, value: Value, axis: int) -> Value:
        return value.amax(axis, keepdim=True)

    @override
    def part(self, value: Value, start: int, end: int, axis: int) -> Value:
        return value.narrow(axis, start, end - start)

    @override
    def reshape(self, value: Value, shape: Sequence[int]) -> Value:
        return value.reshape(*shape)

    @override
    def unsqueeze(self, value: Value, axis: int) -> Value:
        return value.unsqueeze(axis)

    @override
    def split_heads(self, value: Value, n_heads: int) -> Value:
        return value.unflatten(-1, (n_heads, -1))

    @override
    def join_heads(self, value: Value) -> Value:
        return value.flatten(-2)

    @override
    def transpose(self, value: Value, axes: Sequence[int]) -> Value:
        return value.permute(*axes)

    @override
    def concat(self, values: Sequence[Value], axis: int) -> Value:
        return torch.cat(list(values), axis)


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
