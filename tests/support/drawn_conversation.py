"""Recordings of two drawn people who speak in turn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from recordings import Track, write

from affuse.media.audio import read_audio
from affuse.media.speech import speech_frames
from affuse.media.video import read_frames

RATE = 48_000
N_FRAMES = 75
"""Of each person's utterance, at 30 frames a second."""


def write_conversation(path: Path, clips: Sequence[Path]) -> Path:
    """Left speaks for 2.5 s while right is still, then the other way round."""
    pictures = [list(read_frames(clip, height=360, duration_s=3.5)) for clip in clips]
    begins = [
        np.flatnonzero(speech_frames(read_audio(c, sample_rate=16_000).signal))[0] for c in clips
    ]
    firsts = [max(int(begin * 0.3) - 8, 0) for begin in begins]
    sound = []
    for clip, first in zip(clips, firsts, strict=True):
        whole = read_audio(clip, sample_rate=RATE).signal
        start = first * RATE // 30
        sound.append(whole[start : start + N_FRAMES * RATE // 30])

    frames = []
    for speaks in (0, 1):
        for number in range(N_FRAMES):
            at = [firsts[p] + (number if p == speaks else 0) for p in (0, 1)]
            frames.append(np.hstack([pictures[p][at[p]][:, 160:480] for p in (0, 1)]))
    return write(path, Track(frames, 30.0, sound=np.concatenate(sound), sample_rate=RATE))
