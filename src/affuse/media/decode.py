"""What sound and picture share: opening a file, its streams, its clock, its end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import av.error
from av.stream import Disposition

from affuse.errors import CutShort, MediaError
from affuse.media.clock import Clock, origin_s
from affuse.media.geometry import Orientation, orientation
from affuse.media.opening import later_parts, opened
from affuse.remote import local_copy, local_path

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

__all__ = [
    "MediaInfo",
    "audio_stream",
    "check_complete",
    "frames_from",
    "open_media",
    "origin_s",
    "probe",
    "video_stream",
]

_SEEK_AHEAD_S = 2.0
_SEEK_MARGIN_S = 0.5
_MISSING_END_S = 0.5
_MOST_ERRORS = 100
"""Errors of a container after which no more of it is read."""

_ESTIMATED_LENGTHS = ("mp3", "aac", "mpegts")
"""Containers whose stated length is a guess from the bit rate, and whose seeking is one too."""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a media file holds; None where it has no such stream or does not say.

    Attributes
    ----------
    has_audio, has_video : bool
    duration_s : float or None
        Of the longest stream; a recording of a browser does not state it.
    sample_rate : int or None
        Hz.
    fps : float or None
        Mean frame rate.
    width, height : int or None
        Pixels as stored, before rotation.
    rotation : int
        Degrees, counterclockwise, that bring the stored picture upright.
    mirrored : bool
        Left and right change places once it has been turned.
    """

    has_audio: bool
    has_video: bool
    duration_s: float | None = None
    sample_rate: int | None = None
    fps: float | None = None
    width: int | None = None
    height: int | None = None
    rotation: int = 0
    mirrored: bool = False


def probe(path: str | Path) -> MediaInfo:
    """What a media file holds, without decoding more than one frame.

    Raises
    ------
    MediaError
        The file is missing, empty or no media file.
    """
    with open_media(path) as container:
        audio, video = _audio_streams(container), _video_streams(container)
        duration = None if container.duration is None else container.duration / av.time_base
        info = MediaInfo(bool(audio), bool(video), duration)
        if audio:
            info = _with_audio(info, audio[0])
        if video:
            info = _with_video(info, container, video[0])
    return info


@contextmanager
def open_media(path: str | Path, *, for_sound: bool = False) -> Iterator[InputContainer]:
    """The opened file, closed afterwards.

    Parameters
    ----------
    path : str or Path
    for_sound : bool
        Learn of the streams no more than the file's own headers say: FFmpeg would decode the
        first pictures, for nothing where only the sound is wanted.

    Raises
    ------
    MediaError
        The file is missing, empty or no media file.
    """
    with local_copy(local_path(str(path))) as file, opened(file, for_sound) as container:
        yield container


def audio_stream(container: InputContainer) -> AudioStream:
    """The first stream of sound, to be decoded by one thread.

    Raises
    ------
    MediaError
        There is none; says what there is instead.
    """
    streams = _audio_streams(container)
    if not streams:
        raise MediaError(
            f"{container.name} has no sound ({_contents(container)}); expected a stream of "
            "sound: name another file as the audio of this clip, or leave its audio out"
        )
    _use_one_thread(streams[0])
    return streams[0]


def video_stream(container: InputContainer) -> VideoStream:
    """The first stream of pictures, cover art left aside, to be decoded by one thread.

    Raises
    ------
    MediaError
        There is none; says what there is instead.
    """
    streams = _video_streams(container)
    if not streams:
        raise MediaError(
            f"{container.name} has no picture ({_contents(container)}); expected a stream of "
            "video: name another file as the video of this clip, or leave its video out"
        )
    _use_one_thread(streams[0])
    return streams[0]


def frames_from(
    container: InputContainer, stream: AudioStream | VideoStream, start_s: float
) -> Iterator[AudioFrame | VideoFrame]:
    """Decoded frames in order of presentation, from some time before `start_s` to the end.

    A packet that does not decode is passed over: whether too much is missing is for
    `check_complete` to say.
    """
    if start_s > _SEEK_AHEAD_S:
        _seek(container, stream, start_s - _SEEK_MARGIN_S)
    clock = Clock(container, from_start=start_s <= _SEEK_AHEAD_S)
    yield from _decoded(clock.placed(_packets(container, stream)), stream.index)
    for part in later_parts(container):
        same = _same_stream(part, stream)
        if same is not None:
            clock.begin_part(part)
            yield from _decoded(clock.placed(_packets(part, same)), same.index)


def _decoded(packets: Iterator[Packet[Any]], index: int) -> Iterator[AudioFrame | VideoFrame]:
    for packet in packets:
        if packet.stream.index == index:
            with suppress(av.error.FFmpegError):
                yield from packet.decode()


