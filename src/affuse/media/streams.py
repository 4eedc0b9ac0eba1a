"""Which of a file's streams are decoded, and notes on the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from av.stream import Disposition

from affuse.errors import MediaError
from affuse.media.boxes import MP4
from affuse.media.opening import MOST_PIXELS
from affuse.messages import message

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.stream import Stream
    from av.video.stream import VideoStream

_Timed = TypeVar("_Timed", "AudioStream", "VideoStream")

_NAMES = {
    MP4: re.compile(rb"stsd.{12}(?P<name>.{4})", re.DOTALL),
    "matroska,webm": re.compile(rb"\x86(?P<length>[\x80-\xbf])(?P<name>[ASV]_[A-Z0-9/_.]{2,30})"),
}
"""Where formats name the codecs of their streams."""


def audio_streams(container: InputContainer) -> list[AudioStream]:
    """Decodable streams of sound, by track number from 1.

    Parameters
    ----------
    container : InputContainer
        Opened.

    Returns
    -------
    list of AudioStream
    """
    return [stream for stream in container.streams.audio if stream.codec_context is not None]


def video_streams(container: InputContainer) -> list[VideoStream]:
    """Decodable streams of pictures, without covers.

    Parameters
    ----------
    container : InputContainer
        Opened.

    Returns
    -------
    list of VideoStream
    """
    return [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not _is_cover(stream)
    ]


def audio_stream(container: InputContainer, track: int | None = None) -> AudioStream:
    """The stream of sound marked as default, else the first; decoded by one thread.

    Parameters
    ----------
    container : InputContainer
    track : int, optional
        Takes another: its number among the file's streams of sound, from 1.

    Returns
    -------
    AudioStream

    Raises
    ------
    MediaError
        There is none; says what there is instead.
    """
    streams = audio_streams(container)
    if not streams:
        raise MediaError(
            f"{container.name} has no sound ({contents(container)}); expected a stream of "
            "sound: name another file as the audio of this clip, or leave its audio out"
        )
    if track is not None and not 1 <= track <= len(streams):
        tracks = "1 audio track" if len(streams) == 1 else f"{len(streams)} audio tracks"
        raise MediaError(
            f"{container.name} has {tracks}, and number {track} was asked for; expected one of "
            "them, counted from 1: choose another, or leave the choice to the file"
        )
    chosen = _marked(streams) if track is None else streams[track - 1]
    use_one_thread(chosen)
    return chosen


def video_stream(container: InputContainer) -> VideoStream:
    """The stream of pictures marked as default, else the first; decoded by one thread.

    Parameters
    ----------
    container : InputContainer
        Opened.

    Returns
    -------
    VideoStream

    Raises
    ------
    MediaError
        There is none, then it says what there is instead; or the pictures are too large.
    """
    streams = video_streams(container)
    if not streams:
        raise MediaError(
            f"{container.name} has no picture ({contents(container)}); expected a stream of "
            "video: name another file as the video of this clip, or leave its video out"
        )
    chosen = _marked(streams)
    width, height = chosen.codec_context.width, chosen.codec_context.height
    if width * height > MOST_PIXELS:
        raise MediaError(
            f"{container.name} has pictures of {width:,} x {height:,} pixels; expected at most "
            f"{MOST_PIXELS:,} pixels: scale it down"
        )
    use_one_thread(chosen)
    chosen.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    return chosen


def use_one_thread(stream: AudioStream | VideoStream) -> None:
    """Decode by one thread: several files are decoded in parallel.

    Parameters
    ----------
    stream : AudioStream or VideoStream
        Of the file.
    """
    stream.codec_context.thread_count = 1


def contents(container: InputContainer) -> str:
    """The streams of a file, in words.

    Parameters
    ----------
    container : InputContainer
        Opened.

    Returns
    -------
    str
    """
    kinds = sorted({_kind(stream) for stream in container.streams})
    return f"it holds {' and '.join(kinds)}" if kinds else "it holds no stream at all"


def notes_on_tracks(container: InputContainer, track: int | None) -> tuple[str, ...]:
    """Notes where there were several tracks to choose from.

    Parameters
    ----------
    container : InputContainer
        Opened.
    track : int or None
        The one that was asked for.

    Returns
    -------
    tuple of str
    """
    notes = []
    audio, video = audio_streams(container), video_streams(container)
    if len(audio) > 1 and track is None:
        number = audio.index(_marked(audio)) + 1
        notes.append(
            message(
                "tracks.audio",
                "the file has {n_tracks} audio tracks: number {number}{why} was used; "
                "--audio-track takes another",
                n_tracks=len(audio),
                number=number,
                why=_why(audio),
            )
        )
    if len(video) > 1:
        number = video.index(_marked(video)) + 1
        notes.append(
            message(
                "tracks.video",
                "the file has {n_tracks} video tracks: number {number}{why} was used",
                n_tracks=len(video),
                number=number,
                why=_why(video),
            )
        )
    return tuple(notes)


def why_no_sound(container: InputContainer) -> str:
    """Why there is no sound, in words; empty where there is.

    Parameters
    ----------
    container : InputContainer
        Opened.

    Returns
    -------
    str
    """
    if audio_streams(container):
        return ""
    unknown = [stream for stream in container.streams.audio if stream.codec_context is None]
    if unknown:
        return message(
            "sound.unknown",
            "the sound of the file is of {codec}, which is not known",
            codec=_codec(unknown[0]),
        )
    return message("sound.none", "the file has no sound")


def why_no_picture(container: InputContainer) -> str:
    """Why there is no picture, in words; empty where there is.

    Parameters
    ----------
    container : InputContainer
        Opened.

    Returns
    -------
    str
    """
    if video_streams(container):
        return ""
    pictures = container.streams.video
    unknown = [
        picture for picture in pictures if picture.codec_context is None and not _is_cover(picture)
    ]
    if unknown:
        return message(
            "picture.unknown",
            "the picture of the file is of {codec}, which is not known",
            codec=_codec(unknown[0]),
        )
    if pictures:
        return message("picture.cover", "the file has a cover but no moving picture")
    return message("picture.none", "the file has no picture")


def _marked(streams: list[_Timed]) -> _Timed:
    """The first stream marked as default, else the first."""
    marked = [stream for stream in streams if stream.disposition & Disposition.default]
    return (marked or streams)[0]


def _why(streams: list[_Timed]) -> str:
    marked = [stream for stream in streams if stream.disposition & Disposition.default]
    if not 0 < len(marked) < len(streams):
        return ""
    return message("tracks.marked", ", which is marked as default,")


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def _kind(stream: Stream) -> str:
    if stream.type == "video" and stream.disposition & Disposition.attached_pic:
        return "a cover"
    if stream.type in ("audio", "video") and stream.codec_context is None:
        return f"{stream.type} of {_codec(stream)}, which is not known"
    return stream.type


def _codec(stream: Stream) -> str:
    """The file's own name of a codec that FFmpeg does not know."""
    container, name = stream.container, b""
    path, pattern = Path(container.name), _NAMES.get(container.format.name)
    found = list(pattern.finditer(path.read_bytes())) if pattern and path.is_file() else []
    if stream.index < len(found):
        name = found[stream.index]["name"]
        length = found[stream.index].groupdict().get("length")
        name = name if length is None else name[: length[0] & 0x3F]
    written = name.decode("ascii", "replace")
    return f"codec {written!r}" if written.isprintable() and written else "a codec"
