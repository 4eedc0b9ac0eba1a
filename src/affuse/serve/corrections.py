"""A timeline corrected by a person: checked, and merged with the prediction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from affuse.export.timeline import Track, tracks
from affuse.messages import message
from affuse.records import PERSON, RECOGNISER, Prediction, Segment
from affuse.serve.bodies import sent_body
from affuse.serve.pace import Pace
from affuse.serve.replies import Refused

MOST_STRETCHES = 20_000
_MOST_BYTES = 4 * 10**6
_SHORTEST_S = 0.001
_SAME_S = 0.0005
"""Times are sent in whole milliseconds."""


Lane = tuple[int, int]
"""Face and person whose timeline it is; 0: of no one in particular."""


class Stretch(BaseModel):
    """A label over a stretch of time; no emotion: undecided."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, strict=True)

    start_s: float
    end_s: float
    emotion: str | None
    face: int = 0
    person: int = 0
    """Whose timeline it is in, where there are several: of faces, or of people."""


class Corrections(BaseModel):
    """All timelines of a recording, each in order of time."""

    model_config = ConfigDict(frozen=True)

    stretches: tuple[Stretch, ...] = Field(min_length=1, max_length=MOST_STRETCHES)


async def sent_corrections(request: Request, pace: Pace) -> Corrections:
    """The timelines that a request carries.

    Parameters
    ----------
    request : Request
    pace : Pace
        As of an upload: a body that never ends would hold its connection for ever.

    Returns
    -------
    Corrections

    Raises
    ------
    Refused
        408: too slow; 413: too long; 422: no timeline.
    """
    return await sent_body(request, pace, Corrections, "corrections", _MOST_BYTES)


def corrected(prediction: Prediction, corrections: Corrections) -> Prediction:
    """A prediction with the timelines that a person has corrected.

    A stretch is the recogniser's as long as its times and its emotion are; any other is the
    person's, and has no probabilities. Of several faces, or people, each has a timeline of its own.

    Parameters
    ----------
    prediction : Prediction
    corrections : Corrections

    Returns
    -------
    Prediction

    Raises
    ------
    Refused
        422: a stretch is outside of the recording, overlaps another of its timeline, or has a face
        or an emotion that the recogniser does not know.
    """
    lanes = {_lane_of_track(track, prediction): track for track in tracks(prediction)}
    several = len(prediction.people) > 1
    own: dict[Lane, list[tuple[int, Stretch]]] = {lane: [] for lane in lanes}
    end_s = max([prediction.duration_s, *(segment.end_s for segment in prediction.segments)])
    for number, stretch in enumerate(corrections.stretches, start=1):
        _check(prediction, number, stretch, end_s)
        lane = (0, stretch.person) if several else (stretch.face, 0)
        if lane not in own:
            raise _of_nobody(number, stretch, several, lanes)
        own[lane].append((number, stretch))
    segments = []
    for lane, track in lanes.items():
        _check_order(own[lane])
        segments += _merged(track, [stretch for _, stretch in own[lane]], end_s)
    if several:
        segments.sort(key=lambda segment: (segment.start_s, segment.person))
    elif len(lanes) > 1:
        segments.sort(key=lambda segment: (segment.start_s, segment.face))
    n_own = sum(segment.annotator == PERSON for segment in segments)
    note = message(
        "note.corrected",
        "A person has corrected this timeline: {n_own} of its {n_all} stretches are theirs and say "
        "so (annotator: person), the others are answers of {recogniser}.",
        n_own=n_own,
        n_all=len(segments),
        recogniser=prediction.recogniser,
    )
    # Whoever is alone stays the person of all stretches.
    alone = prediction.people[0].number if len(prediction.people) == 1 else 0
    found = (replace(part, person=part.person or alone) for part in segments)
    return replace(prediction, segments=tuple(found), notes=(*prediction.notes, note))


def _lane_of_track(track: Track, prediction: Prediction) -> Lane:
    return (0, track.number) if len(prediction.people) > 1 else (track.face, 0)


def _merged(track: Track, stretches: Sequence[Stretch], end_s: float) -> list[Segment]:
    """The segments of one timeline, each as long as its neighbours leave it."""
    known = {
        (_step(cut.start_s), _step(cut.end_s)): replace(
            cut.segment, start_s=cut.start_s, end_s=cut.end_s, annotator=RECOGNISER
        )
        for cut in track.cuts
    }
    segments = [_labelled(stretch, known, end_s) for stretch in stretches]
    for place, (before, after) in enumerate(pairwise(segments)):
        # The recogniser's times are finer than a person's: what touches is to meet exactly.
        if abs(after.start_s - before.end_s) < 2 * _SAME_S - 1e-9:
            if after.annotator == PERSON:
                segments[place + 1] = replace(after, start_s=before.end_s)
            else:
                segments[place] = replace(before, end_s=after.start_s)
    return segments


def _labelled(stretch: Stretch, known: Mapping[tuple[int, int], Segment], end_s: float) -> Segment:
    same = known.get((_step(stretch.start_s), _step(stretch.end_s)))
    if same is not None and same.emotion == stretch.emotion:
        return same
    start, end = max(0.0, round(stretch.start_s, 3)), min(round(stretch.end_s, 3), end_s)
    return Segment(
        start,
        end,
        stretch.emotion,
        None,
        {},
        face=stretch.face,
        annotator=PERSON,
        person=stretch.person,
    )


def _step(time_s: float) -> int:
    return round(time_s / (2 * _SAME_S))


def _check(prediction: Prediction, number: int, stretch: Stretch, end_s: float) -> None:
    inside = stretch.start_s >= -_SAME_S and stretch.end_s <= end_s + _SAME_S
    if not inside or stretch.end_s - stretch.start_s < _SHORTEST_S:
        raise Refused(
            422,
            f"stretch {number} goes from {stretch.start_s:g} to {stretch.end_s:g} s; expected "
            f"1 ms or more between 0 and {end_s:g} s: move its edges",
        )
    if stretch.emotion is not None and stretch.emotion not in prediction.classes:
        raise Refused(
            422,
            f"stretch {number} has the emotion {stretch.emotion[:40]!a}; expected none, or one "
            f"of {', '.join(prediction.classes)}: choose one",
        )


def _of_nobody(number: int, stretch: Stretch, several: bool, lanes: Iterable[Lane]) -> Refused:
    kind, whose = ("person", stretch.person) if several else ("face", stretch.face)
    known = ", ".join(str(max(lane)) for lane in lanes)
    return Refused(
        422,
        f"stretch {number} is of {kind} {whose}; expected one of the timelines {known}: name its "
        f"{kind}",
    )


def _check_order(stretches: Sequence[tuple[int, Stretch]]) -> None:
    """Refuse stretches of one timeline, with their numbers, where they overlap."""
    for (before_number, before), (number, after) in pairwise(stretches):
        if after.start_s < before.end_s - _SAME_S:
            raise Refused(
                422,
                f"stretch {number} begins at {after.start_s:g} s, before stretch {before_number} "
                f"ends at {before.end_s:g} s; expected an order without overlap: move an edge",
            )
