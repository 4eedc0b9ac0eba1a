"""Two engines on the same graphs, in turns; runs in the environment that trunk.py makes.

usage: python engines.py FRAMES.npy BATCH ROUNDS FP32.onnx INT8.onnx      prints JSON
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import openvino

Run = Callable[[Any], object]


def affuse(graph: str) -> Run:
    """Onnxruntime with the options that affuse gives it."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    return lambda frames: session.run(["features"], {"frames": frames})


def reference(graph: str, precision: str, shape: tuple[int, ...]) -> Run:
    """OpenVINO, compiled for one thread and this very shape."""
    core = openvino.Core()
    model = core.read_model(graph)
    model.reshape(list(shape))
    hints = {
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": precision,
    }
    request = core.compile_model(model, "CPU", hints).create_infer_request()
    return lambda frames: request.infer({0: frames})


def main() -> None:
    """CPU seconds a frame of each engine, round by round."""
    path, batch, rounds, single, whole = sys.argv[1:]
    frames = np.load(path)
    parts = [frames[i : i + int(batch)] for i in range(0, len(frames), int(batch))]
    shape = parts[0].shape
    runs = {
        "affuse fp32": affuse(single),
        "reference fp32": reference(single, "f32", shape),
        "reference bf16": reference(single, "bf16", shape),
        "affuse int8": affuse(whole),
        "reference int8": reference(whole, "f32", shape),
    }
    found: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run(parts[0])
    for _ in range(int(rounds)):
        for name, run in runs.items():
            began = time.process_time()
            for part in parts:
                run(part)
            found[name].append((time.process_time() - began) / len(frames))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
