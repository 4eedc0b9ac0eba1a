"""What decoding of sound and picture shares: opening a file, its streams, clock and end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import av
import av.error

from affuse.errors import CutShort, MediaError
from affuse.media.boxes import MP4
from affuse.media.clock import Clock, origin_s
from affuse.media.ending import ESTIMATED_LENGTHS, ends_within_block, stated_end_s, stated_length_s
from affuse.media.geometry import Orientation, orientation
from affuse.media.joined import joined_parts
from affuse.media.look_ahead import wanted_frames
from affuse.media.opening import Kind, later_parts, opened
from affuse.media.streams import (
    audio_stream,
    audio_streams,
    notes_on_tracks,
    video_stream,
    video_streams,
    why_no_picture,
    why_no_sound,
)
from affuse.storage.remote import local_copy, local_path

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

    from affuse.media.grid import Grid
    from affuse.media.look_ahead import Passed

__all__ = [
    "MISSING_END_S",
    "MediaInfo",
    "audio_stream",
    "check_complete",
    "comment_of",
    "frames_from",
    "open_media",
    "origin_s",
    "probe",
    "reopened",
    "video_stream",
]

_SEEK_AHEAD_S = 2.0
_SEEK_MARGIN_S = 0.5
MISSING_END_S = 0.5
"""What ends so much sooner than its file says is not whole."""

_BATCH = 48
_BATCH_BYTES = 2**20
"""What is read before it is decoded: a second or two of a recording, or as much as this holds."""

_MOST_ERRORS = 100
"""Errors of a container after which no more of it is read."""


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """What a media file holds; None for a stream that is absent or a property not stated.

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
    stated_s : float or None
        Length of the whole, where the file states it and its streams state none.
    no_sound, no_picture : str
        Why there is none, in words; empty where there is.
    notes : tuple of str
        Notes, such as on which of several tracks is taken.
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
    stated_s: float | None = None
    no_sound: str = ""
    no_picture: str = ""
    notes: tuple[str, ...] = ()


def probe(path: str | Path, *, audio_track: int | None = None) -> MediaInfo:
    """What a media file holds, found by decoding at most one frame.

    Parameters
    ----------
    path : str or Path
    audio_track : int, optional
        Number of the audio track, from 1; the one marked as default, else the first.

    Returns
    -------
    MediaInfo

    Raises
    ------
    MediaError
        The file is missing, empty or no media file, or has no such track.
    """
    with open_media(path) as container:
        audio, video = bool(audio_streams(container)), bool(video_streams(container))
        info = MediaInfo(
            audio,
            video,
            _duration_s(container),
            stated_s=stated_length_s(container),
            no_sound=why_no_sound(container),
            no_picture=why_no_picture(container),
            notes=notes_on_tracks(container, audio_track),
        )
        if audio or audio_track is not None:
            chosen = audio_stream(container, audio_track)
            info = replace(info, sample_rate=chosen.codec_context.sample_rate)
        if video:
            info = _with_video(info, container, video_stream(container))
    return info


@contextmanager
def open_media(path: str | Path, *, only: Kind | None = None) -> Iterator[InputContainer]:
    """The opened file, closed afterwards.

    Parameters
    ----------
    path : str or Path
    only : "sound" or "picture", optional
        What alone is decoded then. Of the streams no more is learned than the file's own headers
        say, where that is enough: FFmpeg would decode the first pictures, for nothing.

    Yields
    ------
    InputContainer

    Raises
    ------
    MediaError
        The file is missing, empty or no media file.
    """
    with local_copy(local_path(str(path))) as file, opened(file, only) as container:
        yield container


def comment_of(path: str | Path) -> str:
    """The comment in a file, such as the program that made it; empty without one.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    str

    Raises
    ------
    MediaError
        The file is missing, empty or no media file.
    """
    with open_media(path, only="sound") as container:
        tags = {name.lower(): text for name, text in container.metadata.items()}
    return tags.get("comment", "")


def frames_from(
    container: InputContainer,
    stream: AudioStream | VideoStream,
    start_s: float,
    *grids: Grid,
) -> Iterator[AudioFrame | VideoFrame | Passed]:
    """Decoded frames in order of presentation, from some time before `start_s` to the end.

    A packet that does not decode is left out: whether too much is missing is for
    `check_complete` to say.

    Parameters
    ----------
    container : InputContainer
        Opened.
    stream : AudioStream or VideoStream
        Of the file.
    start_s : float
        In seconds from the file's origin.
    *grids : Grid
        Pictures that fill no wanted position of any of them may be passed over; none: all come.

    Yields
    ------
    AudioFrame or VideoFrame, or Passed where a grid is given
    """
    from_start = start_s <= _SEEK_AHEAD_S
    if not from_start:
        _seek(container, stream, start_s - _SEEK_MARGIN_S)
    clock = Clock(container, from_start=from_start)
    frames = _decoded(clock.placed(_packets(container, stream)), stream, grids)
    first = next(frames, None)
    if first is None and not from_start:
        # Without time stamps, as in raw H.264, seeking leads behind the end.
        with suppress(av.error.FFmpegError):
            container.seek(0, unsupported_byte_offset=True)
            clock = Clock(container)
            frames = _decoded(clock.placed(_packets(container, stream)), stream, grids)
    elif first is not None:
        yield first
    yield from frames
    for part in later_parts(container):
        same = _same_stream(part, stream)
        if same is not None:
            clock.begin_part(part)
            yield from _decoded(clock.placed(_packets(part, same)), same)


