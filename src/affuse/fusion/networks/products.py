"""Products of the modalities, whole or of low rank. Imports torch: only to make a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from typing_extensions import override

from affuse.fusion.networks.backend import Backend, Value
from affuse.fusion.networks.joint import ClipNetwork, Extents


class LowRankNetwork(ClipNetwork):
    """The product of all modalities, decided by a tensor of weights of low rank.

    Parameters
    ----------
    extents : mapping of modality to Extent
    n_outputs, width : int
    dropout : float
    rank : int
    """

    def __init__(
        self, extents: Extents, n_outputs: int, width: int, dropout: float, rank: int
    ) -> None:
        super().__init__(extents, width, dropout)
        # The bias of a factor is its weight of the 1 that stands beside each description.
        self.factors: Any = nn.ModuleDict(
            {name: nn.Linear(width, rank * n_outputs) for name in extents}
        )
        self.dropout = nn.Dropout(dropout)
        self.ranks = nn.Parameter(torch.full((1, rank, 1), rank**-0.5))
        self.bias = nn.Parameter(torch.zeros(1, n_outputs))
        self.rank, self.n_outputs = rank, n_outputs

    @override
    def outputs(self, backend: Backend, steps: Mapping[str, Value]) -> Value:
        clips, _ = self.described(backend, steps)
        product: Value = None
        for factor, clip in zip(self.factors.values(), clips, strict=True):
            own = backend.linear(factor, backend.dropout(self.dropout, clip))
            product = own if product is None else backend.multiply(product, own)
        by_rank = backend.reshape(product, (-1, self.rank, self.n_outputs))
        weighted = backend.multiply(by_rank, backend.constant(self.ranks))
        total = backend.reshape(backend.total(weighted, axis=1), (-1, self.n_outputs))
        return backend.add(total, backend.constant(self.bias))


class TensorNetwork(ClipNetwork):
    """Every product of one number of each modality, the numbers alone among them.

    Parameters
    ----------
    extents : mapping of modality to Extent
    n_outputs, width : int
    dropout : float
    n_hidden : int
    """

    def __init__(
        self, extents: Extents, n_outputs: int, width: int, dropout: float, n_hidden: int
    ) -> None:
        super().__init__(extents, width, dropout)
        self.width = width
        self.n_products = (width + 1) ** len(extents)
        self.dropout = nn.Dropout(dropout)
        self.hidden = nn.Linear(self.n_products, n_hidden)
        self.decide = nn.Linear(n_hidden, n_outputs)

    @override
    def outputs(self, backend: Backend, steps: Mapping[str, Value]) -> Value:
        clips, has = self.described(backend, steps)
        nothing = backend.multiply(has[0], backend.number(0.0))
        one = backend.add(nothing, backend.number(1.0))
        product: Value = None
        for position, clip in enumerate(clips):
            own = backend.concat([clip, one], 1)
            if product is None:
                product = own
                continue
            n_before = (self.width + 1) ** position
            left = backend.reshape(product, (-1, n_before, 1))
            pairs = backend.multiply(left, backend.unsqueeze(own, 1))
            product = backend.reshape(pairs, (-1, n_before * (self.width + 1)))
        hidden = backend.relu(backend.linear(self.hidden, backend.dropout(self.dropout, product)))
        return backend.linear(self.decide, hidden)
