"""Files and folders that appear under their name only when they are complete."""

from __future__ import annotations

import errno
import functools
import hashlib
import os
import platform
import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from affuse.errors import OutputError

_OWNED = re.compile(r"\.[a-z-]+-(?P<machine>[0-9a-f]{8})-(?P<process>\d+)-[0-9a-f]{8}")
_NOT_OFFERED = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF}


@contextmanager
def atomic_file(path: Path, *, lasting: bool = True) -> Iterator[Path]:
    """A temporary name beside `path`; the file is renamed to `path` if all went well.

    Several writers of one path never mix: the last one that ends wins, whole. Folders above are
    made; what the block leaves under the temporary name is removed when it fails.

    Parameters
    ----------
    path : Path
        A file that is there already is replaced.
    lasting : bool
        Wait until the disk has it, so that a power cut leaves the old file or the new one. False
        for what is checked when it is read and can be made again.

    Yields
    ------
    Path
        The temporary name.

    Raises
    ------
    OutputError
        The folder cannot be written, or there is no space.
    """
    with _as_output_error(path), _temporary(path) as temporary:
        yield temporary
        put_in_place(temporary, path, lasting=lasting)


@contextmanager
def new_path(path: Path) -> Iterator[Path]:
    """As `atomic_file`, for a file or folder whose name must be free, also at the end.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Path
        The temporary name.

    Raises
    ------
    OutputError
        The name is taken, or the folder cannot be written.
    """
    refuse_existing(path)
    with _as_output_error(path), _temporary(path) as temporary:
        yield temporary
        refuse_existing(path)
        put_in_place(temporary, path)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder under a temporary name, which becomes `path`; an empty one there is replaced.

    Parameters
    ----------
    path : Path

    Yields
    ------
    Path
        The new folder.

    Raises
    ------
    OutputError
        Something with content has that name, or the folder cannot be written.
    """
    with _as_output_error(path), _temporary(path) as temporary:
        temporary.mkdir()
        yield temporary
        if path.exists():
            path.rmdir()
        put_in_place(temporary, path)


@contextmanager
def replacing_folder(place: Path, kind: str) -> Iterator[Path]:
    """A folder under a temporary name, which takes the place of another one, full or not there.

    Parameters
    ----------
    place : Path
    kind : str
        What it is, in small letters: part of the temporary name.

    Yields
    ------
    Path
        The new folder; nothing of `place` is touched where the block fails.

    Raises
    ------
    OSError
        It cannot be written.
    """
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=owned_name(kind)) as name:
        whole = Path(name) / place.name
        whole.mkdir()
        yield whole
        flush(whole)
        if place.exists():
            os.replace(place, Path(name) / "before")
        os.replace(whole, place)


def try_folder(place: Path, kind: str) -> None:
    """Make a folder at a place and remove it, to see whether one can be written there.

    Parameters
    ----------
    place : Path
        Where it is to lie; folders above are made.
    kind : str
        As in `replacing_folder`.

    Raises
    ------
    OSError
        It cannot.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=owned_name(kind)) as name:
        (Path(name) / place.name).mkdir()


