"""FER2013 -> the face network: trained, calibrated, measured, exported.

What is shipped is the mean of a few networks that differ in their seed alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.fer2013 import FaceSet, read_fer2013, without_copies
from affuse.errors import ConfigError
from affuse.models.calibrated import fit_temperature
from affuse.models.face_network import ARCHITECTURES, shipped_network
from affuse.models.face_training import FaceTraining, Report, face_logits, train_faces
from affuse.models.onnx_export import export_network, quantise
from affuse.models.training import check_device, import_torch
from affuse.records import FER2013_EMOTIONS
from affuse.storage.onnx_sessions import open_session
from affuse.storage.whole import atomic_file
from affuse.tasks.metrics import accuracy, confusion, ece, uar

if TYPE_CHECKING:
    from torch.nn import Sequential

HELD_OUT_SHARE = 0.05
"""Of the training faces, for the temperature alone."""

_N_RANGED = 512
"""Training faces from which the graph's 8-bit integers take their ranges."""

_BATCH = 64
_LEAST = 1e-7


@dataclass(frozen=True, slots=True)
class FaceFigures:
    """What a training gave.

    Attributes
    ----------
    n_trained, n_copies, n_held_out, n_tested : int
        Faces; copies are training faces that are also test faces, and were left out.
    accuracy, uar : float
        Of the exported graph on the test faces, mirror images averaged.
    accuracy_unmirrored : float
        Without mirror images.
    temperature, ece : float
    confusion : tuple of tuple of int
        Rows: labels of the data; columns: predictions of the network.
    prior : mapping of str to float
        Share of each emotion in the training faces.
    training : mapping
        The settings of the first network.
    n_networks : int
        Whose mean logits decide.
    accuracies : tuple of float
        Of each network alone before it is exported, mirror images averaged.
    """

    n_trained: int
    n_copies: int
    n_held_out: int
    n_tested: int
    accuracy: float
    uar: float
    accuracy_unmirrored: float
    temperature: float
    ece: float
    confusion: tuple[tuple[int, ...], ...]
    prior: dict[str, float]
    training: dict[str, Any]
    n_networks: int
    accuracies: tuple[float, ...]


def pretrain_face(
    source: Path, out: Path, settings: FaceTraining, *, n_networks: int = 2, report: Report
) -> FaceFigures:
    """Train on FER2013's ``train``, measure on its ``val``, write the graph and the figures.

    Parameters
    ----------
    source : Path
        FER2013 as class folders, or a zip of them.
    out : Path
        Receives ``face.onnx`` and ``face.json``; ``face-checkpoint-N.npz`` while it works, from
        which an interrupted training goes on.
    settings : FaceTraining
        Each network after the first has the next seed.
    n_networks : int
        At least one.
    report : callable

    Returns
    -------
    FaceFigures

    Notes
    -----
    The test faces choose nothing: epochs and settings are given, the temperature comes from
    training faces that were held out.
    """
    if settings.architecture not in ARCHITECTURES:
        raise ConfigError(
            f"architecture {settings.architecture!r} was given; expected one of "
            f"{', '.join(ARCHITECTURES)}"
        )
    check_device(settings.device)
    if n_networks < 1:
        raise ConfigError(f"{n_networks} networks were asked for; expected at least 1")
    import_torch()
    tested, everything = read_fer2013(source, "val"), read_fer2013(source, "train")
    usable = without_copies(everything, tested)
    trained, held_out = _divided(usable, settings.seed)
    out.mkdir(parents=True, exist_ok=True)
    networks = _trained(trained, settings, n_networks, out, report)
    temperature = fit_temperature(face_logits(networks, held_out.images), held_out.labels)
    prior = _prior(trained)
    graph = out / "face.onnx"
    _export(networks, temperature, trained, graph)
    _save_held_out(graph, held_out, prior, out / "face-held-out.npz")
    counts = (len(trained), len(everything) - len(usable), len(held_out), len(tested))
    figures = _figures(graph, networks, temperature, tested, counts, prior, settings)
    with atomic_file(out / "face.json") as temporary:
        temporary.write_text(json.dumps(asdict(figures), indent=2) + "\n", "utf-8")
    return figures


