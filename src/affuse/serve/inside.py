"""Files inside a folder, opened so that no link leads out of it."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

_CAN_WALK = os.open in os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")


def open_inside(folder: Path, *parts: str) -> BinaryIO:
    """A plain file below a folder, ready to be read.

    Links are followed as long as they stay inside; what is opened is the place that was checked,
    step by step and without links, so that nothing put there meanwhile is followed.

    Parameters
    ----------
    folder : Path
        May be a link itself: whoever named it meant where it leads.
    *parts : str
        Names from there.

    Returns
    -------
    BinaryIO

    Raises
    ------
    OSError
        There is no such file, it is none (a device, a pipe), or it lies outside.
    """
    root = Path(os.path.realpath(folder))
    # A name with a slash or dots in it is no name.
    if any(part in ("", ".", "..") or Path(part).name != part for part in parts):
        raise FileNotFoundError(f"{'/'.join(parts)!r} names no file")
    real = Path(os.path.realpath(root.joinpath(*parts)))
    if not real.is_relative_to(root) or real == root:
        raise PermissionError(f"{real.name!r} lies outside of its folder")
    number = _walked(root, real.relative_to(root).parts) if _CAN_WALK else _opened(real)
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        raise PermissionError(f"{real.name!r} is no file")
    return os.fdopen(number, "rb")


def _walked(root: Path, parts: tuple[str, ...]) -> int:
    """Open a file one name at a time, none of which may be a link."""
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for place, part in enumerate(parts, start=1):
            folder = os.O_DIRECTORY if place < len(parts) else os.O_NONBLOCK
            inner = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | folder, dir_fd=at)
            os.close(at)
            at = inner
    except OSError:
        with suppress(OSError):
            os.close(at)
        raise
    return at


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
