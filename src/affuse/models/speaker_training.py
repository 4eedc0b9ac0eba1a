"""Training of the network that tells voices apart: speakers of many corpora, varied anew."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.features.voices.log_mel import HOP, SAMPLE_RATE, WINDOW, mel_levels
from affuse.models.checkpoint import load_checkpoint, save_checkpoint
from affuse.models.level_variation import varied_levels
from affuse.models.speaker_network import SpeakerArchitecture, speaker_network
from affuse.models.training import import_torch, mixed_precision
from affuse.models.utterances import Rows, random_offsets

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Report = Callable[[int, int, float], None]
"""``(epochs done, epochs in all, mean loss)``."""

SPEEDS = (0.85, 1.0, 1.18)
"""At each of them a speaker counts as another: pitch and formants are those of somebody else."""
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
        Of the softmax over the speakers of one corpus: a stretch has to be nearer to its speaker
        by the margin.
    shortest_s, longest_s : float
        Seconds of the stretches; those of one batch are of one length.
    device : str
        "cpu" or "cuda".

    Notes
    -----
    Additive margin: Wang et al. 2018, "Additive margin softmax for face verification".
    """

    architecture: SpeakerArchitecture = field(default_factory=SpeakerArchitecture)
    epochs: int = 36
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    margin: float = 0.15
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerFrames:
    """Mel levels of clips of many speakers, at each of `SPEEDS`.

    Attributes
    ----------
    levels : (n_frames, 64) float16
        In dB, one clip after another.
    bounds : (n_speeds, n, 2) int64
        Where each clip begins and ends in `levels`.
    speakers : (n,) int64
        Who speaks in each clip, from 0 without gaps.
    corpora : (n_speakers,) int64
        Corpus of each speaker.
    """

    levels: NDArray[np.float16]
    bounds: Rows
    speakers: Rows
    corpora: Rows


def speaker_frames(
    sounds: Sequence[NDArray[np.floating]], speakers: Rows, corpora: Rows
) -> SpeakerFrames:
    """Describe sounds, made faster and slower.

    Parameters
    ----------
    sounds : sequence of (n_samples,) float
        Mono, at 16 kHz.
    speakers : (n,) int64
        Who speaks in each, from 0 without gaps.
    corpora : (n_speakers,) int64
        Corpus of each speaker.

    Returns
    -------
    SpeakerFrames
    """
    found = [_levels(_at_speed(sound, speed)) for speed in SPEEDS for sound in sounds]
    ends = np.cumsum([len(each) for each in found])
    bounds = np.stack([ends - [len(each) for each in found], ends], 1)
    return SpeakerFrames(
        levels=np.concatenate(found),
        bounds=bounds.reshape(len(SPEEDS), len(sounds), 2),
        speakers=speakers,
        corpora=corpora,
    )


def _at_speed(sound: NDArray[np.floating], speed: float) -> NDArray[np.floating]:
    places = np.arange(0, len(sound) - 1, speed)
    return np.asarray(np.interp(places, np.arange(len(sound)), sound.astype(np.float32)))


def _levels(sound: NDArray[np.floating]) -> NDArray[np.float16]:
    whole = np.pad(sound, (0, max(2 * WINDOW - len(sound), 0)))
    return np.asarray(mel_levels(whole[None])[0], np.float16)


def train_on_speakers(
    frames: SpeakerFrames,
    settings: SpeakerTraining,
    seed: int,
    *,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> Module:
    """A network trained to tell speakers of one corpus apart, resuming where there is a checkpoint.

    Parameters
    ----------
    frames : SpeakerFrames
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
        course = _Course(frames, settings)
        meaning: dict[str, object] = {
            "settings": settings.meaning, "seed": seed, "speakers": frames.speakers.tolist(),
            "version": 1,
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

    def __init__(self, frames: SpeakerFrames, settings: SpeakerTraining) -> None:
        self.torch = torch = import_torch()
        self.settings, self.frames = settings, frames
        speakers = frames.speakers
        self.n_steps = math.ceil(len(speakers) / settings.batch_size)
        counts = np.bincount(speakers)[speakers]
        self.chances = 1 / np.sqrt(counts) / (1 / np.sqrt(counts)).sum()
        self.levels = torch.from_numpy(frames.levels).to(settings.device)
        # One row a corpus: which directions are of its speakers, at whatever speed.
        corpora = np.repeat(frames.corpora, len(SPEEDS))
        of_corpora = np.eye(int(corpora.max()) + 1, dtype=np.float32)[corpora].T
        self.of_corpora = torch.from_numpy(np.ascontiguousarray(of_corpora)).to(settings.device)
        self.corpora = torch.from_numpy(corpora).to(settings.device)
        self.network = speaker_network(settings.architecture).to(settings.device)
        n_directions = len(corpora)
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
        drawn = rng.choice(len(self.chances), shape, p=self.chances)
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
        with mixed_precision(settings.device, cache_enabled=False):
            embeddings = self.network(inputs)
        wanted = torch.from_numpy(self.frames.speakers[rows] * len(SPEEDS) + kinds)
        loss = self._loss(embeddings, wanted.to(settings.device), settings.margin_after(share))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        self.optimiser.step()
        return float(loss.detach())

    def _inputs(self, rows: Rows, kinds: Rows, rng: np.random.Generator) -> Tensor:
        """Spectrograms of varied stretches of these clips, each at its speed."""
        settings = self.settings
        seconds = rng.uniform(settings.shortest_s, settings.longest_s)
        n_frames = int((seconds * SAMPLE_RATE - WINDOW) / HOP) + 1
        begins, ends = self.frames.bounds[kinds, rows].T
        offsets = random_offsets(ends - begins, n_frames, rng)
        # Shorter clips are repeated, as in the training on waveforms.
        within = (offsets[:, None] + np.arange(n_frames)) % (ends - begins)[:, None]
        places = self.torch.from_numpy(begins[:, None] + within).to(settings.device)
        return varied_levels(self.levels[places].float())

    def _loss(self, embeddings: Tensor, wanted: Tensor, margin: float) -> Tensor:
        """Cross-entropy among the speakers of the corpus: languages and channels tell nothing.

        What the speakers of a corpus have in common is taken off their directions, so that the
        embeddings of one corpus lie all around and not in a corner of their own.
        """
        functional = self.torch.nn.functional
        of_corpora = self.of_corpora
        means = of_corpora @ self.directions / of_corpora.sum(1, keepdim=True)
        centred = functional.normalize(self.directions - means[self.corpora], dim=1)
        behind = margin * functional.one_hot(wanted, len(centred))
        logits = self.settings.scale * (embeddings @ centred.T - behind)
        possible = of_corpora[self.corpora[wanted]] > 0
        loss: Tensor = functional.cross_entropy(logits.masked_fill(~possible, -1e4), wanted)
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
