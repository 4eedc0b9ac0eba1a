"""Segments made by hand, for predictions that no recogniser has to make."""

from __future__ import annotations

from dataclasses import replace

from affuse.records import RAVDESS_EMOTIONS, Box, Segment


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
