"""Checkpoints of a long training as plain arrays, written after each epoch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.storage.whole import atomic_file

Arrays = Mapping[str, NDArray[Any]]
MEANING = "__meaning__"
"""Name of the array that holds what the others belong to, as JSON."""


def save_checkpoint(path: Path, meaning: Mapping[str, object], arrays: Arrays) -> None:
    """Write named arrays and the settings they belong to, whole or not at all.

    Parameters
    ----------
    path : Path
        A file that is there is replaced.
    meaning : mapping
        What the arrays belong to, ready for JSON.
    arrays : mapping of str to array

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    text = np.frombuffer(json.dumps(meaning, sort_keys=True).encode(), np.uint8)
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **{MEANING: text}, **arrays)  # type: ignore[arg-type]


def load_checkpoint(path: Path, meaning: Mapping[str, object]) -> dict[str, NDArray[Any]] | None:
    """The arrays that were saved for these settings; None where there are none.

    Parameters
    ----------
    path : Path
    meaning : mapping
        As it was saved.

    Returns
    -------
    dict of str to array, or None
    """
    if not path.is_file():
        return None
    with np.load(path) as stored:
        if json.loads(stored[MEANING].tobytes()) != json.loads(json.dumps(meaning)):
            return None
        return {name: stored[name] for name in stored.files if name != MEANING}
