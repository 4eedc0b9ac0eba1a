"""CPU seconds and peak memory of one command of affuse, with two source trees in turn.

usage: python benchmarks/side_by_side.py BEFORE/src AFTER/src N cached|fresh -- COMMAND...

such as `-- predict talk.mp4`. cached: each tree runs it once beforehand, with a cache of its own
that stays for the N runs that count; fresh: nothing is kept from run to run. A folder named `{new}`
in the command is another one each time.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

Cost = tuple[float, float]


def main(before: str, after: str, n: int, command: list[str], *, fresh: bool) -> None:
    """Print medians of both trees, and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, list[Cost]] = {before: [], after: []}
        for number in range(0 if fresh else -1, n):
            for place, tree in enumerate(found):
                kept = Path(folder) / (f"{place}-{number}" if fresh else str(place))
                cost = _cost(tree, command, kept, number)
                if number >= 0:
                    found[tree].append(cost)
    print(f"affuse {' '.join(command)}   medians of {n}")
    medians = [[statistics.median(column) for column in zip(*found[t], strict=True)] for t in found]
    for name, (old, new) in zip(("CPU s", "peak MB"), zip(*medians, strict=True), strict=True):
        print(f"{name:<8}before {old:9.2f}   after {new:9.2f}   ratio {new / old:.3f}")


def _cost(tree: str, command: list[str], place: Path, number: int) -> Cost:
    """CPU seconds of the command and its children, and the peak of the largest process in MB."""
    place.mkdir(exist_ok=True)
    words = [word.replace("{new}", str(place / f"new{number}")) for word in command]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(tree).resolve()),
        "AFFUSE_CACHE": str(place / "cache"),
        "OMP_NUM_THREADS": "1",
    }
    child = os.fork()
    if not child:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        os.execve(sys.executable, [sys.executable, "-m", "affuse", *words], environment)
    _, status, usage = os.wait4(child, 0)
    if status:
        sys.exit(
            f"affuse {' '.join(words)} ended with {os.waitstatus_to_exitcode(status)} in {tree}"
        )
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


if __name__ == "__main__":
    if len(sys.argv) < 7 or sys.argv[5] != "--" or sys.argv[4] not in ("cached", "fresh"):
        sys.exit(__doc__)
    main(*sys.argv[1:3], int(sys.argv[3]), sys.argv[6:], fresh=sys.argv[4] == "fresh")