def check_file(path: Path) -> None:
    """Refuse, before the work begins, a name under which no file can be written.

    Parameters
    ----------
    path : Path
        Nothing is made for it.

    Raises
    ------
    OutputError
        A part of the path is a file, or the folder is not to be written.
    """
    above = next(folder for folder in path.absolute().parents if os.path.lexists(folder))
    with _as_output_error(path):
        if not above.is_dir():
            raise NotADirectoryError
        if not os.access(above, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


def write_new_text(path: Path, text: str) -> None:
    """Write a new file of UTF-8 text with plain line feeds.

    Parameters
    ----------
    path : Path
    text : str
        A sign that UTF-8 cannot hold, from a file name in another encoding, becomes an escape.

    Raises
    ------
    OutputError
        As `new_path`.
    """
    with new_path(path) as temporary:
        temporary.write_bytes(_encoded(text))


def write_text(path: Path, text: str) -> None:
    """Write a file of UTF-8 text whole, with plain line feeds; an older one is replaced.

    A link goes on leading to its file; a pipe or a device is written to as it is.

    Parameters
    ----------
    path : Path
    text : str
        As in `write_new_text`.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    place = Path(os.path.realpath(path))
    content = _encoded(text)
    with _as_output_error(path):
        if place.exists() and not place.is_file():
            place.write_bytes(content)
            return
        with atomic_file(place) as temporary:
            temporary.write_bytes(content)


def refuse_existing(path: Path) -> None:
    """Raise where something has that name already.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OutputError
        It exists.
    """
    if os.path.lexists(path):
        raise OutputError(
            f"{path} exists already, and nothing is overwritten; expected a name that is free: "
            "name another one or remove it first"
        )


def remove_leftovers(folder: Path, pattern: str = ".*") -> None:
    """Remove partial files of killed processes in a folder.

    Only what a process of this machine began that is not there any more.

    Parameters
    ----------
    folder : Path
    pattern : str
        ``.*`` for what lies in it, ``*/.*`` for what lies one folder deeper.
    """
    for path in folder.glob(pattern):
        owner = _OWNED.match(path.name)
        if owner and owner["machine"] == machine() and not is_alive(int(owner["process"])):
            remove(path)


def is_leftover(name: str) -> bool:
    """Whether a name is that of a partial file or folder.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool
    """
    return _OWNED.match(name) is not None


def owned_name(kind: str, suffix: str = "") -> str:
    """A hidden name that identifies the process and machine that it belongs to.

    Parameters
    ----------
    kind : str
        What it is, in small letters.
    suffix : str
        Its end.

    Returns
    -------
    str

    Examples
    --------
    >>> owned_name("partial", ".csv").startswith(".partial-")
    True
    """
    return f".{kind}-{machine()}-{os.getpid()}-{secrets.token_hex(4)}{suffix}"


def is_alive(process_id: int) -> bool:
    """Whether there is such a process on this machine, whoever owns it.

    One that has ended and that its parent has not asked for yet is not: it writes no more.

    Parameters
    ----------
    process_id : int

    Returns
    -------
    bool
    """
    if os.name != "posix":
        return process_id == os.getpid() or _is_alive_on_windows(process_id)
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return not _has_ended(process_id)


@functools.cache
def machine() -> str:
    """Eight hexadecimal digits for this machine or container, as process ids are unique within it.

    Returns
    -------
    str
    """
    try:
        inside = os.readlink("/proc/self/ns/pid")
    except OSError:
        inside = ""
    return hashlib.sha256(f"{platform.node()} {inside}".encode()).hexdigest()[:8]


def remove(path: Path) -> None:
    """Remove a file or a whole folder, as far as possible.

    Parameters
    ----------
    path : Path
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


@contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A name beside `path` that identifies its writer; removed afterwards."""
    temporary = path.with_name(owned_name("partial", path.suffix))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
    finally:
        remove(temporary)


@contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({_reason(error)}); expected a writable folder "
            "with enough space: mend that, or name another place"
        ) from error


def _reason(error: OSError) -> str:
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "a part of this path is a file, not a folder"
    if error.errno is None:  # As numpy reports it.
        return "the disk took a part of it only"
    return error.strerror or str(error)


def put_in_place(temporary: Path, path: Path, *, lasting: bool = True) -> None:
    """Give a whole file or folder its name.

    Parameters
    ----------
    temporary : Path
        In the same folder as `path`.
    path : Path
        A file that is there already is replaced.
    lasting : bool
        As in `atomic_file`.

    Raises
    ------
    OSError
        It cannot be done.
    """
    if lasting:
        flush(temporary)
    os.replace(temporary, path)
    if lasting:
        flush(path.parent, below=False)


def flush(path: Path, *, below: bool = True) -> None:
    """Wait until a file, or a folder and all below it, is on disk.

    Parameters
    ----------
    path : Path
    below : bool
        Whether what lies in a folder counts.

    Raises
    ------
    OSError
        The disk does not take it.
    """
    if os.name != "posix":
        return
    if below and path.is_dir():
        for inside in path.iterdir():
            flush(inside)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NOT_OFFERED:
            raise
    finally:
        os.close(handle)


def _has_ended(process_id: int) -> bool:
    """Whether a process has ended and only awaits its parent; False where there is no /proc."""
    try:
        # The name before the state may hold anything, brackets too.
        state = Path(f"/proc/{process_id}/stat").read_bytes().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in (b"Z", b"X")


def _is_alive_on_windows(process_id: int) -> bool:
    import ctypes

    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009
    handle = kernel.OpenProcess(0x00100000, False, process_id)
    if not handle:
        return False
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == 0x102)
    finally:
        kernel.CloseHandle(handle)
