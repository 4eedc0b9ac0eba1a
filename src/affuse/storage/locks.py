"""Locks that the operating system releases when a process ends, however it ends."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from affuse.errors import OutputError

_NAME = ".in-work-"
_NOT_OFFERED = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP}


def try_lock(handle: int, *, wait: bool = False) -> bool:
    """Lock an open file until this process ends; returns whether it was free.

    Parameters
    ----------
    handle : int
        Descriptor of the open file.
    wait : bool
        Until it is free.

    Returns
    -------
    bool
    """
    try:
        import fcntl
    except ImportError:
        return _try_lock_on_windows(handle, wait=wait)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Lock a path against other callers; the lock of a process that died is free.

    A file beside `path` holds the lock, and says who: it is gone afterwards. So are folders above
    that were made for it, if nothing was put into them.

    Parameters
    ----------
    path : Path
        Need not exist.

    Raises
    ------
    OutputError
        Another process works on it, said at once; or the folder cannot be written.
    """
    lock = _lock_of(path)
    made = [folder for folder in lock.parents if not folder.exists()]
    handle = _taken(path, lock)
    try:
        yield
    finally:
        with suppress(OSError):
            lock.unlink()
        os.close(handle)
        with suppress(OSError):
            for folder in made:
                folder.rmdir()


def is_claimed(path: Path) -> bool:
    """Whether another caller has a path now.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    try:
        handle = os.open(_lock_of(path), os.O_RDWR)
    except OSError:
        return False
    try:
        return not try_lock(handle)
    finally:
        os.close(handle)


def _lock_of(path: Path) -> Path:
    place = Path(os.path.realpath(path))
    digest = hashlib.sha256(os.fsencode(place.name)).hexdigest()[:12]
    return place.with_name(f"{_NAME}{digest}")


def remove_free_locks(folder: Path) -> None:
    """Remove locks of killed processes in a folder.

    Parameters
    ----------
    folder : Path
    """
    for lock in folder.glob(f"{_NAME}*"):
        with suppress(OSError):
            handle = os.open(lock, os.O_RDWR)
            try:
                if try_lock(handle) and _is_at(lock, handle):
                    lock.unlink()
            finally:
                os.close(handle)


def _taken(path: Path, lock: Path) -> int:
    """The open, locked lock file with the name of its holder in it."""
    try:
        while True:
            lock.parent.mkdir(parents=True, exist_ok=True)
            try:
                handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o644)
            except FileNotFoundError:
                if lock.parent.is_dir():
                    raise
                continue  # Whoever made the folder removed it meanwhile: again.
            if not _is_free(handle):
                raise _in_use(path, handle)
            if _is_at(lock, handle):
                _sign(handle)
                return handle
            os.close(handle)  # Whoever had it removed it meanwhile: again.
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); expected a folder that "
            "you may write to, with enough space"
        ) from error


def _sign(handle: int) -> None:
    """Write who holds the lock; on a full disk it is held all the same."""
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {platform.node()}".encode())


def _is_free(handle: int) -> bool:
    """Take the lock; on a file system without locks everybody gets it."""
    try:
        return try_lock(handle)
    except OSError as error:
        if error.errno in _NOT_OFFERED:
            return True
        raise


def _in_use(path: Path, handle: int) -> OutputError:
    try:
        owner = os.read(handle, 200).decode("utf-8", "replace")
    except OSError:
        owner = ""
    finally:
        os.close(handle)
    return OutputError(
        f"{path} is being written by {owner or 'another process'}; expected a place of its own for "
        "each call: wait until that one has ended, or name another place"
    )


def _is_at(lock: Path, handle: int) -> bool:
    """Whether an open lock file is still the one under that name."""
    try:
        return os.path.samestat(os.stat(lock), os.fstat(handle))
    except OSError:
        return False


def _try_lock_on_windows(handle: int, *, wait: bool) -> bool:
    import msvcrt

    mode = "LK_LOCK" if wait else "LK_NBLCK"
    try:
        getattr(msvcrt, "locking")(handle, getattr(msvcrt, mode), 1)  # noqa: B009
    except OSError:
        return False
    return True
