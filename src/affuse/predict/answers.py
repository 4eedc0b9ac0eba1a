"""Predictions that are done, kept: a call that was cut short goes on where it ended."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from affuse.errors import AffuseError
from affuse.predict.settings import Settings
from affuse.records import Prediction
from affuse.storage.cache import DAY_S, cache_folder, weights_folder
from affuse.storage.remote import identity, local_path, url_of
from affuse.storage.sealing import SEAL_BYTES, is_sealed, seal
from affuse.storage.whole import atomic_file, remove_leftovers

KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class AnswerStore:
    """One sealed file for each recording that was predicted.

    The key is made of the recording's path, size and time of change, the bundle and all settings:
    a changed recording or another window is not answered from here.

    Attributes
    ----------
    root : Path
        Made when the first answer is saved; nobody else may look into it.
    """

    root: Path

    def key(self, path: str, recogniser: str, settings: Settings) -> str | None:
        """Name of the answer, 64 hexadecimal digits; None where there is no such file.

        Parameters
        ----------
        path : str
            As it was given; may be a URL.
        recogniser : str
            Title of the bundle.
        settings : Settings

        Returns
        -------
        str or None
        """
        try:
            state = _state(path)
        except (OSError, ValueError, AffuseError):
            return None
        version = metadata.version("affuse")
        parts = [version, recogniser, _asked(settings), path, state, _weights()]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def load(self, key: str) -> Prediction | None:
        """The answer of that key; None where there is none, or not as it was written.

        Parameters
        ----------
        key : str
            As `key` gives it.

        Returns
        -------
        Prediction or None
        """
        path = self._path(key)
        if not is_sealed(path):
            return None
        try:
            record = json.loads(path.read_bytes()[:-SEAL_BYTES])
            answer: Prediction = _adapter().validate_python(record)
        except (OSError, ValueError):
            return None
        return answer

    def save(self, key: str, answer: Prediction) -> None:
        """Keep an answer, whole or not at all.

        Parameters
        ----------
        key : str
            As `key` gives it.
        answer : Prediction

        Raises
        ------
        OutputError
            The folder cannot be written.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with atomic_file(self._path(key), lasting=False) as temporary:
            temporary.write_text(json.dumps(asdict(answer), default=float), "ascii")
            seal(temporary)

    def sweep(self) -> None:
        """Remove old answers, and what killed processes left in the middle of writing."""
        remove_leftovers(self.root)
        oldest = time.time() - KEPT_DAYS * DAY_S
        for path in self.root.glob("*.json"):
            with suppress(OSError):
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _path(self, key: str) -> Path:
        return self.root / f"{key}.json"


def default_answers() -> AnswerStore:
    """The store in the cache folder.

    Returns
    -------
    AnswerStore
    """
    return AnswerStore(cache_folder() / "predictions")


def _state(path: str) -> list[str | int]:
    """What changes when a recording does."""
    place = local_path(path)
    if url_of(place) is not None:
        return [identity(place)]
    status = place.stat()
    return [os.path.realpath(place), status.st_size, status.st_mtime_ns]


def _asked(settings: Settings) -> dict[str, Any]:
    """Settings as JSON; answers that explain nothing keep the key of before there were others."""
    asked = asdict(settings)
    return asked if asked.pop("explain") is False else {**asked, "explain": True}


def _weights() -> list[str]:
    """Networks that were fetched: they take part where they are there."""
    folder = weights_folder()
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@functools.cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Prediction)
