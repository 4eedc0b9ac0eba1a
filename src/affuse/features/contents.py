"""What clips are by their content, whatever they are called and wherever they lie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd

from affuse.features.store import content_hash
from affuse.records import Clip
from affuse.remote import url_of

_N_READERS = 4


def contents_table(clips: Iterable[Clip]) -> pd.DataFrame:
    """One row per clip: ``clip, content``.

    Returns
    -------
    DataFrame
        `content` is equal for clips whose files have the same bytes and that are the same stretch
        of them; empty where that is not known, because a file cannot be read or lies elsewhere.
    """
    chosen = tuple(clips)
    paths = sorted({path for clip in chosen for path in _files(clip)})
    with ThreadPoolExecutor(_N_READERS) as pool:
        hashes = dict(zip(paths, pool.map(_hash, paths), strict=True))
    rows = [(clip.id, _content([hashes[path] for path in _files(clip)], clip)) for clip in chosen]
    return pd.DataFrame(rows, columns=["clip", "content"])


def _files(clip: Clip) -> tuple[Path, ...]:
    return tuple(path for path in (clip.audio, clip.video) if path is not None)


def _hash(path: Path) -> str:
    if url_of(path) is not None:
        return ""
    try:
        return content_hash(path)
    except OSError:
        return ""


def _content(hashes: list[str], clip: Clip) -> str:
    if not hashes or not all(hashes):
        return ""
    # Sound and picture of one file are that file.
    told = [sorted(set(hashes)), clip.start_s or 0.0, clip.end_s]
    return f"sha256:{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]}"
