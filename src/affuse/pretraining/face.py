"""FER2013 -> the face network: trained, calibrated, measured, exported."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from affuse.corpora.fer2013 import FaceSet
from affuse.errors import ConfigError
from affuse.models.calibrated import fit_temperature
from affuse.models.face_network import ARCHITECTURES, shipped_network
from affuse.models.face_settings import FaceTraining, FaceTrainingData
from affuse.models.face_training import Report, face_logits, train_faces
from affuse.models.face_weights import FaceWeights, read_face_weights
from affuse.models.onnx_export import export_network, quantise
from affuse.models.training import check_device, import_torch
from affuse.pretraining.face_figures import (
    FaceFigures,
    face_figures,
    face_prior,
    graph_inputs,
    graph_probabilities,
)
from affuse.pretraining.face_parts import FaceParts, read_face_parts
from affuse.storage.whole import atomic_file

if TYPE_CHECKING:
    from torch.nn import Module

_N_RANGED = 512
"""Training faces from which the graph's 8-bit integers take their ranges."""
_LEAST = 1e-7


def pretrain_face(
    source: Path,
    out: Path,
    settings: FaceTraining,
    *,
    votes: Path | None = None,
    start: Path | None = None,
    teachers: Sequence[Path] = (),
    origin: str = "",
    n_networks: int = 1,
    report: Report,
) -> FaceFigures:
    """Train on FER2013's ``train``, measure on its ``val``, write the graph and the figures.

    Parameters
    ----------
    source : Path
        FER2013 as class folders, or a zip of them.
    out : Path
        Receives ``face.onnx``, ``face.json`` and ``face-held-out.npz``; while it works
        ``face-checkpoint-N.npz``, from which an interrupted training goes on.
    settings : FaceTraining
        Each network after the first has the next seed.
    votes : Path, optional
        People's votes on the training faces, learned by a head of their own. They mark copies of
        test faces as well.
    start : Path, optional
        Weights to start from, as `read_face_weights` takes them.
    teachers : sequence of Path
        Files of the same kinds, of any architecture.
    origin : str
        Where the weights to start from come from, for the card.
    n_networks : int
        Whose mean logits decide; at least one.
    report : callable

    Returns
    -------
    FaceFigures

    Raises
    ------
    ConfigError
        An architecture, a device or a number that cannot be, or no epochs and no weights to start
        from.
    DatasetError
        Faces or votes cannot be read.
    WeightsError
        Weights cannot be read, or are those of another architecture.

    Notes
    -----
    The test faces choose no weights, epochs or settings. What the temperature is fitted on, see
    `read_face_parts`. The graph computes with 8-bit integers; the figures are the graph's.
    """
    _check(settings, n_networks, start)
    begun = None if start is None else _fitting(read_face_weights(start), settings)
    taught = tuple(read_face_weights(teacher) for teacher in teachers)
    parts = read_face_parts(source, votes, begun, taught, settings.seed)
    out.mkdir(parents=True, exist_ok=True)
    networks = _trained(parts.data, settings, n_networks, out, report)
    held_out = parts.held_out
    logits = face_logits(networks, held_out.images, mirrored=False)
    temperature = fit_temperature(logits, held_out.labels)
    graph = out / "face.onnx"
    _export(networks, temperature, parts.data.faces, graph)
    _save_held_out(graph, parts, out / "face-held-out.npz")
    figures = face_figures(graph, networks, parts, settings, temperature, origin)
    with atomic_file(out / "face.json") as temporary:
        temporary.write_text(json.dumps(asdict(figures), indent=2) + "\n", "utf-8")
    return figures


def _check(settings: FaceTraining, n_networks: int, start: Path | None) -> None:
    if settings.architecture not in ARCHITECTURES:
        raise ConfigError(
            f"architecture {settings.architecture!r} was given; expected one of "
            f"{', '.join(ARCHITECTURES)}"
        )
    check_device(settings.device)
    if n_networks < 1:
        raise ConfigError(f"{n_networks} networks were asked for; expected at least 1")
    if settings.epochs < 1 and start is None:
        raise ConfigError(
            f"{settings.epochs} epochs were given; expected at least 1, or weights to start from "
            "(--init)"
        )
    import_torch()


def _fitting(weights: FaceWeights, settings: FaceTraining) -> FaceWeights:
    """The weights, checked to be of the architecture that is to be trained."""
    asked = ARCHITECTURES[settings.architecture]
    found = weights.architecture
    if (found.blocks, found.n_embedding) != (asked.blocks, asked.n_embedding):
        same = [
            name
            for name, known in ARCHITECTURES.items()
            if (found.blocks, found.n_embedding) == (known.blocks, known.n_embedding)
        ]
        mend = f"give --architecture {same[0]}" if same else "no architecture here is like it"
        raise ConfigError(
            f"{weights.name} holds a network of the blocks {found.blocks} and {found.n_embedding} "
            f"numbers a face; expected {asked.blocks} and {asked.n_embedding}, as architecture "
            f"{settings.architecture} has: {mend}"
        )
    return weights


def _trained(
    data: FaceTrainingData, settings: FaceTraining, n_networks: int, out: Path, report: Report
) -> list[Module]:
    """Networks that differ in their seed: in initial weights, order and augmentation."""
    networks = []
    for number in range(n_networks):
        before = number * settings.epochs

        def reported(done: int, total: int, loss: float, before: int = before) -> None:
            report(before + done, n_networks * total, loss)

        own = replace(settings, seed=settings.seed + number)
        checkpoint = out / f"face-checkpoint-{number}.npz"
        networks.append(train_faces(data, own, checkpoint, reported))
    return networks


def _save_held_out(graph: Path, parts: FaceParts, path: Path) -> None:
    """Save the graph's outputs for held-out faces, by which the fusion is fitted."""
    held_out = parts.held_out
    logs = np.log(np.maximum(graph_probabilities(graph, held_out.images), _LEAST))
    prior = face_prior(parts.data.faces.labels)
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, log_probabilities=logs, labels=held_out.labels, prior=prior)


def _export(networks: Sequence[Module], temperature: float, trained: FaceSet, path: Path) -> None:
    torch = import_torch()
    chosen = np.random.default_rng(0).permutation(len(trained))[:_N_RANGED]
    with atomic_file(path) as temporary:
        export_network(
            shipped_network(networks, temperature),
            torch.full((2, 1, 48, 48), 128.0) + torch.arange(48.0),
            temporary,
            inputs=["faces"],
            outputs=["probabilities", "embedding"],
            dynamic={"faces": {0: "n_faces"}},
        )
        quantise(temporary, graph_inputs(trained.images[chosen]))
