"""Identity of clips by content, whatever they are called and wherever they lie."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from affuse.errors import MediaError
from affuse.features.store import content_hash
from affuse.records import Clip, Modality
from affuse.storage.remote import url_of
from affuse.workers.threads import answers_in_threads

_N_READERS = 4
_N_ASKED = 16
"""Remote files that are requested at a time, which is waiting rather than work."""


def contents_table(clips: Iterable[Clip], known: Mapping[Path, str] | None = None) -> pd.DataFrame:
    """One row per clip: ``clip, content``.

    Parameters
    ----------
    clips : iterable of Clip
    known : mapping of Path to str, optional
        Content hashes of files, which are then not read again.

    Returns
    -------
    DataFrame
        `content` is equal for clips whose files have the same bytes and that are the same stretch
        of them; empty where that is not known, because a file cannot be read or is remote.
    """
    chosen = tuple(clips)
    # Of a remote file the hash covers its address as well.
    given = {path: content for path, content in (known or {}).items() if url_of(path) is None}
    paths = sorted({path for clip in chosen for path in clip.files})
    unread = [path for path in paths if path not in given]
    found = answers_in_threads(_hash, unread, _N_READERS)
    hashes = given | dict(zip(unread, found, strict=True))
    rows = [(clip.id, _content([hashes[path] for path in clip.files], clip)) for clip in chosen]
    return pd.DataFrame(rows, columns=["clip", "content"])


def contents_of(
    clips: Sequence[Clip], modalities: Sequence[Modality], jobs: int
) -> tuple[dict[Path, str], dict[Path, str]]:
    """Content hash of every file that is read, and why there is none for some.

    Parameters
    ----------
    clips : sequence of Clip
    modalities : sequence of {"audio", "video"}
        Whose files are read.
    jobs : int
        Files that are read at a time; of remote ones more.

    Returns
    -------
    contents, unread : dict of Path to str
        Hash, or reason.
    """
    sources = {clip.source(modality) for clip in clips for modality in modalities}
    paths = sorted(path for path in sources if path is not None)
    elsewhere = any(url_of(path) is not None for path in paths)
    found = answers_in_threads(_hash_or_reason, paths, _N_ASKED if elsewhere else jobs)
    answers = list(zip(paths, found, strict=True))
    contents = {path: content for path, content in answers if isinstance(content, str)}
    return contents, {path: str(why) for path, why in answers if isinstance(why, MediaError)}


def _hash_or_reason(path: Path) -> str | MediaError:
    try:
        return content_hash(path)
    except MediaError as error:
        return error
    except OSError:
        return MediaError(f"{path} cannot be read; expected a readable file: check the path")


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
    given = [sorted(set(hashes)), clip.start_s or 0.0, clip.end_s]
    return f"sha256:{hashlib.sha256(json.dumps(given).encode()).hexdigest()[:32]}"
