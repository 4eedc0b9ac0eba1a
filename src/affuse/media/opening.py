"""The only place that opens media files; errors within carry the file's name."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import av
import av.error

from affuse.errors import MediaError
from affuse.media.boxes import lacks_table
from affuse.media.joined import PartOfFile, Stretch, joined_parts
from affuse.messages import message

if TYPE_CHECKING:
    from av.container import InputContainer

_ERRORS_OF_DECODERS = (
    av.error.FFmpegError,
    ArithmeticError,
    AssertionError,
    EOFError,
    MemoryError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What a damaged file can raise: FFmpeg's own errors, and those of numbers that do not fit."""

_ERRORS_OF_WRITING = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS)
"""Of the file that somebody writes meanwhile, not of the one that is read."""

_NO_RECORDINGS = ("tty",)
"""What FFmpeg makes pictures of though nobody recorded any: text of a terminal."""

_OPENING_OTHERS = {
    *("concat", "dash", "hls", "imf", "mlv", "sdp", "vobsub", "webm_dash_manifest"),
    *("rtp", "rtsp", "sap"),
    *("fbdev", "kmsgrab", "lavfi", "oss", "video4linux2,v4l2", "x11grab"),
}
"""Formats and devices of FFmpeg that read what a file names, or lies beside it, or is no file."""

_LISTS = re.compile(
    r"#EXTM3U|ffconcat|v=0\s|# VobSub index|<(\?xml[^>]*>\s*<)?(MPD|SmoothStreaming|asx|"
    r"AssetMap|CompositionPlaylist)",
    re.IGNORECASE,
)
"""First bytes of texts that name other files."""

MOST_PIXELS = 1 << 26
"""Of one picture: 8,192 x 8,192. A header of 30 bytes can ask for any size, and for its memory."""

_ISO_MEDIA = b"ftyp"
"""Bytes 4 to 8 of mp4 and mov files, whose table of contents tells what others show on the way."""

_FIRST_PACKET = "32"
"""Bytes: FFmpeg reads a packet before it sees that these are exceeded."""

_WAVE = re.compile(rb"(RIFF|RIFX|RF64)....WAVE|riff\x2e\x91\xcf\x11", re.DOTALL)
"""First bytes of a wav file, and of one of more than 4 GB (w64)."""

_ENCODED_IN_WAVE = "32768"
"""Bytes: what lies in a wav file as if it were samples, as DTS from a disc, shows within these.

FFmpeg asks each of its formats whether these are its own, up to six times on ever more of them,
which takes twice as long as to decode four seconds.
"""

_STRICT_UNTIL = 19
"""PyAV from this version on takes any bytes as metadata; before, it has to be asked to."""


Kind = Literal["sound", "picture"]
"""What alone is decoded of a file."""


@contextmanager
def opened(file: Path, only: Kind | None) -> Iterator[InputContainer]:
    """A local media file, opened; errors of its decoder become MediaErrors.

    Nothing but the file is read: formats that name other files are refused, and a name is never
    taken as a URL or a pattern.

    Parameters
    ----------
    file : Path
    only : "sound", "picture" or None
        As in `affuse.media.decode.open_media`.

    Yields
    ------
    InputContainer

    Raises
    ------
    MediaError
        The file is missing, empty or no media file, it names other files, or its decoder raises
        anything at all.
    """
    if not file.is_file():
        raise MediaError(f"{file} is not a file; expected a sound or video file: check the path")
    if file.stat().st_size == 0:
        raise MediaError(
            message(
                "media.empty",
                "{file} is empty (0 bytes); expected a sound or video file: fetch or record it "
                "again",
                file=str(file),
            )
        )
    with ExitStack() as opened_files:
        try:
            part = next(iter(joined_parts(file)), None)
            for options in _attempts(file, only):
                container = opened_files.enter_context(_container(file, part, options))
                if not options or _suffices(container, only, options):
                    break
        except _ERRORS_OF_DECODERS as error:
            raise _refused(file, _reason(error)) from error
        if container.format.name in _NO_RECORDINGS:
            raise _refused(file, message("media.text", "it is text"))
        try:
            yield container
        except _ERRORS_OF_DECODERS as error:
            if getattr(error, "errno", None) in _ERRORS_OF_WRITING:
                raise
            raise MediaError(
                message(
                    "media.undecodable",
                    "{file} cannot be decoded ({reason}); expected a whole media file: fetch or "
                    "record it again, or re-encode it",
                    file=str(file),
                    reason=_reason(error),
                )
            ) from error


