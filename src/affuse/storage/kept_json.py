"""Small results that are stored for reuse, each a checksummed JSON file."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affuse.storage.cache import DAY_S
from affuse.storage.remote import identity, local_path, url_of
from affuse.storage.sealing import SEAL_BYTES, is_sealed, seal
from affuse.storage.whole import atomic_file, remove_leftovers

KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class KeptJson:
    """One checksummed file for each result.

    Attributes
    ----------
    root : Path
        Made when the first one is saved; readable by its owner alone.
    """

    root: Path

    def load(self, key: str) -> Any:
        """The result of that key; None where there is none, or it is damaged.

        Parameters
        ----------
        key : str
            Hexadecimal digits.

        Returns
        -------
        JSON or None
        """
        path = self._path(key)
        if not is_sealed(path):
            return None
        try:
            return json.loads(path.read_bytes()[:-SEAL_BYTES])
        except (OSError, ValueError):
            return None

    def save(self, key: str, result: Any) -> None:
        """Store a result, whole or not at all.

        Parameters
        ----------
        key : str
            As in `load`.
        result : JSON

        Raises
        ------
        OutputError
            The folder cannot be written.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with atomic_file(self._path(key), lasting=False) as temporary:
            temporary.write_text(json.dumps(result, default=float), "ascii")
            seal(temporary)

    def sweep(self) -> None:
        """Remove old results, and partial files that killed processes left."""
        remove_leftovers(self.root)
        oldest = time.time() - KEPT_DAYS * DAY_S
        for path in self.root.glob("*.json"):
            with suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _path(self, key: str) -> Path:
        return self.root / f"{key}.json"


def file_state(path: str) -> list[str | int]:
    """What identifies a state of a recording: its place, size and time of change.

    Parameters
    ----------
    path : str
        May be a URL.

    Returns
    -------
    list of str and int

    Raises
    ------
    OSError
        There is no such file.
    """
    place = local_path(path)
    if url_of(place) is not None:
        return [identity(place)]
    status = place.stat()
    return [os.path.realpath(place), status.st_size, status.st_mtime_ns]
