"""Arrays that are as long as their clip: written part by part, and compared with a shape."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

ANY_LENGTH = -1
"""Length of an axis along which clips differ."""


def fits(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """Whether a shape is the wanted one, where that leaves the length of axes open.

    Parameters
    ----------
    found, wanted : tuple of int

    Returns
    -------
    bool

    Examples
    --------
    >>> fits((7, 96), (ANY_LENGTH, 96)), fits((0, 96), (ANY_LENGTH, 96)), fits((96,), (96,))
    (True, False, True)
    """
    return len(found) == len(wanted) and all(
        length == asked or (asked == ANY_LENGTH and length > 0)
        for length, asked in zip(found, wanted, strict=True)
    )


def write_parts(file: BinaryIO, parts: Iterable[NDArray[Any]]) -> None:
    """Write an array as ``.npy``, part by part along its first axis.

    Parameters
    ----------
    file : binary file
        At its beginning, writable and seekable.
    parts : iterable of array
        One at least; all of one type, and of one shape but for the first axis.
    """
    length, dtype, item = 0, np.dtype(np.float32), ()
    for part in parts:
        if not length:
            dtype, item = part.dtype, part.shape[1:]
            file.write(_header(0, item, dtype))
        file.write(np.ascontiguousarray(part, dtype).tobytes())
        length += len(part)
    file.seek(0)
    file.write(_header(length, item, dtype))
    file.seek(0, io.SEEK_END)


@dataclass(frozen=True, slots=True)
class StoredParts:
    """An array on disk of which slices along the first axis are read, and nothing is kept.

    Attributes
    ----------
    path : Path
        A ``.npy`` file.
    shape : tuple of int
    dtype : numpy.dtype
    begin : int
        Byte at which the numbers begin.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    begin: int

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: slice) -> NDArray[Any]:
        start, stop, _ = rows.indices(len(self))
        n_items = math.prod(self.shape[1:])
        values = np.fromfile(
            self.path,
            self.dtype,
            count=max(stop - start, 0) * n_items,
            offset=self.begin + start * n_items * self.dtype.itemsize,
        )
        return values.reshape(-1, *self.shape[1:])


def stored_parts(path: Path) -> StoredParts:
    """A ``.npy`` file, to be read slice by slice.

    Parameters
    ----------
    path : Path

    Returns
    -------
    StoredParts
    """
    with path.open("rb") as file:
        np.lib.format.read_magic(file)
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
        return StoredParts(path, shape, dtype, file.tell())


def _header(length: int, item: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """Numpy leaves room for the first axis to grow, so that all headers are equally long."""
    written = io.BytesIO()
    description = {
        "descr": np.lib.format.dtype_to_descr(dtype),
        "fortran_order": False,
        "shape": (length, *item),
    }
    np.lib.format.write_array_header_1_0(written, description)
    return written.getvalue()
