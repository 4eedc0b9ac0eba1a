"""Where a server says what went wrong: a line in its terminal, all of it in a file."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from affuse.cache import cache_folder

LOGGER = logging.getLogger("affuse.serve")

_MOST_BYTES = 2**20
"""Of the file, and of the one before it: nobody fills a disk with errors."""


def log_to_file() -> Path | None:
    """Write errors of servers of this process to a file of the cache; None: that is not possible.

    Returns
    -------
    Path or None
        ``logs/serve.log`` in the cache folder.
    """
    path = cache_folder() / "logs" / "serve.log"
    for old in LOGGER.handlers[:]:
        LOGGER.removeHandler(old)
        old.close()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = RotatingFileHandler(path, maxBytes=_MOST_BYTES, backupCount=1, encoding="utf-8")
    except OSError:
        # Without handlers, logging itself writes to the terminal.
        return None
    file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    terminal = logging.StreamHandler()
    terminal.setFormatter(_FirstLine(path))
    for handler in (file, terminal):
        LOGGER.addHandler(handler)
    # Uvicorn writes its own to the terminal; what a person sends us later is the file.
    others = logging.getLogger("uvicorn.error")
    others.handlers = [each for each in others.handlers if not isinstance(each, type(file))]
    others.addHandler(file)
    return path


class _FirstLine(logging.Formatter):
    """The first line of a message, and where the rest stands."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def format(self, record: logging.LogRecord) -> str:
        first = record.getMessage().splitlines()[0]
        return f"affuse: {first} (all of it in {self._path})"
