"""Attention from each modality to the others. Imports torch: import it only to make a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn
from typing_extensions import override

from affuse.fusion.networks.backend import Backend, Value
from affuse.fusion.networks.joint import Extents, JointNetwork
from affuse.fusion.networks.layers import Attention, AttentivePooling, StepDescription
from affuse.fusion.networks.times import time_apart


class CrossAttentionNetwork(JointNetwork):
    """Each modality looks for what it needs among the steps of every other one.

    Parameters
    ----------
    extents : mapping of modality to Extent
    n_outputs, width : int
    dropout : float
    n_heads, n_layers : int
        Of the attention to one other modality.
    """

    def __init__(
        self,
        extents: Extents,
        n_outputs: int,
        width: int,
        dropout: float,
        n_heads: int,
        n_layers: int,
    ) -> None:
        super().__init__()
        pairs = [(own, other) for own in extents for other in extents if own != other]
        self.steps: Any = nn.ModuleDict(
            {name: StepDescription(extent, width, dropout) for name, extent in extents.items()}
        )
        self.across: Any = nn.ModuleDict(
            {
                _pair(own, other): nn.ModuleList(
                    Attention(width, n_heads, dropout, timed=True) for _ in range(n_layers)
                )
                for own, other in pairs
            }
        )
        self.pooling: Any = nn.ModuleDict({_pair(*pair): AttentivePooling(width) for pair in pairs})
        self.pairs = pairs
        self.dropout = nn.Dropout(dropout)
        self.decide = nn.Linear(len(pairs) * width, n_outputs)

    @override
    def outputs(self, backend: Backend, steps: Mapping[str, Value]) -> Value:
        described = {
            name: layer.described(backend, steps[name]) for name, layer in self.steps.items()
        }
        pooled = []
        for own, other in self.pairs:
            found, given = described[own].steps, described[other]
            apart = time_apart(backend, described[own].when, given.when)
            for block in self.across[_pair(own, other)]:
                found = block.attended(backend, found, given.steps, given.valid, apart)
            pooling = self.pooling[_pair(own, other)]
            pooled.append(pooling.pooled(backend, found, described[own].valid))
        joined = backend.dropout(self.dropout, backend.concat(pooled, 1))
        return backend.linear(self.decide, joined)


def _pair(own: str, other: str) -> str:
    return f"{own} to {other}"
