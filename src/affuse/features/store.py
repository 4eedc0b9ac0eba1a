"""Arrays on disk, named by the content from which they were computed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from affuse.features.array_parts import fits, write_parts
from affuse.storage.cache import cache_folder
from affuse.storage.remote import identity, url_of
from affuse.storage.sealing import is_sealed, seal
from affuse.storage.whole import atomic_file, remove_leftovers

if TYPE_CHECKING:
    from affuse.features.source import Extractor


def content_hash(path: Path) -> str:
    """SHA-256 of a file's bytes: the same wherever it lies and whatever it is called.

    Of a remote file, its state by its file system: it is not fetched for that.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
    """
    if url_of(path) is not None:
        return identity(path)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class FeatureStore:
    """Arrays of extractors, one ``.npy`` file per clip and extractor.

    The key is made of the bytes of the clip's file, its start and end, and all settings of the
    extractor: moving or renaming clips costs nothing, and another setting never gets an old array.
    Each file ends with a checksum: a damaged one counts as missing.

    Attributes
    ----------
    root : Path
        Folder of the arrays; made when the first one is saved.
    """

    root: Path

    def key(
        self,
        content: str,
        extractor: Extractor,
        start_s: float | None = None,
        end_s: float | None = None,
    ) -> str:
        """Name of the array of one clip, 64 hexadecimal digits.

        Parameters
        ----------
        content : str
            Hash of the file.
        extractor : Extractor
        start_s : float or None
        end_s : float or None

        Returns
        -------
        str
        """
        description = {
            "content": content,
            "stretch": [start_s, end_s],
            "extractor": extractor.name,
            "version": extractor.version,
            "decoding": asdict(extractor.decoding),
            "settings": dict(extractor.settings()),
        }
        return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()

    def path(self, key: str) -> Path:
        """Where the array of that key lies, or would lie.

        Parameters
        ----------
        key : str

        Returns
        -------
        Path
        """
        return self.root / key[:2] / f"{key}.npy"

    def has(self, key: str, shape: tuple[int, ...]) -> bool:
        """Whether an array of that shape is stored and undamaged.

        Parameters
        ----------
        key : str
        shape : tuple of int

        Returns
        -------
        bool
        """
        path = self.path(key)
        try:
            return is_sealed(path) and fits(np.load(path, mmap_mode="r").shape, shape)
        except (OSError, ValueError):
            return False

    def load(self, key: str) -> NDArray[Any]:
        """The array of that key.

        Parameters
        ----------
        key : str

        Returns
        -------
        array
            As it was saved.
        """
        array: NDArray[Any] = np.load(self.path(key))
        return array

    def save(self, key: str, array: NDArray[Any]) -> Path:
        """Store an array, whole or not at all.

        Parameters
        ----------
        key : str
        array : array

        Returns
        -------
        Path

        Raises
        ------
        OutputError
            The folder cannot be written.
        """
        path = self.path(key)
        with atomic_file(path, lasting=False) as temporary:
            with temporary.open("wb") as file:
                np.save(file, array)
            seal(temporary)
        return path

    def save_parts(self, key: str, parts: Iterable[NDArray[Any]]) -> Path:
        """Store an array that comes in parts along its first axis, as `save` would.

        Parameters
        ----------
        key : str
        parts : iterable of array
            One at least; all of one type, and of one shape but for the first axis.

        Returns
        -------
        Path

        Raises
        ------
        OutputError
            The folder cannot be written.
        """
        path = self.path(key)
        with atomic_file(path, lasting=False) as temporary:
            with temporary.open("wb") as file:
                write_parts(file, parts)
            seal(temporary)
        return path

    def size(self) -> tuple[int, int]:
        """Number of arrays, and their bytes in all.

        Returns
        -------
        int, int
        """
        sizes = [path.stat().st_size for path in self.root.glob("??/[!.]*.npy")]
        return len(sizes), sum(sizes)

    def sweep(self) -> None:
        """Remove partial files that killed processes left."""
        remove_leftovers(self.root)
        remove_leftovers(self.root, "*/.*")


def default_store() -> FeatureStore:
    """The store in the cache folder.

    Returns
    -------
    FeatureStore
    """
    return FeatureStore(cache_folder() / "features")
