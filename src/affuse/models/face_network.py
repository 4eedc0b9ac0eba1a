"""A VGG for small grey faces: blocks of 3x3 convolutions, an embedding, emotions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from affuse.models.training import import_torch

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module, Sequential

CONTRAST_FLOOR = 8.0
"""Grey levels of deviation below which a picture is nearly flat: its noise is not blown up."""


@dataclass(frozen=True, slots=True)
class FaceArchitecture:
    """Sizes of the network.

    Attributes
    ----------
    blocks : tuple of tuple of int
        Channels of each convolution, block by block; a pooling by 2 ends each but the last.
    n_embedding : int
        Numbers that describe a face: the penultimate layer.
    dropout : float
    """

    blocks: tuple[tuple[int, ...], ...] = ((32,), (64, 64), (128, 128, 128), (256, 256, 256))
    n_embedding: int = 256
    dropout: float = 0.4


SMALL = FaceArchitecture()
"""2.5 million weights: two hours of two cores."""

LARGE = FaceArchitecture(((64, 64), (128, 128), (192, 192, 192), (256, 256, 256)), 256, 0.5)
"""3 million weights on four times the pixels' work: for a GPU."""

ARCHITECTURES = {"small": SMALL, "large": LARGE}


def face_network(architecture: FaceArchitecture, n_classes: int) -> Sequential:
    """The layers, with torch's own initial weights for convolutions.

    Takes (n, 1, height, width) float32 as `standardised` gives them, from 32x32 up; gives logits
    (n, n_classes). ``network[:-2]`` gives the embedding.

    Parameters
    ----------
    architecture : FaceArchitecture
    n_classes : int

    Returns
    -------
    torch.nn.Sequential
    """
    nn = import_torch().nn
    layers: list[Any] = []
    n_inputs = 1
    for block in architecture.blocks:
        for width in block:
            layers += [nn.Conv2d(n_inputs, width, 3, padding=1, bias=False)]
            layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            n_inputs = width
        layers += [nn.MaxPool2d(2)]
    # Where mouth and eyes are matters: 3x3 places stay apart, whatever the size of the picture.
    layers[-1] = nn.AdaptiveAvgPool2d(3)
    size, dropout = architecture.n_embedding, architecture.dropout
    layers += [nn.Flatten(), nn.Dropout(dropout), nn.Linear(9 * n_inputs, size, bias=False)]
    layers += [nn.BatchNorm1d(size), nn.ReLU(), nn.Dropout(dropout), nn.Linear(size, n_classes)]
    network: Sequential = nn.Sequential(*layers)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return network


def standardised(faces: Tensor) -> Tensor:
    """Faces (n, 1, height, width) of grey levels, each with mean 0 and about deviation 1.

    Parameters
    ----------
    faces : (n, 1, height, width) float32 tensor

    Returns
    -------
    tensor of the same shape
    """
    centred = faces - faces.mean((2, 3), keepdim=True)
    deviation = centred.square().mean((2, 3), keepdim=True).sqrt()
    return centred / (deviation + CONTRAST_FLOOR)


def shipped_network(networks: Sequence[Sequential], temperature: float) -> Module:
    """What is exported: grey levels in, calibrated probabilities and embeddings out.

    ``(n, 1, 48, 48)`` float32 in [0, 255] -> ``(n, n_classes)``, from the networks' mean logits,
    and ``(n, n_networks * n_embedding)``.

    Parameters
    ----------
    networks : sequence of torch.nn.Sequential
        As `face_network` makes them.
    temperature : float
        Divides the logits.

    Returns
    -------
    torch.nn.Module
    """
    torch = import_torch()

    class Shipped(torch.nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.trunks = torch.nn.ModuleList(network[:-1] for network in networks)
            self.heads = torch.nn.ModuleList(network[-1] for network in networks)

        def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
            inputs = standardised(faces)
            embeddings = [trunk(inputs) for trunk in self.trunks]
            heads = zip(self.heads, embeddings, strict=True)
            logits = torch.stack([head(embedding) for head, embedding in heads]).mean(0)
            return torch.softmax(logits / temperature, dim=1), torch.cat(embeddings, dim=1)

    shipped: Module = Shipped().eval()
    return shipped
