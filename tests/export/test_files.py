"""New files and folders are whole or not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from affuse.errors import OutputError
from affuse.export.files import write_text
from affuse.storage.whole import new_path


def make(path: Path, kind: str) -> None:
    if kind == "folder":
        path.mkdir()
        path = path / "file"
    path.write_text("new")


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_it_appears_once_it_is_whole(tmp_path, kind):
    target = tmp_path / "a" / "b.txt"
    with new_path(target) as temporary:
        make(temporary, kind)
        assert temporary.suffix == ".txt"
        assert not target.exists()
    assert target.is_dir() == (kind == "folder")
    assert list(target.parent.iterdir()) == [target]


def write_then(target: Path, kind: str, end: Callable[[], object]) -> None:
    """Begin a new file or folder, then let something happen before its end."""
    with new_path(target) as temporary:
        make(temporary, kind)
        end()


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("kind", ["file", "folder"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError()])
def test_what_was_begun_is_removed(tmp_path, kind, error):
    with pytest.raises(type(error)):
        write_then(tmp_path / "b.txt", kind, lambda: fail(error))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told(tmp_path):
    error = OSError(28, "No space left on device")
    with pytest.raises(OutputError, match=r"b\.txt cannot be written \(No space left on device\)"):
        write_then(tmp_path / "b.txt", "file", lambda: fail(error))
    assert list(tmp_path.iterdir()) == []


def test_a_name_taken_meanwhile_is_left_alone(tmp_path):
    target = tmp_path / "b.txt"
    with pytest.raises(OutputError, match="exists already"):
        write_then(target, "file", lambda: target.write_text("other"))
    assert [path.read_text() for path in tmp_path.iterdir()] == ["other"]


def test_a_link_to_nowhere_is_a_taken_name(tmp_path):
    (tmp_path / "b.txt").symlink_to(tmp_path / "gone")
    with pytest.raises(OutputError, match="exists already"):
        write_text(tmp_path / "b.txt", "new")
