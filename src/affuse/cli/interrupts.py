"""Ctrl-C and SIGTERM: the first one ends the work in good order, wherever it arrives."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM") if hasattr(signal, name))
_PATIENCE = 3
"""Signals after which the process ends at once; `timeout` alone sends two."""

_came: list[int] = []
_lost: list[int] = []
"""Signals whose exception nobody could see, until they are raised once more."""


class Terminated(KeyboardInterrupt):
    """Raised for SIGTERM, as KeyboardInterrupt is for Ctrl-C."""


def interrupted() -> tuple[str, int] | None:
    """A word for the first signal that came, and its exit code; None if none did.

    Whatever error is met afterwards may be the interrupt's: it lands in the middle of anything.

    Returns
    -------
    tuple of (str, int) or None
        Word and exit code.
    """
    if not _came:
        return None
    return "terminated" if _came[0] == signal.SIGTERM else "interrupted", 128 + _came[0]


@contextmanager
def interrupts_handled(*, until_exit: bool) -> Iterator[None]:
    """SIGTERM raises as Ctrl-C does; a second signal is ignored, a third ends the process at once.

    Parameters
    ----------
    until_exit : bool
        The process ends afterwards and ignores further signals. False: handlers are restored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    hook, sys.unraisablehook = sys.unraisablehook, _raising_again(sys.unraisablehook)
    _came.clear()
    _lost.clear()
    try:
        for number in _SIGNALS:
            if before[number] is not signal.SIG_IGN:
                signal.signal(number, _raise_once)
        yield
    finally:
        sys.unraisablehook = hook
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN if until_exit else before[number])
        if not until_exit:
            _came.clear()
            _lost.clear()


def _raise_once(number: int, frame: FrameType | None) -> None:
    if _lost:
        # The first one once more: it has been counted.
        _lost.clear()
        raise _exception(_came[0])
    _came.append(number)
    if len(_came) >= _PATIENCE:
        os._exit(128 + number)
    if len(_came) == 1:
        raise _exception(number)


def _exception(number: int) -> type[KeyboardInterrupt]:
    return Terminated if number == signal.SIGTERM else KeyboardInterrupt


def _hit_main_thread(number: int) -> None:
    """Send a signal that interrupts the main thread's waiting, where the system can do that."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:
        _thread.interrupt_main(signal.Signals(number))


def _raising_again(hook: Callable[[Any], object]) -> Callable[[Any], object]:
    """Raise once more an interrupt that came where nothing can be raised, as in a finaliser."""

    def retry(unraisable: Any) -> object:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt) or not _came:
            return hook(unraisable)
        number = _came[0]
        # Not forgotten meanwhile: what ends before then ends by this signal.
        _lost.append(number)
        again = threading.Timer(0.05, _hit_main_thread, (number,))
        again.daemon = True
        again.start()
        return None

    return retry
