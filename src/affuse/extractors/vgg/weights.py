"""Weights of VGG16's 13 convolutions: from a Keras file, or untrained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import MissingDependency, WeightsError

if TYPE_CHECKING:
    import h5py

BLOCKS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Output channels of the 3x3 convolutions; a 2x2 maximum follows each block."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One convolution's weights: kernel (3, 3, n_in, n_out) and bias (n_out,), float32."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


Weights = Mapping[str, Layer]
"""Layer name (conv1_1 ... conv5_3) -> its weights, for colours in the order blue, green, red."""


def layer_shapes() -> dict[str, tuple[int, int, int, int]]:
    """Kernel shape (3, 3, n_in, n_out) of each layer, in order.

    Returns
    -------
    dict of str to (int, int, int, int)
    """
    shapes, n_in = {}, 3
    for block, widths in enumerate(BLOCKS, start=1):
        for position, n_out in enumerate(widths, start=1):
            shapes[f"conv{block}_{position}"] = (3, 3, n_in, n_out)
            n_in = n_out
    return shapes


def untrained_weights(seed: int) -> Weights:
    """Random weights that preserve the scale of activations from layer to layer; biases zero.

    Source: He et al. 2015, "Delving deep into rectifiers" (normal, variance 2 / fan-in).

    Parameters
    ----------
    seed : int

    Returns
    -------
    mapping of str to layer
    """
    rng = np.random.default_rng(seed)
    weights = {}
    for name, shape in layer_shapes().items():
        deviation = np.sqrt(2 / np.prod(shape[:3]))
        kernel = rng.standard_normal(shape, np.float32) * np.float32(deviation)
        weights[name] = Layer(kernel, np.zeros(shape[3], np.float32))
    return weights


def read_weights(path: Path) -> Weights:
    """The 13 convolutions of a Keras file of VGG16, whole or without its top.

    Layers are groups named ``conv1_1`` ... ``conv5_3``, at the root or under ``model_weights``;
    in each, whatever the arrays are called, the one of four axes is the kernel and the one of one
    axis the bias. Other layers are not read.

    Parameters
    ----------
    path : Path

    Returns
    -------
    mapping of str to layer

    Raises
    ------
    WeightsError
        Not such a file, a layer missing, or a shape wrong: names the layer, what was found and
        what was expected.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingDependency("h5py", "train") from error
    if not path.is_file():
        raise WeightsError(
            f"weights {str(path)!r} were given; expected 'vgg-face', 'untrained' or the path of "
            "an existing Keras file (.h5)"
        )
    try:
        file = h5py.File(path)
    except OSError as error:
        raise WeightsError(
            f"{path} is no HDF5 file ({path.stat().st_size:,} bytes); expected the weights of "
            "VGG16 as Keras saves them (.h5): fetch it again"
        ) from error
    with file:
        root = file.get("model_weights", file)
        return {name: _layer(path, root, name, shape) for name, shape in layer_shapes().items()}


def _layer(path: Path, root: h5py.Group, name: str, shape: tuple[int, int, int, int]) -> Layer:
    if name not in root:
        found = ", ".join(list(root)[:20]) or "nothing"
        raise WeightsError(
            f"{path} has no layer {name}; expected the 13 convolutions of VGG16, conv1_1 to "
            f"conv5_3, found {found}: give a file of that network"
        )
    arrays = _arrays(root[name])
    kernel = _only(path, name, "kernel", arrays, shape)
    bias = _only(path, name, "bias", arrays, shape[3:])
    return Layer(kernel, bias)


def _arrays(group: h5py.Group) -> list[NDArray[Any]]:
    """All arrays below a group, at any depth."""
    found: list[NDArray[Any]] = []

    def visit(_: str, node: Any) -> None:
        if hasattr(node, "dtype"):
            found.append(np.asarray(node))

    group.visititems(visit)
    return found


def _only(
    path: Path, name: str, role: str, arrays: list[NDArray[Any]], shape: tuple[int, ...]
) -> NDArray[np.float32]:
    fitting = [array for array in arrays if array.ndim == len(shape)]
    if [array.shape for array in fitting] != [shape]:
        found = " and ".join(str(array.shape) for array in fitting) or "none"
        raise WeightsError(
            f"{path}: layer {name} has a {role} of shape {found}; expected {shape} as in VGG16: "
            "give a file of that network"
        )
    if not np.isfinite(fitting[0]).all():
        raise WeightsError(
            f"{path}: the {role} of layer {name} holds NaN or infinity; expected finite numbers: "
            "fetch the file again"
        )
    return np.asarray(fitting[0], np.float32)
