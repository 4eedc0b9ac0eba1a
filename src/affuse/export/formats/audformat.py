"""Predictions -> an audformat database.

A leaf: audformat is imported inside the functions.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affuse.errors import MissingDependency, OutputError
from affuse.export.format import Format
from affuse.export.people import people_apart, titles
from affuse.export.plain import SOURCES, all_classes, figures, stretches, whole
from affuse.export.timeline import shares_windows
from affuse.records import Prediction, Segment, Stretch

if TYPE_CHECKING:
    import pandas as pd

_FILES, _SEGMENTS, _TURNS = "files", "segments", "turns"
_OF_PERSON = f"{_SEGMENTS}.person"
_SHARES = ("confidence", "speech", "face_seen")


def check(paths: Sequence[str]) -> None:
    """Refuse, before a long run, what could not be written at its end.

    Parameters
    ----------
    paths : sequence of str
        Of the clips.

    Raises
    ------
    MissingDependency
        audformat is not installed.
    OutputError
        A file is named twice: a database knows its rows by file and time.
    """
    _audformat()
    twice = [path for path, count in Counter(map(os.path.abspath, paths)).items() if count > 1]
    if twice:
        raise OutputError(
            f"{twice[0]} was given more than once; expected each file once, "
            "since an audformat database knows its rows by file and time: leave the others out"
        )


def write_database(predictions: Sequence[Prediction], path: Path, folder: Path) -> None:
    """Write the database of all predictions to the folder `path`, its tables as CSV.

    Table ``files`` has one row per clip, ``segments`` one per window (file, start, end; windows
    may overlap). Where several faces share windows, each has a table of its own, such as
    ``segments.face2``, since rows must differ in file and time. Several people have a table each,
    ``segments.person2``, with a column ``speaker``, and another of the turns in which they speak,
    ``turns.person2``.

    Columns: ``emotion`` (empty where the recogniser abstained); ``face`` (its number, 0: none);
    ``confidence``, ``speech``, ``face_seen``, ``p_fused_<emotion>``, ``p_audio_<emotion>`` and
    ``p_video_<emotion>``, all of scheme ``share``, in [0, 1].

    Parameters
    ----------
    predictions : sequence of Prediction
    path : Path
        Where to write now.
    folder : Path
        Where the database will lie: files below it are named relative to it, all others by
        their absolute paths.

    Raises
    ------
    MissingDependency
        audformat is not installed.
    """
    audformat = _audformat()
    emotions = all_classes(predictions)
    database = audformat.Database(
        name="affuse-predictions",
        usage=audformat.define.Usage.OTHER,
        description=f"Emotions by {', '.join(sorted({made.recogniser for made in predictions}))}",
    )
    database.schemes["emotion"] = audformat.Scheme(labels=list(emotions))
    database.schemes["face"] = audformat.Scheme("int", minimum=0)
    database.schemes["share"] = audformat.Scheme("float", minimum=0, maximum=1)
    files = {prediction.path: _file(prediction.path, folder) for prediction in predictions}
    speakers = _speakers(predictions, files)
    if speakers:
        database.schemes["speaker"] = audformat.Scheme(
            labels=list(dict.fromkeys(speakers.values()))
        )
    wholes = [(files[prediction.path], whole(prediction)) for prediction in predictions]
    index = audformat.filewise_index([file for file, _ in wholes])
    _fill(database, _FILES, index, [segment for _, segment in wholes], emotions)
    for name, rows in _tables(predictions, files).items():
        index = audformat.segmented_index(
            [file for file, _ in rows],
            [_time(segment.start_s) for _, segment in rows],
            [_time(segment.end_s) for _, segment in rows],
        )
        _fill(database, name, index, [segment for _, segment in rows], emotions)
        if name.startswith(_OF_PERSON):
            _fill_speakers(database, name, [speakers[file, part.person] for file, part in rows])
    _add_turns(database, predictions, files, speakers)
    database.save(str(path), storage_format="csv")


def _audformat() -> Any:
    try:
        import audformat
    except ImportError as error:
        raise MissingDependency("audformat", "interop") from error
    return audformat


def _file(path: str, folder: Path) -> str:
    """Path relative to the folder where the file lies below it, else absolute."""
    file, root = Path(os.path.abspath(path)), Path(os.path.abspath(folder))
    return (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()


def _tables(
    predictions: Sequence[Prediction], files: dict[str, str]
) -> dict[str, list[tuple[str, Segment]]]:
    """Rows of each segmented table: file and segment."""
    tables: dict[str, list[tuple[str, Segment]]] = {}
    for prediction in predictions:
        shares, apart = shares_windows(prediction), bool(people_apart(prediction))
        for segment in stretches(prediction):
            name = f"{_SEGMENTS}.face{segment.face}" if shares and segment.face else _SEGMENTS
            name = f"{_OF_PERSON}{segment.person}" if apart and segment.person else name
            tables.setdefault(name, []).append((files[prediction.path], segment))
    return tables


def _speakers(
    predictions: Sequence[Prediction], files: dict[str, str]
) -> dict[tuple[str, int], str]:
    """File and number of a person -> speaker: the name, or one that no other file has."""
    found = {}
    for prediction in predictions:
        file = files[prediction.path]
        people = people_apart(prediction)
        called = titles(people)
        for person in people:
            recording = "" if person.name else f"{Path(file).with_suffix('').as_posix()} "
            found[file, person.number] = recording + called[person.number]
    return found


def _add_turns(
    database: Any,
    predictions: Sequence[Prediction],
    files: dict[str, str],
    speakers: dict[tuple[str, int], str],
) -> None:
    """A table of the turns of each number of a person: rows must differ in file and time."""
    audformat = _audformat()
    turns: dict[int, list[tuple[str, Stretch]]] = {}
    for prediction in predictions:
        for person in people_apart(prediction):
            of_file = [(files[prediction.path], turn) for turn in person.turns]
            turns.setdefault(person.number, []).extend(of_file)
    for number, rows in sorted(turns.items()):
        if not rows:
            continue
        index = audformat.segmented_index(
            [file for file, _ in rows],
            [_time(start_s) for _, (start_s, _) in rows],
            [_time(end_s) for _, (_, end_s) in rows],
        )
        name = f"{_TURNS}.person{number}"
        database[name] = audformat.Table(index)
        _fill_speakers(database, name, [speakers[file, number] for file, _ in rows])


def _fill_speakers(database: Any, name: str, speakers: Sequence[str]) -> None:
    database[name]["speaker"] = _audformat().Column(scheme_id="speaker")
    database[name]["speaker"].set(list(speakers))


def _time(time_s: float) -> pd.Timedelta:
    import pandas as pd

    return pd.Timedelta(round(time_s * 1e6), unit="us")


def _fill(
    database: Any, name: str, index: Any, segments: Sequence[Segment], emotions: Sequence[str]
) -> None:
    audformat = _audformat()
    table = database[name] = audformat.Table(index)
    table["emotion"] = audformat.Column(scheme_id="emotion")
    table["emotion"].set([segment.emotion for segment in segments])
    if name != _FILES:
        table["face"] = audformat.Column(scheme_id="face")
        table["face"].set([segment.face for segment in segments])
    columns: dict[str, list[float | None]] = {
        column: [getattr(segment, column) for segment in segments] for column in _SHARES
    }
    probabilities = [figures(segment, emotions) for segment in segments]
    names = [f"p_{source}_{emotion}" for source in SOURCES for emotion in emotions]
    for place, column in enumerate(names):
        columns[column] = [row[place] for row in probabilities]
    for column, values in columns.items():
        table[column] = audformat.Column(scheme_id="share")
        table[column].set(values)


FORMAT = Format(
    "audformat database", write_database, "folder", "", "application/zip", check, "audformat"
)
