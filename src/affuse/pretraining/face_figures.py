"""Figures of the exported face network on held-out faces."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.models.face_settings import FaceTraining
from affuse.models.face_training import face_logits
from affuse.pretraining.face_parts import FaceParts
from affuse.records import FER2013_EMOTIONS
from affuse.storage.onnx_sessions import open_session
from affuse.tasks.metrics import accuracy, confusion, ece, uar

if TYPE_CHECKING:
    from torch.nn import Module

Floats = NDArray[np.float64]

_BATCH = 64


@dataclass(frozen=True, slots=True)
class FaceFigures:
    """The outcome of a training.

    Attributes
    ----------
    n_trained, n_copies, n_held_out, n_tested : int
        Faces; copies are training faces that are also test faces, and were left out.
    n_voted : int
        Faces whose votes were learned too.
    accuracy, uar : float
        Of the exported graph on the test faces, mirror images averaged.
    accuracy_unmirrored : float
        Without mirror images.
    temperature, ece : float
        The error on `n_calibrated` test faces, none of which chose the temperature, without mirror
        images.
    n_calibrated : int
    confusion : tuple of tuple of int
        Rows: labels of the data; columns: predictions of the network.
    prior : mapping of str to float
        Share of each emotion in the training faces.
    training : mapping
        The settings of the first network.
    n_networks : int
        Whose mean logits decide.
    accuracies : tuple of float
        Of each network alone before it is exported, without mirror images.
    start : mapping or None
        ``name`` and ``sha256`` of the weights that training started from.
    teachers : tuple of mapping
        The same of each teacher.
    origin : str
        What was told of where the weights to start from came from.
    """

    n_trained: int
    n_copies: int
    n_held_out: int
    n_tested: int
    n_voted: int
    accuracy: float
    uar: float
    accuracy_unmirrored: float
    temperature: float
    ece: float
    n_calibrated: int
    confusion: tuple[tuple[int, ...], ...]
    prior: dict[str, float]
    training: dict[str, Any]
    n_networks: int
    accuracies: tuple[float, ...]
    start: dict[str, str] | None
    teachers: tuple[dict[str, str], ...]
    origin: str


def face_figures(
    graph: Path,
    networks: Sequence[Module],
    parts: FaceParts,
    settings: FaceTraining,
    temperature: float,
    origin: str,
) -> FaceFigures:
    """Measure the exported graph on the test faces.

    Parameters
    ----------
    graph : Path
    networks : sequence of torch.nn.Module
        That it holds.
    parts : FaceParts
    settings : FaceTraining
    temperature : float
    origin : str

    Returns
    -------
    FaceFigures
    """
    tested, data = parts.tested, parts.data
    unmirrored = graph_probabilities(graph, tested.images)
    mirrored = graph_probabilities(graph, np.ascontiguousarray(tested.images[:, :, ::-1]))
    probabilities = (unmirrored + mirrored) / 2
    predicted = probabilities.argmax(1)
    alone = [face_logits([each], tested.images, mirrored=False).argmax(1) for each in networks]
    counts = confusion(tested.labels, predicted, len(FER2013_EMOTIONS))
    rows = parts.calibration_rows
    return FaceFigures(
        n_trained=len(data.faces),
        n_copies=parts.n_copies,
        n_held_out=len(parts.held_out),
        n_tested=len(tested),
        n_voted=0 if data.votes is None else int(data.votes.voted.sum()),
        accuracy=accuracy(tested.labels, predicted),
        uar=uar(tested.labels, predicted),
        accuracy_unmirrored=accuracy(tested.labels, unmirrored.argmax(1)),
        temperature=temperature,
        ece=ece(tested.labels[rows], unmirrored[rows]),
        n_calibrated=len(rows),
        confusion=tuple(tuple(int(n) for n in row) for row in counts),
        prior=dict(zip(FER2013_EMOTIONS, face_prior(data.faces.labels).tolist(), strict=True)),
        training=asdict(settings),
        n_networks=len(networks),
        accuracies=tuple(accuracy(tested.labels, labels) for labels in alone),
        start=None if data.start is None else data.start.origin,
        teachers=tuple(teacher.origin for teacher in data.teachers),
        origin=origin,
    )


def face_prior(labels: NDArray[np.int64]) -> Floats:
    """Share of each emotion among faces, all greater than zero.

    Parameters
    ----------
    labels : (n,) int64

    Returns
    -------
    (7,) float64
    """
    counts = np.bincount(labels, minlength=len(FER2013_EMOTIONS)) + 1.0
    return np.asarray(counts / counts.sum())


def graph_probabilities(graph: Path, images: NDArray[np.uint8]) -> Floats:
    """Probabilities of faces by the exported graph, uncalibrated further.

    Parameters
    ----------
    graph : Path
    images : (n, 48, 48) uint8

    Returns
    -------
    (n, 7) float64
    """
    session = open_session(graph, n_threads=0)
    blocks = [session.run(["probabilities"], given)[0] for given in graph_inputs(images)]
    return np.concatenate(blocks).astype(np.float64)


def graph_inputs(images: NDArray[np.uint8]) -> Iterator[Mapping[str, NDArray[np.float32]]]:
    """Faces in batches, as the graph takes them.

    Parameters
    ----------
    images : (n, 48, 48) uint8

    Yields
    ------
    mapping of str to (n_batch, 1, 48, 48) float32
    """
    for start in range(0, len(images), _BATCH):
        yield {"faces": images[start : start + _BATCH, None].astype(np.float32)}
