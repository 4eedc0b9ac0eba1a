"""Graphs are opened in one way, whoever made them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from affuse.storage.onnx_sessions import (
    available_devices,
    engines,
    open_foreign_session,
    open_session,
    run_within,
)


@pytest.fixture(scope="module")
def doubling() -> bytes:
    """A graph that doubles a row of numbers."""
    shape = ["n"]
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["y"])],
        "doubling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    opset = helper.make_opsetid("", 17)
    made: bytes = helper.make_model(graph, opset_imports=[opset], ir_version=9).SerializeToString()
    return made


GIVEN = {"x": np.array([1.0, 2.5], np.float32)}


def test_bytes_and_file_are_the_same_graph(doubling: bytes, tmp_path: Path) -> None:
    (tmp_path / "graph.onnx").write_bytes(doubling)
    for session in (open_session(doubling), open_session(tmp_path / "graph.onnx")):
        (found,) = run_within(10.0, session, ["y"], GIVEN)
        np.testing.assert_array_equal(found, [2.0, 5.0])


def test_one_thread_unless_more_are_asked_for(doubling: bytes) -> None:
    assert open_session(doubling).get_session_options().intra_op_num_threads == 1
    assert open_session(doubling, n_threads=0).get_session_options().intra_op_num_threads == 0
    foreign = open_foreign_session(doubling).get_session_options()
    assert foreign.intra_op_num_threads == 1
    assert foreign.log_severity_level == 4
    assert foreign.get_session_config_entry("session.use_env_allocators") == "1"


def test_a_foreign_graph_that_runs_on_is_stopped() -> None:
    """A loop of a thousand million turns, each of which multiplies matrices."""
    body = helper.make_graph(
        [
            helper.make_node("MatMul", ["held", "held"], ["next"]),
            helper.make_node("Identity", ["go"], ["on"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("held", TensorProto.FLOAT, [64, 64]),
        ],
        [
            helper.make_tensor_value_info("on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, [64, 64]),
        ],
    )
    turns = helper.make_tensor("turns", TensorProto.INT64, [], [10**9])
    graph = helper.make_graph(
        [helper.make_node("Loop", ["turns", "", "x"], ["y"], body=body)],
        "endless",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [64, 64])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [64, 64])],
        initializer=[turns],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    session = open_foreign_session(model.SerializeToString())
    with pytest.raises(Exception, match="terminate"):
        run_within(0.2, session, ["y"], {"x": np.zeros((64, 64), np.float32)})


def test_devices_are_those_of_the_engines() -> None:
    assert available_devices()[0] == "cpu"
    assert ("cuda" in available_devices()) == ("CUDA" in engines())
