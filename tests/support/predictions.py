"""Segments made by hand, for predictions that no recogniser has to make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from affuse.records import RAVDESS_EMOTIONS, Box, Person, Portrait, Prediction, Segment


def spread(emotion: str, share: float) -> dict[str, float]:
    """Probabilities over RAVDESS's emotions: `share` for one, the rest even."""
    rest = (1 - share) / (len(RAVDESS_EMOTIONS) - 1)
    return {name: share if name == emotion else rest for name in RAVDESS_EMOTIONS}


def window(start_s: float, emotion: str | None, share: float, **known: object) -> Segment:
    """Four seconds in which face and voice were there."""
    named = emotion or "calm"
    segment = Segment(
        start_s=start_s,
        end_s=start_s + 4.0,
        emotion=emotion,
        confidence=share,
        probabilities={
            "fused": spread(named, share),
            "audio": spread("sad", 0.5),
            "video": spread(named, 0.6),
        },
        speech=0.75,
        face_seen=0.9,
        face=1,
        box=Box(0.25, 0.25, 0.5, 0.5),
    )
    return replace(segment, **known)


ABSTAINED = Segment(
    start_s=4.0,
    end_s=8.0,
    emotion=None,
    confidence=0.2,
    probabilities={"fused": spread("sad", 0.2)},
    speech=0.0,
    face_seen=0.0,
    abstained="20 % is under the threshold of 30 %",
)


def of_person(person: int, *segments: Segment) -> tuple[Segment, ...]:
    """The same stretches, of one person."""
    return tuple(replace(segment, person=person) for segment in segments)


LEFT, RIGHT = Box(0.1, 0.2, 0.25, 0.4), Box(0.65, 0.2, 0.25, 0.4)


def interview(
    path: str = "clips/interview.mp4", names: Sequence[str] = ("Anna", "", "")
) -> Prediction:
    """Ten seconds: Anna and a silent listener side by side, and a voice that nobody is seen for."""
    anna = of_person(
        1,
        window(0.0, "happy", 0.8, box=LEFT),
        window(3.0, "calm", 0.6, box=LEFT),
        window(6.0, "angry", 0.7, box=LEFT),
    )
    face = {"fused": spread("sad", 0.6), "video": spread("sad", 0.6)}
    silent = {"speech": 0.0, "face": 2, "box": RIGHT, "probabilities": face}
    listener = of_person(2, *(window(start_s, "sad", 0.6, **silent) for start_s in (0.0, 3.0, 6.0)))
    voice = {"fused": spread("fearful", 0.5), "audio": spread("fearful", 0.5)}
    unseen = {"face_seen": 0.0, "face": 0, "box": None, "probabilities": voice}
    voices = of_person(3, window(6.0, "fearful", 0.5, **unseen))
    people = (
        Person(
            1,
            names[0],
            replace(anna[0], end_s=10.0, confidence=0.7),
            turns=((0.5, 2.5), (4.0, 5.5)),
            visible=((0.0, 10.0),),
            portrait=Portrait(1.2, LEFT),
        ),
        Person(
            2,
            names[1],
            replace(listener[0], end_s=10.0),
            visible=((0.0, 4.0), (5.0, 10.0)),
            portrait=Portrait(2.0, RIGHT),
        ),
        Person(3, names[2], replace(voices[0], abstained=""), turns=((6.5, 8.0),)),
    )
    parts = sorted((*anna, *listener, *voices), key=lambda part: (part.start_s, part.person))
    return Prediction(
        path=path,
        duration_s=10.0,
        emotion="happy",
        confidence=0.7,
        probabilities=anna[0].probabilities,
        segments=tuple(parts),
        classes=RAVDESS_EMOTIONS,
        recogniser="affuse-shipped 1f2e3d",
        speech=0.6,
        face_seen=1.0,
        people=people,
        unattributed=((8.5, 9.0),),
    )
