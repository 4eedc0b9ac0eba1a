"""The networks of the voice model: one per fold, one without each corpus, the shipped one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.models.checkpoint import load_checkpoint, save_checkpoint
from affuse.models.cross_fitted_voice import linear_model, statistics
from affuse.models.training import import_torch
from affuse.models.voice_weights import PREFIX, VoiceWeights
from affuse.models.waveform_training import (
    WaveformTraining,
    network_with,
    train_on_waveforms,
    weights_of,
)
from affuse.pretraining.voice_clips import Rows, VoiceClips
from affuse.records import RAVDESS_EMOTIONS, ProgressCallback

Arrays = dict[str, NDArray[Any]]
N_FOLDS = 6
SHIPPED_SHARE = 0.6
"""Of the epochs: training with teachers needs fewer."""
ALONE_SHARE = 2.5
"""Of the epochs: one corpus has fewer clips."""
N_CLASSES = len(RAVDESS_EMOTIONS)


@dataclass(frozen=True, slots=True)
class Part:
    """One training, on all clips but those of some speakers or of a corpus.

    Attributes
    ----------
    name : str
        Of its file.
    held_out : (n,) int64
        Rows that it does not learn from.
    seed : int
    share : float
        Of the epochs.
    """

    name: str
    held_out: Rows
    seed: int
    share: float = 1.0


def folds_of(clips: VoiceClips, seed: int) -> list[Part]:
    """Six folds, each holding out a sixth of the speakers of every corpus.

    Parameters
    ----------
    clips : VoiceClips
    seed : int

    Returns
    -------
    list of Part
        RAVDESS's speakers in the order of their numbers, three by three where there are 18; every
        sixth of other corpora.
    """
    parts = []
    for number in range(N_FOLDS):
        chosen = [
            name
            for corpus in np.unique(clips.corpora)
            for name in _sixth(np.unique(clips.speakers[clips.corpora == corpus]), number)
        ]
        held_out = np.flatnonzero(np.isin(clips.speakers, chosen))
        parts.append(Part(f"voice-fold-{number}", held_out, seed + number))
    return parts


def left_out(clips: VoiceClips, corpora: Iterable[str], seed: int) -> list[Part]:
    """One training without each of these corpora.

    Parameters
    ----------
    clips : VoiceClips
    corpora : iterable of str
    seed : int

    Returns
    -------
    list of Part
    """
    return [
        Part(f"voice-without-{name}", np.flatnonzero(clips.corpora == name), seed + 50 + number)
        for number, name in enumerate(corpora)
    ]


def alone(clips: VoiceClips, corpus: str, seed: int) -> Part:
    """The training on a single corpus, for comparison.

    Parameters
    ----------
    clips : VoiceClips
    corpus : str
    seed : int

    Returns
    -------
    Part
    """
    others = np.flatnonzero(clips.corpora != corpus)
    return Part("voice-alone", others, seed + 60, ALONE_SHARE)


def shipped(seed: int) -> Part:
    """The training on all clips, with the folds' networks as teachers.

    Parameters
    ----------
    seed : int

    Returns
    -------
    Part
    """
    return Part("voice-shipped", np.zeros(0, np.int64), seed + 70, SHIPPED_SHARE)


def trained(
    clips: VoiceClips,
    part: Part,
    settings: WaveformTraining,
    out: Path,
    *,
    teachers: Sequence[Arrays] = (),
    start: VoiceWeights | None = None,
    progress: ProgressCallback | None = None,
) -> Arrays:
    """Weights of a part's network and linear model; read from disk where they were finished before.

    Parameters
    ----------
    clips : VoiceClips
    part : Part
    settings : WaveformTraining
        Those of the folds.
    out : Path
        Receives ``NAME.npz`` and ``NAME-linear.npz``; ``NAME-epochs.npz`` while it works, from
        which an interrupted training goes on, on whatever device.
    teachers : sequence of mapping
        Weights of networks to learn from.
    start : VoiceWeights, optional
        What the network starts from.
    progress : callable, optional

    Returns
    -------
    mapping of str to array
        ``network.*`` as `weights_of` gives them, ``linear.matrix`` and ``linear.bias``.
    """
    rows = np.setdiff1d(np.arange(len(clips)), part.held_out)
    own = replace(settings, epochs=round(settings.epochs * part.share))
    speakers = np.unique(clips.speakers[rows]).tolist()
    meaning: dict[str, object] = {
        "settings": own.meaning, "seed": part.seed, "n_clips": len(rows), "speakers": speakers,
        "n_teachers": len(teachers), "version": 2,
    }  # fmt: skip
    if start is not None:
        meaning["start"] = {"sha256": start.sha256, "speakers": list(start.speakers)}
    path = out / f"{part.name}.npz"
    weights = load_checkpoint(path, meaning)
    if weights is None:
        weights = _network(clips, rows, own, part, out, teachers, start, progress)
        save_checkpoint(path, meaning, weights)
    of_linear = out / f"{part.name}-linear.npz"
    linear = load_checkpoint(of_linear, meaning)
    if linear is None:
        linear = _linear(clips, rows)
        save_checkpoint(of_linear, meaning, linear)
    return {**weights, **linear}


def network_of(weights: Arrays, settings: WaveformTraining) -> Any:
    """The network with these weights, in evaluation mode, on the CPU.

    Parameters
    ----------
    weights : mapping of str to array
        As `trained` gives them.
    settings : WaveformTraining

    Returns
    -------
    torch.nn.Module
    """
    own = {k.removeprefix(PREFIX): v for k, v in weights.items() if k.startswith(PREFIX)}
    return network_with(own, settings.architecture, N_CLASSES)


def _sixth(names: NDArray[np.str_], number: int) -> list[str]:
    if all(name.startswith("RAVDESS/") for name in names):
        numbered = sorted(names.tolist(), key=lambda name: int(name.partition("/")[2]))
        return [str(name) for name in np.array_split(np.array(numbered), N_FOLDS)[number]]
    return [str(name) for name in names[number::N_FOLDS]]


def _network(
    clips: VoiceClips,
    rows: Rows,
    settings: WaveformTraining,
    part: Part,
    out: Path,
    teachers: Sequence[Arrays],
    start: VoiceWeights | None,
    progress: ProgressCallback | None,
) -> Arrays:
    networks = [network_of(each, settings).to(settings.device) for each in teachers]
    unfinished = out / f"{part.name}-epochs.npz"

    def report(done: int, total: int, _: float) -> None:
        if progress is not None:
            progress(f"epochs of {part.name}", done, total)

    network = train_on_waveforms(
        clips.utterances,
        rows,
        settings,
        part.seed,
        teachers=networks,
        start=start,
        checkpoint=unfinished,
        report=report,
    )
    unfinished.unlink(missing_ok=True)
    return {f"{PREFIX}{name}": value for name, value in weights_of(network).items()}


def _linear(clips: VoiceClips, rows: Rows) -> Arrays:
    import_torch()
    model = linear_model().fit(statistics(clips.inputs, rows), clips.labels[rows])
    scaler, logistic = model[0], model[-1]
    matrix = np.zeros((N_CLASSES, len(scaler.mean_)))
    bias = np.full(N_CLASSES, -20.0)
    matrix[logistic.classes_] = logistic.coef_ / scaler.scale_
    bias[logistic.classes_] = logistic.intercept_ - matrix[logistic.classes_] @ scaler.mean_
    return {"linear.matrix": matrix.astype(np.float32), "linear.bias": bias.astype(np.float32)}
