"""Descriptions of the modalities, mixed by learned gates."""

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
class Gated(Architecture):
    """For each number of a clip's description, gates say how much of which modality enters.

    Notes
    -----
    Source: Arevalo et al. 2017, "Gated Multimodal Units for Information Fusion" (GMU). With two
    modalities its gate and one minus its gate are the softmax that stands here, which also serves
    several, and clips that lack one: its gate is shut. Of what has time the mean and the deviation
    over the clip are fused.
    """

    @override
    def network(
        self, extents: Mapping[str, Extent], n_outputs: int, width: int, dropout: float
    ) -> JointNetwork:
        from affuse.fusion.networks.gated import GatedNetwork

        return GatedNetwork(extents, n_outputs, width, dropout)


FUSION = network_family("gated", Gated)
