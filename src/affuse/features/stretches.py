"""Stretches that reach beyond their file: reported, never cut silently."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from affuse.corpora.index import Index
from affuse.errors import DatasetError, MediaError
from affuse.records import Clip, Skipped
from affuse.storage.plain_text import first_few, none_of
from affuse.storage.remote import url_of

_TOLERANCE_S = 0.1


def within_files(index: Index) -> Index:
    """The index without clips that begin after the end of their file, and with notes on others.

    Opens each file of which a clip is a stretch; one that cannot be opened, or does not say how
    long it is, is left to the decoder, as are remote files.

    Parameters
    ----------
    index : Index

    Returns
    -------
    Index
        Clips that begin too late are in `Index.skipped`; those that end too late are kept with what
        is there, and `Index.notes` says so.

    Raises
    ------
    DatasetError
        No clip is left.
    """
    length_s = lru_cache(maxsize=None)(_length_s)
    kept, late, long = [], [], []
    for clip in index:
        end = min(map(length_s, clip.files), default=None) if _is_cut(clip) else None
        start = clip.start_s or 0.0
        if end is not None and start >= end:
            reason = f"begins at {start:g} s, but its file ends at {end:.2f} s; expected less"
            late.append(Skipped(clip.id, reason))
            continue
        kept.append(clip)
        if end is not None and clip.end_s is not None and clip.end_s > end + _TOLERANCE_S:
            long.append(f"{clip.id} ends at {clip.end_s:g} s of {end:.2f} s")
    if not kept and late:
        raise DatasetError(
            f"{none_of(len(index), 'clip')} lies within its file (first: {late[0].name} "
            f"{late[0].reason}); expected start and end in seconds of the file: mend the table"
        )
    notes = (*index.notes, *([_long_clips_note(long)] if long else []))
    return replace(index, clips=tuple(kept), skipped=(*index.skipped, *late), notes=notes)


def _is_cut(clip: Clip) -> bool:
    return clip.start_s is not None or clip.end_s is not None


def _length_s(path: Path) -> float:
    """Length of a file in seconds; infinite if unknown."""
    from affuse.media.decode import probe

    if url_of(path) is not None:
        return float("inf")
    try:
        length = probe(path).duration_s
    except MediaError:
        return float("inf")
    return float("inf") if length is None else length


def _long_clips_note(long: list[str]) -> str:
    return f"Stretches beyond the end of their file, kept with what is there: {first_few(long)}."
