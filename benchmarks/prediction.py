"""Speed, cold start and memory of prediction, and what its networks cost.

usage: python benchmarks/prediction.py FOLDER [--bundle DIR] [--minutes 60] [--seconds 60]
                                       [--b-frames]

Makes one 720p clip of a drawn face that speaks (H.264, 30 frames a second, AAC) and repeats its
packets, without encoding them anew, to clips of about 4 s, `--seconds` and `--minutes`. Every
figure comes from a process of its own, as the operating system accounts for it. The clip has no
B-frames, as those of cameras; with `--b-frames` there are three between two others. Of a voice of
four seconds and of a face, eight in a batch, the median of many calls is given, from the sound or
the crop to calibrated probabilities.

goals: 720p at 8 times real time or more on two cores; 2 s of CPU or less for a 4 s clip, imports
included; 60 ms for four seconds of a voice, 3 ms for a face; 700 MB or less for an hour.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import PictureType

from affuse import load
from affuse.media.audio import read_audio
from affuse.predict.members import Members
from affuse.synthetic.corpus import synthesise

VOICE_S, RATE = 4, 16_000
N_FACES, SIDE, CALLS = 8, 48, 60


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one process and those that it started."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def predicted(media: list[Path], bundle: Path | None, jobs: int) -> Cost:
    """What ``affuse predict`` costs in a process of its own."""
    command = [sys.executable, "-m", "affuse", "predict", *map(str, media), "--jobs", str(jobs)]
    command += [] if bundle is None else ["--bundle", str(bundle)]
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"failed: {' '.join(command)}")
    wall_s = time.perf_counter() - began
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def clip_of(folder: Path, *, b_frames: bool = False) -> Path:
    """One clip of about four seconds."""
    synthesise(folder / "corpus", speakers=1, emotions=("happy",), takes=1, jobs=1)
    clip = next((folder / "corpus").rglob("*.mp4"))
    return with_b_frames(clip, folder / "b-frames.mp4") if b_frames else clip


def with_b_frames(clip: Path, out: Path) -> Path:
    """The same pictures with three B-frames between two others, the sound as it is."""
    if out.exists():
        return out
    partial = out.with_name(f"partial-{out.name}")
    with av.open(str(clip)) as source, av.open(str(partial), "w") as target:
        picture, sound = source.streams.video[0], source.streams.audio[0]
        coded = target.add_stream("libx264", rate=30, options={"b_strategy": "0"})
        coded.width, coded.height, coded.pix_fmt = picture.width, picture.height, "yuv420p"
        copied = target.add_stream_from_template(sound)
        for packet in source.demux(picture, sound):
            if packet.stream is picture:
                for frame in packet.decode():
                    frame.pict_type = PictureType.NONE
                    target.mux(coded.encode(frame))
            elif packet.dts is not None:
                packet.stream = copied
                target.mux(packet)
        target.mux(coded.encode())
    partial.rename(out)
    return out


def repeated(clip: Path, duration_s: float, out: Path) -> Path:
    """The clip's packets over and over, at least `duration_s` long."""
    if out.exists():
        return out
    partial = out.with_name(f"partial-{out.name}")
    with av.open(str(clip)) as source, av.open(str(partial), "w") as target:
        length = Fraction(source.duration or 0, av.time_base)
        streams = {
            stream.index: target.add_stream_from_template(stream)
            for stream in (source.streams.video[0], source.streams.audio[0])
        }
        for round_number in range(-(-int(duration_s * 1000) // int(length * 1000))):
            source.seek(0)
            for packet in source.demux(*(source.streams[index] for index in streams)):
                if packet.dts is None or packet.time_base is None or (packet.pts or 0) < 0:
                    continue
                shift = int(round_number * length / packet.time_base)
                packet.pts, packet.dts = (packet.pts or 0) + shift, packet.dts + shift
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    partial.rename(out)
    return out


def length_s(path: Path) -> float:
    """As the file states it."""
    with av.open(str(path)) as container:
        return (container.duration or 0) / av.time_base


def networks(clip: Path, bundle: Path | None) -> str:
    """CPU ms of four seconds of a voice and of a face, in this process."""
    recogniser = load(bundle)
    members = Members(recogniser.bundle)
    found = []
    if members.voice is not None:
        voice = np.resize(read_audio(clip, sample_rate=RATE).signal, VOICE_S * RATE)
        ms = cpu_ms(lambda: recogniser.voices(voice, RATE))
        found.append(f"{VOICE_S} s of a voice: {ms:.0f} ms of CPU (goal: 60)")
    face = members.face
    if face is not None:
        crops = list(np.random.default_rng(0).integers(0, 256, (N_FACES, SIDE, SIDE), np.uint8))
        ms = cpu_ms(lambda: members.face_outputs(face, crops)) / N_FACES
        found.append(f"a face: {ms:.1f} ms of CPU (goal: 3)")
    return ", ".join(found)


def cpu_ms(call: Callable[[], object]) -> float:
    """Median over many calls, the first left out."""
    call()
    times = []
    for _ in range(CALLS):
        began = time.process_time()
        call()
        times.append(1000 * (time.process_time() - began))
    return float(np.median(times))


def main(
    folder: Path, bundle: Path | None, seconds: float, minutes: float, *, b_frames: bool
) -> None:
    """Print all figures."""
    folder = folder / "b-frames" if b_frames else folder
    folder.mkdir(parents=True, exist_ok=True)
    clip = clip_of(folder, b_frames=b_frames)
    predicted([clip], bundle, 1)
    cold = min((predicted([clip], bundle, 1) for _ in range(3)), key=lambda cost: cost.cpu_s)
    print(f"{length_s(clip):.1f} s clip, cold: {cold.cpu_s:.2f} s of CPU (goal: 2)")
    print(networks(clip, bundle), flush=True)
    middle = repeated(clip, seconds, folder / f"{seconds:g}s.mp4")
    copy = repeated(clip, seconds, folder / f"{seconds:g}s-copy.mp4")
    once = predicted([middle], bundle, 1)
    print(
        f"{length_s(middle):.0f} s at 720p, one file: {length_s(middle) / once.wall_s:.1f} x, "
        f"{once.cpu_s:.2f} s of CPU"
    )
    both = predicted([middle, copy], bundle, 2)
    speed = 2 * length_s(middle) / both.wall_s
    print(f"two such files on two cores: {speed:.1f} x real time (goal: 8)")
    long = repeated(clip, 60 * minutes, folder / f"{minutes:g}min.mp4")
    hour = predicted([long], bundle, 1)
    print(
        f"{length_s(long) / 60:.0f} min: peak {hour.peak_mb:.0f} MB (goal: 700), "
        f"{length_s(long) / hour.wall_s:.1f} x real time, {hour.cpu_s:.0f} s of CPU"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--b-frames", action="store_true")
    given = parser.parse_args()
    main(given.folder, given.bundle, given.seconds, given.minutes, b_frames=given.b_frames)
