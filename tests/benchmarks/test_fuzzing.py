"""The fuzzer changes files in a way that can be repeated, and notices all that must not happen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from benchmarks.fuzz import __main__ as fuzzing
from benchmarks.fuzz import crafted, mutations, seeds, targets
from benchmarks.fuzz.watching import Outcome, Watched

from affuse.errors import MediaError
from affuse.media.decode import probe

SERVANT = """
import json, os, signal, sys
for line in sys.stdin:
    if "burns" in line:
        while True:
            pass
    if "dies" in line:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "leaves" in line:
        sys.exit(3)
    print(json.dumps({"outcomes": {"probe": "read"}, "peak_bytes": 5, "seconds": 0.1}), flush=True)
"""


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with Watched((sys.executable, "-c", SERVANT), tmp_path, limit_s=0.5) as process:
        yield process


def test_a_process_that_dies_works_on_or_leaves_is_noticed_and_replaced(watched: Watched) -> None:
    good = Outcome("", {"probe": "read"}, 5, 0.1)
    assert watched.ask(Path("good")) == good
    assert watched.ask(Path("dies")).ended == "signal SIGSEGV"
    assert watched.ask(Path("good")) == good
    assert watched.ask(Path("burns")).ended == "hang"
    assert watched.ask(Path("good")) == good
    assert watched.ask(Path("leaves")).ended == "exit code 3"


def test_an_attempt_tells_refusal_from_what_nobody_foresaw() -> None:
    def raising(error: Exception) -> targets.Target:
        def read(path: Path) -> None:
            raise error

        return read

    def out_of_memory(path: Path) -> None:
        raise MediaError("too large") from MemoryError()

    assert targets.attempt(lambda path: None, Path("a")) == "read"
    assert targets.attempt(raising(MediaError("damaged")), Path("a")) == "refused"
    assert targets.attempt(out_of_memory, Path("a")) == "no memory"
    told = targets.attempt(raising(OverflowError("too wide")), Path("a"))
    assert told.startswith("foreign: OverflowError: too wide (test_fuzzing.py:")


def test_everything_that_must_not_happen_is_a_fault() -> None:
    outcomes = {"probe": "read", "predict": "foreign: KeyError: 'x' (a.py:1)", "look": "no memory"}
    found = fuzzing.faults(Outcome("", outcomes, 3 << 30, 1.0))
    assert [kind for kind, _ in found] == ["foreign tracebacks", "memory", "memory"]
    assert fuzzing.faults(Outcome("signal SIGBUS"))[0][0] == "signals"
    assert fuzzing.faults(Outcome("hang"))[0][0] == "hangs"
    assert fuzzing.faults(Outcome("", {"probe": "refused"}, 1 << 20, 19.0)) == []


def test_same_seed_same_files_and_another_seed_others(tmp_path: Path) -> None:
    source = tmp_path / "tone.wav"
    source.write_bytes(bytes(range(256)) * 40)

    def made(seed: int, folder: str) -> list[bytes]:
        (tmp_path / folder).mkdir()
        found = fuzzing.files([source], tmp_path / folder, seed)
        return [path.read_bytes() for path in islice(found, 41)]

    first = made(0, "first")
    assert first[0] == source.read_bytes()
    assert first == made(0, "again")
    assert first[1:] != made(1, "other")[1:]
    assert sum(content != first[0] for content in first) > 35


@pytest.mark.parametrize("text", [False, True])
def test_every_mutation_is_bounded_and_takes_empty_files(text: bool) -> None:
    rng = np.random.default_rng(0)
    for content in (b"", b"x", bytes(3 << 20)):
        for _ in range(30):
            assert len(mutations.mutate(content, b"other", rng, text=text)) <= mutations.MOST_BYTES


@pytest.mark.slow
def test_seeds_are_read_and_crafted_files_are_there(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "crafted").mkdir()
    paths = seeds.make_seeds(tmp_path / "seeds")
    for path in paths:
        told = {
            name: targets.attempt(read, path) for name, read in targets.targets_of(path).items()
        }
        if path.suffix not in (".csv", ".onnx"):
            assert "read" in told.values(), (path.name, told)
        assert not fuzzing.faults(Outcome("", told)), (path.name, told)
    assert {path.suffix for path in paths} >= {".mp4", ".mkv", ".webm", ".avi", ".ts", ".gif"}
    names = {path.name for path in crafted.make_crafted(tmp_path / "crafted")}
    assert {"rate_7.wav", "aspect_0.mp4", "picture_1e+08.mkv", "sound_1e+05.mkv"} <= names
    assert probe(tmp_path / "crafted" / "picture_1e+05.mkv").has_video
