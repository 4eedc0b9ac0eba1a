"""The people of a prediction as exports show them: who has a timeline, and what they are called."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from affuse.export.plain import percent
from affuse.records import Person, Prediction, Segment, Stretch
from affuse.storage.plain_text import name_key


def people_apart(prediction: Prediction) -> tuple[Person, ...]:
    """The people who have a timeline each: several, or one who has a name.

    One person without a name is written as a recording whose people nobody asked for.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    tuple of Person
        By number; empty where there is one timeline for all.
    """
    people = prediction.people
    return people if len(people) > 1 or any(person.name for person in people) else ()


def titles(people: Sequence[Person]) -> dict[int, str]:
    """What each person is called, no two the same: where two are, all are followed by their number.

    Parameters
    ----------
    people : sequence of Person

    Returns
    -------
    dict of int to str
        By number of the person.

    Examples
    --------
    >>> from affuse.records import Segment
    >>> nothing = Segment(0.0, 1.0, None, None, {})
    >>> titles([Person(1, "Anna", nothing), Person(2, "", nothing)])
    {1: 'Anna', 2: 'person 2'}
    >>> titles([Person(1, "Anna", nothing), Person(2, "anna", nothing)])
    {1: 'Anna (1)', 2: 'anna (2)'}
    """
    several = len({name_key(person.title) for person in people}) < len(people)
    return {
        person.number: f"{person.title} ({person.number})" if several else person.title
        for person in people
    }


def segments_of(prediction: Prediction, person: Person) -> list[Segment]:
    """The timeline of one person.

    Parameters
    ----------
    prediction : Prediction
    person : Person

    Returns
    -------
    list of Segment
    """
    return [segment for segment in prediction.segments if segment.person == person.number]


def presence(person: Person, duration_s: float) -> str:
    """How much of a person there is, in words.

    Parameters
    ----------
    person : Person
    duration_s : float
        Of the recording.

    Returns
    -------
    str

    Examples
    --------
    >>> from affuse.records import Segment
    >>> nothing = Segment(0.0, 4.0, None, None, {})
    >>> presence(Person(1, "", nothing, turns=((0.0, 1.5),), visible=((0.0, 3.0),)), 4.0)
    'seen 75 % of the time, speaks for 1.5 s'
    >>> presence(Person(2, "", nothing), 4.0)
    'never seen, does not speak'
    """
    share = min(person.seen_s / duration_s, 1.0) if duration_s > 0 else 0.0
    speaks = f"speaks for {person.speaks_s:.1f} s"
    return ", ".join(
        (
            f"seen {percent(share)} of the time" if share else "never seen",
            speaks if person.turns else "does not speak",
        )
    )


def holds(stretches: Sequence[Stretch], time_s: float) -> bool:
    """Whether a time is in one of some stretches.

    Parameters
    ----------
    stretches : sequence of (start_s, end_s)
        By time.
    time_s : float

    Returns
    -------
    bool

    Examples
    --------
    >>> [holds(((1.0, 2.0), (3.0, 4.0)), time_s) for time_s in (0.5, 1.0, 2.0, 3.5)]
    [False, True, False, True]
    """
    place = bisect_right(stretches, time_s, key=lambda stretch: stretch[0]) - 1
    return place >= 0 and time_s < stretches[place][1]
