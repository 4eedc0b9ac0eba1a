"""Frozen records that travel between the stages, and the sets of emotions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Modality = Literal["audio", "video"]
MODALITIES: tuple[Modality, ...] = ("audio", "video")

RAVDESS_EMOTIONS = (
    "neutral",
    "calm",
    "happy",
    "sad",
    "angry",
    "fearful",
    "disgust",
    "surprised",
)
"""The eight emotions of RAVDESS in the order of its file names (code 01 is neutral)."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One labelled recording of one utterance by one speaker.

    Attributes
    ----------
    id : str
        Unique within an index. For RAVDESS the take key: the file name without its first
        field, so that a take's audio-only, video-only and audio-video files are one clip.
    emotion, speaker : str
        What was expressed, and by whom.
    audio, video : Path or None
        The files to take sound and picture from; often the same file, None where the
        modality is absent.
    start_s, end_s : float or None
        The stretch of the files that belongs to the clip, in seconds; None: to the end.
    attributes : mapping of str to str
        What else is known: channel, intensity, statement, repetition, gender ...
    """

    id: str
    emotion: str
    speaker: str
    audio: Path | None = None
    video: Path | None = None
    start_s: float | None = None
    end_s: float | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)

    def source(self, modality: Modality) -> Path | None:
        """File that holds a modality of this clip, None where it is absent."""
        return self.audio if modality == "audio" else self.video


@dataclass(frozen=True, slots=True)
class Skipped:
    """One file or clip that was left out, and why (one sentence)."""

    name: str
    reason: str


ProgressCallback = Callable[[str, int, int], None]
"""``(stage, done, total)``: called as a long stage gets on."""
