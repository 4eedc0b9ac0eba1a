"""Exports as files of text, new and whole."""

from __future__ import annotations

from pathlib import Path

from affuse.storage.whole import new_path


def write_text(path: Path, text: str) -> None:
    """Write a new file of UTF-8 text with plain line feeds.

    A sign that UTF-8 cannot hold, from a file name in another encoding, becomes an escape.

    Raises
    ------
    OutputError
        As `new_path`.
    """
    with new_path(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))
