"""What every network that joins modalities is. Imports torch: import it only with a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import torch
from torch import nn

from affuse.fusion.networks.backend import Backend, Value
from affuse.fusion.networks.layers import ClipDescription
from affuse.fusion.networks.steps import Extent
from affuse.fusion.networks.tensors import TensorBackend

Extents = Mapping[str, Extent]
"""Modality -> size and scale of its steps, in the order of their names."""


class JointNetwork(nn.Module, ABC):
    """Steps of several modalities -> outputs; written once, for training and for a bundle."""

    def __init__(self) -> None:
        super().__init__()

    @abstractmethod
    def outputs(self, backend: Backend, steps: Mapping[str, Value]) -> Value:
        """Logits or numbers.

        Parameters
        ----------
        backend : Backend
        steps : mapping of modality to value (n_clips, n_steps, n_numbers)
            NaN where a clip lacks the modality, and after its end.

        Returns
        -------
        value (n_clips, n_outputs)
        """

    def forward(self, steps: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """As `outputs`, of tensors.

        Parameters
        ----------
        steps : mapping of modality to (n_clips, n_steps, n_numbers) tensor

        Returns
        -------
        (n_clips, n_outputs) tensor
        """
        made: torch.Tensor = self.outputs(TensorBackend(), steps)
        return made


class ClipNetwork(JointNetwork):
    """Networks that join one description of each modality of a clip.

    Parameters
    ----------
    extents : mapping of modality to Extent
    width : int
    dropout : float
    """

    def __init__(self, extents: Extents, width: int, dropout: float) -> None:
        super().__init__()
        self.clips = nn.ModuleDict(
            {name: ClipDescription(extent, width, dropout) for name, extent in extents.items()}
        )

    def described(
        self, backend: Backend, steps: Mapping[str, Value]
    ) -> tuple[list[Value], list[Value]]:
        """Of each modality the clips (n_clips, width), and which have it (n_clips, 1).

        Parameters
        ----------
        backend : Backend
        steps : mapping of modality to value

        Returns
        -------
        tuple of lists of values
        """
        clips, has = [], []
        for name, description in self.clips.items():
            assert isinstance(description, ClipDescription)
            clip, present = description.described(backend, steps[name])
            clips.append(clip)
            has.append(present)
        return clips, has
