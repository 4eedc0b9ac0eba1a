"""Threads for what waits."""

from __future__ import annotations

import threading

import pytest

from affuse.workers.threads import answers_in_threads, begun_thread, beside


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
