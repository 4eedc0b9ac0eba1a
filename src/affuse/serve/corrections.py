"""A timeline corrected by a person: checked, and merged with the prediction."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from affuse.export.timeline import shares_windows, tracks
from affuse.records import PERSON, RECOGNISER, Prediction, Segment
from affuse.serve.replies import Refused

MOST_STRETCHES = 20_000
_MOST_BYTES = 4 * 10**6
_SHORTEST_S = 0.001
_SAME_S = 0.0005
"""Times are sent in whole milliseconds."""

_NOTE = (
    "A person has corrected this timeline: {n_own} of its {n_all} stretches are theirs and say so "
    "(annotator: person), the others are answers of {recogniser}."
)


class Stretch(BaseModel):
    """A label over a stretch of time; no emotion: undecided."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)

    start_s: float
    end_s: float
    emotion: str | None


class Corrections(BaseModel):
    """A whole timeline, in order of time."""

    model_config = ConfigDict(frozen=True)

    stretches: tuple[Stretch, ...] = Field(max_length=MOST_STRETCHES)


async def sent_corrections(request: Request) -> Corrections:
    """The timeline that a request carries.

    Parameters
    ----------
    request : Request

    Returns
    -------
    Corrections

    Raises
    ------
    Refused
        413: too long; 422: no timeline.
    """
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise Refused(
                413, f"corrections of more than {_MOST_BYTES / 1e6:g} MB were sent; expected less"
            )
    try:
        return Corrections.model_validate_json(bytes(body))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the corrections"
        raise Refused(422, f"{where} was sent: {first['msg']}; see /api/docs") from error


def corrected(prediction: Prediction, corrections: Corrections) -> Prediction:
    """A prediction with the timeline that a person has corrected.

    A stretch is the recogniser's as long as its times and its emotion are; any other is the
    person's, and has no probabilities.

    Parameters
    ----------
    prediction : Prediction
        Of one timeline.
    corrections : Corrections

    Returns
    -------
    Prediction

    Raises
    ------
    Refused
        422: a stretch is outside of the recording, overlaps another, or has an emotion that the
        recogniser does not know; or there are several timelines.
    """
    _check(prediction, corrections.stretches)
    known = {
        (_step(cut.start_s), _step(cut.end_s)): replace(
            cut.segment, start_s=cut.start_s, end_s=cut.end_s, annotator=RECOGNISER
        )
        for cut in tracks(prediction)[0].cuts
    }
    segments = []
    for stretch in corrections.stretches:
        same = known.get((_step(stretch.start_s), _step(stretch.end_s)))
        kept = same is not None and same.emotion == stretch.emotion
        segments.append(same if same is not None and kept else _own(stretch))
    n_own = sum(segment.annotator == PERSON for segment in segments)
    note = _NOTE.format(n_own=n_own, n_all=len(segments), recogniser=prediction.recogniser)
    return replace(prediction, segments=tuple(segments), notes=(*prediction.notes, note))


def _step(time_s: float) -> int:
    return round(time_s / (2 * _SAME_S))


def _own(stretch: Stretch) -> Segment:
    return Segment(stretch.start_s, stretch.end_s, stretch.emotion, None, {}, annotator=PERSON)


def _check(prediction: Prediction, stretches: tuple[Stretch, ...]) -> None:
    if shares_windows(prediction):
        raise Refused(
            422,
            f"{prediction.path} has a timeline for each of several faces; expected one timeline: "
            "have it judged by its largest face",
        )
    end_s = max([prediction.duration_s, *(segment.end_s for segment in prediction.segments)])
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
                f"stretch {number} has the emotion {stretch.emotion[:40]!r}; expected none, or one "
                f"of {', '.join(prediction.classes)}: choose one",
            )
    for number, (before, after) in enumerate(pairwise(stretches), start=1):
        if after.start_s < before.end_s - _SAME_S:
            raise Refused(
                422,
                f"stretch {number + 1} begins at {after.start_s:g} s, before stretch {number} ends "
                f"at {before.end_s:g} s; expected an order without overlap: move an edge",
            )
