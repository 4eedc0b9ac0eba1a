"""Attention from each modality to the steps of the others."""

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
class CrossAttention(Architecture):
    """Each step of a modality looks for what it needs among the steps of every other one.

    Attributes
    ----------
    n_heads, n_layers : int
        Of the attention to one other modality.

    Notes
    -----
    Source: Tsai et al. 2019, "Multimodal Transformer for Unaligned Multimodal Language Sequences"
    (MulT). Where it reads the last step of one more transformer, steps are pooled here by learned
    weights, and a step has two dense layers in the place of a convolution: there are few clips.
    """

    n_heads: int = 2
    n_layers: int = 1

    @override
    def network(
        self, extents: Mapping[str, Extent], n_outputs: int, width: int, dropout: float
    ) -> JointNetwork:
        from affuse.fusion.networks.cross_attention import CrossAttentionNetwork

        return CrossAttentionNetwork(
            extents, n_outputs, width, dropout, self.n_heads, self.n_layers
        )


FUSION = network_family("cross_attention", CrossAttention)
