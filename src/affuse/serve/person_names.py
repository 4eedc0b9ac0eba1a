"""Names that somebody at the page gives to the people of a recording: checked, and kept."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from pydantic import BaseModel, ConfigDict, Field

from affuse.predict.people_names import named
from affuse.records import Person, Prediction
from affuse.serve.judging import RecordingResult
from affuse.serve.replies import Refused
from affuse.storage.plain_text import JOINERS, name_key

MOST_BYTES = 100_000
_MOST_NAMES = 200
_LONGEST = 80


class Names(BaseModel):
    """Number of a person -> name; an empty one takes the name away."""

    model_config = ConfigDict(frozen=True)

    names: dict[int, str] = Field(min_length=1, max_length=_MOST_NAMES)


def with_names(result: RecordingResult, given: Names) -> RecordingResult:
    """A result whose people are called so, with all that was made of one modality alone.

    Parameters
    ----------
    result : RecordingResult
    given : Names

    Returns
    -------
    RecordingResult

    Raises
    ------
    Refused
        422: a person is not there, or two would have one name.
    """
    names = {number: _cleaned(name) for number, name in given.names.items()}
    people = result.prediction.people
    for number in names:
        if number not in {person.number for person in people}:
            there = ", ".join(str(person.number) for person in people) or "none"
            raise Refused(
                422, f"person {number} was given a name; expected one who is there: {there}"
            )
    _refuse_twins(named(people, names))

    def renamed(prediction: Prediction) -> Prediction:
        return replace(prediction, people=named(prediction.people, names))

    alone = {modality: renamed(other) for modality, other in result.alone.items()}
    return replace(result, prediction=renamed(result.prediction), alone=alone)


def _cleaned(name: str) -> str:
    shown = "".join(
        sign for sign in name if unicodedata.category(sign)[0] != "C" or sign in JOINERS
    )
    cleaned = " ".join(shown.split())[:_LONGEST].strip()
    return cleaned if cleaned.strip(f"{JOINERS} ") else ""


def _refuse_twins(people: tuple[Person, ...]) -> None:
    taken: dict[str, Person] = {}
    for person in people:
        other = taken.setdefault(name_key(person.title), person)
        if other is not person:
            raise Refused(
                422,
                f"person {other.number} and person {person.number} would both be called "
                f"{person.title!a}; expected names that tell them apart",
            )
