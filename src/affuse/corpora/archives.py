"""RAVDESS archives: unpacked into the official layout and recorded in a marker file."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from affuse.corpora.media_files import MEDIA_SUFFIXES
from affuse.corpora.ravdess.names import parse_name
from affuse.corpora.unpacking import unpack_chosen
from affuse.errors import DatasetError, DownloadError
from affuse.records import ProgressCallback
from affuse.storage.whole import atomic_file

_MARKER = ".unpacked.json"


@dataclass(frozen=True, slots=True)
class Unpacked:
    """Content of a marker: the archive's MD5, the actors unpacked, relative path -> bytes."""

    md5: str
    actors: frozenset[int]
    sizes: Mapping[str, int]


def unpack(
    archive: Path,
    folder: Path,
    actors: Collection[int],
    progress: ProgressCallback | None = None,
) -> dict[str, int]:
    """Extract the clips of some actors from an archive into ``folder/Actor_NN/``.

    Where a clip goes follows from its RAVDESS name alone, whatever path the archive gives it,
    so that nothing can land outside `folder`; what has no such name is left in the archive.

    Parameters
    ----------
    archive : Path
        Zip archive of RAVDESS.
    folder : Path
    actors : collection of int
        Numbers from 1 to 24.
    progress : callable, optional
        Called as the clips are taken out.

    Returns
    -------
    dict of str to int
        Path relative to `folder` -> bytes.

    Raises
    ------
    DownloadError
        Not a zip archive, a damaged one, or none of the actors is in it.
    OutputError
        A clip cannot be written.
    """
    chosen = unpack_chosen(archive, folder, partial(_place, actors=actors), progress)
    if not chosen:
        raise DownloadError(
            f"{archive.name} holds no clip of actors {', '.join(map(str, sorted(actors)))}; "
            "expected some: the archive is not what its name says"
        )
    return chosen


def read_marker(folder: Path) -> Unpacked | None:
    """What was unpacked into a folder; None where nothing was, or files have gone since.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    Unpacked or None
    """
    try:
        marker = json.loads((folder / _MARKER).read_text("utf-8"))
        unpacked = Unpacked(marker["md5"], frozenset(marker["actors"]), marker["sizes"])
        present = all(
            (folder / place).stat().st_size == size for place, size in unpacked.sizes.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return unpacked if present else None


def write_marker(folder: Path, unpacked: Unpacked) -> None:
    """Record what was unpacked into a folder; the last file to be written there.

    Parameters
    ----------
    folder : Path
    unpacked : Unpacked
    """
    content = {
        "md5": unpacked.md5,
        "actors": sorted(unpacked.actors),
        "sizes": dict(sorted(unpacked.sizes.items())),
    }
    with atomic_file(folder / _MARKER) as temporary:
        temporary.write_text(json.dumps(content, indent=1), "utf-8")


def _place(path: PurePosixPath, actors: Collection[int]) -> str | None:
    if path.suffix.lower() not in MEDIA_SUFFIXES:
        return None
    try:
        actor = int(parse_name(path.stem).actor)
    except DatasetError:
        return None
    return f"Actor_{actor:02d}/{path.name}" if actor in actors else None
