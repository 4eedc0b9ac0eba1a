"""The shipped networks on onnxruntime and on OpenVINO: cost, answers, and what loading takes.

usage: python benchmarks/engines.py RECORDING [--rounds 9] [--calls 20] [--minute-cpu-s 5.6]
                                    [--json FILE]

Needs the package openvino, and a recording of 5 s with a face. In turns, one thread each, CPU
milliseconds of a call of what a minute of it asks for: the face network on eight faces, 38 times,
and the voice network on five seconds, 24 times. `--minute-cpu-s` is what `affuse predict` takes for
that minute; then the last line says what it would take with OpenVINO, its import and loading
included or not.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.features.voices.voice_input import voice_input
from affuse.media.audio import read_audio
from affuse.media.video import read_frames
from affuse.predict.recogniser import SHIPPED
from affuse.storage.onnx_sessions import open_session

Inputs = Mapping[str, NDArray[np.float32]]
Answers = list[NDArray[np.float32]]
Network = Callable[[Inputs], Answers]


@dataclass(frozen=True, slots=True)
class Asked:
    """A network, what it is asked, and how often for a minute."""

    graph: Path
    inputs: Inputs
    n_calls: int


def networks(recording: Path) -> dict[str, Asked]:
    """Those of the shipped bundle, with the middles of eight pictures and five seconds of sound."""
    pictures = np.stack(list(islice(read_frames(recording, height=64, frame_step=6), 8)))
    top, left = (pictures.shape[1] - 48) // 2, (pictures.shape[2] - 48) // 2
    cut = pictures[:, top : top + 48, left : left + 48, 1]
    faces = {"faces": cut[:, None].astype(np.float32)}
    given = voice_input(read_audio(recording, sample_rate=16_000, duration_s=5).signal)
    voice = {"log_mel": given.log_mel[None], "statistics": given.statistics[None]}
    return {
        "face, 8 at a time": Asked(SHIPPED / "face.onnx", faces, 38),
        "voice, 5 s": Asked(SHIPPED / "voice.onnx", voice, 24),
    }


def on_onnxruntime(graph: Path) -> Network:
    """As affuse runs it."""
    session = open_session(graph)
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: list(session.run(names, dict(inputs)))


def on_openvino(graph: Path) -> Network:
    """One thread, one request, single precision."""
    import openvino

    settings = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": 1,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = openvino.Core().compile_model(str(graph), "CPU", settings).create_infer_request()
    return lambda inputs: [np.array(found) for found in request.infer(dict(inputs)).values()]


ENGINES: dict[str, Callable[[Path], Network]] = {
    "onnxruntime": on_onnxruntime,
    "openvino": on_openvino,
}


def measured(asked: Asked, n_rounds: int, n_calls: int) -> dict[str, Any]:
    """Loading and calls of both engines, in turns; and how far their answers are apart."""
    loaded, load_s = {}, {}
    for name, engine in ENGINES.items():
        began = time.process_time()
        loaded[name] = engine(asked.graph)
        loaded[name](asked.inputs)
        load_s[name] = time.process_time() - began
    spent: dict[str, list[float]] = {name: [] for name in loaded}
    for _ in range(n_rounds):
        for name, network in loaded.items():
            began = time.process_time()
            for _ in range(n_calls):
                network(asked.inputs)
            spent[name].append((time.process_time() - began) / n_calls)
    one, other = (network(asked.inputs) for network in loaded.values())
    return {
        "load_s": load_s,
        "call_s": {name: median(values) for name, values in spent.items()},
        "times_quicker": median(a / b for a, b in zip(*spent.values(), strict=True)),
        "difference": max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True)),
    }


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="onnxruntime beside OpenVINO.")
    parser.add_argument("recording", type=Path)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--minute-cpu-s", type=float)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    began = time.process_time()
    import openvino

    import_s = time.process_time() - began
    asked = networks(given.recording)
    found = {name: measured(one, given.rounds, given.calls) for name, one in asked.items()}
    print(f"OpenVINO {openvino.__version__.split('-')[0]}, imported in {import_s:.2f} CPU s")
    print(f"{'':<20}{'onnxruntime':>12}{'openvino':>10}{'quicker':>9}{'apart':>10}{'loading':>14}")
    saved_s, loading_s = 0.0, import_s
    for name, one in found.items():
        ours, other = one["call_s"].values()
        first, second = one["load_s"].values()
        saved_s += (ours - other) * asked[name].n_calls
        loading_s += second - first
        print(
            f"{name:<20}{1000 * ours:>9.2f} ms{1000 * other:>7.2f} ms{one['times_quicker']:>9.2f}"
            f"{one['difference']:>10.1e}{first:>6.2f} /{second:>5.2f} s"
        )
    print(f"a minute: {saved_s:.2f} CPU s less, loading {loading_s:.2f} more")
    if given.minute_cpu_s:
        whole = given.minute_cpu_s
        print(
            f"affuse predict of a minute: {whole / (whole - saved_s):.3f} times quicker, "
            f"{whole / (whole - saved_s + loading_s):.3f} with import and loading"
        )
    if given.json:
        given.json.write_text(json.dumps({"import_s": import_s, **found}, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
