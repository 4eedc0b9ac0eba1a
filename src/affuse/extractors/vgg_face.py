"""The frozen trunk of VGG16 on every frame: the lecture's video features before its own layer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError, FeatureError
from affuse.extractors.vgg.framing import FACE_MARGIN, Crop, View, configured_view
from affuse.extractors.vgg.graph import INPUT, OUTPUT
from affuse.extractors.vgg.network import network, trunk_file
from affuse.features.decoding import VideoDecoding
from affuse.features.source import ExtractorDefaults, Learner
from affuse.records import Modality
from affuse.storage.onnx_sessions import available_devices, open_session, runtime_version

if TYPE_CHECKING:
    from affuse.config import Config, VggFaceConfig
    from affuse.corpora.index import Index

Image = NDArray[np.uint8]

_N_CHANNELS = 512
_SHRINKS_BY = 32
_LARGEST_HALF = float(np.finfo(np.float16).max)
_BATCH = 4


@dataclass(frozen=True, slots=True)
class VggFace(ExtractorDefaults):
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
        Key of `affuse.extractors.vgg.framing.BGR_MEANS`.
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
    axes = ("time", "height", "width", "channel")
    dtype = "float16"

    @property
    def view(self) -> View:
        """How frames are framed for the trunk."""
        return View(self.preprocessing, self.decoding, self.crop)

    @property
    def face_share(self) -> float:
        """Side of the face, as a share of what is seen; 0 where that is no crop of a face."""
        return 1 / (1 + FACE_MARGIN) if self.crop == "face" else 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n_frames, view.height // 32, view.width // 32, 512)``."""
        n_slots = max(round(self.decoding.duration_s * self.decoding.fps), 1)
        return (
            math.ceil(n_slots / self.decoding.frame_step),
            self.view.height // _SHRINKS_BY,
            self.view.width // _SHRINKS_BY,
            _N_CHANNELS,
        )

    def settings(self) -> Mapping[str, object]:
        """All settings that affect the numbers.

        Returns
        -------
        mapping of str to object
            Ready for JSON.
        """
        usual = {"crop": "none", "ranges": (), "device": "cpu"}
        changed = {
            name: getattr(self, name) for name in usual if getattr(self, name) != usual[name]
        }
        return {"weights": self.weights, "preprocessing": self.preprocessing, **changed}

    def learned(self, config: Config) -> Learner:
        """Makes the lecture's feature layer, which is fitted on the frames in each fold.

        Parameters
        ----------
        config : Config

        Returns
        -------
        callable
            Seed -> unfitted transformer.
        """
        from affuse.models.feature_layer import feature_layer

        return partial(feature_layer, config.features.layer)

    def extract(self, decoded: Iterable[Image]) -> NDArray[np.float16]:
        """Features of all frames, `shape`, float16.

        Parameters
        ----------
        decoded : iterable of (height, width, 3) uint8

        Returns
        -------
        array of `shape`, float16

        Raises
        ------
        FeatureError
            An activation is out of the range of half precision.
        """
        return self.described(self.view.framed(decoded))

    def seen(self, decoded: Iterable[Image]) -> list[Image]:
        """The canvas of each frame, as the trunk is given it.

        Parameters
        ----------
        decoded : iterable of (height, width, 3) uint8

        Returns
        -------
        list of (height, width, 3) uint8
        """
        return list(self.view.framed(decoded))

    def described(self, pictures: Iterable[Image]) -> NDArray[np.float16]:
        """Features of canvases, `shape`, float16.

        Parameters
        ----------
        pictures : iterable of (height, width, 3) uint8

        Returns
        -------
        array of `shape`, float16
        """
        features = np.empty(self.shape, np.float16)
        filled = 0
        for images, repeats in _batches(pictures):
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
class Uncalibrated(VggFace):
    """VggFace for 8-bit integers before their ranges have been measured."""

    def settings(self) -> Mapping[str, object]:
        """Not available before the ranges have been measured.

        Raises
        ------
        ConfigError
            Always: says how ranges come about.
        """
        raise ConfigError(
            "features.vgg_face.precision 'int8' was given without features.vgg_face.ranges; "
            "expected the largest activation of each of the 13 convolutions: let a run measure "
            "them on its clips (affuse.run, affuse features), or give them"
        )

    def prepared(self, config: Config, index: Index) -> Config:
        """The configuration with ranges measured on the clips.

        Parameters
        ----------
        config : Config
        index : Index

        Returns
        -------
        Config
        """
        from affuse.extractors.vgg.calibration import with_ranges

        return with_ranges(config, index)


def make(config: Config) -> VggFace:
    """The extractor that a configuration asks for; builds its graph once per set of weights.

    Parameters
    ----------
    config : Config
        Its ``media`` and ``features.vgg_face``.

    Returns
    -------
    VggFace
        One that must be prepared first, where 8-bit integers are asked for without ranges.

    Raises
    ------
    WeightsError
        The weights do not fit.
    DownloadError
        The published weights cannot be had.
    MissingDependency
        The graph must be built, and the packages for it are not installed.
    ConfigError
        A device is asked for that is not there.
    """
    settings, view = config.features.vgg_face, configured_view(config)
    _check_device(settings.device)
    chosen = network(settings)
    ranges = settings.ranges if settings.precision == "int8" else ()
    waiting = settings.precision == "int8" and not ranges
    kind = Uncalibrated if waiting else VggFace
    return kind(
        model=Path() if waiting else trunk_file(chosen, settings.preprocessing, ranges),
        weights=chosen.identity,
        label=", ".join([chosen.label, *_shown(settings)]),
        preprocessing=view.preprocessing,
        decoding=view.decoding,
        crop=view.crop,
        ranges=ranges,
        device=settings.device,
    )


def _shown(settings: VggFaceConfig) -> list[str]:
    """Parts of the label that results show beside the weights."""
    crop = {"none": "", "centre": "centre of the frame", "face": "face"}[settings.crop]
    return [part for part in (crop, "int8" if settings.precision == "int8" else "") if part]


def _check_device(device: str) -> None:
    if device not in available_devices():
        raise ConfigError(
            f"features.vgg_face.device {device!r} was given, but this onnxruntime "
            f"{runtime_version()} has no CUDA; expected the package onnxruntime-gpu and a "
            "GPU: install it in the place of onnxruntime, or take 'cpu'"
        )


def _batches(frames: Iterable[Image]) -> Iterator[tuple[list[Image], list[int]]]:
    """Distinct successive frames in batches, each with the number of its repetitions."""
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
    """The graph, loaded once per process and run by one thread: processes run in parallel."""
    return open_session(model, device=device)
