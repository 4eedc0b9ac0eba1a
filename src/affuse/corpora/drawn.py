"""Corpora of drawn people, whose files bear the names of a real corpus and say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from affuse.errors import MediaError
from affuse.media.decode import comment_of
from affuse.records import Clip

EMBEDDED = "affuse embedded corpus"
"""Name of the corpus of drawn faces and synthesised voices; begins the comment of its files."""


def with_drawn_corpus(clips: Sequence[Clip]) -> tuple[Clip, ...]:
    """The clips, with those of drawn people and synthesised voices in a corpus of their own.

    Parameters
    ----------
    clips : sequence of Clip
        One file of each speaker and folder is looked into.

    Returns
    -------
    tuple of Clip
    """
    drawn: dict[tuple[str, Path | None], bool] = {}
    for clip in clips:
        if _place(clip) not in drawn:
            drawn[_place(clip)] = is_embedded(clip)
    return tuple(replace(clip, corpus=EMBEDDED) if drawn[_place(clip)] else clip for clip in clips)


def is_embedded(clip: Clip) -> bool:
    """Whether a clip is of the embedded corpus, by the comment in its file.

    Parameters
    ----------
    clip : Clip
        A local one; of remote files nothing is known.

    Returns
    -------
    bool
    """
    source = clip.video or clip.audio
    return source is not None and source.is_file() and comment(source).startswith(EMBEDDED)


def comment(path: Path) -> str:
    """Comment of a media file; empty if it has none, or if there is no complete file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
    """
    try:
        return comment_of(path)
    except MediaError:
        return ""


def _place(clip: Clip) -> tuple[str, Path | None]:
    source = clip.video or clip.audio
    return clip.speaker, source.parent if source else None
