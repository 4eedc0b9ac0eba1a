"""Networks of a user that give no numbers, in ONNX made here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from affuse.errors import FeatureError
from affuse.people.face_embedding import face_embedder
from affuse.people.voice_embedding import open_voice_embedder

FACES = {"input": "picture", "view": "face", "size": [8, 8], "threshold": 0.4}
VOICES = {"input": "waveform", "window_s": 0.5, "threshold": 0.3}


def write_share_of_peak(path: Path, described: dict[str, Any], shape: list[int]) -> str:
    """Means over the peak of the differences from them: 0 / 0 where all is alike."""
    axes = list(range(1, len(shape) + 1))
    nodes = [
        helper.make_node("ReduceMean", ["x"], ["mean"], axes=axes, keepdims=1),
        helper.make_node("Sub", ["x", "mean"], ["apart"]),
        helper.make_node("ReduceMax", ["apart"], ["peak"], axes=axes, keepdims=1),
        helper.make_node("Div", ["peak", "peak"], ["share"]),
        helper.make_node("Flatten", ["share"], ["embedding"]),
    ]
    return write(path, described, shape, nodes)


def write_root(path: Path, described: dict[str, Any], shape: list[int]) -> str:
    """The root of what is below zero: NaN for whatever is given."""
    nodes = [
        helper.make_node("Abs", ["x"], ["size"]),
        helper.make_node("ReduceSum", ["size"], ["sum"], keepdims=1),
        helper.make_node("ReduceMax", ["size"], ["top"], axes=[*range(1, len(shape) + 1)]),
        helper.make_node("Sub", ["top", "sum"], ["below"]),
        helper.make_node("Sqrt", ["below"], ["roots"]),
        helper.make_node("Flatten", ["roots"], ["embedding"]),
    ]
    return write(path, described, shape, nodes)


def write(path: Path, described: dict[str, Any], shape: list[int], nodes: list[Any]) -> str:
    taken = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", *shape])
    given = helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["n", 1])
    graph = helper.make_graph(nodes, "rows", [taken], [given])
    onnx.save(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)], ir_version=8), path
    )
    path.with_suffix(".json").write_text(json.dumps(described))
    return f"onnx:{path}"


NO_NUMBERS = (
    r"root\.onnx gives embeddings that hold NaN or infinity; expected finite numbers: mend mean "
    r"and deviation in root\.json, or export it again"
)


def test_face_network_that_gives_nan_is_refused(tmp_path: Path) -> None:
    embedder = face_embedder(write_root(tmp_path / "root.onnx", FACES, [3, 8, 8]))
    crop = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    with pytest.raises(FeatureError, match=NO_NUMBERS):
        embedder.embed([crop])


def test_voice_network_that_gives_nan_is_refused(tmp_path: Path) -> None:
    embedder = open_voice_embedder(write_root(tmp_path / "root.onnx", VOICES, [8000]))
    sound = np.random.default_rng(0).standard_normal((2, 8000)).astype(np.float32)
    with pytest.raises(FeatureError, match=NO_NUMBERS):
        embedder.embed(sound)


def test_silence_between_speech_that_a_network_cannot_scale_is_a_row_of_zeros(
    tmp_path: Path,
) -> None:
    path = write_share_of_peak(tmp_path / "scaled.onnx", VOICES, [8000])
    sound = np.random.default_rng(0).standard_normal((2, 8000)).astype(np.float32)
    sound[1] = 0.0
    rows = open_voice_embedder(path).embed(sound)
    assert rows.tolist() == [[1.0], [0.0]]
