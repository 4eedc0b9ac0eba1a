"""What a network that joins modalities is made from; without torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from affuse.fusion.networks.joint import JointNetwork
    from affuse.fusion.networks.steps import Extent


class Architecture(Protocol):
    """Which network joins the modalities, with the settings that it alone has; frozen."""

    def network(
        self, extents: Mapping[str, Extent], n_outputs: int, width: int, dropout: float
    ) -> JointNetwork:
        """The network, its weights drawn from torch's current seed.

        Parameters
        ----------
        extents : mapping of modality to Extent
        n_outputs, width : int
        dropout : float

        Returns
        -------
        JointNetwork
        """
