"""How rows of tables match clips: by path, else by take key or name, never by a guess.

A row names a clip by the end of a path, as long or short as it was written. It fits a clip whose
id or file ends so, and a clip whose whole id is the end of the row; where it fits none, letters
count whatever their case. Of several clips that it fits
it is about the one with which it has most parts in common; with two of them it is refused.
"""

from __future__ import annotations

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

from affuse.corpora.known import take_key
from affuse.corpora.media_files import MEDIA_SUFFIXES
from affuse.corpora.speakers import speaker_key
from affuse.errors import DatasetError
from affuse.records import Clip
from affuse.storage.plain_text import first_few
from affuse.storage.remote import url_of

CLIP_COLUMNS = ("clip", "path", "file", "filename")
"""Columns (lower case) in which tables name the clip of a row, the first that is there."""

_EXACT = 1_000
_SHOWN = 3

Parts = tuple[str, ...]


def row_key(name: str) -> str:
    r"""One key for all spellings of a row's name.

    Folders stay; backslashes part them too, the suffix of a media file is left out, RAVDESS names
    become take keys, and letters are composed.

    Parameters
    ----------
    name : str
        A path, a file's name or a clip's id.

    Returns
    -------
    str

    Examples
    --------
    >>> row_key("01-01-06-01-02-01-12.mp4"), row_key("./a/me.wav"), row_key("a\\me")
    ('01-06-01-02-01-12', 'a/me', 'a/me')
    """
    return "/".join(_parts(name))


def rows_of_clips(names: Iterable[str], clips: Sequence[Clip]) -> dict[str, tuple[str, ...]]:
    """Rows that are about each clip, by clip id; none where there is no row.

    Parameters
    ----------
    names : iterable of str
        As `row_key` gives them.
    clips : sequence of Clip

    Returns
    -------
    dict of str to tuple of str
        Several rows for a clip only where they fit it equally well, as ``01-`` and ``03-`` of one
        take do.

    Raises
    ------
    DatasetError
        A name fits several clips, and one of them has no other row: the message begins with the
        name.

    Examples
    --------
    >>> clips = [Clip("ann/one", "sad", "ann"), Clip("ben/one", "sad", "ben")]
    >>> rows_of_clips(["data/ann/one", "ben/one"], clips)
    {'ann/one': ('data/ann/one',), 'ben/one': ('ben/one',)}
    """
    by_last: dict[str, list[_Name]] = defaultdict(list)
    for clip in clips:
        whose = _from_speaker(clip)
        for number, parts in enumerate(_names_of(clip)):
            by_last[parts[-1]].append(_Name(parts, clip.id, whose, is_id=number == 0))
    fits = {name: _fits(tuple(name.split("/")), by_last) for name in names}
    if not all(fits.values()):
        folded = _folded(by_last)
        fits |= {
            name: _fits(tuple(name.casefold().split("/")), folded)
            for name, scores in fits.items()
            if not scores
        }
    rows: dict[str, list[tuple[int, str]]] = {clip.id: [] for clip in clips}
    for name, scores in fits.items():
        best = _best(scores)
        if len(best) == 1:
            rows[best[0]].append((scores[best[0]], name))
    for name, scores in fits.items():
        best = _best(scores)
        if len(best) > 1 and not all(rows[clip] for clip in best):
            raise DatasetError(_ambiguous(name, best))
    return {clip: tuple(_most(found)) for clip, found in rows.items()}


@dataclass(frozen=True, slots=True)
class _Name:
    """A path by which a clip may be named, and its path from the folder named after its speaker."""

    parts: Parts
    clip: str
    whose: Parts
    is_id: bool


def _folded(by_last: Mapping[str, Sequence[_Name]]) -> dict[str, list[_Name]]:
    """The names in lower case, for systems that ignore case in file names."""
    folded: dict[str, list[_Name]] = defaultdict(list)
    for names in by_last.values():
        for name in names:
            parts, whose = (tuple(map(str.casefold, words)) for words in (name.parts, name.whose))
            folded[parts[-1]].append(replace(name, parts=parts, whose=whose))
    return folded


def _parts(name: str) -> Parts:
    """Folders and name of a path, without media suffix; the take key for a name that has one."""
    composed = unicodedata.normalize("NFC", name.strip()).replace("\\", "/")
    path = PurePosixPath(os.path.normpath(composed) if composed else composed)
    stem = path.stem if path.suffix.lower() in MEDIA_SUFFIXES else path.name
    folders = [part for part in path.parts[:-1] if part != "/"]
    return (*folders, take_key(stem) or stem)


def _names_of(clip: Clip) -> Iterator[Parts]:
    """Paths by which a clip may be named: its id, its files, and their names alone."""
    own = _parts(clip.id)
    yield own
    for path in clip.files:
        parts = _parts(str(path) if url_of(path) else os.path.abspath(path))
        yield parts
        if parts[-1] != own[-1]:
            yield parts[-1:]


def _from_speaker(clip: Clip) -> Parts:
    who = speaker_key(clip.speaker)
    for path in clip.files:
        parts = _parts(str(path))
        for place in range(len(parts) - 2, -1, -1):
            if speaker_key(parts[place]) == who:
                return parts[place:]
    return ()


def _fits(row: Parts, by_last: Mapping[str, Sequence[_Name]]) -> dict[str, int]:
    """Clips that a row matches, with the number of path components in common."""
    scores: dict[str, int] = {}
    for name in by_last.get(row[-1], ()):
        common = min(len(row), len(name.parts))
        # Where folders differ, it is another clip of that name, or another speaker's.
        theirs = len(name.whose) > common and row[-len(name.whose) :] != name.whose
        if row[-common:] == name.parts[-common:] and not (theirs and len(row) > common):
            fit = _EXACT if name.is_id and row == name.parts else common
            scores[name.clip] = max(scores.get(name.clip, 0), fit)
    return scores


def _best(scores: Mapping[str, int]) -> list[str]:
    most = max(scores.values(), default=0)
    return [clip for clip, score in scores.items() if score == most]


def _most(found: Sequence[tuple[int, str]]) -> list[str]:
    most = max((score for score, _ in found), default=0)
    return [name for score, name in found if score == most]


def _ambiguous(name: str, clips: Sequence[str]) -> str:
    return (
        f"names {name!r}, which may be any of the clips {first_few(clips, _SHOWN)}; expected names "
        "that are one clip's alone: write the folders before them, or take the names that "
        "`affuse index DATA --out FILE.csv` writes"
    )
