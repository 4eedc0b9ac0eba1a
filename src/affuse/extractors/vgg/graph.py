"""VGG16's convolutions as an ONNX graph: from RGB frames to the features of the last block.

With ranges of the activations, all convolutions but the first compute with 8-bit integers:
activations with one scale a layer, kernels with one a channel.

Source of the scheme: Jacob et al. 2018, "Quantization and training of neural networks for
efficient integer-arithmetic-only inference".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import MissingDependency
from affuse.extractors.vgg.weights import BLOCKS, Weights, layer_shapes

if TYPE_CHECKING:
    import onnx

INPUT, OUTPUT = "frames", "features"
_OPSET, _IR_VERSION = 17, 8
_LEVELS, _SIGNED_LEVELS = 255, 127
_LARGEST_BIAS = 2.0**30
_LEAST = 1e-12


def trunk(
    weights: Weights,
    bgr_means: tuple[float, float, float],
    *,
    ranges: Sequence[float] = (),
    with_activations: bool = False,
) -> onnx.ModelProto:
    """The frozen trunk with its preprocessing, for any number and size of frames.

    Parameters
    ----------
    weights : mapping of layer name to Layer
    bgr_means : three floats
        Subtracted from the blue, green and red channel.
    ranges : sequence of 13 floats, optional
        Largest activation of each convolution, for integers of 8 bits; none: single precision.
    with_activations : bool
        Give every convolution's activations too, under its layer's name, (n, channels, rows,
        columns): what ranges are measured on.

    Returns
    -------
    onnx.ModelProto
        ``frames`` (n, height, width, 3) uint8 RGB -> ``features`` (n, height // 32, width // 32,
        512) float32, axes as Keras has them.
    """
    try:
        from onnx import TensorProto, checker, helper
    except ImportError as error:
        raise MissingDependency("onnx", "train") from error
    builder = _Builder(helper, dict(zip(layer_shapes(), ranges, strict=bool(ranges))))
    value = builder.node("Cast", INPUT, to=TensorProto.FLOAT)
    value = builder.node("Sub", value, builder.constant("means", np.array(bgr_means[::-1])))
    value = builder.node("Transpose", value, perm=[0, 3, 1, 2])
    for block, widths in enumerate(BLOCKS, start=1):
        for position in range(1, len(widths) + 1):
            value = builder.convolution(value, f"conv{block}_{position}", weights)
        value = builder.pooled(value)
    builder.node("Transpose", value, output=OUTPUT, perm=[0, 2, 3, 1])
    frames = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", "height", "width", 3])
    features = helper.make_tensor_value_info(
        OUTPUT, TensorProto.FLOAT, ["n", "rows", "columns", 512]
    )
    seen = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, [None] * 4)
        for name in layer_shapes()
    ]
    outputs = [features, *seen] if with_activations else [features]
    graph = helper.make_graph(builder.nodes, "vgg16", [frames], outputs, builder.constants)
    model: onnx.ModelProto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
    )
    checker.check_model(model)
    return model


class _Builder:
    """Nodes and constants of a graph under construction.

    `ranges` is what is known of the activations; `_scale` that of the value that was made last,
    or None where it is not made of 8-bit integers.
    """

    def __init__(self, helper: Any, ranges: Mapping[str, float]) -> None:
        self._helper, self._ranges = helper, ranges
        self._scale: float | None = None
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: object) -> str:
        output = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, name: str, array: NDArray[Any], dtype: Any = np.float32) -> str:
        from onnx import numpy_helper

        contiguous = np.ascontiguousarray(array, dtype)
        self.constants.append(numpy_helper.from_array(contiguous, name))
        return name

    def convolution(self, value: str, name: str, weights: Weights) -> str:
        """A 3x3 convolution with zero padding, then ReLU."""
        kernel, bias = weights[name].kernel, weights[name].bias
        if name == "conv1_1":
            kernel = kernel[:, :, ::-1]  # frames come as red, green, blue
        kernel = kernel.transpose(3, 2, 0, 1)
        if self._scale is None:
            constants = self.constant(f"{name}_kernel", kernel), self.constant(f"{name}_bias", bias)
        else:
            constants = self._in_integers(name, kernel, bias, self._scale)
        convolved = self.node("Conv", value, *constants, pads=[1, 1, 1, 1])
        self._scale = self._ranges[name] / _LEVELS if self._ranges else None
        return self._rounded(self.node("Relu", convolved, output=name))

    def pooled(self, value: str) -> str:
        """The maximum of every 2x2 pixels, requantised where activations are 8-bit."""
        return self._rounded(self.node("MaxPool", value, kernel_shape=[2, 2], strides=[2, 2]))

    def _rounded(self, value: str) -> str:
        """Activations quantised and dequantised, which the engine fuses into integer arithmetic."""
        if self._scale is None:
            return value
        at = len(self.nodes)
        scale = self.constant(f"scale_{at}", np.array(self._scale))
        zero = self.constant(f"zero_{at}", np.array(0), np.uint8)
        whole = self.node("QuantizeLinear", value, scale, zero)
        return self.node("DequantizeLinear", whole, scale, zero)

    def _in_integers(
        self, name: str, kernel: NDArray[np.float32], bias: NDArray[np.float32], scale: float
    ) -> tuple[str, str]:
        """Kernel in 8 bits with one scale per channel, bias in 32 bits at the product's scale."""
        scales = np.maximum(np.abs(kernel).max((1, 2, 3)), _LEAST) / _SIGNED_LEVELS
        whole_kernel = np.rint(kernel / scales[:, None, None, None])
        whole_bias = np.rint(bias / (scales * scale)).clip(-_LARGEST_BIAS, _LARGEST_BIAS)
        parts = {
            "kernel": (whole_kernel, np.int8, scales),
            "bias": (whole_bias, np.int32, scales * scale),
        }
        made = []
        for part, (whole, dtype, steps) in parts.items():
            inputs = (
                self.constant(f"{name}_{part}", whole, dtype),
                self.constant(f"{name}_{part}_scale", steps),
                self.constant(f"{name}_{part}_zero", np.zeros(len(steps)), dtype),
            )
            made.append(self.node("DequantizeLinear", *inputs, axis=0))
        return made[0], made[1]
