"""A corpus. Copy to src/affuse/corpora/readers/NAME.py; affuse then finds its folders by itself:

    affuse run FOLDER                       or, where two readers recognise it, --corpus NAME

This one is of files called SPEAKER-EMOTION-TAKE, such as anna-joy-1.mp4.
"""

from __future__ import annotations

import re
from pathlib import Path

from affuse.corpora.index import Index
from affuse.corpora.media_files import AUDIO_SUFFIXES, first_media_names, folder_contents
from affuse.corpora.reader import Reader
from affuse.records import Clip, Skipped

TITLE = "Named files"
_NAME = re.compile(r"([a-z]+)-([a-z]+)-(\d+)\.\w+")
# The corpus's own labels -> affuse's common names (affuse/corpora/emotions.py).
_EMOTIONS = {"joy": "happy", "sorrow": "sad", "rage": "angry"}


def _recognises(path: Path) -> bool:
    """Cheap: by the names of the first few hundred files; nothing is decoded."""
    return any(map(_NAME.fullmatch, first_media_names(path)))


def _read(root: str | Path) -> Index:
    found = {path: _clip(path) for path in folder_contents(Path(root)).files}
    # Files of other names are listed, so that nobody wonders where they are.
    skipped = (Skipped(path.name, "not named as here") for path, clip in found.items() if not clip)
    return Index(tuple(clip for clip in found.values() if clip), tuple(skipped))


def _clip(path: Path) -> Clip | None:
    fields = _NAME.fullmatch(path.name)
    if fields is None or fields[2] not in _EMOTIONS:
        return None
    video = None if path.suffix.lower() in AUDIO_SUFFIXES else path
    return Clip(path.stem, _EMOTIONS[fields[2]], fields[1], path, video, corpus=TITLE)


READER = Reader(
    title=TITLE,
    recognises=_recognises,
    read=_read,
    emotions=tuple(_EMOTIONS.values()),
    emotion_map=_EMOTIONS,
    citation="whoever recorded them",
    licence="as they allow",
    source="where to download them",
    example="anna-joy-1.mp4",
    layout="speaker, emotion, take",
)
