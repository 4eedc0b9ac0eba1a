"""A database in audformat, of any corpus."""

from __future__ import annotations

from pathlib import Path

from affuse.corpora.audformat_database.clips import read_database
from affuse.corpora.audformat_database.opened import HEADER
from affuse.corpora.reader import Reader


def _recognises(path: Path) -> bool:
    return (path / HEADER).is_file()


READER = Reader(
    title="audformat database",
    recognises=_recognises,
    read=read_database,
    attributes={"split": "as tables have it", "any other column": "as the tables have it"},
    citation="that of the corpus",
    licence="that of the corpus",
    source="audformat writes it; so does affuse predict --format audformat",
    example="audio/001.wav",
    layout="db.yaml and tables (CSV, Parquet) beside the media; columns emotion, speaker",
    modalities=("audio", "video"),
)
