"""Predictions made by hand: a timeline of overlapping windows, several faces, nothing at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from predictions import ABSTAINED, window

from affuse.records import RAVDESS_EMOTIONS, Box, Prediction, Segment


@pytest.fixture(scope="session")
def talk() -> Prediction:
    """Ten seconds, windows 0-4, 2-6, 4-8 (abstained), 6-10."""
    segments = (
        window(0.0, "happy", 0.8),
        window(2.0, "calm", 0.6),
        ABSTAINED,
        window(6.0, "angry", 0.7),
    )
    return Prediction(
        path="clips/talk.mp4",
        duration_s=10.0,
        emotion="happy",
        confidence=0.65,
        probabilities=segments[0].probabilities,
        segments=segments,
        classes=RAVDESS_EMOTIONS,
        recogniser="affuse-shipped 1f2e3d",
        speech=0.6,
        face_seen=0.7,
        notes=("cut short: 10.0 s of 12.0 s can be read",),
    )


@pytest.fixture
def silence() -> Prediction:
    """One second in which there was nothing to go by."""
    reason = "no speech, and the file has no picture"
    segment = Segment(0.0, 1.0, None, None, {}, speech=0.0, abstained=reason)
    return Prediction(
        path="clips/silence.wav",
        duration_s=1.0,
        emotion=None,
        confidence=None,
        probabilities={},
        segments=(segment,),
        classes=RAVDESS_EMOTIONS,
        recogniser="affuse-shipped 1f2e3d",
        speech=0.0,
        abstained=reason,
    )


@pytest.fixture
def couple(talk: Prediction) -> Prediction:
    """Two faces in the windows 0-4 and 2-6."""
    segments = (
        window(0.0, "happy", 0.8),
        window(0.0, "sad", 0.9, face=2, box=Box(0.7, 0.2, 0.2, 0.3)),
        window(2.0, "happy", 0.7),
        window(2.0, "angry", 0.5, face=2, box=Box(0.6, 0.2, 0.2, 0.3)),
    )
    return replace(talk, path="clips/couple.mp4", duration_s=6.0, segments=segments, notes=())
