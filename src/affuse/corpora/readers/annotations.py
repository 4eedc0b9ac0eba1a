"""A person's annotations of long recordings: ELAN, Praat, or affuse's JSON after correction."""

from __future__ import annotations

from pathlib import Path

from affuse.corpora.annotations.recordings import is_annotated, read_annotated
from affuse.corpora.media_files import first_files
from affuse.corpora.reader import Reader


def _recognises(path: Path) -> bool:
    return is_annotated(path, first_files(path))


READER = Reader(
    title="annotated recordings",
    recognises=_recognises,
    read=read_annotated,
    attributes={"tier": "name of the tier"},
    citation="your own",
    licence="that of the recordings",
    source="label stretches of time in ELAN or Praat, in a tier named emotion",
    example="talk.mp4",
    layout="talk.eaf, talk.TextGrid or talk.json beside talk.mp4; tiers emotion, or emotion@NAME",
    modalities=("audio", "video"),
)
