"""Features of the face: what the shipped face network gives for a clip's picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from affuse.errors import FeatureError
from affuse.extractors.networks.shipped import shipped_hash, shipped_outputs, shipped_provenance
from affuse.features.decoding import VideoDecoding
from affuse.features.source import ExtractorDefaults, Provenance
from affuse.media.face_detectors import HaarDetector
from affuse.media.faces import face_crop, largest
from affuse.media.tracking import FaceTracker
from affuse.records import FER2013_EMOTIONS, Modality

if TYPE_CHECKING:
    from affuse.config import Config

Image = NDArray[np.uint8]

GRAPH = "face.onnx"
N_EMBEDDING = 256
HEIGHT = 360
FPS = 30.0
FRAME_STEP = 5
_LEAST = 1e-6
_BATCH = 32


@dataclass(frozen=True, slots=True)
class Expression(ExtractorDefaults):
    """Extractor: mean and deviation of log probabilities, and the mean embedding, of the face.

    The largest face in each of six frames a second; frames without a face are left out.

    Attributes
    ----------
    duration_s : float
        Seconds of the clip that are read.
    """

    duration_s: float = 10.0

    name = "expression"
    modality: ClassVar[Modality] = "video"
    version = 5
    axes = ("feature",)
    dtype = "float32"
    label = "face network"
    face_share = 1.0

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_features,)``."""
        return (2 * len(FER2013_EMOTIONS) + N_EMBEDDING,)

    @property
    def decoding(self) -> VideoDecoding:
        """The frames that `extract` needs."""
        return VideoDecoding(HEIGHT, FPS, FRAME_STEP, self.duration_s)

    @property
    def provenance(self) -> tuple[Provenance, ...]:
        """No corpus of clips: the network was trained on FER2013's faces."""
        return tuple(part for part in shipped_provenance() if not part[1])

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
        return {"graph": shipped_hash(GRAPH)}

    def extract(self, decoded: Iterable[Image]) -> NDArray[np.float32]:
        """Features of the frames, `shape`.

        Parameters
        ----------
        decoded : iterable of (height, width, 3) uint8

        Returns
        -------
        (n_features,) float32

        Raises
        ------
        FeatureError
            There is no face in any of them.
        """
        return self.described(self.seen(decoded))

    def seen(self, decoded: Iterable[Image]) -> list[Image]:
        """Crops of the face, (48, 48), of the frames that have one.

        Parameters
        ----------
        decoded : iterable of (height, width, 3) uint8

        Returns
        -------
        list of (48, 48) uint8

        Raises
        ------
        FeatureError
            There is no face in any of them.
        """
        crops, n_frames = _crops(decoded)
        if not crops:
            raise FeatureError(
                f"no face was found in any of {n_frames} frames; expected one: the clip's video "
                "is left out"
            )
        return crops

    def described(self, pictures: Sequence[Image]) -> NDArray[np.float32]:
        """Features of crops, `shape`.

        Parameters
        ----------
        pictures : sequence of (48, 48) uint8

        Returns
        -------
        (n_features,) float32
        """
        probabilities, embeddings = _expressions(np.stack(pictures)[:, None])
        logs = np.log(np.maximum(probabilities, _LEAST))
        return np.concatenate([logs.mean(0), logs.std(0), embeddings.mean(0)]).astype(np.float32)


def make(config: Config) -> Expression:
    """The extractor that a configuration asks for.

    Parameters
    ----------
    config : Config

    Returns
    -------
    Expression
    """
    shipped_hash(GRAPH)
    return Expression(max(config.media.duration_s, Expression().duration_s))


def _crops(frames: Iterable[Image]) -> tuple[list[Image], int]:
    """A crop of the face in each frame that has one, and the number of frames."""
    # Always the same detector, so that features do not depend on what else was downloaded.
    tracker, crops, number = FaceTracker(HaarDetector()), [], 0
    for number, image in enumerate(frames, start=1):
        faces = tracker.update((number - 1) * FRAME_STEP / FPS, image)
        face = largest([each for each in faces if each.found])
        if face is not None:
            crops.append(face_crop(image, face.box, roll_deg=face.roll_deg))
    return crops, number


def _expressions(faces: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Probabilities and embeddings of faces (n, 1, 48, 48)."""
    parts = [
        shipped_outputs(GRAPH, {"faces": faces[i : i + _BATCH]}, ["probabilities", "embedding"])
        for i in range(0, len(faces), _BATCH)
    ]
    probabilities, embeddings = zip(*parts, strict=True)
    return np.concatenate(probabilities), np.concatenate(embeddings)
