"""The length that a file states, and whether it ends in the middle of something.

Which formats say what stands in docs/predicting.md.
"""

from __future__ import annotations

import mmap
import re
import struct
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from affuse.media.boxes import MP4, outer_boxes
from affuse.media.clock import origin_s

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

MATROSKA = "matroska,webm"

ESTIMATED_LENGTHS = ("mp3", "aac", "mpegts", "mpeg", "ogg")
"""Formats whose length FFmpeg reckons from what is there; of these only mp3 may state one."""

_COUNTING = ("avi", "caf")  # codespell:ignore caf
"""Formats whose header counts frames, which FFmpeg keeps though it shortens the length."""

_OF_THE_WHOLE = (MATROSKA, "flv")
"""Formats that state one length, of the longest stream."""

_MP3_HEADER = 4096
_MPEG_1_RATE = 32_000
"""Hz from which on a frame of mp3 holds 1152 samples, and half of it below."""

_ASF_HEADER = 1 << 16
_ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_UNKNOWN_SIZES = (range(1), range(0x7FFF0000, 0x80000001), range(0xFFFF0000, 0x100000000))
"""What is written into the header of a wav that goes to a pipe: none, or as much as there can be,
less what stands before the samples."""
_CLUSTER = b"\x1f\x43\xb6\x75"
_WITHIN_A_CLUSTER = frozenset([0xE7, 0xA7, 0xAB, 0xA3, 0xA0, 0xEC, 0xBF])
"""Time stamp, place, size of the one before, simple block, block group, void, checksum."""


def stated_end_s(container: InputContainer, stream: AudioStream | VideoStream) -> float | None:
    """Stated end of a stream in seconds from its origin; None where none is stated.

    Parameters
    ----------
    container : InputContainer
        Opened.
    stream : AudioStream or VideoStream
        Of the file.

    Returns
    -------
    float or None
        In seconds.
    """
    kind = container.format.name
    end_s = _end_s(container, stream)
    if kind == "mp3":
        n_frames = _mp3_frames(Path(container.name))
        rate = stream.codec_context.sample_rate if stream.type == "audio" else 0
        return n_frames * (1152 if rate >= _MPEG_1_RATE else 576) / rate if n_frames else None
    if kind == "wav":
        header_s = _wav_length_s(Path(container.name))
        return end_s if header_s is None else header_s
    if kind in (*ESTIMATED_LENGTHS, "asf"):
        return None
    if kind in _COUNTING and stream.frames and stream.time_base:
        return float(stream.frames * stream.time_base)
    if kind == MATROSKA:
        tagged_s = _clock_s(stream.metadata.get("DURATION", ""))
        return None if tagged_s is None else tagged_s - origin_s(container)
    return end_s


def stated_length_s(container: InputContainer) -> float | None:
    """Stated length of the whole file, where its streams do not state theirs.

    Parameters
    ----------
    container : InputContainer
        Opened.

    Returns
    -------
    float or None
        In seconds; None where it states none.
    """
    if container.format.name == "asf" and Path(container.name).is_file():
        return _asf_length_s(Path(container.name))
    if container.format.name not in _OF_THE_WHOLE or container.duration is None:
        return None
    if any(stream.type not in ("audio", "video") for stream in container.streams):
        return None
    return max(container.duration / 1e6 - origin_s(container), 0.0)


def ends_within_block(container: InputContainer) -> bool:
    """Whether the file ends before a block that it has begun, and so was cut off there.

    Parameters
    ----------
    container : InputContainer
        Opened.

    Returns
    -------
    bool
    """
    find = {"ogg": _ogg_ends_within, MATROSKA: _matroska_ends_within}.get(container.format.name)
    path = Path(container.name)
    if container.format.name == MP4 and path.is_file():
        return _fragment_is_cut(path)
    if find is None or not path.is_file():
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return find(content)


