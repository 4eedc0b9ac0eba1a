"""Every product of one number of each modality."""

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
class Tensor(Architecture):
    """The outer product of the modalities, each with a 1 beside it, and two dense layers.

    Attributes
    ----------
    n_hidden : int
        Neurons of the first dense layer.

    Notes
    -----
    Source: Zadeh et al. 2017, "Tensor Fusion Network for Multimodal Sentiment Analysis" (TFN). Of
    what has time the mean and the deviation over the clip are fused.
    """

    n_hidden: int = 64

    @override
    def network(
        self, extents: Mapping[str, Extent], n_outputs: int, width: int, dropout: float
    ) -> JointNetwork:
        from affuse.fusion.networks.products import TensorNetwork

        return TensorNetwork(extents, n_outputs, width, dropout, self.n_hidden)


FUSION = network_family("tensor", Tensor)
