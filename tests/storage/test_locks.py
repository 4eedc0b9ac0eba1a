"""A place is one call's alone for as long as its process lives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from affuse.cli.running import free_folder
from affuse.errors import OutputError
from affuse.storage.locks import claimed, is_claimed, remove_free_locks

HOLD = """
import sys
from affuse.storage.locks import claimed
from pathlib import Path
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(path: Path) -> subprocess.Popen[str]:
    """A process that has claimed a path, until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def claim(path: Path) -> None:
    with claimed(path):
        pass


def test_second_one_is_told_who_has_it(tmp_path: Path) -> None:
    with holder(tmp_path / "run") as first:
        assert is_claimed(tmp_path / "run")
        assert free_folder(tmp_path / "run") == tmp_path / "run-2"
        with pytest.raises(OutputError, match=rf"run is being written by process {first.pid} on "):
            claim(tmp_path / "run")
        claim(tmp_path / "other")
        first.communicate()
    assert not is_claimed(tmp_path / "run")
    claim(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    with holder(tmp_path / "run") as first:
        first.kill()
    assert first.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 1
    assert not is_claimed(tmp_path / "run")
    claim(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_free_locks_are_removed_and_held_ones_stay(tmp_path: Path) -> None:
    with holder(tmp_path / "dead") as dead:
        dead.kill()
    with claimed(tmp_path / "run"):
        remove_free_locks(tmp_path)
        assert len(list(tmp_path.iterdir())) == 1
        with pytest.raises(OutputError, match=f"by process {os.getpid()} on "):
            claim(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_link_and_its_target_are_one_place(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with claimed(tmp_path / "link"), pytest.raises(OutputError, match="is being written by"):
        claim(tmp_path / "elsewhere")


def test_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/run cannot be written \(.*\); expected a folder"):
        claim(tmp_path / "file" / "run")


def test_folders_that_were_made_for_nothing_are_gone(tmp_path: Path) -> None:
    with pytest.raises(OutputError), claimed(tmp_path / "runs" / "of today" / "run"):
        raise OutputError("full")
    assert not list(tmp_path.iterdir())
    with claimed(tmp_path / "runs" / "run"):
        (tmp_path / "runs" / "run").mkdir()
    assert (tmp_path / "runs" / "run").is_dir()
    (tmp_path / "mine").mkdir()
    with claimed(tmp_path / "mine" / "run"):
        pass
    assert (tmp_path / "mine").is_dir()
