"""RAVDESS -> the voice model: one network and one linear model per fold, joined into one graph."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from affuse.corpora.index import Index
from affuse.corpora.readers.ravdess import read_ravdess
from affuse.errors import DatasetError, FeatureError
from affuse.extractors.voice_network import VoiceVariants
from affuse.features.array import FeatureArray
from affuse.features.context import RunContext
from affuse.features.extract import extract_features
from affuse.features.store import FeatureStore
from affuse.features.table import FeatureTable
from affuse.models.checkpoint import load_checkpoint, save_checkpoint
from affuse.models.cross_fitted_voice import linear_model, reader, statistics
from affuse.models.onnx_export import export_network
from affuse.models.training import import_torch
from affuse.models.voice_network import voice_network
from affuse.models.voice_training import VoiceTraining, train_voice, voice_log_probabilities
from affuse.records import RAVDESS_EMOTIONS, ProgressCallback
from affuse.storage.whole import atomic_file
from affuse.tasks.intervals import speaker_interval
from affuse.tasks.metrics import accuracy, confusion, ece, uar
from affuse.workers.local import local_workers
from affuse.workers.protocol import Lost

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

N_FOLDS = 6


class Pair(NamedTuple):
    """What one fold gave.

    Attributes
    ----------
    network, linear : (n_test, 8)
        Log probabilities of the fold's test clips: of the network, of the linear model.
    weights : mapping of str to array
        Of both.
    """

    network: Floats
    linear: Floats
    weights: dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class VoiceFigures:
    """What a training gave, on clips of speakers that the fold's models were not trained on.

    Attributes
    ----------
    n_clips, n_speakers, n_folds : int
    uar_speech, uar_speech_low, uar_speech_high, accuracy_speech : float
        Eight emotions; bounds of the 95 % bootstrap over speakers.
    uar_network, uar_linear : float
        Of either alone, on speech.
    uar_song : float
        Six emotions, those that are sung.
    ece_speech : float
    confusion_speech : tuple of tuple of int
        Rows: acted; columns: recognised.
    speakers : tuple of str
        All that the shipped graph was trained on.
    shares : tuple of float
        Exponents of the network's and the linear model's probabilities.
    training : mapping
    """

    n_clips: int
    n_speakers: int
    n_folds: int
    uar_speech: float
    uar_speech_low: float
    uar_speech_high: float
    accuracy_speech: float
    uar_network: float
    uar_linear: float
    uar_song: float
    ece_speech: float
    confusion_speech: tuple[tuple[int, ...], ...]
    speakers: tuple[str, ...]
    shares: tuple[float, ...]
    training: dict[str, Any]


def pretrain_voice(
    root: Path,
    out: Path,
    settings: VoiceTraining,
    *,
    jobs: int,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> VoiceFigures:
    """Train on RAVDESS, measure on speakers kept apart, write one graph of all folds' models.

    Parameters
    ----------
    root : Path
        RAVDESS, speech and song.
    out : Path
        Receives ``voice.onnx`` and ``voice.json``; ``voice-fold-*.npz`` while it works, from
        which an interrupted training goes on.
    settings : VoiceTraining
    jobs : int
        Processes, one fold each.
    seed : int
    progress : callable, optional

    Returns
    -------
    VoiceFigures

    Notes
    -----
    The graph averages the models of all folds, so that five sixths of it were trained on each
    speaker; the figures are those of single folds' models on speakers held out of their training.
    """
    import_torch()
    index = read_ravdess(root)
    if len(index.speakers) < N_FOLDS or len(index.classes) < len(RAVDESS_EMOTIONS):
        raise DatasetError(
            f"{root} holds {len(index.speakers)} speakers and {len(index.classes)} emotions; "
            f"expected RAVDESS with at least {N_FOLDS} speakers and all eight emotions"
        )
    out.mkdir(parents=True, exist_ok=True)
    store = FeatureStore(out / "features")
    table = extract_features(
        index, {"audio": VoiceVariants()}, RunContext.of(jobs, progress=progress, store=store)
    ).table
    folds = _folds(table.speakers)
    pairs = _trained(table, folds, settings, seed, out, jobs, progress)
    network, linear = (np.zeros((len(table), len(RAVDESS_EMOTIONS))) for _ in range(2))
    for test, pair in zip(folds, pairs, strict=True):
        network[test], linear[test] = pair.network, pair.linear
    shares = fit_shares(network, linear, table.labels)
    export_pairs([pair.weights for pair in pairs], settings, shares, out / "voice.onnx")
    figures = _figures(index, table, folds, network, linear, shares, settings)
    with atomic_file(out / "voice.json") as temporary:
        temporary.write_text(json.dumps(asdict(figures), indent=2) + "\n", "utf-8")
    # The keys are those of former versions, whose files `ship` reads as well.
    arrays: dict[str, Any] = {"labels": table.labels, "heard": network, "told": linear}
    np.savez(out / "voice-out-of-fold.npz", **arrays)
    return figures


def fit_shares(network: Floats, linear: Floats, labels: Rows) -> tuple[float, float]:
    """Exponents of two models' probabilities in their product: least log loss.

    Parameters
    ----------
    network, linear : (n_clips, n_classes) float64
        Log probabilities of clips that the models were not trained on.
    labels : (n_clips,) int64

    Returns
    -------
    tuple of float
        Of the network, of the linear model; each from 0 to 5.
    """

    def loss(exponents: Floats) -> float:
        joint = log_softmax(exponents[0] * network + exponents[1] * linear, axis=1)
        return -float(joint[np.arange(len(labels)), labels].mean())

    optimum = minimize(loss, np.array([0.5, 0.5]), bounds=[(0, 5), (0, 5)])
    return float(optimum.x[0]), float(optimum.x[1])


def folds_of(speakers: Iterable[str]) -> list[tuple[str, ...]]:
    """Test speakers of each fold: consecutive ones.

    Parameters
    ----------
    speakers : iterable of str
        Numbers, as RAVDESS names its actors.

    Returns
    -------
    list of tuple of str
        Six.
    """
    names = sorted(set(speakers), key=int)
    return [tuple(part.tolist()) for part in np.array_split(names, N_FOLDS)]


def _folds(speakers: NDArray[np.str_]) -> list[Rows]:
    """Test rows of the folds."""
    return [np.flatnonzero(np.isin(speakers, part)) for part in folds_of(speakers.tolist())]


def _trained(
    table: FeatureTable,
    folds: list[Rows],
    settings: VoiceTraining,
    seed: int,
    out: Path,
    jobs: int,
    progress: ProgressCallback | None,
) -> list[Pair]:
    pairs: dict[int, Pair] = {}
    tasks = [
        (table, test, settings, seed + number, out / f"voice-fold-{number}.npz")
        for number, test in enumerate(folds)
    ]
    with closing(local_workers(jobs).answers(_fitted_fold_of, tasks)) as answers:
        for number, pair in answers:
            if isinstance(pair, Lost):
                raise FeatureError(f"fold {number} of the voice model is lost: {pair.reason}")
            pairs[number] = pair
            if progress is not None:
                progress("folds of the voice model", len(pairs), len(folds))
    return [pairs[number] for number in range(len(folds))]


def _fitted_fold_of(task: tuple[FeatureTable, Rows, VoiceTraining, int, Path]) -> Pair:
    return _fold(*task)


def _fold(
    table: FeatureTable, test: Rows, settings: VoiceTraining, seed: int, checkpoint: Path
) -> Pair:
    array = table.arrays["audio"]
    meaning = {
        "settings": asdict(settings), "seed": seed, "test": table.clips[test].tolist(), "version": 1
    }  # fmt: skip
    arrays = load_checkpoint(checkpoint, meaning)
    if arrays is None:
        arrays = _fit(array, table.labels, test, settings, seed)
        save_checkpoint(checkpoint, meaning, arrays)
    weights = {k: v for k, v in arrays.items() if k not in ("heard", "told")}
    return Pair(arrays["heard"], arrays["told"], weights)


def _fit(
    array: FeatureArray,
    labels: Rows,
    test: Rows,
    settings: VoiceTraining,
    seed: int,
) -> dict[str, NDArray[Any]]:
    train = np.setdiff1d(np.arange(len(labels)), test)
    n_classes = len(RAVDESS_EMOTIONS)
    network = train_voice(
        reader(array, train), array.shape[1], labels[train], n_classes, settings, seed
    )
    linear = linear_model().fit(statistics(array, train), labels[train])
    scaler, logistic = linear[0], linear[-1]
    matrix = logistic.coef_ / scaler.scale_
    return {
        "heard": voice_log_probabilities(network, reader(array, test), len(test)),
        "told": linear.predict_log_proba(statistics(array, test)),
        "linear.matrix": matrix.astype(np.float32),
        "linear.bias": (logistic.intercept_ - matrix @ scaler.mean_).astype(np.float32),
        **{f"network.{k}": v.numpy() for k, v in network.state_dict().items()},
    }


def export_pairs(
    weights: list[dict[str, NDArray[Any]]],
    settings: VoiceTraining,
    shares: tuple[float, ...],
    path: Path,
) -> None:
    """Write the graph that averages the log probabilities of these pairs.

    Parameters
    ----------
    weights : list of mapping of str to array
        Of each pair, as `Pair.weights`.
    settings : VoiceTraining
        That they were trained with.
    shares : tuple of float
        Exponents of the networks' and the linear models' probabilities.
    path : Path
    """
    torch = import_torch()
    joined = _joined([_module(torch, pair, settings) for pair in weights], weights, shares)
    with atomic_file(path) as temporary:
        export_network(
            joined,
            (torch.rand(1, 96, 64), torch.rand(1, weights[0]["linear.matrix"].shape[1])),
            temporary,
            inputs=["log_mel", "statistics"],
            outputs=["probabilities", "embedding"],
            dynamic={"log_mel": {1: "n_frames"}},
        )


def _module(torch: Any, weights: dict[str, NDArray[Any]], settings: VoiceTraining) -> Module:
    network = voice_network(settings.architecture, len(RAVDESS_EMOTIONS))
    prefix = "network."
    state = {
        k.removeprefix(prefix): torch.from_numpy(np.array(v))
        for k, v in weights.items()
        if k.startswith(prefix)
    }
    network.load_state_dict(state)
    return network.eval()


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


def _figures(
    index: Index,
    table: FeatureTable,
    folds: list[Rows],
    network: Floats,
    linear: Floats,
    shares: tuple[float, float],
    settings: VoiceTraining,
) -> VoiceFigures:
    channel = {clip.id: clip.attributes["channel"] for clip in index}
    speech = np.array([channel[clip] == "speech" for clip in table.clips.tolist()])
    joint = _joint_across_folds(network, linear, table.labels, folds)
    predicted = joint.argmax(1)
    truth, recognised = table.labels[speech], predicted[speech]
    low, high = speaker_interval(truth, recognised, table.speakers[speech])
    return VoiceFigures(
        n_clips=len(table),
        n_speakers=len(index.speakers),
        n_folds=len(folds),
        uar_speech=uar(truth, recognised),
        uar_speech_low=low,
        uar_speech_high=high,
        accuracy_speech=accuracy(truth, recognised),
        uar_network=uar(truth, network[speech].argmax(1)),
        uar_linear=uar(truth, linear[speech].argmax(1)),
        uar_song=uar(table.labels[~speech], predicted[~speech]) if (~speech).any() else 0.0,
        ece_speech=ece(truth, joint[speech]),
        confusion_speech=tuple(
            tuple(int(n) for n in row)
            for row in confusion(truth, recognised, len(RAVDESS_EMOTIONS))
        ),
        speakers=tuple(sorted(index.speakers, key=int)),
        shares=shares,
        training=asdict(settings),
    )


def _joint_across_folds(network: Floats, linear: Floats, labels: Rows, folds: list[Rows]) -> Floats:
    """Joint probabilities, each fold's with the shares that the other folds gave."""
    joint = np.zeros_like(network)
    for test in folds:
        others = np.setdiff1d(np.arange(len(labels)), test)
        a, b = fit_shares(network[others], linear[others], labels[others])
        joint[test] = softmax(a * network[test] + b * linear[test], axis=1)
    return joint
