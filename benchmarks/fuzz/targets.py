"""The watched process: reads names of files, puts each through what reads such files, and answers.

One line of JSON for each: what every target did, the peak of memory, the seconds.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

from affuse.bundle.bundle import manifest_hash
from affuse.bundle.graph_safety import check_graph
from affuse.bundle.manifest import MANIFEST
from affuse.bundle.reader import read_bundle
from affuse.corpora.table import read_table
from affuse.errors import AffuseError
from affuse.export.document import read_json
from affuse.features.read_precomputed import read_precomputed
from affuse.media.audio import read_audio
from affuse.media.decode import probe
from affuse.media.video import sample_frames
from affuse.predict.recogniser import SHIPPED, Recogniser, load
from affuse.splits.fold_files import read_folds

Target = Callable[[Path], object]

ADDRESS_SPACE_BYTES = 8 << 30
"""Of the process, threads and libraries included: beyond, the system says no."""

READ, REFUSED, NO_MEMORY = "read", "refused", "no memory"
FOREIGN = "foreign: "
"""Begins what is told of an error that affuse did not raise on purpose."""


def targets_of(path: Path) -> Mapping[str, Target]:
    """What reads such a file."""
    return _BY_SUFFIX.get(path.suffix, _MEDIA)


def attempt(target: Target, path: Path) -> str:
    """What became of one attempt: `READ`, `REFUSED`, `NO_MEMORY`, or what is foreign and where."""
    try:
        target(path)
    except AffuseError as error:
        return NO_MEMORY if isinstance(error.__cause__, MemoryError) else REFUSED
    except MemoryError:
        return NO_MEMORY
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        told = f"{type(error).__name__}: {str(error)[:200]}"
        return f"{FOREIGN}{told} ({Path(place.filename).name}:{place.lineno})"
    return READ


def serve(asked: Iterator[str], answers: IO[str]) -> None:
    """Answer one line for each name until there are no more."""
    for line in asked:
        path = Path(line.rstrip("\n"))
        _forget_peak()
        started = time.perf_counter()
        outcomes = {name: attempt(target, path) for name, target in targets_of(path).items()}
        seconds = time.perf_counter() - started
        answer = {"outcomes": outcomes, "peak_bytes": _peak_bytes(), "seconds": seconds}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _look(path: Path) -> None:
    for _ in sample_frames(path, per_s=2.0, short_side=120):
        pass


def _predict(path: Path) -> None:
    _recogniser().predict(path)


@cache
def _recogniser() -> Recogniser:
    return load()


def _bundle(path: Path) -> None:
    """As the manifest of a bundle; sealed anew where it is JSON, so that its fields are read."""
    content = path.read_bytes()
    with suppress(ValueError, TypeError, RecursionError):
        fields = json.loads(content)
        content = json.dumps({**fields, "sha256": manifest_hash(fields)}).encode()
    folder = _bundle_folder()
    (folder / MANIFEST).write_bytes(content)
    read_bundle(folder)


@cache
def _bundle_folder() -> Path:
    """A copy of the shipped bundle, for as long as the folder that the person gave lasts."""
    folder = Path(tempfile.mkdtemp(prefix="bundle-"))
    return Path(shutil.copytree(SHIPPED, folder, dirs_exist_ok=True))


def _graph(path: Path) -> None:
    check_graph(path.name, path.read_bytes())


def _features(path: Path) -> None:
    read_precomputed(path, "audio")


_MEDIA: Mapping[str, Target] = {
    "probe": probe,
    "read_audio": read_audio,
    "sample_frames": _look,
    "predict": _predict,
}
_BY_SUFFIX: Mapping[str, Mapping[str, Target]] = {
    ".csv": {"read_table": read_table, "read_precomputed": _features, "read_folds": read_folds},
    ".json": {"read_json": read_json},
    ".bundle": {"read_bundle": _bundle},
    ".onnx": {"check_graph": _graph},
}


def _forget_peak() -> None:
    """Let the system measure the peak anew from here on, where it can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    try:
        (line,) = (
            line
            for line in Path("/proc/self/status").read_text().splitlines()
            if line.startswith("VmHWM")
        )
        return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Bound the memory, keep what libraries print away from the answers, and serve."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.dup2(nowhere, sys.stderr.fileno())
    serve(iter(sys.stdin.readline, ""), answers)


if __name__ == "__main__":
    main()
