"""Many corpora -> the voice model: networks and linear models, with held-out figures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax

from affuse.corpora.index import Index
from affuse.corpora.readers.ravdess import TITLE as RAVDESS
from affuse.errors import DatasetError
from affuse.features.voices.voice_input import unpacked
from affuse.models.checkpoint import load_checkpoint, save_checkpoint
from affuse.models.onnx_export import export_network
from affuse.models.training import check_device, import_torch
from affuse.models.voice_network import voice_network
from affuse.models.voice_weights import VoiceWeights, read_voice_weights
from affuse.models.waveform_training import WaveformTraining
from affuse.pretraining.distances import distance_graph, distances
from affuse.pretraining.voice_clips import VoiceClips, read_voice_clips
from affuse.pretraining.voice_distances import embeddings_of, training_centres
from affuse.pretraining.voice_figures import (
    PartOutputs,
    VoiceFigures,
    distances_of,
    fit_shares,
    joined_logs,
    rows_of,
    started_from,
    voice_figures,
)
from affuse.pretraining.voice_networks import (
    N_CLASSES,
    N_FOLDS,
    Arrays,
    Part,
    alone,
    folds_of,
    left_out,
    network_of,
    shipped,
    trained,
)
from affuse.records import RAVDESS_EMOTIONS, ProgressCallback
from affuse.storage.plain_text import counted
from affuse.storage.whole import atomic_file

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Floats = NDArray[np.float64]


def pretrain_voice(
    index: Index,
    out: Path,
    settings: WaveformTraining,
    *,
    without: Sequence[str] = (),
    start: Path | None = None,
    jobs: int,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> VoiceFigures:
    """Train on many corpora, measure on held-out speakers and corpora, write the graph.

    Parameters
    ----------
    index : Index
        RAVDESS among the corpora; clips of other emotions than its eight are left out.
    out : Path
        Receives ``voice.onnx``, ``voice-distance.onnx`` and ``voice.json``; one file a network
        while it works, from which an interrupted training goes on, here or on another machine.
    settings : WaveformTraining
    without : sequence of str
        Corpora that are left out in turn, to measure the model on a corpus outside its training.
    start : Path, optional
        Weights that every network starts from, as `read_voice_weights` takes them. Speakers whom
        they have met count as met, and figures on them say so.
    jobs : int
        Processes that decode; threads of the training on a processor.
    seed : int
    progress : callable, optional

    Returns
    -------
    VoiceFigures

    Raises
    ------
    DatasetError
        Speakers or emotions of RAVDESS are missing, or a corpus to be left out is not there.
    ConfigError
        There is no such device.
    WeightsError
        Weights cannot be read, or are those of another architecture.

    Notes
    -----
    The graph holds one network, which has learned from all clips and from the mean answer of the
    folds' networks to varied sounds, and one linear model. The figures are those of the folds'
    networks on speakers held out of their training, and of trainings without a corpus on it.
    """
    check_device(settings.device)
    _check(index, without)
    begun = None if start is None else _fitting(read_voice_weights(start), settings)
    import_torch().set_num_threads(jobs)
    out.mkdir(parents=True, exist_ok=True)
    clips = read_voice_clips(index, out, jobs, progress)

    def fitted(part: Part, teachers: Sequence[Arrays] = ()) -> Arrays:
        return trained(
            clips, part, settings, out, teachers=teachers, start=begun, progress=progress
        )

    parts = folds_of(clips, seed)
    of_folds = [fitted(part) for part in parts]

    def outputs(part: Part, weights: Arrays) -> PartOutputs:
        return _outputs(clips, part, weights, settings, out, progress)

    folds = [outputs(part, each) for part, each in zip(parts, of_folds, strict=True)]
    others = [outputs(part, fitted(part)) for part in left_out(clips, without, seed)]
    one = alone(clips, RAVDESS, seed)
    one_corpus = outputs(one, fitted(one)) if without else None
    weights = fitted(shipped(seed), of_folds)
    shares = fit_shares(*joined_logs(others or folds), clips.labels[rows_of(others or folds)])
    export_pairs([weights], settings, shares, out / "voice.onnx")
    found = voice_figures(clips, folds, others, one_corpus, shares, settings, seed)
    figures = started_from(found, begun)
    _write_figures(figures, out / "voice.json")
    _save_unheard(clips, others or folds, folds, out / "voice-out-of-fold.npz")
    centres = training_centres(clips, shipped(seed), network_of(weights, settings), progress)
    with atomic_file(out / "voice-distance.onnx") as temporary:
        temporary.write_bytes(distance_graph(centres))
    return figures


def export_pairs(
    weights: list[dict[str, NDArray[Any]]],
    settings: WaveformTraining,
    shares: tuple[float, ...],
    path: Path,
) -> None:
    """Write the graph that averages the log probabilities of these pairs.

    Parameters
    ----------
    weights : list of mapping of str to array
        Of each pair, as `voice_networks.trained` gives them.
    settings : WaveformTraining
        That they were trained with.
    shares : tuple of float
        Exponents of the networks' and the linear models' probabilities.
    path : Path
    """
    torch = import_torch()
    joined = _joined([network_of(pair, settings) for pair in weights], weights, shares)
    with atomic_file(path) as temporary:
        export_network(
            joined,
            (torch.rand(1, 96, 64), torch.rand(1, weights[0]["linear.matrix"].shape[1])),
            temporary,
            inputs=["log_mel", "statistics"],
            outputs=["probabilities", "embedding"],
            dynamic={"log_mel": {1: "n_frames"}},
        )


def _write_figures(figures: VoiceFigures, path: Path) -> None:
    with atomic_file(path) as temporary:
        temporary.write_text(json.dumps(asdict(figures), indent=2) + "\n", "utf-8")


def _joined(
    networks: list[Module], weights: list[dict[str, NDArray[Any]]], shares: tuple[float, ...]
) -> Module:
    """``(log_mel (1, n_frames, 64), statistics (1, 519))`` -> probabilities, embedding."""
    torch = import_torch()
    matrices = torch.from_numpy(np.stack([pair["linear.matrix"] for pair in weights]))
    biases = torch.from_numpy(np.stack([pair["linear.bias"] for pair in weights]))

    class Joined(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.networks = torch.nn.ModuleList(networks)
            self.register_buffer("matrices", matrices)
            self.register_buffer("biases", biases)

        def forward(self, log_mel: Tensor, statistics: Tensor) -> tuple[Tensor, Tensor]:
            embeddings = [network.embed(log_mel) for network in self.networks]
            decisions = [
                network.decision(embedding).log_softmax(1)
                for network, embedding in zip(self.networks, embeddings, strict=True)
            ]
            of_networks = torch.stack(decisions).mean(0)
            # (n_folds, 8, 519) @ (519, n) -> (n_folds, 8, n)
            logits = torch.matmul(self.matrices, statistics.T) + self.biases.unsqueeze(2)
            of_linear = logits.log_softmax(1).mean(0).T
            joint = torch.softmax(shares[0] * of_networks + shares[1] * of_linear, 1)
            return joint, torch.cat(embeddings, 1)

    joined: Module = Joined().eval()
    return joined


def _fitting(weights: VoiceWeights, settings: WaveformTraining) -> VoiceWeights:
    """The weights, if they are of the architecture that is to be trained."""
    weights.copy_into(voice_network(settings.architecture, N_CLASSES))
    return weights


def _check(index: Index, without: Sequence[str]) -> None:
    """Refuse an index on which the model cannot be trained or measured."""
    own = [clip for clip in index if clip.corpus == RAVDESS]
    speakers, emotions = {clip.speaker for clip in own}, {clip.emotion for clip in own}
    if len(speakers) < N_FOLDS or not emotions.issuperset(RAVDESS_EMOTIONS):
        raise DatasetError(
            f"{counted(len(speakers), 'speaker')} and {counted(len(emotions), 'emotion')} of "
            "RAVDESS were given; "
            f"expected RAVDESS with at least {N_FOLDS} speakers and all eight emotions among the "
            "corpora"
        )
    corpora = sorted({clip.corpus for clip in index} - {RAVDESS})
    for name in without:
        if name not in corpora:
            raise DatasetError(
                f"{name!r} was given as a corpus to be left out; expected one of those that are "
                f"there beside RAVDESS: {', '.join(corpora) or 'none'}"
            )


def _outputs(
    clips: VoiceClips,
    part: Part,
    weights: Arrays,
    settings: WaveformTraining,
    out: Path,
    progress: ProgressCallback | None,
) -> PartOutputs:
    """Outputs of a part's models for the clips held out; stored beside the networks."""
    path = out / f"{part.name}-outputs.npz"
    digest = hashlib.sha256(b"".join(weights[name].tobytes() for name in sorted(weights)))
    names = [f"{clips.clips[row].corpus}/{clips.clips[row].id}" for row in part.held_out]
    meaning = {"weights": digest.hexdigest(), "clips": names, "version": 2}
    arrays = load_checkpoint(path, meaning)
    if arrays is None:
        arrays = _logs(clips, part, weights, settings, progress)
        save_checkpoint(path, meaning, arrays)
    return PartOutputs(part.held_out, arrays["network"], arrays["linear"], arrays["distances"])


