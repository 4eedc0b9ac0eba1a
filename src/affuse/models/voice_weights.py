"""Weights of a voice network from a file, to start from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray
from pydantic import BaseModel, ValidationError

from affuse.errors import WeightsError
from affuse.models.checkpoint import MEANING
from affuse.models.stored_arrays import arrays_in
from affuse.models.training import import_torch

if TYPE_CHECKING:
    from torch.nn import Module

PREFIX = "network."
"""Of the names of a network's layers in the files of `affuse train voice`."""

_EXPECTED = "expected a voice-NAME.npz of affuse train voice"


class _Start(BaseModel):
    speakers: tuple[str, ...] = ()


class _Meaning(BaseModel):
    """What such a file says of its network; other entries may stand there too."""

    speakers: tuple[str, ...]
    start: _Start = _Start()


@dataclass(frozen=True, slots=True)
class VoiceWeights:
    """Weights of a voice network, and whom it was trained on.

    Attributes
    ----------
    name, sha256 : str
        Of the file.
    arrays : mapping of str to array
        By the names of layers that `voice_network` gives.
    speakers : tuple of str
        Corpus and name, as "EMO-DB/03", of all training speakers, those of the weights it started
        from included.
    """

    name: str
    sha256: str
    arrays: Mapping[str, NDArray[Any]]
    speakers: tuple[str, ...]

    def copy_into(self, network: Module) -> None:
        """Copy these weights into a network.

        Parameters
        ----------
        network : torch.nn.Module
            As `voice_network` makes it.

        Raises
        ------
        WeightsError
            A layer is missing, is of another shape, or there is one too many.
        """
        torch = import_torch()
        state = network.state_dict()
        wanted = {layer: tuple(own.shape) for layer, own in state.items()}
        held = {layer: array.shape for layer, array in self.arrays.items()}
        for layer in (*wanted, *held):
            if held.get(layer) != wanted.get(layer):
                raise WeightsError(
                    f"{self.name} holds {_shape(held, layer)} for the layer {layer}; expected "
                    f"{_shape(wanted, layer)}: a network of another architecture cannot be "
                    "started from, train without --init"
                )
        network.load_state_dict({name: torch.from_numpy(a) for name, a in self.arrays.items()})


def read_voice_weights(path: str | Path) -> VoiceWeights:
    """Weights of a voice network that `affuse train voice` wrote.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    VoiceWeights

    Raises
    ------
    WeightsError
        No such file, no npz, no voice network, or none that names its training speakers.
    """
    place = Path(path)
    if not place.is_file():
        raise WeightsError(f"{path} is no file; {_EXPECTED}")
    content = place.read_bytes()
    held = arrays_in(content, str(path), _EXPECTED)
    arrays = {n.removeprefix(PREFIX): a for n, a in held.items() if n.startswith(PREFIX)}
    if not arrays or MEANING not in held:
        raise WeightsError(
            f"{path} holds no voice network that names its training speakers (its arrays: "
            f"{', '.join(sorted(held)[:3]) or 'none'}); {_EXPECTED}"
        )
    try:
        meaning = _Meaning.model_validate_json(held[MEANING].tobytes())
    except ValidationError as error:
        raise WeightsError(
            f"{path} does not name the network's training speakers; {_EXPECTED}"
        ) from error
    speakers = tuple(sorted({*meaning.speakers, *meaning.start.speakers}))
    return VoiceWeights(place.name, hashlib.sha256(content).hexdigest(), arrays, speakers)


def _shape(shapes: Mapping[str, tuple[int, ...]], layer: str) -> str:
    return f"an array of shape {shapes[layer]}" if layer in shapes else "nothing"
