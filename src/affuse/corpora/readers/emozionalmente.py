"""Emozionalmente: Italian speech acted by many people with their own microphones.

``metadata/samples.csv`` says actor, emotion and sentence of each file in ``audio``,
``metadata/users.csv`` sex, age and mother tongue of the actors. What files are called does not
matter: the table lists them.

Source: Catania 2022, doi:10.5281/zenodo.6569824.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from affuse.corpora.attributes import standard_attributes
from affuse.corpora.index import Index
from affuse.corpora.joined_files import media_below
from affuse.corpora.labelled import (
    Label,
    Labelling,
    has_file,
    index_of_labelled,
    label_files,
    rows_with,
)
from affuse.corpora.media_files import FolderContents
from affuse.corpora.reader import Reader, Size
from affuse.storage.csv_rows import Row

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
_COLUMNS = ("file_name", "actor", "emotion_expressed")

_LABELLING = Labelling(
    title="Emozionalmente",
    example="audio/1.wav",
    key_of=lambda path: path.stem,
    files=f"metadata/{_SAMPLES}",
)


def read_emozionalmente(root: str | Path) -> Index:
    """Index of the Emozionalmente files below a folder.

    Parameters
    ----------
    root : str or Path
        The unpacked archive.

    Returns
    -------
    Index
        Attributes ``sex``, ``age``, ``mother_tongue`` and ``sentence`` where the tables say them.

    Raises
    ------
    DatasetError
        `root` is no folder, or ``samples.csv`` does not lie in it.
    """
    folder, contents = media_below(root, _LABELLING.title, _LABELLING.example)
    (samples, *_) = label_files(folder, contents, (_SAMPLES,), _LABELLING.title)
    people = _people(folder, contents)
    labels = {
        Path(row["file_name"]).stem: _label(row, people) for row in rows_with(samples, _COLUMNS).rows
    }
    return index_of_labelled(folder, contents, labels, _LABELLING)


def _people(folder: Path, contents: FolderContents) -> dict[str, dict[str, str]]:
    """Actor -> what is known of them; nothing where the table of people is not there."""
    tables = [folder / x.name for x in contents.passed_over if Path(x.name).name == _USERS]
    return {
        row["username"]: standard_attributes(
            {name: row[name] for name in ("gender", "age", "mother_tongue") if row[name]}
        )
        for table in tables[:1]
        for row in rows_with(table, ("username",)).rows
    }


def _label(row: Row, people: Mapping[str, Mapping[str, str]]) -> Label:
    written = row["emotion_expressed"].casefold()
    attributes = {"language": "it", **people.get(row["actor"], {})}
    if row["sentence"]:
        attributes["sentence"] = row["sentence"]
    return Label(
        emotion=_EMOTIONS.get(written, ""),
        speaker=row["actor"],
        attributes=attributes,
        unusable="" if written in _EMOTIONS else f"its emotion {written!r} is none of the corpus",
    )


def _recognises(path: Path) -> bool:
    return has_file(path, f"metadata/{_SAMPLES}") and has_file(path, f"metadata/{_USERS}")


READER = Reader(
    title=_LABELLING.title,
    recognises=_recognises,
    read=read_emozionalmente,
    emotions=("neutral", "happy", "sad", "angry", "fearful", "disgust", "surprised"),
    emotion_map=_EMOTIONS,
    attributes={
        "sex": "female, male, other",
        "age": "whole years",
        "language": "it",
        "mother_tongue": "as they said it",
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
    source="https://zenodo.org/records/6569824",
    get="An open archive.",
    example=_LABELLING.example,
    layout="files as metadata/samples.csv lists them",
    languages=("it",),
    size=Size(clips=6902, speakers=431),
)
