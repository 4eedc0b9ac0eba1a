"""Encoders in ONNX that a few numbers describe, written by the tests themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import soundfile
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

WINDOW = 800
"""Samples of a window: 0.1 s at 8 kHz."""
WAVEFORM = {"input": "waveform", "sample_rate": 8000, "window_s": 0.1, "hop_s": 0.05}


def weights(n_inputs: int = WINDOW, n_features: int = 4) -> NDArray[np.float32]:
    """The matrix of `write_linear`."""
    return np.random.default_rng(0).normal(size=(n_inputs, n_features)).astype(np.float32)


def write_graph(
    path: Path,
    nodes: list[Any],
    shape: list[Any],
    constants: dict[str, NDArray[Any]],
    described: dict[str, Any] | None,
) -> Path:
    """An ONNX file with the input "x" and the output "y", and its description beside it."""
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    made = helper.make_empty_tensor_value_info("y")
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "tiny", [given], [made], tensors)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    if described is not None:
        path.with_suffix(".json").write_text(json.dumps(described))
    return path


def write_linear(path: Path, described: dict[str, Any] | None = None) -> Path:
    """Windows (n, 800) times `weights`: (n, 4)."""
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    chosen = WAVEFORM if described is None else described
    return write_graph(path, [node], ["n", WINDOW], {"w": weights()}, chosen)


def write_picture_means(path: Path, described: dict[str, Any]) -> Path:
    """Mean of each channel of pictures (n, 3, 16, 16): (n, 3, 1, 1)."""
    node = helper.make_node("GlobalAveragePool", ["x"], ["y"])
    return write_graph(path, [node], ["n", 3, 16, 16], {}, described)


def write_layers(path: Path) -> Path:
    """Three layers of windows (n, 800): zeros, `weights` times the window, and zeros again."""
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["told"]),
        helper.make_node("Mul", ["told", "nothing"], ["blank"]),
        helper.make_node("Unsqueeze", ["told", "one"], ["b"]),
        helper.make_node("Unsqueeze", ["blank", "one"], ["a"]),
        helper.make_node("Concat", ["a", "b", "a"], ["y"], axis=1),
    ]
    constants = {"w": weights(), "nothing": np.float32([0]), "one": np.int64([1])}
    described = {**WAVEFORM, "axes": ["window", "layer", "feature"]}
    return write_graph(path, nodes, ["n", WINDOW], constants, described)


def write_tones(folder: Path, n_speakers: int = 3) -> Path:
    """Clips named as those of RAVDESS: tones, higher and louder where angry than where calm."""
    folder.mkdir()
    for speaker in range(1, n_speakers + 1):
        for emotion, hertz in (("02", 300), ("05", 900)):
            for take in (1, 2):
                time = np.arange(9600) / 8000
                tone = hertz / 2000 * np.sin(2 * np.pi * (hertz + 7 * speaker + take) * time)
                name = f"03-01-{emotion}-01-01-{take:02}-{speaker:02}.wav"
                soundfile.write(folder / name, tone, 8000)
    return folder
