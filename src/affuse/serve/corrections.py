"""A timeline corrected by a person: checked, and merged with the prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from affuse.export.timeline import Track, tracks
from affuse.messages import message
from affuse.records import PERSON, RECOGNISER, Prediction, Segment
from affuse.serve.pace import Pace, TooSlow
from affuse.serve.replies import Refused

MOST_STRETCHES = 20_000
_MOST_BYTES = 4 * 10**6
_SHORTEST_S = 0.001
_SAME_S = 0.0005
"""Times are sent in whole milliseconds."""


class Stretch(BaseModel):
    """A label over a stretch of time; no emotion: undecided."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, strict=True)

    start_s: float
    end_s: float
    emotion: str | None
    face: int = 0
    """Whose timeline it is in, where there are several."""


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
    body = bytearray()
    try:
        async with pace.kept() as came:
            async for piece in request.stream():
                body += piece
                came(len(piece))
                if len(body) > _MOST_BYTES:
                    raise _too_long()
    except TooSlow as error:
        raise Refused(
            408, f"the corrections {error}; expected a steady upload: send them again"
        ) from error
    try:
        return Corrections.model_validate_json(bytes(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the corrections"
        raise Refused(422, f"{where} was sent: {first['msg']}; see /api/docs") from error


def _too_long() -> Refused:
    return Refused(
        413, f"corrections of more than {_MOST_BYTES / 1e6:g} MB were sent; expected less"
    )


def corrected(prediction: Prediction, corrections: Corrections) -> Prediction:
    """A prediction with the timelines that a person has corrected.

    A stretch is the recogniser's as long as its times and its emotion are; any other is the
    person's, and has no probabilities. Of several faces each has a timeline of its own.

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
    lanes = {track.face: track for track in tracks(prediction)}
    end_s = max([prediction.duration_s, *(segment.end_s for segment in prediction.segments)])
    _check(prediction, corrections.stretches, tuple(lanes), end_s)
    segments = [
        segment
        for face, track in lanes.items()
        for segment in _merged(
            track, [each for each in corrections.stretches if each.face == face], end_s
        )
    ]
    segments.sort(key=lambda segment: (segment.start_s, segment.face) if len(lanes) > 1 else (0, 0))
    n_own = sum(segment.annotator == PERSON for segment in segments)
    note = message(
        "note.corrected",
        "A person has corrected this timeline: {n_own} of its {n_all} stretches are theirs and say "
        "so (annotator: person), the others are answers of {recogniser}.",
        n_own=n_own,
        n_all=len(segments),
        recogniser=prediction.recogniser,
    )
    return replace(prediction, segments=tuple(segments), notes=(*prediction.notes, note))


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
    return Segment(start, end, stretch.emotion, None, {}, face=stretch.face, annotator=PERSON)


def _step(time_s: float) -> int:
    return round(time_s / (2 * _SAME_S))


def _check(
    prediction: Prediction, stretches: Sequence[Stretch], faces: Sequence[int], end_s: float
) -> None:
    for number, stretch in enumerate(stretches, start=1):
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
        if stretch.face not in faces:
            raise Refused(
                422,
                f"stretch {number} is of face {stretch.face}; expected one of the timelines "
                f"{', '.join(map(str, faces))}: name its face",
            )
    for face in faces:
        own = [pair for pair in enumerate(stretches, start=1) if pair[1].face == face]
        _check_order(own)


def _check_order(stretches: Sequence[tuple[int, Stretch]]) -> None:
    """Refuse stretches of one timeline, with their numbers, where they overlap."""
    for (before_number, before), (number, after) in pairwise(stretches):
        if after.start_s < before.end_s - _SAME_S:
            raise Refused(
                422,
                f"stretch {number} begins at {after.start_s:g} s, before stretch {before_number} "
                f"ends at {before.end_s:g} s; expected an order without overlap: move an edge",
            )
