"""What reading clips costs beside decoding them and throwing the pictures away.

usage: python benchmarks/decoding.py FOLDER [--clips N] [--rounds N] [--real CLIPS] [--json FILE]

Makes 720p clips of a drawn face under sensor noise (4 s, 30 frames a second, H.264 at about the
bit rate of RAVDESS, AAC), then in turns, all in one process and one thread:

bare       PyAV decodes the pictures, nobody looks at them
sixth      affuse scales every sixth picture to 227x128, as the recipe `demo` asks for, decodes
           what that needs, and reads the sound at 16 kHz
all        the same of every picture
sound      the sound alone, which both hold; a clip that has none is refused at once

Figures are CPU seconds a clip, the least of the rounds: what else runs on the machine only adds.
Goal: at most 1.15 times bare.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import av
import numpy as np

from affuse.corpora.media_files import folder_contents
from affuse.errors import MediaError
from affuse.media.audio import read_audio
from affuse.media.video import read_frames
from affuse.synthetic.corpus import synthesise

SIZE = (1280, 720)
BITS_PER_S = 9_500_000
NOISE = 5.0


def bare(path: Path) -> None:
    """Decode the pictures, by one thread."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for _ in container.decode(stream):
            pass


def read(path: Path, frame_step: int) -> None:
    """What the lecture recipe takes from a clip."""
    for _ in read_frames(path, height=128, frame_step=frame_step):
        pass
    sound(path)


def sound(path: Path) -> None:
    """The sound, where there is some."""
    with suppress(MediaError):
        read_audio(path, sample_rate=16_000)


TASKS: dict[str, Callable[[Path], object]] = {
    "bare": bare,
    "sixth": partial(read, frame_step=6),
    "all": partial(read, frame_step=1),
    "sound": sound,
}


def cpu_s(task: Callable[[Path], object], paths: list[Path]) -> float:
    """CPU seconds of a task, a clip."""
    began = time.process_time()
    for path in paths:
        task(path)
    return (time.process_time() - began) / len(paths)


def noisy_clips(folder: Path, n_clips: int) -> list[Path]:
    """Clips of the embedded corpus as a camera would have seen them."""
    plain = synthesise(folder / "drawn", speakers=n_clips, emotions=("happy",), takes=1, jobs=None)
    made = []
    for number, clip in enumerate(sorted(plain)[:n_clips]):
        out = folder / f"noisy-{number}.mp4"
        if not out.exists():
            partial = out.with_name(f"partial-{out.name}")
            add_noise(clip, partial, np.random.default_rng(number))
            partial.rename(out)
        made.append(out)
    return made


def add_noise(clip: Path, out: Path, rng: np.random.Generator) -> None:
    """The clip's pictures under noise of their brightness, its sound as it is."""
    with av.open(str(clip)) as source, av.open(str(out), "w") as target:
        picture, sound = source.streams.video[0], source.streams.audio[0]
        encoded = target.add_stream("libx264", rate=30)
        encoded.width, encoded.height = SIZE
        encoded.pix_fmt, encoded.bit_rate = "yuv420p", BITS_PER_S
        encoded.codec_context.time_base = picture.time_base
        copied = target.add_stream_from_template(sound)
        noise = rng.normal(0, NOISE, (8, SIZE[1], SIZE[0])).astype(np.int16)
        for packet in source.demux(picture, sound):
            if packet.stream is sound:
                if packet.dts is not None:
                    packet.stream = copied
                    target.mux(packet)
                continue
            for frame in packet.decode():
                planes = frame.to_ndarray(format="yuv420p")
                height = SIZE[1]
                bright = planes[:height].astype(np.int16) + noise[rng.integers(len(noise))]
                planes[:height] = np.clip(bright, 16, 235)
                noisy = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                noisy.pts, noisy.time_base = frame.pts, frame.time_base
                target.mux(encoded.encode(noisy))
        target.mux(encoded.encode())


def measured(paths: list[Path], n_rounds: int) -> dict[str, float]:
    """Least cost of each, in turns."""
    found: dict[str, list[float]] = {name: [] for name in TASKS}
    for task in TASKS.values():
        cpu_s(task, paths[:1])
    for _ in range(n_rounds):
        for name, task in TASKS.items():
            found[name].append(cpu_s(task, paths))
    return {name: min(values) for name, values in found.items()}


def main() -> None:
    """Make the clips, measure, print."""
    parser = argparse.ArgumentParser(description="What reading clips costs beside decoding them.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--real", type=Path, help="a folder of clips of your own, too")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    sets = {"generated, 1280x720": noisy_clips(asked.folder, asked.clips)}
    if asked.real:
        sets |= {path.name: [path] for path in folder_contents(asked.real).files}
    results = {}
    print(
        f"{'clips':<34}{'Mbit/s':>8}{'bare':>9}{'sixth':>9}{'all':>9}{'sound':>9}"
        "   (CPU s; times bare)"
    )
    for name, paths in sets.items():
        found = measured(paths, asked.rounds)
        with av.open(str(paths[0])) as container:
            found["mbit_per_s"] = container.bit_rate / 1e6
        results[name] = found
        times = {kind: found[kind] / found["bare"] for kind in ("sixth", "all", "sound")}
        print(
            f"{name[:33]:<34}{found['mbit_per_s']:>8.1f}{found['bare']:>9.3f}{times['sixth']:>9.2f}"
            f"{times['all']:>9.2f}{times['sound']:>9.3f}",
            flush=True,
        )
    if asked.json:
        asked.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
