"""Many corpora -> the network that tells voices apart, its threshold and its figures."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from affuse.corpora.index import Index
from affuse.models.onnx_export import export_network, halve_weights
from affuse.models.speaker_training import SpeakerTraining, train_on_speakers
from affuse.models.training import check_device, import_torch
from affuse.models.waveform_training import weights_of
from affuse.people.voice_embedding import FACTS, GRAPH, ShippedVoices
from affuse.pretraining.speaker_card import speaker_card
from affuse.pretraining.speaker_clips import (
    SpeakerClips,
    kept_apart,
    read_speaker_clips,
    rows_of_speakers,
)
from affuse.pretraining.speaker_figures import SpeakerFigures, speaker_figures
from affuse.records import ProgressCallback
from affuse.storage.whole import atomic_file

if TYPE_CHECKING:
    from torch.nn import Module

CARD = "MODEL_CARD.md"
NETWORK = "speaker.npz"
_UNFINISHED = "speaker-epochs.npz"


def pretrain_speaker(
    index: Index,
    out: Path,
    settings: SpeakerTraining,
    *,
    jobs: int,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> SpeakerFigures:
    """Train on the speakers of many corpora, measure on those kept apart, write the graph.

    Parameters
    ----------
    index : Index
        Of any corpora, whatever their emotions.
    out : Path
        Receives ``speaker.onnx``, ``speaker.json``, ``speaker.npz`` (the weights), a card, and the
        decoded clips; while it works, ``speaker-epochs.npz``, from which an interrupted training
        goes on.
    settings : SpeakerTraining
    jobs : int
        Processes that decode; threads of the training on a processor.
    seed : int
    progress : callable, optional

    Returns
    -------
    SpeakerFigures
        Of the exported graph.

    Raises
    ------
    DatasetError
        Clips with sound are of too few speakers.
    ConfigError
        There is no such device.
    """
    check_device(settings.device)
    import_torch().set_num_threads(jobs)
    out.mkdir(parents=True, exist_ok=True)
    clips = read_speaker_clips(index, out, jobs, progress)
    apart = kept_apart(clips)
    network = _trained(clips, apart, settings, out, seed, progress)
    with atomic_file(out / NETWORK) as temporary, temporary.open("wb") as file:
        np.savez(file, **weights_of(network))  # type: ignore[arg-type]
    _export(network, settings, out / GRAPH)
    _write_facts(out, {"threshold": 0.0})
    figures = speaker_figures(clips, apart, ShippedVoices(out), settings.epochs, seed)
    _write_facts(out, asdict(figures))
    with atomic_file(out / CARD) as temporary:
        temporary.write_text(speaker_card(asdict(figures)), "utf-8")
    (out / _UNFINISHED).unlink(missing_ok=True)
    return figures


def _trained(
    clips: SpeakerClips,
    apart: tuple[str, ...],
    settings: SpeakerTraining,
    out: Path,
    seed: int,
    progress: ProgressCallback | None,
) -> Module:
    learned = np.setdiff1d(np.arange(len(clips)), rows_of_speakers(clips, apart))
    _, speakers = np.unique(clips.speakers[learned], return_inverse=True)

    def report(done: int, total: int, _: float) -> None:
        if progress is not None:
            progress("epochs of the speaker network", done, total)

    return train_on_speakers(
        clips.samples,
        clips.bounds[learned],
        speakers,
        settings,
        seed,
        checkpoint=out / _UNFINISHED,
        report=report,
    )


def _export(network: Module, settings: SpeakerTraining, path: Path) -> None:
    """Write the graph: any number of windows of any length, weights in half precision."""
    torch = import_torch()
    with atomic_file(path) as temporary:
        export_network(
            network.cpu(),
            torch.rand(2, 92, 64),
            temporary,
            inputs=["log_mel"],
            outputs=["embedding"],
            dynamic={"log_mel": {0: "n", 1: "n_frames"}},
        )
        temporary.write_bytes(halve_weights(temporary.read_bytes()))


def _write_facts(out: Path, facts: dict[str, object]) -> None:
    digest = hashlib.sha256((out / GRAPH).read_bytes()).hexdigest()
    with atomic_file(out / FACTS) as temporary:
        text = json.dumps({"sha256": digest, **facts}, indent=2)
        temporary.write_text(text + "\n", "utf-8")
