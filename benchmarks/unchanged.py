"""Write down what affuse answers, and compare it with what was written down before.

usage: python benchmarks/unchanged.py RECORD.json RAVDESS_FOLDER ACTION_UNITS.csv CLIPS_FOLDER
                                      [--parts predict strong ...] [--bundle DIR]

Five things that a change of the house must leave alone, to every printed digit: the table of the
recipe `classical` and of `agreement.py`, that of `affuse demo`, that of the recipe `strong` on six
speakers, and what `affuse predict` says of each clip. Where RECORD.json exists, they are compared
with it and each difference is printed (exit code 1); where it does not, it is written. With
`--bundle`, recordings are predicted by another bundle than the shipped one.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

SPEAKERS = "1-6"
PARTS = ("predict", "strong", "classical", "agreement", "demo")
VARIABLE = ("recogniser", "path")
"""Of a prediction: the bundle's name, and where the clip lies."""


def main(given: argparse.Namespace) -> int:
    """Record or compare; the number of differences, at most 1."""
    found = {name: part() for name, part in _parts(given).items() if name in given.parts}
    if not given.record.exists():
        given.record.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", "utf-8")
        print(f"{given.record}: {len(found)} parts written")
        return 0
    before = json.loads(given.record.read_text("utf-8"))
    both = {name: part for name, part in before.items() if name in found}
    changes = list(_changes("", both, json.loads(json.dumps(found))))
    for change in changes:
        print(change)
    print(f"{len(changes)} differences in {len(both)} parts")
    return min(len(changes), 1)


def _parts(given: argparse.Namespace) -> dict[str, Callable[[], Any]]:
    units = ["--features", f"video={given.action_units}"]
    six = ["--set", f"data.speakers={SPEAKERS}"]
    clips = sorted(given.clips.glob("*.mp4"))
    return {
        "predict": partial(_predictions, clips, given.bundle),
        "strong": partial(_run, "run", given.ravdess, "--recipe", "strong", *units, *six),
        "classical": partial(_run, "run", given.ravdess, "--recipe", "classical", *units),
        "agreement": partial(_agreement, given.ravdess, given.action_units),
        "demo": partial(_run, "demo"),
    }


def _predictions(clips: list[Path], bundle: str | None) -> list[dict[str, Any]]:
    chosen = () if bundle is None else ("--bundle", bundle)
    told = json.loads(_affuse("predict", *map(str, clips), *chosen, "--format", "json"))
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


def asked() -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description="What affuse answers, against a record of it.")
    parser.add_argument("record", type=Path)
    parser.add_argument("ravdess")
    parser.add_argument("action_units")
    parser.add_argument("clips", type=Path)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--bundle")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main(asked()))
