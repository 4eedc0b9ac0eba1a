"""The outermost boxes of an mp4 or mov file."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
"""FFmpeg's name of the format."""

_HEADER, _LONG_HEADER = 8, 16
_MOST = 1_000_000
"""Boxes after which no more are looked for: a day of fragments of a fifth of a second."""


def outer_boxes(path: Path) -> Iterator[tuple[bytes, int]]:
    """Name of each box of a file, and where it ends according to its header.

    Parameters
    ----------
    path : Path
        A file whose format FFmpeg took for mp4, or one that may be: it ends where no box begins.

    Yields
    ------
    tuple of (bytes, int)
        Name, and byte where it ends.
    """
    with path.open("rb") as file:
        place = 0
        for _ in range(_MOST):
            header = file.read(_LONG_HEADER)
            if len(header) < _HEADER:
                return
            length, name = struct.unpack_from(">I4s", header)
            if length == 1 and len(header) == _LONG_HEADER:
                (length,) = struct.unpack_from(">Q", header, _HEADER)
            if length < _HEADER:
                return
            place += length
            yield name, place
            file.seek(place)


def lacks_table(path: Path) -> bool:
    """Whether a file begins as an mp4 but ends before its table of contents.

    Most cameras write it last, and without it nothing of the file can be read.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    first, _ = next(outer_boxes(path), (b"", 0))
    if first != b"ftyp":
        return False
    names = {name for name, _ in outer_boxes(path)}
    return b"mdat" in names and b"moov" not in names
