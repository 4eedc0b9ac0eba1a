"""The product of all modalities, decided by a tensor of weights of low rank."""

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
class LowRank(Architecture):
    """As the tensor fusion, whose weights are a sum of `rank` products of one vector a modality.

    Attributes
    ----------
    rank : int

    Notes
    -----
    Source: Liu et al. 2018, "Efficient Low-rank Multimodal Fusion With Modality-Specific Factors"
    (LMF). Of what has time the mean and the deviation over the clip are fused.
    """

    rank: int = 4

    @override
    def network(
        self, extents: Mapping[str, Extent], n_outputs: int, width: int, dropout: float
    ) -> JointNetwork:
        from affuse.fusion.networks.products import LowRankNetwork

        return LowRankNetwork(extents, n_outputs, width, dropout, self.rank)


FUSION = network_family("low_rank", LowRank)
