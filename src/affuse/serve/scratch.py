"""A private folder for one server; those of killed servers are removed when the next starts."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from affuse.errors import OutputError
from affuse.storage.locks import try_lock

_LOCK = "lock"
_PREFIX = "server-"


@contextmanager
def private_folder(parent: Path | None = None) -> Iterator[Path]:
    """A new folder that only this user can enter, removed afterwards.

    Its lock is held by the operating system for as long as this process lives, whatever ends it:
    folders whose lock is free are of dead servers, and go first.

    Parameters
    ----------
    parent : Path, optional
        Where the folders of all servers lie; by default one folder for each user in the system's
        folder for temporary files.

    Yields
    ------
    Path
        Gone, with all that is in it, at the end.

    Raises
    ------
    OutputError
        The parent cannot be made, or belongs to somebody else.
    """
    home = _home(parent)
    with _locked(home / _LOCK):
        _remove_leftovers(home)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home))
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        try_lock(lock)
    try:
        yield folder
    finally:
        os.close(lock)
        shutil.rmtree(folder, ignore_errors=True)


def _home(parent: Path | None) -> Path:
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    home = parent or Path(tempfile.gettempdir()) / f"affuse-serve-{user}"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = home.lstat()
    except OSError as error:
        raise OutputError(
            f"{home} cannot be made ({error.strerror}); expected a place for uploads: set TMPDIR to"
            " a folder that you may write to"
        ) from error
    others = stat.S_IMODE(found.st_mode) & 0o077 if hasattr(os, "getuid") else 0
    mine = not hasattr(os, "getuid") or found.st_uid == os.getuid()
    if not stat.S_ISDIR(found.st_mode) or not mine or others:
        raise OutputError(
            f"{home} is not a folder of yours alone; expected one that nobody else can enter: "
            "remove it, or set TMPDIR to another folder"
        )
    return home


def _remove_leftovers(home: Path) -> None:
    for folder in home.glob(f"{_PREFIX}*"):
        if _is_dead(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_dead(folder: Path) -> bool:
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR)
    except OSError:
        return True
    try:
        return try_lock(lock)
    finally:
        os.close(lock)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Two servers that start at once do not take each other's new folder for a dead one's."""
    lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try_lock(lock, wait=True)
        yield
    finally:
        os.close(lock)
