"""Recordings are read with NumPy's products on one thread, also in a library."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

import numpy.linalg._umath_linalg as linked
import pytest

from affuse.errors import MediaError
from affuse.media.tracking import FaceTracker
from affuse.predict.members import Members
from affuse.predict.recording import read_recording
from affuse.predict.settings import Settings

NAMES = ("scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads")


@pytest.fixture
def n_threads() -> Iterator[ctypes._FuncPointer]:
    """Says how many threads OpenBLAS uses: three before the test."""
    loaded = ctypes.CDLL(linked.__file__)
    found = [name for name in NAMES if hasattr(loaded, name.format("get"))]
    if not found:
        pytest.skip("NumPy has no OpenBLAS here, or hides it")
    get, put = (getattr(loaded, found[0].format(kind)) for kind in ("get", "set"))
    before = get()
    put(3)
    yield get
    put(before)


def test_a_recording_is_read_on_one_thread_even_if_it_fails(n_threads, recogniser, talking):
    used = []

    def reached(*_: object) -> None:
        used.append(n_threads())
        if len(used) > 1:  # The first call comes before anything is read.
            raise MediaError("enough")

    with pytest.raises(MediaError, match="enough"):
        read_recording(talking, Members(recogniser.bundle), FaceTracker(), Settings(), reached)
    assert (used[0], set(used[1:])) == (3, {1})
    assert n_threads() == 3
