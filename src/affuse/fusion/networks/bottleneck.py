"""Modalities that exchange through a few tokens. Imports torch: import it only for a network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from typing_extensions import override

from affuse.fusion.networks.backend import END, Backend, Value
from affuse.fusion.networks.joint import Extents, JointNetwork
from affuse.fusion.networks.layers import Attention, AttentivePooling, Modality, StepDescription


class BottleneckNetwork(JointNetwork):
    """A transformer for each modality; what passes between them goes through shared tokens.

    Parameters
    ----------
    extents : mapping of modality to Extent
    n_outputs, width : int
    dropout : float
    n_heads, n_layers, n_tokens : int
    """

    def __init__(
        self,
        extents: Extents,
        n_outputs: int,
        width: int,
        dropout: float,
        n_heads: int,
        n_layers: int,
        n_tokens: int,
    ) -> None:
        super().__init__()
        self.n_tokens = n_tokens
        self.steps: Any = nn.ModuleDict(
            {name: StepDescription(extent, width, dropout) for name, extent in extents.items()}
        )
        self.layers: Any = nn.ModuleList(
            nn.ModuleDict({name: Attention(width, n_heads, dropout) for name in extents})
            for _ in range(n_layers)
        )
        tokens = torch.empty(1, n_tokens, width)
        # On the meta device there are no numbers, and to draw them imports torch's compiler.
        self.tokens = nn.Parameter(tokens if tokens.is_meta else tokens.normal_() * 0.02)
        self.pooling: Any = nn.ModuleDict({name: AttentivePooling(width) for name in extents})
        self.decide: Any = nn.ModuleDict({name: nn.Linear(width, n_outputs) for name in extents})

    @override
    def outputs(self, backend: Backend, steps: Mapping[str, Value]) -> Value:
        described = {
            name: layer.described(backend, steps[name]) for name, layer in self.steps.items()
        }
        own = {name: given.steps for name, given in described.items()}
        tokens = self._tokens(backend, next(iter(described.values())))
        for layer in self.layers:
            own, tokens = self._exchanged(backend, layer, own, tokens, described)
        logits = []
        for name, given in described.items():
            both = backend.concat([own[name], tokens], 1)
            pooled = self.pooling[name].pooled(backend, both, self._open(backend, given))
            logits.append(backend.unsqueeze(backend.linear(self.decide[name], pooled), 1))
        mean = _mean(backend, logits, [given.has for given in described.values()])
        return backend.reshape(mean, (-1, self._n_outputs))

    @property
    def _n_outputs(self) -> int:
        return int(next(iter(self.decide.values())).out_features)

    def _exchanged(
        self,
        backend: Backend,
        layer: Mapping[str, Attention],
        own: Mapping[str, Value],
        tokens: Value,
        described: Mapping[str, Modality],
    ) -> tuple[dict[str, Value], Value]:
        """Steps of each modality, and the tokens: the mean of what each made of them."""
        kept, passed = {}, []
        for name, given in described.items():
            both = backend.concat([own[name], tokens], 1)
            made = layer[name].attended(backend, both, both, self._open(backend, given))
            kept[name] = backend.part(made, 0, -self.n_tokens, axis=1)
            passed.append(backend.part(made, -self.n_tokens, END, axis=1))
        return kept, _mean(backend, passed, [given.has for given in described.values()])

    def _tokens(self, backend: Backend, given: Modality) -> Value:
        """The tokens for every clip, (n_clips, n_tokens, width)."""
        nothing = backend.multiply(given.has, backend.number(0.0))
        return backend.add(nothing, backend.constant(self.tokens))

    def _open(self, backend: Backend, given: Modality) -> Value:
        """Which steps and tokens there are, (n_clips, n_steps + n_tokens, 1): tokens always."""
        nothing = backend.multiply(given.has, backend.number(0.0))
        tokens = backend.add(nothing, backend.constant(torch.ones(1, self.n_tokens, 1)))
        return backend.concat([given.valid, tokens], 1)


def _mean(backend: Backend, values: list[Value], has: list[Value]) -> Value:
    """Mean over the modalities that a clip has."""
    weighted = [
        backend.multiply(value, present) for value, present in zip(values, has, strict=True)
    ]
    total, n_present = weighted[0], has[0]
    for value, present in zip(weighted[1:], has[1:], strict=True):
        total, n_present = backend.add(total, value), backend.add(n_present, present)
    return backend.divide(total, n_present)
