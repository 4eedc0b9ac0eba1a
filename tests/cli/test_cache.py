"""`affuse cache`: what is kept, and how it is dropped."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from affuse.cli import main
from affuse.storage.cache import DAY_S, cache_folder


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["cache", *arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def kept() -> dict[str, Path]:
    """An old array, a new fold, an old download."""
    files = {"features/ab/old.npy": 9.0, "folds/new.npz": 0.0, "weights/vgg.h5": 30.0}
    paths = {}
    for name, age_days in files.items():
        path = cache_folder() / name
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(1_000_000))
        os.utime(path, (time.time() - age_days * DAY_S,) * 2)
        paths[path.name] = path
    return paths


def test_says_what_is_kept(kept, capsys):
    assert run() == 0
    message = capsys.readouterr().out.splitlines()
    assert message[0] == str(cache_folder())
    assert [line.split() for line in message[1:]] == [
        ["features", "1", "file,", "1.0", "MB,", "oldest", "9", "days"],
        ["folds", "1", "file,", "1.0", "MB,", "oldest", "0", "days"],
        ["weights", "1", "file,", "1.0", "MB,", "oldest", "30", "days"],
    ]


def test_an_empty_cache_is_no_fault(capsys):
    assert run() == 0
    assert run("prune", "--older-than", "0") == 0
    assert "Removed 0 files, 0.0 MB." in capsys.readouterr().out


def test_removes_what_is_old_and_not_what_was_fetched(kept, capsys):
    assert run("prune", "--older-than", "7") == 0
    assert capsys.readouterr().out == "Removed 1 file, 1.0 MB.\n"
    assert [name for name, path in kept.items() if path.exists()] == ["new.npz", "vgg.h5"]


def test_removes_downloads_when_told_so(kept):
    assert run("prune", "--older-than", "0", "--fetched") == 0
    assert not any(path.exists() for path in kept.values())


@pytest.mark.parametrize("days", ["-1", "nan"])
def test_days_that_are_none_are_refused(kept, capsys, days):
    assert run("prune", "--older-than", days) == 2
    assert "expected days, 0 or more" in capsys.readouterr().err
    assert all(path.exists() for path in kept.values())
