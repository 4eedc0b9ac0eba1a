"""What it costs to tell people apart: CPU seconds and peak memory of a prediction.

usage: python benchmarks/people_cost.py FILE [FILE ...] [--times 3] [--minutes 10 60]

Each file is predicted with and without --people, in turn, in processes of their own; medians. With
--minutes the first file is also shown again and again until it is so long (its packets are copied,
not coded anew).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from statistics import median

import av

_GAP_S = Fraction(1, 5)
"""Between two showings, so that no packet comes before one that has been written."""

MODES: dict[str, list[str]] = {"without": [], "people": ["--people"]}


def cost(path: Path, options: Sequence[str]) -> tuple[float, float]:
    """CPU seconds and peak MiB of one prediction."""
    command = [sys.executable, "-m", "affuse", "predict", str(path), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def repeated(path: Path, minutes: float, out: Path) -> Path:
    """The same file over and over until it lasts so long."""
    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
        lasts_s = Fraction(source.duration, av.time_base) + _GAP_S
        for number in range(round(minutes * 60 / lasts_s) or 1):
            source.seek(0)
            for packet in source.demux():
                if packet.dts is None:
                    continue
                shift = round(number * lasts_s / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return out


def line(title: str, path: Path, times: int) -> str:
    """Medians of one file, and their ratio."""
    runs = [[cost(path, options) for options in MODES.values()] for _ in range(times)]
    without, people = (
        [median(run[mode][part] for run in runs) for part in (0, 1)] for mode in (0, 1)
    )
    ratio = people[0] / without[0]
    return (
        f"{title:40} {without[0]:7.2f} {people[0]:7.2f}  {ratio:5.2f}"
        f"   {without[1]:6.0f} {people[1]:6.0f}"
    )


def main() -> None:
    """Print a line for each file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--minutes", type=float, nargs="*", default=[])
    given = parser.parse_args()
    print(f"{'':40}     CPU seconds        peak MiB")
    print(f"{'':40} without  people  ratio   without people")
    for path in given.files:
        print(line(path.name, path, given.times), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for minutes in given.minutes:
            long = repeated(given.files[0], minutes, Path(folder) / f"{minutes:g}.mkv")
            print(line(f"{given.files[0].name}, {minutes:g} min", long, 1), flush=True)
            long.unlink()


if __name__ == "__main__":
    main()