def _trained(
    faces: FaceSet, settings: FaceTraining, n_networks: int, out: Path, report: Report
) -> list[Sequential]:
    """Networks that differ in their seed: in first weights, order and variation of the faces."""
    networks = []
    for number in range(n_networks):
        before = number * settings.all_epochs

        def reported(done: int, total: int, loss: float, before: int = before) -> None:
            report(before + done, n_networks * total, loss)

        own = replace(settings, seed=settings.seed + number)
        checkpoint = out / f"face-checkpoint-{number}.npz"
        networks.append(train_faces(faces, own, checkpoint, reported))
    return networks


def _divided(faces: FaceSet, seed: int) -> tuple[FaceSet, FaceSet]:
    """Faces to train on, and a random share that is held out; copies stay on one side."""
    keys = np.array([_name_of(image) for image in faces.images])
    rng = np.random.default_rng(seed)
    groups, group_of = np.unique(keys, return_inverse=True)
    held_out = (rng.random(len(groups)) < HELD_OUT_SHARE)[group_of]
    return faces.take(~held_out), faces.take(held_out)


def _prior(faces: FaceSet) -> NDArray[np.float64]:
    counts = np.bincount(faces.labels, minlength=len(FER2013_EMOTIONS)) + 1.0
    return np.asarray(counts / counts.sum())


def _save_held_out(graph: Path, held_out: FaceSet, prior: NDArray[np.float64], path: Path) -> None:
    """What the graph says of the faces that were held out: for the fusion's weights."""
    logs = np.log(np.maximum(_probabilities(graph, held_out.images), _LEAST))
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, log_probabilities=logs, labels=held_out.labels, prior=prior)


def _probabilities(graph: Path, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Probabilities of faces (n, 48, 48) by the exported graph, as they stand."""
    session = open_session(graph, n_threads=0)
    blocks = [session.run(["probabilities"], given)[0] for given in _batches(images)]
    return np.concatenate(blocks).astype(np.float64)


def _batches(images: NDArray[np.uint8]) -> Iterator[dict[str, NDArray[np.float32]]]:
    for start in range(0, len(images), _BATCH):
        yield {"faces": images[start : start + _BATCH, None].astype(np.float32)}


def _name_of(image: NDArray[np.uint8]) -> str:
    """The same for a picture and its mirror image, another for any other picture."""
    return hashlib.sha256(min(image.tobytes(), image[:, ::-1].tobytes())).hexdigest()


def _export(
    networks: Sequence[Sequential], temperature: float, trained: FaceSet, path: Path
) -> None:
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
        quantise(temporary, _batches(trained.images[chosen]))


def _figures(
    graph: Path,
    networks: Sequence[Sequential],
    temperature: float,
    tested: FaceSet,
    counts: tuple[int, int, int, int],
    prior: NDArray[np.float64],
    settings: FaceTraining,
) -> FaceFigures:
    unmirrored = _probabilities(graph, tested.images)
    probabilities = (
        unmirrored + _probabilities(graph, np.ascontiguousarray(tested.images[:, :, ::-1]))
    ) / 2
    predicted = probabilities.argmax(1)
    alone = [face_logits([network], tested.images).argmax(1) for network in networks]
    counts_of = confusion(tested.labels, predicted, len(FER2013_EMOTIONS))
    return FaceFigures(
        *counts,
        accuracy=accuracy(tested.labels, predicted),
        uar=uar(tested.labels, predicted),
        accuracy_unmirrored=accuracy(tested.labels, unmirrored.argmax(1)),
        temperature=temperature,
        ece=ece(tested.labels, probabilities),
        confusion=tuple(tuple(int(n) for n in row) for row in counts_of),
        prior=dict(zip(FER2013_EMOTIONS, prior.tolist(), strict=True)),
        training=asdict(settings),
        n_networks=len(networks),
        accuracies=tuple(accuracy(tested.labels, labels) for labels in alone),
    )
