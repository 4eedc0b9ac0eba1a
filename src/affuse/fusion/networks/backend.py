"""Arithmetic in which a network is written once: tensors of torch, or nodes of a graph.

Training computes with `tensors.TensorBackend`, a bundle is written with `nodes.GraphBackend`; the
network itself does not know with which. Imports torch, so import it only with a network.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch

Value = Any
"""A tensor, or the name of a value of a graph: (n_clips, ...)."""

FAR = -1e9
"""Added to scores of what must have no share in a softmax; minus infinity makes rows of NaN."""


END = 2**31 - 1
"""Of any axis, as the end of a part."""


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
    def sine(self, value: Value) -> Value:
        """The sine of angles in radians.

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
    def cut(self, value: Value, least: int) -> Value:
        """Steps up to the last that any of the clips has, and no fewer than `least`.

        Parameters
        ----------
        value : value (n_clips, n_steps, n)
            NaN where there is no step.
        least : int

        Returns
        -------
        value (n_clips, at most n_steps, n)
        """

    @abstractmethod
    def places(self, value: Value) -> Value:
        """0, 1, 2 ... for the steps of clips.

        Parameters
        ----------
        value : value (n_clips, n_steps, n)

        Returns
        -------
        value (1, n_steps, 1)
        """

    @abstractmethod
    def part(self, value: Value, start: int, end: int, axis: int) -> Value:
        """From `start` to before `end` along an axis.

        Parameters
        ----------
        value : Value
        start, end, axis : int
            Below 0 they are counted from the axis's end; an end beyond it is its end.

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
