"""Which files can hold sound or picture, and where they lie below a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from affuse.remote import files_below, url_of

AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".mp3", ".ogg", ".opus", ".m4a", ".aac", ".aif", ".aiff"}
)
"""Suffixes of files that hold sound alone."""

VIDEO_SUFFIXES = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv"}
)
"""Suffixes of files that hold picture, and sound unless decoding shows otherwise."""

MEDIA_SUFFIXES = AUDIO_SUFFIXES | VIDEO_SUFFIXES


def media_files(root: Path) -> tuple[Path, ...]:
    """Media files below a folder, in the order of their relative paths.

    Links are followed. Hidden files and folders are left out, as is ``__MACOSX``, in which
    macOS keeps files of the same names without sound or picture.
    """
    found = (path for path in _visible_files(root) if path.suffix.lower() in MEDIA_SUFFIXES)
    return tuple(sorted(found, key=lambda path: path.relative_to(root).as_posix()))


def _visible_files(root: Path) -> Iterator[Path]:
    if url_of(root) is not None:
        yield from (path for path in files_below(root) if _is_visible(path.relative_to(root)))
        return
    visited = {os.path.realpath(root)}
    for folder, folders, names in os.walk(root, followlinks=True):
        kept = []
        for name in sorted(folders):
            place = os.path.realpath(os.path.join(folder, name))
            # A link may lead back to a folder that has been seen: never walk in circles.
            if not name.startswith((".", "__MACOSX")) and place not in visited:
                visited.add(place)
                kept.append(name)
        folders[:] = kept
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def _is_visible(place: Path) -> bool:
    return not any(part.startswith((".", "__MACOSX")) for part in place.parts)
