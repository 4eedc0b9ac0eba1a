"""A graph with YuNet's inputs and outputs, whose faces are bright cells of 32 by 32 pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

STRIDES = (8, 16, 32)
SEEING_STRIDE = 32

# In cells, from the left and top of the bright one: right and left eye, nose, mouth.
POINTS = ((0.3, 0.3), (0.7, 0.3), (0.5, 0.5), (0.35, 0.7), (0.65, 0.7))


def write_yunet_like(path: Path, points: tuple[tuple[float, float], ...] = POINTS) -> Path:
    """Write the graph; every face has its landmarks at the same places of its cell."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants: list[Any] = []
    outputs: list[Any] = []
    values = {
        "cls": (1 / 765, [0.0]),
        "obj": (1 / 765, [0.0]),
        "bbox": (0.0, [0.5, 0.5, 0.0, 0.0]),
        "kps": (0.0, [value for point in points for value in point]),
    }
    for stride in STRIDES:
        pooled = f"pooled_{stride}"
        sides = {"kernel_shape": [stride, stride], "strides": [stride, stride]}
        nodes.append(helper.make_node("AveragePool", ["input"], [pooled], **sides))
        for kind, (slope, bias) in values.items():
            name = f"{kind}_{stride}"
            weight = np.full((len(bias), 3, 1, 1), slope if stride == SEEING_STRIDE else 0.0)
            constants += [
                numpy_helper.from_array(weight.astype(np.float32), f"{name}_weight"),
                numpy_helper.from_array(np.array(bias, np.float32), f"{name}_bias"),
                numpy_helper.from_array(np.array([1, -1, len(bias)]), f"{name}_shape"),
            ]
            nodes += [
                helper.make_node(
                    "Conv",
                    [pooled, f"{name}_weight", f"{name}_bias"],
                    [f"{name}_map"],
                    kernel_shape=[1, 1],  # OpenCV 4.10 does not take it from the weights
                ),
                helper.make_node("Transpose", [f"{name}_map"], [f"{name}_last"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{name}_last", f"{name}_shape"], [name]),
            ]
            outputs.append(
                helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, None, len(bias)])
            )
    image = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 320, 320])
    graph = helper.make_graph(nodes, "yunet_like", [image], outputs, constants)
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return path
