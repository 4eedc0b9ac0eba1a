"""Make the files, put them through, count, keep what went wrong; see the package's first lines."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from benchmarks.fuzz.crafted import make_crafted
from benchmarks.fuzz.mutations import mutate
from benchmarks.fuzz.seeds import make_seeds
from benchmarks.fuzz.targets import FOREIGN, NO_MEMORY, READ
from benchmarks.fuzz.watching import Outcome, Watched

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 2 << 30
"""Memory that one small file may take at its peak."""

TARGETS = (sys.executable, "-m", "benchmarks.fuzz.targets")
TEXT = (".csv", ".json", ".bundle")


@dataclass
class Counts:
    """What was counted so far."""

    files: int = 0
    targets: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    peak: tuple[int, str] = (0, "")
    slowest: tuple[float, str] = (0.0, "")

    def add(self, name: str, outcome: Outcome) -> list[str]:
        """Take one file in; what went wrong with it."""
        self.files += 1
        self.targets.update(told.split(":")[0] for told in outcome.outcomes.values())
        self.peak = max(self.peak, (outcome.peak_bytes, name))
        self.slowest = max(self.slowest, (outcome.seconds, name))
        found = faults(outcome)
        self.faults.update(kind for kind, _ in found)
        return [f"{kind}: {told}" for kind, told in found]

    def lines(self) -> Iterator[str]:
        """What is printed in the end."""
        told = ", ".join(f"{kind} {n}" for kind, n in sorted(self.targets.items()))
        yield f"{self.files} files; {told}"
        yield ", ".join(f"{kind} {self.faults[kind]}" for kind in KINDS)
        yield f"peak memory {self.peak[0] / 2**20:.0f} MiB ({self.peak[1]})"
        yield f"slowest {self.slowest[0]:.1f} s ({self.slowest[1]})"


KINDS = ("signals", "hangs", "foreign tracebacks", "memory")


def faults(outcome: Outcome) -> list[tuple[str, str]]:
    """Kind and words of everything that must not happen."""
    found = []
    if outcome.ended:
        kind = "hangs" if outcome.ended == "hang" else "signals"
        found.append((kind, f"{outcome.ended} after {outcome.seconds:.1f} s"))
    for target, told in outcome.outcomes.items():
        if told.startswith(FOREIGN):
            found.append(("foreign tracebacks", f"{target}: {told.removeprefix(FOREIGN)}"))
        elif told == NO_MEMORY:
            found.append(("memory", f"{target}: more than there is"))
    if outcome.peak_bytes > MOST_BYTES:
        found.append(("memory", f"{outcome.peak_bytes / 2**20:.0f} MiB"))
    return found


def files(sources: Sequence[Path], folder: Path, seed: int) -> Iterator[Path]:
    """The sources as they are, then without end changed ones, each removed after its turn."""
    yield from sources
    contents = [path.read_bytes() for path in sources]
    for number in range(1_000_000_000):
        rng = np.random.default_rng([seed, number])
        one, other = rng.integers(len(sources), size=2)
        text = sources[one].suffix in TEXT
        made = folder / f"{number:06d}_{sources[one].name}"
        made.write_bytes(mutate(contents[one], contents[other], rng, text=text))
        yield made
        made.unlink(missing_ok=True)


def fuzz(seed: int, n_files: int | None, seconds: float | None, keep: Path) -> Counts:
    """Put files through until so many are done or so much time has passed."""
    counts, started = Counts(), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="affuse-fuzz-") as place:
        folders = [Path(place) / name for name in ("seeds", "crafted", "mutated", "scratch")]
        for folder in folders:
            folder.mkdir()
        sources = make_seeds(folders[0]) + make_crafted(folders[1])
        with Watched(TARGETS, folders[3]) as watched:
            for path in files(sources, folders[2], seed):
                spent_s = time.monotonic() - started
                if counts.files == n_files or (seconds is not None and spent_s > seconds):
                    break
                for told in counts.add(path.name, watched.ask(path)):
                    print(f"{_kept(path, keep)}: {told}", flush=True)
                if counts.files % 500 == 0:
                    print(f"{counts.files} files, {spent_s:.0f} s", flush=True)
    print(f"seed {seed}, {time.monotonic() - started:.0f} s: " + "\n".join(counts.lines()))
    return counts


def _kept(path: Path, keep: Path) -> Path:
    """A copy of a file that went wrong, where it stays."""
    keep.mkdir(parents=True, exist_ok=True)
    copy = keep / path.name
    copy.write_bytes(path.read_bytes())
    return copy


def main() -> None:
    """Do what is asked for; exit code 1 if anything went wrong."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz")
    parser.add_argument("--files", type=int)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=ROOT / "build" / "fuzz")
    asked = parser.parse_args()
    n_files = 5000 if asked.files is None and asked.seconds is None else asked.files
    counts = fuzz(asked.seed, n_files, asked.seconds, asked.keep)
    if counts.targets[READ] == 0:
        print("nothing at all was read: the check itself is broken")
        raise SystemExit(1)
    raise SystemExit(int(counts.faults.total() > 0))


if __name__ == "__main__":
    main()
