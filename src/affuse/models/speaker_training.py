"""Training of the network that tells voices apart: speakers of many corpora, varied anew."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.features.voices.log_mel import SAMPLE_RATE
from affuse.models.checkpoint import load_checkpoint, save_checkpoint
from affuse.models.sound_variation import hidden_parts, varied_sounds
from affuse.models.speaker_network import SpeakerArchitecture, speaker_network
from affuse.models.training import import_torch
from affuse.models.utterances import Rows, Spectrograms, fast_size, random_offsets, stretches

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Report = Callable[[int, int, float], None]
"""``(epochs done, epochs in all, mean loss)``."""

SPEEDS = (0.85, 1.0, 1.18)
"""At each of them a speaker counts as another: pitch and formants are those of somebody else."""
SPEED_WITHIN = 0.03
"""Share by which a sound's speed varies with no other speaker meant."""
WARM_UP = 0.1
"""Share of the epochs in which the learning rate rises."""
MARGIN_FROM, MARGIN_FULL = 0.1, 0.4
"""Shares of the epochs at which the margin begins to rise, and is reached."""
LONGEST_GRADIENT = 5.0


@dataclass(frozen=True, slots=True)
class SpeakerTraining:
    """Settings of the training.

    Attributes
    ----------
    architecture : SpeakerArchitecture
    epochs, batch_size : int
        In an epoch as many clips are drawn as there are, those of speakers with few more often.
    learning_rate, weight_decay : float
        Of AdamW; the highest rate of one cycle.
    margin, scale : float
        Of the softmax over speakers: a stretch has to be nearer to its speaker by the margin.
    shortest_s, longest_s : float
        Seconds of the stretches; those of one batch are of one length.
    device : str
        "cpu" or "cuda".

    Notes
    -----
    Additive margin: Wang et al. 2018, "Additive margin softmax for face verification".
    """

    architecture: SpeakerArchitecture = field(default_factory=SpeakerArchitecture)
    epochs: int = 26
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    margin: float = 0.2
    scale: float = 24.0
    shortest_s: float = 1.5
    longest_s: float = 2.5
    device: str = "cpu"

    @property
    def meaning(self) -> dict[str, object]:
        """All settings that affect the weights, whatever the device: ready for JSON."""
        return {name: value for name, value in asdict(self).items() if name != "device"}

    def rate_after(self, share: float) -> float:
        """Learning rate after a share of the training: rises straight, falls by half a cosine.

        Parameters
        ----------
        share : float
            In [0, 1].

        Returns
        -------
        float
        """
        if share < WARM_UP:
            return self.learning_rate * (0.02 + 0.98 * share / WARM_UP)
        fallen = (share - WARM_UP) / (1 - WARM_UP)
        return self.learning_rate * (1 + math.cos(math.pi * fallen)) / 2

    def margin_after(self, share: float) -> float:
        """Margin after a share of the training.

        Parameters
        ----------
        share : float
            In [0, 1].

        Returns
        -------
        float
        """
        risen = (share - MARGIN_FROM) / (MARGIN_FULL - MARGIN_FROM)
        return self.margin * min(max(risen, 0.0), 1.0)


