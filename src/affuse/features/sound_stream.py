"""Sound of a file in blocks at one sample rate, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr

from affuse.media.audio import Sound, audio_blocks


def sound_stream(
    path: Path,
    *,
    sample_rate: int,
    start_s: float = 0.0,
    duration_s: float | None = None,
    audio_track: int | None = None,
) -> Iterator[Sound]:
    """The sound of `affuse.read_audio` as consecutive blocks at a given rate.

    Parameters
    ----------
    path : Path
    sample_rate : int
        Hz.
    start_s : float
    duration_s : float, optional
        To the end by default.
    audio_track : int, optional
        As in `affuse.media.audio.read_audio`.

    Yields
    ------
    Sound
        Of about a second each, all at `sample_rate`.

    Raises
    ------
    MediaError
        As `affuse.read_audio`.
    """
    blocks = audio_blocks(path, start_s=start_s, duration_s=duration_s, audio_track=audio_track)
    resampler: soxr.ResampleStream | None = None
    for block in blocks:
        if block.sample_rate == sample_rate:
            yield block
            continue
        if resampler is None:
            resampler = soxr.ResampleStream(
                block.sample_rate, sample_rate, 1, dtype="float32", quality="HQ"
            )
        signal = resampler.resample_chunk(block.signal)
        if len(signal):
            yield Sound(signal, sample_rate)
    if resampler is not None:
        rest = resampler.resample_chunk(np.zeros(0, np.float32), last=True)
        if len(rest):
            yield Sound(rest, sample_rate)
