"""Processes that leave Ctrl-C to their parent, and end with it."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait

from affuse.workers.threads import begun_thread

_PR_SET_PDEATHSIG = 1

_Handler = Callable[..., object] | int | None


def leave_interrupts_to_parent() -> None:
    """Ignore Ctrl-C: the parent gets it too, and ends its processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def end_with_parent(*, started_by_main_thread: bool = False) -> None:
    """Let this process end as soon as its parent does, however that ended.

    A thread waits for the parent's end; its sentinel is a pipe that the system closes. On Linux
    the kernel kills at once as well, even while a library holds the interpreter; not where another
    thread than the main one started this process, since the kernel takes that thread's end for
    the parent's.

    Parameters
    ----------
    started_by_main_thread : bool
        Whether the parent's main thread did, which lasts as long as the parent.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    begun_thread(_exit_after, parent.sentinel)
    if started_by_main_thread and sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _exit_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


@contextmanager
def interrupts_held() -> Iterator[None]:
    """Defer Ctrl-C to the end; processes started meanwhile by this thread ignore it.

    They must call `leave_interrupts_to_parent`.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before: _Handler = signal.signal(signal.SIGINT, lambda number, frame: held.append(number))
    masks = hasattr(signal, "pthread_sigmask")
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else set()
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
        if held:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Let processes that any thread starts meanwhile ignore Ctrl-C from the first moment."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous: _Handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
