"""Temporary folders in the system's place for them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from affuse.storage.whole import owned_name, remove_leftovers


@contextmanager
def scratch_folder(kind: str) -> Iterator[Path]:
    """A new folder, removed afterwards; those of killed processes go when the next one begins.

    Parameters
    ----------
    kind : str
        What it is for, in small letters: part of its name.

    Yields
    ------
    Path
    """
    place = Path(tempfile.gettempdir())
    remove_leftovers(place, f".affuse-{kind}-*")
    with tempfile.TemporaryDirectory(
        prefix=owned_name(f"affuse-{kind}"), dir=place, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)
