"""The frozen trunk of VGG16 on every frame: the lecture's video features before its own layer."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError, FeatureError
from affuse.extractors.vgg.framing import ENLARGED, Crop, faces_in, on_canvas
from affuse.extractors.vgg.graph import INPUT, OUTPUT, trunk
from affuse.extractors.vgg.weights import Weights, read_weights, untrained_weights
from affuse.features.decoding import VideoDecoding
from affuse.features.store import content_hash
from affuse.records import Modality
from affuse.storage.cache import cache_folder, weights_folder
from affuse.storage.onnx_sessions import available_devices, open_session, runtime_version
from affuse.storage.whole import atomic_file

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

    The frame's canvas is 16:9 whatever the clip (227x128 for height 128), or square where it is
    cropped: a narrower picture is centred on the mean colour, which counts as zero; a wider one
    loses its sides. A clip that is too short repeats its last frame. Each frame of the file is
    run once, however long it holds.

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
    crop : {"none", "centre", "face"}
        What it sees of a frame.
    ranges : tuple of float
        Largest activation of each convolution, if the graph computes with 8-bit integers.
    device : {"cpu", "cuda"}
    """

    model: Path
    weights: str
    label: str
    preprocessing: str
    decoding: VideoDecoding
    crop: Crop = "none"
    ranges: tuple[float, ...] = ()
    device: str = "cpu"

    name = "vgg_face"
    modality: ClassVar[Modality] = "video"
    version = 3
    frame_level = True
    dtype = "float16"

    @property
    def canvas_height(self) -> int:
        """Height of the frames as the trunk sees them, in pixels."""
        return self.decoding.height // (ENLARGED if self.crop == "face" else 1)

    @property
    def canvas_width(self) -> int:
        """Width of the frames as the trunk sees them, in pixels."""
        return self.canvas_height * 16 // 9 if self.crop == "none" else self.canvas_height

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_frames, canvas_height // 32, canvas_width // 32, 512)``."""
        n_slots = max(round(self.decoding.duration_s * self.decoding.fps), 1)
        return (
            math.ceil(n_slots / self.decoding.frame_step),
            self.canvas_height // _SHRINKS_BY,
            self.canvas_width // _SHRINKS_BY,
            _N_CHANNELS,
        )

    def settings(self) -> Mapping[str, object]:
        """All that steers the numbers."""
        usual = {"crop": "none", "ranges": (), "device": "cpu"}
        changed = {
            name: getattr(self, name) for name in usual if getattr(self, name) != usual[name]
        }
        return {"weights": self.weights, "preprocessing": self.preprocessing, **changed}

    def framed(self, decoded: Iterable[Image]) -> Iterator[Image]:
        """What the trunk sees of each frame, (canvas_height, canvas_width, 3)."""
        means = BGR_MEANS[self.preprocessing]
        if self.crop == "face":
            apart_s = self.decoding.frame_step / self.decoding.fps
            yield from faces_in(decoded, apart_s, self.canvas_height, means)
            return
        held = shown = None
        for image in decoded:
            if shown is None or image is not held:
                held, shown = image, on_canvas(image, self.canvas_width, means)
            yield shown

    def extract(self, decoded: Iterable[Image]) -> NDArray[np.float16]:
        """Features of all frames, `shape`, float16.

        Raises
        ------
        FeatureError
            An activation is out of the range of half precision.
        """
        features = np.empty(self.shape, np.float16)
        filled = 0
        for images, repeats in _batches(self.framed(decoded)):
            frames = np.repeat(self._run(images), repeats, axis=0)[: len(features) - filled]
            features[filled : filled + len(frames)] = frames
            filled += len(frames)
        features[filled:] = features[filled - 1]
        return features

    def _run(self, images: list[Image]) -> NDArray[np.float16]:
        session = _session(self.model, self.device)
        (activations,) = session.run([OUTPUT], {INPUT: np.stack(images)})
        largest = float(activations.max())
        if not largest <= _LARGEST_HALF:
            raise FeatureError(
                f"{self.label} gave an activation of {largest:.3g}; expected at most 65504, the "
                "range of half precision: check the weights and features.vgg_face.preprocessing"
            )
        half: NDArray[np.float16] = activations.astype(np.float16)
        return half


