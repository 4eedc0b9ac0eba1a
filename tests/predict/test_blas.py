"""Recordings are read with NumPy's products on one thread, and the number is given back."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator

import numpy.linalg._umath_linalg as linked
import pytest

from affuse.errors import MediaError
from affuse.media.tracking import FaceTracker
from affuse.predict.blas import products_on_one_thread
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


def test_the_number_of_threads_is_one_and_comes_back(n_threads):
    with products_on_one_thread():
        assert n_threads() == 1
        with products_on_one_thread():
            assert n_threads() == 1
        assert n_threads() == 1
    assert n_threads() == 3


def test_the_last_of_several_threads_gives_the_number_back(n_threads):
    inside, leave = threading.Event(), threading.Event()

    def read() -> None:
        with products_on_one_thread():
            inside.set()
            leave.wait(10)

    other = threading.Thread(target=read)
    with products_on_one_thread():
        other.start()
        assert inside.wait(10)
    assert n_threads() == 1
    leave.set()
    other.join(10)
    assert n_threads() == 3


def test_a_recording_is_read_on_one_thread_even_if_it_fails(n_threads, recogniser, talking):
    used = []

    def reached(*_: object) -> None:
        used.append(n_threads())
        raise MediaError("enough")

    with pytest.raises(MediaError, match="enough"):
        read_recording(talking, Members(recogniser.bundle), FaceTracker(), Settings(), reached)
    assert used == [1]
    assert n_threads() == 3
