"""Threads for what waits, and libraries that compute on one."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from affuse.workers.threads import (
    answers_in_threads,
    begun_thread,
    beside,
    libraries_on_one_thread,
)


def test_answers_come_in_order_from_several_at_a_time() -> None:
    """Each waits for the other: one thread alone would wait in vain."""
    together = threading.Barrier(2, timeout=60)

    def answer(number: int) -> int:
        together.wait()
        return -number

    assert answers_in_threads(answer, [1, 2], 2) == [-1, -2]


def test_nothing_to_do_is_no_error() -> None:
    assert answers_in_threads(len, [], 4) == []


def test_the_first_error_is_raised() -> None:
    with pytest.raises(ValueError, match="one"):
        answers_in_threads(int, ["1", "one", "two"], 2)


def test_the_end_of_the_block_waits_even_after_an_error() -> None:
    go, ended = threading.Event(), []

    def slowly() -> None:
        go.wait(10)
        ended.append(True)

    def fail() -> None:
        with beside(slowly):
            threading.Timer(0.1, go.set).start()
            raise KeyError("in the block")

    with pytest.raises(KeyError):
        fail()
    assert ended == [True]


def test_an_error_beside_comes_with_the_answer() -> None:
    with beside(lambda: int("one")) as found, pytest.raises(ValueError, match="one"):
        found.result()


def test_nobody_waits_for_a_begun_thread() -> None:
    thread = begun_thread(threading.Event().wait, 60)
    assert thread.is_alive()
    assert thread.daemon


def threads(kind: str) -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == kind}


def test_all_libraries_or_those_of_one_kind() -> None:
    assert np.linalg.norm([3.0, 4.0]) == 5.0
    with threadpool_limits(2):
        before = threads("blas"), threads("openmp")
        assert before[0] == {2}
        with libraries_on_one_thread():
            assert threads("blas") | threads("openmp") == {1}
        with libraries_on_one_thread("blas"):
            assert (threads("blas"), threads("openmp")) == ({1}, before[1])
        assert (threads("blas"), threads("openmp")) == before


def test_a_library_that_is_loaded_later_too() -> None:
    code = """
import numpy
from threadpoolctl import threadpool_info, threadpool_limits
from affuse.workers.threads import libraries_on_one_thread
with libraries_on_one_thread():
    n_before = len(threadpool_info())
import scipy.linalg
with threadpool_limits(2), libraries_on_one_thread():
    found = threadpool_info()
assert len(found) > n_before, found
assert {library["num_threads"] for library in found} == {1}, found
"""
    subprocess.run([sys.executable, "-c", code], check=True)
