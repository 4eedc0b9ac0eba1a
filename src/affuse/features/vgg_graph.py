"""VGG16's convolutions as an ONNX graph: RGB frames in, features of the last block out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import MissingDependency
from affuse.features.vgg_weights import BLOCKS, Weights

if TYPE_CHECKING:
    import onnx

INPUT, OUTPUT = "frames", "features"
_OPSET, _IR_VERSION = 17, 8


def trunk(weights: Weights, bgr_means: tuple[float, float, float]) -> onnx.ModelProto:
    """The frozen trunk with its preprocessing, any number and size of frames.

    Parameters
    ----------
    weights : mapping of layer name to Layer
    bgr_means : three floats
        Subtracted from the blue, green and red channel.

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
    builder = _Builder(helper)
    value = builder.node("Cast", INPUT, to=TensorProto.FLOAT)
    value = builder.node("Sub", value, builder.constant("means", np.array(bgr_means[::-1])))
    value = builder.node("Transpose", value, perm=[0, 3, 1, 2])
    for block, widths in enumerate(BLOCKS, start=1):
        for position in range(1, len(widths) + 1):
            value = builder.convolution(value, f"conv{block}_{position}", weights)
        value = builder.node("MaxPool", value, kernel_shape=[2, 2], strides=[2, 2])
    builder.node("Transpose", value, output=OUTPUT, perm=[0, 2, 3, 1])
    frames = helper.make_tensor_value_info(INPUT, TensorProto.UINT8, ["n", "height", "width", 3])
    features = helper.make_tensor_value_info(
        OUTPUT, TensorProto.FLOAT, ["n", "rows", "columns", 512]
    )
    graph = helper.make_graph(builder.nodes, "vgg16", [frames], [features], builder.constants)
    model: onnx.ModelProto = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=_IR_VERSION
    )
    checker.check_model(model)
    return model


class _Builder:
    """Nodes and constants of a graph under construction."""

    def __init__(self, helper: Any) -> None:
        self._helper = helper
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(self, kind: str, *inputs: str, output: str = "", **attributes: object) -> str:
        output = output or f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(self._helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, name: str, array: NDArray[Any]) -> str:
        from onnx import numpy_helper

        contiguous = np.ascontiguousarray(array, np.float32)
        self.constants.append(numpy_helper.from_array(contiguous, name))
        return name

    def convolution(self, value: str, name: str, weights: Weights) -> str:
        """3x3 with zeros around, then ReLU."""
        kernel = weights[name].kernel
        if name == "conv1_1":
            kernel = kernel[:, :, ::-1]  # frames come as red, green, blue
        kernel_name = self.constant(f"{name}_kernel", kernel.transpose(3, 2, 0, 1))
        bias_name = self.constant(f"{name}_bias", weights[name].bias)
        convolved = self.node("Conv", value, kernel_name, bias_name, pads=[1, 1, 1, 1])
        return self.node("Relu", convolved)
