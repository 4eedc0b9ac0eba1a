"""A prediction as the tiers of an annotation program: labels over stretches of time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from affuse.export.plain import UNDECIDED, has_annotators, percent, top_emotion
from affuse.export.timeline import Cut, Track, tracks
from affuse.records import PERSON, Prediction, Segment, Stretch

_SPEECH = "speech"


@dataclass(frozen=True, slots=True)
class Tier:
    """One row of an annotation: ``(start_s, end_s, text)`` in order of time, without overlap.

    `participant` is the name of the person whose it is; empty where nobody is named.
    """

    name: str
    intervals: tuple[tuple[float, float, str], ...]
    participant: str = ""


def tiers(prediction: Prediction) -> tuple[Tier, ...]:
    """Six tiers for each timeline: fused, confidence, audio, video, speech, face.

    ``fused``, ``audio`` and ``video`` hold an emotion and nothing else, so that programs can
    count and compare them; ``fused`` holds "undecided" where the recogniser abstained.
    ``confidence`` is the calibrated probability of the most probable emotion, ``speech`` the
    share of time with speech, ``face`` the face's number and the share of frames that show it.
    A stretch that a tier has nothing to say about is left out. Of several timelines each has
    its own tiers, such as "fused face 2".

    Of several people each has their own, such as "fused@Anna" and "fused@person 2"; there
    "speech@Anna" holds the turns in which she speaks. Speech of which it cannot be told whose it is
    has the tier "speech" after all others.

    A timeline that somebody has corrected has two tiers before these: ``emotion``, as it is now,
    and ``annotator``, "person" or "recogniser" for each of its stretches. The six then hold what
    the recogniser said, and nothing where a person's label has replaced it.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    tuple of Tier
    """
    found = tracks(prediction)
    rows = (*_CORRECTED, *_ROWS) if has_annotators([prediction]) else _ROWS
    made = [_tier(row, track, text) for track in found for row, text in rows]
    if prediction.unattributed and found[0].person is not None:
        made.append(Tier(_SPEECH, _spoken(prediction.unattributed, "unattributed")))
    return tuple(made)


def _tier(row: str, track: Track, text: Callable[[Segment], str]) -> Tier:
    if track.person is None:
        name = f"{row} face {track.face}" if track.face else row
        return Tier(name, tuple(_intervals(track.cuts, text)))
    stretches = tuple(_intervals(track.cuts, text))
    if row == _SPEECH:
        stretches = _spoken(track.person.turns, "speaks")
    return Tier(f"{row}@{track.title}", stretches, track.person.name and track.title)


def _spoken(turns: tuple[Stretch, ...], text: str) -> tuple[tuple[float, float, str], ...]:
    return tuple((start_s, end_s, text) for start_s, end_s in turns)


def _intervals(
    cuts: tuple[Cut, ...], text: Callable[[Segment], str]
) -> list[tuple[float, float, str]]:
    labelled = [(cut.start_s, cut.end_s, text(cut.segment)) for cut in cuts]
    return [interval for interval in labelled if interval[2]]


def _emotion(segment: Segment) -> str:
    return segment.emotion or UNDECIDED


def _annotator(segment: Segment) -> str:
    return segment.annotator


def _fused(segment: Segment) -> str:
    return "" if segment.annotator == PERSON else _emotion(segment)


def _confidence(segment: Segment) -> str:
    return "" if segment.confidence is None else f"{segment.confidence:.2f}"


def _voice(segment: Segment) -> str:
    return (top_emotion(segment, "audio") or ("", 0.0))[0]


def _face(segment: Segment) -> str:
    return (top_emotion(segment, "video") or ("", 0.0))[0]


def _speech(segment: Segment) -> str:
    return "" if segment.speech is None else percent(segment.speech)


def _presence(segment: Segment) -> str:
    if segment.face_seen is None:
        return ""
    return f"face {segment.face}, {percent(segment.face_seen)}" if segment.face else "none"


_CORRECTED: tuple[tuple[str, Callable[[Segment], str]], ...] = (
    ("emotion", _emotion),
    ("annotator", _annotator),
)

_ROWS: tuple[tuple[str, Callable[[Segment], str]], ...] = (
    ("fused", _fused),
    ("confidence", _confidence),
    ("audio", _voice),
    ("video", _face),
    (_SPEECH, _speech),
    ("face", _presence),
)
