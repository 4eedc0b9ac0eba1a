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
        Channels of the four stages; each ends with a pooling by 2.
    n_convolutions : tuple of int
        In each stage.
    n_pooled : int
        Channels of the contour over time that follows them.
    n_recurrent : int
        Units, in either direction, of the recurrent layer over the contour; 0: none.
    n_embedding : int
    dropout : float
        Of the embedding, on either side.
    map_dropout : float
        Share of whole channels that is left out after each stage.
    """

    widths: tuple[int, int, int, int] = (24, 48, 64, 96)
    n_convolutions: tuple[int, int, int, int] = (1, 1, 1, 1)
    n_pooled: int = 96
    n_recurrent: int = 0
    n_embedding: int = 96
    dropout: float = 0.4
    map_dropout: float = 0.0


MANY_CORPORA = VoiceArchitecture((32, 64, 128, 192), (1, 2, 2, 2), 192, 128, 128, 0.4, 0.1)
"""1.2 million weights."""


def voice_network(architecture: VoiceArchitecture, n_classes: int) -> Module:
    """The network, with random initial weights.

    ``(spectrograms (n, n_frames, 64), lengths (n,) in frames)`` -> logits (n, n_classes);
    ``network.embed`` of the same gives the penultimate layer (n, n_embedding). Frames after an
    utterance's length have no effect; without lengths all have.

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
    n_described = 2 * architecture.n_recurrent or n_pooled

    class VoiceNetwork(nn.Module):  # type: ignore[name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.convolutions = nn.Sequential(*_convolutions(nn, architecture))
            n_flat = architecture.widths[-1] * (N_BANDS // 16)
            self.contour = nn.Sequential(
                nn.Conv1d(n_flat, n_pooled, 1, bias=False), nn.BatchNorm1d(n_pooled), nn.ReLU()
            )
            self.recurrence = _recurrence(torch, architecture)
            self.attention = nn.Sequential(
                nn.Conv1d(n_described, 64, 1), nn.Tanh(), nn.Conv1d(64, n_described, 1)
            )
            self.embedding = nn.Sequential(
                nn.Dropout(architecture.dropout),
                nn.Linear(2 * n_described, size, bias=False),
                nn.BatchNorm1d(size),
                nn.ReLU(),
            )
            self.decision = nn.Sequential(
                nn.Dropout(architecture.dropout), nn.Linear(size, n_classes)
            )

        def embed(self, spectrograms: Tensor, lengths: Tensor | None = None) -> Tensor:
            maps = self.convolutions(spectrograms.unsqueeze(1))
            contour = self.contour(maps.permute(0, 1, 3, 2).flatten(1, 2))
            if self.recurrence is not None:
                states = _states(torch, self.recurrence, contour.transpose(1, 2))
                contour = states.transpose(1, 2)
            scores = self.attention(contour).float()
            embedding: Tensor = self.embedding(_pooled(torch, contour, scores, lengths))
            return embedding

        def forward(self, spectrograms: Tensor, lengths: Tensor | None = None) -> Tensor:
            logits: Tensor = self.decision(self.embed(spectrograms, lengths))
            return logits

    network: Module = VoiceNetwork()
    return network


def _states(torch: Any, recurrence: Module, contour: Tensor) -> Tensor:
    """States of the recurrence in full precision, as sums over many steps lose too much else."""
    device = contour.device.type
    if torch.is_autocast_enabled(device):
        with torch.autocast(device, enabled=False):
            return recurrence(contour.float())  # type: ignore[no-any-return]
    return recurrence(contour)  # type: ignore[no-any-return]


def _pooled(torch: Any, contour: Tensor, scores: Tensor, lengths: Tensor | None) -> Tensor:
    """Mean and deviation over time, weighted by attention: (n, 2 * n_described)."""
    if lengths is not None:
        steps = torch.arange(contour.shape[2], device=contour.device)
        known = steps < torch.ceil(lengths / SHRINKS_TIME_BY).unsqueeze(1)
        scores = scores.masked_fill(~known.unsqueeze(1), -1e4)
    weights = scores.softmax(2)
    contour = contour.float()
    mean = (weights * contour).sum(2)
    variance = (weights * contour.square()).sum(2) - mean.square()
    pooled: Tensor = torch.cat([mean, variance.clamp_min(1e-5).sqrt()], 1)
    return pooled


def _convolutions(nn: Any, architecture: VoiceArchitecture) -> list[Any]:
    layers: list[Any] = []
    n_inputs = 1
    stages = list(zip(architecture.widths, architecture.n_convolutions, strict=True))
    for number, (width, n_convolutions) in enumerate(stages, 1):
        for _ in range(n_convolutions):
            layers += [nn.Conv2d(n_inputs, width, 3, padding=1, bias=False)]
            layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
            n_inputs = width
        # The last one keeps the steps of time: an eighth of the frames' rate.
        layers += [nn.MaxPool2d((1, 2) if number == len(stages) else 2)]
        if architecture.map_dropout:
            layers += [nn.Dropout2d(architecture.map_dropout)]
    return layers


def _recurrence(torch: Any, architecture: VoiceArchitecture) -> Any:
    """A bidirectional recurrent layer over the contour; None where there is none."""
    if not architecture.n_recurrent:
        return None

    class Recurrence(torch.nn.GRU):
        """(n, n_steps, n_pooled) -> (n, n_steps, 2 * n_recurrent)."""

        def forward(self, contour: Tensor) -> Tensor:
            if torch.compiler.is_exporting():
                return _exported_recurrence(torch, self, contour)
            states: Tensor = super().forward(contour)[0]
            return states

    return Recurrence(
        architecture.n_pooled, architecture.n_recurrent, batch_first=True, bidirectional=True
    )


def _exported_recurrence(torch: Any, layer: Any, contour: Tensor) -> Tensor:
    """The recurrence as one ONNX operator; torch's own export fixes the number of steps.

    Torch has its gates in the order reset, update, new; ONNX in the order update, reset, new.
    """

    def of_both(name: str) -> Tensor:
        parts = [getattr(layer, f"{name}_l0{direction}") for direction in ("", "_reverse")]
        chunks = [part.chunk(3) for part in parts]
        joined: Tensor = torch.stack([torch.cat([own[1], own[0], own[2]]) for own in chunks])
        return joined

    biases = torch.cat([of_both("bias_ih"), of_both("bias_hh")], 1)
    n, n_steps, size = contour.shape[0], contour.shape[1], layer.hidden_size
    states = torch.onnx.ops.symbolic(
        "GRU",
        (contour.transpose(0, 1), of_both("weight_ih"), of_both("weight_hh"), biases),
        {"hidden_size": size, "linear_before_reset": 1, "direction": "bidirectional"},
        dtype=contour.dtype,
        shape=(n_steps, 2, n, size),
        version=14,
    )
    flat: Tensor = states.permute(2, 0, 1, 3).flatten(2)
    return flat
