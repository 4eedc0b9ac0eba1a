"""FER2013: 48x48 grey faces in class folders, from a folder or a zip of it -> arrays."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray

from affuse.errors import DatasetError
from affuse.records import FER2013_EMOTIONS

FACE_SIZE = 48


@dataclass(frozen=True, slots=True)
class FaceSet:
    """Labelled faces.

    Attributes
    ----------
    images : (n, 48, 48) uint8
    labels : (n,) int64
        Position in `FER2013_EMOTIONS`.
    names : (n,) str
        Of the files, with the folder of their emotion: some of FER2013 lie in two.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    names: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> FaceSet:
        """The faces of some rows.

        Parameters
        ----------
        rows : (n_rows,) int or (n_faces,) bool

        Returns
        -------
        FaceSet
        """
        return FaceSet(self.images[rows], self.labels[rows], self.names[rows])


def read_fer2013(source: str | Path, part: str) -> FaceSet:
    """Faces of one part, such as ``train`` or ``val``.

    Parameters
    ----------
    source : str or Path
        Folder, or zip of a folder, with ``<part>/<emotion>/<name>.jpg`` (or .png) at any depth.
    part : str

    Returns
    -------
    FaceSet
        In the order of the files' names.

    Raises
    ------
    DatasetError
        No such file, no faces of that part, an unknown emotion, or a picture that does not decode
        to 48x48; names it.

    Examples
    --------
    >>> read_fer2013("fer2013.zip", "val").images.shape  # doctest: +SKIP
    (3589, 48, 48)
    """
    path = Path(source)
    faces = [
        (_label(name, emotion), _face(name, data), f"{emotion}/{PurePosixPath(name).name}")
        for name, emotion, data in _files(path, part)
    ]
    if not faces:
        raise DatasetError(
            f"{path} holds no faces under {part}/; expected FER2013 as class folders: "
            f"{part}/{FER2013_EMOTIONS[0]}/NAME.jpg and so on"
        )
    labels, images, names = zip(*faces, strict=True)
    return FaceSet(np.stack(images), np.array(labels, np.int64), np.array(names))


def without_copies(faces: FaceSet, others: FaceSet) -> FaceSet:
    """The faces that are not among some others, pixel by pixel or mirrored.

    FER2013 was gathered from the web and holds many a face more than once.

    Parameters
    ----------
    faces, others : FaceSet

    Returns
    -------
    FaceSet
    """
    known = {image.tobytes() for image in others.images}
    known |= {image[:, ::-1].tobytes() for image in others.images}
    new = np.array([image.tobytes() not in known for image in faces.images], np.bool_)
    return faces.take(new)


def _files(path: Path, part: str) -> Iterator[tuple[str, str, bytes]]:
    """Name, emotion and bytes of each picture of a part, in the order of their names."""
    if path.is_dir():
        names = sorted(file.relative_to(path).as_posix() for file in path.rglob("*.*"))
        for name, emotion in _pictures(names, part):
            yield name, emotion, (path / name).read_bytes()
        return
    if not path.is_file():
        raise DatasetError(f"{path} does not exist; expected FER2013 as a folder or a zip file")
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise DatasetError(
            f"{path} is neither a folder nor a zip file; expected FER2013 as one of them"
        ) from error
    with archive:
        for name, emotion in _pictures(sorted(archive.namelist()), part):
            yield name, emotion, archive.read(name)


def _pictures(names: list[str], part: str) -> Iterator[tuple[str, str]]:
    for name in names:
        parts = PurePosixPath(name).parts
        picture = parts[-1].lower().endswith((".jpg", ".jpeg", ".png"))
        if picture and len(parts) >= 3 and parts[-3] == part:
            yield name, parts[-2]


def _label(name: str, emotion: str) -> int:
    if emotion not in FER2013_EMOTIONS:
        raise DatasetError(
            f"{name} is in the folder {emotion!r}; expected one of {', '.join(FER2013_EMOTIONS)}"
        )
    return FER2013_EMOTIONS.index(emotion)


def _face(name: str, data: bytes) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    if image is None or image.shape != (FACE_SIZE, FACE_SIZE):
        found = "no picture" if image is None else f"{image.shape[1]}x{image.shape[0]} pixels"
        raise DatasetError(f"{name} holds {found}; expected a picture of 48x48: fetch it again")
    return np.asarray(image, np.uint8)
