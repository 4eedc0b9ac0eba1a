"""Modalities weighed number by number. Imports torch: import it only to make a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn
from typing_extensions import override

from affuse.fusion.networks.backend import Backend, Value
from affuse.fusion.networks.joint import ClipNetwork, Extents
from affuse.fusion.networks.layers import far_where_not


class GatedNetwork(ClipNetwork):
    """Descriptions of the modalities, mixed by gates that see all of them.

    Parameters
    ----------
    extents : mapping of modality to Extent
    n_outputs, width : int
    dropout : float
    """

    def __init__(self, extents: Extents, n_outputs: int, width: int, dropout: float) -> None:
        super().__init__(extents, width, dropout)
        n_all = len(extents) * width
        self.gates: Any = nn.ModuleDict({name: nn.Linear(n_all, width) for name in extents})
        self.dropout = nn.Dropout(dropout)
        self.decide = nn.Linear(width, n_outputs)
        self.width = width

    @override
    def outputs(self, backend: Backend, steps: Mapping[str, Value]) -> Value:
        clips, has = self.described(backend, steps)
        together = backend.concat(clips, 1)
        scores = [
            backend.add(backend.linear(gate, together), far_where_not(backend, present))
            for gate, present in zip(self.gates.values(), has, strict=True)
        ]
        shares = backend.softmax(backend.concat([backend.unsqueeze(s, 1) for s in scores], 1), 1)
        stacked = backend.concat([backend.unsqueeze(clip, 1) for clip in clips], 1)
        mixed = backend.total(backend.multiply(shares, stacked), axis=1)
        flat = backend.dropout(self.dropout, backend.reshape(mixed, (-1, self.width)))
        return backend.linear(self.decide, flat)