@dataclass(frozen=True, slots=True)
class Network:
    """A trained or untrained VGG16.

    Attributes
    ----------
    identity : str
        Hash, or seed, that names the weights.
    label : str
    weights : callable
        Reads or makes them.
    """

    identity: str
    label: str
    weights: Callable[[], Weights]


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
    ConfigError
        8-bit integers are asked for without ranges, or a device that is not there.
    """
    settings, media = config.features.vgg_face, config.media
    _check_device(settings.device)
    ranges = _ranges(settings)
    chosen, means = network(settings), BGR_MEANS[settings.preprocessing]
    named = f"{chosen.identity}, {settings.preprocessing}, v1" + (f", {ranges}" if ranges else "")
    identity = hashlib.sha256(named.encode()).hexdigest()
    model = cache_folder() / "models" / f"vgg16-{identity[:16]}.onnx"
    if not model.is_file():
        _build(model, chosen.weights(), means, ranges)
    height = media.height * (ENLARGED if settings.crop == "face" else 1)
    decoding = VideoDecoding(height, media.fps, settings.frame_step, media.duration_s)
    label = ", ".join([chosen.label, *_shown(settings)])
    return VggFace(
        model,
        chosen.identity,
        label,
        settings.preprocessing,
        decoding,
        settings.crop,
        ranges,
        settings.device,
    )


def network(settings: VggFaceConfig) -> Network:
    """The weights that a configuration names.

    Raises
    ------
    WeightsError
        There is no such file.
    DownloadError
        The published weights cannot be had.
    """
    if settings.weights == "untrained":
        seed = settings.seed
        label = "VGG16 (untrained)"
        return Network(f"untrained, seed {seed}", label, lambda: untrained_weights(seed))
    if settings.weights == "vgg-face":
        from affuse.extractors.vgg.download import vgg_face_file

        published = vgg_face_file(weights_folder())
        return Network(content_hash(published), "VGG16-Face", lambda: read_weights(published))
    path = Path(settings.weights)
    if not path.is_file():
        read_weights(path)
    return Network(content_hash(path), f"VGG16 ({path.stem})", lambda: read_weights(path))


def _shown(settings: VggFaceConfig) -> list[str]:
    """What results must say of an extractor beside its weights."""
    crop = {"none": "", "centre": "centre of the frame", "face": "face"}[settings.crop]
    return [part for part in (crop, "int8" if settings.precision == "int8" else "") if part]


def _ranges(settings: VggFaceConfig) -> tuple[float, ...]:
    if settings.precision == "fp32":
        return ()
    if not settings.ranges:
        raise ConfigError(
            "features.vgg_face.precision 'int8' was given without features.vgg_face.ranges; "
            "expected the largest activation of each of the 13 convolutions: let a run measure "
            "them on its clips (affuse.run, affuse features), or give them"
        )
    return settings.ranges


def _check_device(device: str) -> None:
    if device not in available_devices():
        raise ConfigError(
            f"features.vgg_face.device {device!r} was given, but this onnxruntime "
            f"{runtime_version()} has no CUDA; expected the package onnxruntime-gpu and a "
            "GPU: install it in the place of onnxruntime, or take 'cpu'"
        )


def _build(
    model: Path,
    weights: Weights,
    means: tuple[float, float, float],
    ranges: tuple[float, ...] = (),
) -> None:
    with atomic_file(model) as temporary:
        temporary.write_bytes(trunk(weights, means, ranges=ranges).SerializeToString())


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
def _session(model: Path, device: str = "cpu") -> Any:
    """The graph, loaded once per process, run by one thread: processes are what runs at once."""
    return open_session(model, device=device)
