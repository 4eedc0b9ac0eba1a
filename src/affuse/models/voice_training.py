"""Training of one voice network: variants, SpecAugment, mixup, averaged weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from affuse.features.voices.voice_input import unpacked
from affuse.models.optimisers import without_compiler
from affuse.models.training import import_torch, mixed_precision, seeded_single_thread
from affuse.models.voice_network import VoiceArchitecture, voice_network

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Read = Callable[[Rows, Rows], Floats]
"""Clips and, for each, which variant -> packed rows, as `voice_input.packed` makes them."""

FRAMES = 192
"""The longest stretch that one step of training sees: 3 s."""
STRETCH = 0.15
BANDS_HIDDEN, FRAMES_HIDDEN = 8, 16
MIXING = 0.2
"""Parameter of the beta distribution, both."""
GAIN = 0.05


@dataclass(frozen=True, slots=True)
class VoiceTraining:
    """Settings of one training. One seed, one machine: the same weights.

    ``averaged_share``: of the last steps, over whose weights the mean is taken.
    """

    architecture: VoiceArchitecture = field(default_factory=VoiceArchitecture)
    epochs: int = 28
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    label_smoothing: float = 0.1
    averaged_share: float = 0.25


def train_voice(
    read: Read,
    n_variants: int,
    labels: Rows,
    n_classes: int,
    settings: VoiceTraining,
    seed: int,
    watch: Callable[[float], None] | None = None,
) -> Module:
    """A network trained on these clips, in evaluation mode, with the averaged weights.

    Parameters
    ----------
    read : callable
        Gives packed rows of clips 0 ... n - 1 in one of `n_variants` variants.
    n_variants : int
    labels : (n,) int
        In 0 ... n_classes - 1.
    n_classes : int
    settings : VoiceTraining
    seed : int
    watch : callable, optional
        Called with the loss of each step.

    Returns
    -------
    torch.nn.Module

    Notes
    -----
    SpecAugment: Park et al. 2019. Mixup: Zhang et al. 2018. Emotions that are rare weigh more,
    by the root of their rarity.
    """
    with seeded_single_thread(seed) as torch:
        rng = np.random.default_rng(seed)
        network = voice_network(settings.architecture, n_classes)
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        average = torch.optim.swa_utils.AveragedModel(network, use_buffers=True)
        optimiser = without_compiler(torch.optim.AdamW)(
            network.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        n_steps = settings.epochs * math.ceil(len(labels) / settings.batch_size)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, settings.learning_rate, total_steps=n_steps, pct_start=0.15
        )
        targets = _smoothed(labels, n_classes, settings.label_smoothing)
        batches = _batches(read, n_variants, targets, settings, rng)
        for step, (inputs, lengths, wanted) in enumerate(batches):
            with mixed_precision("cpu"):
                logits = network(inputs, lengths)
            loss = -(logits.float().log_softmax(1) * wanted).sum(1).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            if watch is not None:
                watch(float(loss.detach()))
            if step >= n_steps * (1 - settings.averaged_share):
                average.update_parameters(network)
        trained: Module = average.module.eval()
        return trained


def voice_log_probabilities(network: Module, read: Read, n_clips: int) -> NDArray[np.float64]:
    """Log probabilities of unvaried clips: (n_clips, n_classes).

    Parameters
    ----------
    network : torch.nn.Module
        As `train_voice` gives it.
    read : callable
        Gives packed rows of clips, as `train_voice` takes it.
    n_clips : int

    Returns
    -------
    (n_clips, n_classes) float64
        Natural logarithms.
    """
    torch = import_torch()
    blocks = []
    with seeded_single_thread(0), torch.inference_mode():
        for start in range(0, n_clips, 64):
            clips = np.arange(start, min(start + 64, n_clips))
            spectrograms, lengths, _ = unpacked(read(clips, np.zeros_like(clips)))
            cut = spectrograms[:, : int(lengths.max())]
            logits = network(torch.from_numpy(cut), torch.from_numpy(lengths))
            blocks.append(logits.double().log_softmax(1).numpy())
    return np.concatenate(blocks)


def _smoothed(labels: Rows, n_classes: int, smoothing: float) -> Floats:
    """One row of weighted targets per clip, (n, n_classes)."""
    counts = np.maximum(np.bincount(labels, minlength=n_classes), 1)
    weights = np.sqrt(counts.mean() / counts)
    targets = np.eye(n_classes)[labels] * (1 - smoothing) + smoothing / n_classes
    return np.asarray(targets * weights, np.float32)


def _batches(
    read: Read, n_variants: int, targets: Floats, settings: VoiceTraining, rng: np.random.Generator
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    torch = import_torch()
    for _ in range(settings.epochs):
        order = rng.permutation(len(targets))
        for clips in np.array_split(order, math.ceil(len(order) / settings.batch_size)):
            rows = read(clips, rng.integers(n_variants, size=len(clips)))
            inputs, lengths = _augmented(*unpacked(rows)[:2], rng)
            wanted = targets[clips]
            share, others = rng.beta(MIXING, MIXING), rng.permutation(len(clips))
            inputs = share * inputs + (1 - share) * inputs[others]
            wanted = share * wanted + (1 - share) * wanted[others]
            lengths = np.maximum(lengths, lengths[others])
            yield (
                torch.from_numpy(inputs.astype(np.float32)),
                torch.from_numpy(lengths),
                torch.from_numpy(wanted.astype(np.float32)),
            )


def _augmented(
    spectrograms: Floats, lengths: Rows, rng: np.random.Generator
) -> tuple[Floats, Rows]:
    """Each utterance faster or slower, cut to `FRAMES`, with bands and stretches hidden."""
    varied = [
        _varied(spectrogram[:length], rng)
        for spectrogram, length in zip(spectrograms, lengths, strict=True)
    ]
    longest = max(map(len, varied))
    batch = np.full((len(varied), longest, spectrograms.shape[2]), -1.0, np.float32)
    for row, spectrogram in zip(batch, varied, strict=True):
        row[: len(spectrogram)] = spectrogram
    return batch, np.array([len(spectrogram) for spectrogram in varied], np.int64)


def _varied(spectrogram: Floats, rng: np.random.Generator) -> Floats:
    n_frames = max(int(len(spectrogram) * rng.uniform(1 - STRETCH, 1 + STRETCH)), 16)
    places = np.linspace(0, len(spectrogram) - 1, n_frames)
    before = places.astype(int)
    after = np.minimum(before + 1, len(spectrogram) - 1)
    part = (places - before)[:, None].astype(np.float32)
    stretched = spectrogram[before] * (1 - part) + spectrogram[after] * part
    begin = int(rng.integers(max(n_frames - FRAMES, 0) + 1))
    cut = stretched[begin : begin + FRAMES] + np.float32(rng.normal(0, GAIN))
    mean = cut.mean()
    for _ in range(2):
        _hide(cut.T, int(rng.integers(BANDS_HIDDEN + 1)), mean, rng)
        _hide(cut, int(rng.integers(min(FRAMES_HIDDEN, len(cut) // 4) + 1)), mean, rng)
    return np.asarray(cut)


def _hide(rows: Floats, n_hidden: int, value: float, rng: np.random.Generator) -> None:
    begin = int(rng.integers(len(rows) - n_hidden + 1))
    rows[begin : begin + n_hidden] = value
