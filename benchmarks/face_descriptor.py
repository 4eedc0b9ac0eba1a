"""A published network that tells faces apart -> ONNX, to teach affuse's own and to compare with it.

usage: python benchmarks/face_descriptor.py FOLDER FER2013.zip OUT.onnx

FOLDER is `model` of the npm package @vladmandic/face-api (1.7.15, MIT): it holds the weights of
dlib's dlib_face_recognition_resnet_model_v1 (public domain, CC0) in 8 bits. The graph and the
JSON beside it are what `onnx:OUT.onnx` takes: faces of 150 x 150 pixels in colour. Cosines need
a middle, and dlib compares by distance: the mean embedding of FER2013's faces is taken off.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from affuse.corpora.fer2013 import read_fer2013

NAME = "face_recognition_model"
EVERY = 10
"""Of FER2013's faces, one in so many tells the middle."""

MEAN = (122.782, 117.001, 104.298)
DESCRIPTION = {
    "input": "picture", "view": "face", "size": [150, 150], "mean": [m / 255 for m in MEAN],
    "name": "dlib_face_recognition_resnet_model_v1", "licence": "CC0 1.0", "threshold": 0.55,
}  # fmt: skip
BLOCKS = (
    ("conv32_1", 0), ("conv32_2", 0), ("conv32_3", 0),
    ("conv64_down", 32), ("conv64_1", 0), ("conv64_2", 0), ("conv64_3", 0),
    ("conv128_down", 64), ("conv128_1", 0), ("conv128_2", 0),
    ("conv256_down", 128), ("conv256_1", 0), ("conv256_2", 0), ("conv256_down_out", 0),
)  # fmt: skip
"""Residual blocks, and how many channels they add; those named "down" halve the picture."""

Weights = dict[str, NDArray[np.float32]]


def main(folder: Path, faces: Path, out: Path) -> None:
    """Write the graph and its description."""
    weights = read_weights(folder)
    session = onnxruntime.InferenceSession(Descriptor(weights).model().SerializeToString())
    some = read_fer2013(faces, "train").images[::EVERY]
    middle = embedded(session, some).mean(axis=0)
    onnx.save(Descriptor({**weights, "middle": middle}).model(), out)
    out.with_suffix(".json").write_text(json.dumps(DESCRIPTION))


def embedded(session: Any, faces: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean of the embeddings of grey faces (n, 48, 48) and their mirror images."""
    rows = []
    for at in range(0, len(faces), 32):
        large = [
            cv2.cvtColor(cv2.resize(face, (150, 150)), cv2.COLOR_GRAY2RGB)
            for face in faces[at : at + 32]
        ]
        fed = (np.stack(large) - np.float32(MEAN)).transpose(0, 3, 1, 2) / np.float32(255)
        both = [np.ascontiguousarray(x) for x in (fed, fed[..., ::-1])]
        rows.append(np.mean([session.run(None, {"image": x})[0] for x in both], axis=0))
    return np.concatenate(rows).astype(np.float32)


def read_weights(folder: Path) -> Weights:
    """Arrays by name, in the layout in which they are stored."""
    (manifest,) = json.loads((folder / f"{NAME}-weights_manifest.json").read_text())
    raw = (folder / f"{NAME}.bin").read_bytes()
    weights: Weights = {}
    at = 0
    for entry in manifest["weights"]:
        scaling = entry.get("quantization", {"dtype": "float32", "scale": 1.0, "min": 0.0})
        stored = np.frombuffer(raw, scaling["dtype"], int(np.prod(entry["shape"])), at)
        at += stored.nbytes
        values = stored.astype(np.float32) * scaling["scale"] + scaling["min"]
        weights[entry["name"]] = values.reshape(entry["shape"]).astype(np.float32)
    return weights


class Descriptor:
    """Builds the graph node by node."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self) -> onnx.ModelProto:
        """The whole graph: (n, 3, 150, 150) -> (n, 128)."""
        rows = self._convolution("image", "conv32_down", stride=2, pad=0, relu=True)
        rows = self._add("MaxPool", rows, kernel_shape=[3, 3], strides=[2, 2])
        for name, n_more in BLOCKS:
            rows = self._block(rows, name, n_more)
        rows = self._add("Flatten", self._add("GlobalAveragePool", rows))
        rows = self._add("MatMul", rows, self._constant("fc", self._weights["fc"]))
        if "middle" in self._weights:
            rows = self._add("Sub", rows, self._constant("middle", self._weights["middle"]))
        graph = helper.make_graph(
            self._nodes, "descriptor",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, 150, 150])],
            [helper.make_tensor_value_info(rows, TensorProto.FLOAT, ["n", 128])],
            self._constants,
        )  # fmt: skip
        versions = [helper.make_opsetid("", 17)]
        return helper.make_model(graph, opset_imports=versions, ir_version=8)

    def _block(self, rows: str, name: str, n_more: int) -> str:
        halves = "down" in name
        inner = self._convolution(
            rows, f"{name}/conv1", stride=2 if halves else 1, pad=0 if halves else 1, relu=True
        )
        inner = self._convolution(inner, f"{name}/conv2", stride=1, pad=1, relu=False)
        if halves:
            rows = self._add("AveragePool", rows, kernel_shape=[2, 2], strides=[2, 2])
        if name in ("conv256_down", "conv256_down_out"):
            inner = self._padded(inner, f"{name}_edge", (0, 0, 0, 0, 0, 0, 1, 1))
        if n_more:
            rows = self._padded(rows, f"{name}_more", (0, 0, 0, 0, 0, n_more, 0, 0))
        return self._add("Relu", self._add("Add", inner, rows))

    def _convolution(self, rows: str, name: str, *, stride: int, pad: int, relu: bool) -> str:
        filters = self._weights[f"{name}/conv/filters"].transpose(3, 2, 0, 1)
        scale = self._weights[f"{name}/scale/weights"]
        bias = self._weights[f"{name}/conv/bias"] * scale + self._weights[f"{name}/scale/biases"]
        weights = self._constant(f"{name}_w", filters * scale[:, None, None, None])
        biases = self._constant(f"{name}_b", bias)
        made = self._add("Conv", rows, weights, biases, strides=[stride] * 2, pads=[pad] * 4)
        return self._add("Relu", made) if relu else made

    def _padded(self, rows: str, name: str, edges: tuple[int, ...]) -> str:
        return self._add("Pad", rows, self._constant(name, np.array(edges, np.int64)))

    def _constant(self, name: str, values: NDArray[Any]) -> str:
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def _add(self, kind: str, *inputs: str, **settings: Any) -> str:
        name = f"value{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **settings))
        return name


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*map(Path, sys.argv[1:]))
