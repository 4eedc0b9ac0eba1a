"""A time-delay network that makes one vector of a stretch of speech, alike for one voice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from affuse.features.voices.log_mel import N_BANDS
from affuse.models.training import import_torch

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module


@dataclass(frozen=True, slots=True)
class SpeakerArchitecture:
    """Sizes of the network.

    Attributes
    ----------
    width : int
        Channels of the convolutions over time.
    dilations : tuple of int
        Of the residual convolutions, one after the other.
    n_pooled : int
        Channels whose mean and deviation over time are taken.
    n_attention : int
        Units that decide how much each moment counts in them.
    n_embedding : int
    """

    width: int = 256
    dilations: tuple[int, ...] = (1, 2, 3, 4)
    n_pooled: int = 512
    n_attention: int = 48
    n_embedding: int = 128


def speaker_network(architecture: SpeakerArchitecture) -> Module:
    """The network, with random initial weights.

    ``log_mel (n, n_frames, 64)`` -> embedding (n, n_embedding), each row of length 1.

    Parameters
    ----------
    architecture : SpeakerArchitecture

    Returns
    -------
    torch.nn.Module

    Notes
    -----
    Time-delay network with pooled statistics: Snyder et al. 2018, "X-vectors: robust DNN embeddings
    for speaker recognition". Residual blocks and attention by channel: Desplanques, Thienpondt &
    Demuynck 2020, "ECAPA-TDNN".
    """
    torch = import_torch()
    nn = torch.nn
    width, n_pooled = architecture.width, architecture.n_pooled

    class SpeakerNetwork(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.first = _convolution(nn, N_BANDS, width, 5, 1)
            self.blocks = nn.ModuleList(
                _convolution(nn, width, width, 3, dilation) for dilation in architecture.dilations
            )
            self.widened = _convolution(nn, width, n_pooled, 1, 1)
            self.attention = nn.Sequential(
                nn.Conv1d(n_pooled, architecture.n_attention, 1),
                nn.Tanh(),
                nn.Conv1d(architecture.n_attention, n_pooled, 1),
            )
            self.normalised = nn.BatchNorm1d(2 * n_pooled)
            size = architecture.n_embedding
            self.embedding = nn.Sequential(
                nn.Linear(2 * n_pooled, size, bias=False), nn.BatchNorm1d(size)
            )

        def forward(self, log_mel: Tensor) -> Tensor:
            contour = self.first(log_mel.transpose(1, 2))
            for block in self.blocks:
                contour = contour + block(contour)
            contour = self.widened(contour)
            pooled = _pooled(torch, contour, self.attention(contour))
            embedding: Tensor = self.embedding(self.normalised(pooled)).float()
            unit: Tensor = nn.functional.normalize(embedding, dim=1)
            return unit

    network: Module = SpeakerNetwork()
    return network


def _convolution(nn: Any, n_in: int, n_out: int, size: int, dilation: int) -> Any:
    padding = dilation * (size - 1) // 2
    convolution = nn.Conv1d(n_in, n_out, size, padding=padding, dilation=dilation, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm1d(n_out), nn.ReLU())


def _pooled(torch: Any, contour: Tensor, scores: Tensor) -> Tensor:
    """Mean and deviation over time, weighted by attention: (n, 2 * n_pooled)."""
    weights, contour = scores.float().softmax(2), contour.float()
    mean = (weights * contour).sum(2)
    variance = (weights * contour.square()).sum(2) - mean.square()
    pooled: Tensor = torch.cat([mean, variance.clamp_min(1e-5).sqrt()], 1)
    return pooled