def train_on_speakers(
    samples: NDArray[np.float16],
    bounds: Rows,
    speakers: Rows,
    settings: SpeakerTraining,
    seed: int,
    *,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> Module:
    """A network trained to tell these speakers apart, resuming from a checkpoint if there is one.

    Parameters
    ----------
    samples : (n_samples,) float16
        Sounds one after another, mono, at 16 kHz.
    bounds : (n, 2) int64
        Where each begins and ends.
    speakers : (n,) int64
        Who speaks in each, from 0 without gaps.
    settings : SpeakerTraining
    seed : int
        One seed on one machine and device gives the same weights.
    checkpoint : Path, optional
        Written after each epoch.
    report : callable, optional

    Returns
    -------
    torch.nn.Module
        In evaluation mode, on the device.
    """
    torch = import_torch()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        course = _Course(samples, bounds, speakers, settings)
        meaning: dict[str, object] = {
            "settings": settings.meaning, "seed": seed, "speakers": speakers.tolist(), "version": 1
        }  # fmt: skip
        stored = None if checkpoint is None else load_checkpoint(checkpoint, meaning)
        for epoch in range(course.restore(stored), settings.epochs):
            # Each epoch has a seed of its own, so that one that goes on is one that never stopped.
            torch.manual_seed(seed * 100_003 + epoch)
            loss = course.epoch(epoch, np.random.default_rng([seed, epoch]))
            if checkpoint is not None:
                save_checkpoint(checkpoint, meaning, course.state(epoch + 1))
            if report is not None:
                report(epoch + 1, settings.epochs, loss)
    trained: Module = course.network.eval()
    return trained


class _Course:
    """Network, speakers' directions, optimiser and schedule of one training."""

    def __init__(
        self,
        samples: NDArray[np.float16],
        bounds: Rows,
        speakers: Rows,
        settings: SpeakerTraining,
    ) -> None:
        self.torch = torch = import_torch()
        self.settings, self.bounds, self.speakers = settings, bounds, speakers
        self.n_steps = math.ceil(len(speakers) / settings.batch_size)
        counts = np.bincount(speakers)[speakers]
        self.chances = 1 / np.sqrt(counts) / (1 / np.sqrt(counts)).sum()
        self.samples = torch.from_numpy(samples).to(settings.device)
        self.spectrograms = Spectrograms(settings.device)
        self.network = speaker_network(settings.architecture).to(settings.device)
        n_directions = (int(speakers.max()) + 1) * len(SPEEDS)
        # Small, so that the optimiser's steps, which know no length, turn them fast enough.
        directions = 0.1 * torch.randn(n_directions, settings.architecture.n_embedding)
        self.directions = torch.nn.Parameter(directions.to(settings.device))
        self.optimiser = torch.optim.AdamW(
            [*self.network.parameters(), self.directions],
            settings.learning_rate,
            weight_decay=settings.weight_decay,
        )

    def epoch(self, number: int, rng: np.random.Generator) -> float:
        """Train one epoch; returns its mean loss."""
        shape = self.n_steps, self.settings.batch_size
        drawn = rng.choice(len(self.speakers), shape, p=self.chances)
        self.network.train()
        total = 0.0
        for step, rows in enumerate(drawn):
            share = (number + step / self.n_steps) / self.settings.epochs
            total += self._step(rows, share, rng)
        return total / self.n_steps

    def _step(self, rows: Rows, share: float, rng: np.random.Generator) -> float:
        torch, settings = self.torch, self.settings
        for group in self.optimiser.param_groups:
            group["lr"] = settings.rate_after(share)
        kinds = rng.integers(len(SPEEDS), size=len(rows))
        inputs = self._inputs(rows, kinds, rng)
        with torch.autocast(settings.device, torch.bfloat16, cache_enabled=False):
            embeddings = self.network(inputs)
        wanted = torch.from_numpy(self.speakers[rows] * len(SPEEDS) + kinds).to(settings.device)
        loss = self._loss(embeddings, wanted, settings.margin_after(share))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        self.optimiser.step()
        return float(loss.detach())

    def _inputs(self, rows: Rows, kinds: Rows, rng: np.random.Generator) -> Tensor:
        """Spectrograms of varied stretches of these clips, each at its speed."""
        torch, settings = self.torch, self.settings
        seconds = rng.uniform(settings.shortest_s, settings.longest_s)
        n_samples = fast_size(int(seconds * SAMPLE_RATE))
        n_cut = int(n_samples * SPEEDS[-1] * (1 + SPEED_WITHIN)) + 2
        begins, ends = self.bounds[rows].T
        places = (begins, ends - begins, random_offsets(ends - begins, n_cut, rng))
        at, sizes, offsets = (
            torch.from_numpy(np.ascontiguousarray(each)).to(settings.device) for each in places
        )
        sounds = stretches(self.samples, at, sizes, offsets, n_cut)
        within = rng.uniform(1 - SPEED_WITHIN, 1 + SPEED_WITHIN, len(rows))
        speeds = torch.from_numpy((np.array(SPEEDS)[kinds] * within).astype(np.float32))
        varied = varied_sounds(sounds, n_samples, speeds.to(settings.device))
        return hidden_parts(self.spectrograms(varied))

    def _loss(self, embeddings: Tensor, wanted: Tensor, margin: float) -> Tensor:
        torch, functional = self.torch, self.torch.nn.functional
        cosines = embeddings @ functional.normalize(self.directions, dim=1).T
        behind = margin * functional.one_hot(wanted, len(self.directions))
        logits = self.settings.scale * (cosines - behind)
        loss: Tensor = torch.nn.functional.cross_entropy(logits, wanted)
        return loss

    def state(self, epochs: int) -> dict[str, NDArray[Any]]:
        """All that is needed to resume after so many epochs."""
        moments = self.optimiser.state_dict()["state"]
        arrays = {
            **{f"network.{name}": each for name, each in self.network.state_dict().items()},
            **{f"optimiser.{n}.{k}": v for n, own in moments.items() for k, v in own.items()},
            "directions": self.directions.detach(),
        }
        numbers = {name: np.asarray(each.cpu()) for name, each in arrays.items()}
        return {**numbers, "epochs": np.array(epochs)}

    def restore(self, arrays: dict[str, NDArray[Any]] | None) -> int:
        """Resume from a stored state; returns the number of finished epochs."""
        if arrays is None:
            return 0
        torch = self.torch
        of_network: dict[str, Any] = {}
        moments: dict[int, dict[str, Any]] = {}
        for name, value in arrays.items():
            part, _, rest = name.partition(".")
            tensor = torch.from_numpy(np.array(value))
            if part == "network":
                of_network[rest] = tensor
            elif part == "optimiser":
                number, _, key = rest.partition(".")
                moments.setdefault(int(number), {})[key] = tensor
        self.network.load_state_dict(of_network)
        with torch.no_grad():
            self.directions.copy_(torch.from_numpy(arrays["directions"]))
        self.optimiser.load_state_dict(self.optimiser.state_dict() | {"state": moments})
        return int(arrays["epochs"])
