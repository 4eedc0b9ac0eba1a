"""Unforeseen errors: one sentence for people, the traceback in a file."""

from __future__ import annotations

import traceback
from datetime import UTC, datetime
from pathlib import Path

from affuse.storage.cache import cache_folder

FOLDER = "errors"
_LONGEST = 200
_MOST_BYTES = 16 * 2**20
"""Of one day: errors must not fill a disk."""


def unforeseen(name: str, error: Exception) -> str:
    """One sentence about an error in one file, after logging its traceback.

    Parameters
    ----------
    name : str
        Of the file or clip, as the person gave it.
    error : Exception

    Returns
    -------
    str
    """
    words = " ".join(str(error).split())[:_LONGEST]
    what = f"{type(error).__name__}: {words}" if words else type(error).__name__
    log = logged(name, error)
    where = f" (its traceback is in {log})" if log else ""
    return (
        f"{name} cannot be read ({what}); expected a recording that decodes: re-encode it, or "
        f"report this error, which affuse does not know{where}"
    )


def logged(name: str, error: Exception) -> Path | None:
    """Append the traceback to the log of the day and return its place; None if that fails.

    Parameters
    ----------
    name : str
        What messages call the file.
    error : Exception

    Returns
    -------
    Path or None
    """
    now = datetime.now(UTC)
    log = cache_folder() / FOLDER / f"{now:%Y-%m-%d}.log"
    trace = "".join(traceback.format_exception(error))
    entry = f"{now:%Y-%m-%dT%H:%M:%SZ} {name!r}\n{trace}\n"
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        # One call to the system: entries of several processes do not mix.
        with log.open("ab", buffering=0) as file:
            if file.tell() > _MOST_BYTES:
                return None
            file.write(entry.encode("utf-8", "backslashreplace"))
    except OSError:
        return None
    return log
