"""Stored predictions, so that an interrupted call resumes where it stopped."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from affuse.errors import AffuseError
from affuse.messages import coded, read_message
from affuse.predict.settings import Settings
from affuse.records import Prediction, sentences, with_sentences
from affuse.storage.cache import cache_folder, fetched_weights
from affuse.storage.kept_json import KeptJson, file_state

_CODES = "codes"
"""Key of what the sentences are made of, in the order of `affuse.records.sentences`."""


@dataclass(frozen=True, slots=True)
class AnswerStore:
    """One checksummed file for each predicted recording.

    The key is made of the recording's path, size and time of change, the bundle and all settings:
    a changed recording or another window is not answered from here.

    Attributes
    ----------
    root : Path
        Made when the first answer is saved; readable by its owner alone.
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
            state = file_state(path)
        except (OSError, ValueError, AffuseError):
            return None
        parts = [
            metadata.version("affuse"),
            recogniser,
            _asked(settings),
            path,
            state,
            fetched_weights(),
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def load(self, key: str) -> Prediction | None:
        """The prediction of that key; None where there is none, or it is damaged.

        Parameters
        ----------
        key : str
            As `key` gives it.

        Returns
        -------
        Prediction or None
        """
        record = self._kept.load(key)
        if record is None:
            return None
        try:
            answer: Prediction = _adapter().validate_python(record)
        except ValueError:
            return None
        codes = record.get(_CODES) or [None] * len(sentences(answer))
        return with_sentences(answer, map(read_message, sentences(answer), codes))

    def save(self, key: str, answer: Prediction) -> None:
        """Store a prediction, whole or not at all.

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
        codes = [coded(sentence) for sentence in sentences(answer)]
        self._kept.save(key, {**asdict(answer), _CODES: codes})

    def sweep(self) -> None:
        """Remove old predictions, and partial files that killed processes left."""
        self._kept.sweep()

    @property
    def _kept(self) -> KeptJson:
        return KeptJson(self.root)


def default_answers() -> AnswerStore:
    """The store in the cache folder.

    Returns
    -------
    AnswerStore
    """
    return AnswerStore(cache_folder() / "predictions")


_LATER = ("explain", "people", "names", "face_embedding", "voice_embedding")
"""Settings that older versions do not have: left out where they are not used, so that keys stay."""


def _asked(settings: Settings) -> dict[str, Any]:
    """Settings as JSON, with the state of the files that they name."""
    asked = {
        name: value
        for name, value in asdict(settings).items()
        if name not in _LATER or value not in (None, False, {}, "")
    }
    if settings.people is not None:
        asked |= {"people": settings.people, "embeddings": _embedding_states(settings)}
    return asked


def _embedding_states(settings: Settings) -> list[Any]:
    """Of each graph, and of the description beside it."""
    given = (settings.face_embedding, settings.voice_embedding)
    return [each and _states(each.partition(":")[2]) for each in given]


def _states(graph: str) -> list[Any]:
    return [_state(graph), _state(f"{os.path.splitext(graph)[0]}.json")]


def _state(file: str) -> Any:
    try:
        return file_state(file)
    except (OSError, ValueError, AffuseError):
        return None  # That it is not there, the reading says.


@functools.cache
def _adapter() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Prediction)
