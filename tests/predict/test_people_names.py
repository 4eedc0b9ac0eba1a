"""Names that people are given, and names for people who are not there."""

from __future__ import annotations

from predictions import interview

from affuse.messages import coded
from affuse.predict.people_names import named, notes_of_names, notes_of_number


def test_names_go_to_numbers():
    people = interview().people
    assert [each.title for each in named(people, {2: "Ben"})] == ["Anna", "Ben", "person 3"]
    assert [each.title for each in named(people, {1: ""})] == ["person 1", "person 2", "person 3"]
    assert [each.name for each in people] == ["Anna", "", ""]


def test_a_name_for_nobody_is_noted():
    (note,) = notes_of_names(interview().people, {1: "Anna", 7: "Cleo"})
    assert note == "the name Cleo is for person 7, who is not there; people found: 3"
    assert coded(note) == {
        "code": "note.name",
        "values": {"name": "Cleo", "number": 7, "n_people": 3},
    }


def test_fewer_or_more_people_than_were_asked_for_are_noted():
    people = interview().people
    (note,) = notes_of_number(people, 30)
    assert note == "people asked for: 30, found: 3"
    assert notes_of_number(people, 2) == ["people asked for: 2, found: 3"]
    assert [notes_of_number(people, n) for n in (3, 0, None)] == [[], [], []]
