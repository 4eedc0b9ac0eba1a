"""New files and folders that are either whole or not there."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from affuse.errors import OutputError


def refuse_existing(path: Path) -> None:
    """Raise where something has that name already.

    Raises
    ------
    OutputError
        It exists.
    """
    if path.exists() or path.is_symlink():
        raise OutputError(
            f"{path} exists already, and nothing is overwritten; expected a name that is free: "
            "name another one or remove it first"
        )


@contextmanager
def new_path(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`; what was made under it gets its name when all went well.

    Whatever the block leaves under the temporary name, a file or a folder, is removed when it
    fails. Folders above are made.

    Raises
    ------
    OutputError
        The name is taken, or the folder cannot be written.
    """
    refuse_existing(path)
    temporary = path.with_name(f".partial-{os.getpid()}-{secrets.token_hex(8)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        refuse_existing(path)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written ({_reason(error)}); expected a writable folder "
            "with enough space: mend that, or name another place"
        ) from error
    finally:
        _remove(temporary)


def write_text(path: Path, text: str) -> None:
    """Write a new file of UTF-8 text with plain line feeds.

    A sign that UTF-8 cannot hold, from a file name in another encoding, becomes an escape.

    Raises
    ------
    OutputError
        As `new_path`.
    """
    with new_path(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))


def _reason(error: OSError) -> str:
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "a part of this path is a file, not a folder"
    return error.strerror or str(error)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()
