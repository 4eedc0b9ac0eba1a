"""affuse's own JSON, corrected by a person -> tiers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from affuse.corpora.annotations.tiers import Annotated, Stretch, Tier
from affuse.errors import DatasetError
from affuse.records import PERSON
from affuse.storage.remote import local_copy, url_of

FORMAT = "affuse-predictions"
"""As ``prediction.schema.json`` of the exports has it."""
_HEAD = 512
_TOUCHING_S = 0.001
"""Stretches of a person have whole milliseconds, those of a recogniser do not."""


def is_document(path: Path) -> bool:
    """Whether a file begins like affuse's JSON; False for a remote file, which would be fetched.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    if url_of(path) is not None or not path.is_file():
        return False
    with path.open("rb") as file:
        return f'"{FORMAT}"'.encode() in file.read(_HEAD)


def read_document(path: Path) -> tuple[Annotated, ...]:
    """The labels that a JSON document gives for each of its recordings, segment by segment.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Annotated
        One for each recording; a tier for each face or person where there are several.

    Raises
    ------
    DatasetError
        It is not the JSON that affuse writes.
    """
    with local_copy(path) as file:
        try:
            document = json.loads(file.read_text("utf-8"))
            return tuple(_annotated(path, record) for record in document["predictions"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DatasetError(
                f"{path} cannot be read as affuse's JSON ({' '.join(str(error).split())}); "
                "expected what affuse predict --format json writes: write it again"
            ) from error


def _annotated(path: Path, record: Mapping[str, Any]) -> Annotated:
    media = Path(str(record["path"]).replace("\\", "/"))
    segments = record["segments"] or [{**record, "start_s": None, "end_s": None}]
    places = (path.parent / media, media)
    tiers = _of_people(record) if _apart(record) else _tiers(segments)
    return Annotated(path, tuple(tiers), places, _note(path, record))


def _note(path: Path, record: Mapping[str, Any]) -> str:
    """Whose labels these are, as far as the document says."""
    whose = [segment.get("annotator", "") for segment in record["segments"]]
    if not any(whose):
        return (
            f"Labels in {path.name} are answers of {record['recogniser']}, as far as nobody has "
            "corrected them."
        )
    return (
        f"{whose.count(PERSON)} of {len(whose)} labels in {path.name} are a person's, the others "
        f"answers of {record['recogniser']}."
    )


def _apart(record: Mapping[str, Any]) -> bool:
    """Whether people have a timeline each: one alone needs a name for it."""
    people = record.get("people", ())
    return len(people) > 1 or any(person["name"] for person in people)


def _of_people(record: Mapping[str, Any]) -> Iterator[Tier]:
    for person in record["people"]:
        own = [each for each in record["segments"] if each.get("person") == person["number"]]
        title = person["name"] or f"person {person['number']}"
        yield Tier(f"emotion@{title}", tuple(map(_stretch, own)), str(person["name"]))


def _tiers(segments: Sequence[Mapping[str, Any]]) -> Iterator[Tier]:
    faces = sorted({int(segment.get("face", 0)) for segment in segments})
    for face in faces if _has_several(segments, faces) else [None]:
        own = [each for each in segments if face in (None, int(each.get("face", 0)))]
        yield Tier("emotion" if face is None else f"emotion face {face}", tuple(map(_stretch, own)))


def _has_several(segments: Sequence[Mapping[str, Any]], faces: Sequence[int]) -> bool:
    """Whether faces have timelines of their own. In one that was corrected nothing overlaps."""
    if len([face for face in faces if face]) < 2:
        return False
    if not any(segment.get("annotator") for segment in segments):
        return True
    ordered = sorted(segments, key=lambda segment: float(segment["start_s"]))
    return any(
        float(after["start_s"]) < float(before["end_s"]) - _TOUCHING_S
        for before, after in pairwise(ordered)
    )


def _stretch(segment: Mapping[str, Any]) -> Stretch:
    start, end = segment["start_s"], segment["end_s"]
    return Stretch(
        None if start is None else float(start),
        None if end is None else float(end),
        str(segment["emotion"] or ""),
        {str(name): float(value) for name, value in segment.get("values", {}).items()},
        str(segment.get("abstained", "")) or "no emotion is told of it",
    )
