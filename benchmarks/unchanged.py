"""Write down what affuse answers, and compare it with what was written down before.

usage: python benchmarks/unchanged.py RECORD.json RAVDESS_FOLDER ACTION_UNITS.csv CLIPS_FOLDER

Four things that a change of the house must leave alone, to every printed digit: the table of the
recipe `classical` and of `agreement.py`, that of `affuse demo`, that of the recipe `strong` on six
speakers, and what `affuse predict` says of each clip. Where RECORD.json exists, they are compared
with it and each difference is printed (exit code 1); where it does not, it is written.
"""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SPEAKERS = "1-6"
VARIABLE = ("recogniser", "path")
"""Of a prediction: the bundle's name, and where the clip lies."""


def main(record: Path, ravdess: str, action_units: str, clips: Path) -> int:
    """Record or compare; the number of differences, at most 1."""
    found = dict(_found(ravdess, action_units, clips))
    if not record.exists():
        record.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
        print(f"{record}: {len(found)} parts written")
        return 0
    before = json.loads(record.read_text("utf-8"))
    changes = list(_changes("", before, json.loads(json.dumps(found))))
    for change in changes:
        print(change)
    print(f"{len(changes)} differences in {len(before)} parts")
    return min(len(changes), 1)


def _found(ravdess: str, action_units: str, clips: Path) -> Iterator[tuple[str, Any]]:
    yield "predict", _predictions(sorted(clips.glob("*.mp4")))
    units = ["--features", f"video={action_units}"]
    six = ["--set", f"data.speakers={SPEAKERS}"]
    yield "strong", _run("run", ravdess, "--recipe", "strong", *units, *six)
    yield "classical", _run("run", ravdess, "--recipe", "classical", *units)
    yield "agreement", _agreement(ravdess, action_units)
    yield "demo", _run("demo")


def _predictions(clips: list[Path]) -> list[dict[str, Any]]:
    told = json.loads(_affuse("predict", *map(str, clips), "--format", "json"))
    files = told if isinstance(told, list) else told["predictions"]
    return [{k: v for k, v in each.items() if k not in VARIABLE} for each in files]


def _agreement(ravdess: str, action_units: str) -> list[str]:
    script = Path(__file__).with_name("agreement.py")
    command = [sys.executable, str(script), ravdess, action_units]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def _run(*arguments: str) -> dict[str, Any]:
    """Rows of the results by name, and a digest of every prediction as printed."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        where = ("--folder", folder) if arguments[0] == "demo" else ("--out", str(out))
        _affuse(*arguments, *where)
        with (out / "results.csv").open(newline="", encoding="utf-8") as file:
            rows = {f"{row['system']} | {row['modality']}": row for row in csv.DictReader(file)}
        lines = sorted((out / "predictions.csv").read_text("utf-8").splitlines())
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return {"results": rows, "predictions": digest}


def _affuse(*arguments: str) -> str:
    command = [sys.executable, "-m", "affuse", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def _changes(where: str, before: Any, after: Any) -> Iterator[str]:
    """Each difference, with its place; what is new is none."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before:
            yield from _changes(f"{where}/{key}", before[key], after.get(key))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, pair in enumerate(zip(before, after, strict=True)):
            yield from _changes(f"{where}/{number}", *pair)
    elif before != after:
        yield f"{where}: {before!r} was written down, {after!r} is found"


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], Path(sys.argv[4])))