def _logs(
    clips: VoiceClips,
    part: Part,
    weights: Arrays,
    settings: WaveformTraining,
    progress: ProgressCallback | None,
) -> Arrays:
    torch = import_torch()
    network = network_of(weights, settings)
    stage = f"clips heard by {part.name}"
    embeddings = embeddings_of(clips, network, part.held_out, progress, stage)
    with torch.inference_mode():
        logits = network.decision(torch.from_numpy(embeddings.astype(np.float32)))
    _, _, given = unpacked(clips.inputs.rows(part.held_out)[:, 0])
    linear = given @ weights["linear.matrix"].T + weights["linear.bias"]
    centres = training_centres(clips, part, network, progress)
    return {
        "network": logits.double().log_softmax(1).numpy(),
        "linear": log_softmax(linear.astype(np.float64), axis=1),
        "distances": distances(centres, embeddings),
        **centres._asdict(),
    }


def _save_unheard(
    clips: VoiceClips, parts: Sequence[PartOutputs], folds: Sequence[PartOutputs], path: Path
) -> None:
    """Save the outputs for held-out clips, by which the fusion is fitted."""
    network, linear = joined_logs(parts)
    # The keys are those of former versions, whose files `ship` reads as well.
    rows = rows_of(parts)
    arrays: dict[str, Any] = {
        "labels": clips.labels[rows], "heard": network, "told": linear,
        "corpora": clips.corpora[rows], "distances": distances_of(parts),
        "known_distances": distances_of(folds)[~clips.sung[rows_of(folds)]],
    }  # fmt: skip
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)
