"""The backend of training. Imports torch, so import it only with a network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from typing_extensions import override

from affuse.fusion.networks.backend import Backend, Value


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
    def sine(self, value: Value) -> Value:
        return torch.sin(value)

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
    def cut(self, value: Value, least: int) -> Value:
        known = (~torch.isnan(value[:, least:, 0])).any(0).nonzero()
        return value[:, : least + (int(known[-1]) + 1 if len(known) else 0)]

    @override
    def places(self, value: Value) -> Value:
        return torch.arange(value.shape[1], dtype=torch.float32)[None, :, None]

    @override
    def part(self, value: Value, start: int, end: int, axis: int) -> Value:
        return value[(slice(None),) * axis + (slice(start, end),)]

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
