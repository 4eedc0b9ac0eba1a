"""Files that affuse wrote, recognised by their content: only these may it replace."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from affuse.errors import OutputError
from affuse.storage.cache import cache_folder
from affuse.storage.whole import atomic_file

FOLDER = "written"


def remember(path: Path, sources: Iterable[str] = ()) -> None:
    """Record the content of a file that was written, and its sources.

    Without a word where it cannot be noted.

    Parameters
    ----------
    path : Path
    sources : iterable of str
        What it tells of: names of recordings.
    """
    with suppress(OSError, OutputError), atomic_file(_note(path), lasting=False) as temporary:
        note = {"content": _content(path), "sources": list(sources)}
        temporary.write_text(json.dumps(note), "ascii")


def is_own(path: Path) -> bool:
    """Whether a file is as affuse wrote it.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    try:
        return path.is_file() and _noted(path)["content"] == _content(path)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def other_sources(path: Path, sources: Iterable[str]) -> tuple[str, ...]:
    """Of what else an own file tells.

    Parameters
    ----------
    path : Path
    sources : iterable of str
        Those that it may tell of.

    Returns
    -------
    tuple of str
        In alphabetical order.
    """
    try:
        sources_noted = map(str, _noted(path)["sources"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(sorted({*sources_noted} - {*sources}))


def _noted(path: Path) -> dict[str, Any]:
    note: dict[str, Any] = json.loads(_note(path).read_text("ascii"))
    return note


def _note(path: Path) -> Path:
    name = hashlib.sha256(os.fsencode(os.path.realpath(path))).hexdigest()
    return cache_folder() / FOLDER / name


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
