"""One local process that sends messages while it works, and can be ended at any moment."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from tempfile import gettempdir
from typing import Any

from affuse.workers.processes import end_with_parent

Send = Callable[[object], None]

_PATIENCE_S = 5.0
_LONGEST_FOLDER = 68
"""Bytes in the name of the folder for temporary files, in which the server of forks has a socket.

Its path is 34 longer, and none of a socket may have more than 103 on macOS, or 107 on Linux.
"""


class SendingProcess:
    """A function that runs in a process of its own, which dies with this one.

    Parameters
    ----------
    function : callable
        ``function(*arguments, send)``, importable; what it sends is picklable.
    arguments : sequence
        Picklable.
    preload : sequence of str
        Modules that its forks have imported already, where the system can fork so.
    """

    def __init__(
        self, function: Callable[..., None], arguments: Sequence[object], preload: Sequence[str]
    ) -> None:
        context = _context(preload)
        self._receiver, sender = context.Pipe(duplex=False)
        whole = (function, tuple(arguments), sender)
        self._process = context.Process(target=_entered, args=whole, daemon=True)
        self._process.start()
        # The only writer left is the process: its end is the end of the messages.
        sender.close()

    def messages(self) -> Iterator[object]:
        """Its messages, until it ends.

        Yields
        ------
        object
        """
        with suppress(EOFError, OSError):
            while True:
                yield self._receiver.recv()
        self._process.join(_PATIENCE_S)
        self.kill()
        self._receiver.close()

    @property
    def exit_code(self) -> int:
        """Exit code of the process; 0 as long as it lives."""
        return self._process.exitcode or 0

    def kill(self) -> None:
        """End it at once, from any thread."""
        self._process.kill()


def _context(preload: Sequence[str]) -> Any:
    can_fork = "forkserver" in multiprocessing.get_all_start_methods()
    if not can_fork or len(os.fsencode(gettempdir())) > _LONGEST_FOLDER:
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    return context


def _entered(
    function: Callable[..., None], arguments: tuple[object, ...], sender: Connection
) -> None:
    end_with_parent()
    function(*arguments, sender.send)