def _same_stream(
    part: InputContainer, stream: AudioStream | VideoStream
) -> AudioStream | VideoStream | None:
    """The stream of a later recording that continues this one."""
    streams = _audio_streams(part) if stream.type == "audio" else _video_streams(part)
    same = [one for one in streams if one.index == stream.index] or streams[:1]
    for one in same:
        one.codec_context.thread_count = stream.codec_context.thread_count
    return same[0] if same else None


def _packets(container: InputContainer, stream: AudioStream | VideoStream) -> Iterator[Packet[Any]]:
    """Packets of all sound and pictures, and in the end an empty one that empties the decoder.

    An error of the container ends PyAV's iterator, not the file: reading goes on behind it.
    """
    timed = [*_audio_streams(container), *_video_streams(container)]
    for _ in range(_MOST_ERRORS):
        with suppress(av.error.FFmpegError):
            yield from container.demux(timed)
            return
    last: Packet[Any] = av.Packet()
    last.stream = stream
    yield last


def check_complete(
    container: InputContainer, stream: AudioStream | VideoStream, end_s: float | None
) -> None:
    """Refuse a stream that ended well before its stated length.

    Parameters
    ----------
    container, stream
        What was decoded.
    end_s : float or None
        Where the decoded part ended, in seconds; None: nothing was decoded at all.

    Raises
    ------
    CutShort
        The file is cut short or damaged; says how much is there.
    """
    kind = "sound" if stream.type == "audio" else "picture"
    stated_s = _stated_end_s(container, stream)
    if end_s is None:
        message = (
            f"{container.name} says that it has {kind}, but none of it can be decoded; expected "
            "a whole media file: it is cut short or damaged, fetch or record it again"
        )
        raise CutShort(message, kind, 0.0, stated_s)
    if stated_s is not None and end_s < stated_s - _MISSING_END_S:
        message = (
            f"{container.name} ends after {end_s:.2f} s of {kind}; expected {stated_s:.2f} s as "
            "the file says: it is cut short or damaged, fetch or record it again"
        )
        raise CutShort(message, kind, end_s, stated_s)


def _stated_end_s(container: InputContainer, stream: AudioStream | VideoStream) -> float | None:
    if container.format.name in _ESTIMATED_LENGTHS:
        return None
    if stream.duration is not None and stream.time_base is not None:
        first = stream.start_time or 0
        return float((first + stream.duration) * stream.time_base) - origin_s(container)
    clock = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if clock is None:
        return None
    hours, minutes, seconds = clock.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds) - origin_s(container)


def _seek(container: InputContainer, stream: AudioStream | VideoStream, start_s: float) -> None:
    """Go to before `start_s` where that is sure; else all is decoded from the beginning."""
    if container.format.name in _ESTIMATED_LENGTHS or stream.time_base is None:
        return
    stated_s = _stated_end_s(container, stream)
    if stated_s is not None and start_s >= stated_s:
        return
    with suppress(av.error.FFmpegError):
        stamp = int((origin_s(container) + start_s) / stream.time_base)
        container.seek(stamp, stream=stream)


def _audio_streams(container: InputContainer) -> list[AudioStream]:
    return [stream for stream in container.streams.audio if stream.codec_context is not None]


def _video_streams(container: InputContainer) -> list[VideoStream]:
    return [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & Disposition.attached_pic
    ]


def _use_one_thread(stream: AudioStream | VideoStream) -> None:
    stream.codec_context.thread_count = 1


def _contents(container: InputContainer) -> str:
    kinds = sorted({_kind(stream) for stream in container.streams})
    return f"it holds {' and '.join(kinds)}" if kinds else "it holds no stream at all"


def _kind(stream: Stream) -> str:
    is_cover = stream.type == "video" and stream.disposition & Disposition.attached_pic
    return "a still cover" if is_cover else stream.type


def _with_audio(info: MediaInfo, stream: AudioStream) -> MediaInfo:
    return replace(info, sample_rate=stream.codec_context.sample_rate)


def _with_video(info: MediaInfo, container: InputContainer, stream: VideoStream) -> MediaInfo:
    rate = stream.average_rate
    _use_one_thread(stream)
    first = cast("VideoFrame | None", next(frames_from(container, stream, 0.0), None))
    turn = Orientation() if first is None else orientation(first)
    return replace(
        info,
        fps=None if rate is None else float(rate),
        width=stream.codec_context.width,
        height=stream.codec_context.height,
        rotation=turn.rotation,
        mirrored=turn.mirrored,
    )
