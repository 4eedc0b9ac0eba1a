"""The decoding that an extractor asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from affuse.media.audio import Sound


@dataclass(frozen=True, slots=True)
class AudioDecoding:
    """The first `duration_s` seconds of mono sound at `sample_rate` Hz; None: the file's own."""

    sample_rate: int | None
    duration_s: float


@dataclass(frozen=True, slots=True)
class RecordedSound(AudioDecoding):
    """As AudioDecoding, with samples as they were recorded: a constant offset stays in them."""

    remove_offset: bool = False


@dataclass(frozen=True, slots=True)
class SoundStream:
    """As AudioDecoding, in consecutive blocks: memory does not grow with the length."""

    sample_rate: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class VideoDecoding:
    """The first `duration_s` seconds of frames, as `affuse.media.video.read_frames` gives them."""

    height: int
    fps: float
    frame_step: int
    duration_s: float


Decoding = AudioDecoding | SoundStream | VideoDecoding


def decoded(
    path: Path,
    wanted: Decoding,
    start_s: float | None = None,
    end_s: float | None = None,
    *,
    audio_track: int | None = None,
) -> Sound | Iterator[Sound] | Iterator[NDArray[np.uint8]]:
    """Sound, whole or in blocks, or frames one by one, of a stretch of a file.

    Parameters
    ----------
    path : Path
    wanted : AudioDecoding, SoundStream or VideoDecoding
    start_s, end_s : float or None
        The stretch that belongs to the clip; at most the first `wanted.duration_s` of it is read.
    audio_track : int or None
        As in `affuse.media.audio.read_audio`.

    Returns
    -------
    Sound, iterator of Sound, or iterator of (height, width, 3) uint8

    Raises
    ------
    MediaError
        The file cannot be decoded. For blocks and frames: when the first ones are asked for.
    """
    from affuse.features.sound_stream import sound_stream
    from affuse.media.audio import read_audio
    from affuse.media.video import read_frames

    stretch = asdict(wanted)
    stretch["start_s"] = start_s or 0.0
    if end_s is not None:
        stretch["duration_s"] = min(wanted.duration_s, end_s - stretch["start_s"])
    if isinstance(wanted, SoundStream):
        return sound_stream(path, **stretch, audio_track=audio_track)
    return (
        read_audio(path, **stretch, audio_track=audio_track)
        if isinstance(wanted, AudioDecoding)
        else read_frames(path, **stretch)
    )
