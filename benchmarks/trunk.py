"""How close VGG16's trunk comes to what the processor can do, and to another engine.

usage: python benchmarks/trunk.py FOLDER [--weights FILE.h5] [--rounds 5] [--json FILE]

In turns, on one core, one thread, four frames of 227x128 at a time, CPU seconds of the process:

affuse       onnxruntime as affuse runs it, fp32 and int8
reference    OpenVINO on the same two graphs (and in bfloat16, which onnxruntime lacks on x86)
peak         multiply-adds that never leave the registers (native/peak.c, built by cc)

OpenVINO is installed into an environment of its own in FOLDER, by pip. Goals: 0.85 of the
reference's speed in fp32, 0.75 in int8. A convolution's multiply-add counts as two operations.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from affuse.config import load_config
from affuse.corpora.index import Index
from affuse.experiment import chosen_clips
from affuse.extractors.vgg.calibration import with_ranges
from affuse.extractors.vgg.weights import BLOCKS
from affuse.extractors.vgg_face import VggFace, make
from affuse.features.decoding import decoded
from affuse.synthetic.corpus import synthesise

BATCH = 4
ENGINES = Path(__file__).parent / "native" / "engines.py"
PEAK = Path(__file__).parent / "native" / "peak.c"


def operations(height: int, width: int) -> float:
    """Of the 13 convolutions, one frame."""
    n_in, total = 3, 0.0
    for widths in BLOCKS:
        for n_out in widths:
            total += 2.0 * 9 * n_in * n_out * height * width
            n_in = n_out
        height, width = height // 2, width // 2
    return total


def environment(folder: Path) -> Path:
    """Python of an environment with both engines; made where it is missing."""
    python = folder / "engines" / "bin" / "python"
    if not (folder / "engines" / "complete").exists():
        import onnxruntime

        subprocess.run([sys.executable, "-m", "venv", "--clear", folder / "engines"], check=True)
        packages = ["openvino", "numpy", f"onnxruntime=={onnxruntime.__version__}"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (folder / "engines" / "complete").touch()
    return python


def peak(folder: Path) -> dict[str, float]:
    """Billions of operations a second of one core; empty without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return {}
    program = folder / "peak"
    subprocess.run([compiler, "-O2", "-march=native", PEAK, "-o", program], check=True)
    runs = [json.loads(subprocess.check_output([program, "0.5"])) for _ in range(3)]
    return {kind: max(run[kind] for run in runs) for kind in runs[0]}


def graphs(folder: Path, weights: str) -> dict[str, VggFace]:
    """The extractor in both precisions, calibrated on a few clips."""
    corpus = folder / "corpus"
    synthesise(corpus, speakers=1, emotions=("happy", "angry"), takes=1, jobs=None)
    preprocessing = "vgg-face" if weights in ("untrained", "vgg-face") else "imagenet"
    settings = [
        f"features.vgg_face.weights={weights}",
        f"features.vgg_face.preprocessing={preprocessing}",
    ]
    config = load_config("quick", settings, {"data.path": str(corpus)})
    index: Index = chosen_clips(config)
    vgg = config.features.vgg_face.model_copy(update={"precision": "int8"})
    features = config.features.model_copy(update={"vgg_face": vgg})
    whole = with_ranges(config.model_copy(update={"features": features}), index)
    return {"fp32": make(config), "int8": make(whole)}


def frames_of(folder: Path, extractor: VggFace) -> Path:
    """A few frames as the trunk sees them, in a file."""
    clip = next((folder / "corpus").rglob("*.mp4"))
    seen = extractor.view.framed(decoded(clip, extractor.decoding))  # type: ignore[arg-type]
    path = folder / "frames.npy"
    np.save(path, np.stack([next(seen) for _ in range(2 * BATCH)]))
    return path


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description="The trunk against the processor's limits.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", default="untrained")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    os.environ["AFFUSE_CACHE"] = str(asked.folder.resolve() / "cache")
    made = graphs(asked.folder, asked.weights)
    frames, python = frames_of(asked.folder, made["fp32"]), environment(asked.folder)
    limits = peak(asked.folder)
    command = [python, ENGINES, frames, str(BATCH), str(asked.rounds)]
    command += [made["fp32"].model, made["int8"].model]
    measured: dict[str, list[float]] = json.loads(subprocess.check_output(command))
    work = operations(made["fp32"].view.height, made["fp32"].view.width)
    figures = {name: _figures(measured, name, work, limits) for name in measured}
    print(f"{work / 1e9:.1f} billion operations a frame; peak of one core: ", end="")
    print(", ".join(f"{kind} {rate:.0f} billion/s" for kind, rate in limits.items()) or "no cc")
    print(f"\n{'':<18}{'ms a frame':>11}{'billion/s':>11}{'of peak':>9}{'of reference':>14}")
    for name, found in figures.items():
        shares = (found.get("of_peak"), found.get("of_reference"))
        shown = [" " if share is None else f"{share:.2f}" for share in shares]
        print(f"{name:<18}{found['ms']:>11.1f}{found['rate']:>11.0f}{shown[0]:>9}{shown[1]:>14}")
    if asked.json:
        asked.json.write_text(json.dumps({"peak": limits, **figures}, indent=2) + "\n", "utf-8")


def _figures(
    measured: dict[str, list[float]], name: str, work: float, limits: dict[str, float]
) -> dict[str, Any]:
    engine, precision = name.split()
    seconds = median(measured[name])
    found: dict[str, Any] = {"ms": 1000 * seconds, "rate": work / seconds / 1e9}
    if precision in limits:
        found["of_peak"] = found["rate"] / limits[precision]
    if engine == "affuse":
        pairs = zip(measured[f"reference {precision}"], measured[name], strict=True)
        found["of_reference"] = median(reference / own for reference, own in pairs)
    return found


if __name__ == "__main__":
    main()
