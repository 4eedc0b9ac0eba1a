"""Files that hold several recordings in a row, of which FFmpeg reads only the first.

Ogg and Matroska: each recording begins with a header of its own. Internet radio and those who
join files byte by byte write such.
"""

from __future__ import annotations

import io
import mmap
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing_extensions import Buffer

_MATROSKA, _OGG = b"\x1a\x45\xdf\xa3", b"OggS\x00\x02"
_MATROSKA_BEGIN = re.compile(re.escape(_MATROSKA) + rb".{1,48}?\x42\x82.(webm|matroska)", re.DOTALL)
_SEGMENT = b"\x18\x53\x80\x67"
_OGG_HEADER = 27

Stretch = tuple[int, int]


class PartOfFile(io.RawIOBase):
    """A range of bytes of a file, read as if it were the whole.

    Parameters
    ----------
    path : Path
    stretch : (begin, end)
        Bytes.
    """

    def __init__(self, path: Path, stretch: Stretch) -> None:
        self.name = str(path)
        self._begin, self._end = stretch
        self._file = path.open("rb")
        self._file.seek(self._begin)

    def readable(self) -> bool:
        """Always.

        Returns
        -------
        bool
        """
        return True

    def seekable(self) -> bool:
        """Always.

        Returns
        -------
        bool
        """
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Fill a buffer as far as the range reaches.

        Parameters
        ----------
        buffer : Buffer

        Returns
        -------
        int
            Bytes that were read; 0 at the end.
        """
        left = max(self._end - self._file.tell(), 0)
        return self._file.readinto(memoryview(buffer)[:left])

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a byte of the range.

        Parameters
        ----------
        offset : int
            In bytes.
        whence : int
            As in `io.IOBase.seek`.

        Returns
        -------
        int
            Byte of the stretch.
        """
        base = {io.SEEK_SET: self._begin, io.SEEK_CUR: self._file.tell(), io.SEEK_END: self._end}
        return self._file.seek(max(base[whence] + offset, self._begin)) - self._begin

    def tell(self) -> int:
        """Current byte of the range.

        Returns
        -------
        int
        """
        return self._file.tell() - self._begin

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def joined_parts(path: Path) -> tuple[Stretch, ...]:
    """Byte ranges of all recordings in a file; none where it holds one, as usual.

    Parameters
    ----------
    path : Path

    Returns
    -------
    tuple of Stretch
    """
    with path.open("rb") as file:
        head = file.read(4096)
        if not head.startswith((_MATROSKA, b"OggS")):
            return ()
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            find = _ogg_begins if head.startswith(b"OggS") else _matroska_begins
            begins = find(content, head)
            ends = [*begins[1:], len(content)]
    return tuple(zip(begins, ends, strict=True)) if len(begins) > 1 else ()


def _ogg_begins(content: mmap.mmap, _: bytes) -> list[int]:
    """First pages of recordings; those of several streams of one follow each other directly."""
    begins, expected, place = [], -1, content.find(_OGG)
    while place >= 0:
        if place != expected:
            begins.append(place)
        n_segments = sum(content[place + _OGG_HEADER - 1 : place + _OGG_HEADER])
        lengths = content[place + _OGG_HEADER : place + _OGG_HEADER + n_segments]
        expected = place + _OGG_HEADER + n_segments + sum(lengths)
        place = content.find(_OGG, place + len(_OGG))
    return begins


def _matroska_begins(content: mmap.mmap, head: bytes) -> list[int]:
    end = _end_of_segment(head)
    if end is not None and end >= len(content):
        return [0]
    return [found.start() for found in _MATROSKA_BEGIN.finditer(content)]


def _end_of_segment(head: bytes) -> int | None:
    """End of the first segment; None where it is not stated, as in browsers' recordings."""
    place = head.find(_SEGMENT) + len(_SEGMENT)
    if place < len(_SEGMENT) or place >= len(head) or not head[place]:
        return None
    n_bytes = 9 - head[place].bit_length()
    value = int.from_bytes(head[place : place + n_bytes], "big") & ((1 << 7 * n_bytes) - 1)
    unknown = (1 << 7 * n_bytes) - 1
    return None if value == unknown else place + n_bytes + value
