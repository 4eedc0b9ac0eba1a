"""How the cost of features grows with the number of clips: CPU, peak memory, the second run.

usage: python benchmarks/growth.py FOLDER [--clips 8,32,128,512] [--jobs 2] [--set KEY=VALUE ...]
                                   [--json FILE]

Every clip is the first second of one of four generated 720p clips, copied without encoding it anew
under a title of its own: no two files have the same content, so each is decoded and computed. By
default the features are MFCC and those of an untrained VGG16 on every second frame. `affuse
features` runs twice for each size, first on an empty store. CPU is that of all processes of a run;
memory is the largest sum of their resident sets, sampled every 50 ms, in which pages that
processes share count for each of them.

goals: CPU per clip and peak memory of 512 clips within 10 % of 32 clips; the second run of 512
clips 50 times quicker. What every run needs, however few its clips, is among the CPU of each.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import av
import psutil

from affuse.synthetic.corpus import synthesise

CLIP_S = 1.0
SAMPLE_S = 0.05
SETTINGS = ("features.vgg_face.frame_step=2",)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one command and all processes that it started."""

    wall_s: float
    cpu_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Growth:
    """What so many clips cost, first and once they are stored."""

    n_clips: int
    first: Cost
    second: Cost

    @property
    def cpu_per_clip_s(self) -> float:
        """Of the first run."""
        return self.first.cpu_s / self.n_clips

    @property
    def quicker(self) -> float:
        """How many times quicker the second run is."""
        return self.first.wall_s / self.second.wall_s


def tree_mib(process: psutil.Process) -> float:
    """Resident memory of a process and of its descendants, in MiB; 0 for those that are gone."""
    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0.0
    for member in family:
        try:
            total += member.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total / 2**20


def cost_of(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command to its end; exits where it fails."""
    began = time.perf_counter()
    peak = 0.0
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        watched = psutil.Process(process.pid)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, tree_mib(watched))
            time.sleep(SAMPLE_S)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"failed: {' '.join(command)}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, peak)


def titled(source: Path, title: str, out: Path) -> None:
    """Copy a clip's first second under a title, without encoding it anew.

    Packets are cut in the order of decoding, so that no frame misses one that it refers to.
    """
    partial = out.with_name(f"partial-{out.name}")
    with av.open(str(source)) as container, av.open(str(partial), "w") as target:
        target.metadata["title"] = title
        streams = {
            stream.index: target.add_stream_from_template(stream)
            for stream in (container.streams.video[0], container.streams.audio[0])
        }
        for packet in container.demux(*(container.streams[index] for index in streams)):
            if packet.dts is None or packet.time_base is None:
                continue
            if packet.dts * packet.time_base < CLIP_S:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    partial.rename(out)


def table_of(folder: Path, n_clips: int) -> Path:
    """A table of so many clips; those that an earlier call made are left as they are."""
    sources = synthesise(
        folder / "corpus", speakers=2, emotions=("calm", "angry"), takes=1, jobs=None
    )
    clips = folder / "clips"
    clips.mkdir(parents=True, exist_ok=True)
    rows = ["path,emotion,speaker"]
    for number in range(n_clips):
        path = (clips / f"{number:06}.mp4").resolve()
        if not path.exists():
            titled(sources[number % len(sources)], f"clip {number}", path)
        rows.append(f"{path},{('calm', 'angry')[number % 2]},{number // 2 % 4}")
    table = folder / f"{n_clips}.csv"
    table.write_text("\n".join(rows) + "\n", "utf-8")
    return table


def growth(table: Path, n_clips: int, jobs: int, settings: list[str]) -> Growth:
    """Compute the features of a table's clips on an empty store, then ask for them again."""
    command = [sys.executable, "-m", "affuse", "features", str(table), "--jobs", str(jobs)]
    for setting in settings:
        command += ["--set", setting]
    with tempfile.TemporaryDirectory(dir=table.parent, prefix="store-") as store:
        environment = {**os.environ, "AFFUSE_CACHE": store}
        return Growth(n_clips, cost_of(command, environment), cost_of(command, environment))


def main(given: argparse.Namespace) -> None:
    """Print a line for each size, then how the largest compares with 32 clips."""
    settings = [*SETTINGS, *given.set]
    given.folder.mkdir(parents=True, exist_ok=True)
    found: list[Growth] = []
    print(f"{'clips':>6} {'CPU s/clip':>11} {'peak MiB':>9} {'first s':>8} {'second s':>9} quicker")
    for n_clips in sorted(int(size) for size in given.clips.split(",")):
        one = growth(table_of(given.folder, n_clips), n_clips, given.jobs, settings)
        found.append(one)
        print(
            f"{n_clips:>6} {one.cpu_per_clip_s:>11.3f} {one.first.peak_mib:>9.0f} "
            f"{one.first.wall_s:>8.1f} {one.second.wall_s:>9.2f} {one.quicker:>6.1f}x",
            flush=True,
        )
    base = next((one for one in found if one.n_clips == 32), found[0])
    last = found[-1]
    print(
        f"{last.n_clips} clips against {base.n_clips}: CPU per clip "
        f"{last.cpu_per_clip_s / base.cpu_per_clip_s:.3f}, "
        f"peak {last.first.peak_mib / base.first.peak_mib:.3f} (goals: 0.9 to 1.1)"
    )
    if given.json:
        record = {"settings": settings, "jobs": given.jobs, "sizes": []}
        record["sizes"] = [dataclasses.asdict(one) for one in found]
        given.json.write_text(json.dumps(record, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", default="8,32,128,512")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--json", type=Path)
    main(parser.parse_args())
