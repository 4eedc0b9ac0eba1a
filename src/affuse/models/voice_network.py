"""A small convolutional network with attentive pooling, for log-mel spectrograms of any length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from affuse.features.voices.log_mel import N_BANDS
from affuse.models.training import import_torch

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

SHRINKS_TIME_BY = 8


@dataclass(frozen=True, slots=True)
class VoiceArchitecture:
    """Sizes of the network.

    Attributes
    ----------
    widths : tuple of int
        Channels of the four convolutions.
    n_pooled : int
        Channels of the contour that attention pools over time.
    n_embedding : int
    dropout : float
    """

    widths: tuple[int, int, int, int] = (24, 48, 64, 96)
    n_pooled: int = 96
    n_embedding: int = 96
    dropout: float = 0.4


def voice_network(architecture: VoiceArchitecture, n_classes: int) -> Module:
    """The network, unfitted.

    ``(spectrograms (n, n_frames, 64), lengths (n,) in frames)`` -> logits (n, n_classes);
    ``network.embed`` of the same gives the penultimate layer (n, n_embedding). Frames after an
    utterance's length have no say; without lengths all have.

    Parameters
    ----------
    architecture : VoiceArchitecture
    n_classes : int

    Returns
    -------
    torch.nn.Module

    Notes
    -----
    Attentive statistics pooling: Okabe, Koshinaka & Shinoda 2018, "Attentive statistics pooling
    for deep speaker embedding".
    """
    torch = import_torch()
    nn = torch.nn
    n_pooled, size = architecture.n_pooled, architecture.n_embedding

    class VoiceNetwork(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.convolutions = nn.Sequential(*_convolutions(nn, architecture.widths))
            n_flat = architecture.widths[-1] * (N_BANDS // 16)
            self.contour = nn.Sequential(
                nn.Conv1d(n_flat, n_pooled, 1, bias=False), nn.BatchNorm1d(n_pooled), nn.ReLU()
            )
            self.attention = nn.Sequential(
                nn.Conv1d(n_pooled, 64, 1), nn.Tanh(), nn.Conv1d(64, n_pooled, 1)
            )
            self.embedding = nn.Sequential(
                nn.Dropout(architecture.dropout),
                nn.Linear(2 * n_pooled, size, bias=False),
                nn.BatchNorm1d(size),
                nn.ReLU(),
            )
            self.decision = nn.Sequential(
                nn.Dropout(architecture.dropout), nn.Linear(size, n_classes)
            )

        def embed(self, spectrograms: Tensor, lengths: Tensor | None = None) -> Tensor:
            maps = self.convolutions(spectrograms.unsqueeze(1))
            contour = self.contour(maps.permute(0, 1, 3, 2).flatten(1, 2))
            scores = self.attention(contour).float()
            embedding: Tensor = self.embedding(_pooled(torch, contour, scores, lengths))
            return embedding

        def forward(self, spectrograms: Tensor, lengths: Tensor | None = None) -> Tensor:
            logits: Tensor = self.decision(self.embed(spectrograms, lengths))
            return logits

    network: Module = VoiceNetwork()
    return network


def _pooled(torch: Any, contour: Tensor, scores: Tensor, lengths: Tensor | None) -> Tensor:
    """Mean and deviation over time, weighted by attention: (n, 2 * n_pooled)."""
    if lengths is not None:
        steps = torch.arange(contour.shape[2])
        known = steps < torch.ceil(lengths / SHRINKS_TIME_BY).unsqueeze(1)
        scores = scores.masked_fill(~known.unsqueeze(1), -1e4)
    weights = scores.softmax(2)
    contour = contour.float()
    mean = (weights * contour).sum(2)
    variance = (weights * contour.square()).sum(2) - mean.square()
    pooled: Tensor = torch.cat([mean, variance.clamp_min(1e-5).sqrt()], 1)
    return pooled


def _convolutions(nn: Any, widths: tuple[int, ...]) -> list[Any]:
    layers, n_inputs = [], 1
    for width in widths:
        # The last one keeps the steps of time: an eighth of the frames' rate.
        pooling = nn.MaxPool2d((1, 2) if width is widths[-1] else 2)
        layers += [nn.Conv2d(n_inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)]
        layers += [nn.ReLU(inplace=True), pooling]
        n_inputs = width
    return layers
