"""New files and folders are whole or not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from affuse.errors import OutputError
from affuse.storage.whole import (
    atomic_file,
    is_alive,
    is_leftover,
    new_folder,
    new_path,
    owned_name,
    remove_leftovers,
    replacing_folder,
    write_new_text,
    write_text,
)


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


@pytest.mark.parametrize("before", [[], ["old"]])
def test_a_folder_takes_the_place_of_another(tmp_path, before):
    place = tmp_path / "run"
    for name in before:
        place.mkdir()
        (place / name).write_text("old")
    with replacing_folder(place, "run") as whole:
        (whole / "new").write_text("new")
        assert [path.name for path in place.glob("*")] == before
    assert [path.name for path in place.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [place]


def test_a_folder_stays_where_its_successor_fails(tmp_path):
    place = tmp_path / "run"
    place.mkdir()
    (place / "old").write_text("old")

    def replace_and_fail() -> None:
        with replacing_folder(place, "run") as whole:
            (whole / "new").write_text("new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_and_fail()
    assert [path.name for path in place.iterdir()] == ["old"]
    assert list(tmp_path.iterdir()) == [place]


def test_a_link_to_nowhere_is_a_taken_name(tmp_path):
    (tmp_path / "b.txt").symlink_to(tmp_path / "gone")
    with pytest.raises(OutputError, match="exists already"):
        write_new_text(tmp_path / "b.txt", "new")


def replace_then(target: Path, end: Callable[[], object]) -> None:
    with atomic_file(target) as temporary:
        temporary.write_text("new")
        end()


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path):
    target = tmp_path / "a.csv"
    target.write_text("old")
    with pytest.raises(ValueError, match="half"):
        replace_then(target, lambda: fail(ValueError("half")))
    assert target.read_text() == "old"
    with atomic_file(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert [path.read_text() for path in tmp_path.iterdir()] == ["new"]


def test_an_empty_folder_is_replaced_and_a_full_one_is_not(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "precious").write_text("mine")
    with new_folder(tmp_path / "empty") as folder:
        (folder / "file").write_text("new")
    assert (tmp_path / "empty" / "file").read_text() == "new"
    with (
        pytest.raises(OutputError, match=r"full cannot be written \(Directory not empty\)"),
        new_folder(tmp_path / "full") as folder,
    ):
        (folder / "file").write_text("new")
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["precious"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "full"]


KILLED = """
import os, signal, sys
from pathlib import Path
from affuse.storage.whole import atomic_file, new_folder
with {begin}(Path(sys.argv[1])) as temporary:
    ({inside}).write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize(
    ("begin", "inside"), [("atomic_file", "temporary"), ("new_folder", "temporary / 'file'")]
)
def test_what_a_killed_process_began_is_removed_at_the_next_start(tmp_path, begin, inside):
    code = KILLED.format(begin=begin, inside=inside)
    for _ in range(2):
        ended = subprocess.run([sys.executable, "-c", code, str(tmp_path / "out.csv")])
        assert ended.returncode == -signal.SIGKILL
    with atomic_file(tmp_path / "own.csv") as own:
        own.write_text("at work")
        (left,) = {path.parent for path in tmp_path.glob(".partial-*")}
        assert len(list(left.glob(".partial-*"))) == 3
        remove_leftovers(tmp_path)
        assert list(left.glob(".partial-*")) == [own]
    assert [path.name for path in tmp_path.iterdir()] == ["own.csv"]


def test_leftovers_of_another_machine_may_be_at_work(tmp_path, monkeypatch):
    monkeypatch.setattr("affuse.storage.whole.machine", lambda: "0123abcd")
    monkeypatch.setattr("os.getpid", lambda: 2**22 + 1)
    name = owned_name("partial", ".csv")
    (tmp_path / name).touch()
    monkeypatch.undo()
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert is_leftover(name)
    assert not is_leftover(".partial-results.csv")


def test_processes_of_the_system_are_known():
    assert is_alive(os.getpid())
    assert is_alive(1)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not is_alive(ended.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_process_that_its_parent_has_not_asked_for_is_gone():
    """In a container without an init it stays in the list for as long as the container runs."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        os.kill(ended.pid, 0)
        assert not is_alive(ended.pid)


def test_text_goes_where_a_link_leads_and_straight_into_a_pipe(tmp_path):
    (tmp_path / "old.csv").write_text("old")
    (tmp_path / "link.csv").symlink_to("old.csv")
    write_text(tmp_path / "link.csv", "new\n")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "old.csv").read_bytes() == b"new\n"
    os.mkfifo(tmp_path / "pipe")
    reader = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE, text=True)
    write_text(tmp_path / "pipe", "through\n")
    assert reader.communicate(timeout=30)[0] == "through\n"
    assert (tmp_path / "pipe").is_fifo()


def test_full_disk_leaves_the_old_index(tmp_path):
    """A limit on the size of files stands for it: writing fails in the middle."""
    import resource

    table = tmp_path / "clips.csv"
    (tmp_path / "a.wav").touch()
    rows = [f"a.wav,calm,{'ann' * 20}{number},{number},{number + 1}" for number in range(40)]
    table.write_text("\n".join(["path,emotion,speaker,start,end", *rows]))
    (tmp_path / "index.csv").write_text("old")
    found = subprocess.run(
        [sys.executable, "-m", "affuse", "index", table, "--out", tmp_path / "index.csv"],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500)),
        capture_output=True,
        text=True,
    )
    assert found.returncode == 2, found.stdout
    (line,) = [line for line in found.stderr.splitlines() if line.startswith("affuse:")]
    assert "index.csv cannot be written (File too large)" in line
    assert (tmp_path / "index.csv").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "clips.csv", "index.csv"]
