"""FER2013 divided for a face network: to train on, to calibrate on, to measure on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.corpora.face_votes import read_face_votes
from affuse.corpora.fer2013 import FaceSet, read_fer2013, without_copies
from affuse.errors import DatasetError
from affuse.models.face_settings import FaceTrainingData
from affuse.models.face_weights import FaceWeights

HELD_OUT_SHARE = 0.05
"""Of the training faces, for the temperature alone."""


@dataclass(frozen=True, slots=True)
class FaceParts:
    """The faces for each purpose.

    Attributes
    ----------
    data : FaceTrainingData
        With the faces to learn from.
    held_out : FaceSet
        For the temperature; held out of the network's training.
    tested : FaceSet
        To measure on: the public test part.
    calibration_rows : (n,) int64
        Test faces on which the calibration error is measured: none that are `held_out`.
    n_copies : int
        Training faces that are also test faces, and were left out.
    """

    data: FaceTrainingData
    held_out: FaceSet
    tested: FaceSet
    calibration_rows: NDArray[np.int64]
    n_copies: int


def read_face_parts(
    source: Path,
    votes: Path | None,
    start: FaceWeights | None,
    teachers: tuple[FaceWeights, ...],
    seed: int,
) -> FaceParts:
    """The faces of FER2013 and people's votes on them, divided.

    A network that starts from other weights may have been trained on every training face: it is
    calibrated on every second test face, and its calibration measured on the others.

    Parameters
    ----------
    source : Path
        FER2013 as class folders, or a zip of them.
    votes : Path or None
        As `read_face_votes` takes it; faces that it marks as copies of test faces are left out too.
    start : FaceWeights or None
    teachers : tuple of FaceWeights
    seed : int
        Of the choice of the faces that are held out.

    Returns
    -------
    FaceParts

    Raises
    ------
    DatasetError
        A file cannot be read as what it was given as, or no faces are left to learn from.
    """
    tested, everything = read_fer2013(source, "val"), read_fer2013(source, "train")
    if votes is None:
        marked = np.zeros(len(everything), np.bool_)
    else:
        marked = read_face_votes(votes, everything.names).copies
    usable = without_copies(everything.take(~marked), tested)
    if not len(usable):
        raise DatasetError(
            f"all {len(everything)} training faces of {source} are also test faces; expected others"
        )
    learned, held_out = usable, tested.take(np.arange(0, len(tested), 2))
    calibration_rows = np.arange(1, len(tested), 2)
    if start is None:
        learned, held_out = divided(usable, seed)
        calibration_rows = np.arange(len(tested))
    people = None if votes is None else read_face_votes(votes, learned.names)
    data = FaceTrainingData(learned, people, start, teachers)
    return FaceParts(data, held_out, tested, calibration_rows, len(everything) - len(usable))


def divided(faces: FaceSet, seed: int) -> tuple[FaceSet, FaceSet]:
    """Faces to train on, and a random share held out; copies stay on one side.

    Parameters
    ----------
    faces : FaceSet
    seed : int

    Returns
    -------
    pair of FaceSet
    """
    keys = np.array([_name_of(image) for image in faces.images])
    rng = np.random.default_rng(seed)
    groups, group_of = np.unique(keys, return_inverse=True)
    held_out = (rng.random(len(groups)) < HELD_OUT_SHARE)[group_of]
    return faces.take(~held_out), faces.take(held_out)


def _name_of(image: NDArray[np.uint8]) -> str:
    """A name shared by a picture and its mirror image, and by no other picture."""
    return hashlib.sha256(min(image.tobytes(), image[:, ::-1].tobytes())).hexdigest()
