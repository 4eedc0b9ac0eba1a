"""VGG16 as configured: which weights, and its trunk as a graph."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from affuse.extractors.vgg.framing import BGR_MEANS
from affuse.extractors.vgg.graph import trunk
from affuse.extractors.vgg.weights import Weights, read_weights, untrained_weights
from affuse.features.store import content_hash
from affuse.storage.cache import cache_folder, weights_folder
from affuse.storage.whole import atomic_file

if TYPE_CHECKING:
    from affuse.config import VggFaceConfig


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


def network(settings: VggFaceConfig) -> Network:
    """The weights that a configuration names.

    Parameters
    ----------
    settings : VggFaceConfig

    Returns
    -------
    Network
        Nothing is read before its `weights` is called.

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


def trunk_file(chosen: Network, preprocessing: str, ranges: tuple[float, ...] = ()) -> Path:
    """The trunk as ONNX in the cache, built where it is missing.

    Parameters
    ----------
    chosen : Network
    preprocessing : str
        Key of `affuse.extractors.vgg.framing.BGR_MEANS`.
    ranges : tuple of float
        Largest activation of each convolution, if it is to compute with 8-bit integers.

    Returns
    -------
    Path

    Raises
    ------
    WeightsError
        The weights do not fit.
    MissingDependency
        The packages for building it are not installed.
    """
    named = f"{chosen.identity}, {preprocessing}, v1" + (f", {ranges}" if ranges else "")
    identity = hashlib.sha256(named.encode()).hexdigest()
    model = cache_folder() / "models" / f"vgg16-{identity[:16]}.onnx"
    if not model.is_file():
        graph = trunk(chosen.weights(), BGR_MEANS[preprocessing], ranges=ranges)
        with atomic_file(model) as temporary:
            temporary.write_bytes(graph.SerializeToString())
    return model
