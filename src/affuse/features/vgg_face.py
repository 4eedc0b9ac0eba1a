"""The frozen trunk of VGG16 on every frame: the lecture's video features before its own layer."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from affuse.cache import cache_folder, weights_folder
from affuse.errors import FeatureError
from affuse.features.decoding import VideoDecoding
from affuse.features.store import atomic_file, content_hash
from affuse.features.vgg_graph import INPUT, OUTPUT, trunk
from affuse.features.vgg_weights import Weights, read_weights, untrained_weights
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.config import Config, VggFaceConfig

Image = NDArray[np.uint8]

BGR_MEANS = {
    "vgg-face": (93.5940, 104.7624, 129.1863),
    "imagenet": (103.939, 116.779, 123.68),
}
"""What each set of published weights expects to be subtracted."""

_N_CHANNELS = 512
_SHRINKS_BY = 32
_LARGEST_HALF = float(np.finfo(np.float16).max)
_BATCH = 4


@dataclass(frozen=True, slots=True)
class VggFace:
    """Extractor: output of VGG16's last convolution block for each frame.

    The frame's canvas is 16:9 whatever the clip (227x128 for height 128): a narrower picture is
    centred on the mean colour, which counts as zero; a wider one loses its sides. A clip that is
    too short repeats its last frame. Each frame of the file is run once, however long it holds.

    Attributes
    ----------
    model : Path
        The trunk as ONNX.
    weights : str
        Hash that names the weights.
    label : str
        What results show; says "untrained" where the weights are.
    preprocessing : str
        Key of `BGR_MEANS`.
    decoding : VideoDecoding
    """

    model: Path
    weights: str
    label: str
    preprocessing: str
    decoding: VideoDecoding

    name = "vgg_face"
    modality: ClassVar[Modality] = "video"
    version = 2
    frame_level = True
    dtype = "float16"

    @property
    def canvas_width(self) -> int:
        """Width of the frames as the trunk sees them, in pixels."""
        return self.decoding.height * 16 // 9

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_frames, height // 32, canvas_width // 32, 512)``."""
        n_slots = max(round(self.decoding.duration_s * self.decoding.fps), 1)
        return (
            math.ceil(n_slots / self.decoding.frame_step),
            self.decoding.height // _SHRINKS_BY,
            self.canvas_width // _SHRINKS_BY,
            _N_CHANNELS,
        )

    def settings(self) -> Mapping[str, object]:
        """All that steers the numbers."""
        return {"weights": self.weights, "preprocessing": self.preprocessing}

    def extract(self, decoded: Iterable[Image]) -> NDArray[np.float16]:
        """Features of all frames, `shape`, float16.

        Raises
        ------
        FeatureError
            An activation is out of the range of half precision.
        """
        features = np.empty(self.shape, np.float16)
        filled = 0
        for images, repeats in _batches(decoded):
            frames = np.repeat(self._run(images), repeats, axis=0)[: len(features) - filled]
            features[filled : filled + len(frames)] = frames
            filled += len(frames)
        features[filled:] = features[filled - 1]
        return features

    def _run(self, images: list[Image]) -> NDArray[np.float16]:
        means = BGR_MEANS[self.preprocessing]
        batch = np.stack([on_canvas(image, self.canvas_width, means) for image in images])
        (activations,) = _session(self.model).run([OUTPUT], {INPUT: batch})
        largest = float(activations.max())
        if not largest <= _LARGEST_HALF:
            raise FeatureError(
                f"{self.label} gave an activation of {largest:.3g}; expected at most 65504, the "
                "range of half precision: check the weights and features.vgg_face.preprocessing"
            )
        half: NDArray[np.float16] = activations.astype(np.float16)
        return half


def make(config: Config) -> VggFace:
    """The extractor that a configuration asks for; builds its graph once per set of weights.

    Raises
    ------
    WeightsError
        The weights do not fit.
    DownloadError
        The published weights cannot be had.
    MissingDependency
        The graph must be built, and the packages for it are not installed.
    """
    settings, media = config.features.vgg_face, config.media
    weights, label, source = _weights(settings)
    identity = hashlib.sha256(f"{weights}, {settings.preprocessing}, v1".encode()).hexdigest()
    model = cache_folder() / "models" / f"vgg16-{identity[:16]}.onnx"
    if not model.is_file():
        _build(model, _loaded(source, settings.seed), BGR_MEANS[settings.preprocessing])
    decoding = VideoDecoding(media.height, media.fps, settings.frame_step, media.duration_s)
    return VggFace(model, weights, label, settings.preprocessing, decoding)


def on_canvas(image: Image, width: int, bgr_means: tuple[float, float, float]) -> Image:
    """An RGB image brought to a width: sides cut, or the mean colour added, evenly.

    >>> on_canvas(np.ones((2, 1, 3), np.uint8), 3, (30.0, 20.0, 10.0))[0].tolist()
    [[10, 20, 30], [1, 1, 1], [10, 20, 30]]
    """
    surplus = image.shape[1] - width
    if surplus >= 0:
        return image[:, surplus // 2 : surplus // 2 + width]
    canvas = np.empty((image.shape[0], width, 3), np.uint8)
    canvas[:] = np.rint(bgr_means[::-1])
    left = -surplus // 2
    canvas[:, left : left + image.shape[1]] = image
    return canvas


def _weights(settings: VggFaceConfig) -> tuple[str, str, Path | None]:
    """Hash and label of the weights, and their file (None: untrained)."""
    if settings.weights == "untrained":
        return f"untrained, seed {settings.seed}", "VGG16 (untrained)", None
    if settings.weights == "vgg-face":
        from affuse.features.vgg_download import vgg_face_file

        path = vgg_face_file(weights_folder())
        return content_hash(path), "VGG16-Face", path
    path = Path(settings.weights)
    if not path.is_file():
        read_weights(path)
    return content_hash(path), f"VGG16 ({path.stem})", path


def _loaded(source: Path | None, seed: int) -> Weights:
    return untrained_weights(seed) if source is None else read_weights(source)


def _build(model: Path, weights: Weights, means: tuple[float, float, float]) -> None:
    with atomic_file(model) as temporary:
        temporary.write_bytes(trunk(weights, means).SerializeToString())


def _batches(frames: Iterable[Image]) -> Iterator[tuple[list[Image], list[int]]]:
    """Frames that differ, a few at a time, each with how often it comes in a row."""
    images: list[Image] = []
    repeats: list[int] = []
    for frame in frames:
        if images and frame is images[-1]:
            repeats[-1] += 1
            continue
        if len(images) == _BATCH:
            yield images, repeats
            images, repeats = [], []
        images.append(frame)
        repeats.append(1)
    if images:
        yield images, repeats


@lru_cache(maxsize=2)
def _session(model: Path) -> Any:
    """The graph, loaded once per process, run by one thread: processes are what runs at once."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
