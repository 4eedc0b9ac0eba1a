"""Training of a voice network on waveforms of many corpora, augmented anew each time."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.features.voices.log_mel import SAMPLE_RATE
from affuse.models.checkpoint import load_checkpoint, save_checkpoint
from affuse.models.sound_variation import SPEED, hidden_parts, varied_sounds
from affuse.models.training import import_torch, mixed_precision
from affuse.models.utterances import (
    Rows,
    Spectrograms,
    Utterances,
    fast_size,
    random_offsets,
    stretches,
)
from affuse.models.voice_network import MANY_CORPORA, VoiceArchitecture, voice_network
from affuse.models.voice_weights import VoiceWeights

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Report = Callable[[int, int, float], None]
"""``(epochs done, epochs in all, mean loss)``."""

TEMPERATURE = 2.0
"""Of the teachers' answers and of the network's when it learns from them."""
TEACHERS_SHARE = 0.7
LONGEST_GRADIENT = 5.0
WARM_UP = 0.1
"""Share of the epochs in which the learning rate rises."""
_IMPOSSIBLE = -1e4


@dataclass(frozen=True, slots=True)
class WaveformTraining:
    """Settings of one training.

    Attributes
    ----------
    architecture : VoiceArchitecture
    epochs, batch_size : int
        In an epoch as many utterances are drawn as there are, rare emotions more often.
    learning_rate, weight_decay : float
        Of AdamW; the highest rate of one cycle.
    label_smoothing : float
    mixed_share, mixing : float
        Share of the batches whose utterances are mixed in pairs; parameter of the beta
        distribution, both.
    stretch_s : float
        Seconds of the random stretch of each utterance in a batch.
    average_epochs : float
        The averaged weights look back over about so many epochs.
    masked : bool
        A corpus says nothing of the emotions that it cannot have: they are left out of the
        softmax. Otherwise each of its utterances would count as evidence against them.
    device : str
        "cpu" or "cuda".

    Notes
    -----
    Mixup: Zhang et al. 2018. One cycle: Smith & Topin 2018.
    """

    architecture: VoiceArchitecture = field(default_factory=lambda: MANY_CORPORA)
    epochs: int = 40
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    mixed_share: float = 0.5
    mixing: float = 0.3
    stretch_s: float = 3.0
    average_epochs: float = 4.0
    masked: bool = True
    device: str = "cpu"

    @property
    def meaning(self) -> dict[str, object]:
        """All settings that affect the weights, whatever the device: ready for JSON."""
        return {name: value for name, value in asdict(self).items() if name != "device"}

    def rate_with_cosine_warm_up(self, epochs: float) -> float:
        """Learning rate after so many epochs: warm-up and decay by half a cosine each.

        Parameters
        ----------
        epochs : float
            That are over, parts of one included.

        Returns
        -------
        float
        """
        share = epochs / self.epochs
        if share < WARM_UP:
            return self.learning_rate * (0.04 + 0.96 * _half_cosine(share / WARM_UP))
        return self.learning_rate * (1 - _half_cosine((share - WARM_UP) / (1 - WARM_UP)))


def train_on_waveforms(
    utterances: Utterances,
    rows: Rows,
    settings: WaveformTraining,
    seed: int,
    *,
    teachers: Sequence[Module] = (),
    start: VoiceWeights | None = None,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> Module:
    """A network trained on some of the utterances, resuming from a checkpoint if there is one.

    Parameters
    ----------
    utterances : Utterances
    rows : (n,) int64
        Those to train on.
    settings : WaveformTraining
    seed : int
        One seed on one machine and device gives the same weights, but for what the device itself
        leaves open.
    teachers : sequence of torch.nn.Module, optional
        Networks from whose mean answer to the same varied sounds it learns as well.
    start : VoiceWeights, optional
        What it starts from in place of random weights.
    checkpoint : Path, optional
        Written after each epoch.
    report : callable, optional

    Returns
    -------
    torch.nn.Module
        With the averaged weights, in evaluation mode, on the device.

    Notes
    -----
    Distillation: Hinton, Vinyals & Dean 2015.
    """
    torch = import_torch()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        course = _Course(utterances, rows, settings, teachers, start)
        meaning: dict[str, object] = {
            "settings": settings.meaning, "seed": seed, "rows": rows.tolist(), "version": 1
        }  # fmt: skip
        if start is not None:
            meaning["start"] = start.sha256
        stored = None if checkpoint is None else load_checkpoint(checkpoint, meaning)
        for epoch in range(course.restore(stored), settings.epochs):
            # Each epoch has a seed of its own, so that one that goes on is one that never stopped.
            torch.manual_seed(seed * 100_003 + epoch)
            loss = course.epoch(np.random.default_rng([seed, epoch]))
            if checkpoint is not None:
                save_checkpoint(checkpoint, meaning, course.state(epoch + 1))
            if report is not None:
                report(epoch + 1, settings.epochs, loss)
    trained: Module = course.average.eval()
    return trained


def weights_of(network: Module) -> dict[str, NDArray[Any]]:
    """Weights and running statistics of a network: floats in half precision.

    Parameters
    ----------
    network : torch.nn.Module

    Returns
    -------
    dict of str to array
    """
    return {
        name: value.cpu().half().numpy() if value.is_floating_point() else value.cpu().numpy()
        for name, value in network.state_dict().items()
    }


def network_with(
    weights: dict[str, NDArray[Any]], architecture: VoiceArchitecture, n_classes: int
) -> Module:
    """The network that has these weights, in evaluation mode, on the CPU.

    Parameters
    ----------
    weights : mapping of str to array
        As `weights_of` gives them.
    architecture : VoiceArchitecture
    n_classes : int

    Returns
    -------
    torch.nn.Module
    """
    torch = import_torch()
    network = voice_network(architecture, n_classes)
    network.load_state_dict({name: torch.from_numpy(each) for name, each in weights.items()})
    return network.eval()


class _Course:
    """Network, optimiser, schedule and averaged weights of one training."""

    def __init__(
        self,
        utterances: Utterances,
        rows: Rows,
        settings: WaveformTraining,
        teachers: Sequence[Module],
        start: VoiceWeights | None,
    ) -> None:
        self.torch = torch = import_torch()
        self.settings, self.rows, self.teachers = settings, rows, teachers
        self.n_steps = math.ceil(len(rows) / settings.batch_size)
        self.bounds, self.chances = utterances.bounds, utterances.rarity(rows)
        self.n_classes = utterances.label_sets.shape[1]
        self.n_stretch = fast_size(int(settings.stretch_s * SAMPLE_RATE))
        self.n_cut = int(self.n_stretch * SPEED[1]) + 2
        device = settings.device
        self.samples = torch.from_numpy(utterances.samples).to(device)
        self.known = torch.from_numpy(utterances.known | (not settings.masked)).to(device)
        self.wanted = _smoothed(torch, utterances.labels, self.known, settings.label_smoothing)
        self.spectrograms = Spectrograms(device)
        network = voice_network(settings.architecture, self.n_classes)
        if start is not None:
            start.copy_into(network)
        network = network.to(device)
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(),
            torch.tensor(settings.learning_rate, device=device),
            weight_decay=settings.weight_decay,
            fused=True,
        )
        self.done = 0
        self.learn = self._learn

    def epoch(self, rng: np.random.Generator) -> float:
        """Train one epoch; returns its mean loss."""
        shape = self.n_steps, self.settings.batch_size
        drawn = rng.choice(self.rows, shape, p=self.chances)
        self.network.train()
        total = self.torch.zeros((), device=self.settings.device)
        for some in drawn:
            total += self._step(some, rng)
        return float(total) / self.n_steps

    def _step(self, rows: Rows, rng: np.random.Generator) -> Tensor:
        settings = self.settings
        for group in self.optimiser.param_groups:
            group["lr"].fill_(settings.rate_with_cosine_warm_up(self.done / self.n_steps))
        begins, ends = self.bounds[rows].T
        offsets = random_offsets(ends - begins, self.n_cut, rng)
        mixed = rng.random() < settings.mixed_share
        share = rng.beta(settings.mixing, settings.mixing) if mixed else 1.0
        loss = self.learn(
            *(
                self.torch.from_numpy(np.ascontiguousarray(each)).to(settings.device)
                for each in (rows, begins, ends - begins, offsets, np.array([share], np.float32))
            )
        )
        self.done += 1
        self._update_average()
        return loss

    def _learn(
        self, rows: Tensor, begins: Tensor, sizes: Tensor, offsets: Tensor, share: Tensor
    ) -> Tensor:
        """One step on these stretches, mixed in pairs by `share`; returns its loss."""
        torch, device = self.torch, self.settings.device
        sounds = stretches(self.samples, begins, sizes, offsets, self.n_cut)
        inputs = hidden_parts(self.spectrograms(varied_sounds(sounds, self.n_stretch)))
        wanted, known = self.wanted[rows], self.known[rows]
        others = torch.rand(len(rows), device=device).argsort()
        inputs = torch.lerp(inputs[others], inputs, share)
        wanted = torch.lerp(wanted[others], wanted, share)
        known = known | (known[others] & (share < 1))
        with mixed_precision(device, cache_enabled=False):
            logits = self.network(inputs)
        logits = logits.float().masked_fill(~known, _IMPOSSIBLE)
        loss = -(wanted * logits.log_softmax(1)).sum(1).mean()
        if self.teachers:
            taught = self._taught(inputs, known)
            of_teachers = -(taught * (logits / TEMPERATURE).log_softmax(1)).sum(1).mean()
            loss = (1 - TEACHERS_SHARE) * loss + TEACHERS_SHARE * TEMPERATURE**2 * of_teachers
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), LONGEST_GRADIENT)
        self.optimiser.step()
        return loss.detach()  # type: ignore[no-any-return]

    def _taught(self, inputs: Tensor, known: Tensor) -> Tensor:
        """Mean probabilities of the teachers among what is possible: (n, n_classes)."""
        torch = self.torch
        with (
            torch.no_grad(),
            mixed_precision(self.settings.device, cache_enabled=False),
        ):
            logits = [teacher(inputs).float() for teacher in self.teachers]
        possible = [each.masked_fill(~known, _IMPOSSIBLE) / TEMPERATURE for each in logits]
        return torch.stack([each.softmax(1) for each in possible]).mean(0)  # type: ignore[no-any-return]

    def _update_average(self) -> None:
        """Update the averaged weights: soon a mean over about `average_epochs`."""
        n_steps = min(self.settings.average_epochs * self.n_steps, 1 + self.done / 10)
        update = self.torch.optim.swa_utils.get_ema_multi_avg_fn(1 - 1 / n_steps)
        pairs = zip(_floats(self.average), _floats(self.network), strict=True)
        update(*(list(side) for side in zip(*pairs, strict=True)), None)

    def state(self, epochs: int) -> dict[str, NDArray[Any]]:
        """All that is needed to resume after so many epochs."""
        optimiser = self.optimiser.state_dict()["state"]
        arrays = {
            **{f"network.{k}": v for k, v in self.network.state_dict().items()},
            **{f"average.{k}": v for k, v in self.average.state_dict().items()},
            **{f"optimiser.{n}.{k}": v for n, own in optimiser.items() for k, v in own.items()},
        }
        numbers = {name: np.asarray(value.cpu()) for name, value in arrays.items()}
        return {**numbers, "epochs": np.array(epochs), "done": np.array(self.done)}

    def restore(self, arrays: dict[str, NDArray[Any]] | None) -> int:
        """Resume from a stored state; returns the number of finished epochs."""
        if arrays is None:
            return 0
        torch = self.torch
        parts: dict[str, dict[str, Any]] = {"network": {}, "average": {}, "optimiser": {}}
        for name, value in arrays.items():
            part, _, rest = name.partition(".")
            if part in parts:
                parts[part][rest] = torch.from_numpy(np.array(value))
        self.network.load_state_dict(parts["network"])
        self.average.load_state_dict(parts["average"])
        weights = list(self.network.parameters())
        own: dict[int, dict[str, Any]] = {}
        for name, value in parts["optimiser"].items():
            number, _, key = name.partition(".")
            # In memory as the weights are: what is fused goes through both side by side.
            like = weights[int(number)]
            laid = torch.empty_like(like).copy_(value) if value.shape == like.shape else value
            own.setdefault(int(number), {})[key] = laid
        whole = self.optimiser.state_dict() | {"state": own}
        self.optimiser.load_state_dict(whole)
        self.done = int(arrays["done"])
        return int(arrays["epochs"])


def _floats(network: Module) -> Iterator[Tensor]:
    """Weights and running statistics of a network, without its counters."""
    yield from network.parameters()
    yield from (each for each in network.buffers() if each.is_floating_point())


def _smoothed(torch: Any, labels: Rows, known: Tensor, smoothing: float) -> Tensor:
    """Smoothed targets, (n, n_classes): the rest is uniform over what is possible."""
    even = known / known.sum(1, keepdim=True)
    certain = torch.eye(known.shape[1], device=known.device)[torch.from_numpy(labels)]
    wanted: Tensor = (1 - smoothing) * certain + smoothing * even
    return wanted


def _half_cosine(share: float) -> float:
    """Half a cosine from 0 to 1, flat at either end."""
    return (1 - math.cos(math.pi * share)) / 2
