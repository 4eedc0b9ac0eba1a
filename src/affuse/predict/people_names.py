"""Names for the people of a recording, and notes on who is not there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from affuse.messages import message
from affuse.records import Person


def named(people: Sequence[Person], names: Mapping[int, str]) -> tuple[Person, ...]:
    """The people with the names that they were given; the others keep what they have.

    Parameters
    ----------
    people : sequence of Person
    names : mapping of int to str
        Number of a person -> name; an empty one takes a name away.

    Returns
    -------
    tuple of Person
    """
    return tuple(replace(each, name=names.get(each.number, each.name)) for each in people)


def notes_of_names(people: Sequence[Person], names: Mapping[int, str]) -> list[str]:
    """A note for each name that nobody has, since the person is not there.

    Parameters
    ----------
    people : sequence of Person
    names : mapping of int to str

    Returns
    -------
    list of str
    """
    there = {person.number for person in people}
    return [
        message(
            "note.name",
            "the name {name} is for person {number}, who is not there; people found: {n_people}",
            name=name,
            number=number,
            n_people=len(people),
        )
        for number, name in sorted(names.items())
        if number not in there
    ]


def notes_of_number(people: Sequence[Person], n_asked: int | None) -> list[str]:
    """A note where fewer or more people are found than there are said to be.

    Parameters
    ----------
    people : sequence of Person
    n_asked : int or None
        0: no number was said.

    Returns
    -------
    list of str
    """
    if not n_asked or len(people) == n_asked:
        return []
    return [
        message(
            "note.people",
            "people asked for: {n_asked}, found: {n_people}",
            n_asked=n_asked,
            n_people=len(people),
        )
    ]
