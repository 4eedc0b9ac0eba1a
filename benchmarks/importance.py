"""How far the best system drops without each group of features, and how long measuring it takes.

usage: python benchmarks/importance.py DATA FACES.csv

The recipe classical on statistics of the voice and a table of action units, in one process.
Features and finished folds are kept before the clock starts, so that the difference of two runs,
one without groups and one with them, is their cost.
"""

from __future__ import annotations

import sys
import time

from affuse.cli.importance import importance_text
from affuse.config import load_config
from affuse.experiment import run
from affuse.result import Result


def main(data: str, faces: str) -> None:
    """Print the groups that are missed most, and the seconds."""
    settings: dict[str, object] = {"data.path": data, "jobs": 1}
    settings |= {"features.audio": "voice_statistics"}
    settings |= {"features.video": faces, "bundle.enabled": False}
    _timed(settings)
    _, without_s = _timed(settings)
    result, with_s = _timed({**settings, "evaluation.importance": True})
    print(importance_text(result), "\n")
    print(f"{len(result.importances)} groups: {with_s - without_s:.0f} s more than {without_s:.0f}")


def _timed(settings: dict[str, object]) -> tuple[Result, float]:
    start = time.perf_counter()
    result = run(load_config("classical", overrides=settings))
    return result, time.perf_counter() - start


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
