"""What rows of other people's tables and clips are matched by."""

from __future__ import annotations

from collections.abc import Container
from pathlib import PurePosixPath

from affuse.datasets.media_files import MEDIA_SUFFIXES
from affuse.datasets.ravdess import take_key
from affuse.records import Clip


def clip_key(name: str) -> str:
    """What rows and clips are matched by: the take key, or the name without a media suffix.

    >>> clip_key("01-01-06-01-02-01-12.mp4"), clip_key("03-01-06-01-02-01-12"), clip_key("a/me.wav")
    ('01-06-01-02-01-12', '01-06-01-02-01-12', 'me')
    """
    return PurePosixPath(long_key(name)).name


def long_key(name: str) -> str:
    """The same with the folders that are written before the name.

    >>> long_key("a/01-01-06-01-02-01-12.mp4"), long_key("a/me.wav")
    ('01-06-01-02-01-12', 'a/me')
    """
    plain = PurePosixPath(name.strip().replace("\\", "/"))
    stem = plain.with_suffix("") if plain.suffix.lower() in MEDIA_SUFFIXES else plain
    return take_key(stem.name) or stem.as_posix()


def key_in(clip: Clip, keys: Container[str]) -> str | None:
    """The one of `keys` that a clip meets by its id or by the name of one of its files.

    >>> key_in(Clip("a/me", "sad", "1"), {"me", "you"})
    'me'
    """
    names = [clip.id, *(path.name for path in (clip.audio, clip.video) if path is not None)]
    return next((key for key in map(clip_key, names) if key in keys), None)
