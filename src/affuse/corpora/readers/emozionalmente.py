"""Emozionalmente: Italian speech acted by many people with their own microphones.

``metadata/samples.csv`` says actor, emotion and sentence of each file in ``audio``,
``metadata/users.csv`` sex and age of the actors. What files are called does not
matter: the table lists them.

Source: Catania 2022, doi:10.5281/zenodo.6569824.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from affuse.corpora.by_list import Label, Listing, read_listed
from affuse.corpora.media_files import has_file
from affuse.corpora.reader import Reader, Size
from affuse.corpora.speaker_lists import SpeakerList
from affuse.records import Skipped
from affuse.storage.csv_rows import read_rows

_EMOTIONS = {
    "anger": "angry",
    "disgust": "disgust",
    "fear": "fearful",
    "joy": "happy",
    "neutrality": "neutral",
    "sadness": "sad",
    "surprise": "surprised",
}
_SAMPLES, _USERS = "samples.csv", "users.csv"


def _labels(samples: Path) -> Iterator[Label | Skipped]:
    """One label for each row."""
    rows = read_rows(samples, expected="file_name,actor,emotion_expressed")
    yield from rows.skipped
    for row in rows.rows:
        sentence = {"sentence": row["sentence"]} if row["sentence"] else {}
        yield Label(
            file=Path(row["file_name"]).stem,
            emotion=row["emotion_expressed"],
            speaker=row["actor"],
            attributes=sentence,
        )


LISTING = Listing(
    title="Emozionalmente",
    example="audio/1.wav",
    lists=(_SAMPLES,),
    labels=_labels,
    emotions=_EMOTIONS,
    always={"language": "it"},
    speaker_list=SpeakerList(_USERS, "username"),
)


def _recognises(path: Path) -> bool:
    return all(has_file(path, f"metadata/{name}") for name in (_SAMPLES, _USERS))


READER = Reader(
    title=LISTING.title,
    recognises=_recognises,
    read=partial(read_listed, listing=LISTING),
    emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male",
        "age": "whole years",
        "language": "it",
        "sentence": "what is said",
    },
    citation=(
        "Catania 2022: Emozionalmente: a crowdsourced Italian speech emotional corpus. Zenodo, "
        "doi:10.5281/zenodo.6569824"
    ),
    licence="CC BY 4.0",
    terms=(
        "The recordings of Emozionalmente are under CC BY 4.0 (Catania 2022): name the "
        "source where you use what was trained on them."
    ),
    commercial_use=True,
    source="https://zenodo.org/records/6569824",
    get="An open archive.",
    example=LISTING.example,
    layout="files as metadata/samples.csv lists them",
    languages=("it",),
    size=Size(clips=6902, speakers=431),
)
