"""One worker process of a local Dask cluster against two: wall time, and the same bytes.

usage: python benchmarks/cluster.py FOLDER [--clips 200] [--seconds 2] [--step 10] [--json FILE]

Makes so many generated 720p clips, cut from a few of the embedded corpus, each with another sound
level so that no two are alike. Then `affuse features --workers 1` and `--workers 2`, each with an
empty store: MFCC of the sound and VGG16 (untrained, 8-bit integers) on every tenth frame. Starting
the processes counts. Goal: at most 0.6 of the time, and stores that are equal byte by byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np

from affuse.synthetic.corpus import synthesise

EMOTIONS = ("calm", "angry")


def clips_of(folder: Path, n_clips: int, seconds: float) -> Path:
    """A table of clips that all differ."""
    sources = sorted(
        synthesise(folder / "corpus", speakers=4, emotions=EMOTIONS, takes=1, jobs=None)
    )
    rows = ["path,emotion,speaker"]
    out = folder / f"clips-{n_clips}-{seconds:g}"
    out.mkdir(parents=True, exist_ok=True)
    for number in range(n_clips):
        source, path = sources[number % len(sources)], out / f"clip-{number:04}.mp4"
        if not path.exists():
            partial = path.with_name(f"partial-{path.name}")
            cut(source, partial, seconds, gain=0.3 + 0.7 * number / n_clips)
            partial.rename(path)
        rows.append(f"{path.resolve()},{EMOTIONS[number % 2]},{number % 4 + 1}")
    table = out / "clips.csv"
    table.write_text("\n".join(rows) + "\n", "utf-8")
    return table


def cut(source: Path, out: Path, seconds: float, gain: float) -> None:
    """The first seconds of a clip: pictures as they are encoded, sound at another level."""
    with av.open(str(source)) as read, av.open(str(out), "w") as written:
        picture, sound = read.streams.video[0], read.streams.audio[0]
        copied = written.add_stream_from_template(picture)
        encoded = written.add_stream("aac", rate=sound.rate, layout="mono")
        for packet in read.demux(picture, sound):
            if packet.pts is None or packet.pts * packet.time_base >= seconds:
                continue
            if packet.stream is picture:
                packet.stream = copied
                written.mux(packet)
                continue
            for frame in packet.decode():
                samples = np.mean(frame.to_ndarray(), axis=0, keepdims=True, dtype=np.float32)
                quieter = av.AudioFrame.from_ndarray(samples * gain, format="fltp", layout="mono")
                quieter.rate, quieter.pts = frame.rate, frame.pts
                quieter.time_base = frame.time_base
                written.mux(encoded.encode(quieter))
        written.mux(encoded.encode())


def extracted(table: Path, cache: Path, step: int, *who: str) -> float:
    """Wall seconds of ``affuse features`` with an empty store; the trunk's graph is there."""
    shutil.rmtree(cache / "features", ignore_errors=True)
    command = [sys.executable, "-m", "affuse", "features", str(table), *who]
    for setting in ("precision=int8", f"frame_step={step}"):
        command += ["--set", f"features.vgg_face.{setting}"]
    began = time.perf_counter()
    subprocess.run(
        command,
        env={**os.environ, "AFFUSE_CACHE": str(cache)},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - began


def stored(cache: Path) -> dict[str, str]:
    """Name -> hash of every array."""
    paths = (cache / "features").rglob("*.npy")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def main() -> None:
    """Make the clips, measure, compare, print."""
    parser = argparse.ArgumentParser(description="One worker process against two.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--step", type=int, default=10)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    table = clips_of(asked.folder, asked.clips, asked.seconds)
    cache = asked.folder.resolve() / "cache"
    few = clips_of(asked.folder, 2, asked.seconds)
    extracted(few, cache, asked.step, "--jobs", "1")  # builds the graphs, warms the disk
    ways = {
        "one process": ("--jobs", "1"),
        "one worker": ("--workers", "1"),
        "two workers": ("--workers", "2"),
    }
    times, arrays = {}, {}
    for name, who in ways.items():
        times[name] = extracted(table, cache, asked.step, *who)
        arrays[name] = stored(cache)
        print(f"{name:<14}{times[name]:>8.1f} s   {len(arrays[name])} arrays", flush=True)
    ratio = times["two workers"] / times["one worker"]
    same = arrays["one process"] == arrays["one worker"] == arrays["two workers"]
    print(f"two workers / one worker: {ratio:.2f}   stores equal byte by byte: {same}")
    if asked.json:
        figures = {"seconds": times, "ratio": ratio, "same": same, "clips": asked.clips}
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    if not same:
        sys.exit("the stores differ")


if __name__ == "__main__":
    main()