@contextmanager
def reopened(
    container: InputContainer, stream: VideoStream
) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The same file once more, from its beginning, and the same stream, decoded by one thread.

    Parameters
    ----------
    container, stream
        As opened before.

    Yields
    ------
    tuple of (InputContainer, VideoStream)
    """
    with opened(Path(container.name), "picture") as again:
        same = video_stream(again)
        # Several threads mend a damaged picture from another one each time.
        same.codec_context.thread_count = 1
        yield again, same


def _decoded(
    packets: Iterator[Packet[Any]],
    stream: AudioStream | VideoStream,
    grids: Sequence[Grid] = (),
) -> Iterator[AudioFrame | VideoFrame | Passed]:
    own = (packet for packet in _batched(packets) if packet.stream.index == stream.index)
    if grids:
        origin = origin_s(cast("InputContainer", stream.container))
        yield from wanted_frames(own, cast("VideoStream", stream), grids, origin)
        return
    for packet in own:
        with suppress(av.error.FFmpegError):
            yield from packet.decode()


def _batched(packets: Iterator[Packet[Any]]) -> Iterator[Packet[Any]]:
    """The same packets, read some at a time: quicker than in turns with what decodes them.

    A decoder leaves nothing of what reads and times the packets in the processor's cache.
    """
    batch: list[Packet[Any]] = []
    n_bytes = 0
    try:
        for packet in packets:
            batch.append(packet)
            n_bytes += packet.size
            if len(batch) == _BATCH or n_bytes > _BATCH_BYTES:
                yield from batch
                batch, n_bytes = [], 0
    except MediaError:
        yield from batch
        raise
    yield from batch


def _same_stream(
    part: InputContainer, stream: AudioStream | VideoStream
) -> AudioStream | VideoStream | None:
    """The stream of a later recording that continues this one."""
    streams = audio_streams(part) if stream.type == "audio" else video_streams(part)
    same = [other for other in streams if other.index == stream.index] or streams[:1]
    for other in same:
        other.codec_context.thread_count = stream.codec_context.thread_count
    return same[0] if same else None


def _packets(container: InputContainer, stream: AudioStream | VideoStream) -> Iterator[Packet[Any]]:
    """Packets of all sound and pictures, and finally an empty one that flushes the decoder.

    An error of the container ends PyAV's iterator, not the file: reading goes on behind it. So does
    a packet that an mp4's damaged table places behind the end of the file. At the end of a file in
    which a stream appears on the way, PyAV 18 may raise an IndexError of its own.
    """
    timed = [*audio_streams(container), *video_streams(container)]
    for _ in range(_MOST_ERRORS):
        is_at_end = True
        try:
            for packet in container.demux(timed):
                if packet.size or packet.dts is not None:
                    is_at_end = container.format.name != MP4
                    yield packet
        except (av.error.FFmpegError, IndexError):
            continue
        if is_at_end:
            break
    last: Packet[Any] = av.Packet()
    last.stream = stream
    if stream.time_base:
        last.time_base = stream.time_base
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
    says = f"{container.name} says that it has {kind}, but none of it can be decoded"
    stated_s = stated_end_s(container, stream)
    if end_s is None and not stated_s and _is_empty(container, stream):
        message = (
            f"{says}: the track holds nothing; expected {kind} in it: record it again, or name "
            "another file"
        )
        raise CutShort(message, kind, 0.0, 0.0)
    if end_s is None:
        message = (
            f"{says}; expected a whole media file: it is cut short, damaged, or of a kind that "
            "FFmpeg does not decode: fetch or record it again, or convert it"
        )
        raise CutShort(message, kind, 0.0, stated_s)
    if stated_s is not None and end_s < stated_s - MISSING_END_S:
        message = (
            f"{container.name} ends after {end_s:.2f} s of {kind}; expected {stated_s:.2f} s as "
            "the file says: it is cut short or damaged, fetch or record it again"
        )
        raise CutShort(message, kind, end_s, stated_s)
    if ends_within_block(container):
        message = (
            f"{container.name} breaks off within a block, after {end_s:.2f} s of {kind}; expected "
            "a whole media file: it is cut short, fetch or record it again"
        )
        raise CutShort(message, kind, end_s, None)


def _is_empty(container: InputContainer, stream: AudioStream | VideoStream) -> bool:
    """Whether the file holds no packet of a stream."""
    with suppress(av.error.FFmpegError):
        container.seek(0)
        return not any(packet.size for packet in container.demux(stream))
    return False


def _seek(container: InputContainer, stream: AudioStream | VideoStream, start_s: float) -> None:
    """Seek to before `start_s` where that is reliable; else decoding starts at the beginning."""
    name, known_s = container.format.name, stated_end_s(container, stream)
    unsure = name in ESTIMATED_LENGTHS and name != "ogg"
    if unsure or not stream.time_base or joined_parts(Path(container.name)):
        return
    end_s = known_s or _duration_s(container)
    if end_s is not None and start_s >= end_s:
        return
    with suppress(av.error.FFmpegError):
        stamp = int((origin_s(container) + start_s) / stream.time_base)
        container.seek(stamp, stream=stream)


def _duration_s(container: InputContainer) -> float | None:
    """Duration in seconds; None if not stated, or of several recordings in one file."""
    if container.duration is None or joined_parts(Path(container.name)):
        return None
    return float(container.duration / av.time_base)


def _with_video(info: MediaInfo, container: InputContainer, stream: VideoStream) -> MediaInfo:
    rate = stream.average_rate
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
