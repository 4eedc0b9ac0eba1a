"""Files that end with a checksum of their content, by which damage is recognised."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

_SEAL = struct.Struct("<4sI")
_MARK = b"crc="
_BLOCK = 1 << 20

SEAL_BYTES = _SEAL.size
"""What sealing adds to a file. Readers of arrays and archives do not read that far."""


def seal(path: Path) -> None:
    """Append a checksum to a complete file.

    CRC-32 finds every change of up to 32 bits in a row, at several gigabytes a second; it is no
    guard against somebody who wants to deceive.

    Parameters
    ----------
    path : Path
        A file that nobody else writes.
    """
    with path.open("r+b") as file:
        checksum = 0
        while block := file.read(_BLOCK):
            checksum = zlib.crc32(block, checksum)
        file.write(_SEAL.pack(_MARK, checksum))


def is_sealed(path: Path) -> bool:
    """Whether a file is unchanged since it was sealed; False where it cannot be read.

    Parameters
    ----------
    path : Path

    Returns
    -------
    bool
    """
    try:
        with path.open("rb") as file:
            left = path.stat().st_size - SEAL_BYTES
            checksum = 0
            while left > 0 and (block := file.read(min(_BLOCK, left))):
                checksum = zlib.crc32(block, checksum)
                left -= len(block)
            return left == 0 and file.read() == _SEAL.pack(_MARK, checksum)
    except OSError:
        return False
