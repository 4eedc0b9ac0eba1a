"""Files that tables name, whichever system wrote the table."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path


def found_file(path: Path) -> Path | None:
    """The file that a path means; None where there is none.

    Names that differ in how Unicode composes their letters are one name, as they are to macOS;
    backslashes part folders where no name holds them.

    Parameters
    ----------
    path : Path
        As it was written, from a folder that exists.

    Returns
    -------
    Path or None
        As it is spelt on this disk.
    """
    for text in (str(path), str(path).replace("\\", "/")):
        forms = (text, unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))
        found = next((Path(form) for form in forms if os.path.isfile(form)), None)
        found = found or _composed_alike(Path(text))
        if os.path.isfile(found):
            return found
    return None


def _composed_alike(path: Path) -> Path:
    """The path with each part as it is spelt on this disk."""
    found = Path(path.anchor)
    for part in path.parts[len(found.parts) :]:
        if not os.path.lexists(found / part) and not part.isascii():
            wanted = unicodedata.normalize("NFC", part)
            names = os.listdir(found) if os.path.isdir(found) else []
            alike = (name for name in names if unicodedata.normalize("NFC", name) == wanted)
            part = next(alike, part)
        found /= part
    return found
