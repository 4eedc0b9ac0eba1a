"""Kills ``affuse run`` and ``affuse predict`` at random moments, and counts what does not hold.

usage: python benchmarks/kills.py [100] [--seed 0] [--round 5]

A call is ended by SIGKILL, SIGTERM or SIGINT, sent to its main process alone or to its whole
group. Afterwards nothing of it may be at work any more, no file may stand half-written under its
final name, and nothing may lie in shared memory or in the folder for temporary files; the same
command then gives the same bytes as one that nobody disturbed, and leaves nothing else. A round of
kills shares one cache and one place for results, so that later calls go on where earlier ones were
ended.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile

from affuse.storage.whole import is_leftover, remove

RATE = 8000
SHARED_MEMORY = "/dev/shm/"
NOT_OURS = frozenset({".ses"})
"""What onnxruntime leaves in the folder for temporary files."""

MARK = "AFFUSE_KILLED"
GONE_WITHIN_S = 5.0
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
COMPARED = ("results.csv", "predictions.csv", "folds.csv", "speakers.csv", "index.csv")
LAST = "report.html"
FEW = ("features.video=none", "models=[{name='lda'}]", "evaluation.n_bootstrap=100")
"""A run that is soon over: at whatever moment it is killed, it is the same stages that end."""

SLOWER = 1.5
"""Two processes take longer to start than such work does in one."""


@dataclass(frozen=True)
class Kill:
    """Which call is ended, how, and when."""

    command: str
    number: signal.Signals
    whole_group: bool
    after_s: float


@dataclass
class Tally:
    """What was seen; `faults` are what must not be."""

    n_kills: int = 0
    n_in_time: int = 0
    n_again: int = 0
    faults: list[str] = field(default_factory=list)


class Ground:
    """A folder with clips, and the places for cache, results and temporary files.

    Parameters
    ----------
    clips : Path
        Folder of a made corpus with its table.
    place : Path
    """

    def __init__(self, clips: Path, place: Path) -> None:
        self.clips, self.place = clips, place
        self.temporary = place / "tmp"
        self.temporary.mkdir(parents=True)

    def out(self, command: str) -> Path:
        """Where the results of a command go."""
        return self.place / ("run" if command == "run" else "emotions.csv")

    def line(self, command: str, jobs: int = 2) -> list[str]:
        """The command as it is called."""
        start = [sys.executable, "-m", "affuse", command]
        if command == "run":
            given = [self.clips / "clips.csv", *(f"--set={each}" for each in FEW)]
        else:
            given = [*sorted(self.clips.glob("*.wav")), "--resume", "--format", "csv"]
        return [*start, *map(str, given), "--jobs", str(jobs), "--out", str(self.out(command))]

    def environment(self, mark: str) -> dict[str, str]:
        """Variables under which processes of a call are known by their mark."""
        return {
            **os.environ,
            "AFFUSE_CACHE": str(self.place / "cache"),
            "TMPDIR": str(self.temporary),
            "OMP_NUM_THREADS": "1",
            MARK: mark,
        }

    def whole(self, command: str) -> str | None:
        """What is wrong with what stands under the final name; None where it is whole or absent."""
        out = self.out(command)
        if command == "run" and out.exists() and not (out / LAST).is_file():
            return f"{out} without {LAST}"
        if command == "predict" and out.exists() and not out.read_bytes().endswith(b"\n"):
            return f"{out} does not end with a line"
        return None

    def results(self, command: str) -> dict[str, bytes]:
        """Contents of the files that must not differ."""
        out = self.out(command)
        files = [out / name for name in COMPARED] if command == "run" else [out]
        return {file.name: file.read_bytes() for file in files}

    def left(self) -> list[str]:
        """What is not whole anywhere, locks and temporary files included."""
        hidden = [p for p in self.place.rglob(".*") if is_leftover(p.name) or "in-work" in p.name]
        temporary = [p for p in self.temporary.iterdir() if p.name not in NOT_OURS]
        return [str(path) for path in (*hidden, *temporary)]


def made_clips(folder: Path, n_speakers: int = 3, n_takes: int = 3) -> Path:
    """Tones in noise of two emotions, with a table."""
    folder.mkdir(parents=True)
    rng, rows = np.random.default_rng(0), ["path,emotion,speaker"]
    for speaker in range(n_speakers):
        for emotion, hz in (("calm", 200), ("angry", 600)):
            for take in range(n_takes):
                name = f"{speaker}-{emotion}-{take}.wav"
                tone = 0.3 * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)
                soundfile.write(folder / name, tone + 0.1 * rng.normal(size=RATE), RATE)
                rows.append(f"{name},{emotion},{speaker}")
    (folder / "clips.csv").write_text("\n".join(rows) + "\n", "utf-8")
    return folder


def undisturbed(ground: Ground, command: str) -> tuple[dict[str, bytes], float]:
    """Results of a call in one process that nobody ends, and about how long one in two takes."""
    started, line = time.monotonic(), ground.line(command, jobs=1)
    subprocess.run(line, env=ground.environment("none"), check=True, capture_output=True)
    return ground.results(command), SLOWER * (time.monotonic() - started)


def killed(ground: Ground, kill: Kill, mark: str, tally: Tally) -> bool:
    """Begin a call, end it, and look at what is left; False where it came through before."""
    process = subprocess.Popen(
        ground.line(kill.command),
        env=ground.environment(mark),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    time.sleep(kill.after_s)
    in_time = process.poll() is None
    memory = shared_memory(mark)
    if in_time:
        (os.killpg if kill.whole_group else os.kill)(process.pid, kill.number)
    _, told = process.communicate(timeout=60)
    tally.n_kills += 1
    tally.n_in_time += in_time
    found = [f"{n} processes left" for n in [left_at_work(mark)] if n]
    found += [what for what in [ground.whole(kill.command)] if what]
    found += [f"{path} left" for path in memory if Path(path).exists()]
    if kill.number != signal.SIGKILL and ("Traceback" in told or "descriptor" in told):
        found.append(f"it said {told[-2000:]}")
    if in_time and kill.number != signal.SIGKILL:
        expected = {128 + kill.number, -kill.number, 0}
        found += [f"exit code {process.returncode}"] if process.returncode not in expected else []
    tally.faults += [f"{kill}: {what}" for what in found]
    return in_time


def shared_memory(mark: str) -> set[str]:
    """Files in shared memory that processes of a call have open or mapped."""
    found = set()
    for process_id in _marked(mark):
        with suppress(OSError):
            maps = Path(f"/proc/{process_id}/maps").read_text().splitlines()
            found |= {line.split()[-1] for line in maps if SHARED_MEMORY in line}
    return found


def left_at_work(mark: str) -> int:
    """Processes of a call that are there after a moment of patience; they are ended then."""
    until = time.monotonic() + GONE_WITHIN_S
    while (found := _marked(mark)) and time.monotonic() < until:
        time.sleep(0.02)
    for process_id in found:
        os.kill(process_id, signal.SIGKILL)
    return len(found)


def _marked(mark: str) -> list[int]:
    """Ids of living processes with a mark in their environment, whoever is their parent."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def again(ground: Ground, command: str, expected: Mapping[str, bytes], tally: Tally) -> None:
    """The same command once more, to its end."""
    line = ground.line(command)
    if command == "run" and ground.out(command).exists():
        ended = None  # One that came through: a second run is refused, and need not be.
    else:
        ended = subprocess.run(
            line, env=ground.environment("again"), capture_output=True, text=True
        )
    tally.n_again += 1
    if ended is not None and ended.returncode:
        tally.faults.append(f"{command} again: {ended.stderr[-2000:]}")
    elif ground.results(command) != expected:
        tally.faults.append(f"{command} again: other results")
    tally.faults += [f"{command} again: {path} left" for path in ground.left()]


