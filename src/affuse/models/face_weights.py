"""Weights of a face network from a file: to start from, or as a teacher."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import WeightsError
from affuse.models.face_network import FaceArchitecture, face_network
from affuse.models.stored_arrays import arrays_in
from affuse.models.training import import_torch

if TYPE_CHECKING:
    from torch.nn import Module

Arrays = Mapping[str, NDArray[Any]]

CHECKPOINT_PREFIX = "average.module."
"""Of the averaged weights, which count, in the checkpoints that a training writes."""

_PARTS = {"emb.": "embedding.", "fer.": "emotions.", "plus.": "votes."}
"""How other state dicts begin the names of layers -> how `face_network` does."""

_EXPECTED = (
    "expected the npz of a state dict of a face network, or a face-checkpoint-N.npz of affuse "
    "train face"
)
_LAYERS_OF_A_CONVOLUTION = 3
"""With its normalisation and ReLU: a pooling between two lets one number of a layer pass."""


@dataclass(frozen=True, slots=True)
class FaceWeights:
    """Weights of a face network, and their origin.

    Attributes
    ----------
    name : str
        Of the file.
    sha256 : str
        Of the file.
    architecture : FaceArchitecture
        As the shapes of the weights say.
    arrays : mapping of str to array
        By the names of layers that `face_network` gives.
    """

    name: str
    sha256: str
    architecture: FaceArchitecture
    arrays: Arrays

    @property
    def voted(self) -> bool:
        """Whether there is a head for people's votes."""
        return "votes.weight" in self.arrays

    @property
    def origin(self) -> dict[str, str]:
        """Name and SHA-256 of the file: ready for JSON."""
        return {"name": self.name, "sha256": self.sha256}

    def network(self) -> Module:
        """The network with these weights, in evaluation mode.

        Returns
        -------
        torch.nn.Module

        Raises
        ------
        WeightsError
            A layer is missing, or of another shape.
        """
        network = face_network(self.architecture, voted=self.voted)
        self.copy_into(network)
        return network.eval()

    def copy_into(self, network: Module) -> None:
        """Copy these weights into a network.

        A head of votes that only one of the two has stays as it is, or is left out.

        Parameters
        ----------
        network : torch.nn.Module
            As `face_network` makes it.

        Raises
        ------
        WeightsError
            A layer is missing, or of another shape.
        """
        torch = import_torch()
        state = network.state_dict()
        for name, own in state.items():
            given = self.arrays.get(name)
            if given is None and name.startswith("votes."):
                continue
            if given is None or given.shape != tuple(own.shape):
                held = "nothing" if given is None else f"an array of shape {given.shape}"
                raise WeightsError(
                    f"{self.name} holds {held} for the layer {name}; expected one of shape "
                    f"{tuple(own.shape)}: give the architecture that it was trained with"
                )
            state[name] = torch.from_numpy(np.array(given)).to(own.dtype)
        network.load_state_dict(state)


def read_face_weights(path: str | Path) -> FaceWeights:
    """Read the weights of a face network.

    Parameters
    ----------
    path : str or Path
        npz of a state dict, in single or half precision, or a checkpoint that `train_faces` wrote:
        its averaged weights.

    Returns
    -------
    FaceWeights

    Raises
    ------
    WeightsError
        No such file, no npz, or the arrays are not those of a face network.
    """
    place = Path(path)
    if not place.is_file():
        raise WeightsError(f"{path} is no file; {_EXPECTED}")
    content = place.read_bytes()
    arrays = _by_layer(arrays_in(content, str(path), _EXPECTED))
    sha256 = hashlib.sha256(content).hexdigest()
    return FaceWeights(place.name, sha256, _architecture_of(arrays, str(path)), arrays)


def _by_layer(arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The weights under the names that `face_network` gives its layers."""
    if any(name.startswith(CHECKPOINT_PREFIX) for name in arrays):
        arrays = {
            name.removeprefix(CHECKPOINT_PREFIX): array
            for name, array in arrays.items()
            if name.startswith(CHECKPOINT_PREFIX)
        }
    return {_renamed(name): array for name, array in arrays.items()}


def _renamed(name: str) -> str:
    for old, new in _PARTS.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name


def _architecture_of(arrays: Arrays, path: str) -> FaceArchitecture:
    """Convolution blocks, derived from the names and shapes of the weights."""
    convolutions = {
        int(name.split(".")[1]): array.shape[0]
        for name, array in arrays.items()
        if name.startswith("trunk.") and name.endswith(".weight") and array.ndim == 4
    }
    blocks: list[tuple[int, ...]] = []
    before = None
    for layer, width in sorted(convolutions.items()):
        if before is not None and layer - before == _LAYERS_OF_A_CONVOLUTION:
            blocks[-1] += (width,)
        else:
            blocks.append((width,))
        before = layer
    embedding = arrays.get("embedding.2.weight")
    if not blocks or embedding is None or "emotions.weight" not in arrays:
        raise WeightsError(
            f"{path} holds no trunk, embedding and head of FER2013's emotions (its arrays begin "
            f"with {', '.join(sorted(arrays)[:3]) or 'nothing'}); {_EXPECTED}"
        )
    return FaceArchitecture(tuple(blocks), embedding.shape[0])
