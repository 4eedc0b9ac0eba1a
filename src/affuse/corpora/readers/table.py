"""A person's own clips, listed in a CSV: any file that is no recording."""

from __future__ import annotations

from pathlib import Path

from affuse.corpora.annotations.recordings import ANNOTATION_SUFFIXES
from affuse.corpora.reader import Reader
from affuse.corpora.table import read_table
from affuse.records import MODALITIES
from affuse.storage.remote import is_file


def _recognises(path: Path) -> bool:
    return is_file(path) and path.suffix.lower() not in ANNOTATION_SUFFIXES


READER = Reader(
    title="CSV of clips",
    recognises=_recognises,
    read=read_table,
    attributes={"any other column": "as the table has it"},
    citation="your own, or that of the corpus that the table lists",
    licence="that of the recordings",
    source="write it: one row for each clip",
    example="clips.csv",
    modalities=MODALITIES,
    layout="columns path,emotion,speaker, and if you like clip,audio,video,start,end,corpus",
)
