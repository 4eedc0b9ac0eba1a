"""Where affuse keeps what can be computed or fetched again."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """Folder of all that can be computed or fetched again.

    ``AFFUSE_CACHE`` where it is set, else the platform's own place for caches.
    """
    named = os.environ.get("AFFUSE_CACHE")
    return Path(named) if named else platformdirs.user_cache_path("affuse", appauthor=False)


def weights_folder() -> Path:
    """Folder of the networks that were fetched."""
    return cache_folder() / "weights"