def kills(
    n_kills: int, seed: int, per_round: int, place: Path, tally: Tally | None = None
) -> Tally:
    """So many kills in rounds of one command each; `tally` grows with each of them."""
    rng, tally = np.random.default_rng(seed), tally or Tally()
    clips = made_clips(place / "clips")
    commands = ("run", "predict")
    known = {name: undisturbed(Ground(clips, place / f"{name}-alone"), name) for name in commands}
    for start in range(0, n_kills, per_round):
        command = commands[start // per_round % 2]
        expected, took_s = known[command]
        ground = Ground(clips, place / f"round-{start}")
        for number in range(start, min(start + per_round, n_kills)):
            after_s = float(rng.uniform(0.1, took_s))
            which = SIGNALS[int(rng.integers(len(SIGNALS)))]
            kill = Kill(command, which, bool(rng.integers(2)), after_s)
            in_time = killed(ground, kill, f"{os.getpid()}-{number}", tally)
            if not in_time or ground.out(command).exists():
                # It came through: the next ones begin anew, and are ended sooner. Where results
                # lie, they would be refused before they are ended.
                remove(ground.out(command))
                took_s *= 0.7
        again(ground, command, expected, tally)
    return tally


def main() -> None:
    """Kill, count, and exit with 1 where something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("n_kills", nargs="?", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--round", type=int, default=5)
    asked = parser.parse_args()
    tally = Tally()
    with (
        tempfile.TemporaryDirectory(prefix="affuse-kills-") as folder,
        suppress(KeyboardInterrupt),  # Ctrl-C: what was seen so far.
    ):
        kills(asked.n_kills, asked.seed, asked.round, Path(folder), tally)
    print(
        f"{tally.n_kills} kills, {tally.n_in_time} of them before the end; {tally.n_again} calls "
        f"that went on; {len(tally.faults)} faults"
    )
    for what, count in Counter(tally.faults).most_common():
        print(f"  {count} x {what}")
    sys.exit(bool(tally.faults))


if __name__ == "__main__":
    main()
