"""FER2013 -> the face network: trained, calibrated, measured, exported.

What is shipped is the mean of a few networks that differ in their seed alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.datasets.fer2013 import FaceSet, read_fer2013, without_copies
from affuse.errors import ConfigError
from affuse.evaluation.metrics import accuracy, confusion, ece, uar
from affuse.features.store import atomic_file
from affuse.models.calibrated import fit_temperature
from affuse.models.face_network import ARCHITECTURES, shipped_network
from affuse.models.face_training import FaceTraining, Report, face_logits, train_faces
from affuse.models.onnx_export import export_network
from affuse.models.training import import_torch, probabilities
from affuse.records import FER2013_EMOTIONS

if TYPE_CHECKING:
    from torch.nn import Sequential

HELD_OUT_SHARE = 0.05
"""Of the training faces, for the temperature alone."""


@dataclass(frozen=True, slots=True)
class FaceFigures:
    """What a training gave.

    Attributes
    ----------
    n_trained, n_copies, n_held_out, n_tested : int
        Faces; copies are training faces that are also test faces, and were left out.
    accuracy, uar : float
        Of the test faces, mirror images averaged.
    accuracy_unmirrored : float
        Of the exported graph alone.
    temperature, ece : float
    confusion : tuple of tuple of int
        Rows: said by the data; columns: said by the network.
    prior : mapping of str to float
        Share of each emotion in the training faces.
    training : mapping
        The settings of the first network.
    n_networks : int
        Whose mean logits decide.
    accuracies : tuple of float
        Of each network alone, mirror images averaged.
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
    _save_held_out(networks, temperature, held_out, prior, out / "face-held-out.npz")
    _export(networks, temperature, out / "face.onnx")
    counts = (len(trained), len(everything) - len(usable), len(held_out), len(tested))
    figures = _figures(networks, temperature, tested, counts, prior, settings)
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


def _save_held_out(
    networks: Sequence[Sequential],
    temperature: float,
    held_out: FaceSet,
    prior: NDArray[np.float64],
    path: Path,
) -> None:
    """What the exported graph says of the faces that were held out: for the fusion's weights."""
    said = probabilities(
        face_logits(networks, held_out.images, mirrored=False) / np.float32(temperature)
    )
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, log_probabilities=np.log(said), labels=held_out.labels, prior=prior)


def _name_of(image: NDArray[np.uint8]) -> str:
    """The same for a picture and its mirror image, another for any other picture."""
    return hashlib.sha256(min(image.tobytes(), image[:, ::-1].tobytes())).hexdigest()


def _export(networks: Sequence[Sequential], temperature: float, path: Path) -> None:
    torch = import_torch()
    with atomic_file(path) as temporary:
        export_network(
            shipped_network(networks, temperature),
            torch.full((2, 1, 48, 48), 128.0) + torch.arange(48.0),
            temporary,
            inputs=["faces"],
            outputs=["probabilities", "embedding"],
            dynamic={"faces": {0: "n_faces"}},
            halved=True,
        )


def _figures(
    networks: Sequence[Sequential],
    temperature: float,
    tested: FaceSet,
    counts: tuple[int, int, int, int],
    prior: NDArray[np.float64],
    settings: FaceTraining,
) -> FaceFigures:
    said = probabilities(face_logits(networks, tested.images) / np.float32(temperature))
    unmirrored = face_logits(networks, tested.images, mirrored=False).argmax(1)
    predicted = said.argmax(1)
    alone = [face_logits([network], tested.images).argmax(1) for network in networks]
    counts_of = confusion(tested.labels, predicted, len(FER2013_EMOTIONS))
    return FaceFigures(
        *counts,
        accuracy=accuracy(tested.labels, predicted),
        uar=uar(tested.labels, predicted),
        accuracy_unmirrored=accuracy(tested.labels, unmirrored),
        temperature=temperature,
        ece=ece(tested.labels, said),
        confusion=tuple(tuple(int(n) for n in row) for row in counts_of),
        prior=dict(zip(FER2013_EMOTIONS, prior.tolist(), strict=True)),
        training=asdict(settings),
        n_networks=len(networks),
        accuracies=tuple(accuracy(tested.labels, said_alone) for said_alone in alone),
    )
