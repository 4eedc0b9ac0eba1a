"""File names as people see them: shown and returned, never used as a path."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

_LONGEST = 120
_UNNAMED = "recording"
_AWKWARD = re.compile(r'[<>:"|?*]')
_LONGEST_STEM = 180
"""Bytes, of which a file name may have 255 in all, with whatever follows."""
_RESERVED = re.compile(r"(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(COM|LPT)[0-9¹²³])(\.|$)", re.IGNORECASE)
"""What Windows takes for a device, whatever follows the dot."""


def display_name(given: str) -> str:
    r"""A name to be shown: the last part of a path, without misleading characters.

    Parameters
    ----------
    given : str
        File name as a browser sent it.

    Returns
    -------
    str
        At most 120 characters, never empty.

    Examples
    --------
    >>> display_name("../../holiday.mp4"), display_name("C:\\films\\a.mp4"), display_name("..")
    ('holiday.mp4', 'a.mp4', 'recording')
    """
    last = re.split(r"[/\\]", given)[-1]
    shown = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    return _AWKWARD.sub("_", shown).strip(". ")[-_LONGEST:].strip(". ") or _UNNAMED


def file_stem(name: str) -> str:
    """The stem of files named after a recording, which every system can write.

    Parameters
    ----------
    name : str
        What a person calls the recording, as `display_name` gives it.

    Returns
    -------
    str
        At most 180 bytes of UTF-8, never empty, and no name of a device.

    Examples
    --------
    >>> file_stem("talk.mp4"), file_stem("con.mp4"), file_stem("x. .wav")
    ('talk', '_con', 'x')
    """
    stem = unicodedata.normalize("NFC", PurePosixPath(name).stem)
    short = stem.encode()[:_LONGEST_STEM].decode("utf-8", "ignore").strip(". ") or _UNNAMED
    return f"_{short}" if _RESERVED.match(short) else short


def attachment(name: str, suffix: str) -> str:
    r"""Content-Disposition of a download named after a recording.

    Parameters
    ----------
    name : str
        What a person calls the recording.
    suffix : str
        Of the download, with its dot.

    Returns
    -------
    str

    Examples
    --------
    >>> attachment("Müller.mp4", ".vtt")
    'attachment; filename="M_ller.vtt"; filename*=UTF-8\'\'M%C3%BCller.vtt'
    """
    whole = f"{file_stem(name)}{suffix}"
    ascii_name = re.sub(r"[^A-Za-z0-9 ._-]", "_", whole)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(whole, safe='')}"