def _end_s(container: InputContainer, stream: AudioStream | VideoStream) -> float | None:
    if stream.duration is None or not stream.time_base:
        return None
    return float(((stream.start_time or 0) + stream.duration) * stream.time_base) - origin_s(
        container
    )


def _clock_s(text: str) -> float | None:
    clock = re.fullmatch(r"(\d+):(\d+):(\d+(?:\.\d+)?)", text)
    if clock is None:
        return None
    hours, minutes, seconds = clock.groups()
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _mp3_frames(path: Path) -> int:
    """Number of frames by the first frame, where encoders note it; 0 where it is not noted.

    FFmpeg reckons the length of joined files from their bytes instead.
    """
    with path.open("rb") as file:
        head = file.read(10)
        if head.startswith(b"ID3"):
            first, second, third, fourth = head[6:10]
            file.seek(10 + (first << 21 | second << 14 | third << 7 | fourth))
        first_frames = file.read(_MP3_HEADER)
    found = re.search(
        rb"(Xing|Info)...[\1\3\5\7\11\13\15\17](....)|VBRI.{10}(....)", first_frames, re.DOTALL
    )
    return int.from_bytes(found[2] or found[3], "big") if found else 0


def _asf_length_s(path: Path) -> float | None:
    """Length in the header of a wma or wmv; FFmpeg estimates it from the bytes of a cut one."""
    with path.open("rb") as file:
        head = file.read(_ASF_HEADER)
    at = head.find(_ASF_PROPERTIES)
    if at < 0 or len(head) < at + 92:
        return None
    length, _, preroll_ms, flags = struct.unpack_from("<QQQI", head, at + 64)
    return None if flags & 1 else max(length / 1e7 - preroll_ms / 1e3, 0.0)


def _wav_length_s(path: Path) -> float | None:
    """Length in the header of a wav, which FFmpeg shortens to what is there."""
    bytes_per_s = 0
    with path.open("rb") as file, suppress(struct.error):
        if file.read(4) not in (b"RIFF", b"RIFX"):
            return None
        file.seek(12)
        while True:
            name, size = struct.unpack("<4sI", file.read(8))
            if name == b"data":
                known = bytes_per_s and not any(size in sizes for sizes in _UNKNOWN_SIZES)
                return size / bytes_per_s if known else None
            content = file.read(size) if name == b"fmt " and size < _MP3_HEADER else b""
            if content:
                (bytes_per_s,) = struct.unpack_from("<I", content, 8)
            file.seek(size - len(content) + size % 2, 1)
    return None


def _fragment_is_cut(path: Path) -> bool:
    """Whether a fragmented mp4, which states no total length, ends within a fragment."""
    size, is_fragmented = path.stat().st_size, False
    for name, end in outer_boxes(path):
        is_fragmented = is_fragmented or name == b"moof"
        if end > size:
            return is_fragmented and name in (b"moof", b"mdat")
    return False


def _ogg_ends_within(content: mmap.mmap) -> bool:
    place = content.rfind(b"OggS\x00")
    if place < 0:
        return False
    n_segments = content[place + 26 : place + 27]
    lengths = content[place + 27 : place + 27 + (n_segments or b"\0")[0]]
    return place + 27 + len(lengths) + sum(lengths) > len(content) or not n_segments


def _matroska_ends_within(content: mmap.mmap) -> bool:
    """Follow the elements of the last cluster to the end of the file."""
    place = content.rfind(_CLUSTER)
    if place < 0:
        return False
    place += len(_CLUSTER)
    place += 8 - content[place].bit_length() + 1 if place < len(content) else 0
    while place < len(content):
        if content[place] not in _WITHIN_A_CLUSTER:
            return False
        width = 9 - content[place + 1].bit_length() if place + 1 < len(content) else 1
        size = int.from_bytes(content[place + 1 : place + 1 + width], "big")
        place += 1 + width + (size & (1 << 7 * width) - 1)
    return place > len(content)
