"""One process of this machine with a pipe: a task goes in, its answer comes out.

Pipes alone, no locks and no queues: whatever moment a process is killed at, nobody waits for what
it held, and nothing of it stays in shared memory.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
import traceback
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from affuse.errors import ConfigError
from affuse.workers.processes import end_with_parent, interrupts_held, leave_interrupts_to_parent

UNGUARDED = (
    "a script began this work, and each process that was to help imported the script and began it "
    'again; expected what the script does to stand under `if __name__ == "__main__":`; or let one '
    "process do it (jobs = 1)"
)
_PATIENCE_S = 5.0
_IMPORTING = 86
"""Exit code of a process that would begin its parent's work again."""


class Child:
    """A process that computes answers, one after the other."""

    def __init__(self) -> None:
        _end_if_importing()
        context = multiprocessing.get_context("spawn")
        by_main_thread = threading.current_thread() is threading.main_thread()
        # Beginning it lets interrupts through again: the first process would not be deaf to them.
        resource_tracker.ensure_running()
        with interrupts_held():
            self._connection, own = context.Pipe()
            self._process = context.Process(target=_work, args=(own, by_main_thread), daemon=True)
            self._process.start()
            # The only other end is the child's: it closes when the child ends.
            own.close()
        self.is_dead = False

    @property
    def process_id(self) -> int:
        """Id of the process."""
        return self._process.pid or 0

    def begin(self, function: Callable[[Any], Any], task: object) -> None:
        """Hand over a task; `answer` reports if the process has gone.

        Parameters
        ----------
        function : callable
            Importable.
        task : object
            Picklable.
        """
        with suppress(BrokenPipeError, ConnectionError):
            self._connection.send((function, task))

    @staticmethod
    def ready(children: Collection[Child]) -> Iterable[Child]:
        """Children with an answer, or dead ones; waits for the first.

        Parameters
        ----------
        children : collection of Child

        Returns
        -------
        iterable of Child
        """
        found = set(wait([child._connection for child in children]))
        return [child for child in children if child._connection in found]

    def answer(self) -> Any:
        """The answer; None with `is_dead` where the process died of the task.

        Returns
        -------
        object

        Raises
        ------
        Exception
            What the function raised.
        ConfigError
            The process imported the script that began the work, and thereby began it again.
        """
        try:
            is_answer, found = self._connection.recv()
        except (EOFError, OSError):
            self.is_dead = True
            self.end()
            if self._process.exitcode == _IMPORTING:
                raise ConfigError(UNGUARDED) from None
            return None
        if is_answer:
            return found
        raise found

    def dismiss(self) -> None:
        """Let the process end: there are no more tasks."""
        self._connection.close()

    def end(self, *, at_once: bool = True) -> None:
        """Wait for its end, or terminate it.

        Parameters
        ----------
        at_once : bool
            False: it may end its work within five seconds.
        """
        if not at_once:
            self._process.join(_PATIENCE_S)
        self._process.kill()
        self._process.join()
        self._connection.close()


def _end_if_importing() -> None:
    """End this process where it is a child that still imports the script of its parent."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        os._exit(_IMPORTING)


def _work(connection: Connection, by_main_thread: bool) -> None:
    """The loop of the process, until its parent closes the pipe or ends."""
    leave_interrupts_to_parent()
    end_with_parent(started_by_main_thread=by_main_thread)
    while True:
        try:
            function, task = connection.recv()
        except (EOFError, OSError):
            return
        except Exception as error:
            outcome = (False, _portable(error))
        else:
            outcome = _outcome(function, task)
        try:
            connection.send(outcome)
        except OSError:
            return
        except Exception as error:
            connection.send((False, _portable(error)))


def _outcome(function: Callable[[Any], Any], task: object) -> tuple[bool, Any]:
    try:
        return True, function(task)
    except Exception as error:
        return False, _portable(error)


def _portable(error: Exception) -> Exception:
    """The error with its causes as a note; of one that cannot be pickled, its text."""
    trace = "".join(traceback.format_exception(error))
    try:
        error = pickle.loads(pickle.dumps(error))
    except Exception:
        error = RuntimeError(f"{type(error).__name__}: {error}")
    error.add_note(f"In the process that worked on it:\n{trace}")
    return error
