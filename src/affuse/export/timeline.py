"""Overlapping windows -> timelines without overlap, for formats with one label at a time.

A recogniser predicts windows that overlap: 0-4 s, 2-6 s, 4-8 s. Its prediction is best for the
window's centre, so each moment belongs to the window whose centre is nearest:
neighbours are cut in the middle of their overlap, here at 3 s and 5 s. For windows of one length
that is half way between their centres; for a shorter last window it still lies in both. The first
window keeps its start and the last one its end; where windows do not overlap nothing is cut, and
a gap stays a gap.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from affuse.export.people import people_apart, segments_of, titles
from affuse.records import Box, Person, Prediction, Segment

_TOUCHING_S = 0.001
"""Stretches of a person have whole milliseconds, those of a recogniser do not."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The part of a timeline, in seconds, for which one segment is shown."""

    start_s: float
    end_s: float
    segment: Segment


@dataclass(frozen=True, slots=True)
class Track:
    """One timeline: cuts in order of time, none overlapping another.

    Attributes
    ----------
    face : int
        Number of the face that it is about; 0 for a prediction's only timeline, and for the
        stretches without a face beside the timelines of several faces, and for those of people.
    cuts : tuple of Cut
    person : Person or None
        Whose it is, where people have a timeline each.
    title : str
        What this person is called, in this prediction alone.
    """

    face: int
    cuts: tuple[Cut, ...]
    person: Person | None = None
    title: str = ""

    @property
    def number(self) -> int:
        """Number of its person, or of its face; 0 for a prediction's only timeline."""
        return self.face if self.person is None else self.person.number

    @property
    def covered_s(self) -> float:
        """Length of all cuts together, in seconds."""
        return sum(cut.end_s - cut.start_s for cut in self.cuts)

    def at(self, time_s: float) -> Cut | None:
        """The cut that holds at a time; None in a gap, before the first and after the last.

        Parameters
        ----------
        time_s : float

        Returns
        -------
        Cut or None
        """
        place = bisect_right(self.cuts, time_s, key=lambda cut: cut.start_s) - 1
        if place < 0 or time_s >= self.cuts[place].end_s:
            return None
        return self.cuts[place]

    def box_at(self, time_s: float) -> Box | None:
        """Where the face is at a time: interpolated between the centres of two windows.

        Parameters
        ----------
        time_s : float

        Returns
        -------
        Box or None
        """
        place = bisect_right(self.cuts, time_s, key=lambda cut: cut.start_s) - 1
        here = self.at(time_s)
        if here is None or here.segment.box is None:
            return None
        away_s = time_s - _centre_s(here.segment)
        beside = place + (1 if away_s > 0 else -1)
        if not 0 <= beside < len(self.cuts):
            return here.segment.box
        return _between(here.segment, self.cuts[beside].segment, abs(away_s))


def tracks(prediction: Prediction) -> tuple[Track, ...]:
    """The timelines of a prediction: one, or one per person, or per face where they share windows.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    tuple of Track

    Examples
    --------
    >>> from affuse.records import Prediction, Segment
    >>> windows = tuple(Segment(t, t + 4.0, "calm", 0.9, {}) for t in (0.0, 2.0, 4.0))
    >>> whole = Prediction("a.mp4", 8.0, "calm", 0.9, {}, windows, ("calm", "sad"), "affuse")
    >>> [(cut.start_s, cut.end_s) for cut in tracks(whole)[0].cuts]
    [(0.0, 3.0), (3.0, 5.0), (5.0, 8.0)]
    """
    people = people_apart(prediction)
    if people:
        called = titles(people)
        return tuple(
            Track(0, cuts(segments_of(prediction, each)), each, called[each.number])
            for each in people
        )
    if not shares_windows(prediction):
        return (Track(0, cuts(prediction.segments)),)
    faces = sorted({segment.face for segment in prediction.segments})
    return tuple(
        Track(face, cuts([segment for segment in prediction.segments if segment.face == face]))
        for face in faces
    )


def shares_windows(prediction: Prediction) -> bool:
    """Whether several segments, of different faces, cover the same time.

    Windows are shared as a whole; in a timeline that somebody has corrected, they overlap.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    bool
    """
    windows = [(segment.start_s, segment.end_s) for segment in prediction.segments]
    return len(set(windows)) < len(windows) or _corrected_apart(prediction.segments)


def _corrected_apart(segments: Sequence[Segment]) -> bool:
    """Whether timelines of several faces were corrected: one alone has no overlap."""
    if not any(segment.annotator for segment in segments):
        return False
    ordered = sorted(segments, key=lambda segment: (segment.start_s, segment.end_s))
    return any(
        after.start_s < before.end_s - _TOUCHING_S and after.face != before.face
        for before, after in pairwise(ordered)
    )


def main_track(prediction: Prediction) -> Track:
    """The timeline that covers most; of several, the one whose face appeared first.

    Of people that of the one who is seen for longest.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    Track
    """

    def weight(track: Track) -> tuple[float, float]:
        seen = track.face > 0 if track.person is None else track.person.seen_s
        return seen, track.covered_s

    return max(tracks(prediction), key=weight)


def cuts(segments: Sequence[Segment]) -> tuple[Cut, ...]:
    """Segments of one timeline, cut where they overlap; see the head of this module.

    Parameters
    ----------
    segments : sequence of Segment
        In order of time.

    Returns
    -------
    tuple of Cut
        In order of time, without overlap.
    """
    ordered = sorted(segments, key=lambda segment: (segment.start_s, segment.end_s))
    starts = [segment.start_s for segment in ordered]
    ends = [segment.end_s for segment in ordered]
    for place, (before, after) in enumerate(pairwise(ordered)):
        end_s = min(before.end_s, after.end_s)
        if after.start_s < end_s:
            ends[place] = starts[place + 1] = (after.start_s + end_s) / 2
    return tuple(_in_order(map(Cut, starts, ends, ordered)))


def _in_order(found: Iterable[Cut]) -> Iterator[Cut]:
    """The cuts without those that windows within windows would make run backwards."""
    reached_s = float("-inf")
    for cut in found:
        start_s = max(cut.start_s, reached_s)
        reached_s = max(cut.end_s, start_s)
        yield Cut(start_s, reached_s, cut.segment)


def _centre_s(segment: Segment) -> float:
    return (segment.start_s + segment.end_s) / 2


def _between(here: Segment, beside: Segment, away_s: float) -> Box | None:
    """Box at `away_s` from the centre of one segment on the way to another's."""
    distance_s = abs(_centre_s(beside) - _centre_s(here))
    one, other = here.box, beside.box
    if one is None or other is None or here.face != beside.face or distance_s == 0:
        return one
    share = min(away_s / distance_s, 1.0)

    def mixed(first: float, second: float) -> float:
        return first + share * (second - first)

    return Box(
        mixed(one.left, other.left),
        mixed(one.top, other.top),
        mixed(one.width, other.width),
        mixed(one.height, other.height),
    )


def clock(time_s: float) -> str:
    """A time of a recording as text, such as 1:02.4.

    Parameters
    ----------
    time_s : float
        In seconds.

    Returns
    -------
    str
        Minutes, seconds and tenths; hours where there are any.

    Examples
    --------
    >>> clock(62.44), clock(3600)
    ('1:02.4', '1:00:00.0')
    """
    tenths = round(time_s * 10)
    minutes, tenths = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes:02}:{tenths / 10:04.1f}" if hours else f"{minutes}:{tenths / 10:04.1f}"
    return f"{hours}:{text}" if hours else text
