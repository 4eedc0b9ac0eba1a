"""Files that affuse wrote, known again by their content: these alone it may replace."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from affuse.cache import cache_folder
from affuse.errors import OutputError
from affuse.storage.whole import atomic_file

FOLDER = "written"


def remember(path: Path) -> None:
    """Note the content of a file that was written; without a word where it cannot be noted."""
    with suppress(OSError, OutputError), atomic_file(_note(path), lasting=False) as temporary:
        temporary.write_text(_content(path), "ascii")


def is_own(path: Path) -> bool:
    """Whether a file is as affuse wrote it."""
    try:
        return path.is_file() and _note(path).read_text("ascii") == _content(path)
    except (OSError, ValueError):
        return False


def _note(path: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()
    return cache_folder() / FOLDER / name


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
