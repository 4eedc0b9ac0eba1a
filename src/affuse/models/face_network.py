"""A VGG for small grey faces: blocks of 3x3 convolutions, an embedding, two heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from affuse.corpora.face_votes import VOTED_EMOTIONS
from affuse.models.training import import_torch
from affuse.records import FER2013_EMOTIONS

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
        Before and after the embedding.
    """

    blocks: tuple[tuple[int, ...], ...] = ((32,), (64, 64), (128, 128, 128), (256, 256, 256))
    n_embedding: int = 256
    dropout: float = 0.2


SMALL = FaceArchitecture()
"""2.5 million weights, 80 million multiplications a face: hours of two cores."""

LARGE = FaceArchitecture(((64, 64), (128, 128), (192, 192, 192), (256, 256, 256)))
"""3 million weights, 400 million multiplications a face: for a GPU."""

ARCHITECTURES = {"small": SMALL, "large": LARGE}


def face_network(architecture: FaceArchitecture, *, voted: bool) -> Module:
    """The layers, with random initial weights.

    Takes (n, 1, height, width) float32 as `standardised` gives them, from 32x32 up; gives logits
    (n, 7) of FER2013's labels and, with a head of its own, (n, 8) of people's votes, else None.

    Parameters
    ----------
    architecture : FaceArchitecture
    voted : bool
        Whether there is a head for people's votes, which is for training alone.

    Returns
    -------
    torch.nn.Module
        Parts: ``trunk``, ``embedding``, ``emotions``, ``votes``.
    """
    torch = import_torch()
    nn = torch.nn

    class FaceNetwork(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            size = architecture.n_embedding
            self.trunk = _trunk(architecture.blocks)
            self.embedding = _embedding(architecture)
            self.emotions = nn.Linear(size, len(FER2013_EMOTIONS))
            self.votes = nn.Linear(size, len(VOTED_EMOTIONS)) if voted else None

        def forward(self, faces: Tensor) -> tuple[Tensor, Tensor | None]:
            embedding = self.embedding(self.trunk(faces))
            votes = None if self.votes is None else self.votes(embedding)
            return self.emotions(embedding), votes

    network: Module = FaceNetwork()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return network


def _trunk(blocks: tuple[tuple[int, ...], ...]) -> Sequential:
    nn = import_torch().nn
    layers: list[Any] = []
    n_inputs = 1
    for block in blocks:
        for width in block:
            layers += [nn.Conv2d(n_inputs, width, 3, padding=1, bias=False)]
            layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            n_inputs = width
        layers += [nn.MaxPool2d(2)]
    # Where mouth and eyes are matters: 3x3 places stay apart, whatever the size of the picture.
    layers[-1] = nn.AdaptiveAvgPool2d(3)
    trunk: Sequential = nn.Sequential(*layers)
    return trunk


def _embedding(architecture: FaceArchitecture) -> Sequential:
    nn = import_torch().nn
    size, dropout = architecture.n_embedding, architecture.dropout
    n_inputs = 9 * architecture.blocks[-1][-1]
    layers = [nn.Flatten(), nn.Dropout(dropout), nn.Linear(n_inputs, size, bias=False)]
    layers += [nn.BatchNorm1d(size), nn.ReLU(), nn.Dropout(dropout)]
    embedding: Sequential = nn.Sequential(*layers)
    return embedding


def standardised(faces: Tensor) -> Tensor:
    """Faces (n, 1, height, width) of grey levels, each standardised to mean 0 and deviation 1.

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


def shipped_network(networks: Sequence[Module], temperature: float) -> Module:
    """The network to be exported: grey levels in, calibrated probabilities and embeddings out.

    ``(n, 1, 48, 48)`` float32 in [0, 255] -> ``(n, 7)``, from the networks' mean logits of
    FER2013's labels, and ``(n, n_networks * n_embedding)``.

    Parameters
    ----------
    networks : sequence of torch.nn.Module
        As `face_network` makes them; their heads of votes are left behind.
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
            trunks = [torch.nn.Sequential(each.trunk, each.embedding) for each in networks]
            self.trunks = torch.nn.ModuleList(trunks)
            self.heads = torch.nn.ModuleList(network.emotions for network in networks)

        def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
            inputs = standardised(faces)
            embeddings = [trunk(inputs) for trunk in self.trunks]
            heads = zip(self.heads, embeddings, strict=True)
            logits = torch.stack([head(embedding) for head, embedding in heads]).mean(0)
            return torch.softmax(logits / temperature, dim=1), torch.cat(embeddings, dim=1)

    shipped: Module = Shipped().eval()
    return shipped
