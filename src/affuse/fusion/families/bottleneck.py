"""Transformers of single modalities that exchange through a few shared tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from affuse.fusion.networks.architecture import Architecture
from affuse.fusion.networks.settings import network_family

if TYPE_CHECKING:
    from affuse.fusion.networks.joint import JointNetwork
    from affuse.fusion.networks.steps import Extent


@dataclass(frozen=True, slots=True)
class Bottleneck(Architecture):
    """A transformer for each modality; what passes between them goes through shared tokens.

    Attributes
    ----------
    n_heads, n_layers : int
        From the second layer on a modality knows of the others.
    n_tokens : int
        That are shared.

    Notes
    -----
    Source: Nagrani et al. 2021, "Attention Bottlenecks for Multimodal Fusion" (MBT), fused from the
    first layer on. Where it has a class token in each modality, steps and tokens are pooled here by
    learned weights. A modality that a clip lacks has no part in the means of tokens and logits.
    """

    n_heads: int = 2
    n_layers: int = 2
    n_tokens: int = 4

    @override
    def network(
        self, extents: Mapping[str, Extent], n_outputs: int, width: int, dropout: float
    ) -> JointNetwork:
        from affuse.fusion.networks.bottleneck import BottleneckNetwork

        return BottleneckNetwork(
            extents, n_outputs, width, dropout, self.n_heads, self.n_layers, self.n_tokens
        )


FUSION = network_family("bottleneck", Bottleneck)
