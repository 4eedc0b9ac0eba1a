"""The page and its files, under an address that changes when one of them does."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from fastapi import Response
from fastapi.staticfiles import StaticFiles

FOLDER = Path(__file__).parent / "static"

_ROOT = "/static/"
_FOR_A_YEAR = "private, max-age=31536000, immutable"


class PageFiles(StaticFiles):
    """Files that a browser may keep without asking again: what changes gets another address.

    Parameters
    ----------
    folder : Path

    Examples
    --------
    >>> '<script type="module" src="/static/' in PageFiles(FOLDER).page
    True
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self.address = _ROOT + _digest(folder)
        """Path of the folder on the server."""
        self.page = (folder / "index.html").read_text("utf-8").replace(_ROOT, f"{self.address}/")
        """HTML of the page, which names its files by that address."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, or that it has not changed; to be kept either way."""
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = _FOR_A_YEAR
        return response


def _digest(folder: Path) -> str:
    """Twelve digits that tell the folder's names and contents."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        name = os.fsencode(path.relative_to(folder))
        digest.update(b"%d %d " % (len(name), len(content)) + name + content)
    return digest.hexdigest()[:12]
