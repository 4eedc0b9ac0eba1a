"""Work in a process of its own, which can be ended at any moment and dies with the server."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from affuse.errors import AffuseError
from affuse.storage.error_log import unforeseen
from affuse.workers.processes import end_with_parent, leave_interrupts_to_parent

Send = Callable[[object], None]

MEMORY = 4 * 2**30
"""Bytes of address space of a worker: a hostile file fails there before it fills the machine."""

_PATIENCE_S = 5.0


@dataclass(frozen=True, slots=True)
class Failed:
    """The last message of a worker that could not do its work: one sentence."""

    reason: str


class Worker:
    """A function that runs elsewhere and sends messages.

    Parameters
    ----------
    function : callable
        ``function(argument, send)``, importable; what it sends is picklable.
    argument : object
        Picklable.

    Examples
    --------
    >>> worker = Worker(echo, "here")
    >>> list(worker.messages())
    ['here']
    """

    def __init__(self, function: Callable[[Any, Send], None], argument: object) -> None:
        context = _context()
        self._receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(function, argument, sender), daemon=True)
        self._process.start()
        # The only writer left is the worker: its end is the end of the messages.
        sender.close()

    def messages(self) -> Iterator[object]:
        """What it sends, until it ends; the last one is `Failed` where it could not do its work."""
        with suppress(EOFError, OSError):
            while True:
                yield self._receiver.recv()
        self._process.join(_PATIENCE_S)
        self.kill()
        if self._process.exitcode:
            yield Failed(
                "the process that read the recording ended too early (exit code "
                f"{self._process.exitcode}): memory ran out, or a decoder broke; try a smaller "
                "recording, or re-encode it"
            )
        self._receiver.close()

    def kill(self) -> None:
        """End it at once, from any thread."""
        self._process.kill()


def echo(argument: object, send: Send) -> None:
    """Send back what was given: shows that workers can be started."""
    send(argument)


def _context() -> Any:
    """Forked from a process that has imported everything, where the system can do that."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["affuse.serve.judging"])
    return context


def _run(function: Callable[[Any, Send], None], argument: object, sender: Connection) -> None:
    end_with_parent()
    _calm_down()
    try:
        function(argument, sender.send)
    except AffuseError as error:
        sender.send(Failed(" ".join(str(error).split())))
    except MemoryError:
        sender.send(
            Failed("the recording needs more memory than it may have: try a smaller picture")
        )
    except Exception as error:
        # It is this recording's end alone.
        sender.send(Failed(unforeseen("the recording", error)))


def _calm_down() -> None:
    """One thread, bounded memory, and Ctrl-C left to the server."""
    import cv2

    leave_interrupts_to_parent()
    cv2.setNumThreads(1)
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
