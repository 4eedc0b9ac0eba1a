"""The people of a recording: of each, the faces in sampled frames and the turns of the voice."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from affuse.people.records import FaceLook, Speech, SpokenBy
from affuse.predict.own_voice import covered_s
from affuse.predict.picture import FaceObservation
from affuse.predict.windows import Span
from affuse.records import Portrait, Stretch

_BRIDGED_FRAMES = 2.5
"""A face that is away for fewer sampled frames has been there all the time."""


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """One person of a recording.

    Attributes
    ----------
    number : int
        From 1, in the order in which people are first seen or first speak.
    observations : sequence of FaceObservation
        Of the face, by time, under the person's number; empty for a voice without a face.
    turns : tuple of (start_s, end_s)
        When the person speaks; empty for a face without a voice.
    """

    number: int
    observations: Sequence[FaceObservation] = ()
    turns: tuple[Stretch, ...] = ()

    @property
    def first_s(self) -> float:
        """When the person is first seen or first speaks."""
        seen = [observation.time_s for observation in self.observations[:1]]
        return min(seen + [start_s for start_s, _ in self.turns[:1]])

    def speaks_s(self, span: Span) -> float:
        """Seconds within a stretch in which the person speaks.

        Parameters
        ----------
        span : Span

        Returns
        -------
        float
        """
        return covered_s(self.turns, span)

    def visible(self, sampled_fps: float) -> tuple[Stretch, ...]:
        """When the face is seen, in (start_s, end_s).

        Parameters
        ----------
        sampled_fps : float
            Sampled frames in a second: each stands until the next one.

        Returns
        -------
        tuple of (float, float)
        """
        stretches: list[Stretch] = []
        for observation in self.observations:
            start_s, end_s = observation.time_s, observation.time_s + 1 / sampled_fps
            if stretches and start_s - stretches[-1][1] < (_BRIDGED_FRAMES - 1) / sampled_fps:
                start_s = stretches.pop()[0]
            stretches.append((start_s, end_s))
        return tuple(stretches)

    @property
    def portrait(self) -> Portrait | None:
        """Where the face is seen best; of several such pictures, where it is largest."""
        best = max(self.observations, key=lambda seen: (seen.weight, seen.area), default=None)
        return None if best is None else Portrait(best.time_s, best.box)


@dataclass(frozen=True, slots=True)
class FoundPeople:
    """The people of a recording.

    Attributes
    ----------
    people : tuple of FoundPerson
        By number.
    unattributed : tuple of (start_s, end_s)
        Speech of which it cannot be told who of them speaks.
    """

    people: tuple[FoundPerson, ...] = ()
    unattributed: tuple[Stretch, ...] = ()

    @property
    def is_one(self) -> bool:
        """Whether one face and one voice at most are there: then nothing has to be told apart."""
        return len(self.people) <= 1


@dataclass(frozen=True)
class TrackedPeople:
    """Which person the face of each track is, at each time: a track may pass to another.

    Parameters
    ----------
    faces : sequence of FaceLook
        By time.
    persons : (n_faces,) int
        Number of the person, 0 where it cannot be told.
    """

    faces: Sequence[FaceLook]
    persons: NDArray[np.intp]
    _by_track: Mapping[int, tuple[list[float], list[int]]] = field(init=False)

    def __post_init__(self) -> None:
        by_track: dict[int, tuple[list[float], list[int]]] = defaultdict(lambda: ([], []))
        for face, person in zip(self.faces, self.persons.tolist(), strict=True):
            by_track[face.track][0].append(face.time_s)
            by_track[face.track][1].append(person)
        object.__setattr__(self, "_by_track", dict(by_track))

    def at(self, track: int, time_s: float) -> int:
        """The person whose face a track follows at a time; 0 where it cannot be told.

        Parameters
        ----------
        track : int
        time_s : float

        Returns
        -------
        int
        """
        times_s, persons = self._by_track.get(track, ([], []))
        place = bisect_right(times_s, time_s + _ROUNDING_S) - 1
        return persons[max(place, 0)] if persons else 0


_ROUNDING_S = 1e-6


def joined_people(
    observations: Sequence[FaceObservation], tracked: TrackedPeople, speech: Speech
) -> FoundPeople:
    """Faces and voices as people, numbered as they appear.

    Parameters
    ----------
    observations : sequence of FaceObservation
        By time, under the numbers of their tracks.
    tracked : TrackedPeople
    speech : Speech

    Returns
    -------
    FoundPeople
    """
    seen: dict[int, list[FaceObservation]] = defaultdict(list)
    for observation in observations:
        if person := tracked.at(observation.number, observation.time_s):
            seen[person].append(observation)
    spoken = {part.person: part.turns for part in speech.spoken if part.person}
    found = [
        FoundPerson(0, seen.get(person, ()), spoken.get(person, ()))
        for person in sorted(seen.keys() | spoken.keys())
    ]
    found += [FoundPerson(0, (), part.turns) for part in speech.spoken if _is_off_screen(part)]
    found = [person for person in found if person.observations or person.turns]
    return FoundPeople(
        tuple(
            replace(
                person,
                number=number,
                observations=tuple(replace(o, number=number) for o in person.observations),
            )
            for number, person in enumerate(sorted(found, key=lambda p: p.first_s), start=1)
        ),
        speech.unattributed,
    )


def _is_off_screen(part: SpokenBy) -> bool:
    return part.person == 0
