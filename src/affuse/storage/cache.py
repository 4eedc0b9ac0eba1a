"""The cache of what can be computed or downloaded again: its place, size and pruning."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from affuse.errors import OutputError

DAY_S = 86_400
FETCHED = "weights"


def cache_folder() -> Path:
    """Folder of all that can be computed or downloaded again.

    ``AFFUSE_CACHE`` where it is set, else the platform's own place for caches.

    Returns
    -------
    Path
    """
    named = os.environ.get("AFFUSE_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("affuse", appauthor=False)


def weights_folder() -> Path:
    """Folder of downloaded networks.

    Returns
    -------
    Path
    """
    return cache_folder() / FETCHED


def make_weights_folder(folder: Path) -> None:
    """Make a folder for networks, if it does not exist.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OutputError
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made ({error.strerror}); expected a writable folder for "
            "weights: set AFFUSE_CACHE to another one"
        ) from error


def fetched_weights() -> list[str]:
    """Names of the downloaded networks, which are used where they are present.

    Returns
    -------
    list of str
    """
    folder = weights_folder()
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@dataclass(frozen=True, slots=True)
class Part:
    """One folder of the cache.

    Attributes
    ----------
    name : str
        ``features``: arrays of clips; ``folds``: finished folds; ``weights``: what was fetched.
    n_files : int
    n_bytes : int
    oldest_days : float
        Age of the oldest file; 0 without files.
    """

    name: str
    n_files: int
    n_bytes: int
    oldest_days: float


def cache_parts() -> tuple[Part, ...]:
    """Content of the cache, folder by folder, by name.

    Returns
    -------
    tuple of Part
    """
    folder = cache_folder()
    names = (
        sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    )
    return tuple(_part(name, list(_files(folder / name))) for name in names)


def prune(older_than_days: float = 0.0, *, fetched: bool = False) -> Part:
    """Remove files of the cache; what is needed again is computed again.

    Parameters
    ----------
    older_than_days : float
        Younger files stay: those of a run that is going on as well.
    fetched : bool
        Remove downloaded networks too.

    Returns
    -------
    Part
        What was removed, under the name ``removed``.
    """
    gone = []
    for part in cache_parts():
        if part.name == FETCHED and not fetched:
            continue
        for path, size, age_days in _files(cache_folder() / part.name):
            if age_days < older_than_days:
                continue
            with suppress(OSError):
                path.unlink()
                gone.append((path, size, age_days))
    return _part("removed", gone)


def _part(name: str, files: list[tuple[Path, int, float]]) -> Part:
    n_bytes = sum(size for _, size, _ in files)
    return Part(name, len(files), n_bytes, max((age for _, _, age in files), default=0.0))


def _files(folder: Path) -> Iterator[tuple[Path, int, float]]:
    """Path, bytes and age in days of each file; files that vanish meanwhile are left out."""
    now = time.time()
    for path in folder.rglob("*"):
        with suppress(OSError):
            status = path.lstat()
            if path.is_file():
                yield path, status.st_size, max(0.0, now - status.st_mtime) / DAY_S
