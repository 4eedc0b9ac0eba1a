"""The activations of VGG16 for pictures, layer by layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.config import VggFaceConfig
from affuse.errors import FeatureError
from affuse.extractors.vgg.framing import BGR_MEANS
from affuse.extractors.vgg.graph import INPUT, OUTPUT, trunk
from affuse.extractors.vgg.network import network
from affuse.extractors.vgg.weights import layer_shapes
from affuse.storage.onnx_sessions import open_session

LEAST_PIXELS = 32
"""Five poolings by 2 leave nothing of a smaller picture."""


def vgg16_activations(
    images: ArrayLike,
    weights: str = "untrained",
    *,
    preprocessing: str = "vgg-face",
    seed: int = 0,
) -> dict[str, NDArray[np.float32]]:
    """Output of each convolution of VGG16, after its ReLU, and of the trunk as a whole.

    Parameters
    ----------
    images : (n, height, width, 3) uint8
        RGB, of any size from 32 x 32 on, such as `affuse.read_frames` gives them.
    weights : str
        ``untrained`` (random), ``vgg-face`` (downloaded once), or the path of a Keras file.
    preprocessing : {"vgg-face", "imagenet"}
        Whose channel means are subtracted.
    seed : int
        Of untrained weights.

    Returns
    -------
    dict of str to (n, rows, columns, n_channels) float32
        ``conv1_1`` to ``conv5_3`` in order, then ``features``: the last block's output after its
        pooling, height // 32 by width // 32 by 512.

    Raises
    ------
    FeatureError
        The images have another shape or type, or are smaller.
    WeightsError
        The weights do not fit, or there is no such file.
    MissingDependency
        The extra ``train`` is not installed.

    Notes
    -----
    Simonyan & Zisserman 2015, "Very deep convolutional networks for large-scale image recognition";
    untrained weights after He et al. 2015.

    Examples
    --------
    >>> found = vgg16_activations(np.zeros((1, 32, 64, 3), np.uint8))
    >>> found["conv1_1"].shape, found["conv5_3"].shape, found["features"].shape
    ((1, 32, 64, 64), (1, 2, 4, 512), (1, 1, 2, 512))
    """
    pictures = np.asarray(images)
    _check(pictures)
    settings = VggFaceConfig.model_validate({"weights": weights, "seed": seed})
    means = BGR_MEANS.get(preprocessing)
    if means is None:
        raise FeatureError(
            f"preprocessing {preprocessing!r} was given; expected one of {', '.join(BGR_MEANS)}"
        )
    graph = trunk(network(settings).weights(), means, with_activations=True)
    names = list(layer_shapes())
    session = open_session(graph.SerializeToString())
    *layers, features = session.run([*names, OUTPUT], {INPUT: pictures})
    moved = (np.ascontiguousarray(np.moveaxis(layer, 1, -1)) for layer in layers)
    return {**dict(zip(names, moved, strict=True)), OUTPUT: features}


def _check(pictures: NDArray[np.generic]) -> None:
    fits = pictures.ndim == 4 and pictures.shape[-1] == 3 and pictures.dtype == np.uint8
    if not fits or not len(pictures) or min(pictures.shape[1:3]) < LEAST_PIXELS:
        raise FeatureError(
            f"images of shape {pictures.shape} and type {pictures.dtype} were given; expected "
            f"(n, height, width, 3) uint8, RGB, from {LEAST_PIXELS} x {LEAST_PIXELS} pixels on: "
            "stack the frames of affuse.read_frames"
        )
