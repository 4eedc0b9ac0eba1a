"""A worker process that can be ended at any moment and dies with the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from affuse.errors import AffuseError
from affuse.messages import Message, message, reason_of
from affuse.storage.error_log import unforeseen
from affuse.workers.processes import leave_interrupts_to_parent
from affuse.workers.sending import Send, SendingProcess

MEMORY = 4 * 2**30
"""Bytes of address space of a worker: a hostile file fails there before it fills the machine."""

PRELOADED = (
    "affuse.serve.judging",
    "affuse.predict.people_observer",
    "affuse.predict.explaining",
    "affuse.predict.telling",
    "affuse.features.voices.functionals",
    "affuse.features.voices.voice_input",
    "affuse.fusion.rules.product",
    "onnxruntime",
    "scipy.fft",
    "threadpoolctl",
)
"""What every worker needs, imported once for all: also what each would import while it works."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The last message of a worker that failed: one sentence."""

    reason: str


class Worker:
    """A function that runs in a process and sends messages.

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
        self._process = SendingProcess(_run, (function, argument), PRELOADED)

    def messages(self) -> Iterator[object]:
        """Its messages, until it ends; the last one is `Failed` if it could not do its work.

        Yields
        ------
        object
        """
        yield from self._process.messages()
        if self._process.exit_code:
            yield Failed(
                message(
                    "media.broke",
                    "the process that read the recording ended too early (exit code {n_code}): "
                    "memory ran out, or a decoder broke; try a smaller recording, or re-encode it",
                    n_code=self._process.exit_code,
                )
            )

    def kill(self) -> None:
        """End it at once, from any thread."""
        self._process.kill()


def echo(argument: object, send: Send) -> None:
    """Send back the argument, to show that workers can be started.

    Parameters
    ----------
    argument : object
        Picklable.
    send : callable
    """
    send(argument)


def _run(function: Callable[[Any, Send], None], argument: object, send: Send) -> None:
    _calm_down()
    try:
        function(argument, send)
    except AffuseError as error:
        reason = reason_of(error)
        send(Failed(reason if isinstance(reason, Message) else " ".join(reason.split())))
    except MemoryError:
        send(
            Failed(
                message(
                    "media.large",
                    "the recording needs more memory than it may have: try a smaller picture",
                )
            )
        )
    except Exception as error:
        # It is this recording's end alone.
        send(Failed(unforeseen("the recording", error)))


def _calm_down() -> None:
    """One thread, bounded memory, and Ctrl-C left to the server."""
    import cv2

    leave_interrupts_to_parent()
    cv2.setNumThreads(1)
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