def later_parts(container: InputContainer) -> Iterator[InputContainer]:
    """The further recordings of a joined file, opened one after the other.

    Parameters
    ----------
    container : InputContainer
        The first one.

    Yields
    ------
    InputContainer
    """
    file = Path(container.name)
    for part in joined_parts(file)[1:]:
        with suppress(av.error.FFmpegError), _container(file, part, {}) as later:
            yield later


def _attempts(file: Path, only: Kind | None) -> Iterator[dict[str, str]]:
    """Options that learn little of a file's streams and cost little, then none: all is learned.

    FFmpeg decodes the first pictures to learn of a stream, and whoever decodes them decodes them
    again: up to a tenth of a short clip.
    """
    undecoded = {"skip_frame": "all"}
    with file.open("rb") as content:
        first = content.read(12)
    if _WAVE.match(first):
        yield {"probesize": _ENCODED_IN_WAVE}
        return
    if only is not None and first[4:8] == _ISO_MEDIA:
        yield undecoded | {"probesize": _FIRST_PACKET}
    elif only == "sound":
        yield undecoded
    yield {}


def _suffices(container: InputContainer, only: Kind | None, options: dict[str, str]) -> bool:
    """Whether all that counts is known, though nothing was decoded.

    Where time begins elsewhere than at 0, only decoding tells where the first picture is. Of the
    pictures in an mp4 the order of showing is in its table of contents, but how H.264 is to be
    decoded is known of H.264 alone; a fragmented file has no such table.
    """
    streams, pictures = container.streams, container.streams.video
    if "probesize" not in options:
        return not (container.start_time and pictures)
    is_whole = all(stream.duration for stream in (*pictures, *streams.audio))
    codecs = [picture.codec_context for picture in pictures]
    is_known = all(codec is not None and codec.name == "h264" for codec in codecs)
    return container.start_time == 0 and is_whole and (is_known or only == "sound")


@contextmanager
def _container(
    file: Path, part: Stretch | None, options: dict[str, str]
) -> Iterator[InputContainer]:
    with ExitStack() as stack:
        source: str | PartOfFile = _literal(file)
        if part is not None:
            source = stack.enter_context(closing(PartOfFile(file, part)))
        yield stack.enter_context(av.open(source, **_asked(options), **_lenient()))


def _literal(file: Path) -> str:
    """The name in a form in which FFmpeg sees no protocol before a colon."""
    return str(file) if file.is_absolute() or ":" not in str(file) else f"./{file}"


@lru_cache
def _allowed() -> str:
    return ",".join(sorted(av.formats_available - _OPENING_OTHERS))


def _asked(more: dict[str, str]) -> dict[str, Any]:
    """The options in the form that the installed PyAV takes.

    17.0 hands `options` on to streams that it does not know yet, and crashes on FLV and MPEG.
    """
    name = "container_options" if av.__version__.startswith("17.0.") else "options"
    options = {
        "format_whitelist": _allowed(),
        "protocol_whitelist": "file",
        "pattern_type": "none",  # "a%d.png" is the name of one picture
        "max_pixels": str(MOST_PIXELS),
    }
    return {name: options | more}


def _lenient() -> dict[str, Any]:
    """The option for metadata in any encoding, in the form that the installed PyAV takes."""
    return {"metadata_errors": "ignore"} if _major_version() < _STRICT_UNTIL else {}


def _major_version() -> int:
    return int(av.__version__.split(".")[0])


def _refused(file: Path, reason: str) -> MediaError:
    with file.open("rb") as content:
        first = content.read(500).decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if _LISTS.match(first):
        return MediaError(
            message(
                "media.list",
                "{file} is a list that names other files, which are not followed; expected a "
                "recording: give the media files themselves",
                file=str(file),
            )
        )
    if lacks_table(file):
        reason = message(
            "media.short",
            "its table of contents, which stands at the end, is missing: it is cut short",
        )
    return MediaError(
        message(
            "media.unreadable",
            "{file} ({n_bytes:,} bytes) cannot be read as sound or video ({reason}); expected a "
            "whole media file such as wav, flac, mp4 or webm: fetch or record it again",
            file=str(file),
            n_bytes=file.stat().st_size,
            reason=reason,
        )
    )


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
