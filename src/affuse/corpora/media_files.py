"""Which files can hold sound or picture, and which of them lie below a folder."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from affuse.records import Skipped
from affuse.storage.remote import files_below, is_folder, url_of

AUDIO_SUFFIXES = frozenset(
    {
        ".caf",  # codespell:ignore caf
        ".3ga", ".aac", ".ac3", ".aif", ".aifc", ".aiff", ".amr", ".ape", ".au", ".awb", ".dss",
        ".eac3", ".flac", ".g722", ".gsm", ".m4a", ".m4b", ".mka", ".mp2", ".mp3", ".mpa", ".mpga",
        ".oga", ".ogg", ".opus", ".qcp", ".rf64", ".snd", ".spx", ".tta", ".voc", ".w64", ".wav",
        ".wave", ".weba", ".wma", ".wv",
    }
)  # fmt: skip
"""Suffixes of files that hold sound alone."""

VIDEO_SUFFIXES = frozenset(
    {
        ".264", ".265", ".3g2", ".3gp", ".3gpp", ".asf", ".avi", ".divx", ".dv", ".f4v", ".flv",
        ".h264", ".h265", ".hevc", ".ismv", ".ivf", ".m1v", ".m2t", ".m2ts", ".m2v", ".m4v",
        ".mjpeg", ".mjpg", ".mk3d", ".mkv", ".mov", ".mp4", ".mpe", ".mpeg", ".mpg", ".mpv",
        ".mts", ".mxf", ".nut", ".ogm", ".ogv", ".qt", ".rm", ".rmvb", ".ts", ".vob", ".webm",
        ".wmv", ".y4m",
    }
)  # fmt: skip
"""Suffixes of files that hold picture, and sound unless decoding shows otherwise."""

PHOTO_SUFFIXES = frozenset(
    {".avif", ".bmp", ".gif", ".heic", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
"""Suffixes of files that hold one picture, which is no recording."""

MEDIA_SUFFIXES = AUDIO_SUFFIXES | VIDEO_SUFFIXES

N_LOOKED_AT = 500
"""Files whose names tell whose a folder is."""

EMPTY = "empty (0 bytes)"
NO_FILE = "no file: a link that leads nowhere, a pipe or a device"

_HIDDEN = "hidden"
_APPLE_DOUBLE = "what macOS keeps beside a file (._ or __MACOSX): no recording"


@dataclass(frozen=True, slots=True)
class FolderContents:
    """What lies below a folder.

    Attributes
    ----------
    files : tuple of Path
        Media files, in the order of their relative paths.
    passed_over : tuple of Skipped
        Everything else, by its path below the folder, with the reason; a folder that is not looked
        into counts once.
    """

    files: tuple[Path, ...]
    passed_over: tuple[Skipped, ...]


def folder_contents(root: Path) -> FolderContents:
    """Media files below a folder, and the files that were passed over.

    Links are followed, never in circles. Not taken are files without the suffix of a media file,
    hidden and empty ones, folders that are hidden or cannot be listed, and what macOS keeps beside
    files under the same names, without sound or picture.

    Parameters
    ----------
    root : Path

    Returns
    -------
    FolderContents

    Raises
    ------
    MediaError
        A remote folder cannot be reached.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> _ = (root / "memo.amr").write_bytes(b"#!AMR"), (root / "notes.txt").write_text("x")
    >>> found = folder_contents(root)
    >>> [path.name for path in found.files], passed_over_text(found.passed_over)
    (['memo.amr'], '1 passed over: 1 with the suffix .txt, which is none of a media file')
    """
    files, passed_over = [], []
    for path, reason in _looked_at(root):
        place = path.relative_to(root).as_posix()
        reason = reason or _why_not(path)
        if reason:
            passed_over.append(Skipped(place, reason))
        else:
            files.append((place, path))
    return FolderContents(
        tuple(path for _, path in sorted(files)),
        tuple(sorted(passed_over, key=lambda item: item.name)),
    )


def first_media_names(root: Path, limit: int = N_LOOKED_AT) -> tuple[str, ...]:
    """Names of the first media files below a folder, by which it is recognised.

    Parameters
    ----------
    root : Path
    limit : int
        Files of any kind that are looked at, by their names alone.

    Returns
    -------
    tuple of str
        File names without folders.

    Examples
    --------
    >>> import tempfile
    >>> root = Path(tempfile.mkdtemp())
    >>> (root / "one.wav").touch(), (root / "notes.txt").touch()
    (None, None)
    >>> first_media_names(root)
    ('one.wav',)
    """
    return tuple(path.name for path in first_media_files(root, limit))


def first_media_files(root: Path, limit: int = N_LOOKED_AT) -> tuple[Path, ...]:
    """The first media files below a folder, by which it is recognised; of a file none.

    Parameters
    ----------
    root : Path
    limit : int
        Files of any kind that are looked at, by their names alone.

    Returns
    -------
    tuple of Path
    """
    seen = first_files(root, limit)
    return tuple(path for path in seen if path.suffix.lower() in MEDIA_SUFFIXES)


def first_files(root: Path, limit: int = N_LOOKED_AT) -> tuple[Path, ...]:
    """The first files below a folder, of any kind, from all its folders in turn; of a file none.

    A folder that holds several corpora shows files of each of them so.

    Parameters
    ----------
    root : Path
    limit : int

    Returns
    -------
    tuple of Path
    """
    if not is_folder(root):
        return ()
    taken = (path for path, reason in _in_turn(_parts(root)) if not reason)
    return tuple(islice(taken, limit))


def has_file(root: Path, name: str) -> bool:
    """Whether a file of that name lies in a folder, or at most two folders below it.

    Parameters
    ----------
    root : Path
    name : str
        A name, or the end of a path such as ``metadata/samples.csv``: `first_files` may never come
        to it where folders before it are full.

    Returns
    -------
    bool
    """
    if url_of(root) is not None:
        return any(path.as_posix().endswith(f"/{name}") for path in files_below(root))
    forms = (name, f"*/{name}", f"*/*/{name}")
    return any(next(root.glob(form), None) is not None for form in forms)


def passed_over_text(passed_over: Iterable[Skipped]) -> str:
    """How many files were passed over and why, on one line; empty where none was.

    Parameters
    ----------
    passed_over : iterable of Skipped

    Returns
    -------
    str

    Examples
    --------
    >>> passed_over_text([Skipped("a", "hidden"), Skipped("b", "hidden")])
    '2 passed over: 2 hidden'
    """
    reasons = Counter(item.reason for item in passed_over)
    counted = ", ".join(f"{number} {reason}" for reason, number in reasons.most_common())
    return f"{reasons.total()} passed over: {counted}" if reasons else ""


def _parts(root: Path) -> list[Iterator[tuple[Path, str]]]:
    """What lies in each subfolder, and in the folder itself; one part for a remote folder."""
    if url_of(root) is not None or not os.access(root, os.R_OK | os.X_OK):
        return [_looked_at(root)]
    inner = sorted(path for path in root.iterdir() if path.is_dir() and not _hidden(path.name))
    own = ((path, _hidden(path.name)) for path in sorted(root.iterdir()) if not path.is_dir())
    return [own, *map(_looked_at, inner)]


def _in_turn(parts: Iterable[Iterator[tuple[Path, str]]]) -> Iterator[tuple[Path, str]]:
    """One of each part, then the next of each, until all are through."""
    waiting = deque(parts)
    while waiting:
        part = waiting.popleft()
        found = next(part, None)
        if found is not None:
            yield found
            waiting.append(part)


def _looked_at(root: Path) -> Iterator[tuple[Path, str]]:
    """Files and folders below a folder, each with the reason to pass it over, if there is one."""
    if url_of(root) is not None:
        for path in files_below(root):
            parts = path.relative_to(root).parts
            yield path, next((why for why in map(_hidden, parts) if why), "")
        return
    unlisted: list[OSError] = []
    visited = {os.path.realpath(root)}
    for folder, folders, names in os.walk(root, followlinks=True, onerror=unlisted.append):
        kept = []
        for name in sorted(folders):
            path = Path(folder, name)
            # A link may lead back to a folder that has been seen: never walk in circles.
            place = os.path.realpath(path)
            if _hidden(name):
                yield path, _hidden(name)
            elif place not in visited:
                visited.add(place)
                kept.append(name)
        folders[:] = kept
        yield from ((Path(folder, name), _hidden(name)) for name in sorted(names))
    for error in unlisted:
        yield Path(error.filename), f"a folder that cannot be listed ({error.strerror})"


def _hidden(name: str) -> str:
    if name.startswith(("._", "__MACOSX")):
        return _APPLE_DOUBLE
    return _HIDDEN if name.startswith(".") else ""


def _why_not(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in MEDIA_SUFFIXES:
        named = f"with the suffix {suffix}" if suffix else "without a suffix"
        return f"{named}, which is none of a media file" if suffix else named
    if url_of(path) is not None:
        return ""  # Its size is known once it is fetched.
    if not path.is_file():
        return NO_FILE
    return "" if path.stat().st_size else EMPTY
