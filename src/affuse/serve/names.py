"""File names as people see them: shown and returned, never used as a path."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

_LONGEST = 120
_UNNAMED = "recording"
_AWKWARD = re.compile(r'[<>:"|?*]')


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
    whole = f"{PurePosixPath(name).stem}{suffix}"
    ascii_name = re.sub(r"[^A-Za-z0-9 ._-]", "_", whole)
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(whole, safe='')}"
