"""Faces and voices of a recording as people."""

import numpy as np
import pytest

from affuse.people.records import FaceLook, Speech, SpokenBy
from affuse.predict.found_people import FoundPerson, TrackedPeople, joined_people
from affuse.predict.picture import FaceObservation
from affuse.predict.windows import Span
from affuse.records import Box, Portrait

BOX = Box(0.1, 0.1, 0.2, 0.2)


def seen(time_s, track, weight=1.0, box=BOX):
    return FaceObservation(time_s, track, box, None, weight=weight)


def tracked(*looks):
    """Looks as (time_s, track, person)."""
    faces = [FaceLook(time_s, track, BOX) for time_s, track, _ in looks]
    return TrackedPeople(faces, np.array([person for _, _, person in looks], np.intp))


def test_people_are_numbered_as_they_appear():
    people = tracked((1.0, 1, 2), (3.0, 2, 1))
    speech = Speech((SpokenBy(1, 1, ((4.0, 5.0),)), SpokenBy(0, 2, ((0.2, 0.8),))))
    found = joined_people([seen(1.0, 1), seen(3.0, 2)], people, speech)
    assert [person.first_s for person in found.people] == [0.2, 1.0, 3.0]
    assert [person.number for person in found.people] == [1, 2, 3]
    assert [person.turns for person in found.people] == [((0.2, 0.8),), (), ((4.0, 5.0),)]
    assert [[o.number for o in person.observations] for person in found.people] == [[], [2], [3]]


def test_a_track_that_passes_to_another_face_is_two_people():
    people = tracked((0.0, 1, 1), (0.2, 1, 1), (0.4, 1, 2))
    found = joined_people([seen(t, 1) for t in (0.0, 0.2, 0.4, 0.6)], people, Speech(()))
    assert [len(person.observations) for person in found.people] == [2, 2]


def test_faces_that_cannot_be_told_are_nobody():
    found = joined_people([seen(0.0, 1)], tracked((0.0, 1, 0)), Speech(()))
    assert found.people == ()
    assert found.is_one


def test_a_voice_over_and_a_face_are_not_one():
    speech = Speech((SpokenBy(0, 1, ((0.0, 1.0),)),))
    found = joined_people([seen(0.0, 1)], tracked((0.0, 1, 1)), speech)
    assert not found.is_one


def test_speech_of_nobody_is_kept():
    found = joined_people([], tracked(), Speech((), ((1.0, 2.0),)))
    assert found.unattributed == ((1.0, 2.0),)


def test_short_losses_do_not_end_what_is_visible():
    person = FoundPerson(1, [seen(t, 1) for t in (0.0, 0.2, 0.6, 1.4)])
    found = person.visible(5.0)
    np.testing.assert_allclose(found, [(0.0, 0.8), (1.4, 1.6)])


def test_the_portrait_is_the_clearest_and_then_the_largest():
    large = Box(0, 0, 0.5, 0.5)
    looks = [seen(0.0, 1, 0.4, large), seen(0.2, 1, 0.9), seen(0.4, 1, 0.9, large)]
    assert FoundPerson(1, looks).portrait == Portrait(0.4, large)
    assert FoundPerson(1).portrait is None


def test_seconds_of_speech_are_those_within_a_stretch():
    person = FoundPerson(1, turns=((0.0, 2.0), (3.0, 6.0)))
    assert person.speaks_s(Span(1.0, 4.0)) == pytest.approx(2.0)
